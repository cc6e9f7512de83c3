"""The base class of rules: thresholds that a user can change, and a check of a case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

from engine.checks import is_number
from engine.diagnostics.case import Case
from engine.diagnostics.finding import Evidence, Finding, Remedy, Severity
from engine.errors import DescriptionError

When = Literal["start", "look", "evaluation", "demand"]


@dataclass(frozen=True)
class Rule(ABC):
    """A pathology. The fields of a rule are its thresholds; its docstring names their source.

    Attributes:
        id: its name in code and commands.
        title: its name for readers.
        meaning: a sentence on its effect on training.
        when: it is checked before training, at every look of the monitor, at every evaluation, or
            only when asked for.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    when: ClassVar[When] = "look"
    glances: ClassVar[bool] = False
    """Whether a rule for looks is applied to the losses of a glance between two looks as well."""
    severity: ClassVar[Severity] = "warning"

    def due(self, case: Case) -> bool:
        """Whether to check now; otherwise earlier findings still hold."""
        return True

    @abstractmethod
    def check(self, case: Case) -> Iterator[Finding]:
        """The findings of this rule in the present case."""

    def thresholds(self) -> dict[str, float]:
        """The thresholds by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def found(
        self,
        case: Case,
        text: str,
        *,
        subject: str = "",
        evidence: Sequence[Evidence] = (),
        remedies: Sequence[Remedy] = (),
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule, here and now."""
        return Finding(
            self.id,
            self.title,
            severity or self.severity,
            subject,
            case.step,
            text,
            tuple(evidence),
            tuple(remedies),
        )


def configured(rule: Rule, **thresholds: Any) -> Rule:
    """The rule with other thresholds.

    Raises:
        DescriptionError: it has no such threshold, or a value is not a finite number.
    """
    known = rule.thresholds()
    for name, value in thresholds.items():
        path = f"{rule.id}.{name}"
        if name not in known:
            raise DescriptionError(path, value, f"one of {', '.join(known) or 'none'}")
        if not is_number(value, 0.0):
            raise DescriptionError(path, value, "a number of at least 0")
        if isinstance(known[name], int) and value != int(value):
            raise DescriptionError(path, value, "a whole number")
    return replace(rule, **{n: type(known[n])(v) for n, v in thresholds.items()})
