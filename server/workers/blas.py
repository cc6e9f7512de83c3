"""How many threads BLAS uses: what NumPy reads from the environment when it is loaded.

Imports nothing that loads NumPy, so that the tests can set it first.
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
    """For NumPy where it is not loaded yet, here and in processes that are started from now on."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread in processes that are started meanwhile: more only wait for each other."""
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
