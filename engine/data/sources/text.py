"""Text to continue: windows of tokens, where the target of a token is the token after it.

The beginning of the text is the training part, and the rest is the test part. No window reaches
from one into the other. The vocabulary is that of the training part. A token that only the test
part has becomes `tokenizer.UNKNOWN` and is no target.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

from engine.data import tokenizer
from engine.data.assembly import Samples
from engine.data.dataset import Baseline, Dataset, Labels, Split
from engine.data.options import SEED, Option, Settings, Text
from engine.data.recipe import DatasetInfo, Recipe
from engine.data.streams import stream
from engine.data.thumbnails import Thumbnail
from engine.errors import DescriptionError

# PEP 20, which Tim Peters placed in the public domain.
ZEN = """\
Beautiful is better than ugly.
Explicit is better than implicit.
Simple is better than complex.
Complex is better than complicated.
Flat is better than nested.
Sparse is better than dense.
Readability counts.
Special cases aren't special enough to break the rules.
Although practicality beats purity.
Errors should never pass silently.
Unless explicitly silenced.
In the face of ambiguity, refuse the temptation to guess.
There should be one-- and preferably only one --obvious way to do it.
Although that way may not be obvious at first unless you're Dutch.
Now is better than never.
Although never is often better than *right* now.
If the implementation is hard to explain, it's a bad idea.
If the implementation is easy to explain, it may be a good idea.
Namespaces are one honking great idea -- let's do more of those!
"""

_PLAIN = str.maketrans("‘’“”–—", "''\"\"--")
_PROSE = re.compile(r"[A-Z][A-Za-z ,.;:'\"()\-]+[.:]")


def manual() -> tuple[str, ...]:
    """The paragraphs of prose in Python's language reference, which `help` shows.

    The reference comes with Python and differs a little from version to version. Headings, lists,
    code, grammar, and paragraphs with digits or symbols are left out.

    Raises:
        DescriptionError: this Python comes without the reference.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        expected = "available: this Python comes without its manual (module pydoc_data)"
        raise DescriptionError("data.name", "manual", expected) from error
    found = (paragraph for name in sorted(topics) for paragraph in _prose(topics[name]))
    return tuple(dict.fromkeys(found))


def _prose(page: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", page.translate(_PLAIN)):
        flat = re.sub(r"-\n", "-", block)
        if not any(line[:1].isspace() for line in flat.splitlines()):
            paragraph = " ".join(flat.split())
            if _PROSE.fullmatch(paragraph):
                yield paragraph


def windows(ids: Labels, context: int, stride: int) -> tuple[Labels, Labels]:
    """Inputs and labels (N, context) from `ids`. A window begins every `stride` tokens.

    A label is the token after its input, or -1 if that token is unknown. There are enough windows
    to reach the end. The last one is padded with token 0.
    """
    steps = max(math.ceil((len(ids) - 1 - context) / stride), 0)
    filled = np.zeros(steps * stride + context + 1, dtype=np.int64)
    filled[: len(ids)] = ids
    following = np.where(filled == 0, -1, filled)
    inputs, labels = (
        np.lib.stride_tricks.sliding_window_view(row, context)[::stride]
        for row in (filled[:-1], following[1:])
    )
    return inputs, labels


def _samples(text: str, settings: Settings) -> Samples:
    context = settings.integer("context")
    cut = len(text) - round(len(text) * settings.test_fraction)
    vocabulary = tokenizer.vocabulary(text[:cut], settings.integer("merges"))
    train, test = (tokenizer.encode(part, vocabulary) for part in (text[:cut], text[cut:]))
    if len(test) < 2:
        expected = "of at least 2: nothing is left to predict (merge less, or test on more)"
        raise DescriptionError("data.text", f"a test part of {len(test)} token", expected)
    # Training windows overlap by half, so that every token follows other tokens in some window.
    pieces = windows(train, context, (context + 1) // 2), windows(test, context, context)
    inputs, labels = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    rows, first = np.arange(len(inputs)), len(pieces[0][0])
    return Samples(
        points=inputs,
        labels=labels,
        column_names=("token",),
        class_names=vocabulary,
        target_name="next token",
        parts=(rows[:first], rows[first:]),
        vocabulary=vocabulary,
        baselines=baselines,
    )


def baselines(data: Dataset) -> tuple[Baseline, ...]:
    """The cross-entropies of the test part, given the frequencies of tokens and of pairs.

    The frequencies are those of the training part. Every token is counted once more than it occurs.
    The pairs that begin with a token are counted ten times more in total, in proportion to the
    frequencies of their second tokens.
    """
    size = len(data.class_names)
    before, after = _pairs(data.train)
    single = np.bincount(after, minlength=size) + 1.0
    single /= single.sum()
    pairs = np.zeros((size, size)) + 10.0 * single
    np.add.at(pairs, (before, after), 1.0)
    pairs /= pairs.sum(axis=1, keepdims=True)
    before, after = _pairs(data.test)
    if len(after) == 0:  # a test part in another alphabet
        return ()
    alone, paired = (float(-np.log(p).mean()) for p in (single[after], pairs[before, after]))
    return (
        Baseline("how often each token occurs", "cross-entropy", alone),
        Baseline("which token follows which", "cross-entropy", paired),
    )


def _pairs(split: Split) -> tuple[Labels, Labels]:
    """The tokens that have a target, and their targets."""
    assert split.labels is not None
    known = split.labels >= 0
    return split.inputs[known].astype(np.int64), split.labels[known]


def _manual(settings: Settings) -> Samples:
    paragraphs = manual()
    order = stream(settings.seed, "data/manual").permutation(len(paragraphs))
    text = "\n".join(paragraphs[index] for index in order)
    return _samples(text[: settings.integer("characters")], settings)


def _own_text(settings: Settings) -> Samples:
    return _samples(settings.word("text"), settings)


def _thumbnail(data: Dataset) -> Thumbnail:
    assert data.vocabulary is not None
    return Thumbnail(text=tokenizer.decode(data.train.inputs[0], data.vocabulary))


CONTEXT = Option("context", 4, 128, 32, integer=True, title="Tokens the network sees at once")
MERGES = Option(
    "merges", 0, 512, 0, integer=True, title="Pairs of tokens to merge; 0 for characters only"
)
_TEST_FRACTION = Option("test_fraction", 0.1, 0.5, 0.1, integer=False)


def _info(
    name: str,
    title: str,
    options: tuple[Option, ...],
    source: str,
    licence: str,
    about: str,
    contents: tuple[Text, ...] = (),
) -> DatasetInfo:
    return DatasetInfo(
        name=name,
        title=title,
        kind="text",
        task="classification",
        options=options,
        features=(),
        default_features=(),
        class_counts=(),
        source=source,
        licence=licence,
        about=about,
        contents=contents,
    )


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        _info(
            "manual",
            "Python's manual",
            options=(
                Option("characters", 2000, 50000, 30000, integer=True, title="Length of the text"),
                CONTEXT,
                MERGES,
                _TEST_FRACTION,
                SEED,
            ),
            source="the Python language reference, which comes with Python (module pydoc_data)",
            licence="PSF License Version 2, © Python Software Foundation",
            about="Paragraphs from the manual of the Python that runs here; the network predicts "
            "each next token. A small network learns the spelling and the phrases but not the "
            "meaning.",
        ),
        _manual,
        thumbnail=_thumbnail,
    ),
    Recipe(
        _info(
            "own_text",
            "Your own text",
            options=(CONTEXT, MERGES, _TEST_FRACTION),
            source="your text, and until you give one the Zen of Python by Tim Peters (PEP 20)",
            licence="the one its owner states; the Zen of Python is in the public domain",
            about="A text of your own; the network predicts each next token. It soon knows a short "
            "text by heart, and then the loss on the end of the text, the test part, rises.",
            contents=(Text("text", 200, 200_000, ZEN, "The text to learn from"),),
        ),
        _own_text,
        thumbnail=_thumbnail,
    ),
)
