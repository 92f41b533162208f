"""Threads over slabs: serial work in each, BLAS held to one thread while any of them runs."""

import ctypes
import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context

from threadpoolctl import OpenBLASController, ThreadpoolController


def _let_any_thread_set_limits():
    """From version 3.8 on, threadpoolctl lets the Python thread that set a limit first, and no
    other, change it.
    """
    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)


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
                _let_any_thread_set_limits()
                self._limiter = self._controller.limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_):
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                _let_any_thread_set_limits()
                self._limiter.restore_original_limits()
                _let_any_thread_set_limits()


one_blas_thread = _OneBlasThread()


@functools.cache
def keep_freed_memory():
    """Ask the C library to keep up to 128 MB of freed memory for the next array instead of handing
    it back.

    Slabs allocate and free the same arrays again and again, and pages fetched anew from the system
    are slow to write first. Where the C library has no `mallopt`, nothing happens.
    """
    if os.name != "posix":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        mallopt(-1, 128 << 20)  # M_TRIM_THRESHOLD


def available():
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def workers(threads=None):
    """A `map` over slabs with `threads` threads (default: all available); results come in the order
    of the slabs.

    Each call sees the caller's context, of which NumPy's `errstate` is a part.
    """
    threads = threads or available()
    keep_freed_memory()
    with one_blas_thread:
        if threads == 1:
            yield lambda function, items: [function(item) for item in items]
        else:
            with ThreadPoolExecutor(threads) as pool:

                def run_all(function, items):
                    runs = [functools.partial(copy_context().run, function, item) for item in items]
                    return list(pool.map(lambda run: run(), runs))

                yield run_all
