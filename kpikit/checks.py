"""Can these data carry a report? PASS, REVIEW or FAIL for each check, with what was seen and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.contracts import CONTRACTS
from kpikit.formatting import joined, money, number, percent
from kpikit.periods import DAYS_PER_WEEK, WEEKDAYS
from kpikit.results import Result

if TYPE_CHECKING:
    from kpikit.sources import Data

PASS, REVIEW, FAIL = "PASS", "REVIEW", "FAIL"
WITHOUT_CUSTOMER_REVIEW, WITHOUT_CUSTOMER_FAIL = 0.05, 0.50
SET_ASIDE_REVIEW = 0.05
EXTREME_TIMES, EXTREME_QUANTILE = 100, 0.999
LONGEST_GAP_DAYS, TAIL_SHARE = 60, 0.05  # after a longer gap, so few of the days with orders are an odd end
USUAL_ORDERS = 5  # a weekday whose median is below this may well have a day without orders
SMALLEST_SALES = 0.005  # less than half a cent is the rounding of a sum that is zero
MEANT = ("at or after as_of", "keep is false")  # reasons that the user chose
COLUMNS = ["table", "check", "status", "seen", "do"]


@dataclass(frozen=True)
class Check:
    """One check of one table."""

    table: str
    check: str
    status: str
    seen: str
    do: str = ""


def audit(data: Data, *, today: date | None = None) -> Result:
    """Return the state of the data: one row per table and check.

    Parameters
    ----------
    data
        What :func:`kpikit.load` returned.
    today
        The day to judge freshness and future dates by; None means the machine's.

    Returns
    -------
    Result
        Kind ``quality``. ``table``: ``table``, ``check``, ``status`` (PASS, REVIEW, FAIL), ``seen``, ``do``.
        ``facts``: ``status`` (the worst), ``counts`` (per table: rows in, used, set aside by reason), ``flags``.
    """
    day = today or date.today()
    checks = [check for name in data.tables for check in _of_table(data, name, day)]
    status = next((grade for grade in (FAIL, REVIEW) if any(check.status == grade for check in checks)), PASS)
    counts = {
        name: {"rows_in": count.rows_in, "used": count.used, "set_aside": dict(count.set_aside), "rows": count.rows}
        for name, count in data.counts.items()
    }
    titles = {PASS: "Data checks passed", REVIEW: "Data checks: some need a review", FAIL: "Data checks failed"}
    return Result(
        name="data-quality",
        kind="quality",
        title=titles[status],
        text=f"{_rows_sentence(data)} {_checks_sentence(checks)}",
        table=pd.DataFrame([vars(check) for check in checks], columns=COLUMNS),
        facts={"status": status, "counts": counts, "flags": [flag.text for flag in data.flags]},
    )


def set_aside_table(data: Data) -> Result:
    """Return what was not used: one row per table and reason, with rows, their money where known, and their share."""
    rows = [
        {
            "table": name,
            "reason": reason,
            "rows": size,
            "amount": count.amounts.get(reason),
            "share": size / count.rows_in,
        }
        for name, count in data.counts.items()
        for reason, size in count.set_aside.items()
    ]
    table = pd.DataFrame(rows, columns=["table", "reason", "rows", "amount", "share"])
    table["amount"] = table["amount"].astype(float)
    total = int(table["rows"].sum())
    title = f"{number(total)} rows were set aside" if total else "No row was set aside"
    return Result(name="rows-set-aside", kind="table", title=title, text=_rows_sentence(data), table=table)


def _rows_sentence(data: Data) -> str:
    sentences = []
    for name, count in data.counts.items():
        came = f"{name.replace('_', ' ').capitalize()}: {number(count.rows_in)} rows came in"
        reasons = joined(f"{number(size)} {_spoken(reason)}" for reason, size in count.set_aside.items())
        used = f"{number(count.used)} were used" if count.set_aside else "all were used"
        into = f" as {number(count.rows)} orders" if name == "orders" and count.rows != count.used else ""
        aside = number(sum(count.set_aside.values()))
        rest = f" and {aside} set aside ({reasons})" if count.set_aside else ""
        sentences.append(f"{came}, {used}{into}{rest}.")
    return " ".join(sentences)


def _spoken(reason: str) -> str:
    return (
        reason if reason.startswith("at or") else f"with {reason}" if reason.startswith("no ") else f"because {reason}"
    )


def _checks_sentence(checks: list[Check]) -> str:
    bad = [check for check in checks if check.status != PASS]
    if not bad:
        return f"All {len(checks)} checks passed."
    found = "; ".join(f"{check.table}, {check.check}: {check.seen}" for check in sorted(bad, key=lambda c: c.status))
    return f"{len(checks) - len(bad)} of {len(checks)} checks passed; to look at: {found}."


def _of_table(data: Data, name: str, today: date) -> Iterator[Check]:
    yield _types(data, name)
    yield _grain(data, name)
    yield _duplicates(data, name)
    yield _set_aside(data, name)
    if "customer_id" in CONTRACTS[name].needed:
        yield _without_customer(data, name)
    yield from _ranges(data, name)
    yield from _masking(data, name)
    if data.newest[name] is not None:
        yield _future(data, name, today)
        yield from _freshness(data, name, today)
    if name == "orders":
        yield _extremes(data)
        yield _refunds(data)
        yield _missing_days(data)


def _flags(data: Data, name: str, *kinds: str) -> list[str]:
    return [
        flag.text.removeprefix(f"{name}: ").rstrip(".")
        for flag in data.flags
        if flag.table == name and flag.kind in kinds
    ]


def _types(data: Data, name: str) -> Check:
    repairs = _flags(data, name, "repair", "time zone")
    if repairs:
        return Check(name, "types", REVIEW, "; ".join(repairs), "Check that this is what the values mean.")
    size = len(data.tables[name].columns)
    return Check(name, "types", PASS, f"{size} columns, every value of its type")


def _grain(data: Data, name: str) -> Check:
    twice = _flags(data, name, "duplicate keys")
    if twice:
        return Check(name, "grain", FAIL, twice[0], f"Export one row per {CONTRACTS[name].key}.")
    shared = _flags(data, name, "two customers", "no order_id")
    if shared:
        return Check(name, "grain", REVIEW, "; ".join(shared), "Check the mapping of order_id.")
    return Check(name, "grain", PASS, CONTRACTS[name].grain)


def _duplicates(data: Data, name: str) -> Check:
    copies = next((flag.rows for flag in data.flags if flag.table == name and flag.kind == "exact duplicates"), 0)
    if not copies:
        return Check(name, "exact duplicates", PASS, "none among the rows used")
    share = percent(copies / data.counts[name].used)
    return Check(
        name, "exact duplicates", REVIEW, f"{number(copies)} rows ({share}) exactly like another, used",
        f"If they were exported twice, set tables.{name}.drop_duplicates: true.",
    )  # fmt: skip


def _set_aside(data: Data, name: str) -> Check:
    count = data.counts[name]
    lost = sum(size for reason, size in count.set_aside.items() if reason not in (*MEANT, "no customer"))
    seen = f"{number(count.rows_in)} in = {number(count.used)} used + {number(sum(count.set_aside.values()))} set aside"
    if lost / count.rows_in > SET_ASIDE_REVIEW:
        return Check(name, "rows", REVIEW, seen, "Look at the reasons: more than 5 % lack something the report needs.")
    return Check(name, "rows", PASS, seen)


def _without_customer(data: Data, name: str) -> Check:
    count = data.counts[name]
    lost = count.set_aside.get("no customer", 0)
    share = lost / count.rows_in
    status = FAIL if share > WITHOUT_CUSTOMER_FAIL else REVIEW if share > WITHOUT_CUSTOMER_REVIEW else PASS
    amount = count.amounts.get("no customer")
    worth = f", worth {money(amount, data.currency)}" if amount else ""
    do = "The report speaks of known customers only; say so, or map another customer_id." if status != PASS else ""
    return Check(name, "customers known", status, f"{number(lost)} rows ({percent(share)}) without customer{worth}", do)


def _ranges(data: Data, name: str) -> Iterator[Check]:
    table = data.tables[name]
    for column in CONTRACTS[name].columns:
        if column.name not in table.columns or (column.low is None and column.high is None):
            continue
        value = table[column.name]
        outside = (value < column.low) if column.low is not None else (value > column.high)
        if column.low is not None and column.high is not None:
            outside = outside | (value > column.high)
        found = int(table.filter(outside).count().execute())
        low, high = ("" if end is None else number(end) for end in (column.low, column.high))
        limits = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
        do = "Correct them at the source, or set them aside with keep." if found else ""
        yield Check(name, column.name, REVIEW if found else PASS, f"{number(found)} values not {limits}", do)
    if name == "survey_responses" and {"scale_min", "scale_max"} <= set(table.columns):
        found = int(table.filter((table.score < table.scale_min) | (table.score > table.scale_max)).count().execute())
        do = "Check scale_min and scale_max." if found else ""
        yield Check(name, "score", REVIEW if found else PASS, f"{number(found)} scores outside their scale", do)


def _masking(data: Data, name: str) -> Iterator[Check]:
    for seen in _flags(data, name, "not masked"):
        yield Check(
            name, "known later", REVIEW, seen, "Map that time column; a report on the past may show the future."
        )
    for seen in _flags(data, name, "as_of after the data"):
        yield Check(name, "as_of", REVIEW, seen, "Leave as_of empty unless it is sure that nothing happened since.")


def _future(data: Data, name: str, today: date) -> Check:
    newest = data.newest[name]
    assert newest is not None
    column = CONTRACTS[name].time
    if newest.date() <= today:
        return Check(name, "future dates", PASS, f"newest {newest:%Y-%m-%d}")
    after = data.tables[name].filter(
        data.tables[name][column] >= datetime.combine(today, datetime.min.time()) + timedelta(days=1)
    )
    found = int(after.count().execute())
    seen = f"{number(found)} rows dated after {today}, the newest {newest:%Y-%m-%d}"
    orders = data.orders.ordered_at
    tomorrow = datetime.combine(today, datetime.min.time()) + timedelta(days=1)
    last = orders.max(where=orders < tomorrow).to_pyarrow().as_py()
    cut = f", or pass as_of: {last.date() + timedelta(days=1)}" if last else ""
    return Check(name, "future dates", FAIL, seen, f"Correct them{cut}.")


def _freshness(data: Data, name: str, today: date) -> Iterator[Check]:
    newest, limit = data.newest[name], data.config.freshness.get(name)
    if newest is None or limit is None:
        return
    age = datetime.combine(today, datetime.min.time()) - datetime.combine(newest.date(), datetime.min.time())
    allowed = number(limit / timedelta(days=1), 1)
    seen = f"newest {newest:%Y-%m-%d}, {number(age.days)} days before {today}; at most {allowed}"
    stale = age > limit
    yield Check(name, "freshness", FAIL if stale else PASS, seen, "Load the table again." if stale else "")


def _extremes(data: Data) -> Check:
    orders = data.orders.filter(data.orders.amount > 0)
    found = orders.aggregate(top=orders.amount.max(), usual=orders.amount.quantile(EXTREME_QUANTILE)).execute()
    top, usual = float(found["top"].iloc[0] or 0), float(found["usual"].iloc[0] or 0)
    if top > EXTREME_TIMES * usual > 0:
        seen = f"the largest order is {money(top, data.currency)}, 999 of 1,000 are below {money(usual, data.currency)}"
        return Check("orders", "amounts", REVIEW, seen, "Check it: a decimal point or a currency may be wrong.")
    return Check("orders", "amounts", PASS, f"the largest order is {money(top, data.currency)}")


def _refunds(data: Data) -> Check:
    """Judge the money by the lines: an order that a refund was summed into would hide it."""
    lines = [flag for flag in data.flags if flag.table == "orders" and flag.kind == "refunds"]
    refunds = -sum(flag.amount for flag in lines)
    sales = float(np.nan_to_num(data.orders.amount.sum().execute())) + refunds
    on = f" on {number(sum(flag.rows for flag in lines))} rows" if lines else ""
    seen = f"sales {money(sales, data.currency)}, refunds {money(refunds, data.currency)}{on}"
    if sales < SMALLEST_SALES:
        return Check("orders", "refunds", FAIL, seen, "Map amount to what was paid: no amount is above zero.")
    if refunds > sales:
        return Check("orders", "refunds", FAIL, seen, "Check the sign of amount: more was given back than sold.")
    return Check("orders", "refunds", PASS, seen)


def missing_days(daily: pd.Series, holidays: tuple[date, ...] = ()) -> list[date]:
    """Return the days without orders on weekdays that usually have them: ``daily`` is orders by date.

    A weekday counts as open when its median, over the span of the data, is at least five orders.
    """
    if daily.empty:
        return []
    every = pd.date_range(min(daily.index), max(daily.index))
    filled = daily.set_axis(pd.to_datetime(daily.index)).reindex(every, fill_value=0)
    medians = filled.groupby(every.day_of_week).transform("median")
    gaps = filled.index[(filled == 0) & (medians >= USUAL_ORDERS)]
    return [gap.date() for gap in gaps if gap.date() not in holidays]


def _gap_at_the_end(days: list[pd.Timestamp]) -> tuple[pd.Timestamp, pd.Timestamp, int] | None:
    """Return a long gap's first and last day, and on how many days orders follow, where these are few."""
    one = timedelta(days=1)
    for place in range(len(days) - 1, 0, -1):
        after = len(days) - place
        if after > max(1, TAIL_SHARE * len(days)):
            return None
        if (days[place] - days[place - 1]).days - 1 > LONGEST_GAP_DAYS:
            return days[place - 1] + one, days[place] - one, after
    return None


def _missing_days(data: Data) -> Check:
    orders = data.orders
    daily = orders.group_by(day=orders.ordered_at.date()).aggregate(orders=orders.count()).execute()
    series = daily.set_index("day")["orders"]
    gaps = missing_days(series, data.config.business.holidays)
    days = [pd.Timestamp(day) for day in series.index]
    span = (max(days) - min(days)).days + 1
    closed = [
        name
        for number_, name in enumerate(WEEKDAYS)
        if span >= 4 * DAYS_PER_WEEK and number_ not in {day.weekday() for day in days}
    ]
    note = f"; never an order on {joined(name.capitalize() for name in closed)}" if closed else ""
    if gap := _gap_at_the_end(sorted(days)):
        first, last, after = gap
        seen = f"no order for {number((last - first).days + 1)} days ({first:%Y-%m-%d} to {last:%Y-%m-%d})"
        seen += f", then orders on {number(after)} {'day' if after == 1 else 'days'}"
        return Check("orders", "missing days", REVIEW, seen, "Are the last dates right, and is everything exported?")
    if gaps:
        seen = f"{number(len(gaps))} days without an order on weekdays that have them ({_spans(gaps)}){note}"
        return Check(
            "orders", "missing days", REVIEW, seen, "Closed, or not exported? List closings in business.holidays."
        )
    return Check("orders", "missing days", PASS, f"none among {number(span)} days{note}")


def _spans(days: list[date], limit: int = 3) -> str:
    spans: list[list[date]] = []
    for day in days:
        if spans and (day - spans[-1][1]).days <= 2:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    spans.sort(key=lambda span: span[0] - span[1])
    shown = [f"{first}" if first == last else f"{first} to {last}" for first, last in sorted(spans[:limit])]
    return ", ".join(shown) + (" …" if len(spans) > limit else "")
