"""Inner loops, each beside a readable reference that the tests hold it to. Nothing here validates
its arguments.
"""

from numba import njit

compiled = njit(nogil=True, cache=True)  # runs without Python's lock; kept on disk
