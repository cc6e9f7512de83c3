"""`python -m tests.benchmarks NAME [options]` runs the benchmark of that name."""

from __future__ import annotations

import importlib
import sys

NAMES = ("engine", "page", "timeline")


def main(argv: list[str]) -> int:
    """Run the benchmark named first with the options that follow."""
    if not argv or argv[0] not in NAMES:
        print(f"usage: python -m tests.benchmarks {{{','.join(NAMES)}}} [options]")
        return 2
    benchmark = importlib.import_module(f"tests.benchmarks.{argv[0]}")
    return int(benchmark.main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
