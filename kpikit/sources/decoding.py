"""Text files in other encodings: found out in Python, rewritten as UTF-8 for the engine."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path
from typing import IO

CHUNK = 1 << 20
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def opened(path: Path) -> IO[bytes]:
    """Open a text file as bytes, through gzip where its first bytes say so."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def encoding(path: Path) -> str:
    """Return ``utf-8``, ``utf-8-sig``, ``utf-16`` or, when the bytes are no UTF-8, ``cp1252`` (Western Windows)."""
    with opened(path) as file:
        head = file.read(CHUNK)
        for mark, name in MARKS:
            if head.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while head:
                decoder.decode(head)
                head = file.read(CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def rewritten(path: Path, name: str, folder: Path) -> Path:
    """Write the file again as UTF-8 into ``folder`` and return the new path; undefined bytes become �."""
    target = folder / f"{len(list(folder.iterdir()))}-{path.name.removesuffix('.gz')}"
    with opened(path) as file, target.open("w", encoding="utf-8", newline="") as out:
        decoder = codecs.getincrementaldecoder(name)(errors="replace")
        while chunk := file.read(CHUNK):
            out.write(decoder.decode(chunk))
        out.write(decoder.decode(b"", final=True))
    return target
