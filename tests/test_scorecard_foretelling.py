"""Projections of dated goals are kept, and judged by the value of the goal's period when it is over."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_scorecard import BY, shop_orders

import kpikit
from kpikit import forecasts, ledger
from kpikit.config import Business, Config, Goal
from kpikit.scorecard import Scorecard, scorecard

KPI = "average_order_value"
WHOLE, NORTH = (Goal(kpi=KPI, at_least=9.0, by=BY, segment=segment) for segment in ("", "north"))
SHOP = Business(name="Shop", currency="EUR")


def loaded(as_of: str, *goals: Goal) -> Any:
    orders = shop_orders().assign(segment=lambda table: np.where(table.customer_id.str[-1] < "5", "north", "south"))
    return kpikit.load(Config(business=SHOP, goals=goals), tables={"orders": orders}, as_of=as_of)


def card(as_of: str, *goals: Goal) -> Scorecard:
    return scorecard(loaded(as_of, *goals), kpis=[KPI])


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Hand what a run of September forecast, and return it."""
    table = card("2025-09-01", WHOLE, NORTH).forecasts.table
    rows = table.astype(object).where(table.notna(), None).assign(run_id="run1", business="Shop").to_dict("records")
    (tmp_path / "earlier.json").write_text(forecasts.written(rows), encoding="utf-8")
    monkeypatch.setenv(forecasts.VARIABLE, str(tmp_path / "earlier.json"))
    return table


def test_a_dated_goal_is_a_forecast_of_its_period(made: pd.DataFrame) -> None:
    goals = card("2025-09-01", WHOLE, NORTH).figures.goals
    assert made[["kpi", "by", "segment", "as_of", "ends"]].to_numpy().tolist() == [
        [KPI, "", "all", "2025-09-01", "2026-01-01"], [KPI, "segment", "north", "2025-09-01", "2026-01-01"],
    ]  # fmt: skip
    projected = goals[["projected", "projected_low", "projected_high"]].to_numpy().tolist()
    assert made[["value", "low", "high"]].to_numpy().tolist() == projected
    assert made.title[0].endswith("in 2025-12")


def test_a_projection_is_judged_by_the_value_of_the_goals_period(made: pd.DataFrame) -> None:
    data = loaded("2026-01-01", WHOLE, NORTH)
    now = scorecard(data, kpis=[KPI])
    due = ledger.due(data, now.forecasts)
    told = ledger.scored(due, now.what_came(due)).table.set_index("segment")
    orders = shop_orders()
    december = orders[(orders.ordered_at >= "2025-12-01") & (orders.ordered_at < "2026-01-01")]
    is_north = december.customer_id.str[-1] < "5"
    assert told.came["all"] == pytest.approx(december.amount.mean())
    assert told.came["north"] == pytest.approx(december.amount[is_north].mean())
    assert told.run_id.tolist() == ["run1", "run1"]


def test_before_the_period_is_over_nothing_is_due(made: pd.DataFrame) -> None:
    data = loaded("2025-12-31", WHOLE, NORTH)
    due = ledger.due(data, scorecard(data, kpis=[KPI]).forecasts)
    assert (len(made), due.windows) == (2, [])


def test_a_goal_that_was_taken_away_is_judged_as_far_as_the_figure_is_measured(made: pd.DataFrame) -> None:
    data = loaded("2026-01-01")
    now = scorecard(data, kpis=[KPI])
    due = ledger.due(data, now.forecasts)
    assert now.forecasts.table.empty
    told = ledger.scored(due, now.what_came(due))
    assert told.table.segment.tolist() == ["all"]  # without a goal for it, north is not measured
    assert "Of 1 forecast that came due the data do not say" in told.text
    assert due.as_of == date(2026, 1, 1)
    assert len(made) == 2
