"""Findings of the diagnostics and time series of every layer, as plain data."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine import Diagnostics, Finding, Monitor, Remedy, Rule, Timeline
from server.describe.description import Plan
from server.views.scores import Point, finite
from server.wire.errors import Refusal

MAX_SAMPLES = 160
"""Most points of a series in one answer; longer ones are thinned evenly."""
MAX_HISTOGRAMS = 24
"""Most histograms of a layer in one answer."""
MAX_EVIDENCE = 8
"""Most pieces of evidence listed for one finding."""
EXAMINE_SECONDS = 2.0
"""Most seconds that a rule applied on demand may take."""
EXAMINE_PASSES = 60
"""Rough number of passes over the training set that a rule applied on demand makes."""

Thresholds = dict[str, dict[str, float]]
"""Thresholds by rule and name."""


class Health:
    """Diagnoses one history, from its start or from where a worker took it over.

    Args:
        thresholds: thresholds that differ from the defaults, by rule and name.

    Attributes:
        changed: whether the findings have changed since they were last reported.
    """

    def __init__(self, timeline: Timeline, plan: Plan, thresholds: Thresholds) -> None:
        self._timeline, self._plan = timeline, plan
        self._monitor = Monitor(timeline)
        self._diagnostics = Diagnostics(self._monitor, plan.data)
        for rule, values in thresholds.items():
            self._diagnostics.adjust(rule, values)
        self._reported: tuple[int, tuple[Finding, ...]] = (timeline.branch.number, ())

    def evaluated(self, point: Point) -> None:
        """Add a loss point."""
        _, train, test, *_ = point
        if train is not None:
            self._diagnostics.evaluated(train, test)

    @property
    def changed(self) -> bool:
        return self._reported != self._now()

    def _now(self) -> tuple[int, tuple[Finding, ...]]:
        return self._timeline.branch.number, self._diagnostics.findings()

    def findings(self) -> dict[str, Any]:
        """The findings on the present branch, for an event."""
        self._reported = self._now()
        branch, findings = self._reported
        return {"branch": branch, "findings": [self._finding(found) for found in findings]}

    def rules(self) -> list[dict[str, Any]]:
        """All rules with their thresholds."""
        return [
            {
                "rule": rule.id,
                "title": rule.title,
                "meaning": rule.meaning,
                "when": rule.when,
                "thresholds": {name: float(v) for name, v in rule.thresholds().items()},
            }
            for rule in self._diagnostics.rules
        ]

    def adjust(self, rule: str, values: Mapping[str, float]) -> dict[str, float]:
        """Change thresholds of a rule; returns all thresholds of the rule.

        Raises:
            DescriptionError: there is no such rule or threshold, or a value is unusable.
        """
        changed = self._diagnostics.adjust(rule, values)
        return {name: float(value) for name, value in changed.thresholds().items()}

    def examine(self, rule: str) -> list[dict[str, Any]]:
        """Apply one rule now; returns its findings.

        Raises:
            Refusal: it would take too long on this network.
            DescriptionError: there is no such rule.
        """
        program = self._plan.program
        seconds = self._timeline.machine.step_seconds * program.steps_per_epoch * EXAMINE_PASSES
        if seconds > EXAMINE_SECONDS:
            expected = "quick enough on a network and training set of this size"
            raise Refusal("bad_value", "rule", rule, expected)
        return [self._finding(found) for found in self._diagnostics.examine(rule)]

    def series(self) -> dict[str, Any]:
        """Time series of every layer on the present branch, and the present gradient flow."""
        layers = []
        for number, layer in enumerate(self._plan.program.layers):
            series = self._monitor.series(number)
            kept = _thinned(len(series.steps), MAX_SAMPLES)
            histograms = self._monitor.histograms(number)
            rows = _thinned(len(histograms.steps), MAX_HISTOGRAMS)
            layers.append(
                {
                    "layer": layer.name,
                    "steps": series.steps[kept].tolist(),
                    "mean": _numbers(series.mean[kept]),
                    "std": _numbers(series.std[kept]),
                    "gradient": _numbers(series.gradient[kept]),
                    "ratio": _numbers(series.ratio[kept]),
                    "histograms": {
                        "steps": histograms.steps[rows].tolist(),
                        "low": _numbers(histograms.low[rows]),
                        "high": _numbers(histograms.high[rows]),
                        "counts": histograms.counts[rows].astype(int).tolist(),
                    },
                }
            )
        return {"layers": layers, "flow": self._flow()}

    def _flow(self) -> list[dict[str, Any]]:
        return [
            {
                "layer": flow.layer,
                "parameters": finite(flow.parameters),
                "mean": finite(flow.mean),
                "largest": finite(flow.largest),
                "signal": finite(flow.signal),
            }
            for flow in engine.gradient_flow(self._timeline.machine)
        ]

    def _finding(self, found: Finding) -> dict[str, Any]:
        rule = next(rule for rule in self._diagnostics.rules if rule.id == found.rule)
        return {
            "rule": found.rule,
            "title": found.title,
            "meaning": rule.meaning,
            "source": _source(rule),
            "severity": found.severity,
            "subject": found.subject,
            "step": found.step,
            "text": found.text,
            "evidence": [
                {
                    "buffer": evidence.buffer,
                    "index": None if evidence.index is None else list(evidence.index),
                    "value": finite(evidence.value),
                    "text": evidence.text,
                    "step": evidence.step,
                }
                for evidence in found.evidence[:MAX_EVIDENCE]
            ],
            "remedies": [self._remedy(remedy) for remedy in found.remedies],
        }

    def _remedy(self, remedy: Remedy) -> dict[str, Any]:
        program = self._plan.program
        values = remedy.live(program)
        names = {buffer: name for name, buffer in program.hyperparameters.items()}
        return {
            "text": remedy.text,
            "changes": [{"path": c.path, "value": c.value} for c in remedy.changes],
            "live": None if values is None else {names[b]: v for b, v in values.items()},
        }


def _source(rule: Rule) -> str:
    """Where the rule and its thresholds come from, by its docstring, as one paragraph."""
    text = inspect.cleandoc(type(rule).__doc__ or "").partition("\n\nAttributes:")[0]
    return " ".join(text.partition("\n\n")[2].split())


def _thinned(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` evenly spaced indices below `count`, including the first and the last."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.intp))


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [float(f"{v:.5g}") if np.isfinite(v) else None for v in values]
