"""Write the golden frames: bytes (.bin) beside what they mean (.json).

Run from the repository's root: python -m tests.server.wire.golden.make

The Python and the JavaScript decoder are both tested against these files, so that the two can not
drift apart, and a change of the encoder can not change the wire without a change here. In the JSON,
`values` are the numbers in row-major order; null is a value that is not finite.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from server.wire.frames import (
    FLAG_BATCH_ROW,
    FLAG_RUNNING,
    Dtype,
    FrameHeader,
    decode_frame,
    encode_frame,
    encode_payload,
)

FOLDER = Path(__file__).parent

Case = tuple[FrameHeader, list[tuple[int, Dtype, np.ndarray]]]


def cases() -> dict[str, Case]:
    """Name -> header and (buffer id, dtype, array) of each entry."""
    ramp = np.linspace(-1.5, 2.25, 12).reshape(3, 4)
    holes = np.array([0.5, np.nan, -2.0, np.inf, -np.inf, 1.0])
    big = np.array([1e300, -1e-300, 0.1, math.pi])
    return {
        "empty": (FrameHeader(1, 1, 0, 0, 0, 0.0, 0.0, 0, 0), []),
        "every_dtype": (
            FrameHeader(7, 3, 1204, 0, 5, 48.16, 1767225600.25, FLAG_RUNNING, 12),
            [
                (0, "f32", ramp),
                (1, "f64", ramp),
                (2, "u8", ramp),
                (3, "u16", ramp),
                (9, "i32", np.array([[0, -1], [2**31 - 1, -(2**31)]])),
            ],
        ),
        "not_finite": (
            FrameHeader(8, 3, 1205, 0, 17, 48.2, 1767225601.5, FLAG_BATCH_ROW, 3),
            [(4, "f32", holes), (5, "f64", holes), (6, "u8", holes), (7, "u16", holes),
             (8, "u8", np.full((2, 2), np.nan))],
        ),
        "scalars_and_constants": (
            FrameHeader(2**32 - 1, 2**32 - 1, 2**40 + 3, 6, 41, 1e9 + 0.5, 1.8e9,
                        FLAG_BATCH_ROW | FLAG_RUNNING, 2**32 - 1),
            [(10, "f64", np.array(0.6931471805599453)), (11, "u8", np.array(-0.25)),
             (12, "u16", np.full((2, 3), 7.5)), (13, "f32", np.zeros((0, 4))),
             (2**32 - 1, "f64", big)],
        ),
        "four_axes": (
            FrameHeader(9, 4, 2, 0, 0, 0.08, 1767225602.0, 0, 0),
            [(1, "u8", np.sin(np.arange(2 * 3 * 4 * 5)).reshape(2, 3, 4, 5)),
             (2, "u16", np.sin(np.arange(5.0)) * 1e-6), (3, "u8", np.array([1.0, 2.0, 3.0]))],
        ),
    }  # fmt: skip


def build(case: Case) -> bytes:
    """The frame of a case."""
    header, entries = case
    return encode_frame(header, [(i, encode_payload(array, dtype)) for i, dtype, array in entries])


def meaning(data: bytes) -> dict[str, object]:
    """What a frame says, as plain JSON."""
    frame = decode_frame(data)
    entries = [
        {
            "id": buffer,
            "dtype": entry.dtype,
            "shape": list(entry.codes.shape),
            "low": entry.low,
            "step": entry.step,
            "values": [v if math.isfinite(v) else None for v in entry.values().ravel().tolist()],
        }
        for buffer, entry in frame.entries.items()
    ]
    return {**vars(frame.header), "bytes": len(data), "entries": entries}


def main() -> None:
    for name, case in cases().items():
        data = build(case)
        (FOLDER / f"{name}.bin").write_bytes(data)
        text = json.dumps(meaning(data), indent=1, allow_nan=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
