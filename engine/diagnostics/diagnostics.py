"""Diagnostics: the rules, applied while training goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.data import Dataset
from engine.diagnostics.activations import DeadReLU, Saturated, SymmetricUnits
from engine.diagnostics.case import Case, Evaluation, baseline_loss, look_at_start
from engine.diagnostics.finding import Finding
from engine.diagnostics.gradients import (
    ExplodingGradient,
    NoisyGradient,
    NonFiniteValue,
    PenaltyDominates,
    VanishingGradient,
)
from engine.diagnostics.kinds import BatchNormStarved, RowNeverSeen
from engine.diagnostics.losses import Divergence, Oscillation, Overfitting, Plateau
from engine.diagnostics.monitor import Monitor
from engine.diagnostics.rule import Rule, When, configured
from engine.diagnostics.start import (
    BadInitialScale,
    ClassImbalance,
    OutputMismatch,
    SurprisingFirstLoss,
    UnscaledInputs,
)
from engine.diagnostics.updates import (
    AlwaysClipped,
    BeyondStability,
    EpsilonDominates,
    NeverMoves,
    UpdateRatio,
)
from engine.errors import DescriptionError

RULES: tuple[Rule, ...] = (
    UnscaledInputs(),
    ClassImbalance(),
    OutputMismatch(),
    SurprisingFirstLoss(),
    BadInitialScale(),
    RowNeverSeen(),
    SymmetricUnits(),
    VanishingGradient(),
    ExplodingGradient(),
    NonFiniteValue(),
    DeadReLU(),
    Saturated(),
    UpdateRatio(),
    NeverMoves(),
    EpsilonDominates(),
    AlwaysClipped(),
    BatchNormStarved(),
    NoisyGradient(),
    PenaltyDominates(),
    Divergence(),
    Oscillation(),
    Plateau(),
    Overfitting(),
    BeyondStability(),
)
"""All rules with their usual thresholds."""

MAX_EVALUATIONS = 400


@dataclass(frozen=True)
class News:
    """A finding that is new on its branch, or one that no longer holds."""

    finding: Finding
    branch: int
    holds: bool


class Diagnostics:
    """Applies rules at every look of a monitor, to what it has seen.

    What has been found stays until a rule that looks again does not find it any more. Each branch
    is judged by itself.

    Args:
        monitor: of the training to judge.
        data: the data set, for the names of its features and classes.
        rules: with the thresholds to use; see `configured`.

    Attributes:
        rules: those.
    """

    def __init__(
        self, monitor: Monitor, data: Dataset | None = None, rules: Sequence[Rule] = RULES
    ) -> None:
        self.rules = tuple(rules)
        self._monitor = monitor
        self._timeline = monitor.timeline
        self._found: dict[int, dict[tuple[str, str], Finding]] = {}
        self._news: list[News] = []
        machine = self._timeline.machine
        targets = machine.view("data/y")
        start = look_at_start(self._timeline)
        baseline = start.loss
        if targets.ndim == 2 and machine.program.network.loss in KNOWN_LOSSES:
            baseline = baseline_loss(machine.program.network.loss, targets)
        self._case = Case(self._timeline, monitor, data, start, baseline)
        self._branch = self._timeline.branch
        monitor.listeners.append(self._look)
        self._apply("start")

    @property
    def baseline(self) -> float:
        """The training loss of the best answer that is the same for all samples."""
        return self._case.baseline

    def findings(self, branch: int | None = None) -> tuple[Finding, ...]:
        """What holds on a branch (the present one if None), in the order in which it was found."""
        number = self._timeline.branch.number if branch is None else branch
        return tuple(self._found.get(number, {}).values())

    def news(self) -> list[News]:
        """What has been found, or is over, since this was last asked."""
        news, self._news = self._news, []
        return news

    def evaluated(self, train: float, test: float | None = None) -> None:
        """Take in the losses on whole splits, without penalties, at the present step."""
        self._follow()
        known, step = self._case.evaluations, self._timeline.now.step
        if known and known[-1].step >= step:
            return
        if len(known) >= MAX_EVALUATIONS:
            del known[1 : MAX_EVALUATIONS // 2 : 2]
        known.append(Evaluation(step, train, test))
        self._apply("evaluation")

    def examine(self, rule: str) -> tuple[Finding, ...]:
        """Apply one rule now, such as those that only look when asked.

        Raises:
            DescriptionError: there is no such rule.
        """
        chosen = self._rule(rule)
        self._follow()
        return tuple(self._take([chosen]))

    def adjust(self, rule: str, thresholds: Mapping[str, float]) -> Rule:
        """Give a rule other thresholds from now on; one that looks before training looks again.

        Raises:
            DescriptionError: there is no such rule or threshold, or a value is unusable.
        """
        changed = configured(self._rule(rule), **thresholds)
        self.rules = tuple(changed if known.id == rule else known for known in self.rules)
        self._follow()
        if changed.when == "start":
            self._take([changed])
        return changed

    def _rule(self, rule: str) -> Rule:
        chosen = next((known for known in self.rules if known.id == rule), None)
        if chosen is None:
            raise DescriptionError("rule", rule, f"one of {', '.join(r.id for r in self.rules)}")
        return chosen

    def _look(self) -> None:
        self._follow()
        self._apply("look")

    def _follow(self) -> None:
        """On another branch, begin anew: what was seen before is not its past."""
        if self._branch is not self._timeline.branch:
            self._branch = self._timeline.branch
            self._case.evaluations, self._case.memory = [], {}

    def _apply(self, when: When) -> None:
        self._take([r for r in self.rules if r.when == when and r.due(self._case)])

    def _take(self, rules: Iterable[Rule]) -> list[Finding]:
        """What the rules find now; what they found before and do not any more is over."""
        here = self._found.setdefault(self._branch.number, {})
        everything: list[Finding] = []
        with np.errstate(all="ignore"):
            found = {rule.id: list(rule.check(self._case)) for rule in rules}
        for key in [key for key in here if key[0] in found]:
            if all(key[1] != finding.subject for finding in found[key[0]]):
                self._tell(here.pop(key), holds=False)
        for finding in (finding for findings in found.values() for finding in findings):
            everything.append(finding)
            if (finding.rule, finding.subject) not in here:
                here[finding.rule, finding.subject] = finding
                self._tell(finding, holds=True)
        return everything

    def _tell(self, finding: Finding, *, holds: bool) -> None:
        self._news.append(News(finding, self._branch.number, holds))


KNOWN_LOSSES = (
    "mean_squared_error",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "huber",
)
"""Those of which the best constant answer is known; for others the first loss stands for it."""
