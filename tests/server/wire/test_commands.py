"""Commands are parsed strictly; every error names the field, its value and what was expected."""

from __future__ import annotations

import base64
import json
import math
import zlib
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.wire import commands
from server.wire.commands import (
    MAX_COUNT,
    MAX_ID,
    Command,
    Configure,
    Hello,
    Probe,
    Read,
    Speed,
    Step,
    Subscribe,
    WatchedBuffer,
    parse_command,
)
from server.wire.errors import Refusal, brief
from server.wire.strict_json import MAX_DEPTH, MAX_MESSAGE_BYTES, encode_message
from tests.server.driving import refused

MINIMAL: dict[str, dict[str, Any]] = {
    "hello": {"protocol": 1},
    "configure": {"description": {}},
    "run": {},
    "pause": {},
    "step": {},
    "run_to": {"instruction": 3},
    "reset": {},
    "reseed": {"seed": 7},
    "set": {"name": "learning_rate", "value": 0.5},
    "speed": {"per_second": 10},
    "probe": {"sample": 3},
    "subscribe": {"buffers": []},
    "read": {"buffer": "dense1/W"},
    "write": {"buffer": "dense1/W", "index": [0, 1], "value": -0.25},
    "move_sample": {"sample": 3, "point": [0.5, -0.25]},
    "step_back": {},
    "reverse_continue": {},
    "goto": {"step": 12},
    "set_breakpoints": {"breakpoints": [{"name": "a", "condition": "loss < 1"}]},
    "watch": {"expressions": ["loss"]},
    "check_expression": {"text": "loss"},
    "clamp": {"buffer": "dense1/a", "index": [None, 1], "value": 0.0},
    "compare": {"branch": None},
    "series": {},
    "examine": {},
    "adjust": {"rule": "divergence", "thresholds": {"factor": 5}},
    "export": {},
    "explain": {"buffer": "dense1/W", "index": [0, 1]},
    "chain": {"buffer": "dense1/W", "index": [0, 1]},
    "why": {"buffer": "dense1/W", "index": [0, 1]},
    "check_answer": {"buffer": "dense1/W", "index": [0, 1], "answer": 1.5},
    "check_gradient": {},
    "sharpness": {},
    "landscape": {},
    "sample_text": {},
    "classify": {},
    "sound": {"sample": 3},
    "drive": {},
    "decode": {"code": [0.5, -0.5]},
    "ack": {"frame": 12},
}
"""Every command with only what it needs."""


def message(kind: str, **fields: Any) -> str:
    return json.dumps({"id": 5, "type": kind, **fields})


def refusal_of(text: str | bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse_command(text)
    return caught.value


def packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode())).decode()


def test_a_log_may_be_compressed() -> None:
    log = {"branches": [{"edits": [{"at": [i, 0], "values": 0.1} for i in range(5000)]}]}
    assert len(json.dumps(log)) > 2 * MAX_MESSAGE_BYTES
    command = parse_command(message("configure", description={}, log=packed(json.dumps(log))))
    assert command == Configure(id=5, description={}, log=log)


@pytest.mark.parametrize(
    ("log", "code", "expected"),
    [
        ("not base 64!", "bad_value", "base 64 of JSON compressed by zlib"),
        ("abcd", "bad_value", "base 64 of JSON compressed by zlib"),
        (packed("[]"), "bad_value", "an object"),
        (packed("{"), "not_json", "JSON (it is wrong from character 2 on)"),
        (packed('{"a": 1, "a": 2}'), "bad_value", "the field's only value"),
        (packed('{"a": NaN}'), "not_finite", "a finite number"),
        (packed("[" * 40 + "]" * 40), "too_deep", "at most 16 levels"),
        (packed(" " * 10_000_000), "bad_value", "a log of at most 1,000,000 bytes"),
        (3, "bad_value", "an object"),
    ],
)
def test_a_compressed_log_is_read_strictly(log: object, code: str, expected: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_command(message("configure", description={}, log=log))
    assert caught.value.code == code
    assert caught.value.expected.startswith(expected)


# What is accepted --------------------------------------------------------------------------------


def test_every_command_is_here() -> None:
    assert MINIMAL.keys() == commands.COMMANDS.keys()


def written(command: Command) -> str:
    """The JSON text of a command with all its fields."""
    return encode_message({"type": command.type, **asdict(command)})


@pytest.mark.parametrize("kind", MINIMAL)
def test_a_command_is_parsed_and_written_again(kind: str) -> None:
    command = parse_command(message(kind, **MINIMAL[kind]))
    assert command.id == 5
    assert parse_command(written(command)) == command


def test_what_is_left_out_has_its_usual_value() -> None:
    assert parse_command(message("hello", protocol=1)) == Hello(
        id=5, protocol=1, session=None, last_seen=0
    )
    assert parse_command(message("step")) == Step(id=5, unit="step", count=1)
    assert parse_command(message("speed", per_second=None)) == Speed(
        id=5, unit="step", per_second=None
    )
    assert parse_command(message("probe", sample=0)) == Probe(id=5, sample=0, split="train")
    assert parse_command(message("read", buffer="step")) == Read(id=5, buffer="step", index=None)
    watched = parse_command(message("subscribe", buffers=[{"name": "dense1/W"}]))
    assert watched == Subscribe(id=5, buffers=(WatchedBuffer("dense1/W", "f32"),), rate=60.0)


def test_a_description_is_handed_on_unchecked() -> None:
    given = {"layers": [{"units": -1, "nonsense": [None, "\ud800"]}]}
    assert parse_command(message("configure", description=given)) == Configure(
        id=5, description=given
    )


def test_whole_numbers_do_for_numbers_and_stay_exact() -> None:
    speed = parse_command(message("speed", per_second=10))
    assert isinstance(speed, Speed)
    assert (speed.per_second, type(speed.per_second)) == (10.0, float)
    assert parse_command(f'{{"id":{MAX_ID},"type":"run"}}').id == MAX_ID


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "{", "run", '{"id":1,}', "{'id':1}", '{"id":1}x', "\ufeff{}"])
def test_what_is_not_json(text: str) -> None:
    with refused("not_json", "", "is not JSON (it is wrong from character "):
        parse_command(text)


@pytest.mark.parametrize("text", ["[]", "null", "3", '"run"', "true", "[" * 16 + "]" * 16])
def test_what_is_not_an_object(text: str) -> None:
    with refused("not_object", "", "is not a JSON object"):
        parse_command(text)


def test_a_binary_message() -> None:
    with refused("binary", "", "commands are text"):
        parse_command(b'{"id":1,"type":"run"}')
    assert refusal_of(b"four").value == "4 bytes"


def test_a_message_that_is_too_large() -> None:
    fits = message("configure", description={"x": ""})
    room = MAX_MESSAGE_BYTES - len(fits)
    parse_command(message("configure", description={"x": "y" * room}))
    with refused("too_large", "", MAX_MESSAGE_BYTES + 1, MAX_MESSAGE_BYTES):
        parse_command(message("configure", description={"x": "y" * (room + 1)}))
    in_bytes = json.dumps({"x": "é" * (MAX_MESSAGE_BYTES // 2)}, ensure_ascii=False)
    assert len(in_bytes) < MAX_MESSAGE_BYTES
    assert refusal_of(in_bytes).code == "too_large"


def nested(levels: int) -> str:
    """A description that makes a message so many levels deep."""
    value: Any = 0
    for _ in range(levels - 2):
        value = [value]
    return message("configure", description={"x": value})


def test_a_message_that_is_too_deep() -> None:
    parse_command(nested(MAX_DEPTH))
    with refused("too_deep", "", MAX_DEPTH):
        parse_command(nested(MAX_DEPTH + 1))
    assert refusal_of("[" * 60_000).code == "too_deep"
    assert refusal_of('{"a":' * 10_000).code == "too_deep"


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet='[]{}"\\ x', max_size=60))
def test_brackets_inside_of_strings_are_not_depth(text: str) -> None:
    parse_command(message("configure", description={text: text}))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400])
def test_a_number_that_is_not_finite(number: str) -> None:
    with refused("not_finite", "value", "is not a finite number"):
        parse_command(f'{{"id":1,"type":"set","name":"learning_rate","value":{number}}}')
    inside = f'{{"id":1,"type":"configure","description":{{"layers":[{{}},{{"l2":{number}}}]}}}}'
    with refused("not_finite", "description.layers[1].l2", "is not a finite number"):
        parse_command(inside)


@pytest.mark.parametrize("literal", ["1" + "0" * 307, "-" + "9" * 308, "1" * 300])
def test_a_whole_number_of_many_digits_is_a_number(literal: str) -> None:
    content = f'{{"id":1,"type":"configure","description":{{"seed":{literal}}}}}'
    command = parse_command(content)
    assert isinstance(command, Configure)
    assert command.description == {"seed": int(literal)}


def test_a_field_that_stands_there_twice() -> None:
    with refused("bad_value", "unit", "'layer' is not the field's only value"):
        parse_command('{"id":1,"type":"step","unit":"step","unit":"layer"}')
    with refused("bad_value", "description.data.seed"):
        parse_command('{"id":1,"type":"configure","description":{"data":{"seed":1,"seed":1}}}')
    assert refusal_of('{"id":6,"type":"run","type":"run"}').id == 6


def test_a_long_name_is_not_sent_back_whole() -> None:
    refusal = refusal_of(message("run", **{"x" * 50_000: 1}))
    assert len(refusal.field) == 200
    assert len(refusal.message) < 600


def test_an_unknown_type_and_none() -> None:
    with refused("unknown_type", "type", "'stop'", "a command"):
        parse_command(message("stop"))
    assert "nearest is 'subscribe'" in refusal_of(message("subscrib")).message
    assert refusal_of('{"id":1,"type":3}').value == 3
    assert refusal_of('{"id":1,"type":["run"]}').code == "unknown_type"
    with refused("missing_field", "type", "is missing"):
        parse_command('{"id":1}')


@pytest.mark.parametrize("kind", MINIMAL)
def test_an_unknown_field(kind: str) -> None:
    with refused("unknown_field", "colour", "'colour'", "a field here"):
        parse_command(message(kind, **MINIMAL[kind], colour="red"))


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, field)
        for kind, fields in MINIMAL.items()
        for field in ("id", *fields)
        if kind != "step"
    ],
)
def test_a_field_that_is_missing(kind: str, field: str) -> None:
    content = {"id": 5, "type": kind, **MINIMAL[kind]}
    del content[field]
    with refused("missing_field", field, "is missing"):
        parse_command(json.dumps(content))


WHOLE = [True, 1.5, 1.0, -1, "1", None, [], {}]
NUMBER = [True, "1", None, [], {}]
TEXT = [1, True, "", "x" * 201, None, [], {}]
LIST = [1, "x", None, {}]
WRONG: list[tuple[str, str, list[Any], str]] = [
    ("run", "id", [*WHOLE, MAX_ID + 1], f"a whole number in 0..{MAX_ID}"),
    ("hello", "protocol", WHOLE, "a whole number in 0..1000000"),
    ("hello", "last_seen", WHOLE, f"a whole number in 0..{MAX_ID}"),
    ("hello", "session", [1, True, "", "x" * 65, [], {}], "a text of 1..64 characters"),
    ("configure", "description", [1, "{}", None, [], True], "an object"),
    (
        "step",
        "unit",
        ["op", "Step", 1, None, []],
        "one of instruction, layer, phase, step, epoch, out",
    ),
    ("step", "count", [*WHOLE, 0, MAX_COUNT + 1], f"a whole number in 1..{MAX_COUNT}"),
    ("run_to", "instruction", WHOLE, "a whole number in 0..4294967295"),
    ("reseed", "seed", [*WHOLE, 2**53], f"a whole number in 0..{2**53 - 1}"),
    ("set", "name", TEXT, "a text of 1..200 characters"),
    ("set", "value", [*NUMBER, 1.7e308, -1.7e308], "a number within ±1e+308"),
    ("speed", "unit", ["layer", 1, None], "one of instruction, step"),
    ("speed", "per_second", [True, "1", [], 0, -1, 1e7], "a number above 0 up to 1e+06"),
    ("probe", "sample", WHOLE, "a whole number in 0..4294967295"),
    ("probe", "split", ["both", 0, None], "one of train, test"),
    ("subscribe", "buffers", LIST, "a list of at most 1024"),
    ("subscribe", "buffers", [[{"name": "x"}] * 1025], "a list of at most 1024"),
    ("subscribe", "rate", [True, "1", None, 0, 61], "a number above 0 up to 60"),
    ("read", "buffer", TEXT, "a text of 1..200 characters"),
    ("read", "index", [1, "x", {}, [0] * 5], "a list of at most 4"),
    ("write", "index", [1, "x", None, {}, [0] * 5], "a list of at most 4"),
    ("write", "value", NUMBER, "a number within ±1e+308"),
    ("move_sample", "point", [1, "x", None, [0], [0, 0, 0]], "two numbers"),
    ("ack", "frame", [*WHOLE, 2**32], "a whole number in 0..4294967295"),
]


@pytest.mark.parametrize(
    ("kind", "field", "value", "expected"),
    [(kind, field, v, expected) for kind, field, values, expected in WRONG for v in values],
)
def test_a_wrong_value(kind: str, field: str, value: Any, expected: str) -> None:
    refusal = refusal_of(message(kind, **{**MINIMAL[kind], field: value}))
    assert (refusal.code, refusal.field) == ("bad_value", field)
    assert refusal.value == brief(value)
    assert refusal.expected == expected
    assert refusal.message.startswith(f"{field}: ")
    assert refusal.message.endswith(f" is not {expected}")


@pytest.mark.parametrize(
    ("watch", "code", "field"),
    [
        ("dense1/W", "bad_value", "buffers[1]"),
        ({}, "missing_field", "buffers[1].name"),
        ({"name": 3}, "bad_value", "buffers[1].name"),
        ({"name": "x", "dtype": "f16"}, "bad_value", "buffers[1].dtype"),
        ({"name": "x", "dtype": None}, "bad_value", "buffers[1].dtype"),
        ({"name": "x", "rate": 1}, "unknown_field", "buffers[1].rate"),
    ],
)
def test_the_path_of_a_field_inside(watch: Any, code: str, field: str) -> None:
    with refused(code, field):
        parse_command(message("subscribe", buffers=[{"name": "dense1/W"}, watch]))
    with refused("bad_value", "index[1]", -1):
        parse_command(message("write", **{**MINIMAL["write"], "index": [0, -1]}))


def test_a_refusal_has_the_id_of_its_command_where_that_could_be_read() -> None:
    assert refusal_of(message("nonsense")).id == 5
    assert refusal_of(message("step", count=0)).id == 5
    assert refusal_of('{"id":true,"type":"run"}').id is None
    assert refusal_of('{"id":-1,"type":"run"}').id is None
    assert refusal_of("[5]").id is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(sorted(MINIMAL)), st.dictionaries(st.text(max_size=9), JSON, max_size=4))
def test_anything_at_all_is_a_command_or_a_refusal(kind: str, fields: dict[str, Any]) -> None:
    check(json.dumps({"id": 1, "type": kind, **fields}))


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_message_is_a_command_or_a_refusal(text: str | bytes) -> None:
    check(text)


def check(text: str | bytes) -> None:
    """A message is a command, or refused in a way that can be sent."""
    try:
        parse_command(text)
    except Refusal as refusal:
        sent = encode_message({"type": "error", **refusal.fields()})
    else:
        return
    assert len(sent) < 3000  # six characters for one that is not ASCII


# What is sent ------------------------------------------------------------------------------------


def test_a_message_is_compact_ascii() -> None:
    assert encode_message({"type": "set", "name": "η", "value": None}) == (
        '{"type":"set","name":"\\u03b7","value":null}'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_never_enter_json(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_message({"value": [value]})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (-0.5, -0.5),
        (math.inf, "inf"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ({"a": 1}, "an object"),
        ([1, "a"], "[1, 'a']"),
        ([0] * 1000, "a list of 1000"),
        (10**400, "a whole number of 1329 bits"),
    ],
)
def test_a_refused_value_is_sent_back_briefly(value: object, shown: object) -> None:
    assert brief(value) == shown
