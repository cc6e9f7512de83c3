"""Completes and checks descriptions, the JSON that a user sends, and builds the engine's objects.

A description determines a network, its data and its training. Every field may be omitted;
`normalise` fills in defaults. Errors name the path of the field in the description
(``layers[2].units``), its value and what was expected. The cost of a network is computed and capped
before anything is allocated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import engine
from engine import Clipping, Dataset, DescriptionError, Network, Optimizer, Program, Schedule
from engine.data import as_autoencoder, standardised
from server.describe import fields, layers
from server.describe.fields import MAX_NUMBER, Description
from server.describe.layers import MAX_LAYERS
from server.wire.errors import Refusal

__all__ = ["MAX_LAYERS", "MAX_NUMBER", "Description", "Plan", "build", "normalise", "refused"]

MAX_PARAMETERS = 2_000_000
"""Most parameters of a network."""
MAX_STEP_FLOPS = 4_000_000_000
"""Most floating-point operations of a training step, which takes about half a second."""
MAX_BYTES = 256 * 1024 * 1024
"""Most bytes of one machine's memory."""
MAX_UNROLLED = 256
"""Most time steps of all recurrent layers; each time step is one or two dozen instructions."""
MAX_PATIENCE = 1_000_000
SEED_MAX = 2**53 - 1

DTYPES = ("float64", "float32")


@dataclass(frozen=True, eq=False)
class Plan:
    """A complete description with the engine's objects and their program.

    Attributes:
        data: the data to evaluate on; for an autoencoder its targets are the inputs.
        patience: steps without a lower test loss after which a run stops, or None.
    """

    description: Description
    data: Dataset
    network: Network
    program: Program
    patience: int | None = None


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
    batch = description["batch_size"]
    try:
        network = _network(description, data)
        _cap_length(network)
        evaluated = as_autoencoder(data) if network.targets == "inputs" else data
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
    _cap_cost(program, batch)
    stopping = description["stopping"]
    patience = None if stopping is None else stopping["patience"]
    return Plan(description, evaluated, network, program, patience)


def refused(error: DescriptionError) -> Refusal:
    """The refusal for the engine's error about a description."""
    return Refusal("bad_description", error.path, error.value, error.expected)


# Completing ----------------------------------------------------------------------------------

_TOP = (
    *("data", "layers", "loss", "targets", "optimizer", "schedule", "clipping", "stopping"),
    *("batch_size", "shuffle", "dtype", "seed"),
)


def _complete(given: object) -> tuple[Description, Dataset]:
    content = fields.known_fields("", given, _TOP)
    chosen = _data(content.get("data", {}))
    data = _load(chosen)
    targets = fields.choice("targets", content.get("targets", "data"), engine.TARGETS)
    loss = _loss(content, data, targets)
    optimizer = _of_kind("optimizer", content.get("optimizer", {}), engine.OPTIMIZERS)
    description: Description = {
        "data": chosen,
        "layers": _layers(content, data, loss, targets),
        "loss": loss,
        "targets": targets,
        "optimizer": optimizer,
        "schedule": _schedule("schedule", content.get("schedule")),
        "clipping": _clipping(content.get("clipping")),
        "stopping": _stopping(content.get("stopping")),
        "batch_size": _batch_size(content.get("batch_size", None), len(data.train)),
        "shuffle": fields.boolean("shuffle", content.get("shuffle", True)),
        "dtype": fields.choice("dtype", content.get("dtype", "float64"), DTYPES),
        "seed": fields.integer("seed", content.get("seed", 0), 0, SEED_MAX),
    }
    return description, data


def _data(given: object) -> Description:
    infos = {info.name: info for info in engine.catalogue()}
    keywords = dict.fromkeys(name for info in infos.values() for name in info.keywords)
    all_fields = ("name", "standardise", *keywords)
    content = fields.known_fields("data", given, all_fields)
    info = infos[fields.choice("data.name", content.get("name", "circles"), tuple(infos))]
    chosen: Description = {"name": info.name}
    for name in content:
        if name not in ("name", "standardise", *info.keywords):
            has = ", ".join(info.keywords)
            expected = f"an option of {info.name}, which has {has}"
            raise Refusal("bad_description", f"data.{name}", content[name], expected)
    for option in (*info.options, *info.choices, *info.contents):
        value = content.get(option.name, option.default)
        try:
            chosen[option.name] = _json(option.check(value))
        except DescriptionError as error:
            raise refused(error) from error
    if info.features:
        chosen["features"] = content.get("features", list(info.default_features))
    if fields.boolean("data.standardise", content.get("standardise", False)):
        chosen["standardise"] = True
    return chosen


def _json(value: Any) -> Any:
    """The value of an option of the engine with lists in place of tuples."""
    return [_json(item) for item in value] if isinstance(value, tuple) else value


def _load(chosen: Description) -> Dataset:
    try:
        options = {name: value for name, value in chosen.items() if name != "standardise"}
        data = engine.load_dataset(**options)
        return standardised(data) if "standardise" in chosen else data
    except DescriptionError as error:
        raise refused(error) from error


def _loss(content: Mapping[str, Any], data: Dataset, targets: str) -> str:
    """The loss given, or the default; with two classes it depends on the number of output units."""
    if "loss" in content:
        return fields.choice("loss", content["loss"], engine.LOSSES)
    if data.task == "regression" or targets == "inputs":
        return "mean_squared_error"
    given = content.get("layers")
    units = layers.output_units(given if isinstance(given, list) else [])
    binary = len(data.class_names) == 2 and units in (None, 1)
    return "binary_cross_entropy" if binary else "softmax_cross_entropy"


def _layers(
    content: Mapping[str, Any], data: Dataset, loss: str, targets: str
) -> list[Description]:
    given = content.get("layers", layers.usual_layers(data))
    units = _outputs(data, loss, targets)
    activation = engine.output_activation(loss)
    output = {"units": units, "filters": _channels(data, units), "activation": activation}
    return layers.Completion(data, output).layers("layers", given)


def _outputs(data: Dataset, loss: str, targets: str) -> int:
    """The number of output units that fits data and loss."""
    if targets == "inputs":
        return prod(data.input_shape)
    if data.task == "regression":
        return int(data.train.targets.shape[1])
    classes = len(data.class_names)
    return 1 if classes == 2 and loss != "softmax_cross_entropy" else classes


def _channels(data: Dataset, units: int) -> int:
    """The number of channels of an output with so many units, if the data are images."""
    pixels = prod(data.image_shape or (1,))
    return units // pixels if data.image_shape and units % pixels == 0 else units


def _of_kind(path: str, given: object, kinds: Mapping[str, type[Optimizer]]) -> Description:
    """An optimizer with all its hyperparameters."""
    kind, content = fields.chosen_kind(path, given, kinds, tuple(engine.HYPERPARAMETERS))
    usual = kinds[kind]().hyperparameters()
    for name in content:
        if name != "kind" and name not in usual:
            expected = f"a hyperparameter of {kind}, which has {', '.join(usual)}"
            raise Refusal("bad_description", f"{path}.{name}", content[name], expected)
    values = {
        name: fields.number(f"{path}.{name}", content.get(name, usual[name])) for name in usual
    }
    return {"kind": kind, **values}


def _schedule(path: str, given: object) -> Description | None:
    """A schedule with all its fields; a warm-up contains the schedule that follows it."""
    if given is None:
        return None
    kind, content = fields.chosen_kind(path, given, engine.SCHEDULES, _schedule_fields())
    return _completed(path, engine.SCHEDULES[kind], kind, content)


def _schedule_fields() -> tuple[str, ...]:
    return tuple(name for rule in engine.SCHEDULES.values() for name in fields.defaults(rule))


def _completed(path: str, rule: type[Any], kind: str, content: Description) -> Description:
    """The fields of a schedule or a clipping; the engine checks their ranges."""
    usual = fields.defaults(rule)
    fields.known_fields(path, content, ("kind", *usual))
    complete: Description = {"kind": kind}
    for name, default in usual.items():
        value = content.get(name, default)
        if name == "then":
            complete[name] = _schedule(f"{path}.{name}", value)
        elif isinstance(default, float):
            complete[name] = fields.number(f"{path}.{name}", value)
        else:
            complete[name] = value
    return complete


def _clipping(given: object) -> Description | None:
    if given is None:
        return None
    every = tuple(name for rule in engine.CLIPPINGS.values() for name in fields.defaults(rule))
    kind, content = fields.chosen_kind("clipping", given, engine.CLIPPINGS, every)
    return _completed("clipping", engine.CLIPPINGS[kind], kind, content)


def _stopping(given: object) -> Description | None:
    """Early stopping: steps without a lower test loss after which a run stops."""
    if given is None:
        return None
    content = fields.known_fields("stopping", given, ("patience",))
    patience = content.get("patience", 1000)
    return {"patience": fields.integer("stopping.patience", patience, 1, MAX_PATIENCE)}


def _batch_size(given: object, samples: int) -> int | str:
    if given is None:
        return min(10, samples)
    if given == "full":
        return "full"
    if engine.is_whole(given, 1, samples):
        return given
    expected = f'in 1..{samples} (the training samples), or "full"'
    message = f"Batch size must be between 1 and {samples}, the number of training samples."
    raise Refusal("bad_description", "batch_size", given, expected, message=message)


# Building ------------------------------------------------------------------------------------


def _network(description: Description, data: Dataset) -> Network:
    return Network(
        inputs=layers.input_shape(description["layers"], data),
        layers=[layers.build(layer) for layer in description["layers"]],
        loss=description["loss"],
        optimizer=cast("Optimizer", _engine_object(engine.OPTIMIZERS, description["optimizer"])),
        targets=description["targets"],
        schedule=cast("Schedule | None", _engine_object(engine.SCHEDULES, description["schedule"])),
        clipping=cast("Clipping | None", _engine_object(engine.CLIPPINGS, description["clipping"])),
    )


def _engine_object(kinds: Mapping[str, type[Any]], given: Description | None) -> object:
    """The engine's object for a complete {"kind", ...}; None for None."""
    if given is None:
        return None
    values = {name: value for name, value in given.items() if name != "kind"}
    if values.get("then") is not None:
        values["then"] = _engine_object(kinds, values["then"])
    return kinds[given["kind"]](**values)


def _cap_length(network: Network) -> None:
    """Refuse a program that would be too long, judging by shapes alone."""
    steps = layers.unrolled(network)
    if steps > MAX_UNROLLED:
        expected = f"at most {MAX_UNROLLED:,} time steps of recurrent layers"
        raise Refusal("bad_description", "layers", f"{steps:,}", expected)


def _cap_cost(program: Program, batch: int | str) -> None:
    """Refuse a program that needs too much memory or time, before anything is allocated."""
    cost = program.cost
    if cost.parameters > MAX_PARAMETERS:
        expected = f"a network of at most {MAX_PARAMETERS:,} parameters"
        raise Refusal("bad_description", "layers", f"{cost.parameters:,} parameters", expected)
    limits: list[tuple[int, str]] = []
    if cost.flops > MAX_STEP_FLOPS:
        limit = MAX_STEP_FLOPS * program.batch_size // cost.flops
        limits.append((limit, "a step of this network would take too long"))
    if cost.bytes > MAX_BYTES:
        limits.append((max(0, _fitting(program)), "more does not fit in memory with these layers"))
    if limits:
        limit, why = min(limits)
        raise Refusal("bad_description", "batch_size", batch, f"at most {limit}: {why}")


def _fitting(program: Program) -> int:
    """About the largest batch size whose buffers fit in memory."""
    plan, rows = program.plan, program.batch_size
    growing = sum(
        extent.stop - extent.start
        for tensor, extent in plan.extents.items()
        if tensor.axes[:1] == ("batch",)
    )
    return (MAX_BYTES - (program.cost.bytes - growing)) * rows // max(growing, 1)
