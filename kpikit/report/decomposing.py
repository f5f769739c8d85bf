"""A change of a ratio by mix and rate: did the segments change, or how many of whom there are?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpikit.report.history import Value, same


@dataclass(frozen=True)
class Part:
    """What one segment brought to a change, in the KPI's unit."""

    segment: str
    mix: float
    rate: float


@dataclass(frozen=True)
class Parts:
    """A change of a ratio, split exactly: the sum of all ``mix`` and ``rate`` effects is the change."""

    segments: tuple[Part, ...]

    @property
    def mix(self) -> float:
        """What came from other shares of the segments, in the KPI's unit."""
        return sum(part.mix for part in self.segments)

    @property
    def rate(self) -> float:
        """What came from other values within the segments, in the KPI's unit."""
        return sum(part.rate for part in self.segments)


def mix_and_rate(before: Value, now: Value, then_by: Sequence[Value], now_by: Sequence[Value]) -> Parts | None:
    """Return the change from ``before`` to ``now`` by segment, or None where the counts do not allow it.

    Grain: one part per segment. The value must be a multiple of numerator / denominator (a share, a mean, NPS), and
    the segments must add up to the whole in both periods: of a median, or of segments that overlap, nothing is said.

    Notes
    -----
    A segment with the weights w0, w1 (its shares of the denominator) and the rates r0, r1 brings the mix effect
    (w1 − w0)(r0 + r1) / 2 and the rate effect (r1 − r0)(w0 + w1) / 2. A segment that is in one period only has no rate
    in the other: all that it brings is mix.

    References
    ----------
    Kitagawa, E. M. (1955), "Components of a difference between two rates", JASA 50.
    """
    names = list(dict.fromkeys(value.segment for value in (*now_by, *then_by)))
    earlier, later = ({value.segment: value for value in one} for one in (then_by, now_by))
    if len(names) < 2 or not (_adds_up(before, then_by) and _adds_up(now, now_by)):
        return None
    parts = []
    for name in names:
        w0, r0 = _weight_and_rate(earlier.get(name), before)
        w1, r1 = _weight_and_rate(later.get(name), now)
        known = [rate for rate in (r0, r1) if rate is not None]
        first, last = (rate if rate is not None else known[0] if known else 0.0 for rate in (r0, r1))
        parts.append(Part(name, mix=(w1 - w0) * (first + last) / 2, rate=(last - first) * (w0 + w1) / 2))
    return Parts(tuple(parts))


def _adds_up(whole: Value, parts: Sequence[Value]) -> bool:
    """Say whether the counts of the segments are those of the whole, and its value is their ratio."""
    counts = [(part.numerator, part.denominator) for part in parts]
    if not whole.denominator or not whole.numerator or any(None in pair for pair in counts):
        return False
    tops, bottoms = (sum(pair[i] or 0.0 for pair in counts) for i in (0, 1))
    scale = (whole.value or 0.0) * whole.denominator / whole.numerator
    of_segments = all(
        same(part.value, scale * (part.numerator or 0.0) / part.denominator) for part in parts if part.denominator
    )
    return of_segments and same(tops, whole.numerator) and same(bottoms, whole.denominator)


def _weight_and_rate(part: Value | None, whole: Value) -> tuple[float, float | None]:
    if part is None or not part.denominator or not whole.denominator:
        return 0.0, None
    return part.denominator / whole.denominator, part.value
