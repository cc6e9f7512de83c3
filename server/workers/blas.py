"""Sets how many threads BLAS uses; NumPy reads this from the environment when it is loaded.

This module does not import NumPy, so that tests can use it first.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def use_one_thread() -> None:
    """Use one thread here, if NumPy is not loaded yet, and in all processes started from now on."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread in processes started within: more threads would only wait for one another."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    use_one_thread()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
