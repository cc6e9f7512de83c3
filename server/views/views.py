"""Views: numbers about a network beyond the buffers of its program.

A view is computed from the live parameters by an evaluator. Views that come out of the same
computation form a group, which is refreshed as a whole. The data decide which views there are:

    view/response/<layer>        response of each unit over the input plane or line
    view/surface                 outputs of the network there
    probe/...                    one sample's values and gradients
    view/confusion, ...          predictions on the test set
    view/map/<layer>, view/truth learned vectors as points in a plane
    view/code, view/decoded      codes of an autoencoder, and images decoded from codes
    view/track, view/car, ...    a car that the network drives
    view/mean_gradient/<layer>   mean magnitude of the gradient at each unit
    compare/<parameter>          difference to the same parameter on another branch
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
    """All groups of views for the network and its data; and the probe, which is one of them."""
    probe = ProbeGroup(machine, plan)
    view_groups: list[ViewGroup] = [probe, MeanGradientGroup(machine), TestGroup(plan, scorer)]
    if plan.data.domain:
        view_groups += [ResponseGroup(machine, plan), SurfaceGroup(machine, plan)]
    view_groups.append(MapGroup(machine, plan))
    if code_layer(plan) is not None:
        view_groups.append(CodeGroup(machine, plan))
    if drives(plan):
        view_groups.append(DrivingGroup(machine, plan, clock))
    return view_groups, probe
