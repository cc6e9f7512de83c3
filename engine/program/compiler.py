"""From a description to a program: the whole pipeline in one place.

Network -> Graph (layers, loss) -> autodiff -> update -> Program (instructions and memory plan)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.checks import is_whole
from engine.data import Dataset, Split
from engine.errors import DescriptionError
from engine.graph.autodiff import differentiate
from engine.graph.graph import Graph
from engine.layers.context import Context, LayerInfo
from engine.layers.loss import build_loss
from engine.network import Network
from engine.ops.lookup import Lookup
from engine.ops.loss import L1Penalty
from engine.ops.sampling import WIDE, Gather, NextBatch, as_fetched
from engine.ops.schedule import ScheduledRate
from engine.ops.update import Apply, CountStep, StopAtZero
from engine.program.memory import MemoryPlan
from engine.program.program import Cost, Program, buffer_table, instruction
from engine.tensors.arrays import Array
from engine.tensors.tensor import Role, Shape, Tensor
from engine.training.optimizers import HYPERPARAMETERS, Update
from engine.training.schedules import Schedule

DType = Literal["float64", "float32"]


def compile(  # noqa: A001 - the name users know; nothing here needs the builtin
    network: Network,
    data: Dataset,
    batch_size: int | None = 10,
    *,
    shuffle: bool = True,
    seed: int = 0,
    dtype: DType = "float64",
) -> Program:
    """The program of one training step of `network` on `data`.

    Args:
        batch_size: samples per step, or None for the whole training set. Samples beyond the last
            whole batch are dropped in each epoch; see `Program.dropped`.
        shuffle: draw a new order of the samples for every epoch.
        seed: the seed of the initial parameters, the order of samples and dropout.
        dtype: the type of all floating-point buffers.

    Raises:
        DescriptionError: network and data do not fit, or an argument is unusable.
    """
    _check(network, data, batch_size, seed, dtype)
    return _compiled(network, data, batch_size, shuffle=shuffle, seed=seed, dtype=dtype)


def compile_untruncated(program: Program) -> Program:
    """The same step, but with backpropagation through time never cut off.

    Raises:
        DescriptionError: the program has no data set, as that of an evaluator.
    """
    if program.dataset is None:
        raise DescriptionError("program", "an evaluator", "the program of a training step")
    return _compiled(
        program.network,
        program.dataset,
        program.batch_size,
        shuffle=True,
        seed=program.seed,
        dtype=program.dtype,
        truncates=False,
    )


def _compiled(
    network: Network,
    data: Dataset,
    batch_size: int | None,
    *,
    shuffle: bool,
    seed: int,
    dtype: str,
    truncates: bool = True,
) -> Program:
    samples = len(data.train.inputs)
    batch = batch_size if batch_size is not None else samples
    graph = Graph()
    context = _context(graph, training=True, truncates=truncates)
    arrays = _data_arrays(network, data, dtype)
    x, y = _inputs(context, arrays, batch, shuffle=shuffle)
    output = _forward(context, network, x)
    loss = build_loss(context, network.loss, output, y)
    theta = _join(graph, "parameters", "θ", [p.tensor for p in context.parameters], "parameter")
    differentiate(graph, loss, [p.tensor for p in context.parameters])
    _update(context, network, theta)
    arrays = {
        name: as_fetched(arrays[name], fetched.order)
        for name, fetched in zip(arrays, (x, y), strict=True)
    }
    program = _program(
        context, network, dtype, seed=seed, batch=batch, steps=samples // batch, data=arrays
    )
    return replace(program, dataset=data)


def compile_evaluator(
    program: Program, rows: int, *, targets: bool, gradients: bool
) -> tuple[Program, frozenset[str]]:
    """A program that evaluates `rows` given samples with the parameters of another program.

    Returns the program and the names of the buffers it shares with the other one. It has no data
    set, no dropout, no penalties and no update; the caller writes ``input/x`` (and ``input/y``).
    """
    graph = Graph()
    context = _context(graph, training=False)
    network = program.network
    given = {tensor.name: tensor for tensor in program.graph.tensors}
    with graph.scope("input"):
        x = graph.add(_like(given["input/x"], rows))
        y = graph.add(_like(given["input/y"], rows)) if targets else None
    output = _forward(context, network, x)
    loss = build_loss(context, network.loss, output, y) if y is not None else None
    _join(graph, "parameters", "θ", [p.tensor for p in context.parameters], "parameter")
    if gradients and loss is not None:
        differentiate(graph, loss, [_differentiable(context, x)])
    shared = frozenset({"parameters", *(s.running.name for s in context.statistics)})
    result = _program(
        context,
        network,
        program.dtype,
        seed=program.seed,
        batch=rows,
        steps=1,
        data={},
        shared=shared,
    )
    return result, shared


def _differentiable(context: Context, x: Tensor) -> Tensor:
    """The first tensor that can be differentiated: the input, or the embeddings of its ids."""
    if not x.dtype:
        return x
    return next(node.output for node in context.graph.nodes if isinstance(node.op, Lookup))


def _like(tensor: Tensor, rows: int) -> Tensor:
    """A copy of an input or a target for another number of samples."""
    return Tensor(
        tensor.name,
        tensor.symbol,
        (rows, *tensor.shape[1:]),
        tensor.axes,
        tensor.role,
        dtype=tensor.dtype,
        order=tensor.order,
    )


def _check(network: Network, data: Dataset, batch_size: int | None, seed: int, dtype: str) -> None:
    samples = len(data.train.inputs)
    _check_inputs(network, data)
    if batch_size is not None and not is_whole(batch_size, 1, samples):
        raise DescriptionError(
            "batch_size", batch_size, f"in 1..{samples} (the training samples) or None for all"
        )
    if not is_whole(seed, 0, 2**53 - 1):
        raise DescriptionError("seed", seed, "a whole number from 0 to 2^53 - 1")
    if dtype not in ("float64", "float32"):
        raise DescriptionError("dtype", dtype, "'float64' or 'float32'")


def _check_inputs(network: Network, data: Dataset) -> None:
    """Raise DescriptionError unless the inputs have the network's size and kind (ids, numbers)."""
    inputs, shape = data.train.inputs, data.train.inputs.shape[1:]
    if prod(network.input_shape) != prod(shape):
        of = "the number of input features" if len(shape) == 1 else "the shape of a sample"
        expected = shape[0] if len(shape) == 1 else shape
        raise DescriptionError("inputs", network.inputs, f"{expected}, {of} of {data.name!r}")
    first, ids = network.layers[0], np.issubdtype(inputs.dtype, np.integer)
    if first.reads_ids != ids:
        kind = "reads ids, such as Embedding" if ids else "reads numbers"
        raise DescriptionError(
            "layers[0]", first.kind, f"a layer that {kind}, as {data.name!r} needs"
        )
    if ids:
        for split in (data.train, data.test):
            first.check_ids("layers[0]", split.inputs)


def encode_targets(network: Network, data: Dataset, split: Split) -> NDArray[Any]:
    """The targets (samples, *outputs) in the form the network's loss compares its output with.

    Classes are one-hot, or 0 and 1 where there is one output unit; the class at every
    position of a sequence, −1 for none, stays a number; regression targets stay. The targets of an
    autoencoder are its inputs.

    Raises:
        DescriptionError: the output layer or the loss does not fit the data.
    """
    if network.targets == "inputs":
        return _inputs_as_targets(network, split)
    if split.labels is None:
        return _values_as_targets(network, split)
    shape, classes = network.output_shape, len(data.class_names)
    if len(shape) != split.labels.ndim:
        raise _misfit(network, shape, f"a class for {split.labels.shape[1:] or 'each sample'}")
    if split.labels.ndim > 1:
        return _labels_as_targets(network, data, split.labels)
    units = shape[-1]
    if units == 1 and classes == 2 and network.loss != "softmax_cross_entropy":
        return split.labels.reshape(-1, 1).astype(np.float64)
    if units != classes:
        fits = "1 or 2" if classes == 2 and network.loss != "softmax_cross_entropy" else classes
        raise _units(network, f"{fits}, as {data.name!r} has {classes} classes")
    return np.eye(classes)[split.labels]


def _units(network: Network, expected: str) -> DescriptionError:
    last = len(network.layers) - 1
    return DescriptionError(f"layers[{last}].units", network.output_shape[-1], expected)


def _misfit(network: Network, shape: Shape, targets: str) -> DescriptionError:
    path = f"layers[{len(network.layers) - 1}]"
    return DescriptionError(path, shape, f"an output shape that fits {targets}")


def _inputs_as_targets(network: Network, split: Split) -> NDArray[Any]:
    if network.loss == "softmax_cross_entropy" or network.layers[0].reads_ids:
        raise DescriptionError("targets", "inputs", "possible with this loss and these inputs")
    shape = network.output_shape
    if prod(shape) != prod(split.inputs.shape[1:]):
        raise _misfit(network, shape, f"the inputs' {split.inputs.shape[1:]}")
    return split.inputs.reshape(-1, *shape)


def _values_as_targets(network: Network, split: Split) -> NDArray[Any]:
    if network.loss.endswith("cross_entropy"):
        raise DescriptionError("loss", network.loss, "a loss for regression")
    shape, wanted = network.output_shape, split.targets.shape[1:]
    if shape != wanted:
        if len(shape) == len(wanted) == 1:
            raise _units(network, f"{wanted[0]}, the number of target values")
        raise _misfit(network, shape, f"the targets' {wanted}")
    return split.targets


def _labels_as_targets(network: Network, data: Dataset, labels: NDArray[Any]) -> NDArray[Any]:
    """The class numbers at the positions of sequences, checked."""
    shape, classes = network.output_shape, len(data.class_names or data.vocabulary or ())
    if network.loss != "softmax_cross_entropy":
        raise DescriptionError(
            "loss", network.loss, "'softmax_cross_entropy', for classes in sequence"
        )
    if shape[:-1] != labels.shape[1:]:
        raise _misfit(network, shape, f"a class at each of {labels.shape[1:]} positions")
    if shape[-1] != classes:
        raise _units(network, f"{classes}, the number of classes of {data.name!r}")
    return labels


def _context(graph: Graph, *, training: bool, truncates: bool = True) -> Context:
    step = graph.given("step", "t", (), (), "counter", dtype="int64")
    seed = graph.given("seed", "seed", (), (), "counter", dtype="int64")
    return Context(graph, training, step, seed, truncates)


def _data_arrays(network: Network, data: Dataset, dtype: str) -> dict[str, Array]:
    """The training set as ``data/x`` (samples, *inputs) and ``data/y`` (samples, *outputs)."""
    x = data.train.inputs.reshape(-1, *network.input_shape)
    y = encode_targets(network, data, data.train)
    return {"data/x": _stored(x, dtype), "data/y": _stored(y, dtype)}


def _stored(array: NDArray[Any], dtype: str) -> Array:
    return array.astype(np.int64 if np.issubdtype(array.dtype, np.integer) else dtype)


def _inputs(
    context: Context, arrays: Mapping[str, Array], batch: int, *, shuffle: bool
) -> tuple[Tensor, Tensor]:
    """Append the ops that fetch a batch; returns x (batch, *inputs) and y (batch, *outputs)."""
    graph, samples = context.graph, len(arrays["data/x"])
    order = graph.given("data/order", "order", (samples,), ("sample",), "index", dtype="int64")
    with graph.scope("input"):
        rows = graph.apply(
            NextBatch(batch, samples, shuffle=shuffle),
            order,
            context.step,
            context.seed,
            name="input/batch",
            symbol="batch",
            role="index",
            axes=("batch",),
        )
        x, y = (_fetch(graph, letter, rows, arrays[f"data/{letter}"]) for letter in "xy")
    return x, y


AXES = {1: ("feature",), 2: ("time", "feature"), 3: ("height", "width", "channel")}
"""The names of the axes of a sample, by the number of axes."""


def _fetch(graph: Graph, letter: str, rows: Tensor, values: Array) -> Tensor:
    """Append the op that fetches the batch's inputs (letter x) or targets (y)."""
    shape, ids = values.shape[1:], np.issubdtype(values.dtype, np.integer)
    dtype, capital = "int64" if ids else "", letter.upper()
    axes = AXES[len(shape)] if letter == "x" else (*AXES[len(shape)][:-1], "output")
    if ids:
        axes = ("time",)[: len(shape)]
    source = graph.given(
        f"data/{letter}",
        {"x": "X̂", "y": "Ŷ"}[letter],
        values.shape,
        ("sample", *axes),
        "constant",
        dtype=dtype,
    )
    narrow = letter == "y" or prod(shape) <= WIDE
    return graph.apply(
        Gather(dtype),
        source,
        rows,
        name=f"input/{letter}",
        symbol=capital,
        role="input" if letter == "x" else "target",
        axes=("batch", *axes),
        order="F" if narrow else "C",
    )


def _forward(context: Context, network: Network, x: Tensor) -> LayerInfo:
    """Append the layers; returns the last one."""
    for number, layer in enumerate(network.layers, start=1):
        x = layer.build(context, x, number)
    return context.layers[-1]


def _join(graph: Graph, name: str, symbol: str, parts: list[Tensor], role: Role) -> Tensor:
    """A flat tensor of which `parts` are consecutive slices."""
    size = sum(part.size for part in parts)
    whole = graph.given(name, symbol, (size,), ("parameter",), role)
    offset = 0
    for part in parts:
        if part.parent is not None:
            raise ValueError(f"{part.name} already lies in {part.parent.name}")
        part.parent, part.offset = whole, offset
        offset += part.size
    return whole


def _update(context: Context, network: Network, theta: Tensor) -> None:
    """Append the update: clipping, schedule, rule, L1's stop at zero, θ ← θ + Δ, t ← t + 1."""
    graph, parameters = context.graph, [p.tensor for p in context.parameters]
    gradients = [graph.gradients[p] for p in parameters]
    g = _join(graph, "parameters.grad", "g", gradients, "gradient")
    delta = graph.given("parameters.update", "Δ", theta.shape, ("parameter",), "update")
    graph.gradients[theta] = g
    with graph.in_phase("update"), graph.scope("optimizer"):
        for name, value in network.optimizer.hyperparameters().items():
            context.hyperparameter(name, HYPERPARAMETERS[name][0], value)
        g = network.clipping.build(context, g) if network.clipping is not None else g
        hyperparameters = dict(context.hyperparameters)
        if network.schedule is not None:
            hyperparameters["learning_rate"] = _scheduled(context, network.schedule)
        update = Update(graph, theta, g, delta, context.step, hyperparameters)
        network.optimizer.build(update)
        _views(graph, parameters, theta)
        by_name = {tensor.name: tensor for tensor in graph.tensors}
        for penalty in context.penalties:
            if isinstance(penalty.op, L1Penalty):
                w = penalty.weights
                part = by_name[f"{w.name}.update"]
                graph.update(StopAtZero(), part, w, graph.gradients[w], penalty.rate)
        for statistic in context.statistics:
            if statistic.rate is not None:
                graph.update(statistic.op, statistic.running, statistic.rate, statistic.batch)
        graph.update(Apply(), theta, delta)
        graph.update(CountStep(), context.step)


def _scheduled(context: Context, schedule: Schedule) -> Tensor:
    """Append the op that computes the learning rate of the step."""
    return context.graph.apply(
        ScheduledRate(schedule),
        context.hyperparameters["learning_rate"],
        context.step,
        name="optimizer/learning_rate",
        symbol="ηₜ",
        role="optimizer_state",
    )


def _views(graph: Graph, parameters: list[Tensor], theta: Tensor) -> None:
    """Name each parameter's part of the update and of the optimizer's flat state."""
    kinds = {"update": "Δ", "velocity": "v", "square": "s", "m": "m", "v": "v", "clipped": "ĝ"}
    wholes = [
        t for t in graph.tensors if t.name.startswith("parameters.") and t.shape == theta.shape
    ]
    for whole in wholes:
        kind = whole.name.removeprefix("parameters.")
        if kind not in kinds:
            continue
        for p in parameters:
            part = graph.given(
                f"{p.name}.{kind}", f"{kinds[kind]}{p.symbol}", p.shape, p.axes, whole.role
            )
            part.parent, part.offset, part.layer = whole, p.offset, p.layer


def _program(
    context: Context,
    network: Network,
    dtype: str,
    *,
    seed: int,
    batch: int,
    steps: int,
    data: Mapping[str, Array],
    shared: frozenset[str] = frozenset(),
) -> Program:
    graph = context.graph
    instructions = tuple(instruction(i, node) for i, node in enumerate(graph.nodes))
    plan = MemoryPlan(graph, dtype, frozenset(data) | shared)
    cost = Cost(
        parameters=sum(p.tensor.size for p in context.parameters),
        flops=sum(i.flops for i in instructions),
        bytes=plan.bytes + sum(array.nbytes for array in data.values()),
    )
    return Program(
        network=network,
        graph=graph,
        instructions=instructions,
        buffers=buffer_table(graph, dtype),
        layers=tuple(context.layers),
        hyperparameters={name: t.name for name, t in context.hyperparameters.items()},
        parameters=tuple(context.parameters),
        plan=plan,
        data=data,
        batch_size=batch,
        steps_per_epoch=steps,
        seed=seed,
        dtype=dtype,
        cost=cost,
    )
