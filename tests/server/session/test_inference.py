"""The network in use: what it says of things that are no samples equals the engine's own answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from engine.data import tokenizer
from engine.data.sources import sentiment
from server.session.inference import TOKENS_AT_ONCE
from server.wire.commands import MAX_SOUND, parse_command
from server.wire.strict_json import MAX_MESSAGE_BYTES
from tests.server.driving import Driver, configured, refused
from tests.server.kinds import KINDS, TEXT

WORDS: dict[str, Any] = {
    "data": {"name": "sentiment"},
    "layers": [{"kind": "embedding"}, {"kind": "global_max_pool"}, {}],
}


def use(driver: Driver, kind: str, **fields: Any) -> tuple[dict[str, Any], int]:
    """The answer of a command and in how many pieces it came."""
    command = parse_command(json.dumps({"id": 1, "type": kind, **fields}))
    outcome = driver.session.handle(command)
    if outcome.later is None:
        return outcome.answer, 1
    pieces = 1
    while True:
        try:
            next(outcome.later)
        except StopIteration as end:
            return end.value, pieces
        pieces += 1


def answer_to(driver: Driver, inputs: Any) -> np.ndarray:
    """The network's output by the engine alone."""
    evaluator = driver.session.training.runner.machine.evaluator(inputs)
    evaluator.run(1)
    answer: np.ndarray = evaluator.read(evaluator.program.layers[-1].output)[0]
    return answer


def uses(driver: Driver) -> list[str]:
    found: list[str] = driver.last("configured")["data"]["uses"]
    return found


# Text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["recurrence", "transformer"])
def test_the_likeliest_token_follows_token_by_token(name: str) -> None:
    driver = configured(KINDS[name])
    driver.step("step", 5)
    plan = driver.session.training.runner.plan
    vocabulary = plan.data.vocabulary or ()
    written = "the c"
    expected = []
    for _ in range(12):
        ids = tokenizer.encode(written, vocabulary)[-8:]
        row = np.zeros((1, 8), np.int64)
        row[0, : len(ids)] = ids
        chance = answer_to(driver, row)[len(ids) - 1]
        chosen = int(chance[1:].argmax()) + 1
        written += vocabulary[chosen]
        expected.append(round(float(chance[chosen]), 5))
    answer, pieces = use(driver, "sample_text", prompt="the c", length=12, temperature=0)
    assert "the c" + answer["text"] == written
    assert "".join(answer["tokens"]) == answer["text"]
    assert answer["probabilities"] == pytest.approx(expected, abs=2e-5)
    assert pieces == 1 + (12 - 1) // TOKENS_AT_ONCE


def test_the_same_seed_writes_the_same() -> None:
    driver = configured(KINDS["transformer"])
    texts = [
        use(driver, "sample_text", length=40, seed=seed, temperature=temperature)[0]["text"]
        for seed, temperature in ((1, 1.0), (1, 1.0), (2, 1.0), (1, 0.1))
    ]
    assert texts[0] == texts[1]
    assert texts[0] not in texts[2:]


def test_unknown_letters_of_a_prompt_do_no_harm_and_are_never_written() -> None:
    driver = configured(KINDS["transformer"])
    answer, _ = use(driver, "sample_text", prompt="ÄÖ€", length=200, temperature=10)
    assert set(answer["text"]) <= set(TEXT)


def test_a_network_that_has_diverged_still_answers() -> None:
    driver = configured(KINDS["transformer"])
    driver.do("write", buffer="embedding1/W", index=[1, 0], value=1e300)
    driver.do("write", buffer="embedding1/W", index=[2, 0], value=-1e300)
    answer, _ = use(driver, "sample_text", prompt=TEXT[:8], length=3)
    assert len(answer["tokens"]) == 3
    json.dumps(answer, allow_nan=False)


# Classes -----------------------------------------------------------------------------------------


def test_a_digit_of_the_data_set_is_judged_as_in_it() -> None:
    driver = configured({"data": {"name": "digits"}})
    driver.step("step", 20)
    assert uses(driver) == ["classify_pixels"]
    data = driver.session.training.runner.plan.data
    pixels = data.test.points[4].reshape(8, 8)
    answer, _ = use(driver, "classify", pixels=pixels.tolist())
    expected = answer_to(driver, data.test.inputs[4:5])
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-4)
    assert answer["answer"] == expected.argmax()
    np.testing.assert_allclose(answer["input"], pixels, atol=1e-3)


def test_a_drawing_of_another_size_is_fitted() -> None:
    driver = configured(KINDS["convolution"])
    drawing = np.zeros((64, 64))
    drawing[20:44, 30:34] = 1
    answer, _ = use(driver, "classify", pixels=drawing.tolist())
    assert np.shape(answer["input"]) == (28, 28)
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_a_word_is_judged_by_its_pieces() -> None:
    driver = configured(WORDS)
    driver.step("step", 20)
    assert uses(driver) == ["classify_text"]
    plan = driver.session.training.runner.plan
    vocabulary = plan.data.vocabulary or ()
    answer, _ = use(driver, "classify", text="Wonderful")
    ids = sentiment.encode_words(["wonderful"], vocabulary, plan.network.input_shape[0])
    positive = answer_to(driver, ids)[0]
    np.testing.assert_allclose(answer["probabilities"], [1 - positive, positive], atol=1e-4)
    assert "".join(answer["tokens"]) == " wonderful"


def test_a_sound_of_the_data_set_is_played_and_judged_as_in_it() -> None:
    driver = configured(KINDS["speech"])
    driver.step("step", 20)
    assert uses(driver) == ["classify_sound", "sound"]
    data = driver.session.training.runner.plan.data
    played, _ = use(driver, "sound", sample=3, split="test")
    assert played["rate"] == 8000
    samples = np.frombuffer(base64.b64decode(played["sound"]), "<i2")
    np.testing.assert_allclose(samples / 32767, data.test.extras["sound"][3], atol=1e-4)
    answer, _ = use(driver, "classify", sound=played["sound"], rate=played["rate"])
    expected = answer_to(driver, data.test.inputs[3:4])
    np.testing.assert_allclose(answer["probabilities"], expected, atol=0.02)
    assert np.shape(answer["input"]) == data.input_shape


def test_a_second_of_sound_fits_in_a_message() -> None:
    second = base64.b64encode(np.zeros(16_000, "<i2").tobytes()).decode()
    assert len(second) <= MAX_SOUND < MAX_MESSAGE_BYTES
    driver = configured(KINDS["speech"])
    answer, _ = use(driver, "classify", sound=second, rate=16_000)
    assert answer["answer"] is not None


def test_what_is_not_finite_is_null() -> None:
    driver = configured(KINDS["speech"])
    driver.do("write", buffer="dense5/W", index=[0, 0], value=1e308)
    driver.do("write", buffer="dense5/W", index=[1, 0], value=1e308)
    driver.do("write", buffer="attention3/b", index=[7], value=1e308)
    played, _ = use(driver, "sound", sample=0)
    answer, _ = use(driver, "classify", sound=played["sound"])
    json.dumps(answer, allow_nan=False)


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("sample_text", {}),
        ("classify", {"pixels": [[0.5]]}),
        ("classify", {"text": "good"}),
        ("classify", {"sound": "AAAA"}),
        ("sound", {"sample": 0}),
        ("decode", {"code": [0, 1]}),
        ("drive", {}),
    ],
)
def test_a_network_of_another_kind_refuses(kind: str, fields: Any) -> None:
    driver = configured()
    assert uses(driver) == ["move_sample"]
    with refused("bad_value", "type"):
        use(driver, kind, **fields)


@pytest.mark.parametrize("kind", ["sample_text", "drive"])
def test_before_there_is_a_network_all_is_refused(kind: str) -> None:
    with refused("not_configured"):
        use(Driver(), kind)


@pytest.mark.parametrize(
    ("name", "kind", "fields", "field", "said"),
    [
        ("convolution", "classify", {}, "pixels", "one of"),
        ("convolution", "classify", {"pixels": [[0]], "text": "a"}, "pixels", "one of"),
        ("convolution", "classify", {"pixels": [[0, 1], [0]]}, "pixels", "same length"),
        ("convolution", "classify", {"pixels": [[2]]}, "pixels[0][0]", "up to 1"),
        ("convolution", "classify", {"pixels": []}, "pixels", "rows"),
        ("convolution", "classify", {"pixels": [[0]] * 65}, "pixels", "at most 64"),
        ("speech", "classify", {"sound": "?"}, "sound", "base 64"),
        ("speech", "classify", {"sound": "AAAA"}, "sound", "16-bit"),
        ("speech", "classify", {"sound": "AAAA", "rate": 100}, "rate", "4000..192000"),
        ("speech", "sound", {"sample": 999}, "sample", "in 0..79, the train samples"),
        ("transformer", "sample_text", {"length": 0}, "length", "in 1..1000"),
        ("transformer", "sample_text", {"length": 1001}, "length", "in 1..1000"),
        ("transformer", "sample_text", {"temperature": -1}, "temperature", "from 0"),
        ("transformer", "sample_text", {"prompt": "a" * 401}, "prompt", "at most 400"),
        ("autoencoder", "decode", {"code": [1]}, "code", "two numbers"),
        ("autoencoder", "decode", {"code": [1, "2"]}, "code[1]", "a number"),
    ],
)
def test_unusable_fields_are_named(
    name: str, kind: str, fields: Any, field: str, said: str
) -> None:
    driver = configured(KINDS[name])
    with refused("bad_value", field, said):
        use(driver, kind, **fields)
