"""Questions: the answers are the engine's, about the moment and the sample that are shown."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import engine
from engine import Explainer, Machine, Timeline
from engine.explain.why import why
from engine.formula import largest, text
from server.session.session import Session
from server.wire.commands import parse_command
from server.wire.errors import Refusal
from server.wire.strict_json import encode_message
from server.workers import worker_messages
from server.workers.session_host import MAX_QUESTIONS, SessionHost
from tests.server.driving import SMALL, Clock, Driver, configured, machine_of, refused

ADAM: dict[str, Any] = {
    **SMALL,
    "layers": [{"units": 3, "activation": "relu", "l1": 0.001}, {"units": 1}],
    "optimizer": {"kind": "adam", "learning_rate": 0.02},
}


def ask(driver: Driver, question: str, /, **fields: Any) -> dict[str, Any]:
    """The answer to a question, however long it takes."""
    command = parse_command(json.dumps({"id": 1, "type": question, **fields}))
    outcome = driver.session.handle(command)
    answer = outcome.answer if outcome.later is None else engine.finish(outcome.later)
    encode_message(answer)  # nothing in it that JSON does not have
    return answer


def trained(given: object = SMALL, step: int = 12, pc: int = 0) -> tuple[Driver, Explainer]:
    """A session at a moment, and the engine's own explanations of it."""
    driver = configured(given)
    driver.do("goto", step=step, pc=pc)
    driver.finish()
    machine = machine_of(given)
    timeline = Timeline(machine)
    timeline.go((step, pc))
    return driver, Explainer(machine, timeline)


def some_elements(machine: Machine) -> list[tuple[str, tuple[int, ...]]]:
    rng = np.random.default_rng(3)
    return [
        (name, tuple(int(rng.integers(n)) for n in buffer.shape))
        for name, buffer in machine.program.buffers.items()
    ]


# Explanations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [SMALL, ADAM])
@pytest.mark.parametrize("pc", [0, 7, 20])
def test_every_buffer_is_explained_as_the_engine_does(given: object, pc: int) -> None:
    driver, explainer = trained(given, pc=pc)
    for buffer, index in some_elements(explainer.machine):
        answer = ask(driver, "explain", buffer=buffer, index=index)
        expected = explainer.explain(buffer, index)
        assert answer["buffer"] == expected.link.buffer
        assert tuple(answer["index"]) == expected.link.index
        assert answer["symbol"] == expected.symbol
        assert answer["value"] == expected.value
        assert answer["line"] == text(expected.formula)
        assert answer["formula"]["value"] == expected.formula.value
        assert answer["moment"] == (expected.moment and list(expected.moment))
        assert answer["probe"] is False
        assert answer["stale"] == expected.stale
        assert evaluated(answer["formula"]) == pytest.approx(answer["value"], rel=1e-12, abs=1e-15)


def evaluated(node: dict[str, Any]) -> float:  # noqa: PLR0911 - a kind, a line
    """The value of a formula from its leaves; of a general term, as it is told."""
    match node["kind"]:
        case "sum":
            return sum(evaluated(term) for term in node["terms"])
        case "product":
            return float(np.prod([evaluated(factor) for factor in node["factors"]]))
        case "quotient":
            return evaluated(node["numerator"]) / evaluated(node["denominator"])
        case "negative":
            return -evaluated(node["term"])
        case "power":
            return float(evaluated(node["base"]) ** evaluated(node["exponent"]))
        case "cases":
            branches = [case["formula"] for case in node["cases"]]
            return evaluated([*branches, node["otherwise"]][node["taken"]])
        case "choice":
            return evaluated(node["found"])
        case _:
            return float(node["value"])


def test_terms_come_by_magnitude_and_the_rest_is_folded() -> None:
    driver, explainer = trained()
    answer = ask(driver, "explain", buffer="dense1/W.grad", index=[1, 2], terms=3)
    ranking = largest(explainer.explain("dense1/W.grad", (1, 2)).formula, 3)
    terms = answer["terms"]
    assert [term["value"] for term in terms["listed"]] == [term.value for term in ranking.terms]
    assert terms["count"] == 10
    assert terms["folded"] == {"count": 7, "sum": {"value": ranking.rest}}
    links = [factor["link"] for factor in terms["listed"][0]["factors"]]
    assert [link["buffer"] for link in links] == ["input/x", "dense1/z.grad"]
    series = answer["formula"]
    assert series["kind"] == "series"
    assert series["axes"] == [{"letter": "b", "name": "batch", "extent": 10}]
    assert [factor["index"] for factor in series["term"]["factors"]] == [["b", 1], ["b", 2]]
    assert "value" not in series["term"]


def test_a_mean_has_the_terms_of_its_sum() -> None:
    driver, _ = trained()
    answer = ask(driver, "explain", buffer="loss/L", index=[])
    assert answer["terms"]["count"] == 10
    assert answer["terms"]["folded"]["count"] == 2


def test_a_link_is_followed_at_the_moment_of_its_explanation() -> None:
    driver, _ = trained()
    update = ask(driver, "explain", buffer="dense1/W", index=[0, 1])
    assert update["own"]
    before, delta = update["formula"]["terms"]
    moment = update["moment"]
    again = ask(driver, "explain", **before["link"], moment=moment)
    assert again["value"] == before["value"]
    assert again["moment"][0] == moment[0] - 1
    assert ask(driver, "explain", **delta["link"], moment=moment)["value"] == delta["value"]


def test_what_is_not_finite_is_null_and_said_in_words() -> None:
    driver = configured()
    driver.step("layer", 2)
    driver.do("write", buffer="dense1/z", index=[0, 0], value=1e308)
    driver.do("write", buffer="dense1/z", index=[0, 1], value=-1e308)
    driver.do("write", buffer="dense1/a", index=[0, 0], value=1e308)
    driver.do("write", buffer="dense2/W", index=[0, 0], value=1e300)
    driver.step("layer")
    answer = ask(driver, "explain", buffer="dense2/z", index=[0, 0])
    assert (answer["value"], answer["text"]) == (None, "∞")
    assert answer["terms"]["listed"][0]["text"] == "∞"


# The probe sample --------------------------------------------------------------------------------


def probe_value(driver: Driver, name: str, index: list[int]) -> float:
    values: NDArray[np.float64] = driver.read(name)
    return float(values[tuple(index)])


def test_between_steps_a_probe_view_is_explained_by_its_own_evaluation() -> None:
    driver, _ = trained()
    driver.do("probe", sample=5, split="test")
    for name, index in (("dense2/a", [1]), ("dense1/z.grad", [3]), ("loss", [])):
        answer = ask(driver, "explain", buffer=f"probe/{name}", index=index)
        assert answer["probe"] is True
        assert answer["value"] == probe_value(driver, f"probe/{name}", index)
        assert evaluated(answer["formula"]) == pytest.approx(answer["value"], rel=1e-12)


def test_its_links_lead_on_in_that_evaluation_and_to_the_live_parameters() -> None:
    driver, explainer = trained()
    answer = ask(driver, "explain", buffer="probe/dense2/z", index=[0])
    term = answer["terms"]["listed"][0]
    elements = [term, *term.get("factors", [])]
    links = [node for node in elements if node["kind"] == "element"]
    for node in links:
        further = ask(
            driver, "explain", **node["link"], moment=answer["moment"], probe=answer["probe"]
        )
        assert further["value"] == node["value"]
        assert further["probe"] == (node["role"] != "parameter")
    weight = ask(driver, "explain", buffer="dense2/W", index=[0, 0], moment=[0, 2], probe=True)
    assert weight["value"] == explainer.explain("dense2/W", (0, 0)).value
    assert weight["moment"][0] == 11


def test_inside_a_step_it_is_the_row_of_the_batch() -> None:
    driver, explainer = trained(pc=8)
    batch = explainer.machine.read("input/batch")
    driver.do("probe", sample=int(batch[4]), split="train")
    answer = ask(driver, "explain", buffer="probe/dense1/a", index=[2])
    assert (answer["buffer"], answer["index"]) == ("dense1/a", [4, 2])
    assert answer["probe"] is False
    assert answer["value"] == explainer.machine.read("dense1/a")[4, 2]


# The chain rule, and why -------------------------------------------------------------------------


def test_the_chain_rule_leads_to_the_loss() -> None:
    driver, explainer = trained()
    answer = ask(driver, "chain", buffer="dense1/W", index=[0, 1])
    expected = explainer.chain("dense1/W", (0, 1))
    assert [link["symbol"] for link in answer["links"]] == [s.explanation.symbol for s in expected]
    assert [link["local"]["value"] for link in answer["links"]] == [s.local for s in expected]
    assert answer["end"] == {"buffer": "loss/L.grad", "index": []}
    assert ask(driver, "explain", buffer="dense1/W", index=[0, 1])["gradient"] is True
    assert ask(configured(), "explain", buffer="dense1/W", index=[0, 1])["gradient"] is False
    assert answer["links"][0]["terms"] == 10
    product = np.prod([link["local"]["value"] for link in answer["links"]])
    assert product == pytest.approx(answer["links"][0]["term"]["value"], rel=0.9)
    for here, there in zip(answer["links"], answer["links"][1:], strict=False):
        assert (there["buffer"], there["index"]) == tuple(here["upstream"].values())


def test_the_chain_rule_of_the_probe_sample() -> None:
    driver, _ = trained()
    answer = ask(driver, "chain", buffer="probe/dense1/a", index=[0])
    assert [link["probe"] for link in answer["links"]] == [True] * len(answer["links"])
    product = np.prod([link["local"]["value"] for link in answer["links"]])
    assert product == pytest.approx(answer["links"][0]["term"]["value"])


def test_why_a_gradient_is_zero() -> None:
    driver, _ = trained(ADAM, step=3)
    driver.do("write", buffer="dense1/b", index=[1], value=-1e3)
    driver.step()
    timeline = Timeline(machine := machine_of(ADAM))
    timeline.go((3, 0))
    timeline.write("dense1/b", -1e3, (1,))
    timeline.run(1)
    answer = ask(driver, "why", buffer="dense1/b", index=[1])
    expected = why(machine, "dense1/b", (1,), past=timeline)
    assert answer["kind"] == expected.kind
    assert answer["sentence"] == expected.sentence
    assert [(p["buffer"], tuple(p["index"])) for p in answer["path"]] == [
        (place.buffer, place.index) for place in expected.path
    ]
    assert {e["name"]: e["value"] for e in answer["evidence"]} == expected.evidence
    assert answer["path"][0]["symbol"] == "db1[1]"


# Answers worked out by hand ----------------------------------------------------------------------


def test_an_answer_is_checked_to_its_digits_with_a_hint() -> None:
    driver, explainer = trained()
    element = {"buffer": "dense2/z.grad", "index": [3, 1]}
    value = explainer.explain("dense2/z.grad", (3, 1)).value
    upstream = explainer.machine.read("dense2/a.grad")[3, 1]
    right = ask(driver, "check_answer", **element, answer=float(f"{value:.2e}"), digits=3)
    assert right["right"] is True
    wrong = ask(driver, "check_answer", **element, answer=float(upstream), digits=3)
    assert (wrong["right"], wrong["kind"]) == (False, "forgot_derivative")
    assert "derivative" in wrong["hint"]
    sign = ask(driver, "check_answer", **element, answer=-value, digits=3)
    assert sign["kind"] == "wrong_sign"


def test_an_answer_for_the_probe_sample() -> None:
    driver, _ = trained()
    value = probe_value(driver, "probe/dense1/z.grad", [2])
    answer = ask(
        driver, "check_answer", buffer="probe/dense1/z.grad", index=[2], answer=value, digits=6
    )
    assert answer["right"]


# Long answers ------------------------------------------------------------------------------------


def test_the_gradient_checked_is_the_one_shown() -> None:
    driver, explainer = trained()
    answer = ask(driver, "check_gradient", buffer="dense1/W", index=[1, 0])
    (result,) = answer["results"]
    shown = explainer.machine.read("dense1/W.grad")[1, 0]
    assert result["backprop"]["value"] == pytest.approx(shown, rel=1e-12)
    assert (result["symbol"], result["verdict"]) == ("W1[1, 0]", "right")
    assert answer["moment"][0] == 11
    assert driver.state["step"] == 12


@pytest.mark.parametrize("pc", [0, 18, 24])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_gradient_that_was_written_over_is_what_is_checked(dtype: str, pc: int) -> None:
    driver = configured({"dtype": dtype})
    driver.step("step", 3)
    instructions = driver.last("configured")["instructions"]
    ids = {row["name"]: row["id"] for row in driver.last("configured")["buffers"]}
    (writer,) = (i["index"] for i in instructions if i["writes"] == [ids["dense1/W.grad"]])
    for _ in range(0 if pc == 0 else writer + 1 if pc == 18 else pc):
        driver.step("instruction")
    (right,) = ask(driver, "check_gradient", buffer="dense1/W", index=[0, 0])["results"]
    assert (right["verdict"], right["edited"]) == ("right", False)
    driver.do("write", buffer="dense1/W.grad", index=[0, 0], value=7)
    results = ask(driver, "check_gradient", layer="dense1")["results"]
    first, *others = results
    assert (first["backprop"]["value"], first["verdict"]) == (7.0, "wrong")
    assert first["edited"]
    assert first["numeric"]["value"] == pytest.approx(right["numeric"]["value"], rel=1e-5)
    assert {(r["verdict"], r["edited"]) for r in others} <= {("right", False), ("kink", False)}


def test_a_truncated_gradient_is_not_called_wrong() -> None:
    layer = {"kind": "rnn", "units": 3, "truncation": 2}
    driver = configured({"data": {"name": "price_direction"}, "layers": [layer, {}]})
    driver.step("step", 3)
    results = ask(driver, "check_gradient", layer="rnn1")["results"]
    assert len(results) == 21
    assert {r["verdict"] for r in results} == {"truncated"}
    for result in results:
        assert result["truncated"]["value"] == pytest.approx(result["backprop"]["value"], rel=1e-5)


@pytest.mark.parametrize("pc", [0, 3, 16, 24])
def test_gradients_of_a_layer_and_of_everything(pc: int) -> None:
    driver, _ = trained(pc=pc)
    layer = ask(driver, "check_gradient", layer="dense2")
    assert {r["buffer"] for r in layer["results"]} == {"dense2/W", "dense2/b"}
    everything = ask(driver, "check_gradient")
    assert {r["buffer"].split("/")[0] for r in everything["results"]} == {
        "dense1",
        "dense2",
        "dense3",
    }
    assert {r["verdict"] for r in everything["results"]} <= {"right", "kink"}


def test_sharpness_and_its_limit() -> None:
    driver, explainer = trained()
    answer = ask(driver, "sharpness")
    expected = engine.finish(engine.sharpness_in_pieces(explainer.machine))
    assert answer["sharpness"]["value"] == expected.value
    assert answer["limit"]["value"] == 2 / expected.value
    assert answer["learning_rate"] == 0.03
    assert answer["samples"] == "train"


def test_the_loss_along_the_last_update() -> None:
    driver, _ = trained(pc=5)
    answer = ask(driver, "landscape", kind="update")
    assert answer["moment"] == [12, 0]
    positions, losses = answer["positions"], answer["losses"]
    assert (positions[0], positions[10]) == (-1.0, 0.0)
    whole = configured()
    whole.do("goto", step=11)
    whole.finish()
    assert losses[0] == pytest.approx(whole.points[-1][1], rel=1e-9)


@pytest.mark.parametrize("kind", ["path", "random"])
def test_the_loss_on_a_plane(kind: str) -> None:
    driver, _ = trained(step=40)
    answer = ask(driver, "landscape", kind=kind)
    size = len(answer["xs"])
    assert np.shape(answer["losses"]) == (size, size)
    here = answer["losses"][size // 2][size // 2]
    assert here == pytest.approx(driver.points[-1][1], rel=1e-9)
    if kind == "path":
        steps = [step for step, _, _ in answer["path"]]
        assert (steps[0], steps[-1]) == (0, 40)
        assert answer["path"][-1][1:] == pytest.approx([0, 0], abs=1e-9)
        assert np.abs([place[1:] for place in answer["path"]]).max() == pytest.approx(1.0)
    else:
        assert answer["path"] == []


def test_a_map_that_does_not_exist_yet_is_refused() -> None:
    driver = configured()
    for kind in ("update", "path"):
        with refused("bad_value", "kind", kind):
            ask(driver, "landscape", kind=kind)


def test_a_question_leaves_everything_as_it_was() -> None:
    driver, explainer = trained(pc=9)
    block = explainer.machine.snapshot().block.tobytes()
    runner = driver.session.training.runner
    assert runner is not None
    for kind, fields in (
        ("explain", {"buffer": "dense1/W", "index": [0, 0]}),
        ("chain", {"buffer": "dense1/W", "index": [0, 0]}),
        ("why", {"buffer": "dense1/W", "index": [0, 0]}),
        ("check_gradient", {}),
        ("landscape", {"kind": "path"}),
        ("sharpness", {}),
    ):
        ask(driver, kind, **fields)
        assert runner.machine.snapshot().block.tobytes() == block, kind
        assert runner.timeline.now == (12, 9)


def test_a_path_of_a_history_that_is_gone_is_refused() -> None:
    driver, _ = trained()
    outcome = driver.session.handle(parse_command('{"id": 1, "type": "landscape", "kind": "path"}'))
    driver.do("reset")
    assert outcome.later is not None
    with refused("bad_value", "kind", "restarted"):
        engine.finish(outcome.later)


# In turns ----------------------------------------------------------------------------------------


class Desk:
    """A host with one session, and what it has answered."""

    def __init__(self) -> None:
        self.said: list[worker_messages.FromWorker] = []
        clock = Clock(tick=1e-3)
        self.host = SessionHost(self.said.append, clock, clock)
        self.host.receive(worker_messages.Open("a"))
        self.post(0, "configure", description=SMALL)
        self.post(0, "step", count=20)
        while self.host.delay() == 0.0:
            self.host.work()

    def post(self, token: int, what: str, /, **fields: Any) -> None:
        command = parse_command(json.dumps({"id": 1, "type": what, **fields}))
        self.host.receive(worker_messages.Perform("a", token, command))

    def answers(self) -> dict[int, dict[str, Any]]:
        return {m.token: m.answer for m in self.said if isinstance(m, worker_messages.Answered)}


def test_long_answers_come_in_slices_while_short_ones_go_ahead() -> None:
    desk = Desk()
    desk.post(1, "landscape", kind="random")
    desk.post(2, "read", buffer="step")
    assert 1 not in desk.answers()
    assert desk.answers()[2]["value"] == 20
    slices = 0
    while 1 not in desk.answers():
        assert desk.host.delay() == 0.0
        desk.host.work()
        slices += 1
    assert slices > 10
    assert desk.answers()[1]["type"] == "done"
    assert desk.answers()[1]["moment"] == [20, 0]


def test_training_goes_on_meanwhile() -> None:
    desk = Desk()
    desk.post(1, "run")
    desk.post(2, "landscape", kind="random")
    while 2 not in desk.answers():
        desk.host.work()
    desk.post(3, "read", buffer="step")
    assert desk.answers()[3]["value"] > 20
    still = ask(trained(step=20)[0], "landscape", kind="random")
    assert desk.answers()[2] == {"type": "done", **still}


def test_only_so_many_are_answered_at_a_time() -> None:
    desk = Desk()
    for token in range(1, MAX_QUESTIONS + 2):
        desk.post(token, "sharpness")
    assert set(desk.answers()) == {0, MAX_QUESTIONS + 1}
    assert desk.answers()[MAX_QUESTIONS + 1]["code"] == "too_fast"


# Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["explain", "chain", "why"])
def test_bad_elements_are_refused_with_field_and_value(kind: str) -> None:
    driver, _ = trained()
    with refused("bad_value", "buffer", "dense1/Q", "buffer"):
        ask(driver, kind, buffer="dense1/Q", index=[])
    with refused("bad_value", "buffer", "view/surface", "probe/"):
        ask(driver, kind, buffer="view/surface", index=[0, 0, 0])
    with refused("bad_value", "index", "[2, 4]"):
        ask(driver, kind, buffer="dense1/W", index=[1])
    with refused("bad_value", "index[1]", "9", "0..3"):
        ask(driver, kind, buffer="dense1/W", index=[0, 9])
    with refused("bad_value", "index[0]", "7"):
        ask(driver, kind, buffer="probe/dense1/z", index=[7])


def test_bad_moments_and_other_fields() -> None:
    driver, _ = trained()
    element = {"buffer": "dense1/W", "index": [0, 0]}
    with refused("bad_value", "moment", "(12, 0)"):
        ask(driver, "explain", **element, moment=[99, 0])
    with refused("bad_value", "moment", "a step and an instruction"):
        ask(driver, "explain", **element, moment=[1])
    with refused("bad_value", "moment[1]"):
        ask(driver, "explain", **element, moment=[1, -1])
    with refused("bad_value", "terms", "1..200"):
        ask(driver, "explain", **element, terms=0)
    with refused("bad_value", "digits"):
        ask(driver, "check_answer", **element, answer=1, digits=99)
    with refused("missing_field", "answer"):
        parse_command(json.dumps({"id": 1, "type": "check_answer", **element}))
    with refused("bad_value", "layer", "dense9", "dense3"):
        ask(driver, "check_gradient", layer="dense9")
    with refused("bad_value", "buffer", "dense1/z", "a parameter"):
        ask(driver, "check_gradient", buffer="dense1/z", index=[0, 0])
    with refused("bad_value", "kind", "nonsense"):
        ask(driver, "landscape", kind="nonsense")


def test_what_has_no_gradient_or_no_instruction_is_refused() -> None:
    driver, _ = trained()
    with refused("bad_value", "buffer", "input/x", "gradient"):
        ask(driver, "chain", buffer="input/x", index=[0, 0])
    with refused("bad_value", "data/x"):
        ask(driver, "check_answer", buffer="data/x", index=[0, 0], answer=1)


def test_without_a_network_there_is_nothing_to_ask() -> None:
    session = Session(Clock(), Clock())
    for kind in ("explain", "sharpness"):
        fields = {"buffer": "x", "index": []} if kind == "explain" else {}
        with pytest.raises(Refusal) as caught:
            session.handle(parse_command(json.dumps({"id": 1, "type": kind, **fields})))
        assert caught.value.code == "not_configured"
