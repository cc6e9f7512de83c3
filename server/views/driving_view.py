"""A car on a track, driven by the network as it trains."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine import Machine
from engine.data import Track, car, track
from server.describe.description import Plan
from server.views.view_group import Array, View, ViewGroup

Numbers = NDArray[np.float64]

PERIOD = 1 / 30
"""Seconds of real time in which the car drives one tick of 0.1 s: three times as fast as in life,
so that a round takes about ten seconds."""
MAX_TICKS = 10
"""At once, after a pause in which nobody looked."""
REST = 20
"""Ticks that a car stands where it crashed before it starts again."""
EDGE_POINTS = 240
TRAIL = 120
"""Ticks whose places are remembered."""
CAR = ("x", "y", "heading", "steering", "round", "laps", "crashes", "crashed", "expert")


def drives(plan: Plan) -> bool:
    """Whether the network steers a car by its sensors."""
    data = plan.data
    return data.name == "driving" and data.task == "regression" and data.train.targets.shape[1] == 1


class DrivingGroup(ViewGroup):
    """The track's edges (side, point, axis), the car, what it senses and where it was.

    Args:
        clock: monotonic seconds.
    """

    period = PERIOD

    def __init__(self, machine: Machine, plan: Plan, clock: Callable[[], float]) -> None:
        self._plan, self._clock = plan, clock
        self._evaluator = machine.evaluator(plan.data.train.inputs[:1])
        self._output = self._evaluator.program.layers[-1].output
        rays = len(car.RAYS)
        self.views = (
            View("view/track", "E", (2, EDGE_POINTS, 2), ("side", "point", "axis")),
            View("view/car", "car", (len(CAR),), ("number",)),
            View("view/car/sensors", "S", (rays,), ("ray",)),
            View("view/car/trail", "T", (TRAIL, 2), ("tick", "axis")),
        )
        self._laps = self._crashes = 0
        self._name: str = plan.description["data"]["track"]
        self.start(None)

    def start(self, name: str | None) -> None:
        """Put the car on the start of a track (None: the present one); counts begin anew.

        Raises:
            DescriptionError: there is no such track.
        """
        self._track = track(name or self._name)
        self._name = name or self._name
        self._laps = self._crashes = 0
        self._then = self._clock()
        self._begin()

    def _begin(self) -> None:
        zero = np.zeros(1)
        self._state = car.start(self._track, zero, zero, zero)
        self._sensors: Numbers = car.sensors(self._track, self._state)
        self._steering = self._expert = self._gone = 0.0
        self._rest = 0
        self._trail: deque[Numbers] = deque(maxlen=TRAIL)

    def refresh(self) -> None:
        """Drive as far as the time that has passed."""
        due = int((self._clock() - self._then) / PERIOD)
        if due > MAX_TICKS:
            due, self._then = MAX_TICKS, self._clock()
        else:
            self._then += due * PERIOD
        for _ in range(due):
            self._tick()

    def _tick(self) -> None:
        if self._rest:
            self._rest -= 1
            if not self._rest:
                self._begin()
            return
        self._steering = self._steered()
        before, rounds = self._state, self._gone // self._track.length
        self._expert = float(car.expert(self._track, before)[0])
        self._state = car.step(before, np.array([self._steering]))
        self._gone += float(car.advance(self._track, before, self._state)[0])
        self._laps += int(self._gone // self._track.length > rounds)
        self._sensors = car.sensors(self._track, self._state)
        self._trail.append(self._state[0, :2])
        if car.crashed(self._track, self._state)[0]:
            self._crashes += 1
            self._rest = REST

    def _steered(self) -> float:
        """What the network steers; straight ahead if that is no number."""
        data = self._plan.data
        inputs = data.transform(self._sensors)
        self._evaluator.write("input/x", inputs.reshape(1, *self._plan.network.input_shape))
        self._evaluator.run(1)
        output = float(self._evaluator.view(self._output).ravel()[0])
        steering = output * data.target_scale + data.target_mean
        return float(np.clip(steering, -1.0, 1.0)) if np.isfinite(steering) else 0.0

    def array(self, name: str) -> Array:
        if name == "view/track":
            return np.stack([_edge(self._track, side) for side in ("left", "right")])
        if name == "view/car/sensors":
            return self._sensors.ravel()
        if name == "view/car/trail":
            places = np.full((TRAIL, 2), np.nan)
            if self._trail:
                places[-len(self._trail) :] = list(self._trail)
            return places
        share = self._gone / self._track.length
        counts = (share, self._laps, self._crashes, bool(self._rest))
        return np.array([*self._state[0], self._steering, *counts, self._expert], np.float64)


def _edge(road: Track, side: str) -> Numbers:
    """(EDGE_POINTS, 2) of one edge, evenly chosen."""
    edge: Numbers = getattr(road, side)
    return edge[np.linspace(0, len(edge) - 1, EDGE_POINTS).astype(np.int64)]
