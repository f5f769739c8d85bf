"""What is checked in every table: types, grain, copies, rows set aside, known customers, masked values, freshness."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kpikit.checks.grading import FAIL, PASS, REVIEW, Check, flagged
from kpikit.contracts import CONTRACTS
from kpikit.formatting import counted, money, number, percent

if TYPE_CHECKING:
    from kpikit.sources import Data

WITHOUT_CUSTOMER_REVIEW, WITHOUT_CUSTOMER_FAIL = 0.05, 0.50
SET_ASIDE_REVIEW = 0.05
MEANT = ("at or after as_of", "keep is false")  # reasons that the user chose


def of_its_rows(data: Data, name: str) -> Iterator[Check]:
    """Yield the checks of a table's rows and keys."""
    yield _types(data, name)
    yield _grain(data, name)
    yield from _ids(data, name)
    yield _duplicates(data, name)
    yield _set_aside(data, name)
    if "customer_id" in CONTRACTS[name].needed:
        yield _without_customer(data, name)


def of_its_times(data: Data, name: str, today: date) -> Iterator[Check]:
    """Yield the checks of what was known when: masked values, future dates, freshness on the day ``today``."""
    yield from _masking(data, name)
    if data.newest[name] is not None:
        yield _future(data, name, today)
        yield from _freshness(data, name, today)


def _types(data: Data, name: str) -> Check:
    repairs = flagged(data, name, "repair", "time zone")
    if repairs:
        return Check(name, "types", REVIEW, "; ".join(repairs), "Check that this is what the values mean.")
    size = len(data.tables[name].columns)
    notes = flagged(data, name, "note")
    return Check(name, "types", PASS, "; ".join([f"{counted(size, 'column')}, every value of its type", *notes]))


def _grain(data: Data, name: str) -> Check:
    twice = flagged(data, name, "duplicate keys")
    if twice:
        return Check(name, "grain", FAIL, twice[0], f"Export one row per {CONTRACTS[name].key}.")
    shared = flagged(data, name, "two customers", "no order_id")
    if shared:
        return Check(name, "grain", REVIEW, "; ".join(shared), "Check the mapping of order_id.")
    return Check(name, "grain", PASS, CONTRACTS[name].grain)


def _ids(data: Data, name: str) -> Iterator[Check]:
    for seen in flagged(data, name, "missing words"):
        do = "If that means no id, map the column with nullif(YOUR_COLUMN, 'the word')."
        yield Check(name, "ids", REVIEW, seen, do)
    for seen in flagged(data, name, "alike ids"):
        do = "If they are one, map customer_id with lower(YOUR_COLUMN) or ltrim(YOUR_COLUMN, '0')."
        yield Check(name, "ids", REVIEW, seen, do)


def _duplicates(data: Data, name: str) -> Check:
    copies = next((flag.rows for flag in data.flags if flag.table == name and flag.kind == "exact duplicates"), 0)
    if not copies:
        return Check(name, "exact duplicates", PASS, "none among the rows used")
    share = percent(copies / data.counts[name].used)
    return Check(
        name, "exact duplicates", REVIEW, f"{counted(copies, 'row')} ({share}) exactly like another, used",
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
    seen = f"{counted(lost, 'row')} ({percent(share)}) without customer{worth}"
    return Check(name, "customers known", status, seen, do)


def _masking(data: Data, name: str) -> Iterator[Check]:
    for seen in flagged(data, name, "not masked"):
        yield Check(
            name, "known later", REVIEW, seen, "Map that time column; a report on the past may show the future."
        )
    for seen in flagged(data, name, "as_of after the data"):
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
    seen = f"{counted(found, 'row')} dated after {today}, the newest {newest:%Y-%m-%d}"
    orders = data.orders.ordered_at
    tomorrow = datetime.combine(today, datetime.min.time()) + timedelta(days=1)
    last = orders.max(where=orders < tomorrow).to_pyarrow().as_py()
    cut = f", or pass as_of: {last.date() + timedelta(days=1)}" if last else ""
    return Check(name, "future dates", FAIL, seen, f"Correct them{cut}.")


def _freshness(data: Data, name: str, today: date) -> Iterator[Check]:
    newest, limit = data.newest[name], data.config.freshness.get(name)
    if newest is None or limit is None:
        return
    day = min(today, data.until or today)  # a report on the past is made from what was fresh then
    age = datetime.combine(day, datetime.min.time()) - datetime.combine(newest.date(), datetime.min.time())
    allowed = number(limit / timedelta(days=1), 1)
    seen = f"newest {newest:%Y-%m-%d}, {counted(age.days, 'day')} before {day}; at most {allowed}"
    stale = age > limit
    yield Check(name, "freshness", FAIL if stale else PASS, seen, "Load the table again." if stale else "")
