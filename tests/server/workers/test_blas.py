"""BLAS uses one thread, in workers and in the tests; the server's process keeps what it had."""

from __future__ import annotations

import os
from importlib import import_module

import pytest

from server.workers import blas


def test_processes_that_are_started_have_one_thread_and_this_one_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    before = dict(os.environ)
    with blas.one_thread():
        assert {os.environ[name] for name in blas.THREAD_VARIABLES} == {"1"}
    assert dict(os.environ) == before


def test_these_tests_have_one_thread() -> None:
    import_module("numpy")
    libraries = import_module("threadpoolctl").threadpool_info()
    blas_threads = [
        library["num_threads"] for library in libraries if library["user_api"] == "blas"
    ]
    assert set(blas_threads) == {1}
