"""Threads over slabs: results in order, BLAS on one thread meanwhile and as before afterwards."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from refsnn.kernels.threads import available, workers


def blas_threads():
    found = [
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    ]
    if not found:
        pytest.skip("the BLAS of this machine does not tell its number of threads")
    return found


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_results_come_in_the_order_of_the_slabs(threads):
    with workers(threads) as run_all:
        assert run_all(lambda k: k * k, list(range(40))) == [k * k for k in range(40)]
        assert run_all(lambda k: k, []) == []


def test_several_threads_are_really_used():
    """Two slabs that wait for one another finish only where both run at a time."""
    barrier = threading.Barrier(2, timeout=30)
    with workers(2) as run_all:
        assert sorted(run_all(lambda k: barrier.wait(), [0, 1])) == [0, 1]
    assert available() >= 1


@pytest.mark.parametrize("threads", [1, 2])
def test_blas_has_one_thread_inside_and_its_own_number_afterwards(threads):
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with workers(threads):
            assert set(blas_threads()) == {1}
            with workers(threads):
                assert set(blas_threads()) == {1}
            assert set(blas_threads()) == {1}  # until the last one is done
        assert blas_threads() == before


def test_blas_is_restored_after_an_error():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(ZeroDivisionError), workers(2) as run_all:
            run_all(lambda k: 1 / k, [1, 0])
        assert blas_threads() == before


def second(seen):
    with threadpool_limits(1, user_api="blas"):
        seen.append(set(blas_threads()))


def test_blas_is_held_until_the_last_of_two_python_threads_is_done():
    inside, leave, seen = threading.Barrier(2, timeout=30), threading.Event(), []

    def first():
        with workers(1):
            inside.wait()
            leave.wait(30)

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        thread = threading.Thread(target=first)
        thread.start()
        inside.wait()
        with workers(1):
            seen.append(set(blas_threads()))
        seen.append(set(blas_threads()))  # this one is done, the other is not
        leave.set()
        thread.join()
        assert seen == [{1}, {1}] and blas_threads() == before
    thread = threading.Thread(
        target=second, args=(seen,)
    )  # and any other thread may set limits of its own
    thread.start()
    thread.join()
    assert seen[-1] == {1}


@pytest.mark.parametrize("threads", [1, 2])
def test_slabs_see_the_callers_floating_point_settings(threads):
    with workers(threads) as run_all:
        with np.errstate(divide="ignore"):
            assert run_all(lambda k: np.float32(1) / np.float32(0), [0, 1]) == [np.inf, np.inf]
        with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
            run_all(lambda k: np.float32(1) / np.float32(0), [0, 1])
