"""Can these data carry a report? PASS, REVIEW or FAIL for each check, with what was seen and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.checks import answers, consistency, declared, orders, references, tables
from kpikit.checks.grading import FAIL, PASS, REVIEW, Check
from kpikit.checks.orders import missing_days
from kpikit.formatting import agreed, counted, joined, number
from kpikit.results import Result

if TYPE_CHECKING:
    from kpikit.sources import Data

__all__ = ["audit", "missing_days", "set_aside_table"]

COLUMNS = ["table", "check", "status", "seen", "do"]


def audit(data: Data, *, today: date | None = None) -> Result:
    """Return the state of the data: one row per table and check.

    Parameters
    ----------
    data
        What :func:`kpikit.load` returned.
    today
        The day to judge freshness and future dates by; None means the machine's, for embedded data their own end.

    Returns
    -------
    Result
        Kind ``quality``. ``table``: ``table`` (or kpikit.yaml), ``check``, ``status`` (PASS, REVIEW, FAIL), ``seen``,
        ``do``. ``facts``: ``status`` (the worst), ``counts`` (per table: rows in, used, set aside by reason),
        ``flags``.
    """
    day = today or (data.as_of if data.origin == "embedded" else date.today())
    checks = [check for name in data.tables for check in _of_table(data, name, day)]
    checks += declared.of_its_declarations(data)
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
    title = f"{counted(total, 'row')} {agreed(total, 'was', 'were')} set aside" if total else "No row was set aside"
    return Result(name="rows-set-aside", kind="table", title=title, text=_rows_sentence(data), table=table)


def _rows_sentence(data: Data) -> str:
    sentences = []
    for name, count in data.counts.items():
        came = f"{name.replace('_', ' ').capitalize()}: {counted(count.rows_in, 'row')} came in"
        reasons = joined(f"{number(size)} {_spoken(reason)}" for reason, size in count.set_aside.items())
        used = f"{number(count.used)} {agreed(count.used, 'was', 'were')} used" if count.set_aside else "all were used"
        into = f" as {counted(count.rows, 'order')}" if name == "orders" and count.rows != count.used else ""
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
    yield from tables.of_its_rows(data, name)
    yield from consistency.of_its_values(data, name)
    yield from references.of_its_references(data, name)
    if name == "survey_responses":
        yield from answers.of_its_answers(data)
    if name == "actions":
        yield from declared.of_its_actions(data)
    yield from tables.of_its_times(data, name, today)
    if name == "orders":
        yield from orders.of_its_money_and_days(data)
