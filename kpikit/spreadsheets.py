"""Tables as CSV that a spreadsheet reads as data and never as a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# what a spreadsheet may drop at the start of a cell
UNSEEN = re.compile("[\\s\x00-\x1f\u00ad\u200b-\u200f\u2060\ufeff]*")
# where the separator of cells is another one, each of these begins a cell too
BEHIND_A_SEPARATOR = re.compile("([;\t|])(\\s*[=+\\-@])")


def csv_text(columns: list[str], rows: list[list[Any]]) -> str:
    """Return a table as CSV that a spreadsheet cannot take for formulas.

    A text that starts with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets a leading apostrophe, also
    after blanks and line breaks and for these signs at full width, and behind a semicolon or a tab, where a spreadsheet
    of another language begins a new cell; numbers stay as they are, and an unknown value is an empty cell.

    >>> csv_text(["segment", "change"], [["=cmd|' /C calc'!A0", -1.5]])
    "segment,change\\r\\n'=cmd|' /C calc'!A0,-1.5\\r\\n"
    """
    text = io.StringIO()
    writer = csv.writer(text)  # lines end as RFC 4180 has it: only then are both kinds of line break quoted in a cell
    writer.writerow([_inert(column) for column in columns])
    writer.writerows([[_inert(value) for value in row] for row in rows])
    return text.getvalue()


def _inert(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    begins = len(value) - len(UNSEEN.sub("", value, count=1))
    value = value[:begins] + BEHIND_A_SEPARATOR.sub(r"\1'\2", value[begins:])
    first = unicodedata.normalize("NFKC", value[begins : begins + 1])
    return f"'{value}" if value.startswith(FORMULA_STARTS) or first.startswith(FORMULA_STARTS) else value
