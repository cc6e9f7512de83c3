"""One BLAS thread for every test, in the processes of pytest-xdist and in servers that tests start.

More threads only wait for each other on small matrices, and for whoever else computes: a test of
the catalogue's autoencoder took 120 s with two threads on a busy machine, and 28 s with one.
"""

from __future__ import annotations

import sys

from server.workers import blas

if "numpy" in sys.modules:
    raise RuntimeError("NumPy has been loaded, and has read already how many threads it may use")
blas.use_one_thread()
