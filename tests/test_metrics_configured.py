"""A business's own KPIs from kpikit.yaml: settings, opening hours, survey questions and indicators."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from kpikit.config import Config, Economics, load_config
from kpikit.errors import ConfigError
from kpikit.metrics import KPIS, performance
from kpikit.metrics.configured import configured
from kpikit.metrics.grid import Contributions


def settings(folder: Path, text: str) -> Config:
    path = folder / "kpikit.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


ON_TIME = """performance_indicators:
  - {id: on_time_delivery, title: Came when promised, eligible: "promised_at < :as_of",
     success: "delivered_at <= promised_at", better: higher, target: 0.95, owner: Head of operations}
  - {id: small_orders, title: Small orders, success: "amount < 20", better: lower}
"""

orders = pd.DataFrame(
    {
        "customer_id": ["ann", "ann", "bob"],
        "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
        "amount": [10.0, 30.0, 10.0],
        "promised_at": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-03"]),
        "delivered_at": pd.to_datetime(["2024-01-02", "2024-01-03 12:00", "2024-01-03"], format="ISO8601"),
    }
)


def test_an_indicator_becomes_a_kpi_with_a_card(tmp_path):
    its = configured(settings(tmp_path, ON_TIME))["small_orders"]
    assert (its.card.title, its.card.direction, its.card.needs) == ("Small orders", "down", ("orders",))
    assert its.card.formula == "of these, those with amount < 20 / orders"
    assert its.card.interval == "clustered_wilson"
    row = its.counts(orders, as_of="2024-01-05").to_pandas().iloc[0]
    assert (row.numerator, row.denominator, row.n) == (2, 3, 2)


def test_an_indicator_of_the_same_id_replaces_ours_and_says_so(tmp_path):
    """Delivered at noon of the promised day: late by the business's own words, in time by ours."""
    known = configured(settings(tmp_path, ON_TIME))
    its = known["on_time_delivery"]
    assert its.card.title == "Came when promised"
    assert its.card.caveat.startswith("It replaces the definition that comes with kpikit.")
    assert "Target: 0.95, Head of operations." in its.card.caveat
    assert its.card.columns == ("orders.promised_at", "orders.delivered_at")
    row = its.counts(orders, as_of="2024-01-05").to_pandas().iloc[0]
    assert (row.numerator, row.denominator) == (2, 3)
    ours = KPIS["on_time_delivery"]
    assert ours.counts(orders, as_of="2024-01-05").to_pandas().numerator.tolist() == [3]
    assert ours.template.title == "Delivered on time"


WRONG = {
    "performance_indicators: [{id: revenue, title: R, success: 'amount > 1'}]":
        r"kpikit.yaml, line 1: performance_indicators.0.id: expected an id of its own; found 'revenue', which is",
    "performance_indicators: [{id: frt, title: R, success: 'amount > 1'}]": r"found 'frt', which is kpikit's",
    "performance_indicators: [{id: a, title: A, success: 'true'}, {id: a, title: B, success: 'true'}]":
        r"performance_indicators.1.id: expected indicators with different ids; found 'a'",
    "performance_indicators: [{id: a, title: A, success: 'SUM(amount) > 1'}]":
        r"performance_indicators.0.success: expected an expression of columns, .*; found SUM\(amount\)",
    "performance_indicators: [{id: a, title: A, success: 'true', eligible: 'amount'}]":
        r"performance_indicators.0.eligible: expected true or false; found amount, which is a number",
    "performance_indicators: [{id: a, title: A, success: 'is_intact = 1'}]":
        r"performance_indicators.0.success: expected values of one kind",
    "kpis: {return_again: {kind: return_again, statistic: top_two}}":
        r"kpis.return_again.statistic: expected one of top_two_box, .*Did you mean 'top_two_box'\?",
    "kpis: {return_again: {kind: return_again, titel: Again}}": r"kpis.return_again.titel: .*Did you mean 'title'\?",
    "kpis: {return_again: {kind: return_again, scale: 5}}": r"expected two whole numbers such as \[1, 5\]; found 5",
    "kpis: {return_again: {kind: 7}}": r"kpis.return_again.kind: expected a text; found 7",
    "kpis: {return_again: {statistic: mean}}": r"kpis.return_again: expected the id of a KPI",
    "goals: [{kpi: retun_again, at_least: 1, by: 2026-12-31}]\nkpis: {return_again: {kind: again}}":
        r"goals.0.kpi: .*Did you mean 'return_again'\?",
    "business: {hours: {mon-sun: closed}}": r"business.hours: .*found a schedule without open hours",
    "kpis: {first_response_time: {schedule: 9}}": r"found 'schedule'\. Write it under business: hours",
    "performance_indicators: [{id: a, title: A, success: 'true'}]\nkpis: {a: {within_days: 3}}":
        r"kpis.a.within_days: expected no settings: a has none",
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_what_is_wrong_is_told_before_the_data_are_read(tmp_path, text, message):
    config = settings(tmp_path, text)
    with pytest.raises(ConfigError, match=message):
        configured(config)


def test_a_column_that_is_not_there_is_told_with_its_place(tmp_path):
    text = "\n\nperformance_indicators:\n  - {id: a, title: A, success: \"stor = 'x'\"}"
    its = configured(settings(tmp_path, text))["a"]
    with pytest.raises(
        ConfigError, match=r"line 4: performance_indicators\.0: .*found 'stor'.* Did you mean 'store'\?"
    ):
        its.counts(orders.assign(store="x"))


def test_a_question_of_our_own(tmp_path):
    text = "kpis: {return_again: {kind: likely to return, statistic: mean, title: Likely to return, scale: [1, 10]}}"
    its = configured(settings(tmp_path, text))["return_again"]
    assert (its.card.title, its.card.style, its.card.interval) == ("Likely to return", "decimal", "clustered_mean")
    assert its.card.needs == ("survey_responses",)
    answers = pd.DataFrame(
        {
            "responded_at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
            "kind": ["likely to return", "Likely to return", "nps"],
            "score": [10, 4, 0],
            "customer_id": ["ann", "bob", "ann"],
        }
    )
    row = its.counts(answers, as_of="2024-02-01").to_pandas().iloc[0]
    assert (row.numerator, row.denominator) == (14, 2)


@pytest.mark.parametrize(
    ("statistic", "style", "interval"),
    [
        ("top_two_box", "percent", "clustered_wilson"),
        ("top_box", "percent", "clustered_wilson"),
        ("net", "points", "nps"),
    ],
)
def test_each_statistic_has_its_unit_and_interval(tmp_path, statistic, style, interval):
    its = configured(settings(tmp_path, f"kpis: {{mine: {{kind: mine, statistic: {statistic}}}}}"))["mine"]
    assert (its.card.title, its.card.style, its.card.interval) == ("Mine", style, interval)


def test_opening_hours_reach_the_kpis_that_count_hours(tmp_path):
    text = """business: {timezone: Europe/Lisbon, hours: {mon-fri: "09:00-18:00"}, holidays: [2026-12-25]}
kpis: {first_response_time: {hours: business}}"""
    known = configured(settings(tmp_path, text))
    bound = known["first_response_time"].settings
    assert bound["hours"] == "business"
    assert bound["schedule"][0] == (dt.time(9), dt.time(18))
    assert set(bound["schedule"]) == {0, 1, 2, 3, 4}
    assert bound["holidays"] == (dt.date(2026, 12, 25),)
    assert bound["timezone"] == "Europe/Lisbon"
    assert known["revenue"].settings == KPIS["revenue"].settings
    assert KPIS["first_response_time"].settings["schedule"] is None


def test_without_opening_hours_calendar_hours_are_those_of_the_zone(tmp_path):
    bound = configured(settings(tmp_path, "business: {timezone: Europe/Lisbon}"))["resolution_time"].settings
    assert (bound["schedule"], bound["timezone"]) == (None, "Europe/Lisbon")


def test_what_comes_with_kpikit_is_not_changed(tmp_path):
    before = dict(KPIS)
    configured(settings(tmp_path, ON_TIME))
    assert before == KPIS
    assert isinstance(performance.indicator(orders, table_name="orders", success="true"), Contributions)


def test_money_is_counted_with_the_margin_and_rate_of_the_business():
    economics = Economics(margin_fraction=0.3, annual_discount_rate=0.08)
    its = configured(Config(economics=economics, kpis={"clv_simple": {"lifespan_years": 5}}))["clv_simple"]
    assert its.settings == {"lifespan_years": 5, "margin_fraction": 0.3, "annual_discount_rate": 0.08}


def test_a_variant_that_does_not_exist_is_refused_before_anything_runs():
    with pytest.raises(ConfigError, match="Did you mean 'top_box'"):
        configured(Config(kpis={"csat": {"variant": "top_bx"}}))
