"""Threads over slabs: serial work in each, BLAS held to one thread while any of them runs."""
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController


class _OneBlasThread:
    """Holds BLAS to one thread for the whole process while at least one caller is inside."""

    def __init__(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._controller = None
        self._limiter = None

    def __enter__(self):
        with self._lock:
            if self._inside == 0:
                self._controller = self._controller or ThreadpoolController()
                self._limiter = self._controller.limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_):
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limiter.restore_original_limits()


one_blas_thread = _OneBlasThread()


def available():
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def workers(threads=None):
    """A `map` over slabs with `threads` threads (default: all available); results come in the order of the slabs."""
    threads = threads or available()
    with one_blas_thread:
        if threads == 1:
            yield lambda function, items: [function(item) for item in items]
        else:
            with ThreadPoolExecutor(threads) as pool:
                yield lambda function, items: list(pool.map(function, items))
