"""Many KPIs over periods and segments, with their intervals: ``kpikit.compute``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.config import Config
from kpikit.contracts import CONTRACTS, TIME, as_table, missing_columns
from kpikit.errors import ContractError, ParameterError, listed
from kpikit.kpis.counting import counted
from kpikit.kpis.suppression import suppressed
from kpikit.metrics import Kpi, find
from kpikit.metrics.cards import Card
from kpikit.metrics.configured import configured
from kpikit.metrics.grid import Contributions
from kpikit.periods import LONGEST_CLOSING_DAYS, Period, as_date

if TYPE_CHECKING:
    import ibis.expr.types as ir

COLUMNS = ["kpi", "period", "segment", "numerator", "denominator", "value", "low", "high", "n", "status"]
SCORE_POINTS = 100  # a net score is written from -100 to 100
# Tables whose silence means that they were not exported further: their KPIs would fall to zero. What as_of says of
# orders is believed (see kpikit.load for those that end much earlier); surveys come in waves, and without answers they
# have no value rather than a zero.
STREAMS = ("order_lines", "tickets", "sessions", "events", "spend", "feedback")


def compute(
    tables: Mapping[str, Any],
    kpis: Sequence[str | Kpi] | str | None = None,
    *,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> pd.DataFrame:
    """Return KPIs with their counts and intervals: one row per KPI, period and segment.

    Parameters
    ----------
    tables
        Ibis tables or DataFrames by contract name, for example ``{"orders": orders}``, or what :func:`kpikit.load`
        returns: then the configuration's settings, questions and indicators count.
    kpis
        Ids of KPIs; None means every KPI that these tables can feed.
    period
        ``day``, ``week``, ``week-sunday``, ``month``, ``quarter``, ``year``; None means one row over all.
    by
        Column to split by; a table that lacks it gets it from ``customers``, by ``customer_id``.
    as_of
        First day that is not known; None means the day after the newest row of ``orders`` (without orders: of all). A
        KPI whose other tables end more than a week earlier is known only up to their end.

    Returns
    -------
    DataFrame
        ``kpi``, ``period`` (first day; missing without a period), ``segment`` (``all`` without ``by``), ``numerator``,
        ``denominator`` (missing for totals), ``value``, ``low``, ``high`` (95 % interval), ``n`` (customers),
        ``status`` (``complete``, ``partial``, ``not_yet_observed``, ``suppressed``). A denominator of 0 gives a missing
        value. Of loaded data, cells of fewer customers than ``privacy.min_cell`` are suppressed, and those that would
        reveal them: counts and value are missing. Tables by name have no threshold.

    Raises
    ------
    ParameterError
        When a KPI, period or date is not valid.
    ContractError
        When a table or column is missing.
    """
    if period is not None:
        Period.parse(period)
    inputs = Inputs.of(tables, by, as_of)
    chosen = inputs.chosen(kpis)
    tables_of_counts = counted([inputs.contributed(its, period) for its in chosen], period=period, by=by)
    found = [with_interval(counts, its.card) for counts, its in zip(tables_of_counts, chosen, strict=True)]
    return inputs.shown(pd.concat(found, ignore_index=True)[COLUMNS])


def kpi_ids(names: Iterable[str], config: Config) -> list[str]:
    """Return the ids of KPIs of a configuration, each named by its id or by another name for it."""
    known = configured(config)
    return [find(name, known).template.id for name in names]


class Inputs:
    """The tables of one computation: typed once, with the column to split by, and each with the day it is known to."""

    def __init__(
        self, tables: Mapping[str, ir.Table], kpis: Mapping[str, Kpi], by: str | None, as_of: Any, min_cell: int = 1
    ) -> None:
        self.tables, self.kpis, self.by, self.min_cell = tables, kpis, by, min_cell
        self._as_of = as_of
        self._ends: dict[str, date] = {}

    @cached_property
    def as_of(self) -> date:
        """The first day that is not known to anything."""
        return _end_of(self.tables) if self._as_of is None else as_date(self._as_of)

    @classmethod
    def of(cls, tables: Any, by: str | None = None, as_of: Any = None) -> Inputs:
        """Return the inputs from tables by name or from loaded data; DataFrames are handed to the engine once."""
        config = getattr(tables, "config", None)
        as_of = getattr(tables, "as_of", None) if as_of is None else as_of
        named = getattr(tables, "tables", tables)
        unknown = [name for name in named if name not in CONTRACTS]
        if unknown:
            raise ParameterError(
                f"tables named {listed(CONTRACTS)}", got=listed(unknown), fix="Rename the key.", where="tables"
            )
        typed = {name: as_table(name, table) for name, table in named.items()}
        if as_of is not None:
            as_date(as_of)
        min_cell = config.privacy.min_cell if config else 1
        return cls(_with_column(typed, by), configured(config), by, as_of, min_cell)

    def shown(self, values: pd.DataFrame) -> pd.DataFrame:
        """Return computed rows as they may be shown: small cells suppressed."""
        return suppressed(values, self.min_cell) if self.min_cell > 1 else values

    def card(self, name: str) -> Card:
        """Return the card of a KPI of these data, by its id."""
        return find(name, self.kpis).card

    def lacks(self, its: Card) -> list[str]:
        """Return the tables, or else the columns (``tickets.resolved_at``), that a KPI needs and these data lack."""
        absent = [name for name in its.needs if name not in self.tables]
        return absent or [one for one in its.columns if one.split(".")[1] not in self.tables[one.split(".")[0]].columns]

    def splits(self, its: Card) -> bool:
        """Say whether the tables that a KPI needs have the column to split by: each, or for some KPIs one of them."""
        have = [self.by in self.tables[name].columns for name in its.needs]
        return not self.by or (any(have) if its.splits_by_any else all(have))

    def chosen(self, kpis: Sequence[str | Kpi] | str | None) -> list[Kpi]:
        """Return the KPIs asked for, or all that these tables can feed."""
        if kpis is not None:
            asked = [kpis] if isinstance(kpis, str) else kpis
            found = [one if isinstance(one, Kpi) else find(one, self.kpis) for one in asked]
            for one in found:
                self._refuse_lacking(one.card)
        else:
            fed = [one for one in self.kpis.values() if not self.lacks(one.card)]
            found = [one for one in fed if self.splits(one.card)]
            if fed and not found and self.by:
                table = fed[0].card.needs[0]
                raise missing_columns(table, [self.by], self.tables[table].columns)
        if not found:
            got = f"tables {listed(self.tables)}"
            raise ParameterError("at least one KPI that the tables can feed", got=got, where="kpis")
        return found

    def _refuse_lacking(self, its: Card) -> None:
        lacking = self.lacks(its)
        if lacking and "." not in lacking[0]:
            fix = f"Map tables.{lacking[0]} in kpikit.yaml."
            raise ContractError(f"table {listed(lacking)} for {its.id}", got=listed(self.tables), fix=fix)
        if lacking:
            table = lacking[0].split(".")[0]
            names = [one.split(".")[1] for one in lacking if one.startswith(f"{table}.")]
            raise missing_columns(table, names, self.tables[table].columns)
        if not self.splits(its):
            table = next(name for name in its.needs if self.by not in self.tables[name].columns)
            raise missing_columns(table, [str(self.by)], self.tables[table].columns)

    def contributed(self, its: Kpi, period: str | None) -> Contributions | ir.Table:
        """Return what each customer contributes to a KPI, as expressions; nothing runs yet."""
        card = its.card
        needed = [*(self.tables[name] for name in card.needs), *(self.tables.get(name) for name in card.wants)]
        return its.contributed(*needed, period=period, by=self.by, as_of=self.known_until(card))

    def known_until(self, its: Card) -> date:
        """Return the first day that is not known to every table that a KPI needs."""
        return min([self.as_of, *(self._end(name) for name in its.needs if name in STREAMS)])

    def _end(self, name: str) -> date:
        if name not in self._ends:
            self._ends[name] = _known_until(self.tables[name], name, self.as_of)
        return self._ends[name]


def _end_of(tables: Mapping[str, ir.Table]) -> date:
    """Return the midnight after the newest row of ``orders``, or without orders of all tables."""
    asked = ["orders"] if "orders" in tables else [name for name in tables if CONTRACTS[name].time]
    newest = [_newest(tables[name], CONTRACTS[name].time) for name in asked]
    days = [moment.date() for moment in newest if moment is not None]
    if not days:
        where = asked[0] if asked else "tables"
        raise ContractError(f"{where} with at least one row", got="none", fix="Check the filters.", where=where)
    return max(days) + timedelta(days=1)


def _newest(table: ir.Table, time: str) -> datetime | None:
    return table[time].max().to_pyarrow().as_py() if time in table.columns else None


def _known_until(table: ir.Table, name: str, as_of: date) -> date:
    """Return the day up to which a table is known: a silence of a week is taken as nothing having happened.

    Any of its times counts: a case that was answered yesterday is news. Where every row is dated on the first of a
    month, a row stands for its month.
    """
    contract = CONTRACTS[name]
    times = [one.name for one in contract.columns if one.kind == TIME and one.name in table.columns]
    if contract.time not in times:
        return as_of
    known = pd.Timestamp(as_of)
    newest = {one: table[one].max(where=table[one] < known) for one in times}
    days = {"_day_of_month": table[contract.time].day().max(where=table[contract.time] < known)}
    found = table.aggregate(**newest, **days).to_pyarrow().to_pylist()[0]
    latest, moments = found.pop("_day_of_month"), [moment for moment in found.values() if moment is not None]
    if latest is None:
        return as_of
    month = Period("month")
    last = max(moments)
    end = month.start(month.index(last) + 1) if latest == 1 and len(times) == 1 else last.date() + timedelta(days=1)
    return as_of if (as_of - end).days <= LONGEST_CLOSING_DAYS else end


def _with_column(tables: Mapping[str, ir.Table], by: str | None) -> dict[str, ir.Table]:
    """Return the tables, those that lack the column ``by`` with the customer's own where it is known."""
    source = tables.get("customers")
    if by is None or source is None or by not in source.columns:
        return dict(tables)
    own = source.group_by("customer_id").aggregate(**{by: source[by].cast("string").max()})

    def with_own(table: ir.Table) -> ir.Table:
        if by in table.columns or "customer_id" not in table.columns:
            return table
        return table.left_join(own, "customer_id").select(*(table[name] for name in table.columns), own[by])

    return {name: with_own(table) for name, table in tables.items()}


def with_interval(counts: pd.DataFrame, its: Card) -> pd.DataFrame:
    """Return a KPI's counts with ``kpi``, ``value``, ``low`` and ``high``, as the card's interval says."""
    value, low, high = _estimated(counts, its)
    shown = counts.assign(kpi=its.id, value=value, low=np.where(np.isnan(value), np.nan, low))
    shown["high"] = np.where(np.isnan(value), np.nan, high)
    shown["period"] = pd.to_datetime(shown["period"]).astype("datetime64[s]")
    shown["n"] = shown["n"].astype("Int64")
    return shown[COLUMNS]


def _estimated(counts: pd.DataFrame, its: Card) -> tuple[Any, Any, Any]:
    """Return value, low and high of each row of counts."""
    if its.interval == "kaplan_meier":  # read off the curve by the engine
        value, low, high = (counts[name].to_numpy(dtype=float, na_value=np.nan) for name in ("value", "low", "high"))
        return value, low, high
    names = ("numerator", "denominator", "sum_xx", "sum_yy", "sum_xy", "n", "sum_ww")
    x, y, xx, yy, xy, n, ww = (counts[name].to_numpy(dtype=float, na_value=np.nan) for name in names)
    if its.interval == "poisson":
        return x, *intervals.poisson(x)
    if its.interval == "compound_poisson":
        return x, *intervals.compound_poisson(x, xx)
    value = np.divide(x, y, out=np.full(len(x), np.nan), where=(y != 0) & ~np.isnan(y))
    if its.interval == "wilson":
        return value, *intervals.wilson(x, y)
    if its.interval == "poisson_denominator":
        return value, *intervals.per_count(x, y)
    if its.interval == "nps":
        low, high = intervals.net_score(x, y, ww, xx, yy, xy, n)
        return SCORE_POINTS * value, SCORE_POINTS * low, SCORE_POINTS * high
    if its.interval == "retained_share":
        return value, *intervals.retained_share(x, y, ww, xx, yy, xy)
    if its.interval == "none":
        total = x if counts["denominator"].isna().all() else value
        return total, np.full(len(x), np.nan), np.full(len(x), np.nan)
    return value, *getattr(intervals, its.interval)(x, y, xx, yy, xy, n)
