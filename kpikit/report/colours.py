"""Colour that says something alone: marks of a status, or colours of one's own, on what holds no word."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

STATUS_CLASSES = {"kk-good", "kk-bad", "kk-warn", "kk-pass", "kk-review", "kk-fail", "kk-partial"}
INK = re.compile(r"(?:^|;)\s*color\s*:", re.IGNORECASE)
GROUND = re.compile(r"(?:^|;)\s*(?:background(?:-color)?|border(?:-[a-z]+)*)\s*:", re.IGNORECASE)
WORD, FIGURE = re.compile(r"[^\W\d_]{2}"), re.compile(r"\w")


@dataclass
class _Coloured:
    depth: int
    needs: re.Pattern[str]
    seen: str
    where: str
    text: str = ""


@dataclass
class ColourOnly:
    """Reads the elements of a page and finds those whose status only a colour tells.

    A sign or a number is not enough where it is marked or has a colour: what that means would hang on the colour. A
    number on a coloured ground is. An ``aria-label`` is no help to those who see the page, but not its colours.
    """

    open: list[_Coloured] = field(default_factory=list)

    def begin(self, tag: str, values: dict[str, str], depth: int, where: str) -> None:
        """Note that an element begins; ``depth`` counts the elements open around it."""
        marked = STATUS_CLASSES & set(values.get("class", "").split())
        style = values.get("style", "")
        if marked:
            self.open.append(_Coloured(depth, WORD, f"<{tag} class={' '.join(sorted(marked))!r}>", where))
        elif INK.search(style):
            self.open.append(_Coloured(depth, WORD, f"<{tag}> in a colour of its own", where))
        elif GROUND.search(style):
            self.open.append(_Coloured(depth, FIGURE, f"<{tag}> on a colour of its own", where))

    def add(self, text: str) -> None:
        """Add text that a reader sees."""
        for element in self.open:
            element.text += text

    def end(self, depth: int) -> list[tuple[str, str]]:
        """Close all elements from a depth on; return what was seen, and where, of those without a word."""
        closed = [element for element in self.open if element.depth >= depth]
        self.open = [element for element in self.open if element.depth < depth]
        return [(element.seen, element.where) for element in closed if not element.needs.search(element.text)]
