"""Key figures in words: what a tile says, before anything draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kpikit.formatting import MINUS, difference, percent, styled
from kpikit.results import Result

GOOD_OR_BAD = {("up", "up"): "good", ("down", "down"): "good", ("up", "down"): "bad", ("down", "up"): "bad"}
ARROWS = {
    "up": "▲ up", "down": "▼ down", "no clear change": "no clear change", "not tested": "changed, not tested"
}  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """One key figure as its reader sees it: every field is text, but ``history`` (values of complete periods).

    ``tone`` (of the change) and ``status_tone`` are ``good``, ``bad``, ``warn`` or ``neutral``; they only repeat what
    ``change`` and ``status`` say in words. Tiles of one ``group`` stand together under its name.
    """

    title: str
    value: str
    period: str = ""
    change: str = ""
    tone: str = "neutral"
    interval: str = ""
    count: str = ""
    history: tuple[float, ...] = ()
    history_text: str = ""
    status: str = ""
    status_tone: str = "neutral"
    goal: str = ""
    year_change: str = ""
    noise: str = ""
    group: str = ""


def change_in_words(
    verdict: str, change: float, previous: float, before: str, *, style: str, direction: str, currency: str = ""
) -> tuple[str, str]:
    """Return what changed, with arrow and word, and its tone (``good``, ``bad``, ``neutral``).

    >>> change_in_words("up", 0.02, 0.30, "2026-08", style="percent", direction="up")
    ('▲ up: +2.0 points (+6.7 %) on 2026-08', 'good')
    """
    if verdict not in ARROWS:
        return "", "neutral"
    # a score that may be 0 or less has no relative change
    relative = f" ({_signed(percent(change / previous))})" if previous > 0 and style != "points" else ""
    return f"{ARROWS[verdict]}: {difference(change, style, currency)}{relative} on {before}", GOOD_OR_BAD.get(
        (verdict, direction), "neutral"
    )


def history_in_words(title: str, values: Sequence[float], unit: str, *, style: str, currency: str = "") -> str:
    """Return the text equivalent of a sparkline."""
    first, last, low, high = (styled(v, style, currency) for v in (values[0], values[-1], min(values), max(values)))
    return f"{title} over {len(values)} {unit}s: from {first} to {last}, lowest {low}, highest {high}"


def key_figures(tiles: Sequence[Tile], **facts: Any) -> Result:
    """Return tiles as a result of kind ``tiles``; ``facts`` are passed on to :class:`Result`."""
    own = facts.pop("facts", {})
    return Result(
        name="key-figures",
        kind="tiles",
        title="Key figures",
        facts={**own, "tiles": [asdict(tile) for tile in tiles]},
        **facts,
    )


def _signed(text: str) -> str:
    return text if text.startswith(MINUS) else f"+{text}"
