"""Using the network as it trains: text to go on with, drawings, words and sounds to judge.

Pure, and bounded: what takes longer than a moment is done in pieces. Everything is done with the
parameters as they are at that moment.
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
"""Of a text that is being written, between two pauses."""
LOUDEST = 32767
"""Of a sample of 16 bits."""


def uses(plan: Plan) -> list[str]:
    """What the network can be used for: names of commands, `classify` with what it takes."""
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
    """What the network of one machine is used for.

    The evaluators it takes share the machine's parameters.
    """

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self._machine, self._plan = machine, plan
        self._known: Machine | None = None
        self._decoder: Decoder | None = None

    # Text ------------------------------------------------------------------------------------

    def sample_text(self, command: SampleText) -> Pieces[Answer]:
        """Go on with a text, token by token.

        The network sees as many tokens as in training, the last ones. Of a shorter text it sees
        nothing behind, and its answer at the last token is what counts.
        """
        self._need("sample_text", "a network that goes on with text")
        yield
        vocabulary = self._plan.data.vocabulary or ()
        ids = tokenizer.encode(command.prompt, vocabulary).tolist() or [0]
        begun = len(ids)
        rng = np.random.Generator(np.random.Philox(key=command.seed))
        chances: list[float | None] = []
        for count in range(command.length):
            if count and count % TOKENS_AT_ONCE == 0:
                yield
            chance = self._following(ids)
            chosen = _drawn(chance, command.temperature, rng)
            ids.append(chosen)
            chances.append(_rounded(float(chance[chosen])))
        pieces = [vocabulary[number] for number in ids[begun:]]
        return {"text": "".join(pieces), "tokens": pieces, "probabilities": chances}

    def _following(self, ids: Sequence[int]) -> Numbers:
        """(vocabulary,) how probable each token is after these."""
        (time,) = self._plan.network.input_shape
        seen = ids[-time:]
        row = np.zeros((1, time), np.int64)
        row[0, : len(seen)] = seen
        return np.array(self._answer(row)[0, len(seen) - 1], np.float64)

    # Classes ---------------------------------------------------------------------------------

    def classify(self, command: Classify) -> Answer:
        """The probabilities of all classes for a drawing, a word or a sound."""
        given = [command.pixels, command.text, command.sound]
        if sum(value is not None for value in given) != 1:
            said = "Give one of pixels, text and sound."
            raise Refusal("bad_value", "pixels", None, "the only input", message=said)
        if command.pixels is not None:
            return self._classify_pixels(command.pixels)
        if command.text is not None:
            return self._classify_text(command.text)
        return self._classify_sound(command.sound or "", command.rate)

    def _classify_pixels(self, pixels: Sequence[Sequence[float]]) -> Answer:
        self._need("classify_pixels", "a network that classifies images")
        data = self._plan.data
        ink = fitted(_rectangle(pixels), data)
        answer = self._judge(data.transform(ink.reshape(1, -1)))
        return {**answer, "input": ink.round(3).tolist()}

    def _classify_text(self, text: str) -> Answer:
        self._need("classify_text", "a network that classifies words")
        vocabulary = self._plan.data.vocabulary or ()
        (length,) = self._plan.network.input_shape
        ids = encode_words([text.lower()], vocabulary, length)
        shown = [vocabulary[number] for number in ids[0] if number]
        return {**self._judge(ids), "tokens": shown}

    def _classify_sound(self, sound: str, rate: int) -> Answer:
        self._need("classify_sound", "a network that classifies sounds")
        try:
            heard = speech.recording_spectrogram(_samples(sound), rate)
        except DescriptionError as error:
            raise Refusal("bad_value", error.path, error.value, error.expected) from error
        inputs = self._plan.data.transform(heard[np.newaxis])
        return {**self._judge(inputs), "input": heard.round(2).tolist()}

    def _judge(self, inputs: NDArray[Any]) -> Answer:
        """The probabilities of all classes, of which two may share one output."""
        outputs = self._answer(inputs.reshape(1, *self._plan.network.input_shape))[0]
        known = np.array(outputs, np.float64)
        if len(known) == 1:
            known = np.array([1.0 - known[0], known[0]])
        finite = bool(np.isfinite(known).all())
        return {
            "probabilities": [_rounded(float(p)) for p in known] if finite else None,
            "answer": int(known.argmax()) if finite else None,
        }

    # Sounds and codes ------------------------------------------------------------------------

    def sound(self, command: Sound) -> Answer:
        """A sample of the data set to be played: 16-bit samples, little-endian, in base 64."""
        self._need("sound", "data with sounds")
        data = self._plan.data
        split = data.train if command.split == "train" else data.test
        sounds = split.extras["sound"]
        if command.sample >= len(sounds):
            expected = f"in 0..{len(sounds) - 1}, the {command.split} samples"
            raise Refusal("bad_value", "sample", command.sample, expected)
        samples = np.round(sounds[command.sample] * LOUDEST).astype("<i2")
        return {"rate": speech.RATE, "sound": base64.b64encode(samples.tobytes()).decode()}

    def decode(self, command: Decode) -> Answer:
        """What the network makes of a code, in the data's own units."""
        self._need("decode", "an autoencoder with a code of two numbers")
        if self._decoder is None:
            self._decoder = Decoder(self._machine, self._plan, 1)
        values = self._decoder(np.array([command.code]))[0]
        return {"values": [_rounded(float(v)) for v in values]}

    # -----------------------------------------------------------------------------------------

    def _need(self, use: str, noun: str) -> None:
        if use not in uses(self._plan):
            said = f"This needs {noun}, which the present one is not."
            raise Refusal("bad_value", "type", use, noun, message=said)

    def _answer(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The network's output for one sample."""
        if self._known is None:
            self._known = self._machine.evaluator(inputs)
        self._known.write("input/x", inputs)
        self._known.run(1)
        return self._known.view(self._known.program.layers[-1].output)


def _drawn(chance: Numbers, temperature: float, rng: np.random.Generator) -> int:
    """A token drawn from these probabilities, never the unknown one."""
    known = np.nan_to_num(chance, nan=0.0)
    known[0] = 0.0
    if temperature == 0.0 or known.sum() <= 0.0:
        return int(known.argmax())
    with np.errstate(divide="ignore"):
        logits = np.log(known) / temperature
    weights = np.exp(logits - logits.max())
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def _rounded(value: float) -> float | None:
    """A number as far as it is looked at; None if it is not finite."""
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
    return np.frombuffer(raw, "<i2").astype(np.float64) / LOUDEST
