"""Every kind of layer: its gradients, shapes, evaluators, bits and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from engine import (
    GRU,
    LAYERS,
    LSTM,
    RNN,
    SGD,
    Activation,
    Attention,
    AveragePool,
    BatchNorm,
    Concatenate,
    Conv1D,
    Conv2D,
    Dense,
    DescriptionError,
    Dropout,
    Embedding,
    Factorisation,
    FieldEmbedding,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LayerNorm,
    Machine,
    MaxPool,
    Network,
    Noise,
    Positions,
    Reshape,
    Residual,
    TransformerBlock,
    TransposedConv2D,
    Unembedding,
    Upsample,
    compile,  # noqa: A004
)
from engine.diagnostics.gradcheck import gradient_check
from tests.engine.graphs import relative_error
from tests.engine.networks import all_state, shaped_data


@dataclass(frozen=True)
class Case:
    """A small network with the layers in question.

    Attributes:
        inputs: shape of a sample.
        layers: below the output, which is a linear one of one unit unless there are classes.
        classes, places, ids: of the data, see `shaped_data`.
        output: whether the layers are the whole network.
    """

    inputs: tuple[int, ...]
    layers: tuple[Layer, ...]
    classes: int | None = None
    places: int | None = None
    ids: int | None = None
    output: bool = False
    targets: Any = "data"

    def network(self) -> Network:
        last = [] if self.output else [self._last()]
        return Network(
            self.inputs, [*self.layers, *last], self._loss(), SGD(0.05), targets=self.targets
        )

    def _loss(self) -> Any:
        return "softmax_cross_entropy" if self.classes else "mean_squared_error"

    def _last(self) -> Dense:
        return Dense(self.classes, "softmax") if self.classes else Dense(1)

    def machine(self, **options: Any) -> Machine:
        data = shaped_data(self.inputs, classes=self.classes, places=self.places, ids=self.ids)
        return Machine(compile(self.network(), data, **{"batch_size": 5, "seed": 3, **options}))


IMAGE, SEQUENCE = (6, 7, 2), (9, 2)
FLAT = Flatten()
CASES: dict[str, Case] = {
    "dense on a sequence": Case(SEQUENCE, (Dense(3, "tanh"), FLAT)),
    "dense on an image": Case(IMAGE, (Dense(3, "tanh"), FLAT)),
    "flatten": Case(IMAGE, (FLAT, Dense(3, "tanh"))),
    "reshape": Case((12,), (Dense(12, "tanh"), Reshape((2, 3, 2)), Conv2D(2, 2), FLAT)),
    "reshape to a sequence": Case((12,), (Reshape((4, 3)), Conv1D(2, 2, "tanh"), FLAT)),
    "dropout": Case((4,), (Dense(6, "tanh"), Dropout(0.4))),
    "conv2d": Case(IMAGE, (Conv2D(3, 3, "tanh"), FLAT)),
    "conv2d twice": Case(IMAGE, (Conv2D(3, 3, "tanh"), Conv2D(2, 2, "swish", l2=0.1), FLAT)),
    "conv2d stride": Case(IMAGE, (Dense(2), Conv2D(3, (3, 2), "tanh", stride=(2, 3)), FLAT)),
    "conv2d same": Case(IMAGE, (Dense(2), Conv2D(3, 3, "tanh", stride=2, padding="same"), FLAT)),
    "conv2d padding": Case(IMAGE, (Dense(2), Conv2D(3, 3, "tanh", padding=2), FLAT)),
    "conv2d dilation": Case(IMAGE, (Dense(2), Conv2D(3, 2, "tanh", dilation=(2, 3)), FLAT)),
    "conv2d groups": Case(IMAGE, (Conv2D(4, 2), Conv2D(6, 2, "tanh", groups=2), FLAT)),
    "conv2d depthwise": Case(IMAGE, (Conv2D(3, 1), Conv2D(3, 3, padding=1, groups=3), FLAT)),
    "conv2d one by one": Case(IMAGE, (Conv2D(3, 1, "tanh"), Conv2D(2, 1, stride=2), FLAT)),
    "conv1d": Case(SEQUENCE, (Conv1D(3, 4, "tanh", stride=2, padding=1), Conv1D(2, 2), FLAT)),
    "conv1d dilation": Case(SEQUENCE, (Conv1D(3, 3, "tanh", dilation=2, padding="same"), FLAT)),
    "conv1d of every place": Case(SEQUENCE, (Conv1D(3, 3, padding="same"),), classes=3, places=9),
    "transposed conv2d": Case(IMAGE, (TransposedConv2D(3, 3, "tanh"), FLAT)),
    "transposed conv2d valid": Case(IMAGE, (TransposedConv2D(2, 3, padding="valid"), FLAT)),
    "max pool": Case(IMAGE, (Conv2D(3, 3, "tanh"), MaxPool(2), FLAT)),
    "max pool overlap": Case(IMAGE, (Dense(3), MaxPool(3, stride=1, padding=1), FLAT)),
    "max pool in time": Case(SEQUENCE, (Conv1D(3, 3, "tanh"), MaxPool(2), FLAT)),
    "average pool": Case(IMAGE, (Conv2D(3, 3, "tanh"), AveragePool(2), FLAT)),
    "average pool overlap": Case(IMAGE, (Dense(3), AveragePool((3, 2), 2, "same"), FLAT)),
    "global max pool": Case(IMAGE, (Conv2D(3, 3, "tanh"), GlobalMaxPool())),
    "global average pool": Case(SEQUENCE, (Conv1D(3, 3, "tanh"), GlobalAveragePool())),
    "upsample": Case(IMAGE, (Conv2D(2, 3, "tanh"), Upsample((2, 3)), Conv2D(2, 2), FLAT)),
    "upsample in time": Case(SEQUENCE, (Dense(2), Upsample(2), FLAT)),
    "embedding": Case((4,), (Embedding(7, 3), FLAT), ids=7),
    "embedding of every place": Case((4,), (Embedding(7, 3, l2=0.1),), classes=3, places=4, ids=7),
    "embedding, conv1d": Case((5,), (Embedding(7, 3), Conv1D(2, 2, "tanh"), FLAT), ids=7),
    "factorisation": Case((2,), (Factorisation((6, 9), 3, l2=0.1),), ids=6, output=True),
    "neural scorer": Case((2,), (FieldEmbedding((6, 7), 3, l2=0.1), Dense(4, "tanh")), ids=6),
    "rnn": Case(SEQUENCE, (RNN(3), FLAT)),
    "rnn of two steps": Case((2, 2), (RNN(3), FLAT)),
    "rnn relu, last": Case(SEQUENCE, (RNN(3, return_sequences=False, activation="relu"),)),
    "rnn softplus": Case(SEQUENCE, (Dense(2), RNN(3, activation="softplus", l2=0.1), FLAT)),
    "rnn bidirectional": Case(SEQUENCE, (Dense(2, "tanh"), RNN(3, bidirectional=True), FLAT)),
    "lstm": Case(SEQUENCE, (LSTM(3), FLAT)),
    "lstm last": Case(SEQUENCE, (LSTM(3, return_sequences=False, forget_bias=0.5),)),
    "lstm twice": Case(SEQUENCE, (LSTM(3), LSTM(2, l2=0.1), FLAT)),
    "lstm bidirectional": Case(
        SEQUENCE, (LSTM(2, bidirectional=True), LSTM(2, bidirectional=True, return_sequences=False))
    ),
    "lstm of tokens": Case((5,), (Embedding(7, 3), LSTM(4)), classes=3, places=5, ids=7),
    "gru": Case(SEQUENCE, (GRU(3), FLAT)),
    "gru twice, last": Case(SEQUENCE, (GRU(3), GRU(2, return_sequences=False))),
    "gru bidirectional": Case(SEQUENCE, (Dense(2), GRU(2, bidirectional=True), FLAT)),
    "conv1d, gru": Case(SEQUENCE, (Conv1D(3, 3, "tanh"), GRU(3), FLAT)),
    "activation": Case((4,), (Dense(5), Activation("swish"))),
    "exact gelu": Case((4,), (Dense(5, "gelu"),)),
    "noise": Case((4,), (Dense(5, "tanh"), Noise(0.3))),
    "layer norm": Case((4,), (Dense(6), LayerNorm())),
    "layer norm of a sequence": Case(SEQUENCE, (RNN(3), LayerNorm(), FLAT)),
    "layer norm of an image": Case(IMAGE, (Conv2D(3), LayerNorm(1e-3), FLAT)),
    "batch norm": Case((4,), (Dense(6), BatchNorm(), Activation("tanh"))),
    "batch norm of an image": Case(IMAGE, (Conv2D(3), BatchNorm(), MaxPool(2), FLAT)),
    "batch norm of a sequence": Case(SEQUENCE, (GRU(3), BatchNorm(0.3), FLAT)),
    "residual": Case((4,), (Residual([Dense(3, "tanh"), Dense(4)]), Dense(2, "relu"))),
    "residual of images": Case(
        IMAGE, (Residual([Conv2D(3, 3, "tanh", padding="same"), Conv2D(2, 1)]), Conv2D(2), FLAT)
    ),
    "residual of two orders": Case(SEQUENCE, (Dense(4), Residual([GRU(4)]), Attention(2), FLAT)),
    "concatenate": Case(
        (4,), (Concatenate([[Dense(3, "tanh"), Dense(2)], [], [Dense(3, "relu")]]), Dense(3))
    ),
    "concatenate sequences": Case(
        SEQUENCE, (Concatenate([[Conv1D(3, 3, padding="same")], [LSTM(2)]]), GRU(2), FLAT)
    ),
    "learned positions": Case(SEQUENCE, (Dense(4), Positions(), FLAT)),
    "sinusoidal positions": Case(SEQUENCE, (Positions("sinusoidal"), Dense(3, "tanh"), FLAT)),
    "attention": Case(SEQUENCE, (Dense(4), Attention(), FLAT)),
    "attention with dropout": Case(SEQUENCE, (Dense(4), Attention(2, dropout=0.3), FLAT)),
    "attention of heads": Case(SEQUENCE, (Dense(6), Attention(3, causal=False), FLAT)),
    "transformer": Case(
        (6,),
        (
            Embedding(7, 4),
            Positions(),
            TransformerBlock(2, 5),
            TransformerBlock(2, 5, dropout=0.3),
            LayerNorm(),
            Unembedding(7),
        ),
        classes=7,
        places=6,
        ids=7,
        output=True,
    ),
    "dense autoencoder": Case(
        (5,), (Noise(0.2), Dense(2, "tanh"), Dense(5)), output=True, targets="inputs"
    ),
    "convolutional autoencoder": Case(
        (8, 8, 1),
        (Conv2D(3, 3, "tanh", stride=2, padding="same"), TransposedConv2D(1)),
        output=True,
        targets="inputs",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_backpropagation_agrees_with_central_differences(name: str) -> None:
    machine = CASES[name].machine()
    rng = np.random.default_rng(1)
    machine.run(2)
    for parameter in machine.program.parameters:
        tensor = parameter.tensor
        places = list(np.ndindex(tensor.shape))
        chosen = rng.permutation(len(places))[:12]
        checks = gradient_check(machine, [(tensor.name, places[i]) for i in chosen])
        sound = [check for check in checks if not check.kink]
        assert sound
        numeric, backprop = (
            np.array([getattr(c, kind) for c in sound]) for kind in ("numeric", "backprop")
        )
        if np.linalg.norm(numeric) > 1e-3:
            assert relative_error(backprop, numeric) < 1e-7, tensor.name
        else:
            np.testing.assert_allclose(backprop, numeric, atol=1e-9, err_msg=tensor.name)


@pytest.mark.parametrize("name", CASES)
def test_shapes_are_inferred_as_they_are_built(name: str) -> None:
    case = CASES[name]
    machine, network = case.machine(), case.network()
    layers = [layer for layer in machine.program.layers if "/" not in layer.name]
    assert [layer.output_shape for layer in layers] == list(network.shapes)
    assert layers[0].input_shape == network.input_shape
    for layer in machine.program.layers:
        assert machine.read(layer.output).shape[1:] == layer.output_shape
        assert set(layer.parameters) <= set(machine.program.buffers)


@pytest.mark.parametrize("name", CASES)
def test_every_buffer_has_a_name_of_its_own(name: str) -> None:
    machine = CASES[name].machine()
    tensors = [tensor.name for tensor in machine.program.graph.tensors]
    assert len(tensors) == len(set(tensors))
    judge = machine.evaluator(machine.program.data["data/x"][:2], gradients=False)
    tensors = [tensor.name for tensor in judge.program.graph.tensors]
    assert len(tensors) == len(set(tensors))


@pytest.mark.parametrize("name", CASES)
def test_same_seed_same_bits_and_single_steps_as_well(name: str) -> None:
    first, second = CASES[name].machine(), CASES[name].machine()
    first.run(4)
    for _ in range(4 * len(second.program.instructions)):
        second.step_instruction()
    assert all_state(first) == all_state(second)
    first.reset()
    assert all_state(first) == all_state(CASES[name].machine())


@pytest.mark.parametrize("name", CASES)
def test_evaluators_judge_as_the_machine_does(name: str) -> None:
    """On the batch of a step, before its update, and without dropout in the way."""
    machine = CASES[name].machine()
    machine.run(3)
    machine.run_to(machine.program.phase_start("update"))
    x, y = machine.read("input/x"), machine.read("input/y")
    judge = machine.evaluator(x, y, gradients=True)
    judge.run(1)
    output = machine.program.layers[-1].output
    same = not any(node.op.name in OFF for node in machine.program.graph.nodes)
    if same:
        np.testing.assert_allclose(judge.read(output), machine.read(output), rtol=1e-9)
        loss = "loss/data" if "loss/data" in machine.program.buffers else "loss/L"
        assert float(judge.read("loss/L")) == pytest.approx(float(machine.read(loss)))
    assert judge.program.buffers[machine.program.layers[-1].pre_activation].grad is not None
    if CASES[name].ids is None:
        assert judge.read("input/x.grad").shape == x.shape


RANDOM = {"dropout_mask", "noise"}
OFF = RANDOM | {"follow"}  # what an evaluator leaves out


@pytest.mark.parametrize("name", CASES)
def test_single_precision_follows_double(name: str) -> None:
    single, double = (CASES[name].machine(dtype=kind) for kind in ("float32", "float64"))
    if any(node.op.name in RANDOM for node in single.program.graph.nodes):
        pytest.skip("draws differ")
    single.run(3)
    double.run(3)
    assert single.read("parameters").dtype == np.float32
    np.testing.assert_allclose(
        single.read("parameters"), double.read("parameters"), rtol=2e-3, atol=2e-4
    )


def test_every_kind_is_tested() -> None:
    used = {info.kind for case in CASES.values() for info in case.machine().program.layers}
    assert used == set(LAYERS)


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        (
            (6, 6),
            [Conv2D(2)],
            "layers[0]: 'conv2d' is not fit for inputs of shape (6, 6); it",
        ),
        ((4, 4, 1), [Conv2D(2, 5)], "layers[0].kernel: 5 is not small enough for inputs of shape"),
        ((4, 4, 1), [Conv2D(2, (3, 3, 3))], "layers[0].kernel: (3, 3, 3) is not a number or 2"),  # type: ignore[arg-type]
        ((4, 4, 1), [Conv2D(2, padding=-1)], "layers[0].padding: -1 is not 'valid', 'same' or in"),
        ((4, 4, 3), [Conv2D(4, groups=2)], "layers[0].groups: 2 is not a divisor of the 3 input"),
        ((4, 4, 2), [Conv2D(3, groups=2)], "layers[0].groups: 2 is not a divisor of the 3 filters"),
        (
            (8,),
            [Reshape((3, 3))],
            "layers[0].shape: (3, 3) is not a shape for inputs of shape",
        ),
        ((8, 1), [Embedding(3, 2)], "layers[0]: 'embedding' is not fit for inputs of shape (8, 1)"),
        ((8,), [Dense(3), Embedding(3, 2)], "layers[1]: 'embedding' is not possible except as the"),
        ((3,), [Factorisation((3, 4), 2)], "layers[0].sizes: (3, 4) is not a size for each of 3"),
        ((1, 2), [RNN(3)], "layers[0]: 'rnn' is not fit for 1 time steps; it needs 2..512"),
        ((9, 2), [LSTM(3, truncation=0)], "layers[0].truncation: 0 is not in 1..512"),
        ((9, 4), [Attention(3)], "layers[0].heads: 3 is not a divisor of the 4 features"),
        ((4,), [Residual([Dense(3)])], "layers[0].layers: (3,) is not (4,), the shape of what"),
        ((4,), [Residual([Dense(0)])], "layers[0].layers[0].units: 0 is not in 1..1024"),
        ((4,), [Concatenate([[Dense(3)]])], "layers[0].branches: 1 is not at least 2 lists"),
        (
            (4, 2),
            [Concatenate([[Dense(3)], [Conv1D(2, 2)]])],
            "layers[0].branches[1]: (3, 2) is not a shape that fits beside (4, 3)",
        ),
        ((4, 3), [Unembedding(5)], "layers[0]: 'unembedding' is not possible without an Embed"),
        ((4,), [Embedding(6, 3), Unembedding(5)], "layers[1].vocabulary: 5 is not 6, as of lay"),
        ((8,), [MaxPool(2)], "layers[0]: 'max_pool' is not fit for inputs of shape (8,)"),
        (
            (4, 4, 1),
            [MaxPool(2, padding=2)],
            "layers[0].padding: 2 is not less than the size",
        ),
        (
            (4, 4, 1),
            [TransposedConv2D(2, 2, stride=3)],
            "layers[0].kernel: 2 is not at least the stride (3, 3)",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    inputs: tuple[int, ...], layers: list[Layer], message: str
) -> None:
    last = [] if isinstance(layers[-1], Unembedding) else [Flatten(), Dense(1)]
    with pytest.raises(DescriptionError) as caught:
        Network(inputs, [*layers, *last])
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("layer", "ids", "message"),
    [
        (Embedding(5, 2), 7, "layers[0].vocabulary: 5 is not more than 6, a number in the data"),
        (FieldEmbedding((7, 4), 2), 7, "layers[0].sizes[1]: 4 is not more than 6, a number in th"),
        (Dense(2), 7, "layers[0]: 'dense' is not a layer that reads ids, such as Embedding, as"),
        (Embedding(5, 2), None, "layers[0]: 'embedding' is not a layer that reads numbers, as"),
    ],
)
def test_what_does_not_fit_the_ids_is_named(layer: Layer, ids: int | None, message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        compile(Network((2,), [layer, Flatten(), Dense(1)]), shaped_data((2,), ids=ids), 5)
    assert str(caught.value).startswith(message)


def test_a_kernel_sees_what_it_should() -> None:
    """Against a convolution written out in loops."""
    machine = Case((5, 6, 2), (Conv2D(3, (2, 3), stride=(1, 2), padding=1), FLAT)).machine()
    machine.run(1)
    machine.run_to(machine.program.phase_start("backward"))
    x, w, b = (machine.read(name) for name in ("input/x", "conv2d1/W", "conv2d1/b"))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    z = machine.read("conv2d1/z")
    assert z.shape == (5, 6, 3, 3)
    for row, column in np.ndindex(z.shape[1:3]):
        seen = padded[:, row : row + 2, 2 * column : 2 * column + 3]
        np.testing.assert_allclose(z[:, row, column], np.tensordot(seen, w, 3) + b, rtol=1e-12)


def test_an_image_given_flat_is_looked_at_as_an_image() -> None:
    flat, image = shaped_data((12,)), shaped_data((3, 4, 1))
    network = Network((3, 4, 1), [Conv2D(2, 2), FLAT, Dense(1)])
    machines = [Machine(compile(network, data, 5)) for data in (flat, image)]
    for machine in machines:
        machine.run(2)
    assert all_state(machines[0]) == all_state(machines[1])


def _truncated_gradient(machine: Machine, cut: int) -> np.ndarray[Any, Any]:
    """dL/dU of an RNN with tanh, by backpropagation through time written out in loops."""
    h, u, dh = (machine.read(name) for name in ("rnn1/h", "rnn1/U", "rnn1/h.grad"))
    gradient, back = np.zeros_like(u), np.zeros_like(h[:, 0])
    for t in reversed(range(h.shape[1])):
        dz = (dh[:, t] + back) * (1 - h[:, t] ** 2)
        if t:
            gradient += h[:, t - 1].T @ dz
        back = dz @ u.T if t % cut else np.zeros_like(back)
    return gradient


@pytest.mark.parametrize("cut", [1, 2, 4, 9, 50])
def test_truncation_cuts_the_way_back_in_time(cut: int) -> None:
    machine = Case(SEQUENCE, (RNN(3, truncation=cut), FLAT)).machine()
    machine.run(2)
    machine.run_to(machine.program.phase_start("update"))
    np.testing.assert_allclose(
        machine.read("rnn1/U.grad"), _truncated_gradient(machine, cut), rtol=1e-10
    )


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_truncation_beyond_the_sequence_changes_nothing(kind: type[LSTM | GRU]) -> None:
    machines = [
        Case(SEQUENCE, (kind(3, truncation=cut), FLAT)).machine() for cut in (None, 3, 9, 20)
    ]
    for machine in machines:
        machine.run(5)
    whole, cut, *same = (machine.read("parameters") for machine in machines)
    assert (whole != cut).any()
    for other in same:
        np.testing.assert_array_equal(whole, other)


def test_a_recurrent_weight_has_one_product_for_all_time_steps() -> None:
    listing = Case((5,), (Embedding(7, 3), LSTM(4)), classes=3, places=5, ids=7).machine()
    rows = listing.program.instructions
    products = [i for i in rows if i.writes == ("lstm2/U.grad",)]
    assert [i.formula for i in products] == ["dU2 = H2[1…4]ᵀ·dXW2[2…5]"]
    assert {f"lstm2/t{t}" for t in range(1, 6)} <= {i.scope.rpartition("/")[0] for i in rows}
    assert not [i for i in rows if i.op == "copy"]


def test_batch_normalisation_has_mean_0_and_deviation_1_in_training() -> None:
    machine = Case(IMAGE, (Conv2D(3), BatchNorm(epsilon=1e-12), FLAT)).machine()
    machine.run(1)
    values = machine.read("batch_norm2/standardised").reshape(-1, 3)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(values.std(axis=0), 1, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "units"),
    [("layer norm", 6), ("layer norm of a sequence", 3), ("layer norm of an image", 3)],
)
def test_layer_normalisation_has_mean_0_and_deviation_1_at_every_place(
    name: str, units: int
) -> None:
    machine = CASES[name].machine()
    machine.run(1)
    values = machine.read("layer_norm2/standardised").reshape(-1, units)
    np.testing.assert_allclose(values.mean(axis=1), 0, atol=1e-12)
    assert 0.9 < values.std(axis=1).mean() <= 1


def test_running_statistics_follow_the_batches_and_evaluators_go_by_them() -> None:
    machine = Case((4,), (BatchNorm(0.25, epsilon=0.01), Dense(3))).machine()
    judge = machine.evaluator(np.arange(8.0).reshape(2, 4))
    mean, variance = np.zeros(4), np.ones(4)
    for _ in range(3):
        machine.run(1)
        x = machine.read("input/x")
        mean += 0.25 * (x.mean(axis=0) - mean)
        variance += 0.25 * (x.var(axis=0, ddof=1) - variance)
    np.testing.assert_allclose(machine.read("batch_norm1/running_mean"), mean, rtol=1e-12)
    np.testing.assert_allclose(machine.read("batch_norm1/running_variance"), variance, rtol=1e-12)
    judge.run(1)
    expected = (np.arange(8.0).reshape(2, 4) - mean) / np.sqrt(variance + 0.01)
    expected = expected * machine.read("batch_norm1/gain") + machine.read("batch_norm1/shift")
    np.testing.assert_allclose(judge.read("batch_norm1/a"), expected, rtol=1e-9)


def test_attention_is_the_formula_of_its_paper() -> None:
    machine = Case(SEQUENCE, (Dense(6), Attention(2), FLAT)).machine()
    machine.run(1)
    q, k, v = (machine.read(f"attention2/{letter}") for letter in "qkv")
    for head in range(2):
        part = slice(3 * head, 3 * head + 3)
        scores = q[..., part] @ k[..., part].transpose(0, 2, 1) / 3**0.5
        scores = np.where(np.tri(9, dtype=bool), scores, -np.inf)
        weights = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
        np.testing.assert_allclose(machine.read("attention2/weights")[:, head], weights)
        mixed = machine.read("attention2/mixed")[..., part]
        np.testing.assert_allclose(mixed, weights @ v[..., part])


def test_what_comes_later_does_not_change_a_causal_transformer() -> None:
    case = CASES["transformer"]
    machine = case.machine()
    tokens = np.arange(6).reshape(1, 6)
    judge = machine.evaluator(tokens)
    outputs = []
    for last in (5, 0):
        tokens[0, 5] = last
        judge.write("input/x", tokens)
        judge.run(1)
        outputs.append(judge.read(machine.program.layers[-1].output)[0])
    np.testing.assert_array_equal(outputs[0][:5], outputs[1][:5])
    assert (outputs[0][5] != outputs[1][5]).any()


def test_tied_weights_get_both_gradients() -> None:
    program = CASES["transformer"].machine().program
    formulas = {i.formula for i in program.instructions if i.phase == "backward"}
    assert "dW1 = dW1⁽¹⁾ + dW1⁽²⁾" in formulas


def test_noise_is_in_training_only() -> None:
    machine = CASES["dense autoencoder"].machine()
    machine.run(1)
    x = machine.read("input/x")
    assert 0.1 < (machine.read("noise1/a") - x).std() < 0.3
    np.testing.assert_array_equal(machine.read("input/y"), x)
    assert "noise1/noise" not in machine.evaluator(x).program.buffers
