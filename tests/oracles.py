"""Slow, obvious versions of what the theorems speak about, and the proof that a test can fail."""
import pytest


def caught(statement, *broken_arguments):
    """Assert that `statement` fails when it is handed a broken variant: a test that cannot fail proves nothing."""
    with pytest.raises(AssertionError):
        statement(*broken_arguments)
