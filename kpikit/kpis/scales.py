"""On which scale a KPI's values are stated, and which stated values cannot be meant: the rule for goals."""

from __future__ import annotations

from dataclasses import dataclass

from kpikit.metrics.cards import Card

SHARE, RATIO, POINTS, OTHER = "share", "ratio", "points", "other"
MOST_POINTS = 100.0
MOST_OF_A_RATIO = 10  # a percentage that may exceed 100 % (revenue retained) hardly exceeds 1,000 %


@dataclass(frozen=True)
class Misfit:
    """A value that does not fit its scale.

    Attributes
    ----------
    scale
        ``share`` (0 to 1), ``ratio`` (1 is 100 %) or ``points`` (−100 to 100).
    is_possible
        False where no value of that scale can be so; else it can, and is hardly meant.
    meant
        The value that was probably meant, None where there is none.
    """

    scale: str
    is_possible: bool
    meant: float | None


def scale_of(its: Card) -> str:
    """Return on which scale a KPI's values are stated; ``other`` is that of amounts, times and counts."""
    if its.is_share:
        return SHARE
    return {"percent": RATIO, "points": POINTS}.get(its.style, OTHER)


def misfit(value: float, scale: str) -> Misfit | None:
    """Return why a stated value does not fit its scale, or None where it fits.

    >>> misfit(88, "share")
    Misfit(scale='share', is_possible=False, meant=0.88)
    >>> misfit(0.88, "share") is None, misfit(120, "points").meant is None
    (True, True)
    """
    if scale == SHARE and not 0 <= value <= 1:
        return Misfit(scale, is_possible=False, meant=value / 100 if 1 < value <= 100 else None)
    if scale == RATIO and abs(value) > MOST_OF_A_RATIO:
        return Misfit(scale, is_possible=True, meant=value / 100)
    if scale == POINTS and abs(value) > MOST_POINTS:
        return Misfit(scale, is_possible=False, meant=None)
    if scale == POINTS and 0 < abs(value) < 1:
        return Misfit(scale, is_possible=True, meant=100 * value)
    return None
