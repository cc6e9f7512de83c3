"""From a path, bytes, a file or a text to text: which encoding, and what is no table at all."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import IO

from engine.data.report import Decision
from engine.errors import DescriptionError

PATH = "data.csv"
"""The path of the table in errors."""

Source = str | os.PathLike[str] | bytes | IO[str] | IO[bytes]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a compressed file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
)
_SAMPLE = 4096
"""Bytes in which the pattern of UTF-16 is looked for."""


def read_text(source: Source, encoding: str | None) -> tuple[str, Decision | None]:
    """The text of a table, without a byte order mark, and the decision on its encoding.

    The decision is None if the source is text already. A `str` of one line is a path; one with
    line ends is the table itself.

    Raises:
        DescriptionError: there is no such file, it is no text, or it has another encoding.
    """
    content = _content(source)
    if isinstance(content, str):
        text, decision = content.removeprefix("\ufeff"), None
    else:
        text, decision = _decoded(content, encoding)
    start = text[:200].lstrip().lower()
    if start.startswith(("<!doctype", "<html", "<?xml")):
        raise DescriptionError(PATH, text.lstrip()[:20], "a table, but a web page or XML")
    if "\0" in text:
        raise DescriptionError(PATH, "a file with zero bytes", "a text file")
    return text, decision


def _content(source: Source) -> str | bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if isinstance(source, str) and ("\n" in source or "\r" in source):
        return source
    if isinstance(source, str | os.PathLike):
        return _file(source)
    if hasattr(source, "read"):
        return _from_open_file(source)
    expected = "a path, a text, bytes or an open file; for arrays there is from_arrays"
    raise DescriptionError(PATH, type(source).__name__, expected)


def _file(path: str | os.PathLike[str]) -> bytes:
    shown = str(path)
    if "://" in shown:
        raise DescriptionError(PATH, shown, "a file; download it, and pass its path")
    if not shown.strip():
        raise DescriptionError(PATH, shown, "a table or a path: it is empty")
    try:
        return Path(path).expanduser().read_bytes()
    except IsADirectoryError:
        reason = "a file, but a folder"
    except PermissionError:
        reason = "a file that may be read"
    except (OSError, ValueError, RuntimeError):
        reason = "a file that exists, nor a table, which has several lines"
    raise DescriptionError(PATH, shown, reason)


def _from_open_file(file: IO[str] | IO[bytes]) -> str | bytes:
    try:
        content = file.read()
    except UnicodeDecodeError:
        expected = "open in the right encoding; pass its path, or open it with mode 'rb'"
        raise DescriptionError(PATH, "the open file", expected) from None
    except (OSError, ValueError):
        raise DescriptionError(PATH, "the file", "open for reading") from None
    if not isinstance(content, str | bytes):
        raise DescriptionError(PATH, type(content).__name__, "text or bytes from its read()")
    return content


def _decoded(content: bytes, encoding: str | None) -> tuple[str, Decision]:
    for start, what in _BINARY:
        if content.startswith(start):
            raise DescriptionError(PATH, what, "a text file; save the table as CSV")
    if encoding is not None:
        return _with(content, encoding), Decision("encoding", encoding, "as given")
    found, evidence = _encoding(content)
    try:
        return _with(content, found), Decision("encoding", found, evidence)
    except DescriptionError:
        expected = "text in UTF-8, UTF-16 or Windows-1252; if they are text, pass encoding=..."
        raise DescriptionError(PATH, f"{len(content)} bytes", expected) from None


def _encoding(content: bytes) -> tuple[str, str]:
    """The encoding of bytes, with what speaks for it."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name, "the file begins with its byte order mark"
    sample = content[:_SAMPLE]
    if sample.count(0) * 5 > len(sample) > 1:
        name = "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
        return name, "every other byte is zero"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return "cp1252", f"line {line} is not UTF-8, so it is taken for Windows-1252"
    return "utf-8", "every byte fits it"


def _with(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        expected = "the name of an encoding, such as utf-8, cp1252, latin-1 or utf-16"
        raise DescriptionError("data.encoding", encoding, expected) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{content[error.start]:02x} in line {line} does not fit it"
        raise DescriptionError("data.encoding", encoding, f"that of the file: {byte}") from None
    except (TypeError, UnicodeError):
        raise DescriptionError("data.encoding", encoding, "the encoding of the file") from None
