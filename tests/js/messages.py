"""What the server tells a page of small networks of every kind, for the tests of its scripts.

Made anew for every run of the tests, so that the scripts are tested on what this server says.
"""

from __future__ import annotations

import json
import math
from typing import Any

from server.describe.catalogue import catalogue
from tests.server.driving import SMALL, Driver, configured
from tests.server.kinds import KINDS

TABLES = ("wine", "breast_cancer", "iris")
NETWORKS: dict[str, Any] = {
    "circles": SMALL,
    **KINDS,
    **{name: {"data": {"name": name}} for name in TABLES},
}
STEPS = 2
"""After so many the values are taken."""


def messages() -> str:
    """JSON of the catalogue and, by the names of the networks, of what is told of each."""
    networks = {name: told(given) for name, given in NETWORKS.items()}
    return json.dumps({"catalogue": catalogue(), "networks": networks}, allow_nan=False)


def told(given: object) -> dict[str, Any]:
    """The events of a network that was run a little, and some of its values, by buffer."""
    driver = configured(given)
    driver.step(count=STEPS)
    return {
        "configured": driver.last("configured"),
        "timeline": driver.last("timeline"),
        "state": driver.state,
        "values": values(driver),
    }


def values(driver: Driver) -> dict[str, list[float | None]]:
    """The numbers of the probe sample and of the parameters; null where they are not finite."""
    rows = driver.last("configured")["buffers"]
    names = [
        row["name"]
        for row in rows
        if row["name"].startswith("probe/") or row["role"] == "parameter"
    ]
    return {
        name: [number if math.isfinite(number) else None for number in array.ravel().tolist()]
        for name, array in driver.frame(*names).items()
    }
