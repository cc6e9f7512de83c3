"""`python -m tests.browser.eager_server`: the server as the tests of the page need it.

Browsers keep its files without asking. A page is made of some 140 files; the server tells a browser
to ask before each use whether a file has changed, which none does while tests run.

Its worker does not stand back behind other processes. It would get a seventieth of a core where
others compute all the time, and a test wait a minute for a network that is compiled in a second.
"""

from __future__ import annotations

import sys

from server.__main__ import main
from server.web import security
from server.workers import pool

if __name__ == "__main__":
    security.CACHING = "max-age=86400"
    pool.NICENESS = 0
    sys.exit(main())
