"""One comparison as a row, and rows as lines of text and as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Row:
    """What was compared at one size.

    ``ratio`` is the other's seconds over kpikit's: above 1 kpikit is faster; ``memory_ratio`` is kpikit's peak over
    the other's: below 1 kpikit needs less. None where there is nothing to compare. ``agreement`` says in words how
    far the results are equal.
    """

    name: str
    compared: str
    size: int
    ratio: float | None = None
    kpikit_s: float | None = None
    other_s: float | None = None
    kpikit_cpu_s: float | None = None
    other_cpu_s: float | None = None
    memory_ratio: float | None = None
    kpikit_mb: float | None = None
    other_mb: float | None = None
    spill_mb: float | None = None
    seconds_per_million: float | None = None
    agreement: str = ""
    note: str = ""

    @classmethod
    def of(cls, facts: Row | dict[str, Any]) -> Row:
        """Return a row from a row or from a dictionary with some of its fields."""
        return facts if isinstance(facts, Row) else cls(**facts)


HEADINGS = {
    "name": "what",
    "compared": "compared with",
    "size": "size",
    "ratio": "times faster",
    "kpikit_s": "kpikit, s",
    "other_s": "other, s",
    "kpikit_cpu_s": "kpikit, CPU s",
    "other_cpu_s": "other, CPU s",
    "memory_ratio": "memory, share of the other's",
    "kpikit_mb": "kpikit, MB",
    "other_mb": "other, MB",
    "spill_mb": "spilled, MB",
    "seconds_per_million": "s per million",
    "agreement": "results",
    "note": "note",
}


def compare(name: str, compared: str, size: int, ours: Any, theirs: Any, **more: Any) -> Row:
    """Return the row of two measured runs."""
    return Row(
        name,
        compared,
        size,
        ratio=theirs.seconds / ours.seconds,
        kpikit_s=ours.seconds,
        other_s=theirs.seconds,
        kpikit_cpu_s=ours.cpu_s,
        other_cpu_s=theirs.cpu_s,
        memory_ratio=ours.peak_mb / theirs.peak_mb,
        kpikit_mb=ours.peak_mb,
        other_mb=theirs.peak_mb,
        **more,
    )


def shown(name: str, value: Any) -> str:
    """Return a field's value as text."""
    if value is None or value == "":
        return "–"
    if name == "size":
        return f"{value:,}"
    if name.endswith("_mb"):
        return f"{value:,.0f}"
    if name in {"ratio", "memory_ratio", "seconds_per_million"} or name.endswith("_s"):
        return f"{value:,.1f}" if value >= 10 else f"{value:.2f}"
    return str(value)


def line(row: Row) -> str:
    """Return a row as one line: name, compared, size, ratio, then whatever else is known."""
    parts = [f"{row.name:<34} {row.compared:<34} {row.size:>13,}"]
    parts.append(f"{shown('ratio', row.ratio):>6}×")
    parts += [
        f"{HEADINGS[field.name]} {shown(field.name, value)}"
        for field in fields(row)[4:-2]
        if (value := getattr(row, field.name)) is not None
    ]
    return "  ".join([*parts, *(text for text in (row.agreement, row.note) if text)])


def markdown(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table without the columns that are empty in all of them."""
    names = [field.name for field in fields(Row) if any(getattr(row, field.name) not in (None, "") for row in rows)]
    texts = [name for name in names if name in {"name", "compared", "agreement", "note"}]
    rule = ["---" if name in texts else "---:" for name in names]
    body = [[shown(name, getattr(row, name)) for name in names] for row in rows]
    return "\n".join(map(_piped, [[HEADINGS[name] for name in names], rule, *body]))


def _piped(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
