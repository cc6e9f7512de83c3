"""What goes wrong in training, found in the numbers: rules, their sources, and remedies."""

from engine.diagnostics.case import Case, Evaluation, baseline_loss
from engine.diagnostics.diagnostics import RULES, Diagnostics, News
from engine.diagnostics.finding import (
    Change,
    Evidence,
    Finding,
    Remedy,
    Severity,
    apply_remedy,
    patched,
)
from engine.diagnostics.rule import Rule, configured

__all__ = [
    "RULES",
    "Case",
    "Change",
    "Diagnostics",
    "Evaluation",
    "Evidence",
    "Finding",
    "News",
    "Remedy",
    "Rule",
    "Severity",
    "apply_remedy",
    "baseline_loss",
    "configured",
    "patched",
]
