"""The network in use beside its training: text, words, drawings, voices and redrawn images."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visit import PAUSED, Visit, Visits

TEXT: dict[str, Any] = {
    "data": {"name": "manual"},
    "layers": [{"kind": "embedding", "units": 8}, {"kind": "rnn", "units": 16}, {}],
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
}
WORDS: dict[str, Any] = {
    "data": {"name": "sentiment"},
    "layers": [{"kind": "embedding", "units": 8}, {"kind": "global_max_pool"}, {}],
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
}
VOWELS: dict[str, Any] = {
    "data": {"name": "vowels"},
    "layers": [{"kind": "conv1d", "filters": 8}, {"kind": "global_average_pool"}, {}],
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
}
REDRAWN: dict[str, Any] = {
    "data": {"name": "digits_autoencoder"},
    "layers": [{"units": 12, "activation": "tanh"}, {}],
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
}
DIGITS = (
    f"{PAUSED}&data=digits&layers=16relu,10softmax&loss=softmax_cross_entropy"
    "&optimizer=adam&learning_rate=0.01&batch=32"
)
HUM = """() => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const voice = new OscillatorNode(context, { type: "sawtooth", frequency: 150 });
    const microphone = new MediaStreamAudioDestinationNode(context);
    voice.connect(microphone);
    voice.start();
    return microphone.stream;
  };
}"""
"""A microphone that hears a buzz."""
REFUSED = """(name) => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", name); };
}"""
PLAYED = """() => {
  window.played = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...rest) {
    window.played.push(this.buffer.length / this.buffer.sampleRate);
    start.apply(this, rest);
  };
}"""
"""Notes how many seconds of sound are played."""


def opened(visits: Visits, description: dict[str, Any]) -> Visit:
    """A page with a network that stands still."""
    visit = visits.open()
    visit.page.evaluate("(it) => backstep.actions.configure(it)", description)
    visit.wait(f"s.model.data.name === '{description['data']['name']}'")
    visit.settle()
    return visit


def output(visit: Visit) -> Locator:
    return visit.page.get_by_role("region", name="Output", exact=True)


def asked(visit: Visit, kind: str, **fields: Any) -> dict[str, Any]:
    """What the server says to the same question."""
    question = [kind, fields]
    answer: dict[str, Any] = visit.page.evaluate(
        "([kind, fields]) => backstep.actions.questions.ask(kind, fields)", question
    )
    return answer


def bars(where: Locator) -> list[tuple[str, float]]:
    """Names and values of a list of probabilities."""
    rows = where.get_by_role("listitem")
    found: list[list[str]] = rows.evaluate_all(
        "(rows) => rows.map((r) => [...r.children].map((c) => c.textContent))"
    )
    return [(name, float(value)) for name, _, value, _ in found]


def train(visit: Visit, steps: int) -> None:
    visit.page.evaluate("backstep.actions.run()")
    visit.wait(f"s.frame?.step >= {steps}")
    visit.page.evaluate("backstep.actions.pause()")
    visit.settle()


# Text --------------------------------------------------------------------------------------------


def test_text_is_written_anew_while_the_network_learns(visits: Visits) -> None:
    visit = opened(visits, TEXT)
    written = output(visit).get_by_role("group", name="Text that the network has written")
    expect(written).not_to_be_empty()
    untrained = written.text_content()
    train(visit, 30)
    settings = {"length": 120, "temperature": 0.7}
    trained = asked(visit, "sample_text", seed=0, **settings)["text"]
    assert trained != untrained
    expect(written).to_have_text(trained, use_inner_text=False)
    output(visit).get_by_label("Prompt").fill("The ")
    begun = asked(visit, "sample_text", prompt="The ", seed=0, **settings)["text"]
    expect(written).to_have_text(f"The {begun}")
    output(visit).get_by_role("button", name="Write again").click()
    other = asked(visit, "sample_text", prompt="The ", seed=1, **settings)["text"]
    expect(written).to_have_text(f"The {other}")
    assert visit.get("announce") == f"The {other}"
    output(visit).get_by_role("slider", name="Temperature").press("ArrowLeft")
    cooler = asked(visit, "sample_text", prompt="The ", seed=1, length=120, temperature=0.65)
    expect(written).to_have_text(f"The {cooler['text']}")


def test_the_next_token_at_every_place_of_the_sample(visits: Visits) -> None:
    visit = opened(visits, TEXT)
    sample = output(visit).get_by_role("slider", name="Text of the probe sample")
    ranking = output(visit).get_by_role("list", name="Most probable next tokens")
    vocabulary = visit.get("model.data.vocabulary")
    chances = visit.drawn("probe/dense3/a")
    followed = visit.drawn("probe/input/y").astype(int)
    for place, key in ((len(followed) - 1, ""), (len(followed) - 2, "ArrowLeft"), (0, "Home")):
        if key:
            sample.press(key)
        expect(sample).to_have_attribute("aria-valuenow", str(place + 1))
        share = chances[place, followed[place]]
        expect(sample).to_have_attribute("aria-valuetext", re.compile(f"{share:.3f}"))
        shown = bars(ranking)
        assert len(shown) == 8
        best = np.sort(chances[place])[::-1][:8]
        assert [value for _, value in shown] == pytest.approx(best, abs=6e-4)
        likeliest = vocabulary[int(chances[place].argmax())]
        assert shown[0][0] == likeliest.replace(" ", "␣").replace("\n", "↵")


# Words -------------------------------------------------------------------------------------------


def test_words_are_judged_as_they_are_typed_and_as_the_network_learns(visits: Visits) -> None:
    visit = opened(visits, WORDS)
    own = output(visit).get_by_label("Your own words")
    shown = output(visit).get_by_role("list", name="Outputs by class")
    own.fill("horrible")
    for steps in (0, 40):
        if steps:
            train(visit, steps)
        told = asked(visit, "classify", text="horrible")["probabilities"]
        expect(shown).to_contain_text(f"{told[0]:.3f}")
        assert [value for _, value in bars(shown)] == pytest.approx(told, abs=6e-4)
    assert told[0] > told[1]
    own.fill("")
    expect(output(visit)).to_contain_text("Type a word")
    expect(shown).not_to_contain_text("0.")
    word = visit.get("model.data.extras.train.word[0]")
    expect(output(visit)).to_contain_text(word)


# Drawings ----------------------------------------------------------------------------------------


def draw(visit: Visit, *spots: tuple[float, float]) -> None:
    """A line through places of the paper, from 0 to 1 across and down."""
    box = visit.page.get_by_role("application", name="Paper to draw on").bounding_box()
    assert box is not None
    mouse = visit.page.mouse
    for i, (x, y) in enumerate(spots):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        if i == 0:
            mouse.down()
    mouse.up()


def test_a_drawing_is_classified_while_it_is_drawn_and_cleared_again(visits: Visits) -> None:
    visit = visits.open(DIGITS)
    output(visit).get_by_role("radio", name="Classes").press("ArrowRight")
    expect(output(visit).get_by_role("radio", name="Draw", exact=True)).to_be_focused()
    shown = output(visit).get_by_role("list", name="Outputs by class")
    expect(output(visit)).to_contain_text("Draw one character.")
    draw(visit, (0.5, 0.15), (0.5, 0.85))
    expect(output(visit)).to_contain_text("The network predicts")
    assert sum(value for _, value in bars(shown)) == pytest.approx(1, abs=0.01)
    train(visit, 60)
    expect(output(visit)).to_contain_text("The network predicts 1.")
    output(visit).get_by_role("button", name="Clear").click()
    expect(output(visit)).to_contain_text("Draw one character.")
    paper = output(visit).get_by_role("application", name="Paper to draw on")
    paper.focus()
    visit.press(" ", *["ArrowDown"] * 10)
    expect(output(visit)).to_contain_text("The network predicts")
    assert not visit.get("run.running"), "the space bar belongs to the pen"
    visit.press("Delete")
    expect(output(visit)).to_contain_text("Draw one character.")


# Sounds ------------------------------------------------------------------------------------------


def test_a_vowel_is_played_and_a_voice_recorded(visits: Visits) -> None:
    visit = opened(visits, VOWELS)
    visit.page.evaluate(HUM)
    visit.page.evaluate(PLAYED)
    name = visit.get("model.data.class_names[backstep.store.state.model.data.labels.train[0]]")
    expect(output(visit).get_by_role("img", name=f"Spectrogram of train 0: {name}")).to_be_visible()
    sample, own = (output(visit).get_by_role("button", name="Play").nth(i) for i in range(2))
    sample.click()
    visit.wait("window.played.length === 1")
    assert visit.page.evaluate("window.played[0]") == pytest.approx(0.25)
    expect(own).to_be_disabled()
    output(visit).get_by_role("button", name="Record").click()
    expect(output(visit)).to_contain_text("Recording")
    expect(output(visit)).to_contain_text("The network hears the vowel of")
    expect(output(visit).get_by_role("img", name="Spectrogram of your recording")).to_be_visible()
    shown = output(visit).get_by_role("list", name="Outputs by class").nth(1)
    assert sum(value for _, value in bars(shown)) == pytest.approx(1, abs=0.01)
    untrained = shown.text_content() or ""
    train(visit, 30)
    expect(shown).not_to_have_text(untrained)
    own.click()
    visit.wait("window.played.length === 2")
    assert 0.2 < visit.page.evaluate("window.played[1]") <= 1.5


def test_without_a_microphone_the_page_says_why(visits: Visits) -> None:
    visit = opened(visits, VOWELS)
    record = output(visit).get_by_role("button", name="Record")
    for reason, words in (("NotAllowedError", "refused"), ("NotFoundError", "no microphone")):
        visit.page.evaluate(REFUSED, reason)
        record.click()
        expect(output(visit).get_by_role("alert")).to_contain_text(words)
    expect(record).to_be_enabled()


# Images ------------------------------------------------------------------------------------------


def test_an_image_is_redrawn_better_and_better(visits: Visits) -> None:
    visit = opened(visits, REDRAWN)
    for name in ("input of the network", "output of the network", "output minus target"):
        expect(output(visit).get_by_role("img", name=re.compile(name))).to_be_visible()
    told = output(visit).get_by_text(re.compile("of full ink on average"))
    expect(told).to_be_visible()

    def off() -> float:
        return float(re.findall(r"[\d.]+", told.text_content() or "")[0])

    before = off()
    train(visit, 100)
    inputs, answers = visit.drawn("probe/input/x"), visit.drawn("probe/dense2/a")
    scale = visit.get("model.data.target_scale")
    expect(told).to_contain_text(f"{np.abs(answers - inputs).mean() * scale:.3g}")
    assert off() < before
