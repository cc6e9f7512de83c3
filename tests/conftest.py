"""How all tests compute, in the processes of pytest-xdist and in servers that tests start.

With one BLAS thread: more only wait for each other on small matrices, and for whoever else
computes. A test of the catalogue's autoencoder took 120 s with two threads on a busy machine, and
28 s with one. And with workers of ordinary priority: others get a seventieth of a core where
something else computes all the time.
"""

from __future__ import annotations

import sys

from server.workers import blas

if "numpy" in sys.modules:
    raise RuntimeError("NumPy has been loaded, and has read already how many threads it may use")
blas.use_one_thread()

from server.workers import pool  # noqa: E402 - loads NumPy

pool.NICENESS = 0
