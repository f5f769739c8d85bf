"""What customers get, read: targets, products against the rest, channels net of chance."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from kpikit import performance as read
from kpikit.config import Config, Goal, PerformanceIndicator
from kpikit.kpis import COLUMNS
from kpikit.performance.channels import spread
from kpikit.performance.products import against_the_rest, shrunk
from kpikit.results import Result

MAY, JUNE = pd.Timestamp("2024-05-01"), pd.Timestamp("2024-06-01")


def computed(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Return values from (kpi, period, segment, value, low, high)."""
    shown = [
        (kpi, when, segment, 1.0, 1.0, value, low, high, 50, "complete")
        for kpi, when, segment, value, low, high in rows
    ]
    return pd.DataFrame(shown, columns=COLUMNS)


def config(**facts) -> Config:
    on_time = PerformanceIndicator(
        id="on_time_delivery",
        title="Came when promised",
        success="delivered_at <= promised_at",
        target=0.95,
        owner="Ops",
    )
    return Config(performance_indicators=(on_time,), **facts)


def of_config(**facts) -> SimpleNamespace:
    return SimpleNamespace(config=config(**facts))


def goal(kpi: str, **bound: float) -> Goal:
    return Goal(kpi=kpi, by=pd.Timestamp("2026-12-31").date(), owner="Shop", **bound)


def test_a_target_is_met_or_missed_only_by_the_whole_interval():
    values = computed(
        ("on_time_delivery", MAY, "all", 0.90, 0.88, 0.92),
        ("on_time_delivery", JUNE, "all", 0.91, 0.89, 0.93),
        ("in_full", JUNE, "all", 0.97, 0.95, 0.99),
        ("intact", JUNE, "all", 0.99, 0.985, 0.995),
        ("days_late", JUNE, "all", 2.0, 1.5, 2.5),
        ("perfect_order", JUNE, "all", 0.90, 0.88, 0.92),
    )
    goals = (goal("in_full", at_least=0.98), goal("intact", at_least=0.98), goal("days_late", at_most=1.0))
    result = read.experience(values, period="month", data=of_config(goals=goals))
    shown = result.table.set_index("kpi")
    assert shown.target_verdict.to_dict() == {
        "on_time_delivery": "missed", "in_full": "cannot be told", "intact": "met", "days_late": "missed",
        "perfect_order": "no target",
    }  # fmt: skip
    assert shown.owner["on_time_delivery"] == "Ops"
    assert result.title == "2 of 4 targets clearly missed, 1 clearly met"
    assert "came when promised at 91.0 % (target 95.0 %)" in result.headline
    assert "whether its target of 98.0 % is met cannot be told" in result.text
    assert result.kpis[0]["kpi"] == "on_time_delivery"


def test_an_indicators_target_comes_before_a_goal():
    data = of_config(goals=(goal("on_time_delivery", at_least=0.5),))
    result = read.experience(computed(("on_time_delivery", JUNE, "all", 0.91, 0.89, 0.93)), period="month", data=data)
    assert result.table.target.tolist() == [0.95]


def test_a_goal_of_one_segment_is_none_of_all_and_the_next_date_counts():
    on_phone = goal("intact", at_least=0.5).model_copy(update={"segment": "phone"})
    later = goal("frt", at_most=2.0).model_copy(update={"by": pd.Timestamp("2027-12-31").date()})
    over = goal("frt", at_most=9.0).model_copy(update={"by": pd.Timestamp("2023-12-31").date()})
    data = of_config(goals=(over, goal("frt", at_most=4.0), later, on_phone))
    data.as_of = pd.Timestamp("2024-07-01").date()
    values = computed(("intact", JUNE, "all", 0.9, 0.8, 1.0), ("first_response_time", JUNE, "all", 5.0, 4.5, 5.5))
    shown = read.experience(values, period="month", data=data).table.set_index("kpi")
    assert shown.target_verdict.to_dict() == {"intact": "no target", "first_response_time": "missed"}
    assert shown.target["first_response_time"] == 4.0


def test_with_many_targets_a_verdict_takes_more():
    """A plain interval of 0.901 ± 0.01 misses 0.912 alone; widened for ten targets (by 2.81 / 1.96) it does not."""
    ids = ("in_full", "intact", "perfect_order", "csat", "return_rate", "reopen_rate", "resolution_time", "mrr", "arpa",
           "backlog")  # fmt: skip
    values = computed(*((name, JUNE, "all", 0.901, 0.891, 0.911) for name in ids))
    alone = read.experience(values[:1], period="month", data=of_config(goals=(goal("in_full", at_least=0.912),)))
    assert alone.table.target_verdict.tolist() == ["missed"]
    goals = tuple(goal(name, at_least=0.912) for name in ids)
    many = read.experience(values, period="month", data=of_config(goals=goals))
    assert set(many.table.target_verdict) == {"cannot be told"}


def test_a_figure_without_an_interval_says_only_its_number():
    values = computed(("intact", JUNE, "all", 0.9, np.nan, np.nan))
    assert "90.0 % (n = 50)." in read.experience(values, period="month").text


def test_no_targets_and_no_complete_period():
    result = read.experience(computed(("intact", JUNE, "all", 0.9, 0.8, 1.0)), period="month")
    assert result.title == "What customers got in the last complete period"
    assert result.headline == ""
    partial = computed(("intact", JUNE, "all", 0.9, 0.8, 1.0)).assign(status="partial")
    assert read.experience(partial, period="month").title == "No period is over yet"


orders = pd.DataFrame(
    {
        "customer_id": ["ann", "bob"],
        "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-02"]),
        "amount": [1.0, 2.0],
    }
)


def test_what_is_not_measured_is_named_with_what_it_needs():
    result = read.unmeasured({"orders": orders}, ["on_time_delivery", "stickiness", "purchases_per_active_customer"])
    assert result.table.lacks.tolist() == ["orders.promised_at, orders.delivered_at", "sessions"]
    assert result.title == "Not measured: delivered on time and stickiness"
    assert read.unmeasured({"orders": orders}, ["purchases_per_active_customer"]).table.empty


def test_the_kpis_of_a_page_are_asked_for_with_the_indicators_of_the_business():
    indicators = tuple(
        PerformanceIndicator(id=name, title=name.capitalize(), eligible=eligible, success=success)
        for name, eligible, success in (
            ("never", "amount > 5", "true"), ("none", "true", "amount > 5"), ("fine", "true", "amount > 1"),
            ("absent", "true", "is_intact"),
        )
    )  # fmt: skip
    data = SimpleNamespace(
        config=Config(performance_indicators=indicators), tables={"orders": orders}, as_of="2024-01-03"
    )
    assert read.asked(data, "intact", "fine") == ["intact", "fine", "never", "none", "absent"]


def sold(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Return products from (product, revenue, lines, returned, began, came back)."""
    table = pd.DataFrame(rows, columns=["product", "revenue", "lines_old_enough", "returned", "began", "came_back"])
    each_once = {"return_xx": table.returned, "return_yy": table.lines_old_enough, "return_xy": table.returned,
                 "return_customers": table.lines_old_enough}  # fmt: skip
    rated = {"ratings": 3.0, "rating_sum": 11.0, "raters": 3.0, "rating_xx": 45.0, "rating_yy": 3.0, "rating_xy": 11.0}
    return table.assign(orders=1.0, units=np.nan, **each_once, **rated)


def test_products_against_the_rest():
    table = sold(("Mug", 500.0, 200, 40, 20, 10), ("Beans", 400.0, 400, 20, 0, 0), ("Cup", 100.0, 10, 5, 5, 5))
    result = read.products(table, currency="EUR")
    shown = result.table.set_index("product")
    assert shown.return_rate.tolist() == [0.2, 0.05, 0.5]
    assert shown.verdict.to_dict() == {"Mug": "more returns", "Beans": "fewer returns", "Cup": "too few lines"}
    assert shown.share_of_revenue.tolist() == [0.5, 0.4, 0.1]
    assert shown.rating.tolist() == [pytest.approx(11 / 3)] * 3
    assert shown.came_back_rate.tolist() == pytest.approx([0.5, np.nan, 1.0], nan_ok=True)
    assert result.headline == "Mug comes back clearly more often than other products: 20.0 % of lines."
    assert "Too few lines to be judged: 1 product, drawn to the mean." in result.text


def test_wilson_of_each_product_and_students_t_of_its_ratings():
    """Published: R's binom, 4 of 20. Independent computation: the t interval of ratings 2, 4, 5."""
    row = read.products(sold(("Mug", 1.0, 20, 4, 0, 0))).table.iloc[0]
    assert (row.return_low, row.return_high) == pytest.approx((0.0806576625797981, 0.4160174322518935))
    half = stats.t.ppf(0.975, 2) * np.std([2, 4, 5], ddof=1) / np.sqrt(3)
    assert (row.rating_low, row.rating_high) == pytest.approx((11 / 3 - half, 11 / 3 + half))


def test_one_customer_who_sends_everything_back_is_no_finding():
    """Mug: one customer returns 12 of 12, 28 keep their one. Independent: the interval that kpikit.intervals gives."""
    table = sold(("Mug", 1.0, 40, 12, 0, 0), ("Beans", 1.0, 400, 12, 0, 0))
    assert read.products(table).table.verdict.tolist() == ["more returns", "fewer returns"]  # had they been 40 people
    mug = {"return_xx": 144.0, "return_yy": 172.0, "return_xy": 144.0, "return_customers": 29.0}
    table.loc[0, list(mug)] = pd.Series(mug)
    result = read.products(table)
    row = result.table.iloc[0]
    assert (row.return_low, row.return_high) == pytest.approx((0.06, 0.73), abs=0.01)
    assert row.p_adjusted > 0.05
    assert result.headline == ""


def test_few_returns_are_judged_by_fishers_exact_test():
    p = against_the_rest(np.array([3.0, 0.0]), np.array([10.0, 12.0]))
    assert p[0] == pytest.approx(stats.fisher_exact([[3, 7], [0, 12]])[1])


def test_small_products_are_drawn_to_the_mean_and_large_ones_stay():
    returned, lines = np.array([200.0, 10.0, 1.0]), np.array([1000.0, 1000.0, 2.0])
    drawn = shrunk(returned, lines)
    assert drawn[:2] == pytest.approx([0.2, 0.01], abs=0.002)
    assert 0.1 < drawn[2] < 0.4


def test_products_that_differ_by_chance_alone_share_one_rate():
    assert shrunk(np.array([5.0, 5.0, 5.0]), np.array([50.0, 50.0, 50.0])) == pytest.approx([0.1] * 3)


def test_without_lines_or_returns_the_page_says_so():
    assert read.products(sold()).title == "Products are not known"
    unknown = sold(("Mug", 1.0, np.nan, np.nan, 0, 0))
    assert read.products(unknown).title == "1 product; when lines came back is not known"


def by_channel(*values: tuple[str, float, float], kpi: str = "intact") -> pd.DataFrame:
    """Return values from (channel, value, standard error)."""
    return computed(
        *((kpi, pd.NaT, name, value, value - 1.959964 * e, value + 1.959964 * e) for name, value, e in values)
    )


THREE = by_channel(("web", 0.90, 0.01), ("shop", 0.96, 0.01), ("app", 0.93, 0.02))


def test_spread_net_of_chance_is_that_of_statsmodels():
    """Independent computation: DerSimonian and Laird's variance and Cochran's Q in statsmodels' meta-analysis."""
    row = spread(THREE).table.iloc[0]
    meta = combine_effects(np.array([0.90, 0.96, 0.93]), np.array([0.01, 0.01, 0.02]) ** 2, method_re="dl")
    assert row.sd_net == pytest.approx(np.sqrt(meta.tau2), rel=1e-5)
    assert row.p_adjusted == pytest.approx(stats.chi2.sf(meta.q, 2), rel=1e-5)
    assert row.spread == pytest.approx(0.06)
    assert row.verdict == "channels differ"


def test_what_chance_spreads_is_no_difference():
    noisy = by_channel(("web", 0.90, 0.05), ("shop", 0.93, 0.05))
    result = spread(noisy)
    assert result.table.sd_net.tolist() == [0.0, 0.0]
    assert result.title == "No clear difference between channels"
    assert result.headline == ""


def test_rows_of_no_channel_and_channels_without_an_interval_are_left_out():
    more = pd.concat([THREE, by_channel(("unknown", 0.1, 0.01)), by_channel(("fax", 1.0, np.nan))])
    assert spread(more).table.segment.tolist() == ["web", "shop", "app"]
    assert "from 90.0 % (web) to 96.0 % (shop)" in spread(more).text


def test_a_channel_without_an_upper_limit_or_without_any_error_does_not_decide():
    """One limit of fax cannot be estimated; two rows alike give kiosk an interval of no width."""
    open_ended = by_channel(("fax", 0.5, 0.01)).assign(high=np.nan)
    more = spread(pd.concat([THREE, open_ended, by_channel(("kiosk", 0.1, 0.0))]))
    assert more.table.segment.tolist() == ["web", "shop", "app"]
    assert more.table.p_adjusted.iloc[0] == pytest.approx(spread(THREE).table.p_adjusted.iloc[0])
    assert more.text.endswith("left out of it: fax and kiosk.")
    assert spread(by_channel(("web", 0.9, 0.01), ("kiosk", 0.1, 0.0))).table.empty


def test_one_channel_is_nothing_to_compare():
    assert spread(THREE[:1]).title == "No figure here can be compared between channels"
    nothing = read.consistency({"orders": orders}, ["purchases_per_active_customer"])
    assert nothing.table.empty
    told = read.consistency(
        {"orders": orders.assign(device=["a", "b"])}, ["purchases_per_active_customer"], by="device"
    )
    assert "device" in told.title


def test_what_to_do_has_a_number_behind_each():
    seen = read.experience(
        computed(("on_time_delivery", JUNE, "all", 0.91, 0.89, 0.93)), period="month", data=of_config()
    )
    table = sold(("Mug", 500.0, 200, 40, 20, 10), ("Beans", 400.0, 400, 20, 0, 0))
    todo = read.actions(seen, read.products(table), spread(THREE)).table
    assert todo.action.tolist() == [
        "Find out why customers get less: came when promised",
        "Look into the returns of Mug",
        "Learn from the best channel: delivered intact",
    ]
    assert "91.0 % against 95.0 %" in todo.reason[0]
    nothing = read.actions(Result("a", "table", "", table=seen.table[:0]), read.products(sold()), spread(THREE[:1]))
    assert nothing.table.empty


def test_channels_of_too_few_people_are_said_to_be_left_out():
    values = by_channel(("app", 0.9, 0.01), ("web", 0.9, 0.01), ("fair", np.nan, np.nan), ("store", np.nan, np.nan))
    values.loc[values.value.isna(), "status"] = "suppressed"
    assert spread(values).text.endswith("Of too few people in some figure, and left out of it: 2 channels.")
    assert "2 channels" in spread(values.iloc[1:]).text  # one is left: nothing to compare, and not for lack of any
