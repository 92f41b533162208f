"""One file, one study: each module declares `STUDY = Study(...)`; `refsnn study list` shows
them.
"""
