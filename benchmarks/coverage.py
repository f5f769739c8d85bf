"""Do the intervals hold the truth? Every KPI over 1,000 shops whose true numbers are known.

``python -m benchmarks.coverage [--shops N] [--customers N] [--write]`` prints the table; ``--write`` keeps it in
docs/coverage.md. One large shop is dealt out at random: each of its customers (and unknown visitors) goes to one of
1,000 small shops, which are then independent draws from the same population. They are drawn in lots, to save memory.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

import kpikit
from benchmarks.few import few_rows
from kpikit.kpis.computing import Inputs

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
SEGMENT, CONTROL_STORES = "home", ("Chiado", "Estrela", "web")
MONTH = pd.Timestamp("2025-10-01")  # known completely, a year before the data end, before the loyalty card
NOMINAL, LOW, HIGH = 0.95, 0.93, 0.97
FEWEST_SHOPS = 200
ALL_MONTHS, ONE_MONTH = "24 months", f"{MONTH:%Y-%m}"
# Closed forms are for the other length: orders in a month; visitors, who count in each of their months
NOT_CLOSED = {("purchases_per_active_customer", ALL_MONTHS), ("conversion_rate", ONE_MONTH)}
INTRODUCTION = """# Do the intervals hold the truth?

Made by `python -m benchmarks.coverage --customers {asked} --write`. {shops:,} shops with some {customers:,.0f}
customers each are drawn from one population (`kpikit.datasets.coffee_shop`, seed {seed}, segment {segment}, stores
without the loyalty card; customers answer, call and order repeatedly), and every KPI is computed for each of them: over
all 24 months, and for {month:%B %Y} alone. *Held* is the share of shops whose 95 % interval holds the truth; with
{shops:,} shops its own standard error is {error:.1f} points. The truth is the closed form of the shop's parameters
where there is one, else what all shops give together. *n* is the median number of customers in a shop. Shops without an
interval (too few customers, or all alike) are not counted: *shops* says how many are left.
"""


@dataclass(frozen=True)
class Held:
    """How often a KPI's interval holds the truth."""

    kpi: str
    over: str
    truth: float
    source: str
    shops: int
    n: float
    held: float
    width: float


def dealt(shop: Any, shops: int) -> dict[str, ir.Table]:
    """Return the shop's tables, for one segment and the control stores, with the number of each row's small shop."""
    found = dict(shop.tables)
    people = found["customers"]
    people = people.filter(people.segment == SEGMENT, people.store.isin(CONTROL_STORES))
    somebody = people.customer_id.min()  # who referred them may have been left out with another segment
    referred_by = people.referred_by.notnull().ifelse(somebody, ibis.null("string"))  # noqa: PD004 - ibis has no notna
    people = people.mutate(replicate=_dealt_to(people.customer_id, shops), referred_by=referred_by).cache()
    share = people.count().to_pyarrow().as_py() / found["customers"].count().to_pyarrow().as_py()
    own = people.select("customer_id", "replicate")
    tables = {"customers": people, "spend": _split_spend(found["spend"], shops, share)}
    for name in ("orders", "survey_responses", "survey_invites", "tickets", "subscriptions", "feedback"):
        tables[name] = found[name].inner_join(own, "customer_id").cache()
    lines = found["order_lines"]
    owners = tables["orders"].filter(lambda t: ~t.is_refund).select("order_id", "replicate")
    tables["order_lines"] = lines.inner_join(owners, "order_id").cache()
    for name in ("sessions", "events"):
        tables[name] = found[name].mutate(replicate=_dealt_to(found[name].visitor_id, shops))
    return tables


def _dealt_to(number: ir.StringColumn, shops: int) -> ir.IntegerColumn:
    return ((number + "dealt").hash().abs() % shops).cast("int64")


def _split_spend(spend: ir.Table, shops: int, share: float) -> ir.Table:
    """Return each shop's part of what acquisition costs."""
    every = ibis.range(0, shops).unnest().name("replicate").as_table()
    return spend.mutate(amount=spend.amount * share / shops).cross_join(every).cache()


def estimated(tables: Mapping[str, ir.Table], as_of: Any) -> Iterator[pd.DataFrame]:
    """Yield the estimates of each KPI with an interval, over all time and in one month: a row per small shop."""
    for name in kpikit.available(tables):
        if Inputs.of(tables).card(name).interval == "none":
            continue
        for over, period in ((ALL_MONTHS, None), (ONE_MONTH, "month")):
            values = kpikit.compute(tables, [name], period=period, by="replicate", as_of=as_of)
            values = values[values.segment != "unknown"]
            if period:
                values = values[(values.period == MONTH) & (values.status == "complete")]
            yield values.dropna(subset=["value", "low", "high"]).assign(over=over)


def measured(values: pd.DataFrame, truth: Mapping[str, float]) -> list[Held]:
    """Return how often each KPI's interval holds the truth."""
    rows = []
    for (name, over), its in values.groupby(["kpi", "over"], sort=False):
        closed = None if (name, over) in NOT_CLOSED else truth.get(name)
        row = _held(its, name, over, closed)
        if row is not None:
            rows.append(row)
            print(line(row), flush=True)
    return rows


def _held(values: pd.DataFrame, name: str, over: str, closed: float | None) -> Held | None:
    if len(values) < FEWEST_SHOPS:
        return None
    truth, source = (closed, "closed form") if closed is not None else (_together(values), "all shops together")
    holds = (values.low <= truth) & (truth <= values.high)
    return Held(
        name, over, truth, source, len(values), float(values.n.median()), float(holds.mean()),
        float((values.high - values.low).median()),
    )  # fmt: skip


def _together(values: pd.DataFrame) -> float:
    """Return what all shops give together: the ratio of the sums, or the mean where the KPI is a total."""
    ratio = values.numerator.sum() / values.denominator.sum() if values.denominator.notna().all() else np.nan
    scale = (values.value * values.denominator / values.numerator).median() if ratio == ratio else 1.0
    return float(ratio * scale) if ratio == ratio and np.isfinite(scale) else float(values.value.mean())


def line(row: Held) -> str:
    inside = LOW <= row.held <= HIGH
    return (
        f"{row.kpi:<28} {row.over:<10} truth {row.truth:>12.4f} ({row.source}), n {row.n:>7.0f}, "
        f"held {row.held:.1%}{'' if inside else '  <-- outside 93 to 97 %'}"
    )


def page(rows: list[Held], facts: Mapping[str, Any], few: pd.DataFrame) -> str:
    """Return the page of the documentation."""
    lines = [
        INTRODUCTION.format(**facts),
        "| KPI | over | truth | from | shops | n | held | |",
        "| --- | --- | --: | --- | --: | --: | --: | --- |",
    ]
    for row in rows:
        note = "" if LOW <= row.held <= HIGH else "outside 93 to 97 %"
        cells = [
            row.kpi,
            row.over,
            f"{row.truth:.4g}",
            row.source,
            f"{row.shops:,}",
            f"{row.n:,.0f}",
            f"{row.held:.1%}",
        ]
        lines.append(f"| {' | '.join([*cells, note])} |")
    lines += [
        "",
        "## Few rows, and rates near 0 or 1",
        "",
        "30 customers with one row each: coverage by simulation beside the method's exact coverage, summed over every",
        "possible outcome. *Errors* is their distance in Monte-Carlo standard errors.",
        "",
        "| method | true value | n | simulated | exact | errors |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {row.method} | {row.truth:g} | {row.n} | {row.simulated:.1%} | {row.exact:.1%} | {row.errors:+.1f} |"
        for row in few.itertuples()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shops", type=int, default=1000)
    options.add_argument("--customers", type=int, default=5000, help="of all segments and stores, per shop")
    options.add_argument("--lot", type=int, default=250, help="shops drawn and held in memory at once")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", action="store_true", help="keep the table in docs/coverage.md")
    asked = options.parse_args()
    start = time.perf_counter()
    found, people, done = [], 0, 0
    while done < asked.shops:
        shops = min(asked.lot, asked.shops - done)
        shop = kpikit.datasets.coffee_shop(asked.seed + done, shops * asked.customers, mess=False)
        tables = dealt(shop, shops)
        people += tables["customers"].count().to_pyarrow().as_py()
        found += [values.assign(lot=done) for values in estimated(tables, shop.as_of)]
        truth = shop.truth_of(SEGMENT)
        done += shops
        del shop, tables  # the engine that drew them goes with them
        print(f"{done:,} shops in {time.perf_counter() - start:.0f} s", flush=True)
    size = people / asked.shops
    rows = measured(pd.concat(found, ignore_index=True), truth)
    few = few_rows(shops=10 * asked.shops)
    print(few.to_string(index=False))
    outside = [row for row in rows if not LOW <= row.held <= HIGH]
    print(
        f"{len(rows) - len(outside)} of {len(rows)} within {LOW:.0%} to {HIGH:.0%}; {time.perf_counter() - start:.0f} s"
    )
    if asked.write:
        error = 100 * (NOMINAL * (1 - NOMINAL) / asked.shops) ** 0.5
        facts = {
            "shops": asked.shops,
            "customers": size,
            "asked": asked.customers,
            "seed": asked.seed,
            "segment": SEGMENT,
            "month": MONTH,
        }
        facts["error"] = error
        PAGE.write_text(page(rows, facts, few), encoding="utf-8")
        print(f"written: {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}")


if __name__ == "__main__":
    main()
