"""Text files in other encodings: found out in Python, rewritten as UTF-8 for the engine."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kpikit.errors import ContractError, DataUnreachableError, MachineError
from kpikit.sources.signatures import refuse_other_kinds

CHUNK = 1 << 14  # a line that fills so many bytes is counted: it may hold too many columns
MOST_COLUMNS, LONGEST_LINE = 10_000, 2_000_000  # DuckDB takes no longer line
SIGNS = (",", ";", "\t", "|")
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Text:
    """A text file that the engine can read, what was repaired on the way, and what else is worth a word."""

    path: Path
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def readable(path: Path, folder: Path) -> Text:
    """Return the file as UTF-8 with one kind of line ending: itself, or a copy in ``folder``.

    Raises
    ------
    ContractError
        When it is empty, no text, cut off, or has lines that are too long.
    DataUnreachableError
        When it cannot be read at all.
    """
    with _reading(path):
        packed = _packed(path)
        name, mixed = _examined(path)
        repairs, notes = [], []
        if name not in {"utf-8", "utf-8-sig"}:
            repairs.append(f"{path.name} was read as {name.replace('cp1252', 'Windows-1252 (Latin-1)')}, not UTF-8")
        if name == "utf-8-sig":
            notes.append(f"{path.name} begins with a byte-order mark, which was skipped")
        if mixed:
            notes.append(f"the lines of {path.name} end in two ways, which were made one")
        misnamed = packed != (path.suffix.casefold() == ".gz")
        if misnamed:
            notes.append(f"{path.name} is {'packed with gzip' if packed else 'not packed'} and was read as such")
        if repairs or mixed or misnamed:
            return Text(_rewritten(path, name, folder), tuple(repairs), tuple(notes))
        return Text(path, tuple(repairs), tuple(notes))


def opened(path: Path) -> IO[bytes]:
    """Open a text file as bytes, through gzip where its first bytes say so."""
    return gzip.open(path, "rb") if _packed(path) else path.open("rb")  # type: ignore[return-value]  # a GzipFile reads bytes too


def _packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the bytes of a file into our errors."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        got = "one that ended too early" if isinstance(error, EOFError) else str(error)
        raise ContractError("a whole gzip file", got=got, fix="Copy or export it again.", where=path.name) from None
    except OSError as error:
        raise DataUnreachableError(
            f"the data file {path} to be readable", got=str(error.strerror or error), fix="Check its permissions."
        ) from None


class _Examination:
    """What one pass over the bytes of a text file finds out, and refuses."""

    def __init__(self, name: str, head: bytes) -> None:
        self.name, self.encoding = name, "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
        self.end = b"\n" if b"\n" in head or b"\r" not in head else b"\r"  # old Macs end lines with a return alone
        self.decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self.lines = self.feeds = self.returns = self.both = 0
        self.long = self.signs = 0  # of a line that fills whole chunks: its bytes and possible delimiters
        self.before = b""

    def take(self, chunk: bytes, final: bool = False) -> None:
        """Take the next bytes: refuse NULs and lines that would take the engine's memory, judge what remains."""
        if b"\0" in chunk:
            raise self._refusal(
                "text", "a NUL byte", "Export it again: it is damaged, or no text.", chunk.index(b"\0"), chunk
            )
        if self.decoder:
            try:
                self.decoder.decode(chunk, final)
            except UnicodeDecodeError:
                self.encoding, self.decoder = "cp1252", None
        ends = chunk.count(self.end)
        if ends or final:
            self.long = self.signs = 0
        else:
            self.long += len(chunk)
            self.signs += max(chunk.count(sign.encode()) for sign in SIGNS)
            if self.signs > MOST_COLUMNS or self.long > LONGEST_LINE:
                wanted = f"lines of at most {MOST_COLUMNS:,} columns and {LONGEST_LINE // 10**6} MB"
                raise self._refusal(wanted, "a longer one", "Check the delimiter and the line ends there.", 0, chunk)
        if b"\r" in chunk or self.before == b"\r":
            self.returns += chunk.count(b"\r")
            self.both += chunk.count(b"\r\n") + (self.before == b"\r" and chunk[:1] == b"\n")
        self.feeds += ends if self.end == b"\n" else chunk.count(b"\n")
        self.lines, self.before = self.lines + ends, chunk[-1:]

    def _refusal(self, expected: str, got: str, fix: str, position: int, chunk: bytes) -> ContractError:
        line = self.lines + chunk[:position].count(self.end) + 1
        return ContractError(expected, got=got, fix=fix, where=f"{self.name}, line {line}")

    @property
    def mixed(self) -> bool:
        """Whether lines end in two ways."""
        return bool(self.feeds and self.returns and not self.feeds == self.returns == self.both)


def _examined(path: Path) -> tuple[str, bool]:
    """Return the encoding, ``cp1252`` (Western Windows) where it is no Unicode, and whether lines end in two ways."""
    with opened(path) as file:
        chunk = file.read(CHUNK)
        if not chunk:
            raise ContractError("a header and rows", got="an empty file", fix="Export it again.", where=path.name)
        refuse_other_kinds(chunk, path.name)
        wide = next((name for mark, name in MARKS if chunk.startswith(mark)), "") or _without_mark(chunk)
        if wide:
            return wide, False
        seen, blank = _Examination(path.name, chunk), True
        while chunk:
            blank = blank and not chunk.strip()
            seen.take(chunk)
            chunk = file.read(CHUNK)
        seen.take(b"", final=True)
    if blank:
        raise ContractError("a header and rows", got="blank lines only", fix="Export it again.", where=path.name)
    return seen.encoding, seen.mixed


def _without_mark(head: bytes) -> str:
    """Return ``utf-16-le`` or ``utf-16-be`` where every other byte is NUL, as in Latin letters; else nothing."""
    nuls = [head[start::2].count(0) for start in (0, 1)]
    half = len(head) // 2
    if half and max(nuls) > 0.4 * half and min(nuls) < 0.05 * half:
        return "utf-16-be" if nuls[0] > nuls[1] else "utf-16-le"
    return ""


def _rewritten(path: Path, name: str, folder: Path) -> Path:
    """Write the file again as UTF-8 into ``folder`` and return the new path; undefined bytes become �."""
    target = folder / f"{len(list(folder.iterdir()))}-{path.name.removesuffix('.gz')}"
    wide = name.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(name)(errors="strict" if wide else "replace")
    newlines = io.IncrementalNewlineDecoder(decoder, translate=True)
    with opened(path) as file, _writing(target) as out:
        try:
            while chunk := file.read(1 << 20):
                out.write(newlines.decode(chunk))
            out.write(newlines.decode(b"", final=True))
        except UnicodeDecodeError as error:
            raise ContractError(
                f"a whole file in {name}", got=error.reason, fix="Copy or export it again.", where=path.name
            ) from None
    return target


@contextmanager
def _writing(target: Path) -> Iterator[IO[str]]:
    try:
        with target.open("w", encoding="utf-8", newline="") as out:
            yield out
    except (gzip.BadGzipFile, EOFError):  # what was read, not what was written
        raise
    except OSError as error:
        raise MachineError(
            f"room to decode a file in {target.parent.parent}",
            got=str(error.strerror or error),
            fix="Free some space, or set TMPDIR to a disk with room.",
        ) from None
