"""Where and when customers wait: durations per case, the thinned curve, waits by hour, delays by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpdesk import six_cases, tickets

from kpikit.errors import ContractError, ParameterError
from kpikit.handing import in_engine
from kpikit.metrics import waiting
from kpikit.metrics.durations import kaplan_meier

pytestmark = pytest.mark.usefixtures("engine")

MARCH = "2024-03-01"


def many(size: int = 700) -> pd.DataFrame:
    """Return cases with waits of 1 … ``size`` minutes."""
    start = pd.Timestamp("2024-01-01")
    frame = pd.DataFrame({"ticket_id": [str(i) for i in range(size)], "opened_at": start})
    frame["first_response_at"] = start + pd.to_timedelta(np.arange(1, size + 1), unit="min")
    return frame.astype({"opened_at": "datetime64[us]", "first_response_at": "datetime64[us]"})


def test_each_case_with_its_hours_and_whether_they_are_over():
    rows, _ = waiting.waits(six_cases, by=["topic"], as_of=MARCH)
    table = rows.order_by("opened").to_pandas()
    assert table.duration.tolist() == [1, 2, 3, 4, 5, 28 * 24 + 15]
    assert table.observed.tolist() == [True] * 5 + [False]
    assert table.topic.tolist() == six_cases.topic.tolist()


def test_the_curve_by_hand():
    table = waiting.wait_curve(six_cases, as_of=MARCH).to_pandas()
    assert table.duration.tolist() == [1, 2, 3, 4, 5]  # the sixth still waits: no step
    assert table.survival.tolist() == pytest.approx([5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])
    assert table["median"].unique().tolist() == [3.5]
    assert table[["cases", "observed", "customers"]].iloc[0].tolist() == [6, 5, 4]
    assert table.log_sum.isna().all()  # a geometric mean would leave out the one that waits


def test_logarithms_where_nothing_is_open():
    table = waiting.wait_curve(six_cases.head(5), as_of=MARCH).to_pandas()
    assert table.log_sum.iloc[0] == pytest.approx(np.log([1, 2, 3, 4, 5]).sum())
    assert table.log_squares.iloc[0] == pytest.approx((np.log([1, 2, 3, 4, 5]) ** 2).sum())


def test_a_long_curve_is_thinned_to_steps_of_half_a_percent():
    table = waiting.wait_curve(many(), as_of="2024-01-02").to_pandas()
    assert len(table) <= 201
    rows, _ = waiting.waits(many(), as_of="2024-01-02")
    whole = kaplan_meier(rows, ["segment"]).order_by("duration").to_pandas()
    assert set(table.duration) <= set(whole.duration)
    kept = pd.merge_asof(whole, table[["duration", "survival"]], on="duration", suffixes=("", "_kept"))
    assert (kept.survival_kept - kept.survival).max() < 0.005


def test_waits_by_the_hour_of_the_opening():
    table = waiting.waits_by_hour(six_cases, block_hours=12, as_of=MARCH).to_pandas()
    # 2 January 2024 was a Tuesday; 5 Friday, 10 Wednesday, 15 Monday, 20 Saturday, 1 February Thursday
    assert table.weekday.tolist() == [0, 1, 2, 3, 4, 5]
    assert table.hour.unique().tolist() == [0]
    assert table["median"].fillna(-1).tolist() == [4, 1, 3, -1, 2, 5]
    assert table.overall_median.unique().tolist() == [3.5]
    with pytest.raises(ParameterError, match="divides a day"):
        waiting.waits_by_hour(six_cases, block_hours=5)


def test_delays_by_hand():
    table = waiting.delays(six_cases, by=["channel"], as_of=MARCH).to_pandas().set_index("channel")
    # median of all 3.5 h: T5 lost 1.5 h, T4 0.5 h, T6 has lost all but 3.5 h of its wait so far
    assert table.index.tolist() == ["email", "phone", "unknown"]  # most hours lost first
    assert table.hours_lost.tolist() == [1.5, 0.5, 0]
    assert table.hours_waiting.tolist() == [0, 0, 28 * 24 + 15 - 3.5]
    assert table.waiting.tolist() == [0, 0, 1]
    assert table.slower.tolist() == [1, 1, 1]  # T5, T4, and T6, which waits longer already
    assert table.slower_of.tolist() == [3, 2, 1]
    assert table["median"].fillna(-1).tolist() == [3, 3, -1]


def test_a_case_that_waits_is_judged_only_where_it_is_longer_already():
    young = tickets(("N1", "kim", "02-29 23:00", None, None, None, None, "billing", "email"))
    table = waiting.delays(pd.concat([six_cases, young]), by=["channel"], as_of=MARCH).to_pandas().set_index("channel")
    assert table["cases"]["email"] == 4
    assert table.slower_of["email"] == 3  # one hour so far: nobody knows yet


def test_late_is_longer_than_nine_in_ten():
    minutes = many(100)
    row = waiting.delays(minutes, as_of="2024-01-02").to_pandas().iloc[0]
    assert row.overall_p90 * 60 == pytest.approx(90.5)
    assert (row.late, row.late_of, row["all"]) == (10, 100, "all")


def test_columns_that_are_there_make_the_groups():
    table = waiting.delays(six_cases, as_of=MARCH).to_pandas()
    assert table.columns[:2].tolist() == ["channel", "topic"]  # no agent in these data
    with pytest.raises(ParameterError, match="such as channel"):
        waiting.delays(six_cases, by=["period"])
    with pytest.raises(ContractError, match="agent"):
        waiting.delays(six_cases, by=["agent"])


def test_a_table_of_the_engine_gives_what_a_dataframe_gives():
    one, two = (waiting.delays(data, as_of=MARCH).to_pandas() for data in (six_cases, in_engine(six_cases)))
    pd.testing.assert_frame_equal(one, two)


def test_what_ends_a_wait_is_one_of_two():
    with pytest.raises(ParameterError, match="resolved_at"):
        waiting.waits(six_cases, "closed_at")
