"""Formulas of the engine as JSON, of bounded size. Pure.

    {"kind": "product", "value": 0.12, "factors": [{"kind": "element", ...}, ...]}

Every node has a `kind`. A node that stands for a single number has its `value`, or null and a
`text` ("NaN", "∞", "−∞") if it is not finite. In the general term of a sum, where letters stand for
indices, nodes have no value.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from engine.formula import (
    Along,
    CaseBranch,
    Cases,
    Condition,
    Element,
    Formula,
    Function,
    Link,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Selection,
    Sum,
    Summation,
    largest,
    number_text,
)

Node = dict[str, Any]


def number(value: float) -> Node:
    """The field `value`; if it is not finite, null with its `text`."""
    if isfinite(value):
        return {"value": value}
    return {"value": None, "text": number_text(value)}


def link(target: Link) -> Node:
    """The buffer and index of an element."""
    return {"buffer": target.buffer, "index": list(target.index)}


def tree(formula: Formula) -> Node:
    """A formula without free indices as JSON; sums over axes are given by their general terms."""
    return _node(formula, closed=True)


def terms(formula: Formula, count: int) -> Node | None:
    """The largest terms of the sum in a formula, with the others folded.

    Returns:
        `count` of all terms, `total` of their magnitudes, the largest terms in order (`listed`),
        and `count` and `sum` of the others (`folded`, None if there are none). None if there is no
        sum of more than one term.
    """
    found = _sum_in(formula)
    if found is None:
        return None
    ranking = largest(found, count)
    folded = {"count": ranking.folded, "sum": number(ranking.rest)} if ranking.folded else None
    return {
        "count": len(ranking.terms) + ranking.folded,
        "total": number(ranking.total),
        "listed": [tree(term) for term in ranking.terms],
        "folded": folded,
    }


def _sum_in(formula: Formula) -> Formula | None:
    """The formula if it is a sum, or the sum among its factors: a mean is a sum times 1/n."""
    if isinstance(formula, Sum | Summation):
        return formula
    if isinstance(formula, Negative | Product | Quotient):
        found = [s for child in formula.children() if isinstance(s := _sum_in(child), Summation)]
        return found[0] if len(found) == 1 else None
    return None


def _node(formula: Formula, *, closed: bool) -> Node:
    kind, fields = _FIELDS[type(formula)]
    value = number(formula.value) if closed else {}
    return {"kind": kind, **value, **fields(formula, closed)}


def _element(element: Element, closed: bool) -> Node:
    target = link(element.link) if not element.axes else None
    index = [str(i) if isinstance(i, Along) else i for i in element.index]
    return {"symbol": element.symbol, "index": index, "role": element.role, "link": target}


def _number(formula: Number, closed: bool) -> Node:
    return {**number(formula.number), "symbol": formula.symbol, "meaning": formula.meaning}


def _series(formula: Summation, closed: bool) -> Node:
    axes = [{"letter": a.letter, "name": a.name, "extent": a.extent} for a in formula.axes]
    return {"axes": axes, "term": _node(formula.term, closed=False)}


def _cases(formula: Cases, closed: bool) -> Node:
    return {
        "cases": [_case(case, closed) for case in formula.cases],
        "otherwise": _node(formula.otherwise, closed=closed),
        "taken": formula.taken if closed else None,
    }


def _case(case: CaseBranch, closed: bool) -> Node:
    conditions = [_condition(condition, closed) for condition in case.conditions]
    return {"formula": _node(case.formula, closed=closed), "conditions": conditions}


def _condition(condition: Condition, closed: bool) -> Node:
    left, right = (_node(side, closed=closed) for side in (condition.left, condition.right))
    return {"left": left, "relation": condition.relation, "right": right}


def _choice(formula: Selection, closed: bool) -> Node:
    by = [_node(chooser, closed=closed) for chooser in formula.by]
    return {"found": _node(formula.found, closed=closed), "by": by, "reason": formula.reason}


def _children(*names: str) -> Callable[[Any, bool], Node]:
    """Fields that hold one node each."""
    return lambda formula, closed: {
        name: _node(getattr(formula, name), closed=closed) for name in names
    }


def _list(name: str) -> Callable[[Any, bool], Node]:
    """A field that holds a list of nodes."""
    return lambda formula, closed: {
        name: [_node(child, closed=closed) for child in getattr(formula, name)]
    }


def _function(formula: Function, closed: bool) -> Node:
    return {"name": formula.name, "argument": _node(formula.argument, closed=closed)}


_FIELDS: dict[type[Formula], tuple[str, Callable[[Any, bool], Node]]] = {
    Number: ("number", _number),
    Element: ("element", _element),
    Sum: ("sum", _list("terms")),
    Summation: ("series", _series),
    Negative: ("negative", _children("term")),
    Product: ("product", _list("factors")),
    Quotient: ("quotient", _children("numerator", "denominator")),
    Power: ("power", _children("base", "exponent")),
    Function: ("function", _function),
    Cases: ("cases", _cases),
    Selection: ("choice", _choice),
}
