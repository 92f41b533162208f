"""The figures of the book: one script, one figure, drawn by `python -m figures`."""
