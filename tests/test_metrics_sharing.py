"""What several KPIs share is kept once; sums that need no row for each customer are those of the rows."""

from __future__ import annotations

from dataclasses import replace

import ibis
import pandas as pd
import pytest

from kpikit.datasets import coffee_shop
from kpikit.kpis.computing import Inputs
from kpikit.metrics.grid import Contributions, sums
from kpikit.metrics.sharing import shared_steps

CELL = ["period", "segment"]


@pytest.fixture(scope="module")
def shop() -> Inputs:
    found = coffee_shop(3, 400, mess=False)
    return Inputs.of(found.tables, "channel", found.as_of)


def test_sums_without_a_row_for_each_customer_are_those_of_the_rows(shop):
    """By channel, where one customer is in several segments of one month."""
    quick = []
    for its in shop.chosen(None):
        found = shop.contributed(its, "month")
        if not isinstance(found, Contributions) or found.totals is None:
            continue
        quick.append(its.card.id)
        ours, by_rows = (
            sums(one).to_pandas().sort_values(CELL, ignore_index=True) for one in (found, replace(found, totals=None))
        )
        pd.testing.assert_frame_equal(ours[list(by_rows)], by_rows, check_dtype=False, obj=its.card.id)
    assert {"retention_rate", "inactivity_churn", "purchase_frequency", "clv_simple", "cases_per_customer"} <= set(
        quick
    )


def test_a_step_that_only_one_kept_step_asks_for_is_not_kept_beside_it():
    table = ibis.table({"who": "string", "what": "string", "x": "int64"}, name="rows")
    inner = table.group_by("who", "what").aggregate(x=table.x.sum())
    outer = inner.group_by("what").aggregate(x=inner.x.sum())
    low, high = outer.filter(outer.x < 3), outer.filter(outer.x > 3)
    assert [step.op() for step in shared_steps([low, high])] == [outer.op()]
    beside = inner.filter(inner.x > 3)  # asks for the inner one past the outer one
    assert [step.op() for step in shared_steps([low, high, beside])] == [inner.op(), outer.op()]


def test_what_windows_compute_is_kept_where_two_ask_for_it():
    table = ibis.table({"who": "string", "x": "int64"}, name="rows")
    ranked = table.mutate(place=ibis.row_number().over(group_by="who", order_by="x"))
    plain = table.mutate(y=table.x + 1)
    asked = [ranked.filter(ranked.place == 0), ranked.filter(ranked.place == 1), plain.filter(plain.y > 0), plain]
    assert [step.op() for step in shared_steps(asked)] == [ranked.op()]
