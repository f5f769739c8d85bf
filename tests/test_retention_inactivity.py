"""The choice of an inactivity threshold, churn at others, and churn carried to another horizon."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shops import visits

from kpikit.errors import ContractError, ParameterError
from kpikit.metrics import churn  # noqa: F401 - registers the KPI
from kpikit.metrics import retention as metrics
from kpikit.retention.inactivity import churn_by_threshold, churn_over, constant_hazard, inactivity_threshold


def gaps(ended: list[float], still_open: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"duration": [*ended, *still_open], "observed": [True] * len(ended) + [False] * len(still_open)}
    ).astype({"duration": "float64"})


def test_where_every_gap_ends_it_is_the_90th_percentile():
    found = inactivity_threshold(gaps([*range(1, 101)], [0.5] * 10))
    assert found.facts["inactive_days"] == 82  # 91 gaps are read (10 at risk beyond); 90 % of 0.91 is 0.819
    assert found.facts["longest"] == 91


def test_open_gaps_count_as_long_as_they_have_lasted():
    """Twenty gaps of 10 days and twenty of 40, and 40 open for 20 days: S(10) = 60/80, then S(40) = 0.75 · 0.

    Dropping the open ones would say that half of all return within 10 days; it is a quarter.
    """
    found = inactivity_threshold(gaps([10] * 20 + [40] * 20, [20] * 40), share=0.5)
    assert found.facts["inactive_days"] == 40
    assert found.table.returned.tolist() == [0.25, 1.0, 1.0]
    dropped = inactivity_threshold(gaps([10] * 20 + [40] * 20, []), share=0.5)
    assert dropped.facts["inactive_days"] == 10


def test_who_never_returns_does_not_hide_the_threshold():
    """50 of 100 never come back: the gaps have no 90th percentile, those who return do."""
    found = inactivity_threshold(gaps([5] * 45 + [30] * 5, [365] * 50))
    assert found.facts["inactive_days"] == 5
    assert found.facts["returning"] == pytest.approx(0.5)
    table = found.table.set_index("multiple")
    assert table.inactive_days.tolist() == [2, 5, 10]
    assert table.returned.tolist() == pytest.approx([0, 0.45, 0.45])
    assert table.wrongly_lost.tolist() == pytest.approx([0.5, 5 / 55, 5 / 55])
    assert "9.1 % come back all the same" in found.text


def test_counts_of_durations_give_the_same():
    rng = np.random.default_rng(1)
    single = gaps(list(rng.integers(1, 90, 300)), list(rng.integers(0, 200, 200)))
    counts = single.groupby(["duration", "observed"], as_index=False).size().rename(columns={"size": "n"})
    one, other = inactivity_threshold(single), inactivity_threshold(counts)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.text == other.text


def test_too_few_gaps_say_so():
    found = inactivity_threshold(gaps([5, 6], [10]))
    assert found.facts["inactive_days"] is None
    assert "Too few purchases" in found.text
    assert inactivity_threshold(gaps([], [10, 20])).facts["inactive_days"] is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: inactivity_threshold(gaps([5], []), share=1.0), ParameterError, "share"),
        (lambda: inactivity_threshold(pd.DataFrame({"days": [1]})), ContractError, "purchase_gaps"),
        (lambda: constant_hazard(3, from_days=30, to_days=360), ParameterError, "0.03 for 3 %"),
        (lambda: constant_hazard(0.03, from_days=0, to_days=360), ParameterError, "from_days"),
    ],
)
def test_what_cannot_be_computed_says_why(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_churn_at_half_once_and_twice_the_threshold():
    """The only orders of a to j lie on days 0, 10, … 90; z keeps coming. April begins on day 91 and ends on day 121."""
    bought = visits({name: [10 * i] for i, name in enumerate("abcdefghij")} | {"z": [0, 25, 50, 75, 100, 121, 139]})
    found = churn_by_threshold({"orders": bought}, [15, 30, 60], period="month", as_of="2024-05-20")
    april = found[found.period == "2024-04-01"].set_index("inactive_days")
    assert (april.status == "complete").all()
    # active on 1 April beside z: i and j with 15 days, h to j with 30 (g is out by a day), e to j with 60
    assert april.denominator.to_dict() == {15: 3, 30: 4, 60: 7}
    assert april.numerator.to_dict() == {15: 2, 30: 3, 60: 3}


def test_a_month_is_not_multiplied_by_twelve():
    a_year = constant_hazard(0.03, from_days=30, to_days=360)
    assert a_year == pytest.approx(1 - 0.97**12)
    assert a_year < 12 * 0.03
    assert constant_hazard(1.0, from_days=30, to_days=360) == 1
    assert constant_hazard(0.10, from_days=30, to_days=360) < 1 < 12 * 0.10
    assert constant_hazard(a_year, from_days=360, to_days=30) == pytest.approx(0.03)


def test_churn_over_another_horizon_is_labelled():
    found = churn_over(0.03, 0.02, 0.04, from_days=30, to_days=360)
    assert "if the hazard were constant" in found.title
    assert found.text.startswith("3.0 % lost in 30 days would be 30.6 % in 360 days (95 % interval 21.5 % to 38.7 %)")
    assert found.table.low.tolist() == pytest.approx([0.02, 1 - 0.98**12])


def test_gaps_of_an_engine_go_straight_in():
    bought = visits({f"c{i}": [0, 7, 14, 21 + i] for i in range(20)})
    counts = metrics.duration_counts(metrics.purchase_gaps(bought, as_of="2024-06-01")).to_pandas()
    found = inactivity_threshold(counts)  # 41 gaps of 7 days, one each of 8 to 26, twenty open ones
    assert found.facts["returning"] == 0.75
    assert found.facts["inactive_days"] == 20  # 41 + 13 of 60 are nine tenths
