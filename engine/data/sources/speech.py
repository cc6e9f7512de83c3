"""Voiced sounds from a source and a filter, and the spectrograms that a network reads.

A vowel begins as a buzz at the pitch f0. Its harmonics fall by 6 dB per octave once they have left
the mouth. A filter, the vocal tract, amplifies them around its resonances, the formants F1, F2 and
F3 (G. Fant, "Acoustic Theory of Speech Production", 1960). The formants determine the vowel.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data.dataset import Floats
from engine.errors import DescriptionError

RATE = 8000
"""The number of sound samples per second."""

LENGTH = 2000
"""The number of sound samples that a network reads: a quarter of a second."""

FRAME, HOP, BANDS = 256, 128, 24
FRAMES = 1 + (LENGTH - FRAME) // HOP
FLOOR = -60.0
"""The loudness of silence in dB, relative to the loudest band and moment of a sound."""

MAX_FREQUENCY = 3800.0
"""The frequency in Hz at which harmonics and bands end, a little below half of `RATE`."""

_BATCH = 32
"""The number of sounds computed together, which fit in the processor's cache."""

_BANDWIDTHS = np.array([60.0, 90.0, 150.0, 200.0])
"""The bandwidths of F1 to F4 in Hz: D. H. Klatt and L. C. Klatt, JASA 87 (1990), table XII."""

_FOURTH_RATIO = 1.3
"""The ratio of F4 to F3, from the same table."""


def synthesise(pitch: Floats, formants: Floats, seconds: Floats, length: int = LENGTH) -> Floats:
    """Sounds (N, length) in [-1, 1] at `RATE`, each in the middle of its row between silences.

    Args:
        pitch: (N,) Hz at the beginning. It falls by a twentieth, as in speech.
        formants: (N, 3) Hz.
        seconds: (N,) the durations. A sound that is longer than its row is cut.
    """
    sounds = np.empty((len(pitch), length))
    order = np.argsort(pitch)  # sounds of one batch have similar numbers of harmonics
    for voices in np.split(order, range(_BATCH, len(order), _BATCH)):
        samples = np.minimum(np.round(seconds[voices] * RATE), length)
        sounds[voices] = _synthesise_batch(pitch[voices], formants[voices], samples, length)
    return sounds


def _synthesise_batch(pitch: Floats, formants: Floats, samples: Floats, length: int) -> Floats:
    """`synthesise` for one batch of sounds, with their durations in samples (N,)."""
    along = np.clip(_positions(samples, length), 0.0, 1.0)
    turns = pitch[:, np.newaxis] * (samples / RATE)[:, np.newaxis] * (along - 0.025 * along**2)
    fundamental = np.exp(2j * np.pi * turns).astype(np.complex64)
    harmonic = fundamental.copy()
    sounds = np.zeros((len(pitch), length), dtype=np.float32)
    for number in range(1, int(MAX_FREQUENCY / pitch.min()) + 1):
        audible = number * pitch <= MAX_FREQUENCY
        response = audible * _resonance(number * pitch, formants) / number
        sounds += (harmonic * response[:, np.newaxis].astype(np.complex64)).real
        harmonic *= fundamental
    shaped: Floats = sounds * _envelope(samples, length)
    shaped /= np.abs(shaped).max(axis=1, keepdims=True)
    return shaped


def _positions(samples: Floats, length: int) -> Floats:
    """The position of each sample (N, length) in its sound: 0 at the beginning, 1 at the end."""
    start = (length - samples) / 2
    return (np.arange(length) - start[:, np.newaxis]) / samples[:, np.newaxis]


def _envelope(samples: Floats, length: int) -> Floats:
    """The loudness (N, length): a fast rise, a slower fall, and 0 outside the sound."""
    along = _positions(samples, length)
    rise, fall = np.clip(along / 0.1, 0.0, 1.0), np.clip((1.0 - along) / 0.25, 0.0, 1.0)
    loudness: Floats = np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
    return loudness


def _resonance(frequency: Floats, formants: Floats) -> NDArray[np.complex128]:
    """The complex response (N,) of the vocal tract at `frequency` (N,), from all resonances."""
    fourth = _FOURTH_RATIO * formants[:, 2:]
    poles = -np.pi * _BANDWIDTHS + 2j * np.pi * np.concatenate([formants, fourth], axis=1)
    s = 2j * np.pi * frequency[:, np.newaxis]
    each = np.abs(poles) ** 2 / ((s - poles) * (s - poles.conj()))
    response: NDArray[np.complex128] = each.prod(axis=1)
    return response


@cache
def _band_weights() -> Floats:
    """Triangular filters (spectrum, BANDS), evenly spaced in mel, each from centre to centre."""
    mel = np.linspace(_mel(100.0), _mel(MAX_FREQUENCY), BANDS + 2)
    bins = _mel(np.fft.rfftfreq(FRAME, 1 / RATE))[:, np.newaxis]
    rising = (bins - mel[:-2]) / np.diff(mel)[:-1]
    falling = (mel[2:] - bins) / np.diff(mel)[1:]
    return np.clip(np.minimum(rising, falling), 0.0, None)


def _mel(hertz: ArrayLike) -> Floats:
    """The mel scale of S. S. Stevens and J. Volkmann, by D. O'Shaughnessy's formula (1987)."""
    mel: Floats = 2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0)
    return mel


def band_centres() -> Floats:
    """The centres (BANDS,) of the bands in Hz."""
    mel = np.linspace(_mel(100.0), _mel(MAX_FREQUENCY), BANDS + 2)[1:-1]
    centres: Floats = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return centres


def spectrograms(sounds: Floats) -> Floats:
    """The loudness (N, FRAMES, BANDS) of sounds (N, LENGTH) in dB, from `FLOOR` to 0.

    High frequencies are first amplified by up to 6 dB per octave, as is usual in speech
    recognition. Without it, the louder F1 would mask F2 and F3.
    """
    lifted = np.diff(sounds, axis=1, prepend=0.0) + 0.03 * sounds
    frames = np.lib.stride_tricks.sliding_window_view(lifted, FRAME, axis=1)[:, ::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=2)) ** 2 @ _band_weights()
    loudest = power.max(axis=(1, 2), keepdims=True)
    share = power / np.where(loudest > 0.0, loudest, 1.0)
    decibels: Floats = 10.0 * np.log10(np.maximum(share, 10.0 ** (FLOOR / 10.0)))
    return decibels


def recording_spectrogram(waveform: Floats, rate: int = RATE) -> Floats:
    """The spectrogram (FRAMES, BANDS) of the loudest quarter second of a recording.

    Args:
        waveform: (samples,) of any loudness. A shorter recording is padded with silence.
        rate: samples per second.

    Raises:
        DescriptionError: not a row of finite numbers, or a rate outside of 4,000..192,000.
    """
    if not 4000 <= rate <= 192_000:
        raise DescriptionError("sound.rate", rate, "in 4,000..192,000 samples a second")
    sound = np.asarray(waveform, dtype=np.float64)
    if sound.ndim != 1 or len(sound) == 0 or not np.isfinite(sound).all():
        raise DescriptionError("sound", f"shape {sound.shape}", "a row of finite numbers")
    sound = _resample(sound - sound.mean(), rate)
    missing = max(LENGTH - len(sound), 0)
    sound = np.pad(sound, (missing // 2, missing - missing // 2))
    energy = np.concatenate([[0.0], np.cumsum(sound**2)])
    start = int((energy[LENGTH:] - energy[:-LENGTH]).argmax())
    found: Floats = spectrograms(sound[np.newaxis, start : start + LENGTH])[0]
    return found


def _resample(sound: Floats, rate: int) -> Floats:
    """`sound` at `RATE`. Resampling its spectrum avoids aliasing."""
    if rate == RATE:
        return sound
    length = max(round(len(sound) * RATE / rate), 1)
    spectrum = np.fft.rfft(sound)
    bins = min(len(spectrum), length // 2 + 1)
    return np.fft.irfft(spectrum[:bins], length) * (length / len(sound))
