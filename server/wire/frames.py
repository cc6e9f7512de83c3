"""Encodes and decodes frames, pictures of buffers as bytes; docs/protocol.md has the layout."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

MAGIC = b"BKSF"
VERSION = 1
FLAG_BATCH_ROW = 1
FLAG_RUNNING = 2

Dtype = Literal["f32", "f64", "u8", "u16", "i32"]
DTYPES: tuple[Dtype, ...] = ("f32", "f64", "u8", "u16", "i32")
"""All encodings, in the order of their codes."""

ITEM_BYTES: dict[Dtype, int] = {"f32": 4, "f64": 8, "u8": 1, "u16": 2, "i32": 4}

_NUMPY: dict[Dtype, np.dtype[Any]] = {
    "f32": np.dtype("<f4"),
    "f64": np.dtype("<f8"),
    "u8": np.dtype("u1"),
    "u16": np.dtype("<u2"),
    "i32": np.dtype("<i4"),
}
_NONFINITE: dict[Dtype, int] = {"u8": 255, "u16": 65_535}

_HEADER = struct.Struct("<4sHHIIQIIddIIII")
_ENTRY = struct.Struct("<IBBHIIff4I")
HEADER_BYTES = _HEADER.size
ENTRY_BYTES = _ENTRY.size
ALIGNMENT = 8
MAX_AXES = 4

_FLOAT32_MAX = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class FrameHeader:
    """The header of a frame: where in the run it was taken.

    Attributes:
        number: number of the frame in its session; an `ack` names it.
        generation: generation of the buffer table that the entries' ids refer to.
        step, branch, pc: the exact moment of the run; `pc` is the next instruction.
        epoch: passes over the training set, including the fraction of the present one.
        taken: Unix seconds at which the machine was read.
        flags: FLAG_BATCH_ROW, FLAG_RUNNING.
        probe: the row of the batch if FLAG_BATCH_ROW is set, else the sample's number.
    """

    number: int
    generation: int
    step: int
    branch: int
    pc: int
    epoch: float
    taken: float
    flags: int
    probe: int


@dataclass(frozen=True, eq=False)
class Payload:
    """A buffer's values as a frame encodes them.

    A quantised value is `low + step * code`; the largest code stands for "not finite".
    """

    dtype: Dtype
    shape: tuple[int, ...]
    low: float
    step: float
    data: bytes


@dataclass(frozen=True, eq=False)
class Entry:
    """A decoded buffer; `codes` is a view of the frame, `values` has the numbers."""

    dtype: Dtype
    low: float
    step: float
    codes: NDArray[Any]

    def values(self) -> NDArray[np.float64]:
        """float64 of the buffer's shape; quantised values that were not finite are NaN."""
        numbers = self.codes.astype(np.float64)
        if self.dtype not in _NONFINITE:
            return numbers
        finite = self.codes != _NONFINITE[self.dtype]
        return np.where(finite, self.low + self.step * numbers, np.nan)


@dataclass(frozen=True)
class Frame:
    """A decoded frame, with its entries by buffer id."""

    header: FrameHeader
    entries: dict[int, Entry]


def encode_payload(array: NDArray[Any], dtype: Dtype) -> Payload:
    """Encode `array`, which has at most MAX_AXES axes, as `dtype`.

    Raises:
        ValueError: it has more axes.
    """
    if array.ndim > MAX_AXES:
        raise ValueError(f"{array.ndim} axes, and a frame holds {MAX_AXES}")
    if dtype in _NONFINITE:
        codes, low, step = quantise(array, _NONFINITE[dtype])
        return Payload(dtype, array.shape, low, step, codes.astype(_NUMPY[dtype]).tobytes())
    if array.dtype == _NUMPY[dtype]:
        return Payload(dtype, array.shape, 0.0, 0.0, array.tobytes())
    with np.errstate(over="ignore"):  # values beyond the range of float32 become infinite
        return Payload(dtype, array.shape, 0.0, 0.0, array.astype(_NUMPY[dtype]).tobytes())


def quantise(array: NDArray[Any], nonfinite: int) -> tuple[NDArray[np.float64], float, float]:
    """Codes 0..nonfinite-1 for finite values from lowest to highest, with `low` and `step`.

    `low` and `step` are rounded to float32 first, as the frame holds them, so that rounding is
    part of the codes and not added to them.
    """
    values = np.array(array, dtype=np.float64)
    top = nonfinite - 1
    if values.size == 0:
        return values, 0.0, 0.0
    lowest, highest = float(values.min()), float(values.max())
    finite = None
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        finite = np.isfinite(values)
        if not finite.any():
            return np.full(values.shape, float(nonfinite)), 0.0, 0.0
        lowest, highest = float(values[finite].min()), float(values[finite].max())
    lowest, highest = _clamped(lowest), _clamped(highest)
    low = float(np.float32(lowest))
    step = float(np.float32((highest - lowest) / top))
    with np.errstate(all="ignore"):
        values -= low
        values *= 1.0 / step if step else 0.0
        np.rint(values, out=values)
        np.clip(values, 0.0, top, out=values)
    if finite is not None:
        values[~finite] = nonfinite
    return values, low, step


def _clamped(value: float) -> float:
    """The value clamped to the range of float32."""
    return min(max(value, -_FLOAT32_MAX), _FLOAT32_MAX)


def encode_frame(header: FrameHeader, payloads: Sequence[tuple[int, Payload]]) -> bytes:
    """The bytes of a frame with these (buffer id, payload) pairs."""
    offset = _aligned(HEADER_BYTES + ENTRY_BYTES * len(payloads))
    table: list[bytes] = []
    chunks: list[bytes] = [bytes(offset - HEADER_BYTES - ENTRY_BYTES * len(payloads))]
    for buffer, payload in payloads:
        table.append(_entry(buffer, payload, offset))
        size = _aligned(len(payload.data))
        chunks += [payload.data, bytes(size - len(payload.data))]
        offset += size
    head = _HEADER.pack(
        MAGIC,
        VERSION,
        header.flags,
        header.number,
        header.generation,
        header.step,
        header.branch,
        header.pc,
        header.epoch,
        header.taken,
        len(payloads),
        offset,
        header.probe,
        0,
    )
    return b"".join([head, *table, *chunks])


def _entry(buffer: int, payload: Payload, offset: int) -> bytes:
    dims = (*payload.shape, 0, 0, 0, 0)[:MAX_AXES]
    return _ENTRY.pack(
        buffer,
        DTYPES.index(payload.dtype),
        len(payload.shape),
        0,
        offset,
        len(payload.data),
        payload.low,
        payload.step,
        *dims,
    )


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def frame_number(data: bytes) -> int:
    """The number of an encoded frame, without decoding the rest."""
    number: int = _HEADER.unpack_from(data)[3]
    return number


def decode_frame(data: bytes) -> Frame:
    """Decode one frame; its arrays are views of `data`.

    Raises:
        ValueError: the bytes are not a whole frame of this version.
    """
    if len(data) < HEADER_BYTES:
        raise ValueError(f"a frame has at least {HEADER_BYTES} bytes, not {len(data)}")
    (magic, version, flags, number, generation, step, branch, pc, epoch, taken, count, total, probe,
     reserved) = _HEADER.unpack_from(data)  # fmt: skip
    if magic != MAGIC or version != VERSION or reserved != 0:
        raise ValueError("not a frame of this version")
    if total != len(data) or HEADER_BYTES + ENTRY_BYTES * count > total:
        raise ValueError(f"a frame of {total} bytes in {len(data)}")
    entries = dict(_decode_entry(data, HEADER_BYTES + ENTRY_BYTES * row) for row in range(count))
    header = FrameHeader(number, generation, step, branch, pc, epoch, taken, flags, probe)
    return Frame(header, entries)


def _decode_entry(data: bytes, at: int) -> tuple[int, Entry]:
    buffer, code, axes, reserved, offset, size, low, step, *dims = _ENTRY.unpack_from(data, at)
    if code >= len(DTYPES) or axes > MAX_AXES or reserved != 0 or offset % ALIGNMENT:
        raise ValueError("a damaged entry of a frame")
    dtype = DTYPES[code]
    shape = tuple(dims[:axes])
    count = math.prod(shape)
    if size != count * ITEM_BYTES[dtype] or offset + size > len(data):
        raise ValueError("a damaged entry of a frame")
    codes = np.frombuffer(data, _NUMPY[dtype], count, offset).reshape(shape)
    return buffer, Entry(dtype, low, step, codes)
