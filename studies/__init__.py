"""The laboratory beside the library: one folder for each paper or question, with its settings, its
jobs, its tables and what they say.

Every module of a folder that declares a `runner.Study` offers it to `python -m studies list`.
Studies import the library; the library never imports them, and they are not part of what is
installed.
"""
