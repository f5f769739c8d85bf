"""The scorecard as a whole: a shop whose numbers were typed or drawn, its goals, actions, review and page."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

import kpikit
from kpikit.config import Benchmark, Business, Config, Goal
from kpikit.errors import ParameterError
from kpikit.periods import next_review
from kpikit.scorecard import scorecard
from kpikit.scorecard.building import own_history
from kpikit.scorecard.reviewing import review
from kpikit.scorecard.wording import status_title

BY = date(2025, 12, 31)
NAMES = ["retention_rate", "churn_rate", "average_order_value", "revenue"]


def shop_orders(months: int = 12, customers: int = 120, stay: float = 0.6) -> pd.DataFrame:
    """Return orders of customers who are active in a month with probability ``stay``, of some 10 each."""
    random = np.random.default_rng(3)
    active = random.uniform(size=(months, customers)) < stay
    active[0] = True
    month, who = np.nonzero(active)
    starts = pd.date_range("2025-01-01", periods=months, freq="MS").to_numpy()
    days = pd.to_timedelta(random.integers(0, 28, len(who)), unit="D").to_numpy()
    times = pd.Series(starts[month] + days).astype("datetime64[us]")
    return pd.DataFrame(
        {
            "customer_id": [f"c{one}" for one in who],
            "ordered_at": times,
            "amount": np.round(random.lognormal(2.2, 0.4, len(who)), 2),
        }
    )


actions = pd.DataFrame(
    {
        "title": ["Call lapsed customers", "New price list", "Welcome letter"],
        "kpi": ["retention_rate", "average_order_value", "no_such_figure"],
        "started_on": pd.to_datetime(["2025-03-10", "2025-06-01", "2025-02-01"]).astype("datetime64[us]"),
        "owner": ["Ann", None, "Bob"],
        "due_on": pd.to_datetime(["2025-05-01", "2025-12-31", "2025-03-01"]).astype("datetime64[us]"),
        "done_on": pd.to_datetime([None, None, "2025-02-20"]).astype("datetime64[us]"),
    }
)
config = Config(
    business=Business(name="Shop", currency="EUR"),
    goals=(
        Goal(kpi="retention_rate", at_least=0.30, by=BY, owner="Ann", baseline=0.2),
        Goal(kpi="average_order_value", at_least=25.0, by=BY),
    ),
    benchmarks=(Benchmark(kpi="retention_rate", value=0.5, source="Plan 2025", kind="target"),),
)


@pytest.fixture(scope="module")
def page():
    data = kpikit.load(config, tables={"orders": shop_orders(), "actions": actions}, as_of="2025-12-15")
    return scorecard(data, kpis=NAMES)


@pytest.fixture(scope="module")
def plain():
    return scorecard(kpikit.load(tables={"orders": shop_orders(3)}))


def test_goals_are_judged_on_the_last_complete_month(page):
    goals = page.figures.goals.set_index("kpi")
    assert goals.period.dt.strftime("%Y-%m").unique().tolist() == ["2025-11"]
    assert goals.status.to_dict() == {"retention_rate": "on target", "average_order_value": "off target"}
    assert goals.loc["average_order_value", "lacks"] == "an owner, a baseline"
    assert page.status.title == "Of 2 goals, 1 is on target and 1 is off target"
    assert page.status.text == "2025-12 is not over: it is not compared with anything here."


def test_the_off_target_goal_comes_first_on_the_list_and_first_to_do(page):
    assert page.goals.table.status.tolist()[:2] == ["off target", "on target"]
    assert page.goals.table.status.tolist()[2:] == ["no goal"] * 2
    assert page.todo.table.action[0] == "Close the gap: Average order value"
    assert "Under way: New price list." in page.todo.table.reason[0]


def test_an_overdue_action_is_on_the_list_with_its_owner_and_days(page):
    late = page.figures.actions.iloc[0]
    assert (late.title, late.state, late.days_late) == ("Call lapsed customers", "overdue", 228)
    row = page.todo.table[page.todo.table.owner == "Ann"].iloc[0]
    assert "due on 2025-05-01, 228 days ago" in row.reason
    assert page.actions.headline == "1 of 3 actions is overdue: Call lapsed customers (Ann)."


def test_an_action_is_set_beside_the_last_month_before_its_start(page):
    found = page.figures.actions.set_index("title")
    assert found.loc["Call lapsed customers"].before_period == pd.Timestamp("2025-02-01")
    assert found.loc["Call lapsed customers"].period == pd.Timestamp("2025-11-01")
    assert pd.isna(found.loc["Welcome letter"].change)
    assert page.actions.table.set_index("action").loc["Welcome letter"].change == "not measured here"


def test_what_was_done_after_as_of_is_not_done():
    data = kpikit.load(config, tables={"orders": shop_orders(), "actions": actions}, as_of="2025-02-10")
    assert scorecard(data, kpis=["revenue"]).figures.actions.state.tolist() == ["under way"]


def test_churn_tells_the_story_of_retention(page):
    found = page.figures.review.set_index("kpi")
    assert found.loc["churn_rate", "twin"] == "retention_rate"
    assert found.loc["churn_rate", "twin_correlation"] == pytest.approx(-1)
    assert found.loc["churn_rate", "twin_changes"] == 9
    assert found.loc["churn_rate", "verdict"] == "one of the two is enough"
    assert found.loc["average_order_value", "is_actionable"]
    assert page.review.title == "Next review of these figures: 2026-01-01"


def test_too_few_months_say_nothing_about_moving():
    data = kpikit.load(tables={"orders": shop_orders(6)})
    assert scorecard(data, kpis=["revenue"]).figures.review.moves.tolist() == [None]


def test_a_figure_that_only_chance_moves_does_not_move():
    table = pd.DataFrame({"number": range(12), "value": 0.3 + 0.01 * np.tile([1, -1], 6), "error": 0.02})
    one = type("One", (), {"complete": table})()
    moved = type("One", (), {"complete": table.assign(error=0.002)})()
    assert review({"still": one, "moving": moved}, actionable=["moving"]).moves.tolist() == [False, True]


@pytest.mark.parametrize(
    ("every", "day"),
    [("week", "2026-09-21"), ("month", "2026-10-01"), ("quarter", "2026-10-01"), ("year", "2027-01-01")],
)
def test_the_next_review(every, day):
    assert next_review(date(2026, 9, 17), every) == date.fromisoformat(day)


def test_own_history_the_best_month_is_not_one_answer_of_one():
    done = pd.DataFrame(
        {"value": [1.0, 0.6, 0.5, 0.4], "low": [0.2, 0.55, 0.45, 0.35], "high": [1.0, 0.65, 0.55, 0.45]}
    )
    found = own_history(done, "up")
    assert (found["median"], found["best"], found["rank"], found["periods"]) == (0.55, 0.6, 4, 4)
    assert own_history(done, "down")["rank"] == 1
    assert np.isnan(own_history(done, "neutral")["rank"])


def test_a_benchmark_carries_its_source(page):
    row = page.figures.table.set_index("kpi").loc["retention_rate"]
    assert (row.benchmark, row.benchmark_source) == (0.5, "Plan 2025")
    context = page.goals.table.set_index("title").loc["Customer retention"].context
    assert "(target: Plan 2025)" in context


def test_the_detectable_change_counts_whole_customers(page):
    from kpikit.scorecard import detectable_share

    row = page.figures.table.set_index("kpi").loc["retention_rate"]
    assert row.detectable == pytest.approx(detectable_share(row.value, float(row.n)))


def test_every_result_is_json_without_nan_and_names_are_unique(page):
    parts = [page.status, page.tiles, page.goals, page.changes, page.control, page.actions, page.todo, page.review,
             page.definitions]  # fmt: skip
    for part in parts:
        json.dumps(part.payload(), allow_nan=False)
        assert "nan" not in part.text.split()
    assert len({part.name for part in parts}) == len(parts)


def test_kpis_json_has_every_period_of_every_figure(page):
    found = pd.DataFrame(page.tiles.kpis)
    assert found.groupby("kpi").size().to_dict() == {
        "retention_rate": 11, "churn_rate": 11, "average_order_value": 12, "revenue": 12,
    }  # fmt: skip


def test_tiles_say_goal_status_and_both_changes(page):
    tile = next(one for one in page.tiles.facts["tiles"] if one["title"] == "Average order value")
    assert tile["status"] == "✕ off target"
    assert tile["goal"].startswith("Goal at least 25.00 EUR by 2025-12-31: ")
    assert tile["goal"].endswith(" EUR short")
    assert tile["noise"].startswith("neutral within ±")
    assert tile["year_change"] == ""


def test_with_orders_alone_and_few_months_the_page_still_stands(plain):
    assert plain.status.title == "No goals are set"
    assert plain.control.text == "Control limits need 8 complete periods."
    assert plain.actions.title == "No actions are recorded"
    assert plain.goals.headline == ""
    assert (plain.goals.table.status == "no goal").all()
    for name in ("tiles", "changes", "todo", "review", "definitions"):
        json.dumps(getattr(plain, name).payload(), allow_nan=False)


def test_a_goal_for_one_segment_is_judged_on_that_segment():
    table = shop_orders()
    table["segment"] = np.where(table.customer_id.str[-1] < "5", "north", "south")
    goal = Goal(kpi="average_order_value", at_least=5.0, by=BY, owner="Ann", baseline=4.0, segment="north")
    data = kpikit.load(Config(goals=(goal,)), tables={"orders": table}, as_of="2025-12-15")
    found = scorecard(data, kpis=["average_order_value"]).figures
    expected = kpikit.compute(data, ["average_order_value"], period="month", by="segment")
    north = expected[(expected.segment == "north") & (expected.period == "2025-11-01")].value.iloc[0]
    assert found.goals.value.tolist() == [pytest.approx(north)]


def test_a_goal_whose_table_is_absent_is_unknown():
    goal = Goal(kpi="retention_rate", at_least=0.5, by=BY, segment="north")  # these orders have no segments
    data = kpikit.load(Config(goals=(goal,)), tables={"orders": shop_orders()}, as_of="2025-12-15")
    found = scorecard(data)
    assert found.figures.goals.status.tolist() == ["unknown"]
    assert "No complete period yet" in found.goals.table.text[0]


def test_what_is_not_there_is_an_error():
    data = kpikit.load(tables={"orders": shop_orders(3)})
    with pytest.raises(ParameterError, match="Did you mean 'retention_rate'"):
        scorecard(data, kpis=["retention"])
    with pytest.raises(ParameterError, match="period"):
        scorecard(data, period="monthly")
    with pytest.raises(ParameterError, match="at least one KPI"):
        scorecard(data, kpis=[])


@pytest.mark.parametrize(
    ("statuses", "title"),
    [
        ([], "No goals are set"),
        (["unknown"], "Of 1 goal, 1 is unknown"),
        (["at risk", "off target", "at risk"], "Of 3 goals, 2 are at risk and 1 is off target"),
    ],
)
def test_how_many_goals_are_where(statuses, title):
    assert status_title(statuses) == title
