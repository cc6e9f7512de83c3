"""Uses the network while it trains: continues text, classifies drawings, words and sounds.

Pure. Long work is done in pieces. Every result is computed with the parameters of that moment.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import DescriptionError, Machine, Pieces
from engine.data import encode_words, speech, tokenizer
from server.describe.description import Plan
from server.session.drawings import fitted
from server.session.training_points import movable
from server.views.codes import Decoder, code_layer
from server.views.driving_view import drives
from server.wire.commands import Classify, Decode, SampleText, Sound
from server.wire.errors import Refusal

Answer = dict[str, Any]
Numbers = NDArray[np.float64]

TOKENS_AT_ONCE = 8
"""Tokens of a generated text between two pauses."""
MAX_AMPLITUDE = 32767
"""Largest value of a 16-bit sound sample."""


def uses(plan: Plan) -> list[str]:
    """Commands that the network can carry out; `classify` is followed by its kind of input."""
    data = plan.data
    labels = data.train.labels
    if labels is not None and labels.ndim > 1:
        return ["sample_text"]
    found: list[str] = []
    if labels is not None and data.image_shape is not None:
        found.append("classify_pixels")
    if labels is not None and data.kind == "text":
        found.append("classify_text")
    if "sound" in data.train.extras:
        found += ["classify_sound", "sound"]
    if drives(plan):
        found.append("drive")
    if code_layer(plan) is not None:
        found.append("decode")
    if movable(plan):
        found.append("move_sample")
    return found


class Inference:
    """Carries out the commands that use the network of one machine.

    Its evaluators share the machine's parameters.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine, self._plan = machine, plan
        self._evaluator: Machine | None = None
        self._decoder: Decoder | None = None

    # Text ------------------------------------------------------------------------------------

    def sample_text(self, command: SampleText) -> Pieces[Answer]:
        """Continue a text, token by token.

        The network sees the last tokens, as many as in training. A shorter text is padded at the
        end, and the prediction at its last token counts.
        """
        self._require("sample_text", "a network that continues text")
        yield
        vocabulary = self._plan.data.vocabulary or ()
        ids = tokenizer.encode(command.prompt, vocabulary).tolist() or [0]
        prompt_length = len(ids)
        rng = np.random.Generator(np.random.Philox(key=command.seed))
        chosen: list[float | None] = []
        for count in range(command.length):
            if count and count % TOKENS_AT_ONCE == 0:
                yield
            probabilities = self._next_probabilities(ids)
            token = _sample_token(probabilities, command.temperature, rng)
            ids.append(token)
            chosen.append(_rounded(float(probabilities[token])))
        pieces = [vocabulary[number] for number in ids[prompt_length:]]
        return {"text": "".join(pieces), "tokens": pieces, "probabilities": chosen}

    def _next_probabilities(self, ids: Sequence[int]) -> Numbers:
        """(vocabulary,) the probability of each token to come next."""
        (time,) = self._plan.network.input_shape
        seen = ids[-time:]
        row = np.zeros((1, time), np.int64)
        row[0, : len(seen)] = seen
        return np.array(self._outputs(row)[0, len(seen) - 1], np.float64)

    # Classes ---------------------------------------------------------------------------------

    def classify(self, command: Classify) -> Answer:
        """The probabilities of all classes for a drawing, a word or a sound."""
        given = [command.pixels, command.text, command.sound]
        if sum(value is not None for value in given) != 1:
            message = "Give exactly one of pixels, text and sound."
            raise Refusal("bad_value", "pixels", None, "the only input", message=message)
        if command.pixels is not None:
            return self._classify_pixels(command.pixels)
        if command.text is not None:
            return self._classify_text(command.text)
        return self._classify_sound(command.sound or "", command.rate)

    def _classify_pixels(self, pixels: Sequence[Sequence[float]]) -> Answer:
        self._require("classify_pixels", "a network that classifies images")
        data = self._plan.data
        ink = fitted(_rectangle(pixels), data)
        classes = self._classify(data.transform(ink.reshape(1, -1)))
        return {**classes, "input": ink.round(3).tolist()}

    def _classify_text(self, text: str) -> Answer:
        self._require("classify_text", "a network that classifies words")
        vocabulary = self._plan.data.vocabulary or ()
        (length,) = self._plan.network.input_shape
        ids = encode_words([text.lower()], vocabulary, length)
        shown = [vocabulary[number] for number in ids[0] if number]
        return {**self._classify(ids), "tokens": shown}

    def _classify_sound(self, sound: str, rate: int) -> Answer:
        self._require("classify_sound", "a network that classifies sounds")
        try:
            spectrogram = speech.recording_spectrogram(_samples(sound), rate)
        except DescriptionError as error:
            raise Refusal("bad_value", error.path, error.value, error.expected) from error
        inputs = self._plan.data.transform(spectrogram[np.newaxis])
        return {**self._classify(inputs), "input": spectrogram.round(2).tolist()}

    def _classify(self, inputs: NDArray[Any]) -> Answer:
        """The probabilities of all classes and the likeliest; two classes may share one output."""
        outputs = self._outputs(inputs.reshape(1, *self._plan.network.input_shape))[0]
        probabilities = np.array(outputs, np.float64)
        if len(probabilities) == 1:
            probabilities = np.array([1.0 - probabilities[0], probabilities[0]])
        finite = bool(np.isfinite(probabilities).all())
        return {
            "probabilities": [_rounded(float(p)) for p in probabilities] if finite else None,
            "answer": int(probabilities.argmax()) if finite else None,
        }

    # Sounds and codes ------------------------------------------------------------------------

    def sound(self, command: Sound) -> Answer:
        """A sample of the data set as sound: 16-bit samples, little-endian, in base 64."""
        self._require("sound", "data with sounds")
        data = self._plan.data
        split = data.train if command.split == "train" else data.test
        sounds = split.extras["sound"]
        if command.sample >= len(sounds):
            expected = f"in 0..{len(sounds) - 1}, the {command.split} samples"
            raise Refusal("bad_value", "sample", command.sample, expected)
        samples = np.round(sounds[command.sample] * MAX_AMPLITUDE).astype("<i2")
        return {"rate": speech.RATE, "sound": base64.b64encode(samples.tobytes()).decode()}

    def decode(self, command: Decode) -> Answer:
        """The outputs that the network decodes from a code, in the units of the data."""
        self._require("decode", "an autoencoder with a code of two numbers")
        if self._decoder is None:
            self._decoder = Decoder(self._machine, self._plan, 1)
        values = self._decoder(np.array([command.code]))[0]
        return {"values": [_rounded(float(v)) for v in values]}

    # -----------------------------------------------------------------------------------------

    def _require(self, use: str, noun: str) -> None:
        """Refuse a command that this network cannot carry out."""
        if use not in uses(self._plan):
            raise Refusal("bad_value", "type", use, noun, message=f"This needs {noun}.")

    def _outputs(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The network's outputs (1, *outputs) for one sample."""
        if self._evaluator is None:
            self._evaluator = self._machine.evaluator(inputs)
        self._evaluator.write("input/x", inputs)
        self._evaluator.run(1)
        return self._evaluator.view(self._evaluator.program.layers[-1].output)


def _sample_token(probabilities: Numbers, temperature: float, rng: np.random.Generator) -> int:
    """A token drawn from these probabilities, never the unknown one."""
    known = np.nan_to_num(probabilities, nan=0.0)
    known[0] = 0.0
    if temperature == 0.0 or known.sum() <= 0.0:
        return int(known.argmax())
    with np.errstate(divide="ignore"):
        logits = np.log(known) / temperature
    weights = np.exp(logits - logits.max())
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def _rounded(value: float) -> float | None:
    """A number rounded for display; None if it is not finite."""
    return round(value, 5) if np.isfinite(value) else None


def _rectangle(rows: Sequence[Sequence[float]]) -> Numbers:
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise Refusal("bad_value", "pixels", f"{len(rows)} rows", "rows of the same length")
    return np.array(rows, np.float64)


def _samples(sound: str) -> Numbers:
    try:
        raw = base64.b64decode(sound, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("bad_value", "sound", sound, "base 64") from error
    if len(raw) % 2:
        raise Refusal("bad_value", "sound", f"{len(raw)} bytes", "16-bit samples")
    return np.frombuffer(raw, "<i2").astype(np.float64) / MAX_AMPLITUDE
