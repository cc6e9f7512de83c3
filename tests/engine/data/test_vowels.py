"""Spoken vowels: the synthesiser, the spectrograms, and the speakers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import Dataset, load_dataset, thumbnail
from engine.data.sources.speech import (
    BANDS,
    FLOOR,
    FRAMES,
    LENGTH,
    RATE,
    band_centres,
    recording_spectrogram,
    spectrograms,
    synthesise,
)
from engine.data.sources.vowels import FORMANTS, GROUPS, PITCH, WORDS, draw_voices, vowel_sound
from engine.data.streams import stream
from engine.errors import DescriptionError


def loudness_at(sound: Any, hertz: float, width: float) -> float:
    """The largest amplitude at frequencies less than `width` Hz from `hertz`."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE) - hertz) < width
    return float(spectrum[near].max())


def test_table_is_that_of_the_paper() -> None:
    assert FORMANTS.shape == (3, 10, 3)
    np.testing.assert_array_equal(FORMANTS[0, WORDS.index("heed")], [270, 2290, 3010])
    np.testing.assert_array_equal(FORMANTS[1, WORDS.index("had")], [860, 2050, 2850])
    np.testing.assert_array_equal(FORMANTS[2, WORDS.index("heard")], [560, 1820, 2160])
    np.testing.assert_array_equal(PITCH[:, WORDS.index("who'd")], [141, 231, 274])
    assert (np.diff(FORMANTS, axis=2) > 0).all()
    assert (np.diff(FORMANTS, axis=0) > 0).all()


@pytest.mark.parametrize("speaker", GROUPS)
@pytest.mark.parametrize("word", ["heed", "hod", "heard"])
def test_a_vowel_is_loudest_at_its_formants_and_has_its_pitch(word: str, speaker: str) -> None:
    sound = vowel_sound(word, speaker, seconds=0.5)
    place = GROUPS.index(speaker), WORDS.index(word)
    assert sound.shape == (4000,)
    assert np.abs(sound).max() == pytest.approx(1.0, abs=1e-6)
    first, second = FORMANTS[place][:2]
    width = 0.55 * PITCH[place]  # wide enough to meet a harmonic
    loud = loudness_at(sound, first, width)
    if second - first > 700:
        between = loudness_at(sound, (first + second) / 2, width)
        assert between < 0.8 * loudness_at(sound, second, width)
        assert between < 0.8 * loud
    assert loudness_at(sound, 3950, 40) < 1e-3 * loud
    steady = sound[1000:1800]
    echo = np.correlate(steady, steady, "full")[len(steady) - 1 :]
    period = int(echo[15:160].argmax()) + 15
    assert RATE / period == pytest.approx(PITCH[place], rel=0.06)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_a_sound_is_the_same_alone_and_among_others(seed: int) -> None:
    voices = draw_voices(5, stream(seed, "test"))
    together = synthesise(voices.pitch, voices.formants, voices.seconds)
    one = slice(seed % 50, seed % 50 + 1)
    alone = synthesise(voices.pitch[one], voices.formants[one], voices.seconds[one])
    np.testing.assert_allclose(together[one], alone, atol=1e-5)


def test_a_sound_lasts_as_long_as_asked_in_the_middle_of_silence() -> None:
    (sound,) = synthesise(np.array([120.0]), FORMANTS[:1, 0], np.array([0.125]))
    assert sound.shape == (LENGTH,)
    np.testing.assert_array_equal(sound[:500], 0.0)
    np.testing.assert_array_equal(sound[1500:], 0.0)
    assert np.abs(sound[600:1300]).max() > 0.5


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 2500.0])
def test_a_tone_lights_its_band(hertz: float) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(LENGTH) / RATE)
    (seen,) = spectrograms(tone[np.newaxis])
    assert seen.shape == (FRAMES, BANDS)
    assert (seen.argmax(axis=1) == np.abs(band_centres() - hertz).argmin()).all()
    assert (seen.max(), seen.min()) == (0.0, FLOOR)


def test_loudness_does_not_matter_and_silence_is_the_floor() -> None:
    sound = vowel_sound("hid", seconds=0.25)[np.newaxis]
    np.testing.assert_allclose(spectrograms(sound), spectrograms(1e-3 * sound), atol=1e-9)
    assert (spectrograms(np.zeros((1, LENGTH))) == FLOOR).all()


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_recording_is_heard_as_the_data_set_s_sounds_are(rate: int) -> None:
    sound = vowel_sound("head", "woman", seconds=0.25)
    (expected,) = spectrograms(sound[np.newaxis])
    recording = np.zeros(3 * rate)
    times = np.arange(round(0.25 * rate)) / rate
    recording[rate : rate + len(times)] = 0.05 * np.interp(times * RATE, np.arange(LENGTH), sound)
    seen = recording_spectrogram(recording + 0.2, rate)
    assert seen.shape == (FRAMES, BANDS)
    loud = expected > -40
    assert np.abs(seen - expected)[loud].mean() < 3.0
    short = recording_spectrogram(sound[:700])
    assert short.shape == (FRAMES, BANDS)
    assert (short[0] == FLOOR).all()


@pytest.mark.parametrize(
    ("waveform", "rate", "message"),
    [
        ([], 8000, "not a row of finite numbers"),
        ([[0.0, 1.0]], 8000, "not a row of finite numbers"),
        ([0.0, float("nan")], 8000, "not a row of finite numbers"),
        ([0.0, 1.0], 100, "100 is not in 4,000..192,000"),
    ],
)
def test_what_is_no_recording_is_refused(waveform: Any, rate: int, message: str) -> None:
    with pytest.raises(DescriptionError, match=message):
        recording_spectrogram(np.array(waveform), rate)


def test_the_crowd_differs_as_much_as_the_measured_speakers_did() -> None:
    """Nearest mean of F1 and F2: 1,210 of the 1,520 measurements; here the same within 3 %."""
    voices = draw_voices(760, stream(0, "test"))
    means = FORMANTS[voices.groups][:, :, :2]
    distance = ((voices.formants[:, np.newaxis, :2] - means) ** 2).sum(axis=2)
    assert (distance.argmin(axis=1) == voices.words).mean() == pytest.approx(1210 / 1520, abs=0.03)
    assert np.bincount(voices.groups).tolist() == [3300, 2800, 1500]
    for group in range(3):
        mine = voices.groups == group
        mean = voices.formants[mine & (voices.words == 0)].mean(axis=0)
        np.testing.assert_allclose(mean, FORMANTS[group, 0], rtol=0.02)


def test_no_speaker_is_in_both_parts() -> None:
    data = load_dataset("vowels", speakers=40, test_fraction=0.3)
    train, test = (set(part.extras["speaker"].tolist()) for part in (data.train, data.test))
    assert not train & test
    assert (len(train), len(test)) == (28, 12)
    for part in (data.train, data.test):
        assert part.labels is not None
        assert set(np.bincount(part.labels)) == {len(part) // 10}
        assert part.extras["sound"].shape == (len(part), LENGTH)
        assert part.extras["sound"].dtype == np.float32


def test_inputs_are_the_sounds_spectrograms_standardised_by_the_training_part() -> None:
    data = load_dataset("vowels", speakers=20)
    assert data.input_shape == (FRAMES, BANDS)
    assert data.class_names == WORDS
    for part in (data.train, data.test):
        np.testing.assert_allclose(
            part.points, spectrograms(part.extras["sound"].astype(np.float64)), atol=0.02
        )
        np.testing.assert_allclose(
            part.inputs, (part.points - data.train.points.mean()) / data.train.points.std()
        )
    np.testing.assert_array_equal(data.transform(data.test.points[:2]), data.test.inputs[:2])


def nearest_mean_score(data: Dataset) -> float:
    train, test = (part.inputs.reshape(len(part), -1) for part in (data.train, data.test))
    assert data.train.labels is not None
    means = np.stack([train[data.train.labels == word].mean(axis=0) for word in range(10)])
    found = ((test[:, np.newaxis] - means) ** 2).sum(axis=2).argmin(axis=1)
    return float((found == data.test.labels).mean())


@pytest.mark.slow
def test_spectrograms_tell_the_vowels_and_noise_hides_them() -> None:
    clear, noisy = (nearest_mean_score(load_dataset("vowels", noise=n)) for n in (0.0, 0.5))
    (chance,) = load_dataset("vowels").baselines
    assert chance.value == pytest.approx(0.1)
    assert clear > 0.6
    assert noisy < clear


def test_thumbnail_is_a_spectrogram_with_high_tones_at_the_top() -> None:
    image = np.array(thumbnail("vowels").image)
    assert image.shape == (BANDS, BANDS)
    assert image.max() == 1.0
    seen = load_dataset("vowels").train.points[0]
    np.testing.assert_allclose(image[::-1, 0], 1 - seen[0] / FLOOR, atol=0.005)
    np.testing.assert_allclose(image[::-1, -1], 1 - seen[-1] / FLOOR, atol=0.005)


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"word": "hoard"}, "sound.word"),
        ({"word": "hid", "speaker": "dog"}, "sound.speaker"),
        ({"word": "hid", "seconds": 9.0}, "sound.seconds"),
        ({"word": "hid", "pitch": 20.0}, "sound.pitch"),
    ],
)
def test_sounds_that_cannot_be_made_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        vowel_sound(**options)
    assert caught.value.path == path
