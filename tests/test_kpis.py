"""``kpikit.compute``: columns, intervals by family, errors, and what must never change a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from shops import FIRST_DAY, any_orders, orders, three_months

import kpikit
from kpikit import intervals, kpis
from kpikit.config import Config, Privacy
from kpikit.errors import ContractError, ParameterError
from kpikit.metrics import KPIS


def test_columns_and_grain():
    table = kpikit.compute({"orders": three_months}, ["revenue", "retention_rate"], period="month")
    assert table.columns.tolist() == kpis.COLUMNS
    assert table.groupby("kpi").size().to_dict() == {"retention_rate": 2, "revenue": 3}


def test_without_kpis_all_that_the_tables_can_feed():
    table = kpikit.compute({"orders": three_months})
    assert set(table.kpi) == {
        name for name, one in KPIS.items() if one.card.needs == ("orders",) and not one.card.columns
    }
    assert table.groupby("kpi").size().max() == 1


def test_values_and_intervals_by_hand():
    table = kpikit.compute({"orders": three_months}, period="month", as_of="2024-04-01").set_index(["kpi", "period"])
    row = table.loc[("retention_rate", pd.Timestamp("2024-02-01"))]
    assert (row.numerator, row.denominator, row.value, row.n) == (1, 2, 0.5, 2)
    assert (row.low, row.high) == pytest.approx(tuple(float(end) for end in intervals.wilson(1, 2)))
    new = table.loc[("new_customers", pd.Timestamp("2024-03-01"))]
    assert (new.value, new.low) == (0, 0)
    assert new.high == pytest.approx(3.689, abs=1e-3)
    revenue = table.loc[("revenue", pd.Timestamp("2024-01-01"))]
    assert revenue.high - revenue.low == pytest.approx(
        2 * 1.959964 * np.sqrt(10**2 + 40**2 + (1700 / 50 * 1.959964 / 2) ** 2), rel=1e-6
    )


def test_denominator_zero_is_a_missing_value_without_interval():
    bought = orders(("a", "2024-01-01", 1.0), ("a", "2024-03-31", 1.0))
    row = kpikit.compute({"orders": bought}, ["average_order_value"], period="month").iloc[1]
    assert row.denominator == 0
    assert np.isnan([row.value, row.low, row.high]).all()


def test_rates_lie_between_0_and_1_and_intervals_hold_the_estimate():
    table = kpikit.compute({"orders": three_months}, period="month").dropna(subset=["value", "low"])
    assert (table.low <= table.value + 1e-12).all()
    assert (table.value <= table.high + 1e-12).all()
    rates = table[table.kpi.isin(["retention_rate", "churn_rate", "repeat_purchase_rate"])]
    assert rates.value.between(0, 1).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"kpis": ["retention"]}, ParameterError, "Did you mean 'retention_rate'"),
        ({"period": "monthly"}, ParameterError, "Did you mean 'month'"),
        ({"by": "shop"}, ContractError, r"columns \['shop'\]"),
        ({"as_of": "soon"}, ParameterError, "ISO date"),
    ],
)
def test_wrong_calls_say_what_is_valid(call, error, message):
    with pytest.raises(error, match=message):
        kpikit.compute({"orders": three_months}, **call)


def test_unknown_and_missing_tables():
    with pytest.raises(ParameterError, match="Rename the key"):
        kpikit.compute({"order": three_months})
    with pytest.raises(ContractError, match="table orders for revenue"):
        kpikit.compute({"customers": three_months}, ["revenue"])


def test_cards_are_whole():

    for card in (one.card for one in KPIS.values()):
        assert all(
            [
                card.title,
                card.question.endswith("?"),
                card.formula,
                card.grain,
                card.unit,
                card.caveat,
                card.source,
                card.needs,
            ]
        )


MOVABLE = ["retention_rate", "repeat_purchase_rate", "purchase_frequency", "average_order_value"]


@given(any_orders(), any_orders())
@settings(max_examples=3, deadline=None)
def test_nothing_dated_at_or_after_as_of_changes_a_number(bought, other):
    as_of = FIRST_DAY + pd.Timedelta(days=80)
    before = bought[bought.ordered_at < as_of]
    if before.empty:
        return
    later = other.assign(ordered_at=other.ordered_at + pd.Timedelta(days=80))
    expected = kpikit.compute({"orders": before}, MOVABLE, period="month", as_of=f"{as_of:%Y-%m-%d}")
    found = kpikit.compute({"orders": pd.concat([before, later])}, MOVABLE, period="month", as_of=f"{as_of:%Y-%m-%d}")
    pd.testing.assert_frame_equal(expected, found)


@given(any_orders(refunds=False))
@settings(max_examples=3, deadline=None)
def test_order_of_rows_changes_nothing(bought):
    expected = kpikit.compute({"orders": bought}, MOVABLE, period="month")
    found = kpikit.compute({"orders": bought.sample(frac=1, random_state=3)}, MOVABLE, period="month")
    pd.testing.assert_frame_equal(expected, found)


def test_the_dictionary_in_docs_is_made_from_the_cards():
    from pathlib import Path

    from kpikit.metrics.cards import dictionary

    path = Path(__file__).parents[1] / "docs" / "kpis.md"
    assert path.read_text(encoding="utf-8") == dictionary(), "write it anew: metrics.cards.dictionary()"


def test_the_data_that_load_returns_will_do():
    config = Config(privacy=Privacy(min_cell=1))  # three customers: fewer than a page would show
    table = kpikit.compute(kpikit.load(config, tables={"orders": three_months}), ["revenue"])
    assert table.value.tolist() == [205.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kpikit.compute({"orders": three_months}, []), "at least one KPI"),
        (lambda: kpikit.compute({}), "at least one KPI"),
        (lambda: kpikit.compute({"orders": three_months.head(0)}), "orders with at least one row"),
        (lambda: kpikit.compute({"orders": three_months.assign(amount="3")}), "amount as numbers"),
        (lambda: kpikit.compute({"orders": pd.concat([three_months, three_months.amount], axis=1)}), "twice amount"),
    ],
)
def test_what_cannot_be_computed_says_why(call, message):
    with pytest.raises((ParameterError, ContractError), match=message):
        call()


@pytest.mark.parametrize(
    ("period", "by", "as_of"),
    [
        (None, None, "2024-01-20"),
        (None, "shop", "2024-03-20"),
        ("week", "shop", "2024-03-20"),
        ("month", None, "2023-12-31"),
    ],
)
def test_many_at_once_are_what_each_gives_alone(period, by, as_of):
    """Two grids are laid out: in the engine for one KPI, here for many. They are the same."""
    bought = three_months.assign(shop=["x", "y", "x", "x", "x", None, "y", "y", "x"])
    its = [one for one in KPIS.values() if one.card.needs == ("orders",) and not one.card.columns]
    together = kpikit.compute({"orders": bought}, its, period=period, by=by, as_of=as_of)
    for one in its:
        alone = one.counts(bought, period=period, by=by, as_of=as_of).to_pandas()
        found = together[together.kpi == one.card.id].reset_index(drop=True)
        expected = kpis.with_interval(alone, one.card)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_a_table_is_known_up_to_the_last_of_its_times():
    """The newest case is of 10 September, but one was solved on the 25th: support has not fallen silent."""
    tickets = pd.DataFrame(
        {
            "ticket_id": ["a", "b"],
            "opened_at": pd.to_datetime(["2026-08-03", "2026-09-10"]).as_unit("us"),
            "resolved_at": pd.to_datetime(["2026-08-04", "2026-09-25"]).as_unit("us"),
        }
    )
    found = kpikit.compute({"tickets": tickets}, ["backlog"], period="month", as_of="2026-10-01")
    assert found.status.tolist() == ["complete", "complete"]
    silent = tickets.assign(resolved_at=tickets.resolved_at.where(tickets.ticket_id == "a"))
    assert kpikit.compute({"tickets": silent}, ["backlog"], period="month", as_of="2026-10-01").status.iloc[-1] == (
        "partial"
    )


def test_surveys_come_in_waves_and_a_wave_is_over_when_its_month_is():
    answers = pd.DataFrame(
        {"kind": "csat", "score": [5.0, 1.0], "responded_at": pd.Timestamp("2026-06-10").as_unit("us")}
    )
    found = kpikit.compute({"survey_responses": answers}, ["csat"], period="month", as_of="2026-09-01")
    assert found.status.tolist() == ["complete"] * 3
    assert found.value.isna().tolist() == [False, True, True]
