"""Views: what is shown of a network beyond its program's own buffers.

A view is computed from the live parameters by an evaluator. Views that come out of the same
computation form a group, which is refreshed as a whole. Which there are, depends on the data:

    view/response/<layer>        what each unit answers over the input plane or line
    view/surface                 what the network answers there
    probe/...                    one sample's values and gradients
    view/confusion, ...          answers on the test set
    view/map/<layer>, view/truth vectors that were learned as points of a plane
    view/code, view/decoded      what lies behind an autoencoder's two numbers
    view/track, view/car, ...    a car that the network drives
    view/mean_gradient/<layer>   how much of the gradient reaches each unit
    compare/<parameter>          how far it is from what it is on another branch
"""

from __future__ import annotations

from collections.abc import Callable

from engine import Machine
from server.describe.description import Plan
from server.views.codes import CodeGroup, code_layer
from server.views.driving_view import DrivingGroup, drives
from server.views.embedding_maps import MapGroup
from server.views.mean_gradient import MeanGradientGroup
from server.views.plane import ResponseGroup, SurfaceGroup
from server.views.probe import ProbeGroup
from server.views.scores import Scorer
from server.views.test_set import TestGroup
from server.views.view_group import ViewGroup


def groups(
    machine: Machine, plan: Plan, scorer: Scorer, clock: Callable[[], float]
) -> tuple[list[ViewGroup], ProbeGroup]:
    """All groups that the network and its data have, and among them the probe."""
    probe = ProbeGroup(machine, plan)
    made: list[ViewGroup] = [probe, MeanGradientGroup(machine), TestGroup(plan, scorer)]
    if plan.data.domain:
        made += [ResponseGroup(machine, plan), SurfaceGroup(machine, plan)]
    made.append(MapGroup(machine, plan))
    if code_layer(plan) is not None:
        made.append(CodeGroup(machine, plan))
    if drives(plan):
        made.append(DrivingGroup(machine, plan, clock))
    return made, probe
