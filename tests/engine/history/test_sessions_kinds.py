"""Any sequence of verbs, edits, branches and points, on an image and on a sequence network."""

from __future__ import annotations

import pytest
from hypothesis import settings

from engine.debug.breakpoints import Location
from tests.engine.debug import test_debugger
from tests.engine.debug.test_debugger import Sessions
from tests.engine.history import test_timeline
from tests.engine.history.test_timeline import Travels
from tests.engine.kinds import KINDS

QUICK = settings(max_examples=8, stateful_step_count=10, deadline=None)


class ImageTravels(Travels):
    """Batch normalisation's running statistics, dropout and a schedule are part of the state."""

    world = test_timeline.World(
        KINDS["images"],
        [
            ("learning_rate", None),
            ("conv2d1/W", (1, 1, 0, None)),
            ("batch_norm2/running_mean", (2,)),
            ("conv2d1/a", (0, 1, 1, 0)),
            ("data/x", (3, 2, 2, 1)),
        ],
        [("conv2d1/a", (None, None, None, 1)), ("dense6/a", (None, 0)), ("dense7/z", (None, 1))],
    )


class SequenceTravels(Travels):
    """The states of an LSTM are written step by step, and read by all of it."""

    world = test_timeline.World(
        KINDS["lstm"],
        [
            ("learning_rate", None),
            ("lstm2/U", (0, None)),
            ("embedding1/W", (2, 1)),
            ("lstm2/h", (0, 1, 1)),
        ],
        [("embedding1/a", (None, 2, 1)), ("dense3/z", (None, 1, 0)), ("lstm2/b", (3,))],
    )


class ImageSessions(Sessions):
    world = test_debugger.World(
        KINDS["images"],
        [
            {"location": Location(scope="max_pool3", phase="backward")},
            {"location": Location(phase="update"), "condition": "step % 3 == 1"},
            {"condition": "any(batch_norm2/running_mean > 0.2)"},
        ],
        [("conv2d1/W[1, 1, 0, 2]", "change", 0.0), ("norm(conv2d4/W.grad)", "cross", 0.5)],
        [("learning_rate", None), ("conv2d1/W", (0, 1, 0, 1))],
        ("conv2d1/a", (None, None, None, 1)),
    )


class SequenceSessions(Sessions):
    world = test_debugger.World(
        KINDS["lstm"],
        [
            {"location": Location(scope="lstm2/t3", phase="backward")},
            {"condition": "optimizer/norm > 0.4"},
            {"location": Location(phase="loss"), "log_message": "loss {loss} in {step}"},
        ],
        [("lstm2/h[0, 4, 1]", "sign", 0.0), ("loss", "cross", 1.9)],
        [("learning_rate", None), ("embedding1/W", (2, 1)), ("lstm2/U", (0, 3))],
        ("dense3/z", (None, 1, 0)),
    )


for kind in (ImageTravels, SequenceTravels, ImageSessions, SequenceSessions):
    kind.TestCase.settings = QUICK

TestImageTravels = ImageTravels.TestCase
TestSequenceTravels = SequenceTravels.TestCase
TestImageSessions = ImageSessions.TestCase
TestSequenceSessions = pytest.mark.slow(SequenceSessions.TestCase)
