"""`python -m tests.browser.caching_server`: the server, but browsers keep its files without asking.

A page is made of some 140 files. The server tells a browser to ask before each use whether a file
has changed, which none does while tests run.
"""

from __future__ import annotations

import sys

from server.__main__ import main
from server.web import security

if __name__ == "__main__":
    security.CACHING = "max-age=86400"
    sys.exit(main())
