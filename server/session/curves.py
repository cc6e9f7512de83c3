"""Loss points of every branch, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from engine import Branch
from server.views.scores import Point

CAPACITY = 1024
"""Most points of one branch; when there are more, they are thinned out evenly."""


class Curve:
    """The loss points of one branch, including those inherited from its parent.

    Attributes:
        points: in order of their steps, at most one for each step.
    """

    def __init__(self, points: Iterable[Point] = ()) -> None:
        self.points: list[Point] = list(points)

    @property
    def last(self) -> int:
        """The last step that has a point; -1 for none."""
        return step_of(self.points[-1]) if self.points else -1

    def has(self, step: int) -> bool:
        """Whether there is a point at exactly this step."""
        index = self._index(step)
        return index < len(self.points) and step_of(self.points[index]) == step

    def put(self, point: Point) -> None:
        """Add a point; it replaces the point at the same step."""
        index = self._index(step_of(point))
        if self.has(step_of(point)):
            self.points[index] = point
            return
        self.points.insert(index, point)
        if len(self.points) > CAPACITY:
            self._thin()

    def until(self, step: int) -> list[Point]:
        """The points before a step."""
        return self.points[: self._index(step)]

    def _index(self, step: int) -> int:
        return bisect_left(self.points, step, key=step_of)

    def _thin(self) -> None:
        """Keep about half the points, evenly spaced over the whole run, and the newest."""
        first, *rest, newest = self.points
        gap = 2 * (step_of(newest) - step_of(first)) / CAPACITY
        kept = [first]
        for point in rest:
            if step_of(point) - step_of(kept[-1]) >= gap:
                kept.append(point)
        self.points = [*kept, newest]


class Curves:
    """The curves of all branches, by number."""

    def __init__(self, points: dict[int, list[Point]] | None = None) -> None:
        self._curves = {number: Curve(rows) for number, rows in (points or {}).items()}

    def of(self, branch: Branch) -> Curve:
        """The curve of a branch; a new one begins with its parent's points up to its start."""
        if branch.number not in self._curves:
            inherited: list[Point] = []
            if branch.parent is not None:
                start = branch.start.step + (branch.start.pc > 0)
                inherited = self.of(branch.parent).until(start)
            self._curves[branch.number] = Curve(inherited)
        return self._curves[branch.number]

    def points(self) -> dict[int, list[Point]]:
        """All points of all branches, for a checkpoint and for newcomers."""
        return {number: list(curve.points) for number, curve in self._curves.items()}


def step_of(point: Point) -> int:
    """The step of a point."""
    step = point[0]
    assert step is not None  # only scores can be None
    return int(step)
