"""Inner loops, each beside a readable reference that the tests hold it to. Nothing here validates
its arguments.
"""
