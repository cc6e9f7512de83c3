"""Scenes: networks to start from, ready to run, each with data that show something.

A scene is a description with a title and two sentences. Source and licence of its data come from
the catalogue of data sets; if the data are not installed, the scene names the missing package.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import engine
from server.describe.fields import Description

Application = Literal[
    "First steps",
    "Images",
    "Language",
    "Speech",
    "Recommendation",
    "Health",
    "Driving",
    "Finance",
    "Codes",
]
Picture = Literal[
    "surface", "curve", "images", "units", "text", "words", "sound", "map", "road", "prices", "code"
]
"""The picture of a scene beside its network: predictions over the plane or a line, images, columns
of a table, generated text, words, sounds, a map of learned vectors, the road, prices over time, the
plane of codes."""


@dataclass(frozen=True)
class Scene:
    """A network to start from.

    Attributes:
        watch: two sentences that say what to watch.
        description: a description as `configure` takes it.
    """

    id: str
    title: str
    application: Application
    picture: Picture
    watch: str
    description: Description


def scenes(installed: Collection[str]) -> list[dict[str, Any]]:
    """The answer of GET /api/scenes.

    Args:
        installed: names of the installed data sets.
    """
    infos = {info.name: info for info in engine.catalogue()}
    known = [(scene, infos[scene.description["data"]["name"]]) for scene in SCENES]
    return [
        {
            **vars(scene),
            "source": info.source,
            "licence": info.licence,
            "missing": None if info.name in installed else info.package,
        }
        for scene, info in known
    ]


def _dense(activation: str, *units: int) -> list[Description]:
    """Dense hidden layers with so many units, and an output that fits data and loss."""
    return [*({"units": count, "activation": activation} for count in units), {}]


def _adam(rate: float) -> Description:
    return {"kind": "adam", "learning_rate": rate}


SCENES: tuple[Scene, ...] = (
    Scene(
        id="circles",
        title="Circles",
        application="First steps",
        picture="surface",
        watch="This network is small enough to follow every number: four units cut the plane with"
        " straight lines, and two more bend the cuts around the inner circle. Step through "
        "one step by instruction, then run.",
        description={"data": {"name": "circles"}},
    ),
    Scene(
        id="xor",
        title="Exclusive or",
        application="First steps",
        picture="surface",
        watch="No single layer can solve this: the classes lie crosswise, so every line leaves "
        "half of a class on the wrong side. Watch how the hidden units divide the work.",
        description={
            "data": {"name": "xor"},
            "layers": _dense("tanh", 4),
            "optimizer": {"kind": "sgd", "learning_rate": 0.1},
        },
    ),
    Scene(
        id="spirals",
        title="Spirals",
        application="First steps",
        picture="surface",
        watch="The network gets all seven input features and trains with Adam. The loss falls in "
        "jumps, one for each turn of the spirals that the network finds.",
        description={
            "data": {
                "name": "spirals",
                "features": [
                    *("x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2"),
                ],
            },
            "layers": _dense("tanh", 8, 8),
            "optimizer": _adam(0.01),
        },
    ),
    Scene(
        id="sine",
        title="Sine",
        application="First steps",
        picture="curve",
        watch="The network fits a curve to noisy points. Each unit of the first layer is one "
        "bend, and training shifts, stretches and turns the bends until their sum fits.",
        description={
            "data": {"name": "sine"},
            "layers": _dense("tanh", 8, 8),
            "optimizer": _adam(0.01),
        },
    ),
    Scene(
        id="drawn_curve",
        title="Your own curve",
        application="First steps",
        picture="curve",
        watch="Draw a curve and watch the network learn it, corners last. Past the ends of your "
        "curve nothing guides the network, so its predictions there are guesses.",
        description={
            "data": {"name": "drawn_curve"},
            "layers": _dense("tanh", 16, 16),
            "optimizer": _adam(0.01),
        },
    ),
    Scene(
        id="iris",
        title="Iris",
        application="First steps",
        picture="units",
        watch="The network tells three species of iris apart by four measures of their flowers. "
        "One species separates at once; the border between the other two stays uncertain.",
        description={
            "data": {"name": "iris"},
            "layers": _dense("tanh", 8),
            "optimizer": {"kind": "momentum", "learning_rate": 0.03},
        },
    ),
    Scene(
        id="wine",
        title="Wine",
        application="First steps",
        picture="units",
        watch="The network tells three cultivars apart by thirteen chemical measures. There are "
        "only 89 training wines, so the training loss goes to zero long before the test "
        "loss stops falling.",
        description={
            "data": {"name": "wine"},
            "layers": _dense("relu", 12),
            "optimizer": _adam(0.003),
        },
    ),
    Scene(
        id="digits_dense",
        title="Digits, dense",
        application="Images",
        picture="images",
        watch="The network gets the 8×8 pixels of handwritten digits without knowing which ones "
        "are neighbours. Weights of the first layer turn into strokes and gaps; draw your "
        "own digit.",
        description={
            "data": {"name": "digits"},
            "layers": _dense("relu", 32, 16),
            "optimizer": _adam(0.003),
            "batch_size": 32,
        },
    ),
    Scene(
        id="digits_cnn",
        title="Digits, convolutional",
        application="Images",
        picture="images",
        watch="Eight kernels slide over the image and respond wherever they find their pattern. "
        "Compare it with the dense network: it has fewer parameters and makes fewer "
        "mistakes.",
        description={
            "data": {"name": "digits"},
            "layers": [
                {"kind": "conv2d", "filters": 8, "padding": "same"},
                {"kind": "max_pool"},
                {"kind": "conv2d", "filters": 16, "padding": "same"},
                {"kind": "max_pool"},
                {"kind": "flatten"},
                {},
            ],
            "optimizer": _adam(0.005),
            "batch_size": 32,
            "dtype": "float32",
        },
    ),
    Scene(
        id="digits_28",
        title="Digits 28×28",
        application="Images",
        picture="images",
        watch="Two convolutions with pooling, as in LeNet, read digits of 784 pixels. Point at a "
        "cell of a feature map to see its receptive field.",
        description={
            "data": {"name": "digits_28"},
            "layers": [
                {"kind": "conv2d", "filters": 8},
                {"kind": "max_pool"},
                {"kind": "conv2d", "filters": 16},
                {"kind": "max_pool"},
                {"kind": "flatten"},
                {},
            ],
            "optimizer": _adam(0.003),
            "batch_size": 32,
            "dtype": "float32",
        },
    ),
    Scene(
        id="shapes",
        title="Shapes 28×28",
        application="Images",
        picture="images",
        watch="The network has a hundred thousand weights to tell ten drawn shapes apart, in any "
        "pose. Watch the test loss part from the training loss: the network memorises its "
        "images.",
        description={
            "data": {"name": "synthetic_images"},
            "layers": _dense("relu", 256, 128),
            "optimizer": _adam(0.001),
            "batch_size": 50,
            "dtype": "float32",
        },
    ),
    Scene(
        id="text_lstm",
        title="Writing, letter by letter",
        application="Language",
        picture="text",
        watch="An LSTM reads Python's manual and predicts the next letter. Let it write from time"
        " to time: first letters, then words, then something like sentences.",
        description={
            "data": {"name": "manual"},
            "layers": [
                {"kind": "embedding", "units": 16},
                {"kind": "lstm", "units": 64},
                {},
            ],
            "optimizer": _adam(0.01),
            "clipping": {"kind": "norm", "limit": 1.0},
            "batch_size": 32,
            "dtype": "float32",
        },
    ),
    Scene(
        id="text_transformer",
        title="Writing with attention",
        application="Language",
        picture="text",
        watch="A Transformer of two blocks reads the same text. Watch its attention heads: some "
        "learn to attend to the letter before, some to the beginning of the word.",
        description={
            "data": {"name": "manual"},
            "layers": [
                {"kind": "embedding", "units": 32, "initializer": {"kind": "normal", "value": 0.3}},
                {"kind": "positions"},
                {"kind": "transformer_block", "heads": 4, "hidden": 64},
                {"kind": "transformer_block", "heads": 4, "hidden": 64},
                {"kind": "layer_norm"},
                {},
            ],
            "optimizer": _adam(0.005),
            "schedule": {"kind": "warmup", "steps": 50},
            "clipping": {"kind": "norm", "limit": 1.0},
            "batch_size": 16,
            "dtype": "float32",
        },
    ),
    Scene(
        id="sentiment",
        title="Kind and unkind words",
        application="Language",
        picture="words",
        watch="The network reads words that people rated, split into pieces. The map shows how "
        "the pieces separate: those of kind words to one side, those of unkind words to the"
        " other.",
        description={
            "data": {"name": "sentiment"},
            "layers": [
                {"kind": "embedding", "units": 8, "l2": 0.0003},
                {"kind": "conv1d", "filters": 16, "kernel": 2, "l2": 0.0003},
                {"kind": "global_max_pool"},
                {"kind": "dropout", "rate": 0.3},
                {},
            ],
            "optimizer": _adam(0.005),
            "batch_size": 64,
            "dtype": "float32",
        },
    ),
    Scene(
        id="vowels_cnn",
        title="Vowels, by convolution",
        application="Speech",
        picture="sound",
        watch="Ten English vowels are shown as spectrograms, and their bright bands are the "
        "formants that define them. Play one, then say one yourself and see which vowel the"
        " network hears.",
        description={
            "data": {"name": "vowels"},
            "layers": [
                {"kind": "conv1d", "filters": 16, "l2": 0.001},
                {"kind": "max_pool"},
                {"kind": "conv1d", "filters": 16, "l2": 0.001},
                {"kind": "global_average_pool"},
                {"kind": "dropout", "rate": 0.3},
                {"l2": 0.001},
            ],
            "optimizer": _adam(0.005),
            "batch_size": 32,
            "dtype": "float32",
        },
    ),
    Scene(
        id="vowels_lstm",
        title="Vowels, moment by moment",
        application="Speech",
        picture="sound",
        watch="An LSTM reads the same sounds one moment after the other, and only its last state "
        "gives the prediction. Watch the gradient fade on its way back to the first "
        "moments.",
        description={
            "data": {"name": "vowels"},
            "layers": [
                {"kind": "lstm", "units": 24, "l2": 0.002},
                {"kind": "dropout", "rate": 0.3},
                {"l2": 0.001},
            ],
            "optimizer": _adam(0.005),
            "clipping": {"kind": "norm", "limit": 1.0},
            "batch_size": 32,
            "dtype": "float32",
        },
    ),
    Scene(
        id="ratings",
        title="Taste in films",
        application="Recommendation",
        picture="map",
        watch="The network learns two numbers for every person and every film, from star ratings "
        "alone. The map of films comes to look like the map of their hidden properties, "
        "which the network never saw.",
        description={
            "data": {"name": "ratings"},
            "layers": [{"kind": "factorisation", "rank": 2, "l2": 0.0005}],
            "optimizer": _adam(0.01),
            "batch_size": 64,
        },
    ),
    Scene(
        id="ratings_neural",
        title="Taste, by a neural scorer",
        application="Recommendation",
        picture="map",
        watch="The vectors of a person and a film are concatenated and go into dense layers. The "
        "layers must learn what a scalar product has built in, so training takes longer.",
        description={
            "data": {"name": "ratings"},
            "layers": [{"kind": "field_embedding", "units": 8, "l2": 0.0002}, *_dense("relu", 24)],
            "optimizer": _adam(0.005),
            "batch_size": 64,
        },
    ),
    Scene(
        id="breast_cancer",
        title="Breast cancer",
        application="Health",
        picture="units",
        watch="The network judges tumours by thirty measures of cell nuclei. Move the threshold "
        "to see how many false alarms one missed cancer less costs, and whether the "
        "probabilities are calibrated.",
        description={
            "data": {"name": "breast_cancer"},
            "layers": _dense("relu", 16, 8),
            "optimizer": _adam(0.003),
            "batch_size": 32,
        },
    ),
    Scene(
        id="diabetes",
        title="Diabetes",
        application="Health",
        picture="units",
        watch="The network predicts from ten measures how far a disease has progressed after a "
        "year. The test loss soon rises again, and early stopping ends the run there.",
        description={
            "data": {"name": "diabetes"},
            "layers": _dense("tanh", 16),
            "optimizer": _adam(0.003),
            "stopping": {"patience": 500},
            "batch_size": 32,
        },
    ),
    Scene(
        id="driving",
        title="A car that learns to steer",
        application="Driving",
        picture="road",
        watch="The network drives the car while it learns from an expert. First the car goes "
        "straight into the wall; soon it takes its first bend, then its first lap.",
        description={
            "data": {"name": "driving"},
            "layers": _dense("tanh", 16, 16),
            "optimizer": _adam(0.003),
            "batch_size": 32,
        },
    ),
    Scene(
        id="price_swing",
        title="Tomorrow's swing",
        application="Finance",
        picture="prices",
        watch="The network predicts how far a share will swing tomorrow, and is judged on later "
        "years than it trained on. Swings come in clusters: it easily beats the swing of "
        "today, but the mean of the last days only by a little.",
        description={
            "data": {"name": "price_swing"},
            "layers": [{"kind": "gru", "units": 12}, {}],
            "optimizer": _adam(0.003),
            "batch_size": 32,
            "dtype": "float32",
        },
    ),
    Scene(
        id="price_direction",
        title="Up tomorrow or not",
        application="Finance",
        picture="prices",
        watch="The network is right on 60 of 100 training days, and no better than a coin on "
        "later days. The lesson is the gap between the two curves.",
        description={
            "data": {"name": "price_direction"},
            "layers": [{"kind": "flatten"}, *_dense("relu", 32)],
            "optimizer": _adam(0.001),
            "batch_size": 32,
        },
    ),
    Scene(
        id="autoencoder",
        title="Digits through two numbers",
        application="Codes",
        picture="code",
        watch="Every digit has to pass through two numbers and come out again. In the plane of "
        "codes the ten digits separate, although training sees no labels; move the slider "
        "through the plane.",
        description={
            "data": {"name": "digits_autoencoder"},
            "layers": [
                *({"units": units, "activation": "tanh"} for units in (48, 24)),
                {"units": 2, "activation": "linear"},
                *({"units": units, "activation": "tanh"} for units in (24, 48)),
                {},
            ],
            "optimizer": _adam(0.003),
            "batch_size": 32,
            "dtype": "float32",
        },
    ),
)
