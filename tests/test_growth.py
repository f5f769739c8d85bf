"""What growth costs and brings: joined over whole months, with joint intervals, and silent where nothing is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kpikit import growth, intervals
from kpikit.errors import ContractError, ParameterError
from kpikit.growth.bootstrap import TIMES, ends, poisson_sums, widened
from kpikit.growth.concentration import shares_and_ginis
from kpikit.growth.matching import matched
from kpikit.growth.segments import shrunken
from kpikit.kpis.suppression import suppressed
from kpikit.results import Result

AS_OF = pd.Timestamp("2024-04-01")
NO_SPEND = pd.DataFrame(columns=["month", "channel", "media", "overhead", "begins", "ends"])
EVENTS = ["period", "segment", "step_number", "step", "visitors", "previous", "entered", "status"]


def customers(*rows: tuple[str, str, float], as_of: pd.Timestamp = AS_OF) -> pd.DataFrame:
    """Return customers from (day of the first order, channel, margin); all of the margin came at once."""
    table = pd.DataFrame(rows, columns=["acquired_on", "channel", "margin"])
    table["acquired_on"] = pd.to_datetime(table.acquired_on)
    table["customer_id"] = [f"c{i}" for i in range(len(table))]
    table["age_days"] = (as_of - table.acquired_on).dt.days - 1
    return table.assign(discounted=table.margin, within=table.margin, amount=table.margin, segment="unknown", orders=1)


def months(*rows: tuple[str, str | None, float, float], ends_on: str = "2024-04-01") -> pd.DataFrame:
    """Return spend from (month, channel, media, overhead)."""
    table = pd.DataFrame(rows, columns=["month", "channel", "media", "overhead"])
    table["month"] = pd.to_datetime(table.month)
    return table.assign(begins=table.month.min(), ends=pd.Timestamp(ends_on))


def ages(*rows: tuple[str, int, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["segment", "months", "customers", "margin", "sum_xx"])


# three months; search: two customers a month, social: one, and one who came unpaid by word
each = customers(
    ("2024-01-05", "search", 30.0), ("2024-01-06", "search", 10.0), ("2024-01-07", "social", 20.0),
    ("2024-02-05", "search", 30.0), ("2024-02-06", "search", 10.0), ("2024-02-07", "social", 20.0),
    ("2024-03-05", "search", 30.0), ("2024-03-06", "search", 10.0), ("2024-03-07", "word", 60.0),
)  # fmt: skip
spent = months(
    ("2024-01-01", "search", 20.0, 0.0), ("2024-02-01", "search", 20.0, 0.0), ("2024-03-01", "search", 20.0, 0.0),
    ("2024-01-01", "social", 30.0, 0.0), ("2024-02-01", None, 0.0, 18.0),
)  # fmt: skip
scores = pd.DataFrame({"customer_id": each.customer_id, "clv": 5.0})
AHEAD = {"horizon_days": 365, "annual_discount_rate": 0.0}


def by_channel(result) -> pd.DataFrame:
    return result.table.set_index("channel")


# cost


def test_costs_by_hand():
    table = by_channel(growth.acquisition_costs(each, spent, currency="EUR"))
    assert table.customers.to_dict() == {
        "all channels": 9, "paid channels": 8, "search": 6, "social": 2, "word": 1
    }  # fmt: skip
    assert table.media_cost.round(6).to_dict() == {
        "all channels": 10, "paid channels": 11.25, "search": 10, "social": 15, "word": 0
    }  # fmt: skip
    assert (table.full_cost - table.media_cost).round(6).unique().tolist() == [2]  # 18 over nine
    assert table.media.drop(["all channels", "paid channels"]).sum() == table.media["all channels"]


def test_costs_have_the_exact_poisson_interval():
    row = by_channel(growth.acquisition_costs(each, spent)).loc["all channels"]
    few, many = stats.chi2.ppf(0.025, 18) / 2, stats.chi2.ppf(0.975, 20) / 2  # Garwood 1936
    assert (row.media_low, row.media_high) == pytest.approx((90 / many, 90 / few))


def test_a_channel_without_new_customers_has_no_cost():
    more = months(*[(f"{m:%Y-%m-%d}", c, a, b) for m, c, a, b in spent.iloc[:, :4].itertuples(index=False)],
                  ("2024-03-01", "radio", 40.0, 0.0))  # fmt: skip
    row = by_channel(growth.acquisition_costs(each, more)).loc["radio"]
    assert (row.customers, row.media) == (0, 40)
    assert np.isnan([row.media_cost, row.media_high, row.full_cost]).all()


def test_months_that_are_not_over_are_left_out():
    late = each.assign(age_days=each.age_days - 10)  # known up to 2024-03-21
    assert matched(late, spent).months == (pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01"))


def test_months_after_the_last_known_spend_are_left_out():
    early = spent.assign(ends=pd.Timestamp("2024-03-01"))
    assert matched(each, early).months[-1] == pd.Timestamp("2024-02-01")


def test_the_first_of_four_months_may_hold_old_customers():
    more = pd.concat([each, customers(("2023-12-05", "search", 1.0)).assign(customer_id="old")])
    longer = spent.assign(begins=pd.Timestamp("2023-12-01"))
    found = matched(more, longer)
    assert found.months[0] == pd.Timestamp("2024-01-01")
    assert "The first month is left out" in growth.acquisition_costs(more, longer).text


def test_lags_are_compared_over_the_same_customers():
    longer = months(*[(f"2023-{m:02d}-01", "search", 10.0 * m, 0.0) for m in range(8, 13)],
                    *[(f"2024-{m:02d}-01", "search", 20.0, 0.0) for m in range(1, 4)])  # fmt: skip
    table = growth.lag_sensitivity(each, longer).table
    assert table.customers.tolist() == [9, 9, 9, 9]
    assert (table.media_cost * 9).round(6).tolist() == [60, 120 + 40, 110 + 120 + 20, 100 + 110 + 120]


def test_without_months_for_a_lag_nothing_is_said():
    result = growth.lag_sensitivity(each, spent, most_lag_months=3)
    assert result.table.empty
    assert "too few" in result.text


# value against cost


def test_value_against_cost_by_hand():
    table = by_channel(growth.ltv_to_cac(each, spent, scores, **AHEAD))
    assert table.value["search"] == 20 + 5
    assert table.so_far["search"] == 20
    assert table.to_media["search"] == pytest.approx(25 / 10)
    assert table.to_full["search"] == pytest.approx(25 / 12)  # both costs are stated
    assert table.to_full["all channels"] == pytest.approx((220 + 45) / 108)
    assert np.isnan(table.to_media["word"])  # no media


def test_value_ahead_is_brought_back_to_the_first_order():
    old = each.assign(age_days=each.age_days, discounted=0.0)
    rate = by_channel(growth.ltv_to_cac(old, spent, scores, horizon_days=365, annual_discount_rate=0.10))
    mine = old[old.channel == "social"]
    assert rate.value["social"] == pytest.approx((5 * 1.1 ** -(mine.age_days / 365.25)).mean())


def test_customers_without_a_forecast_count_with_what_has_come():
    none = growth.ltv_to_cac(each, spent, scores.assign(clv=np.nan), **AHEAD)
    assert by_channel(none).value["search"] == 20
    assert "9 customers without a forecast" in none.text


def many(n: int, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = [("2024-01-10", channel, float(random.lognormal(3, 1))) for channel in ["a", "b"] for _ in range(n)]
    return customers(*rows)


def test_joint_interval_of_value_over_cost_is_that_of_a_compound_poisson_sum():
    """With all spend of one channel its own, value / cost is Σ value / spend: its variance is Σ value² / spend²."""
    found = many(400)
    paid = months(("2024-01-01", "a", 500.0, 0.0), ("2024-01-01", "b", 900.0, 0.0), ends_on="2024-02-01")
    row = by_channel(growth.ltv_to_cac(found, paid, scores.head(0), **AHEAD)).loc["a"]
    x = found[found.channel == "a"].margin
    low, high = intervals.compound_poisson(x.sum(), (x**2).sum())
    assert (row.to_full_low, row.to_full_high) == pytest.approx((low / 500, high / 500), rel=0.02)


def test_the_order_in_which_an_engine_gives_the_customers_makes_no_difference():
    found = many(400)
    paid = months(("2024-01-01", "a", 500.0, 0.0), ("2024-01-01", None, 0.0, 800.0), ends_on="2024-02-01")
    ends = ["to_full_low", "to_full_high"]
    first, other = (
        by_channel(growth.ltv_to_cac(rows, paid, scores.head(0), **AHEAD))[ends]
        for rows in (found, found.sample(frac=1, random_state=3))
    )
    pd.testing.assert_frame_equal(first, other)


def test_joint_interval_agrees_with_a_plain_simulation_of_customers_and_their_number():
    """Shared overhead follows the number of customers: against drawing a Poisson number of customers, one by one."""
    found = many(150)
    paid = months(("2024-01-01", "a", 500.0, 0.0), ("2024-01-01", None, 0.0, 800.0), ends_on="2024-02-01")
    row = by_channel(growth.ltv_to_cac(found, paid, scores.head(0), **AHEAD)).loc["a"]
    random, values = np.random.default_rng(7), {c: g.margin.to_numpy() for c, g in found.groupby("channel")}
    draws = []
    for _ in range(4000):
        own, other = random.poisson(150, 2)
        cost = 500 + 800 * own / (own + other)
        draws.append(random.choice(values["a"], own).sum() / cost)
    assert (row.to_full_low, row.to_full_high) == pytest.approx(np.quantile(draws, [0.025, 0.975]), rel=0.03)


def test_large_bases_are_drawn_from_the_normal_limit_with_the_same_spread():
    x = np.random.default_rng(3).lognormal(3, 1, 12_000)
    few = poisson_sums(x[:9_000], np.random.default_rng(0), 1500)
    lot = poisson_sums(x, np.random.default_rng(0), 1500)
    for (counts, sums), values in ((few, x[:9_000]), (lot, x)):
        assert counts.std() == pytest.approx(np.sqrt(len(values)), rel=0.06)
        assert sums.std() == pytest.approx(np.sqrt((values**2).sum()), rel=0.06)
        expected = values.sum() / np.sqrt(len(values) * (values**2).sum())
        assert np.corrcoef(counts, sums)[0, 1] == pytest.approx(expected, abs=0.05)


def test_the_table_of_poisson_times_is_true():
    assert TIMES.mean() == pytest.approx(1, abs=1e-4)
    assert TIMES.var() == pytest.approx(1, abs=1e-3)


def test_one_customer_has_no_interval():
    assert np.isnan(ends(np.arange(10.0), 1)).all()


def test_the_seed_makes_intervals_repeatable():
    first, second = (growth.ltv_to_cac(each, spent, scores, **AHEAD).table for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


# return


def test_return_by_hand():
    table = by_channel(growth.roi(each, spent, within_days=20))
    # the months of January and February are 20 days old: 120 of margin, 70 of media and 18 shared by six
    assert table.customers["all channels"] == 6
    assert table.roi["all channels"] == pytest.approx(120 / 88 - 1)
    assert table.media_roi["search"] == pytest.approx(80 / 40 - 1)
    assert table.roi["search"] == pytest.approx(80 / (40 + 12) - 1)


def test_return_waits_until_the_customers_are_old_enough():
    result = growth.roi(each, spent, within_days=365)
    assert result.table.empty
    assert "365 days old" in result.text


def test_a_return_whose_interval_holds_zero_is_not_said_to_have_come_back():
    result = growth.roi(each, spent, within_days=20)
    row = result.table.iloc[0]
    assert row.roi > 0 > row.roi_low
    assert "whether the spend has come back cannot be told" in result.text
    assert "so the spend" not in result.text


# payback


def curve(*margins: float, n: int = 100, spread: float = 0.0) -> pd.DataFrame:
    rows = [(seg, m, n, n * x, n * (x**2 + spread**2)) for seg in ("all", "a") for m, x in enumerate(margins)]
    return ages(*rows)


def cost_of(amount: float, n: int = 100):
    found = customers(*[("2024-01-10", "a", 1.0) for _ in range(n)])
    return growth.acquisition_costs(found, months(("2024-01-01", "a", amount * n, 0.0), ends_on="2024-02-01"))


def test_payback_is_the_first_month_that_has_earned_the_cost():
    row = by_channel(growth.payback_months(curve(4.0, 8.0, 12.0, 16.0), cost_of(12.0))).loc["all channels"]
    assert (row.months, row.media_months) == (2, 2)
    assert row.months_low <= row.months
    assert row.earned == pytest.approx(16 / 12)


def test_payback_with_the_first_order():
    result = growth.payback_months(curve(20.0, 25.0), cost_of(12.0))
    assert by_channel(result).months["all channels"] == 0
    assert result.title == "A new customer earns the cost with the first order"


def test_a_cost_that_is_not_earned_back_yet_is_said_so():
    result = growth.payback_months(curve(1.0, 2.0, 3.0), cost_of(12.0))
    row = by_channel(result).loc["all channels"]
    assert np.isnan([row.months, row.months_low, row.months_high]).all()
    assert result.title == "The cost of a new customer is not earned back within the 2 months known"
    assert "That is not earned back within the data (not at its interval's upper end either); media alone is" in (
        result.text
    )


def test_payback_interval_agrees_with_resampled_customers_and_their_number():
    """Against Poisson resamples of whole customers: cumulative margin / (spend / number of customers)."""
    random = np.random.default_rng(5)
    x = random.gamma(2.0, 5.0, 200)
    by_age = ages(*[(seg, 0, 200.0, x.sum(), (x**2).sum()) for seg in ("all", "a")])
    row = growth.payback_curve(by_age, cost_of(12.0, n=200)).table.iloc[0]
    drawn = []
    for _ in range(4000):
        times = random.poisson(1, 200)  # those whose margin is known
        won = random.poisson(200)  # the number in the cost, most of them others
        drawn.append((times @ x) / times.sum() * won / (12.0 * 200))
    assert (row.low, row.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), rel=0.03)


def test_ages_that_few_have_reached_are_left_out():
    few = pd.concat([curve(4.0), ages(("all", 1, 29.0, 900.0, 30_000.0))])
    assert growth.payback_curve(few, cost_of(12.0)).table.months.tolist() == [0]


# segments


def sums(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Return sums of segments from (name, customers, mean, standard deviation)."""
    return pd.DataFrame(
        [(name, n, n, n * mean, n * mean, (n - 1) * sd**2 + n * mean**2) for name, n, mean, sd in rows],
        columns=["segment", "customers", "orders", "amount", "margin", "sum_xx"],
    )


def test_small_segments_shrink_to_the_mean_and_large_ones_stay():
    table = growth.segment_profitability(
        sums(("large", 1000, 50, 20), ("other", 1000, 60, 20), ("third", 1000, 40, 20), ("small", 2, 200, 20))
    ).table.set_index("segment")
    assert abs(table.shrunk["large"] - 50) < 0.5
    assert table.shrunk["small"] < 200
    assert table.own_weight["small"] < table.own_weight["large"]
    assert table.shrunk_high["small"] - table.shrunk_low["small"] < table.high["small"] - table.low["small"]


def test_segments_that_differ_by_chance_alone_are_drawn_together():
    means, variances = np.array([10.0, 10.5, 9.5, 10.2]), np.full(4, 4.0)
    shrunk, error, weight = shrunken(means, variances)
    assert np.ptp(shrunk) < np.ptp(means)
    assert weight == pytest.approx(np.full(4, 2 / 3))  # Morris: (k − 3) / (k − 1) of the whole way
    assert (error < 2).all()


def test_two_segments_are_not_shrunk():
    table = growth.segment_profitability(sums(("a", 5, 10, 3), ("b", 9, 20, 3))).table
    assert table.own_weight.tolist() == [1, 1]
    assert table.shrunk.tolist() == table.per_customer.tolist()


def test_shrunk_intervals_cover_the_truth():
    """Eight segments around 50, 400 times: means are nearer the truth than the plain ones, intervals hold 95 %."""
    random, inside, near, far = np.random.default_rng(11), [], 0.0, 0.0
    for _ in range(400):
        truth = random.normal(50, 6, 8)
        variances = np.array([64, 36, 25, 16, 9, 4, 1, 100.0])
        seen = random.normal(truth, np.sqrt(variances))
        shrunk, error, _ = shrunken(seen, variances)
        inside.append(np.abs(shrunk - truth) <= 1.96 * error)
        near, far = near + ((shrunk - truth) ** 2).sum(), far + ((seen - truth) ** 2).sum()
    assert np.mean(inside) > 0.93
    assert near < 0.75 * far


def test_segments_of_nobody_known():
    assert growth.segment_profitability(sums(("unknown", 3, 1, 1))).title == "No segments are known"


def test_rfm_segments_by_hand():
    rfm = pd.DataFrame(
        {"customer_id": ["c0", "c1", "c2", "c3"], "r_score": [5, 1, 5, 1], "f_score": [5, 4, 1, 1],
         "orders": [9, 7, 1, 1], "recency_days": [3, 200, 4, 300]}
    )  # fmt: skip
    table = growth.rfm_segments(rfm, each).table.set_index("segment")
    assert table.customers.to_dict() == {"champions": 1, "at risk": 1, "new or rare, recent": 1, "gone quiet": 1}
    assert table.margin.to_dict() == {"champions": 30, "at risk": 10, "new or rare, recent": 20, "gone quiet": 30}


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=30))
@settings(max_examples=15, deadline=None)
def test_every_customer_is_in_one_rfm_segment(pairs):
    rfm = pd.DataFrame(pairs, columns=["r_score", "f_score"]).assign(orders=1, recency_days=1)
    rfm["customer_id"] = [f"x{i}" for i in range(len(rfm))]
    assert growth.rfm_segments(rfm, each).table.customers.sum() == len(pairs)


# concentration


def test_concentration_by_hand():
    facts = growth.concentration([70.0, 10.0, 10.0, 10.0], top=0.25).facts
    assert facts["top_share"] == pytest.approx(0.7)
    assert facts["gini"] == pytest.approx(0.45)


def test_equal_amounts_have_no_concentration():
    facts = growth.concentration([5.0] * 40).facts
    assert facts["gini"] == pytest.approx(0, abs=1e-12)
    assert facts["top_share"] == pytest.approx(0.1)


def test_gini_equals_the_mean_difference():
    x = np.sort(np.random.default_rng(2).lognormal(0, 1, 60))[::-1]
    expected = np.abs(x[:, None] - x).mean() / (2 * x.mean())
    assert shares_and_ginis(x, np.ones((1, 60)), 0.1)[1][0] == pytest.approx(expected)


def test_weights_stand_for_copies_of_customers():
    x, times = np.array([9.0, 5.0, 2.0]), np.array([[2.0, 0.0, 3.0]])
    copies = np.array([9.0, 9.0, 2.0, 2.0, 2.0])
    found = shares_and_ginis(x, times, 0.3)
    expected = shares_and_ginis(copies, np.ones((1, 5)), 0.3)
    assert [float(v[0]) for v in found] == pytest.approx([float(v[0]) for v in expected])


def test_classes_of_neighbours_change_no_interval():
    x = np.random.default_rng(4).lognormal(2, 1, 9_000)
    facts = growth.concentration(x).facts
    random, ginis = np.random.default_rng(8), []
    for _ in range(300):
        drawn = np.sort(random.choice(x, len(x)))[::-1]
        ginis.append(float(shares_and_ginis(drawn, np.ones((1, len(x))), 0.1)[1][0]))
    assert facts["gini_high"] - facts["gini_low"] == pytest.approx(np.ptp(np.quantile(ginis, [0.025, 0.975])), rel=0.2)


@pytest.mark.parametrize("amounts", [[], [0.0, -5.0], [np.nan]])
def test_nothing_to_concentrate(amounts):
    result = growth.concentration(amounts)
    assert result.table.empty
    assert result.title == "No revenue to concentrate"


def test_a_top_share_in_percent_is_refused():
    with pytest.raises(ParameterError, match="above 0, at most 1"):
        growth.concentration([1.0], top=10)


# funnel


def test_funnel_shares_with_their_intervals():
    steps = pd.DataFrame([(None, "all", 1, "view", 20, 20, 20, "complete"),
                          (None, "all", 2, "buy", 18, 20, 20, "complete")], columns=EVENTS)  # fmt: skip
    result = growth.funnel(steps)
    last = result.table.iloc[-1]
    assert last.of_previous == 0.9
    assert (last.low, last.high) == pytest.approx((0.6989663547715128, 0.972133518786232))  # R's binom
    assert result.title == "90.0 % of those who reach view go on to buy"


def test_periods_of_a_funnel_are_pooled_by_visitors():
    rows = [(p, "all", k, s, v, b, e, "complete") for p, k, s, v, b, e in
            [(1, 1, "view", 10, 10, 10), (1, 2, "buy", 2, 10, 10), (2, 1, "view", 100, 100, 100),
             (2, 2, "buy", 0, 100, 100)]]  # fmt: skip
    assert growth.funnel(pd.DataFrame(rows, columns=EVENTS)).title.startswith("1.8 %")  # not 10 %


# the simple value beside the model's


class Exponential:
    """A stand-in for a fit: purchases at 2 a year, all customers alike."""

    verdict, n_customers = "sound", 50
    spend = type("Spend", (), {"population_mean": 10.0})()

    def in_unit(self, days: float) -> float:
        return days / 7

    def new_customer_purchases(self, horizon):
        return 2 * np.asarray(horizon) * 7 / 365.25


def test_simple_and_model_agree_where_nobody_leaves():
    simple = pd.DataFrame({"value": [2 * 10 * 2.609194], "low": [40.0], "high": [60.0], "n": [50]})
    table = growth.simple_and_model(simple, Exponential(), lifespan_years=3.0, annual_discount_rate=0.10).table
    assert table.purchases[1] == pytest.approx(6)
    assert table.value[1] == pytest.approx(table.value[0], rel=1e-4)


# what cannot be said


def test_without_spend_every_reading_says_what_would_add_it():
    costs = growth.acquisition_costs(each, NO_SPEND)
    results = [
        costs, growth.lag_sensitivity(each, NO_SPEND), growth.ltv_to_cac(each, NO_SPEND, scores, **AHEAD),
        growth.roi(each, NO_SPEND, within_days=30), growth.payback_months(curve(4.0), costs),
        growth.payback_curve(curve(4.0), costs),
    ]  # fmt: skip
    for result in results:
        assert result.table.empty
        assert "table spend" in result.text
        assert result.headline == ""
    none = growth.funnel(pd.DataFrame(columns=EVENTS))
    assert none.table.empty
    assert "table events" in none.text
    todo = growth.actions(results[2], results[4], none, growth.rfm_segments(pd.DataFrame(columns=["r_score"]), each))
    assert todo.table.empty


def test_actions_speak_only_where_the_interval_is_clear():
    found = many(400)
    poor = months(("2024-01-01", "a", 40_000.0, 0.0), ("2024-01-01", "b", 900.0, 0.0), ends_on="2024-02-01")
    ratios = growth.ltv_to_cac(found, poor, scores.head(0), **AHEAD)
    none = growth.funnel(pd.DataFrame(columns=EVENTS))
    rfm = growth.rfm_segments(pd.DataFrame(columns=["r_score"]), each)
    back = growth.payback_months(curve(4.0), growth.acquisition_costs(found, NO_SPEND))
    todo = growth.actions(ratios, back, none, rfm).table
    assert todo.action.tolist() == ["Cut or rework spend on a", "Try more spend on b"]
    even = months(("2024-01-01", "a", 13_000.0, 0.0), ("2024-01-01", "b", 13_000.0, 0.0), ends_on="2024-02-01")
    assert growth.actions(growth.ltv_to_cac(found, even, scores.head(0), **AHEAD), back, none, rfm).table.empty


def advice(ratios):
    """Return the table of actions that rest on ratios alone."""
    none, rfm = growth.funnel(pd.DataFrame(columns=EVENTS)), pd.DataFrame(columns=["r_score"])
    back = growth.payback_months(curve(4.0), growth.acquisition_costs(each, NO_SPEND))
    return growth.actions(ratios, back, none, growth.rfm_segments(rfm, each)).table


def test_a_channel_that_returns_its_media_is_not_cut_for_salaries_that_all_share():
    rows = [("2024-01-10", channel, 27.5) for channel in ("a", "b") for _ in range(100)]
    paid = months(("2024-01-01", "a", 320.0, 0.0), ("2024-01-01", "b", 320.0, 0.0),
                  ("2024-01-01", None, 0.0, 8960.0), ends_on="2024-02-01")  # fmt: skip
    ratios = growth.ltv_to_cac(customers(*rows), paid, scores.head(0), **AHEAD)
    assert by_channel(ratios).to_media["a"] == pytest.approx(27.5 / 3.2)  # 8.6 times; fully loaded cost 48
    todo = advice(ratios)
    assert todo.action.tolist() == ["Bring salaries and tools in line with the customers they win"]
    assert todo.value.tolist() == pytest.approx([200 * (48 - 27.5)])


def test_a_channel_is_not_cut_for_media_without_a_channel():
    rows = [("2024-01-10", channel, 27.5) for channel in ("a", "b") for _ in range(100)]
    paid = months(("2024-01-01", "a", 320.0, 0.0), ("2024-01-01", None, 9000.0, 0.0), ends_on="2024-02-01")
    assert advice(growth.ltv_to_cac(customers(*rows), paid, scores.head(0), **AHEAD)).empty


def test_the_loss_of_a_cut_channel_is_its_media_beyond_its_value():
    rows = [("2024-01-10", channel, 10.0) for channel in ("a", "b") for _ in range(100)]
    paid = months(("2024-01-01", "a", 3000.0, 0.0), ("2024-01-01", "b", 990.0, 0.0),
                  ("2024-01-01", None, 0.0, 400.0), ends_on="2024-02-01")  # fmt: skip
    todo = advice(growth.ltv_to_cac(customers(*rows), paid, scores.head(0), **AHEAD)).set_index("action")
    assert todo.value["Cut or rework spend on a"] == pytest.approx(100 * (30 - 10))
    assert "3,000" not in todo.reason["Cut or rework spend on a"]


def test_many_channels_widen_what_is_said_of_one():
    """Bonferroni: 0.05 / 10 two-sided is 2.807 standard errors in place of 1.960."""
    low, high = widened(1.0, 0.8, 1.2, 10)
    assert (low, high) == pytest.approx((1 - 0.2 * 2.8070338 / 1.9599640, 1 + 0.2 * 2.8070338 / 1.9599640))
    assert widened(1.0, 0.8, 1.2, 1) == pytest.approx((0.8, 1.2))
    table = pd.DataFrame(
        {"channel": ["all channels", *"abcdefghij"], "customers": 100, "value": 9.0, "own_cost": 10.0,
         "media_cost": 10.0, "full_cost": 10.0}
    )  # fmt: skip
    for kind in ("own", "media", "full"):
        table[f"to_{kind}"], table[f"to_{kind}_low"], table[f"to_{kind}_high"] = 0.9, 0.81, 0.99
    assert advice(Result("ltv-to-cac", "table", "", table=table)).empty  # 0.9 + 0.09 * 1.43 is above 1
    assert len(advice(Result("ltv-to-cac", "table", "", table=table.head(2)))) == 1


def test_without_media_the_cost_is_that_of_salaries():
    only = months(("2024-01-01", None, 0.0, 90.0), ("2024-03-01", None, 0.0, 90.0))
    costs = growth.acquisition_costs(each, only, currency="EUR")
    assert costs.title == "A new customer costs 20.00 EUR in salaries and tools"
    assert "against 180 EUR of salaries and tools: 20.00 EUR each" in costs.text
    assert "no spend on media is known" in growth.ltv_to_cac(each, only, scores, **AHEAD).text
    assert "no spend on media is known" in growth.payback_months(ages(("all", 0, 50, 500.0, 5_000.0)), costs).text


@pytest.mark.parametrize("n", [1, 9])
def test_the_top_tenth_of_fewer_than_ten_cannot_be_told(n):
    result = growth.concentration([5.0] * n)
    assert result.title == "Who the top 10 % of customers are cannot be told yet"
    assert result.table.empty
    assert result.headline == ""


def test_amounts_that_count_as_margin_are_said_so():
    how = {"horizon_days": 365, "within_days": 365, "lifespan_years": 3.0, "annual_discount_rate": 0.1}
    assert "every ratio looks better" in growth.assumptions(each, margin_fraction=1.0, **how).text
    stated = growth.assumptions(each.assign(amount=each.margin * 2), margin_fraction=0.5, **how)
    assert "every ratio" not in stated.text


def test_a_wrong_table_is_refused_with_what_it_needs():
    with pytest.raises(ContractError, match="acquired_on"):
        growth.acquisition_costs(pd.DataFrame({"a": [1]}), spent)
    with pytest.raises(ContractError, match="segment"):
        growth.segment_profitability(pd.DataFrame({"a": [1]}))
    with pytest.raises(ContractError, match="step_number"):
        growth.funnel(pd.DataFrame({"a": [1]}))


# small channels

# 40 by search, 30 by word (unpaid), 7 by social and 2 by fair, each of whom brings 410
COUNTS = {"search": 40, "word": 30, "social": 7, "fair": 2}
won = customers(
    *[("2024-02-05", name, 10.0 + 400.0 * (name == "fair")) for name, n in COUNTS.items() for _ in range(n)]
)


def bought(**media: float) -> pd.DataFrame:
    return months(
        *[("2024-02-01", name, amount, 0.0) for name, amount in media.items()], ("2024-02-01", None, 0.0, 79.0)
    )


def shown(media: pd.DataFrame) -> tuple[Result, Result, Result]:
    ahead = pd.DataFrame({"customer_id": won.customer_id, "clv": 5.0})
    return (
        growth.acquisition_costs(won, media, min_cell=5),
        growth.ltv_to_cac(won, media, ahead, **AHEAD, min_cell=5),
        growth.roi(won, media, within_days=1, min_cell=5),
    )


def test_a_channel_of_two_and_the_next_smallest_are_one_and_the_totals_hold():
    media = bought(search=80.0, social=21.0, fair=9.0)
    for result in shown(media):
        table = by_channel(result)
        assert table.index.tolist() == ["all channels", "paid channels", "search", "word", "small channels"]
        assert table.customers.tolist() == [79, 49, 40, 30, 9]
        assert "are one." in result.text
        assert "fair" not in f"{result.title}{result.text}{result.headline}"
    costs, ratios, returns = (by_channel(result) for result in shown(media))
    assert costs.media["small channels"] == 30
    assert ratios.value["small channels"] == pytest.approx((7 * 15 + 2 * 415) / 9)
    assert returns.margin["small channels"] == 7 * 10 + 2 * 410


def test_where_small_channels_are_partly_paid_no_sum_takes_them_apart():
    for result in shown(bought(search=80.0, fair=9.0)):  # social is unpaid: paid less search would be fair
        assert by_channel(result).index.tolist() == ["all channels", "search", "word", "small channels"]


def test_small_channels_are_no_channel_to_cut():
    ratios = growth.ltv_to_cac(won, bought(search=80.0, social=9000.0, fair=900.0), scores.head(0), **AHEAD, min_cell=5)
    assert by_channel(ratios).to_own_high["small channels"] < 1
    assert not advice(ratios).action.str.contains("small").any()


def test_a_small_rfm_segment_is_one_with_the_next_smallest():
    scored = [(5, 5)] * 40 + [(1, 5)] * 2 + [(1, 1)] * 9 + [(5, 1)] * 28
    rfm = pd.DataFrame(scored, columns=["r_score", "f_score"]).assign(orders=1, recency_days=1)
    rfm["customer_id"] = list(won.customer_id)
    found = growth.rfm_segments(rfm, won, min_cell=5)
    assert found.table.set_index("segment").customers.to_dict() == {
        "champions": 40, "new or rare, recent": 28, "small groups": 11,
    }  # fmt: skip
    assert "At risk" not in found.text


def test_a_journey_that_is_suppressed_is_not_said_to_be_unbegun():
    rows = [("web", 1, "view", 40, 40, 40), ("web", 2, "buy", 9, 40, 40), ("fair", 1, "view", 2, 2, 2),
            ("fair", 2, "buy", 1, 2, 2), ("app", 1, "view", 9, 9, 9), ("app", 2, "buy", 2, 9, 9)]  # fmt: skip
    columns = ["segment", "step_number", "step", "visitors", "previous", "entered"]
    table = pd.DataFrame(rows, columns=columns).assign(status="complete", period=pd.NaT)
    found = growth.funnel(suppressed(table, 5))
    assert found.text.startswith("9 of 40 visitors")
    assert found.text.endswith("Visitors of small groups are left out.")
    few = growth.funnel(suppressed(table[table.segment == "fair"], 5))
    assert few.text == "Too few visitors have begun the steps asked for to be shown."
