"""The laboratory beside the library: one folder for each paper or question.

A folder has up to four rooms: `grid`, its settings and the studies that it declares; `jobs`, what a
job does; `results`, what its tables say; `claims`, its lines of the claim ledger. Its tables lie in
`tables/`. Studies import the library; the library never imports them, and they are not part of
what is installed.
"""
