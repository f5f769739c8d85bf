"""What a style would load from outside the page, as browsers read it."""

from __future__ import annotations

import re

CSS_LOADS = re.compile(r"@import|(?:url|src)\s*\(\s*(?![\s\"']*(?:data:image/|#))", re.IGNORECASE)
CSS_CHOOSES = re.compile(r"(?<![\w-])(?:-\w+-)?image(?:-set)?\s*\(", re.IGNORECASE)
CSS_TYPE = re.compile(r"(?<![\w-])type\s*\(\s*(?:\"[\w/+.-]*\"|'[\w/+.-]*')\s*\)", re.IGNORECASE)
CSS_PIECE = re.compile(r"\"[^\"]*\"?|'[^']*'?|[()]")
CSS_NOISE = re.compile(r"/\*.*?\*/", re.DOTALL)
CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")


def loaded_by(css: str) -> str:
    """Return the start of what a style would load from outside; nothing if all is inside.

    >>> loaded_by("color: red"), loaded_by("background: url(x.png)")
    ('', 'url(x.png)')
    """
    for read in dict.fromkeys((css, CSS_NOISE.sub("", css))):  # what looks like a comment may be two strings
        plain = CSS_ESCAPE.sub(lambda code: chr(min(int(code[1], 16), 0x10FFFF)), read)
        if seen := _load(plain):
            return seen
    return ""


def _load(css: str) -> str:
    """Return the start of what a style, its escapes resolved, would load from outside; nothing if all is inside."""
    if found := CSS_LOADS.search(css):
        return css[found.start() : found.end() + 60].strip()
    plain = CSS_TYPE.sub("", css)
    return next((plain[choice.start() :][:60] for choice in CSS_CHOOSES.finditer(plain) if _chooses(choice)), "")


def _chooses(choice: re.Match[str]) -> bool:
    """Say whether one of the texts among the arguments is the address of an image that is not on the page."""
    depth = 1
    for piece in CSS_PIECE.finditer(choice.string, choice.end()):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if depth == 0:
            return False
        if piece[0] not in "()" and not piece[0][1:].lstrip().casefold().startswith(("data:image/", "#")):
            return True
    return False
