"""Changes between periods that share customers: what they share, their intervals, and what may be claimed of many."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shops import orders, three_months

from kpikit import intervals
from kpikit.errors import ParameterError
from kpikit.kpis.changes import CHANGES, changes
from kpikit.kpis.computing import Inputs
from kpikit.kpis.differences import correlation, judged
from kpikit.kpis.measuring import measured
from kpikit.metrics import card, find

# four customers: ann and bob order in both months, eve in January only, zoe in February only; March has begun
two_months = orders(
    ("ann", "2024-01-05", 10.0),
    ("bob", "2024-01-06", 20.0),
    ("eve", "2024-01-07", 40.0),
    ("ann", "2024-02-05", 30.0),
    ("bob", "2024-02-06", 20.0),
    ("zoe", "2024-02-07", 10.0),
    ("zoe", "2024-03-02", 99.0),
)
KEYS = ["kpi", "segment", "comparison"]


def row(table: pd.DataFrame, kpi: str, comparison: str = "previous") -> pd.Series:
    return table.set_index(KEYS).loc[(kpi, "all", comparison)]


def reshaped(x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Return one period's sums over customers, as ``Measured.table`` has them."""
    facts = {"numerator": x.sum(), "denominator": y.sum(), "sum_xx": (x * x).sum(), "sum_yy": (y * y).sum()}
    return pd.DataFrame([facts | {"sum_xy": (x * y).sum(), "n": (y > 0).sum()}])


def shared(x1: np.ndarray, y1: np.ndarray, x0: np.ndarray, y0: np.ndarray) -> pd.DataFrame:
    sums = {"xx": (x1 * x0).sum(), "xy": (x1 * y0).sum(), "yx": (y1 * x0).sum(), "yy": (y1 * y0).sum()}
    return pd.DataFrame([sums])


@pytest.mark.usefixtures("engine")
class TestOnEachEngine:
    def test_the_last_complete_month_is_compared_with_the_one_before(self):
        found = row(changes({"orders": two_months}, ["revenue"], period="month"), "revenue")
        assert (found.period, found.previous_period) == (pd.Timestamp("2024-02-01"), pd.Timestamp("2024-01-01"))
        assert (found.value, found.previous, found.change) == (60.0, 70.0, -10.0)

    def test_a_total_shares_the_products_of_the_customers_in_both_months(self):
        # shared: ann 10·30 + bob 20·20 = 700; squares: 10² + 20² + 40² = 2100 and 30² + 20² + 10² = 1400
        found = row(changes({"orders": two_months}, ["revenue"], period="month"), "revenue")
        assert found.correlation == pytest.approx(700 / np.sqrt(2100 * 1400))

    def test_the_interval_of_a_total_is_that_of_the_customers_own_changes(self):
        # compound Poisson: Σ (x₁ − x₀)² = 20² + 0² + 40² + 10²
        found = row(changes({"orders": two_months}, ["revenue"], period="month"), "revenue")
        half = stats.norm.ppf(0.975) * np.sqrt(20**2 + 40**2 + 10**2)
        assert (found.change_low, found.change_high) == pytest.approx((-10 - half, -10 + half))

    def test_customers_in_both_months_cancel_in_a_count_of_customers(self):
        found = row(changes({"orders": two_months}, ["active_customers"], period="month"), "active_customers")
        assert (found.change, found.correlation) == (0.0, pytest.approx(2 / 3))

    def test_a_year_ago_is_the_same_month(self):
        table = pd.concat([two_months, two_months.assign(ordered_at=two_months.ordered_at + pd.DateOffset(years=1))])
        found = row(changes({"orders": table}, ["revenue"], period="month"), "revenue", "year ago")
        assert (found.period, found.previous_period) == (pd.Timestamp("2025-02-01"), pd.Timestamp("2024-02-01"))
        assert found.correlation == pytest.approx(1.0)  # the same customers spend the same

    def test_a_week_a_year_ago_is_52_weeks_ago(self):
        table = orders(("a", "2024-01-01", 5.0), ("a", "2024-12-30", 7.0), ("a", "2025-01-06", 7.0))
        found = row(changes({"orders": table}, ["revenue"], period="week"), "revenue", "year ago")
        assert (found.period, found.previous_period) == (pd.Timestamp("2024-12-30"), pd.Timestamp("2024-01-01"))

    def test_nothing_at_or_after_as_of_changes_a_change(self):
        later = pd.concat([two_months, orders(("ann", "2024-03-20", 500.0), ("new", "2024-04-02", 5.0))])
        ids = ["revenue", "average_order_value", "retention_rate"]
        before = changes({"orders": two_months}, ids, period="month", as_of="2024-03-03")
        pd.testing.assert_frame_equal(before, changes({"orders": later}, ids, period="month", as_of="2024-03-03"))

    def test_segments_are_compared_with_themselves(self):
        table = two_months.assign(shop=["north", "south", "north", "north", "south", "south", "north"])
        found = changes({"orders": table}, ["revenue"], period="month", by="shop").set_index(KEYS)
        assert found.loc[("revenue", "north", "previous")].change == 30 - 50
        assert found.loc[("revenue", "south", "previous")].change == 30 - 20


def test_columns_and_one_row_for_each_comparison():
    found = changes({"orders": three_months}, ["revenue", "retention_rate"], period="month")
    assert found.columns.tolist() == CHANGES
    assert found.comparison.tolist() == ["previous", "year ago"] * 2
    assert found[found.comparison == "year ago"].verdict.tolist() == ["no comparison"] * 2


def test_a_period_is_needed():
    with pytest.raises(ParameterError, match="a period such as month"):
        changes({"orders": two_months}, period=None)


def test_a_kpi_that_is_counted_and_not_estimated_is_not_tested():
    table = pd.DataFrame({"change": [3.0], "change_low": [np.nan], "change_high": [np.nan]})
    assert judged(table).verdict.tolist() == ["not tested"]


def test_without_shared_customers_a_share_has_newcombe_s_interval():
    ends = [float(end) for share in ((7, 34), (1, 34)) for end in intervals.wilson(*share)]
    low, high = intervals.mover(7 / 34, ends[0], ends[1], 1 / 34, ends[2], ends[3])
    assert (low, high) == pytest.approx(tuple(float(end) for end in intervals.newcombe(7, 34, 1, 34)))


def test_for_a_share_of_the_same_customers_the_correlation_is_phi_of_their_two_by_two_table():
    a, b, c, d = 36, 12, 2, 5  # both times, only now, only then, neither
    x1, x0 = np.repeat([1, 1, 0, 0], [a, b, c, d]), np.repeat([1, 0, 1, 0], [a, b, c, d])
    y = np.ones(a + b + c + d)
    phi = (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    found = correlation(reshaped(x1, y), reshaped(x0, y), shared(x1, y, x0, y), card("retention_rate"))
    assert found[0] == pytest.approx(phi)


def test_the_same_answers_twice_leave_less_doubt_than_those_of_strangers():
    x, y = np.array([1.0, 0.0, 1.0, 1.0, 0.0]), np.ones(5)
    found = correlation(reshaped(x, y), reshaped(x, y), shared(x, y, x, y), card("retention_rate"))
    assert found[0] == pytest.approx(1.0)
    low, high = intervals.wilson(3, 5)
    same, strangers = (np.ravel(intervals.mover(0.6, low, high, 0.6, low, high, r)) for r in (found, 0.0))
    assert same[1] - same[0] < 0.25 * (strangers[1] - strangers[0])


@pytest.mark.parametrize(("alike", "least_gain"), [(0.8, 1.3), (0.0, 0.97)])
def test_paired_intervals_hold_95_percent_where_independent_ones_are_too_wide(alike, least_gain):
    # customers rate both periods; with probability `alike` by their own mood, so that their answers correlate by 0.64
    random, pages, customers, hits, wide = np.random.default_rng(11), 1500, 300, {"paired": 0, "independent": 0}, []
    for _ in range(pages):
        mood = random.uniform(size=customers)
        drawn = [np.where(random.uniform(size=customers) < alike, mood, random.uniform(size=customers)) for _ in "ab"]
        answers = [random.uniform(size=customers) < 0.8 for _ in "ab"]
        y = [one.astype(float) for one in answers]
        x = [(one < 0.7) * size for one, size in zip(drawn, y, strict=True)]
        now, then = (reshaped(a, b) for a, b in zip(x, y, strict=True))
        rho = correlation(now, then, shared(x[0], y[0], x[1], y[1]), card("retention_rate"))
        shares = [float(a.sum() / b.sum()) for a, b in zip(x, y, strict=True)]
        ends = [intervals.wilson(a.sum(), b.sum()) for a, b in zip(x, y, strict=True)]
        widths = {}
        for name, r in (("paired", rho), ("independent", 0.0)):
            low, high = intervals.mover(shares[0], *ends[0], shares[1], *ends[1], r)
            hits[name] += bool(low <= 0 <= high)
            widths[name] = float(np.ravel(high - low)[0])
        wide.append(widths["independent"] / widths["paired"])
    coverage = {name: count / pages for name, count in hits.items()}
    assert coverage["paired"] == pytest.approx(0.95, abs=0.02), coverage
    assert coverage["independent"] >= coverage["paired"] - 0.01, coverage
    assert np.mean(wide) >= least_gain


def test_an_interval_leaves_out_zero_exactly_where_a_change_is_claimed():
    random = np.random.default_rng(5)
    change = np.concatenate([random.normal(0, 1, 60), random.normal(4, 1, 6)])
    half = np.full(66, stats.norm.ppf(0.975))
    table = judged(pd.DataFrame({"change": change, "change_low": change - half, "change_high": change + half}))
    claimed = table.verdict.isin(["up", "down"])
    assert claimed.sum() >= 3
    assert (claimed == ((table.change_low > 0) | (table.change_high < 0))).all()
    assert (claimed == (table.p_adjusted <= 0.05)).all()


def test_one_change_alone_keeps_its_own_interval_and_p():
    one = pd.DataFrame({"change": [2.0], "change_low": [2.0 - 1.959964], "change_high": [2.0 + 1.959964]})
    found = judged(one).iloc[0]
    assert (found.change_low, found.p) == pytest.approx((0.040036, 0.0455), abs=1e-4)
    assert found.verdict == "up"


def test_of_pages_without_any_change_at_most_one_in_twenty_claims_one():
    random = np.random.default_rng(3)
    half = stats.norm.ppf(0.975)
    false = 0
    for _ in range(1000):
        change = random.normal(0, 1, 20)
        table = pd.DataFrame({"change": change, "change_low": change - half, "change_high": change + half})
        false += judged(table).verdict.isin(["up", "down"]).any()
    assert 0.03 <= false / 1000 <= 0.07


def test_an_interval_without_width_proves_nothing():
    table = pd.DataFrame({"change": [1.0], "change_low": [1.0], "change_high": [1.0]})
    assert judged(table).verdict.tolist() == ["not tested"]


def test_what_two_periods_share_is_asked_only_for_the_pairs_named():
    one = measured([find("revenue")], Inputs.of({"orders": two_months}), "month")[0]
    numbers = sorted(one.complete.number)
    found = one.shared([(numbers[1], numbers[0])])
    assert found[["shared", "xx", "xy", "yx", "yy"]].iloc[0].tolist() == [2, 700, 30 + 20, 10 + 20, 2]
    assert one.shared([]).empty
