"""Files that are no delimited text, known by their first bytes."""

from __future__ import annotations

from kpikit.errors import ContractError

EXPORT = "Export the table as CSV or Parquet."
SHEET = "Open it in a spreadsheet program and save the sheet as CSV."
STARTS = (
    (b"\x89PNG", "a PNG picture", EXPORT),
    (b"\xff\xd8\xff", "a JPEG picture", EXPORT),
    (b"%PDF", "a PDF document", EXPORT),
    (b"PK\x03\x04", "an Excel workbook or another ZIP archive", "Unpack it, or save the sheet as CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", SHEET),
    (b"PAR1", "a Parquet file", "Give it the ending .parquet (sales.parquet), in kpikit.yaml too."),
    (b"SQLite format 3", "a SQLite database", EXPORT),
    (b"BZh", "a file packed with bzip2", "Unpack it, or pack it with gzip."),
    (b"\x28\xb5\x2f\xfd", "a file packed with Zstandard", "Unpack it, or pack it with gzip."),
)
WORDS = (
    ((b"<!doctype html", b"<html"), "a web page, perhaps one that asks to sign in", EXPORT),
    ((b"<?xml",), "XML", EXPORT),
    ((b"[{", b"{\""), "JSON", EXPORT),
)  # fmt: skip


def recognised(head: bytes) -> tuple[str, str] | None:
    """Return what a file is by its first bytes and what to do about it, or None when it may be text.

    >>> recognised(b"%PDF-1.7")
    ('a PDF document', 'Export the table as CSV or Parquet.')
    """
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    binary = ((what, fix) for start, what, fix in STARTS if head.startswith(start))
    textual = ((what, fix) for starts, what, fix in WORDS if begins.startswith(starts))
    return next(binary, None) or next(textual, None)


def refuse_other_kinds(head: bytes, where: str) -> None:
    """Refuse a file that is called text but is a picture, a workbook, a web page …"""
    if found := recognised(head):
        what, fix = found
        raise ContractError("a table as text", got=what, fix=fix, where=where)
