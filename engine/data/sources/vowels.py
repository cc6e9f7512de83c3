"""Spoken vowels: sounds of simulated speakers, with formants as measured in 1952.

The means are those of G. E. Peterson and H. L. Barney, "Control Methods Used in a Study of the
Vowels", Journal of the Acoustical Society of America 24 (1952), table II: 33 men, 28 women and 15
children read ten vowels twice. That table does not give the spread of speakers and sounds. The
spreads below are chosen so that the nearest mean of F1 and F2 identifies four of five vowels, as
it does for the measurements themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.assembly import Samples, grouped_split
from engine.data.dataset import Dataset, Floats, Labels
from engine.data.options import NOISE, SEED, Option, Settings
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.sources.speech import (
    BANDS,
    FLOOR,
    FRAMES,
    RATE,
    band_centres,
    spectrograms,
    synthesise,
)
from engine.data.streams import stream
from engine.data.thumbnails import Thumbnail, image_thumbnail
from engine.errors import DescriptionError

WORDS = ("heed", "hid", "head", "had", "hod", "hawed", "hood", "who'd", "hud", "heard")
"""The words that the speakers read. The vowel of a word is its class."""

PHONETIC = ("i", "ɪ", "ɛ", "æ", "ɑ", "ɔ", "ʊ", "u", "ʌ", "ɝ")
"""The phonetic symbol of each word's vowel."""
GROUPS = ("man", "woman", "child")
_SHARES = np.array([33, 28, 15]) / 76
"""The share of each group among the speakers."""

PITCH = np.array(
    [
        [136, 135, 130, 127, 124, 129, 137, 141, 130, 133],
        [235, 232, 223, 210, 212, 216, 232, 231, 221, 218],
        [272, 269, 260, 251, 256, 263, 276, 274, 261, 261],
    ],
    dtype=np.float64,
)
"""The mean pitch in Hz: a row for each group, a column for each word."""

FORMANTS = np.array(
    [
        [
            [270, 390, 530, 660, 730, 570, 440, 300, 640, 490],
            [310, 430, 610, 860, 850, 590, 470, 370, 760, 500],
            [370, 530, 690, 1010, 1030, 680, 560, 430, 850, 560],
        ],
        [
            [2290, 1990, 1840, 1720, 1090, 840, 1020, 870, 1190, 1350],
            [2790, 2480, 2330, 2050, 1220, 920, 1160, 950, 1400, 1640],
            [3200, 2730, 2610, 2320, 1370, 1060, 1410, 1170, 1590, 1820],
        ],
        [
            [3010, 2550, 2480, 2410, 2440, 2410, 2240, 2240, 2390, 1690],
            [3310, 3070, 2990, 2850, 2810, 2710, 2680, 2670, 2780, 1960],
            [3730, 3600, 3570, 3320, 3170, 3180, 3310, 3260, 3360, 2160],
        ],
    ],
    dtype=np.float64,
).transpose(1, 2, 0)
"""The mean F1, F2 and F3 in Hz, (groups, words, 3)."""

_SPEAKER_SPREAD = 0.04
"""The standard deviation of the logarithm of a speaker's formants, since vocal tracts differ."""
_SOUND_SPREAD = np.array([0.10, 0.075, 0.05])
"""The standard deviations of the logarithms of a sound's F1, F2 and F3."""
_PITCH_SPREAD = 0.12
"""The standard deviation of the logarithm of a speaker's pitch."""


@dataclass(frozen=True, eq=False)
class Voices:
    """The properties of sounds before they are synthesised.

    Attributes:
        words: (N,) indices into `WORDS`.
        speakers: (N,) numbers of the speakers.
        groups: (N,) indices into `GROUPS`.
        pitch: (N,) Hz.
        formants: (N, 3) Hz.
        seconds: (N,) durations.
    """

    words: Labels
    speakers: Labels
    groups: Labels
    pitch: Floats
    formants: Floats
    seconds: Floats


def draw_voices(speakers: int, rng: np.random.Generator) -> Voices:
    """Voices of speakers who say each word once. The groups have the shares of the study."""
    person, words = np.divmod(np.arange(speakers * len(WORDS)), len(WORDS))
    middle = (np.arange(speakers) + 0.5) / speakers
    groups = np.searchsorted(np.cumsum(_SHARES), middle)[person]
    tract = rng.normal(0.0, _SPEAKER_SPREAD, speakers)
    tone = rng.normal(0.0, _PITCH_SPREAD, speakers)
    deviation = rng.normal(0.0, _SOUND_SPREAD, (len(words), 3)) + tract[person, np.newaxis]
    return Voices(
        words=words,
        speakers=person,
        groups=groups,
        pitch=PITCH[groups, words] * np.exp(tone[person]),
        formants=FORMANTS[groups, words] * np.exp(deviation),
        seconds=rng.uniform(0.16, 0.25, len(words)),
    )


def vowel_sound(
    word: str, speaker: str = "man", *, seconds: float = 0.4, pitch: float | None = None
) -> Floats:
    """The vowel of `word` with its mean formants: (samples,) in [-1, 1] at 8 kHz.

    Args:
        speaker: one of `GROUPS`.
        pitch: Hz; None for the mean of the group.

    Raises:
        DescriptionError: unknown word or speaker, or a number out of range.
    """
    if word not in WORDS:
        raise DescriptionError("sound.word", word, f"one of {', '.join(WORDS)}")
    if speaker not in GROUPS:
        raise DescriptionError("sound.speaker", speaker, f"one of {', '.join(GROUPS)}")
    if not 0.05 <= seconds <= 5.0:
        raise DescriptionError("sound.seconds", seconds, "in 0.05..5")
    mean = GROUPS.index(speaker), WORDS.index(word)
    tone = float(PITCH[mean]) if pitch is None else pitch
    if not 60.0 <= tone <= 500.0:
        raise DescriptionError("sound.pitch", tone, "in 60..500")
    formants = FORMANTS[mean][np.newaxis]
    sound: Floats = synthesise(
        np.array([tone]), formants, np.array([seconds]), round(seconds * RATE)
    )[0]
    return sound


def _make(settings: Settings) -> Samples:
    rng = stream(settings.seed, "data/vowels")
    voices = draw_voices(settings.integer("speakers"), rng)
    sounds = synthesise(voices.pitch, voices.formants, voices.seconds)
    loudness = sounds.std(axis=1, keepdims=True)
    hiss = stream(settings.seed, "data/vowels/noise").normal(size=sounds.shape)
    sounds = sounds + settings.noise * loudness * hiss
    return Samples(
        points=spectrograms(sounds),
        labels=voices.words,
        column_names=tuple(f"{centre:.0f} Hz" for centre in band_centres()),
        class_names=WORDS,
        target_name="vowel",
        parts=grouped_split(voices.speakers, settings.test_fraction, settings.seed),
        extras={
            "sound": (sounds / np.abs(sounds).max(axis=1, keepdims=True)).astype(np.float32),
            "speaker": voices.speakers,
            "group": voices.groups,
            "pitch": voices.pitch,
            "formants": voices.formants,
        },
        dataset_extras={"groups": np.array(GROUPS), "phonetic": np.array(PHONETIC)},
    )


def _thumbnail(data: Dataset) -> Thumbnail:
    """The first training sound, with high bands at the top, stretched in time to a square."""
    moments = np.arange(BANDS) * FRAMES // BANDS
    return image_thumbnail(1.0 - data.train.points[0][moments].T[::-1] / FLOOR)


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        DatasetInfo(
            name="vowels",
            title="Spoken vowels",
            kind="sequence",
            task="classification",
            options=(
                Option(
                    "speakers", 10, 150, 76, integer=True, title="Speakers, with ten vowels each"
                ),
                NOISE,
                Option("test_fraction", 0.1, 0.9, 0.25, integer=False),
                SEED,
            ),
            features=(),
            default_features=(),
            class_counts=(len(WORDS),),
            source="synthesised; mean pitch and formants from G. E. Peterson and H. L. Barney, "
            "JASA 24, 1952",
            licence="not needed",
            about=f"Ten English vowels as {FRAMES} moments of {BANDS} frequency bands, synthesised "
            "from the mean formants of real men, women and children. Nobody spoke these sounds, so "
            "a network that recognises all of them may still mishear you.",
        ),
        _make,
        scaling="image",
        thumbnail=_thumbnail,
    ),
)
