"""Diagnostics: the rules, applied during training."""

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
    UnusedSamples,
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
    UnusedSamples(),
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
"""All rules with their default thresholds."""

MAX_EVALUATIONS = 400


@dataclass(frozen=True)
class News:
    """A finding that is new on its branch, or one that no longer holds."""

    finding: Finding
    branch: int
    holds: bool


class Diagnostics:
    """Applies rules to the observations of a monitor, at each of its looks.

    A finding holds until its rule is applied again and does not find it any more. Each branch is
    judged by itself.

    Args:
        monitor: the monitor of the training to judge.
        data: the data set, for the names of its features and classes.
        rules: the rules with their thresholds; see `configured`.

    Attributes:
        rules: the rules with their present thresholds.
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
        monitor.glancers.append(self._glance)
        self._apply("start")

    @property
    def baseline(self) -> float:
        """The training loss of the best answer that is the same for all samples."""
        return self._case.baseline

    def findings(self, branch: int | None = None) -> tuple[Finding, ...]:
        """The findings that hold on a branch (None: the present one), in the order of discovery."""
        number = self._timeline.branch.number if branch is None else branch
        return tuple(self._found.get(number, {}).values())

    def news(self) -> list[News]:
        """The findings that have begun or ceased to hold since the last call."""
        news, self._news = self._news, []
        return news

    def evaluated(self, train: float, test: float | None = None) -> None:
        """Record the losses on whole splits, without penalties, at the present step."""
        self._follow()
        evaluations, step = self._case.evaluations, self._timeline.now.step
        if evaluations and evaluations[-1].step >= step:
            return
        if len(evaluations) >= MAX_EVALUATIONS:
            del evaluations[1 : MAX_EVALUATIONS // 2 : 2]
        evaluations.append(Evaluation(step, train, test))
        self._apply("evaluation")

    def examine(self, rule: str) -> tuple[Finding, ...]:
        """Apply one rule now, such as one that is checked only on demand.

        Raises:
            DescriptionError: there is no such rule.
        """
        chosen = self._rule(rule)
        self._follow()
        return tuple(self._applied([chosen]))

    def adjust(self, rule: str, thresholds: Mapping[str, float]) -> Rule:
        """Change thresholds of a rule; if it judges the start of training, it is checked again.

        Raises:
            DescriptionError: there is no such rule or threshold, or a value is unusable.
        """
        changed = configured(self._rule(rule), **thresholds)
        self.rules = tuple(changed if known.id == rule else known for known in self.rules)
        self._follow()
        if changed.when == "start":
            self._applied([changed])
        return changed

    def _rule(self, rule: str) -> Rule:
        chosen = next((known for known in self.rules if known.id == rule), None)
        if chosen is None:
            raise DescriptionError("rule", rule, f"one of {', '.join(r.id for r in self.rules)}")
        return chosen

    def _look(self) -> None:
        self._follow()
        self._apply("look")

    def _glance(self) -> None:
        self._follow()
        self._applied([r for r in self.rules if r.glances and r.due(self._case)])

    def _follow(self) -> None:
        """After a change of branch, forget the evaluations and memories of the former one."""
        if self._branch is not self._timeline.branch:
            self._branch = self._timeline.branch
            self._case.evaluations, self._case.memory = [], {}

    def _apply(self, when: When) -> None:
        self._applied([r for r in self.rules if r.when == when and r.due(self._case)])

    def _applied(self, rules: Iterable[Rule]) -> list[Finding]:
        """Apply rules; returns their findings, and notes which are new and which no longer hold."""
        here = self._found.setdefault(self._branch.number, {})
        everything: list[Finding] = []
        with np.errstate(all="ignore"):
            found = {rule.id: list(rule.check(self._case)) for rule in rules}
        for key in [key for key in here if key[0] in found]:
            if all(key[1] != finding.subject for finding in found[key[0]]):
                self._note(here.pop(key), holds=False)
        for finding in (finding for findings in found.values() for finding in findings):
            everything.append(finding)
            if (finding.rule, finding.subject) not in here:
                here[finding.rule, finding.subject] = finding
                self._note(finding, holds=True)
        return everything

    def _note(self, finding: Finding, *, holds: bool) -> None:
        self._news.append(News(finding, self._branch.number, holds))


KNOWN_LOSSES = (
    "mean_squared_error",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "huber",
)
"""The losses with a known best constant answer; for others the first loss is the baseline."""
