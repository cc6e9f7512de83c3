"""The browser of the tests: the system's, or else one that is installed for them."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = (
    "chromium-headless-shell",  # the same browser without windows: pages cost it less
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
PACKAGES = ("chromium-headless-shell", "fonts-dejavu-core")
"""Debian's packages. Without the fonts there may be none that has the signs of formulas."""
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@cache
def system() -> str | None:
    """Path of the Chromium, Chrome or Edge that is installed here and starts; None if none is."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    found += [path for path in PLACES if Path(path).is_file()]
    return next((path for path in found if _starts(path)), None)


def _starts(path: str) -> bool:
    if sys.platform == "win32":  # there it would open a window
        return True
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def installed() -> bool:
    """Whether there is a browser to test in."""
    if system():
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).is_file()


def install() -> None:
    """Install one: Debian's own where we may, else Playwright's."""
    root = sys.platform != "win32" and os.getuid() == 0
    if root and _is_debian():
        _call("apt-get", "update", "-qq")
        _call("apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES)
        system.cache_clear()
    else:
        libraries = ["--with-deps"] if root and shutil.which("apt-get") else []
        _call(sys.executable, "-m", "playwright", "install", *libraries, "chromium")


def _is_debian() -> bool:
    try:
        return platform.freedesktop_os_release()["ID"] == "debian"
    except OSError:
        return False


def _call(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def launch(playwright: Playwright) -> Browser:
    """Start the browser without a window."""
    root = sys.platform == "linux" and os.getuid() == 0  # who may not use the sandbox
    arguments = [*QUIET, "--no-sandbox"] if root else list(QUIET)
    return playwright.chromium.launch(executable_path=system(), args=arguments)
