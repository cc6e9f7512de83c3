"""Training under observation, for tests of what diagnostics find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine import Dataset, Machine, Network, Split, compile, encode_targets  # noqa: A004
from engine.diagnostics import RULES, Diagnostics, Finding, Rule
from engine.diagnostics.monitor import Monitor
from engine.history.timeline import Timeline


class Training:
    """A network on data, with a monitor, diagnostics, and evaluations now and then."""

    def __init__(
        self, network: Network, data: Dataset, rules: Sequence[Rule] = RULES, **options: Any
    ) -> None:
        self.machine = Machine(compile(network, data, **options))
        self.timeline = Timeline(self.machine)
        self.monitor = Monitor(self.timeline)
        self.diagnostics = Diagnostics(self.monitor, data, rules)
        self._judges = [
            self.machine.evaluator(split.inputs, encode_targets(network, data, split))
            for split in (data.train, data.test)
        ]
        self.seen: dict[tuple[str, str], Finding] = {}

    def run(self, steps: int, evaluations: int = 60) -> None:
        """Train; everything that is found on the way is in `seen`."""
        begin = self.timeline.now.step
        for end in np.unique(np.linspace(begin, begin + steps, evaluations + 1).astype(int))[1:]:
            self.timeline.run(int(end) - self.timeline.now.step)
            self.diagnostics.evaluated(*self.losses())
            self.note()
            if self.machine.stopped is not None:
                break

    def note(self) -> None:
        for news in self.diagnostics.news():
            if news.holds:
                self.seen.setdefault((news.finding.rule, news.finding.subject), news.finding)

    def losses(self) -> tuple[float, float]:
        values = []
        for judge in self._judges:
            judge.run(1, checked=False)
            loss = "loss/data" if "loss/data" in judge.program.buffers else "loss/L"
            values.append(float(judge.read(loss)))
        return values[0], values[1]

    @property
    def rules(self) -> set[str]:
        """The rules that found something."""
        self.note()
        return {rule for rule, _ in self.seen}


def small(split: Split, count: int) -> Split:
    """The first samples of a split."""
    labels = None if split.labels is None else split.labels[:count]
    return Split(split.inputs[:count], split.targets[:count], labels, split.points[:count])
