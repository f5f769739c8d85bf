"""Text from outside as a reader may see it: nothing that hides, reorders or floods what stands around it."""

from __future__ import annotations

import re

LONGEST_CELL, LONGEST_TEXT = 120, 4000  # signs of a name or value in a table or figure, and of a paragraph
CUT = " …"
# Controls and halves of pairs have no look; marks, embeddings, overrides and isolates of writing direction turn round
# what follows them; the others are blanks of no width. Joiners stay: scripts and emoji are written with them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_ACCENT}{{3}}){_ACCENT}+")  # towers of accents cover the lines above them


def legible(text: str, most: int = LONGEST_CELL) -> str:
    """Return a text without signs that a reader cannot see and that change what is seen, cut after ``most`` signs.

    >>> legible("a\\x00b\\u202ec"), legible("x" * 9, most=5)
    ('abc', 'xxx …')
    """
    seen = _STACKED.sub(r"\1", _UNSEEN.sub("", text[: 4 * most]))
    return seen if len(seen) <= most and len(text) <= 4 * most else f"{seen[: most - len(CUT)]}{CUT}"
