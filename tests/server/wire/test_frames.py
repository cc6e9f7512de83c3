"""Frames: Python decodes what is encoded to the same numbers.

tests/js/wire checks the page's decoder with the same golden frames.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from server.wire.frames import (
    ALIGNMENT,
    DTYPES,
    ENTRY_BYTES,
    HEADER_BYTES,
    MAX_AXES,
    Dtype,
    Entry,
    FrameHeader,
    decode_frame,
    encode_frame,
    encode_payload,
    frame_number,
    quantise,
)
from tests.server.wire.golden.make import FOLDER, build, cases, meaning

HEADER = FrameHeader(3, 2, 1204, 0, 5, 48.16, 1.7e9, 0, 12)
FLOAT32_MAX = float(np.finfo(np.float32).max)

SHAPES = arrays.array_shapes(min_dims=0, max_dims=MAX_AXES, min_side=0, max_side=5)
ANY_FLOATS = arrays.arrays(np.float64, SHAPES, elements=st.floats(width=64))
INTEGERS = arrays.arrays(np.int64, SHAPES, elements=st.integers(-(2**31), 2**31 - 1))


def one(array: NDArray[Any], dtype: Dtype) -> Entry:
    """An array as it comes out of a frame."""
    return decode_frame(encode_frame(HEADER, [(4, encode_payload(array, dtype))])).entries[4]


# Golden frames -----------------------------------------------------------------------------------

GOLDEN = sorted(cases())


def golden_meaning(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_frames_are_what_is_sent(name: str) -> None:
    assert build(cases()[name]) == (FOLDER / f"{name}.bin").read_bytes()


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_frames_in_python(name: str) -> None:
    assert meaning((FOLDER / f"{name}.bin").read_bytes()) == golden_meaning(name)


def test_a_golden_frame_byte_by_byte() -> None:
    """As docs/protocol.md says it, written out by hand."""
    data = (FOLDER / "scalars_and_constants.bin").read_bytes()
    assert data[:4] == b"BKSF"
    assert struct.unpack_from("<HHII", data, 4) == (1, 3, 2**32 - 1, 2**32 - 1)
    assert struct.unpack_from("<QII", data, 16) == (2**40 + 3, 6, 41)
    assert struct.unpack_from("<dd", data, 32) == (1e9 + 0.5, 1.8e9)
    assert struct.unpack_from("<IIII", data, 48) == (5, len(data), 2**32 - 1, 0)
    third = 64 + 2 * 40
    assert struct.unpack_from("<IBBH", data, third) == (12, 3, 2, 0)
    offset, size, low, step, *extents = struct.unpack_from("<IIffIIII", data, third + 8)
    assert (size, low, step, extents) == (12, 7.5, 0.0, [2, 3, 0, 0])
    assert offset % 8 == 0
    assert data[offset : offset + size] == bytes(12)


DAMAGES: dict[str, tuple[int, bytes]] = {
    "magic": (0, b"BKSG"),
    "version": (4, b"\2\0"),
    "dtype": (68, b"\5"),
    "beyond": (72, b"\xf8\xff\xff\x7f"),
}
"""Bytes that make the frame of every dtype a damaged one, and where they stand."""


@pytest.mark.parametrize(("at", "damage"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_no_frame_is_refused(at: int, damage: bytes) -> None:
    good = build(cases()["every_dtype"])
    with pytest.raises(ValueError, match="frame"):
        decode_frame(good[:at] + damage + good[at + len(damage) :])


def test_what_is_too_short_for_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="frame"):
        decode_frame(build(cases()["every_dtype"])[:63])


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 463), st.binary(min_size=1, max_size=8))
def test_damaged_bytes_are_a_value_error_or_a_frame(at: int, junk: bytes) -> None:
    data = bytearray(build(cases()["every_dtype"]))
    data[at : at + len(junk)] = junk
    for variant in (bytes(data), bytes(data[:at])):
        try:
            frame = decode_frame(variant)
        except ValueError:
            continue
        for entry in frame.entries.values():
            with np.errstate(all="ignore"):
                entry.values()


# Round trips -------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(
    st.tuples(
        *[st.integers(0, 2**32 - 1)] * 2,
        st.integers(0, 2**64 - 1),
        *[st.integers(0, 2**32 - 1)] * 2,
        *[st.floats(allow_nan=False)] * 2,
        st.integers(0, 2**16 - 1),
        st.integers(0, 2**32 - 1),
    )
)
def test_a_header_is_kept(values: tuple[Any, ...]) -> None:
    header = FrameHeader(*values)
    data = encode_frame(header, [])
    assert decode_frame(data).header == header
    assert frame_number(data) == header.number
    assert len(data) == HEADER_BYTES


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.integers(0, 2**32 - 1), st.tuples(ANY_FLOATS, st.sampled_from(DTYPES))))
def test_entries_are_aligned_and_do_not_overlap(
    buffers: dict[int, tuple[NDArray[Any], Dtype]],
) -> None:
    kept = {i: (array, dtype) for i, (array, dtype) in buffers.items() if dtype != "i32"}
    payloads = [(i, encode_payload(array, dtype)) for i, (array, dtype) in kept.items()]
    data = encode_frame(HEADER, payloads)
    assert list(decode_frame(data).entries) == list(kept)
    end = HEADER_BYTES + ENTRY_BYTES * len(payloads)
    for row, (_, payload) in enumerate(payloads):
        start, size = struct.unpack_from("<II", data, HEADER_BYTES + ENTRY_BYTES * row + 8)
        assert start % ALIGNMENT == 0
        assert start - end in range(ALIGNMENT)
        assert data[start : start + size] == payload.data
        assert not any(data[end:start])
        end = start + size
    assert len(data) - end in range(ALIGNMENT)


@settings(deadline=None, max_examples=50)
@given(ANY_FLOATS)
def test_f64_is_exact_and_f32_is_rounded_once(array: NDArray[np.float64]) -> None:
    np.testing.assert_array_equal(one(array, "f64").values(), array)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(one(array, "f32").codes, array.astype(np.float32))


@settings(deadline=None, max_examples=50)
@given(INTEGERS)
def test_i32_is_exact(array: NDArray[np.int64]) -> None:
    np.testing.assert_array_equal(one(array, "i32").codes, array)


@settings(deadline=None, max_examples=150)
@given(ANY_FLOATS, st.sampled_from(["u8", "u16"]))
def test_quantised_values_are_within_half_a_step(array: NDArray[np.float64], dtype: Dtype) -> None:
    entry = one(array, dtype)
    values = entry.values()
    assert values.shape == array.shape
    np.testing.assert_array_equal(np.isfinite(array), ~np.isnan(values))
    finite = np.isfinite(array)
    if not finite.any():
        assert (entry.low, entry.step) == (0.0, 0.0)
        return
    meant = np.clip(array[finite], -FLOAT32_MAX, FLOAT32_MAX)
    # Half a step, and what float32 rounds off `low` and off a step times the largest code.
    largest = float(np.abs(meant).max())
    slack = 2.0**-22 * largest + 2.0**-149 * 65_535
    assert np.abs(values[finite] - meant).max() <= 0.5 * entry.step + slack


@settings(deadline=None, max_examples=50)
@given(ANY_FLOATS.filter(lambda array: array.size > 0), st.sampled_from([255, 65_535]))
def test_codes_use_the_whole_range(array: NDArray[np.float64], nonfinite: int) -> None:
    codes, low, step = quantise(array, nonfinite)
    assert np.isin(codes, np.arange(nonfinite + 1)).all()
    assert np.array_equal(codes == nonfinite, ~np.isfinite(array))
    finite = codes[np.isfinite(array)]
    assert math.isfinite(low)
    assert 0.0 <= step < math.inf
    if step > 1e-30 and abs(low) < 1e6 * step:
        assert (finite.min(), finite.max()) == (0, nonfinite - 1)


def test_a_constant_has_no_step() -> None:
    entry = one(np.full((2, 3), -0.25), "u8")
    assert (entry.low, entry.step) == (-0.25, 0.0)
    assert (entry.values() == -0.25).all()


@pytest.mark.parametrize("value", [1e300, -1e300])
def test_what_is_beyond_float32_is_drawn_as_its_bound(value: float) -> None:
    assert one(np.array([value, 2 * value]), "u8").values() == pytest.approx(
        math.copysign(FLOAT32_MAX, value)
    )
    assert np.isinf(one(np.array([value]), "f32").codes).all()


def test_decoded_arrays_are_views_of_the_frame() -> None:
    data = encode_frame(HEADER, [(4, encode_payload(np.arange(6.0), "f64"))])
    assert np.shares_memory(decode_frame(data).entries[4].codes, np.frombuffer(data, np.uint8))


def test_five_axes_are_too_many() -> None:
    with pytest.raises(ValueError, match="5 axes"):
        encode_payload(np.zeros((1, 1, 1, 1, 1)), "u8")
