"""Two runs of one report side by side: what was restated, what moved, what is defined otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kpikit.cells import is_small
from kpikit.intervals import CONFIDENCE, mover, normal_quantile
from kpikit.report.decomposing import Parts, mix_and_rate
from kpikit.report.history import ALL, Judged, Key, Told, Value, defined_alike

UP, DOWN, UNCLEAR, NOT_TESTED = "up", "down", "no clear change", "not tested"


@dataclass(frozen=True)
class Restated:
    """A value of one KPI, segment and period that is another now than it was then: a fact, not an estimate."""

    then: Value
    now: Value

    @property
    def amount(self) -> float:
        """How much the value moved, in the KPI's unit."""
        return (self.now.value or 0.0) - (self.then.value or 0.0)

    @property
    def people(self) -> dict[str, float | None]:
        """On how many people it rested then and rests now, and how many more or fewer those are."""
        then, now = self.then.n, self.now.n
        return {"then": then, "now": now, "difference": None if then is None or now is None else abs(now - then)}


@dataclass(frozen=True)
class Moved:
    """A KPI's last complete period then and now, both as they are known now; a difference needs its interval.

    Parameters
    ----------
    then
        As the earlier run gave it.
    before
        The same period as this run gives it: what was restated in between is no change of the business.
    now
        The last complete period of this run.
    change, low, high
        ``now`` minus ``before`` in the KPI's unit with its interval, widened for the number of changes judged together.
    verdict
        ``up``, ``down``, ``no clear change``, or ``not tested`` where there is no interval.
    parts
        The change by mix and rate, where the values are there by segment.
    """

    then: Value
    before: Value
    now: Value
    change: float
    low: float | None = None
    high: float | None = None
    verdict: str = NOT_TESTED
    parts: Parts | None = None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.verdict in (UP, DOWN)

    @property
    def people(self) -> dict[str, float | None]:
        """On how many people the two values rest."""
        return {"before": self.before.n, "now": self.now.n}


@dataclass(frozen=True)
class Comparison:
    """What is different between an earlier and a later run of one report.

    ``unchanged`` counts the values that both runs give alike; ``rows`` has the tables whose number of rows differs.
    """

    earlier: Told
    later: Told
    restated: tuple[Restated, ...]
    moved: tuple[Moved, ...]
    redefined: tuple[str, ...]
    appeared: tuple[str, ...]
    gone: tuple[str, ...]
    lost: tuple[Value, ...]
    rows: dict[str, tuple[int, int]]
    unchanged: int

    @property
    def of_one_data(self) -> bool | None:
        """Whether both runs read the same data; None where a run does not say which it read."""
        if not (self.earlier.data_fingerprint and self.later.data_fingerprint):
            return False if self.rows else None
        return self.earlier.data_fingerprint == self.later.data_fingerprint


def compare(earlier: Told, later: Told) -> Comparison:
    """Return what is different between two runs of one report.

    Notes
    -----
    A value is *restated* where both runs know it of the same period and it, or its counts, do not read the same. A
    value of the whole run (a forecast, say) is restated where both know data up to the same day, else it has moved.
    KPIs whose definition is another (version, formula or settings) are named and not compared.
    """
    common = [name for name in later.names() if name in earlier.names()]
    redefined = tuple(name for name in common if not defined_alike(earlier, later, name))
    pairs = [
        (then, later.values[key])
        for key, then in earlier.values.items()
        if key in later.values and then.kpi not in redefined and then.is_known
    ]
    of_one_day = earlier.as_of == later.as_of
    known = [(then, now) for then, now in pairs if now.is_known and (then.period or of_one_day)]
    restated = tuple(Restated(then, now) for then, now in known if not _alike(later, then, now))
    return Comparison(
        earlier,
        later,
        restated=tuple(sorted(restated, key=lambda one: one.now.period or "", reverse=True)),
        moved=_moves(earlier, later, redefined),
        redefined=redefined,
        appeared=tuple(name for name in later.names() if name not in earlier.names()),
        gone=tuple(name for name in earlier.names() if name not in later.names()),
        lost=tuple(then for then, now in pairs if not now.is_known),
        rows={
            name: (earlier.rows.get(name, 0), later.rows.get(name, 0))
            for name in dict.fromkeys([*later.rows, *earlier.rows])
            if earlier.rows and later.rows and earlier.rows.get(name, 0) != later.rows.get(name, 0)
        },
        unchanged=len(known) - len(restated),
    )


def withheld(found: Sequence[Restated] | Sequence[Moved], min_cell: int) -> frozenset[Key]:
    """Return the keys of the values that rest on too few people to be shown, or were restated by so few.

    The values of two reports together say what the few said or did who came in between. Where that is so of one
    restated segment, the others of its KPI and period are withheld too: they and the total would tell it.
    """
    small = [one for one in found if any(is_small(count, min_cell) for count in one.people.values())]
    split = {_cell(one.now) for one in small if isinstance(one, Restated) and one.now.segment != ALL}
    others = [one for one in found if one.now.segment != ALL and _cell(one.now) in split]
    return frozenset(one.now.key for one in (*small, *others))


def definition_words(said: Told, kpi: str) -> str:
    """Return what a run says a KPI is: version, formula, settings."""
    card = said.cards.get(kpi)
    version = f"version {said.version(kpi)}"
    if card is None:
        return version
    settings = ", ".join(f"{name}: {value}" for name, value in card.settings.items())
    return "; ".join(part for part in (version, card.formula, settings) if part)


def _alike(later: Told, then: Value, now: Value) -> bool:
    return then.counts == now.counts and later.reads_alike(now.kpi, then.value, now.value)


def _moves(earlier: Told, later: Told, redefined: tuple[str, ...]) -> tuple[Moved, ...]:
    """Return the KPIs that have a later last period now, in page order, judged."""
    found = [_move(series, earlier, later) for series in dict.fromkeys(value.series for value in later.kpis)]
    moves = [one for one in found if one and one.now.kpi not in redefined]
    return tuple(_judged(one, later, claims=len(moves)) for one in moves)


def _move(series: Key, earlier: Told, later: Told) -> Moved | None:
    then, now = earlier.last_known(series), later.last_known(series)
    if then is None or now is None or bool(then.period) != bool(now.period):
        return None
    if now.period and then.period:
        before = later.values.get(then.key)
        if now.period <= then.period or before is None or not before.is_known:
            return None
    elif earlier.as_of == later.as_of:
        return None
    else:
        before = then
    change = (now.value or 0.0) - (before.value or 0.0)
    return Moved(then, before, now, change, parts=_parts(later, before, now))


def _parts(later: Told, before: Value, now: Value) -> Parts | None:
    """Return a change by the first split whose segments add up to the whole in both periods."""
    if not now.period:
        return None
    then_by, now_by = segments(later, before), segments(later, now)
    found = (mix_and_rate(before, now, then_by.get(by, []), own) for by, own in now_by.items())
    return next((parts for parts in found if parts), None)


def segments(said: Told, whole: Value) -> dict[str | None, list[Value]]:
    """Return the values of the segments of a whole, in its period, by what they split by."""
    found: dict[str | None, dict[str, Value]] = {}
    for value in said.kpis if whole.segment == ALL else ():
        if value.segment != ALL and _cell(value) == _cell(whole):
            found.setdefault(value.by, {}).setdefault(value.segment, value)
    return {by: list(own.values()) for by, own in found.items()}


def _cell(value: Value) -> tuple[str, str | None, float | None]:
    """Return what the segments of one whole share."""
    return value.kpi, value.period, value.horizon_days


def _judged(one: Moved, later: Told, *, claims: int) -> Moved:
    """Return a change with its interval: the notebook's own for the same two periods, else made from those of both."""
    own = next((its for its in later.changes if _is_of(its, one)), None)
    if own is not None and own.change_low is not None and own.change_high is not None:
        return replace(one, low=own.change_low, high=own.change_high, verdict=own.verdict)
    found = _interval(one.now, one.before, claims)
    if found is None:
        return one
    low, high = found
    return replace(one, low=low, high=high, verdict=UP if low > 0 else DOWN if high < 0 else UNCLEAR)


def _interval(now: Value, before: Value, claims: int) -> tuple[float, float] | None:
    """Return the interval of a difference, the two taken as independent, wide enough for so many claims at once."""
    six = (now.value, now.low, now.high, before.value, before.low, before.high)
    known = [each for each in six if each is not None and math.isfinite(each)]
    if len(known) < len(six):
        return None
    change, widen = known[0] - known[3], normal_quantile(1 - (1 - CONFIDENCE) / claims) / normal_quantile(CONFIDENCE)
    low, high = (change + widen * (float(end) - change) for end in mover(*known))
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def _is_of(its: Judged, one: Moved) -> bool:
    return bool(one.now.period) and (its.kpi, its.segment, its.period[:10], its.previous_period[:10]) == (
        one.now.kpi, one.now.segment, one.now.period, one.before.period
    )  # fmt: skip
