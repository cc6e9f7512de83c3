"""The engine's benchmark compares like with like, and compares it fairly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.benchmarks.cases import (
    CASES,
    DATA,
    NETWORK_CASES,
    NETWORKS,
    Case,
    NetworkCase,
    difference,
)
from tests.benchmarks.engine import Result, judged, line, memory, verdicts
from tests.benchmarks.fused import BLOCK_BYTES
from tests.benchmarks.rounds import interleaved, ratio

WIDE = Case("64-256-10", (64, 256, 10), "relu", "digits", 32, "adam")
SMALL = [case for case in CASES if case.sizes[0] != 784]
VARIANTS = [
    WIDE,
    replace(SMALL[0], name="relu, adam, one output", hidden="relu", optimizer="adam"),
    replace(WIDE, name="tanh, sgd, ten outputs", hidden="tanh", optimizer="sgd"),
]


@pytest.mark.parametrize("case", [*SMALL, *VARIANTS], ids=lambda case: case.name)
def test_engine_and_network_by_hand_give_the_same_weights(case: Case) -> None:
    assert difference(case, case.data(), steps=40) < 1e-10


def test_one_variant_needs_several_optimizer_blocks() -> None:
    parameters = sum((a + 1) * b for a, b in zip(WIDE.sizes, WIDE.sizes[1:], strict=False))
    assert parameters * 8 > BLOCK_BYTES


@pytest.mark.parametrize("case", [SMALL[0], WIDE], ids=lambda case: case.name)
def test_engine_and_network_by_hand_report_the_same_loss(case: Case) -> None:
    data = case.data()
    machine = case.machine(data)
    fused = case.fused(data, np.asarray(machine.read("parameters"), np.float64))
    for _ in range(5):
        machine.run(1)
        fused.train(np.asarray(machine.read("input/batch"), np.int64))
        assert fused.loss == pytest.approx(float(machine.read("loss/L")), rel=1e-12)


def test_network_by_hand_learns_from_its_own_batches() -> None:
    case, data = WIDE, WIDE.data()
    start = np.asarray(case.machine(data).read("parameters"), np.float64)
    fused, again = case.fused(data, start), case.fused(data, start)
    fused.run(1)
    first = fused.loss
    fused.run(199)
    assert fused.loss < 0.2 * first
    again.run(120)
    again.run(80)
    assert again.theta.tobytes() == fused.theta.tobytes()


def test_rounds_interleave_and_ratios_ignore_a_drift_that_all_share() -> None:
    now, order = 0.0, []

    def contender(name: str, cost: float) -> None:
        def run(steps: int) -> None:
            nonlocal now
            order.append(name)
            now += steps * cost * (1.0 + now)  # the machine gets slower and slower

        contenders[name] = run

    contenders = {}  # type: ignore[var-annotated]
    contender("a", 0.001)
    contender("b", 0.002)
    times = interleaved(contenders, 2.0, clock=lambda: now)
    assert len(times["a"]) == len(times["b"]) >= 3
    assert times["a"][-1] > 2 * times["a"][0]
    assert ratio(times["b"], times["a"]) == pytest.approx(2.0, rel=0.15)
    begun = [name for name, before in zip(order[1:], order, strict=False) if name != before]
    assert begun.count("a") >= 3


def test_memory_sees_what_a_step_keeps_and_what_it_drops() -> None:
    class Hoarder:
        def __init__(self) -> None:
            self.kept: list[object] = []

        def run(self, steps: int) -> int:
            for _ in range(steps):
                self.kept.append(np.empty(1000))
                np.empty(100_000)
            return steps

    growth, peak = memory(Hoarder(), 10)  # type: ignore[arg-type]
    assert 8000 <= growth < 9000
    assert peak >= 800_000


def test_missed_targets_are_told() -> None:
    good = Result(
        name="2-4-2-1",
        batch=10,
        optimizer="sgd",
        dtype="float64",
        microseconds={"machine": 10.0, "fused": 10.0},
        over_fused=1.0,
        torch_over=None,
        compile_ms=2.0,
        growth_bytes=0.02,
        peak_bytes=100,
        memory_steps=1000,
        plan_bytes=1000,
        difference=0.0,
        missed=[],
    )
    assert verdicts([judged(CASES[0], good)])[1:] == ["all targets met"]
    assert "–" in line(good)
    bad = replace(
        good, over_fused=1.2, torch_over=7.0, growth_bytes=8.0, compile_ms=30.0, missed=[]
    )
    assert len(judged(CASES[0], bad).missed) == 4
    assert len(verdicts([bad])) == 5


@pytest.mark.parametrize("case", NETWORK_CASES, ids=lambda case: f"{case.name} {case.dtype}")
def test_networks_of_other_kinds_learn_their_random_data(case: NetworkCase) -> None:
    machine = case.machine(case.data())
    machine.run(1)
    first = float(machine.read("loss/L"))
    machine.run(20)
    assert machine.stopped is None
    assert float(machine.read("loss/L")) < 1.2 * first
    assert machine.program.cost.bytes < 100e6


def test_pytorch_has_every_network_of_another_kind() -> None:
    from tests.benchmarks.torch_networks import MODELS

    names = {case.name for case in NETWORK_CASES}
    assert set(MODELS) == set(DATA) == set(NETWORKS) == names
