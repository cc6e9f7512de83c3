"""Worker processes: sessions run here, never in the process that serves sockets.

A worker is a spawned process with one pipe. It works at the lowest priority with one BLAS thread,
blocks while it has nothing to do, and ends when its pipe closes, however the server ended. A worker
that dies or does not answer is replaced; the callback `replaced` then opens its sessions again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from server.workers import blas, worker_messages

log = logging.getLogger(__name__)

PING_INTERVAL = 2.0
"""Seconds between two pings."""
STUCK_AFTER = 20.0
"""Seconds without an answer after which a worker is replaced; loading a data set and the largest
step allowed take less."""
MAX_RESTART_DELAY = 5.0
"""Most seconds before a worker that keeps failing is started again."""
NICENESS = 19
"""Nice value of workers on Unix: 19 is the lowest priority. Training must not slow down the server,
the browser or anything else."""
MAX_MESSAGES_AT_ONCE = 64
"""Most messages that are read before the sessions have their turn again."""

Received = Callable[[int, worker_messages.FromWorker], None]
Replaced = Callable[[int], None]


# In the worker -----------------------------------------------------------------------------------


def work(pipe: Connection, niceness: int) -> None:
    """The main function of a worker process; returns when the other end of the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends the pipe
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(niceness)
    with contextlib.suppress(EOFError, OSError):
        _serve(pipe)


def _serve(pipe: Connection) -> None:
    from server.workers.session_host import (
        SessionHost,  # imports NumPy, which reads `blas.one_thread`
    )

    host = SessionHost(pipe.send, time.perf_counter, time.time)
    while True:
        delay = host.delay()
        for _ in range(MAX_MESSAGES_AT_ONCE):
            if not pipe.poll(delay):
                break
            message: worker_messages.ToWorker = pipe.recv()
            if isinstance(message, worker_messages.Stop):
                return
            host.receive(message)
            delay = 0.0
        host.work()


# In the server -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep processes started within from importing the script that runs this one.

    A worker does not need it, and a script that calls `debug` would call it again there.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class Worker:
    """A worker process as the server sees it.

    Two threads read and write its pipe, so that the event loop never waits for it (and because
    Windows has no other way).

    Args:
        received: called in the event loop with every message.
        ended: called in the event loop once, when the process has ended.
    """

    def __init__(
        self, received: Callable[[worker_messages.FromWorker], None], ended: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._received, self._ended = received, ended
        self._outbox: queue.SimpleQueue[worker_messages.ToWorker] = queue.SimpleQueue()
        self.answered = time.monotonic()
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self.process: Any = context.Process(target=work, args=(other, NICENESS), daemon=True)
        with blas.one_thread(), _without_main():
            self.process.start()
        other.close()
        self._threads = [
            threading.Thread(target=self._read, daemon=True, name="worker-reader"),
            threading.Thread(target=self._write, daemon=True, name="worker-writer"),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: worker_messages.ToWorker) -> None:
        self._outbox.put(message)

    def kill(self) -> None:
        """Kill the process."""
        self.process.kill()

    def join(self, seconds: float) -> None:
        """Wait for the process to end; after so many seconds, kill it."""
        self.process.join(seconds)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        for thread in self._threads:
            thread.join(1.0)

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError, RuntimeError):  # RuntimeError: loop closed
            while True:
                message: worker_messages.FromWorker = self._pipe.recv()
                self.answered = time.monotonic()
                self._loop.call_soon_threadsafe(self._received, message)
        self._outbox.put(worker_messages.Stop())
        self.process.join(1.0)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended)

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                message = self._outbox.get()
                self._pipe.send(message)
                if isinstance(message, worker_messages.Stop):
                    return


class Pool:
    """Numbered workers, each replaced when it ends.

    Args:
        received: called with a worker's number and each of its messages.
        replaced: called with the number of a worker that had to be replaced.
    """

    def __init__(self, count: int, received: Received, replaced: Replaced) -> None:
        self.count = count
        self._received, self._replaced = received, replaced
        self._workers: dict[int, Worker] = {}
        self._failures = [0] * count
        self._closing = False

    def start(self) -> None:
        """Start all workers; needs a running event loop."""
        for number in range(self.count):
            self._start(number)

    def alive(self) -> int:
        return sum(worker.process.is_alive() for worker in self._workers.values())

    def send(self, number: int, message: worker_messages.ToWorker) -> None:
        """Send a message to a worker; it is lost while the worker is being replaced."""
        worker = self._workers.get(number)
        if worker is not None:
            worker.send(message)

    def process_ids(self) -> list[int]:
        """Process ids of the workers, in the order of their numbers."""
        return [self._workers[n].process.pid for n in sorted(self._workers)]

    def check(self) -> None:
        """Kill workers that have not answered for STUCK_AFTER, ping the others.

        Call this every PING_INTERVAL.
        """
        now = time.monotonic()
        for number, worker in self._workers.items():
            if now - worker.answered > STUCK_AFTER:
                log.error("worker %d does not answer and is replaced", number)
                worker.kill()
            else:
                worker.send(worker_messages.Ping())

    def expect_end(self) -> None:
        """Do not replace workers from now on, because the server is about to end."""
        self._closing = True

    async def close(self) -> None:
        """End all workers."""
        self.expect_end()
        workers = list(self._workers.values())
        for worker in workers:
            worker.send(worker_messages.Stop())
        for worker in workers:
            await asyncio.to_thread(worker.join, 1.0)

    def _start(self, number: int) -> None:
        self._workers[number] = Worker(
            lambda message: self._take(number, message), lambda: self._lose(number)
        )

    def _take(self, number: int, message: worker_messages.FromWorker) -> None:
        if isinstance(message, worker_messages.Pong):
            self._failures[number] = 0
        else:
            self._received(number, message)

    def _lose(self, number: int) -> None:
        lost = self._workers.pop(number, None)
        if self._closing or lost is None:
            return
        log.error("worker %d ended with code %s", number, lost.process.exitcode)
        wait = min(MAX_RESTART_DELAY, 0.1 * 2 ** self._failures[number]) - 0.1
        self._failures[number] += 1
        asyncio.get_running_loop().call_later(wait, self._replace, number)

    def _replace(self, number: int) -> None:
        if not self._closing:
            self._start(number)
            self._replaced(number)
