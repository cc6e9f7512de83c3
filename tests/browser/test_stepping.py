"""Stepping, and the numbers on the page: they are the engine's, to the last bit."""

from __future__ import annotations

from typing import get_args

import numpy as np
from playwright.sync_api import expect

from engine import Machine, Unit
from server.client import Client
from tests.browser.serving import second_viewer
from tests.browser.visit import Visit, Visits

WATCHED = ("dense1/W", "dense1/W.grad", "dense1/W.update", "dense1/b", "dense1/b.grad")


def assert_numbers_are_the_engines(visit: Visit, machine: Machine, client: Client) -> None:
    """What the page has exactly, against a machine at the same moment, and against the server."""
    assert visit.settle() == (machine.step_count, machine.pc)
    for name in WATCHED:  # gradients are asked for when a run has ended
        visit.drawn(name)
    shown = visit.exact()
    for name, values in shown.items():
        assert np.array_equal(values, machine.read(name)), name
        assert np.array_equal(values, client.read(name)), name


def test_every_instruction_changes_the_page_as_the_engine_computes(visits: Visits) -> None:
    visit = visits.open()
    assert visit.settle() == (0, 0)
    machine, start = visit.machine(), visit.exact()
    with second_viewer(visit.page) as client:
        for _ in machine.program.instructions:
            instruction = machine.step_instruction()
            visit.step("instruction")
            assert_numbers_are_the_engines(visit, machine, client)
            expect(visit.page.locator("#network")).to_contain_text(instruction.formula)
    assert visit.settle() == (1, 0)
    end = visit.exact()
    assert all((end[name] != start[name]).any() for name in WATCHED)


def test_every_unit_ends_where_the_engine_ends_it(visits: Visits) -> None:
    visit = visits.open()
    machine = visit.machine()
    with second_viewer(visit.page) as client:
        for unit in np.repeat(get_args(Unit), 3).tolist():
            machine.advance(unit)
            assert visit.step(unit) == (machine.step_count, machine.pc)
            assert_numbers_are_the_engines(visit, machine, client)
