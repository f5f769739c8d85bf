"""Words that no reader should meet: what Python prints of a warning or an error, wherever it ends up on a page."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import shorten

LONGEST = 160
INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "cite",
    "code",
    "del",
    "dfn",
    "em",
    "font",
    "i",
    "ins",
    "kbd",
    "mark",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "tspan",
    "u",
    "var",
    "wbr",
}
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # letters that a reader does not see between two others
ALARM = re.compile(
    r"Traceback\s*\(most\s+recent\s+call\s+last\)"
    r"|[A-Z]\w*(?:Warning|Error|Exception):"
    r"|Cell\s+In\s*\[\d+\],\s+line\s+\d+"
    r"|File\s+[\"'“][^\"'”\n]+[\"'”],\s+line\s+\d+"
)


def alarms(text: str) -> Iterator[tuple[int, str]]:
    """Yield the position of each line of a text that holds a warning or an error, and the line's start.

    A break inside the words, of whatever kind, does not hide them.

    >>> list(alarms("Sales rose.\\nx.py:3: RuntimeWarning: divide by zero"))
    [(12, 'x.py:3: RuntimeWarning: divide by zero')]
    """
    seen_up_to = -1
    for found in ALARM.finditer(text):
        if found.start() < seen_up_to:
            continue
        begin = text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.end())
        seen_up_to = end if end >= 0 else len(text)
        yield begin, _excerpt(text[begin:seen_up_to], found.start() - begin)


def _excerpt(line: str, alarm: int) -> str:
    """Return the start of a line, in whole words; from the alarm on where the start would not show it."""
    start = shorten(line, LONGEST, placeholder=" …")
    shows = len(" ".join(line[:alarm].split())) < LONGEST // 2
    return start if shows else "… " + shorten(line[alarm:], LONGEST, placeholder=" …")


@dataclass
class PageText:
    """The words of a page as a reader sees them: elements inside a line do not part them, all others do."""

    parts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, text: str, anchor: str) -> None:
        """Add text that follows the element with the id ``anchor``."""
        visible = UNSEEN.sub("", text)
        self.parts.append(visible)
        self.starts.append(self.size)
        self.anchors.append(anchor)
        self.size += len(visible)

    def part(self, tag: str, anchor: str) -> None:
        """Note that an element begins or ends."""
        if tag not in INLINE:
            self.add("\n", anchor)

    def alarms(self) -> Iterator[tuple[str, str]]:
        """Yield each line with a warning or an error, and the id of the element before it."""
        for position, line in alarms("".join(self.parts)):
            yield line, self.anchors[bisect_right(self.starts, position) - 1]
