"""Histories, distinct histories, the holdout split, RFM scores and the join of scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from shops import any_orders, one_customer_one_order, orders, three_months

from kpikit import customers, datasets
from kpikit.errors import ContractError, ParameterError

pytestmark = pytest.mark.usefixtures("engine")


def test_cdnow_histories_as_the_papers_count_them():
    # Fader, Hardie and Lee (2005): 2,357 customers, 2,457 repeats, 946 repeat buyers; T of the first day is 272 days
    table = customers.histories(datasets.cdnow(sample=True), as_of="1997-10-01").to_pandas()
    assert (len(table), table.frequency.sum(), (table.frequency > 0).sum()) == (2357, 2457, 946)
    assert table["T"].max() == 272 / 7


def test_three_months_by_hand():
    table = (
        customers.histories(three_months, as_of="2024-04-01", unit="day")
        .to_pandas()
        .set_index("customer_id")
        .sort_index()
    )
    assert table.index.tolist() == ["ann", "bob", "eve"]
    assert table.frequency.tolist() == [2, 1, 0]
    assert table.recency.tolist() == [86.0, 30.0, 0.0]
    assert table["T"].tolist() == [86.0, 60.0, 50.0]
    assert table.monetary_value.tolist()[:2] == [25.0, 10.0]
    assert np.isnan(table.monetary_value["eve"])


def test_same_day_orders_are_one_occasion_with_their_net_sum():
    bought = orders(("a", "2024-01-01", 5.0), ("a", "2024-01-09 08:00", 10.0), ("a", "2024-01-09 20:00", 30.0),
                    ("a", "2024-01-09 21:00", -4.0))  # fmt: skip
    row = customers.histories(bought, unit="day").to_pandas().iloc[0]
    assert (row.frequency, row.monetary_value) == (1, 36.0)


def test_a_refund_alone_is_no_occasion():
    row = (
        customers.histories(orders(("a", "2024-01-01", 5.0), ("a", "2024-01-09", -5.0)), unit="day").to_pandas().iloc[0]
    )
    assert (row.frequency, row.recency, row["T"]) == (0, 0, 8)


def test_an_order_of_zero_remains_an_order():
    # eight CDNOW customers begin with one
    table = customers.histories(orders(("a", "2024-01-01", 0.0), ("a", "2024-01-03", 7.0)), unit="day").to_pandas()
    assert table.frequency.tolist() == [1]


def test_weeks_are_days_over_seven_and_not_rounded():
    bought = orders(("a", "2024-01-01", 1.0), ("a", "2024-01-11", 1.0))
    row = customers.histories(bought, as_of="2024-01-21").to_pandas().iloc[0]
    assert (row.recency, row["T"]) == (10 / 7, 19 / 7)


def test_default_as_of_is_the_day_after_the_newest_row_even_a_refund():
    bought = orders(("a", "2024-01-01", 1.0), ("b", "2024-01-05 23:00", -1.0))
    assert customers.histories(bought, unit="day").to_pandas()["T"].tolist() == [4.0]


def test_distinct_histories_count_everyone_once():
    everyone = customers.histories(datasets.cdnow(sample=True), as_of="1997-10-01")
    table = customers.distinct_histories(everyone).to_pandas()
    assert table.n_customers.sum() == 2357
    assert not table.duplicated(["frequency", "recency", "T"]).any()


def test_scores_come_back_to_every_customer():
    everyone = customers.histories(datasets.cdnow(sample=True), as_of="1997-10-01")
    scores = customers.distinct_histories(everyone).to_pandas()
    scores["score"] = scores.frequency * 1000 + scores["T"]
    table = customers.join_scores(everyone, scores[["frequency", "recency", "T", "score"]]).to_pandas()
    assert len(table) == 2357
    assert (table.score == table.frequency * 1000 + table["T"]).all()


def test_holdout_counts_what_came_after_and_leaves_out_the_newborn():
    bought = orders(("a", "2024-01-01", 5.0), ("a", "2024-02-03", 10.0), ("a", "2024-02-03", 1.0),
                    ("b", "2024-01-02", 5.0), ("c", "2024-02-01", 9.0))  # fmt: skip
    table = customers.calibration_holdout(bought, calibration_end="2024-02-01", unit="day").to_pandas()
    table = table.set_index("customer_id").sort_index()
    assert table.index.tolist() == ["a", "b"]
    assert table.holdout_purchases.tolist() == [1, 0]
    assert table.holdout_spend.tolist() == [11.0, 0.0]
    with pytest.raises(ParameterError, match="Leave days for the holdout"):
        customers.calibration_holdout(bought, calibration_end="2024-02-01", as_of="2024-02-01")


def test_cdnow_holdout_holds_1882_repeats():
    # 2,357 customers over the second 39 weeks: Fader, Hardie and Lee (2005) print the tracking plot to this total
    table = customers.calibration_holdout(datasets.cdnow(sample=True), calibration_end="1997-10-01").to_pandas()
    assert table.holdout_purchases.sum() == 1882


def test_daily_purchases_add_up_to_histories():
    daily = customers.daily_purchases(datasets.cdnow(sample=True), known_before="1997-10-01").to_pandas()
    assert daily.first_purchases.sum() == 2357
    assert daily.repeat_purchases.sum() == 2457 + 1882
    assert daily[daily.day < "1997-10-01"].repeat_purchases.sum() == 2457


def test_rfm_recency_is_days_since_and_equal_values_score_equally():
    table = customers.rfm_scores(three_months, as_of="2024-04-01").to_pandas().set_index("customer_id")
    assert table.recency_days.to_dict() == {"ann": 0, "bob": 30, "eve": 50}
    assert table.orders.to_dict() == {"ann": 3, "bob": 2, "eve": 2}
    assert table.amount.to_dict() == {"ann": 60.0, "bob": 50.0, "eve": 100.0}
    assert table.f_score["bob"] == table.f_score["eve"] < table.f_score["ann"]
    assert table.r_score["ann"] > table.r_score["bob"] > table.r_score["eve"]
    with pytest.raises(ParameterError, match="at least 2 bins"):
        customers.rfm_scores(three_months, bins=1)


def test_one_customer_one_order():
    table = customers.histories(one_customer_one_order).to_pandas()
    assert table[["frequency", "recency", "T"]].to_numpy().tolist() == [[0, 0, 0]]


def test_wrong_calls_say_what_to_do():
    with pytest.raises(ParameterError, match="Did you mean 'week'"):
        customers.histories(three_months, unit="weeks")
    with pytest.raises(ContractError, match=r"customers\.histories"):
        customers.distinct_histories(three_months)


@given(any_orders())
@settings(max_examples=12, deadline=None)
def test_histories_equal_pandas_on_any_orders(bought):
    table = customers.histories(bought, unit="day").to_pandas().set_index("customer_id").sort_index()
    end = bought.ordered_at.max().normalize()
    dated = bought.assign(day=bought.ordered_at.dt.normalize(), active=bought.amount >= 0)
    daily = dated.groupby(["customer_id", "day"]).agg(net=("amount", "sum"), active=("active", "any")).query("active")
    for who, part in daily.reset_index().groupby("customer_id"):
        row = table.loc[who]
        assert row.frequency == len(part) - 1
        assert row.recency == (part.day.max() - part.day.min()).days
        assert row["T"] == (end - part.day.min()).days
        if len(part) > 1:
            assert row.monetary_value == pytest.approx(part.sort_values("day").net.iloc[1:].mean(), abs=1e-9)
    assert len(table) == daily.reset_index().customer_id.nunique()
    pd.testing.assert_frame_equal(
        table,
        customers.histories(bought.sample(frac=1, random_state=2), unit="day")
        .to_pandas()
        .set_index("customer_id")
        .sort_index(),
    )


def test_histories_come_in_the_order_of_customers():
    table = customers.histories(datasets.cdnow(sample=True), as_of="1997-10-01").to_pandas()
    assert table.customer_id.is_monotonic_increasing


def test_scores_that_stand_twice_do_not_multiply_customers():
    everyone = customers.histories(three_months, as_of="2024-04-01")
    scores = customers.distinct_histories(everyone).to_pandas().drop(columns="n_customers").assign(score=1.0)
    twice = pd.concat([scores, scores.assign(score=2.0)])
    table = customers.join_scores(everyone, twice).to_pandas()
    assert table.score.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(ContractError, match="monetary_value"):
        customers.join_scores(everyone, scores.assign(monetary_value=0.0))
