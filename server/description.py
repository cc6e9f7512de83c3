"""Descriptions: the JSON a user sends, completed and checked, and the engine objects it means.

A description says everything that makes a network, its data and its training. Every field may be
left out; `normalise` fills in what then stands there. Errors name the path of the field as written
in the description (``layers[2].units``), its value and what was expected. What it will cost is
computed and capped before anything is allocated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from itertools import pairwise
from typing import Any, cast

import engine
from engine import Dataset, Dense, DescriptionError, Initializer, Network, Optimizer, Program
from engine.data import DatasetInfo
from server.errors import Refusal, unknown

MAX_LAYERS = 32
MAX_UNITS = 1024
MAX_PARAMETERS = 2_000_000
MAX_STEP_FLOPS = 4_000_000_000
"""Of one training step: about half a second."""
MAX_BYTES = 256 * 1024 * 1024
"""Of one machine's memory."""
SEED_MAX = 2**53 - 1
LARGEST = 1e30
"""Of any number in a description; within the range of float32."""

Description = dict[str, Any]
"""A complete description; see docs/protocol.md."""

DTYPES = ("float64", "float32")
HIDDEN_UNITS = (4, 2)
"""Of the layers before the output where no layers are given."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A description, complete, with the engine objects it means and their program."""

    description: Description
    data: Dataset
    network: Network
    program: Program


def normalise(given: object) -> Description:
    """`given` with every field filled in.

    Raises:
        Refusal: the first unusable field.
    """
    return _complete(given)[0]


def build(given: object) -> Plan:
    """The program that `given` describes; a `Machine` of it may be allocated.

    Raises:
        Refusal: the first unusable field.
    """
    description, data = _complete(given)
    network = _network(description, data)
    batch = description["batch_size"]
    _cap_cost(description, data)
    try:
        program = engine.compile(
            network,
            data,
            None if batch == "full" else batch,
            shuffle=description["shuffle"],
            seed=description["seed"],
            dtype=description["dtype"],
        )
        engine.encode_targets(network, data, data.test)
    except DescriptionError as error:
        raise refused(error) from error
    return Plan(description, data, network, program)


def refused(error: DescriptionError) -> Refusal:
    """The engine's error of a bad description as a refusal."""
    return Refusal("bad_description", error.path, error.value, error.expected)


# Completing ----------------------------------------------------------------------------------

_TOP = ("data", "layers", "loss", "optimizer", "batch_size", "shuffle", "dtype", "seed")


def _complete(given: object) -> tuple[Description, Dataset]:
    content = _fields("", given, _TOP)
    info, chosen = _data(content.get("data", {}))
    data = _load(info, chosen)
    loss = _loss(content, data)
    description: Description = {
        "data": chosen,
        "layers": _layers(content, data, loss),
        "loss": loss,
        "optimizer": _optimizer(content.get("optimizer", {})),
        "batch_size": _batch_size(content.get("batch_size", None), len(data.train)),
        "shuffle": _boolean("shuffle", content.get("shuffle", True)),
        "dtype": _choice("dtype", content.get("dtype", "float64"), DTYPES),
        "seed": _integer("seed", content.get("seed", 0), 0, SEED_MAX),
    }
    return description, data


def _data(given: object) -> tuple[DatasetInfo, Description]:
    infos = {info.name: info for info in engine.catalogue()}
    every = ("name", "samples", "noise", "classes", "test_fraction", "features", "seed")
    content = _fields("data", given, every)
    info = infos[_choice("data.name", content.get("name", "circles"), tuple(infos))]
    chosen: Description = {"name": info.name}
    for option in info.options:
        value = content.get(option.name, int(option.default) if option.integer else option.default)
        try:
            chosen[option.name] = option.check(value)
        except DescriptionError as error:
            raise refused(error) from error
    if info.features:
        chosen["features"] = content.get("features", list(info.default_features))
    for name, value in content.items():
        if name not in chosen:
            raise Refusal(
                "bad_description",
                f"data.{name}",
                value,
                f"an option of {info.name}, which has {', '.join(info.keywords)}",
            )
    return info, chosen


def _load(info: DatasetInfo, chosen: Description) -> Dataset:
    try:
        return engine.load_dataset(**chosen)
    except DescriptionError as error:
        raise refused(error) from error


def _loss(content: Mapping[str, Any], data: Dataset) -> str:
    """Given, or the usual one: for two classes the output layer's units decide."""
    if "loss" in content:
        return _choice("loss", content["loss"], engine.LOSSES)
    if data.task == "regression":
        return "mean_squared_error"
    layers = content.get("layers")
    last = layers[-1] if isinstance(layers, list) and layers else {}
    units = last.get("units", 1) if isinstance(last, dict) else 1
    binary = len(data.class_names) == 2 and units == 1
    return "binary_cross_entropy" if binary else "softmax_cross_entropy"


def _outputs(data: Dataset, loss: str) -> int:
    """How many output units fit."""
    if data.task == "regression":
        return int(data.train.targets.shape[1])
    classes = len(data.class_names)
    return 1 if classes == 2 and loss != "softmax_cross_entropy" else classes


def _layers(content: Mapping[str, Any], data: Dataset, loss: str) -> list[Description]:
    given = content.get("layers", [{"units": units} for units in HIDDEN_UNITS] + [{}])
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_LAYERS:
        raise Refusal("bad_description", "layers", given, f"a list of 1..{MAX_LAYERS} layers")
    last = len(given) - 1
    hidden: Description = {"units": HIDDEN_UNITS[0], "activation": "tanh"}
    matching = engine.MATCHING_ACTIVATION.get(loss, "linear")
    output: Description = {"units": _outputs(data, loss), "activation": matching}
    return [
        _layer(f"layers[{i}]", layer, output if i == last else hidden)
        for i, layer in enumerate(given)
    ]


def _layer(path: str, given: object, defaults: Description) -> Description:
    known = [field.name for field in fields(Dense)]
    content = _fields(path, given, known)
    _choice(f"{path}.kind", content.get("kind", "dense"), ("dense",))
    usual = {f.name: f.default for f in fields(Dense) if f.default is not MISSING}
    layer = {"kind": "dense", **{name: value for name, value in usual.items() if name != "kind"}}
    layer = {**layer, **defaults, **content}
    for name in ("initializer", "bias_initializer"):
        layer[name] = _initializer(f"{path}.{name}", layer[name])
    layer["units"] = _integer(f"{path}.units", layer["units"], 1, MAX_UNITS)
    _choice(f"{path}.activation", layer["activation"], engine.ACTIVATIONS)
    for name in ("l1", "l2", "dropout"):
        layer[name] = _number(f"{path}.{name}", layer[name])
    return {name: layer[name] for name in ("kind", *(n for n in known if n != "kind"))}


def _initializer(path: str, given: object) -> str | Description:
    """A name, or {"kind", "value"} with the value that sets its scale."""
    if isinstance(given, str):
        return _choice(path, given, engine.INITIALIZERS)
    content = _fields(path, given, ("kind", "value"))
    if "kind" not in content:
        expected = f"one of {', '.join(engine.INITIALIZERS)}"
        raise Refusal("bad_description", f"{path}.kind", None, expected)
    kind = _choice(f"{path}.kind", content["kind"], engine.INITIALIZERS)
    if content.get("value") is None:
        return kind
    return {"kind": kind, "value": _number(f"{path}.value", content["value"])}


def _optimizer(given: object) -> Description:
    kinds = engine.OPTIMIZERS
    every = ("kind", *engine.HYPERPARAMETERS)
    content = _fields("optimizer", given, every)
    kind = _choice("optimizer.kind", content.get("kind", "sgd"), tuple(kinds))
    usual = kinds[kind]().hyperparameters()
    for name in content:
        if name != "kind" and name not in usual:
            expected = f"a hyperparameter of {kind}, which has {', '.join(usual)}"
            raise Refusal("bad_description", f"optimizer.{name}", content[name], expected)
    optimizer: Description = {"kind": kind}
    for name, value in usual.items():
        optimizer[name] = _number(f"optimizer.{name}", content.get(name, value))
    return optimizer


def _batch_size(given: object, samples: int) -> int | str:
    if given is None:
        return min(10, samples)
    if given == "full":
        return "full"
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= samples:
        return given
    expected = f'in 1..{samples} (the training samples), or "full"'
    raise Refusal("bad_description", "batch_size", given, expected)


# Building ------------------------------------------------------------------------------------


def _network(description: Description, data: Dataset) -> Network:
    given = description["optimizer"]
    made: type[Any] = engine.OPTIMIZERS[given["kind"]]
    optimizer = cast("Optimizer", made(**{k: v for k, v in given.items() if k != "kind"}))
    try:
        return Network(
            inputs=data.train.inputs.shape[1],
            layers=[_dense(layer) for layer in description["layers"]],
            loss=description["loss"],
            optimizer=optimizer,
        )
    except DescriptionError as error:
        raise refused(error) from error


def _dense(layer: Description) -> Dense:
    values = {name: value for name, value in layer.items() if name != "kind"}
    for name in ("initializer", "bias_initializer"):
        if isinstance(values[name], dict):
            values[name] = Initializer(**values[name])
    return Dense(**values)


def _cap_cost(description: Description, data: Dataset) -> None:
    """Refuse what would take too much memory or too long a step, from shapes alone."""
    widths = [data.train.inputs.shape[1], *(layer["units"] for layer in description["layers"])]
    parameters = sum((a + 1) * b for a, b in pairwise(widths))
    if parameters > MAX_PARAMETERS:
        expected = f"a network of at most {MAX_PARAMETERS:,} parameters"
        raise Refusal("bad_description", "layers", f"{parameters:,} parameters", expected)
    size = description["batch_size"]
    batch = len(data.train) if size == "full" else size
    if 6 * parameters * batch > MAX_STEP_FLOPS:
        limit = MAX_STEP_FLOPS // (6 * parameters)
        expected = f"at most {limit}: a step on {parameters:,} parameters would take too long"
        raise Refusal("bad_description", "batch_size", size, expected)
    item = 8 if description["dtype"] == "float64" else 4
    needed = item * (batch * 6 * sum(widths) + 5 * parameters)
    if needed > MAX_BYTES:
        limit = (MAX_BYTES // item - 5 * parameters) // (6 * sum(widths))
        expected = f"at most {limit}: more does not fit in memory with these layers"
        raise Refusal("bad_description", "batch_size", size, expected)


# Fields --------------------------------------------------------------------------------------


def _fields(path: str, given: object, known: tuple[str, ...] | list[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Refusal("bad_description", path or "description", given, "an object")
    for name in given:
        if name not in known:
            where = f"{path}.{name}" if path else str(name)
            raise Refusal("unknown_field", where, name, unknown(str(name), known, "a field here"))
    return given


def _choice(path: str, value: object, names: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in names:
        raise Refusal("bad_description", path, value, f"one of {', '.join(names)}")
    return value


def _integer(path: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refusal("bad_description", path, value, f"in {low}..{high}")
    return value


def _number(path: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise Refusal("bad_description", path, value, f"a number within ±{LARGEST:g}")
    return float(value)


def _boolean(path: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Refusal("bad_description", path, value, "true or false")
    return value
