"""A car on a track, driven by the network while it trains."""

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
"""Seconds between two ticks of the simulation. A tick is 0.1 s of driving, so the car drives three
times as fast as in reality, and a round takes about ten seconds."""
MAX_TICKS = 10
"""Most ticks at once, after a pause in which nobody watched."""
CRASH_TICKS = 20
"""Ticks that a crashed car waits before it starts again."""
EDGE_POINTS = 240
"""Points on each edge of the track."""
TRAIL = 120
"""Ticks for which positions of the car are kept."""
CAR = ("x", "y", "heading", "steering", "round", "laps", "crashes", "crashed", "expert")
"""Names of the numbers in `view/car`."""


def drives(plan: Plan) -> bool:
    """Whether the network steers a car by its sensors."""
    data = plan.data
    return data.name == "driving" and data.task == "regression" and data.train.targets.shape[1] == 1


class DrivingGroup(ViewGroup):
    """The edges of the track (side, point, axis), the car, its sensors and its trail.

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
        """Put the car at the start of a track (None: the present one), and reset its counts.

        Raises:
            DescriptionError: there is no such track.
        """
        self._track = track(name or self._name)
        self._name = name or self._name
        self._laps = self._crashes = 0
        self._driven_until = self._clock()
        self._place_car()

    def _place_car(self) -> None:
        zero = np.zeros(1)
        self._state = car.start(self._track, zero, zero, zero)
        self._sensors: Numbers = car.sensors(self._track, self._state)
        self._steering = self._expert = self._distance = 0.0
        self._wait = 0
        self._trail: deque[Numbers] = deque(maxlen=TRAIL)

    def refresh(self) -> None:
        """Drive for the time that has passed."""
        due = int((self._clock() - self._driven_until) / PERIOD)
        if due > MAX_TICKS:
            due, self._driven_until = MAX_TICKS, self._clock()
        else:
            self._driven_until += due * PERIOD
        for _ in range(due):
            self._tick()

    def _tick(self) -> None:
        if self._wait:
            self._wait -= 1
            if not self._wait:
                self._place_car()
            return
        self._steering = self._network_steering()
        before, rounds = self._state, self._distance // self._track.length
        self._expert = float(car.expert(self._track, before)[0])
        self._state = car.step(before, np.array([self._steering]))
        self._distance += float(car.advance(self._track, before, self._state)[0])
        self._laps += int(self._distance // self._track.length > rounds)
        self._sensors = car.sensors(self._track, self._state)
        self._trail.append(self._state[0, :2])
        if car.crashed(self._track, self._state)[0]:
            self._crashes += 1
            self._wait = CRASH_TICKS

    def _network_steering(self) -> float:
        """The network's steering, from −1 to 1; 0 if it is not finite."""
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
            positions = np.full((TRAIL, 2), np.nan)
            if self._trail:
                positions[-len(self._trail) :] = list(self._trail)
            return positions
        share = self._distance / self._track.length
        counts = (share, self._laps, self._crashes, bool(self._wait))
        return np.array([*self._state[0], self._steering, *counts, self._expert], np.float64)


def _edge(road: Track, side: str) -> Numbers:
    """(EDGE_POINTS, 2) evenly chosen points of one edge."""
    edge: Numbers = getattr(road, side)
    return edge[np.linspace(0, len(edge) - 1, EDGE_POINTS).astype(np.int64)]
