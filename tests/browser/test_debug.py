"""The page of a script: its "Done" gives the machine back, also from a notebook's frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import numpy as np
from playwright.sync_api import Browser, expect

import engine
from engine import Dense, Machine, Network, from_arrays
from server import debug
from tests.browser.visit import Visits

SECONDS = 60.0
STEPS = 20
TRAIN = f"backstep.actions.send('step', {{ unit: 'step', count: {STEPS} }})"


def machine_of() -> Machine:
    x = np.random.default_rng(3).normal(size=(40, 2))
    data = from_arrays(x, (x[:, 0] > 0).astype(int), test_fraction=0.25, seed=0)
    network = Network(2, [Dense(3, "tanh"), Dense(1, "sigmoid")], "binary_cross_entropy")
    return Machine(engine.compile(network, data, batch_size=8, seed=1))


@contextmanager
def debugged(machine: Machine) -> Iterator[str]:
    """While a script debugs a machine: the address of its page; at the end it has gone on."""
    urls: Queue[str] = Queue()
    script = threading.Thread(target=debug, args=(machine,), kwargs={"show": urls.put}, daemon=True)
    script.start()
    yield urls.get(timeout=SECONDS)
    script.join(SECONDS)
    assert not script.is_alive()


@contextmanager
def notebook(folder: Path, url: str) -> Iterator[str]:
    """A page of another origin on this machine that has the address in a frame."""
    frame = f'<iframe src="{url}" width="1400" height="880"></iframe>'
    (folder / "index.html").write_text(f"<!doctype html><title>Notebook</title>{frame}")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/index.html"
        server.shutdown()


def go_on(machine: Machine) -> None:
    """A machine that has gone back to Python can be trained on."""
    assert machine.step_count == STEPS
    machine.run(1)
    twin = machine_of()
    twin.run(STEPS + 1)
    assert machine.snapshot().block.tobytes() == twin.snapshot().block.tobytes()


def test_done_gives_the_machine_back_as_it_stands(visits: Visits) -> None:
    machine = machine_of()
    with debugged(machine) as url:
        visit = visits.open("", address=url)
        visit.page.evaluate(TRAIN)
        visit.wait(f"!s.run.running && s.run.step === {STEPS}")
        visit.page.get_by_role("button", name="Done", exact=True).click()
        expect(visit.page.locator("#banner")).to_contain_text("Python has the machine back")
        expect(visit.page.locator("#workspace")).to_have_attribute("inert", "")
    go_on(machine)


def test_done_in_a_notebooks_frame(browser: Browser, tmp_path: Path) -> None:
    machine = machine_of()
    with debugged(machine) as url, notebook(tmp_path, url) as address:
        whole = browser.new_page(viewport={"width": 1440, "height": 900})
        whole.goto(address)
        page = whole.frame_locator("iframe")
        expect(page.locator(".readout").first).to_contain_text("0")
        page.locator("body").evaluate(f"() => {TRAIN}")
        expect(page.locator(".readout").first).to_contain_text(str(STEPS))
        page.get_by_role("button", name="Done", exact=True).click()
        expect(page.locator("#banner")).to_contain_text("Python has the machine back")
        whole.context.close()
    go_on(machine)


def test_other_pages_have_no_such_button(visits: Visits) -> None:
    visit = visits.open()
    expect(visit.page.get_by_role("button", name="Done", exact=True)).to_have_count(0)
