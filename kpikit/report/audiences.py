"""Which parts of a case study an audience reads, and in which order.

Whole cells are chosen and moved, nothing is computed: each number on an audience's page is the full page's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from kpikit.results import MIME, slug

LONG_ROWS = 10
"""A table of the case with more rows than that is long."""
ROLES = {
    "summary": "summary",
    "goals": "goals",
    "what-changed": "changes",
    "since-the-last-report": "changes",  # the runner's own section
    "what-to-do": "actions",
    "definitions-and-method": "method",
    "data-quality": "quality",
}
CASE, PROOF = "case", "proof"  # all other sections; what stands below a heading tagged "proof": how a model was tested
HEADING = re.compile(r"^##(?!#) *(.+?) *#*$", re.MULTILINE)
TITLE = re.compile(r"\s*# ")
ANY_HEADING = re.compile(r"^#{2,6} *(.+?) *#*$", re.MULTILINE)


@dataclass(frozen=True)
class Choice:
    """What an audience reads: roles of sections in page order (those without a place are left out), and how."""

    order: tuple[tuple[str, ...], ...]
    long_tables: bool = True
    tiles_first: bool = False


CHOICES = {
    "executive": Choice(
        (("summary",), ("goals",), ("changes",), ("actions",), (CASE,), ("quality",)), long_tables=False
    ),
    "manager": Choice((("summary",), ("goals",), ("changes",), ("actions",), (CASE, PROOF), ("method",), ("quality",))),
    "frontline": Choice(
        (("actions",), ("summary",), ("goals",), ("changes",), (CASE,), ("quality",)), tiles_first=True
    ),
}


@dataclass(frozen=True)
class Arranged:
    """A notebook as an audience reads it, and the names of what was left out, in the order of the full page."""

    document: Any
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Part:
    """Cells that stand or go together: a heading's prose and what is shown below it."""

    heading: str
    role: str
    cells: list[Any] = field(default_factory=list)


def arranged(document: Any, audience: str) -> Arranged:
    """Return an executed notebook with the cells that an audience reads; all of them for any other word.

    Parameters
    ----------
    document
        The executed notebook. It is not changed.
    audience
        ``executive``: summary, what changed, what to do, the case without its long tables. ``manager``: everything,
        what to do before the case. ``frontline``: what to do first, then the tiles.
    """
    choice = CHOICES.get(audience)
    if choice is None:
        return Arranged(document)
    before, parts = _parts(document)
    names: list[str] = []
    kept: list[_Part] = []
    for part in parts:
        rest, names_here = _chosen(part, choice)
        names += names_here
        kept += [rest] if rest else []
    rank = {role: place for place, roles in enumerate(choice.order) for role in roles}
    cells = [cell for part in sorted(kept, key=lambda one: rank[one.role]) for cell in part.cells]
    made = document.copy()
    made.cells = [*before, *cells]
    return Arranged(made, tuple(names))


def _parts(document: Any) -> tuple[list[Any], list[_Part]]:
    """Return the cells before the first section, and the parts: sections, and what is set apart within one."""
    before: list[Any] = []
    parts: list[_Part] = []
    section = CASE
    for cell in document.cells:
        if cell.cell_type == "markdown" and not TITLE.match(cell.source):
            section_heading, heading = HEADING.search(cell.source), ANY_HEADING.search(cell.source)
            section = ROLES.get(slug(section_heading[1]), CASE) if section_heading else section
            role = PROOF if PROOF in cell.metadata.get("tags", []) else section
            if heading and (section_heading or role != (parts[-1].role if parts else "")):
                parts.append(_Part(heading[1], role))
        (parts[-1].cells if parts else before).append(cell)
    return before, parts


def _chosen(part: _Part, choice: Choice) -> tuple[_Part | None, list[str]]:
    """Return what stays of a part, and the names of what does not; a part of which no result stays goes whole."""
    if not any(part.role in roles for roles in choice.order):
        return None, [part.heading]
    if part.role == "summary" and choice.tiles_first:
        return replace(part, cells=_tiles_first(part.cells)), []
    if part.role != CASE or choice.long_tables:
        return part, []
    long = [cell for cell in part.cells if _is_long(cell)]
    stays = [cell for cell in part.cells if not _is_long(cell)]
    if long and not any(_results(cell) for cell in stays):
        return None, [part.heading]
    return replace(part, cells=stays), [str(result["title"]) for cell in long for result in _results(cell)]


def _tiles_first(cells: list[Any]) -> list[Any]:
    """Return the cells of a summary with the tiles right below its heading."""
    tiles = [cell for cell in cells if any(result["kind"] == "tiles" for result in _results(cell))]
    others = [cell for cell in cells if not any(cell is one for one in tiles)]
    return [*others[:1], *tiles, *others[1:]]


def _is_long(cell: Any) -> bool:
    return any(
        result["kind"] == "table" and len((result.get("table") or {}).get("rows", ())) > LONG_ROWS
        for result in _results(cell)
    )


def _results(cell: Any) -> list[dict[str, Any]]:
    return [output["data"][MIME] for output in cell.get("outputs", []) if MIME in output.get("data", {})]
