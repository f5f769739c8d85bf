"""Many KPIs over periods and segments, with their intervals: ``kpikit.compute``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit import intervals
from kpikit.contracts import CONTRACTS, as_table
from kpikit.errors import ContractError, ParameterError, listed
from kpikit.formatting import counted, interval, joined, number, styled
from kpikit.keyfigures import Tile, change_in_words, history_in_words, key_figures
from kpikit.metrics.cards import CARDS, FUNCTIONS, INTERVALS, Card, card
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.timeline import end_of_data

COLUMNS = ["kpi", "period", "segment", "numerator", "denominator", "value", "low", "high", "n", "status"]


def compute(
    tables: Mapping[str, Any],
    kpis: Sequence[str] | None = None,
    *,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> pd.DataFrame:
    """Return KPIs with their counts and intervals: one row per KPI, period and segment.

    Parameters
    ----------
    tables
        Ibis tables or DataFrames by contract name, for example ``{"orders": orders}``.
    kpis
        Ids of KPIs; None means every KPI that these tables can feed.
    period
        ``day``, ``week``, ``week-sunday``, ``month``, ``quarter``, ``year``; None means one row over all.
    by
        Column to split by.
    as_of
        First day that is not known; None means the day after the newest row of ``orders``.

    Returns
    -------
    DataFrame
        ``kpi``, ``period`` (first day; missing without a period), ``segment`` (``all`` without ``by``), ``numerator``,
        ``denominator`` (missing for totals), ``value``, ``low``, ``high`` (95 % interval), ``n`` (customers),
        ``status`` (``complete``, ``partial``, ``not_yet_observed``). A denominator of 0 gives a missing value.

    Raises
    ------
    ParameterError
        When a KPI, period or date is not valid.
    ContractError
        When a table or column is missing.
    """
    if period is not None:
        Period.parse(period)
    tables = getattr(tables, "tables", tables)  # kpikit.load's Data will do
    unknown = [name for name in tables if name not in CONTRACTS]
    if unknown:
        raise ParameterError(
            f"tables named {listed(CONTRACTS)}", got=listed(unknown), fix="Rename the key.", where="tables"
        )
    if kpis is None:
        kpis = [name for name, its in CARDS.items() if all(table in tables for table in its.needs)]
    elif isinstance(kpis, str):
        kpis = [kpis]
    cards = [card(name) for name in kpis]
    if not cards:
        raise ParameterError("at least one KPI that the tables can feed", got=f"tables {listed(tables)}", where="kpis")
    needed = {table for its in cards for table in its.needs if table in tables}
    inputs = {name: as_table(name, tables[name]) for name in needed}  # a DataFrame is handed to the engine once
    if as_of is None and "orders" in inputs:
        as_of = end_of_data(inputs["orders"]).to_pyarrow().as_py()
        if as_of is None:
            raise ContractError("orders with at least one row", got="none", fix="Check the filters.", where="orders")
    return pd.concat([_one(its, inputs, period, by, as_of) for its in cards], ignore_index=True)[COLUMNS]


def _one(its: Card, tables: Mapping[str, Any], period: str | None, by: str | None, as_of: Any) -> pd.DataFrame:
    missing = [table for table in its.needs if table not in tables]
    if missing:
        raise ContractError(
            f"table {listed(missing)} for {its.id}", got=listed(tables), fix=f"Map tables.{missing[0]} in kpikit.yaml."
        )
    inputs = [tables[table] for table in its.needs]
    counts = FUNCTIONS[its.id](*inputs, period=period, by=by, as_of=as_of).to_pandas()
    return with_interval(counts, its)


def with_interval(counts: pd.DataFrame, its: Card) -> pd.DataFrame:
    """Return a KPI's counts with ``kpi``, ``value``, ``low`` and ``high``, as the card's interval says."""
    floats = ["numerator", "denominator", "sum_xx", "sum_yy", "sum_xy", "n"]
    x, y, xx, yy, xy, n = (counts[name].to_numpy(dtype=float, na_value=np.nan) for name in floats)
    is_total = its.interval in {"poisson", "compound_poisson"}
    value = x if is_total else np.divide(x, y, out=np.full(len(x), np.nan), where=(y != 0) & ~np.isnan(y))
    if its.interval == "wilson":
        low, high = intervals.wilson(x, y)
    elif its.interval == "clustered_ratio":
        low, high = intervals.clustered_ratio(x, y, xx, yy, xy, n)
    elif its.interval == "poisson":
        low, high = intervals.poisson(x)
    else:
        low, high = intervals.compound_poisson(x, xx)
    shown = counts.assign(kpi=its.id, value=value, low=np.where(np.isnan(value), np.nan, low))
    shown["high"] = np.where(np.isnan(value), np.nan, high)
    shown["period"] = pd.to_datetime(shown["period"]).astype("datetime64[s]")
    shown["n"] = shown["n"].astype("Int64")
    return shown[COLUMNS]


def latest(values: pd.DataFrame, *, claims: int | None = None) -> pd.DataFrame:
    """Return each KPI's last complete period beside the one before: one row per KPI, period and segment → per KPI.

    Parameters
    ----------
    values
        As :func:`compute` returns it, with a period.
    claims
        Number of changes judged on the page; None means as many as there are rows. Intervals of the changes are
        widened so that all of them hold together (Bonferroni).

    Returns
    -------
    DataFrame
        The columns of ``values`` and ``previous_period``, ``previous``, ``change``, ``change_low``, ``change_high``,
        ``verdict`` (``up``, ``down``, ``no clear change``, ``no comparison``). Partial periods are never compared.

    Notes
    -----
    The interval of a difference recovers the two variances from the two intervals (MOVER; Zou and Donner, 2008), taking
    the periods as independent: since they share customers, whose values are alike, it is rather too wide.
    """
    done = values[(values.status == "complete") & values.value.notna()].sort_values("period")
    groups = done.groupby(["kpi", "segment"], sort=False)
    last = groups.nth(-1).set_index(["kpi", "segment"])
    before = groups.nth(-2).set_index(["kpi", "segment"]).reindex(last.index)
    widen = float(stats.norm.ppf(1 - 0.025 / max(claims or len(last), 1)) / stats.norm.ppf(0.975))
    change = last.value - before.value
    low = change - widen * np.hypot(last.value - last.low, before.high - before.value)
    high = change + widen * np.hypot(last.high - last.value, before.value - before.low)
    verdict = np.select([low.isna(), low > 0, high < 0], ["no comparison", "up", "down"], "no clear change")
    judged = last.assign(
        previous_period=before.period,
        previous=before.value,
        change=change,
        change_low=low,
        change_high=high,
        verdict=verdict,
    )
    order = list(dict.fromkeys(values.kpi))
    return judged.reset_index().sort_values("kpi", key=lambda k: k.map(order.index), kind="stable", ignore_index=True)


def scores(values: pd.DataFrame, *, period: str, currency: str = "", partial_note: str = "") -> Result:
    """Return the key figures of a page: the last complete period of every KPI, with what changed.

    Parameters
    ----------
    values
        As :func:`compute` returns it, with ``period`` and without ``by``.
    """
    table = latest(values)
    unit = Period.parse(period)
    text = " ".join(_score_sentence(row, unit, currency) for row in table.itertuples())
    complete = values[(values.status == "complete") & values.value.notna()]
    histories = {str(name): tuple(group.value.astype(float)) for name, group in complete.groupby("kpi", sort=False)}
    tiles = [_tile(row, histories[str(row.kpi)], unit, currency) for row in table.itertuples()]
    return key_figures(
        tiles,
        text=f"{text} {partial_note}".strip(),
        headline=_headline(table, unit, currency),
        table=table,
        kpis=records(values),
        facts={"period": period, "currency": currency},
    )


def _tile(row: Any, history: tuple[float, ...], unit: Period, currency: str) -> Tile:
    its = card(row.kpi)
    before = "" if pd.isna(row.previous_period) else unit.label(row.previous_period)
    change, tone = change_in_words(
        row.verdict, row.change, row.previous, before, style=its.style, direction=its.direction, currency=currency
    )
    return Tile(
        title=its.title,
        value=styled(row.value, its.style, currency),
        period=unit.label(row.period) + (f" · {its.unit}" if its.style == "decimal" else ""),
        change=change,
        tone=tone,
        interval="" if pd.isna(row.low) else f"95 % interval {interval(row.low, row.high, its.style, currency)}",
        count=f"n = {counted(row.n, 'customer')}",
        history=history,
        history_text=history_in_words(its.title, history, unit.unit, style=its.style, currency=currency),
    )


def records(values: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Return computed KPIs as plain values for ``kpis.json``, each with the version of its definition."""
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()}
        for row in values.astype(object).where(values.notna(), None).to_dict("records")
    ]
    for row in rows:
        row["period"] = None if row["period"] is None else row["period"].date().isoformat()
        row["definition"] = card(row["kpi"]).version
        row.update(
            {
                name: float(row[name])
                for name in ("numerator", "denominator", "value", "low", "high")
                if row[name] is not None
            }
        )
        row["n"] = None if row["n"] is None else int(row["n"])
    return tuple(rows)


def definitions(*cards: str | Card) -> Result:
    """Return the definitions used on a page, as cards."""
    shown = [one if isinstance(one, Card) else card(one) for one in cards]
    rows = pd.DataFrame(
        [asdict(one) | {"needs": ", ".join(one.needs), "interval": INTERVALS[one.interval]} for one in shown]
    )
    return Result("definitions", "definitions", "Definitions used on this page", table=rows)


def _headline(table: pd.DataFrame, unit: Period, currency: str) -> str:
    """Return the sentence about the figures that moved clearly, or that none did."""
    moved: list[Any] = list(table[table.verdict.isin(["up", "down"])].itertuples())
    if (table.verdict == "no comparison").all():
        return ""
    if not moved:
        return "No key figure changed clearly against the period before."
    parts = []
    for row in moved[:2]:
        its = card(row.kpi)
        now, then = styled(row.value, its.style, currency), styled(row.previous, its.style, currency)
        parts.append(
            f"{its.title.lower()} went {row.verdict} to {now} in {unit.label(row.period)} "
            f"from {then} in {unit.label(row.previous_period)}"
        )
    sentence = joined(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _score_sentence(row: Any, unit: Period, currency: str) -> str:
    its = card(row.kpi)
    value = styled(row.value, its.style, currency)
    held = interval(row.low, row.high, its.style, currency)
    said = {"up": "clearly up on", "down": "clearly down on", "no clear change": "no clear change against"}.get(
        row.verdict
    )
    then = f"; {said} {styled(row.previous, its.style, currency)} in {unit.label(row.previous_period)}" if said else ""
    return f"{its.title}, {unit.label(row.period)}: {value} (95 % interval {held}; n = {number(row.n)}){then}."
