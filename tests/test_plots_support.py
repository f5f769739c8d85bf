"""Figures of support: text beside every image, drawn on however little data, marked by more than colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from kpikit.plots import support
from kpikit.results import Result

HOSTILE = "<script>alert(1)</script>"
CURVE = pd.DataFrame({"segment": "all", "duration": [1.0, 2.5, 40.0], "survival": [0.8, 0.5, 0.01],
                      "low": [0.7, 0.4, 0.001], "high": [0.9, 0.6, 0.05], "at_risk": [100, 80, 3]})  # fmt: skip
WEEK = pd.DataFrame({"weekday": [0, 0, 6], "hour": [9, 12, 9], "when": ["Monday 9", "Monday 12", "Sunday 9"],
                     "cases": [40, 30, 3], "median": [2.0, 120.4, np.nan], "slower_share": [0.4, 0.9, 1.0],
                     "p_adjusted": [0.5, 0.001, np.nan],
                     "verdict": ["no clear difference", "slower than the rest", "few cases"]})  # fmt: skip
BACKLOG = pd.DataFrame({"period": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]), "open": [3.0, 5, 4],
                        "status": ["complete", "complete", "partial"]})  # fmt: skip
PLACES = pd.DataFrame({"channel": [HOSTILE, "phone"], "cases": [40, 30], "customers": [40, 30], "waiting": [0, 1],
                       "median": [2.0, np.nan], "low": 1.0, "high": np.nan, "late_share": [0.1, 0.5],
                       "hours_lost": [5.0, 3.0], "share_of_hours": [0.6, 0.4], "share_of_cases": [0.5, 0.5],
                       "p_adjusted": [0.5, np.nan], "verdict": ["no clear difference", "few cases"]})  # fmt: skip
CONTACTS = pd.DataFrame({"by": ["topic"], "group": ["delivery"], "cases": [40.0], "solved": [30.0], "rate": [0.75],
                         "low": [0.6], "high": [0.86], "rest": [0.8], "difference": [-0.05], "p_adjusted": [0.4],
                         "verdict": ["no clear difference"]})  # fmt: skip
FACTS = {"hours": "calendar", "event": "first_response_at", "width": 3, "period": "month", "groups": ["channel"]}
DRAWN = {
    "wait_curve": (support.wait_curve, CURVE, "Falling steps"),
    "waits_by_hour": (support.waits_by_hour, WEEK, "Heat map"),
    "backlog": (support.backlog, BACKLOG, "Bars"),
}
TABLES = {"bottlenecks": (support.bottlenecks, PLACES), "first_contact": (support.first_contact, CONTACTS)}
EACH_FIGURE = pytest.mark.parametrize("name", DRAWN)


def result(name: str, table: pd.DataFrame, **facts: str) -> Result:
    return Result(name, "table", "A finding", "What it says.", table=table, facts={**FACTS, **facts})


def axes():
    return Figure(figsize=(7.2, 3.6)).subplots()


@EACH_FIGURE
def test_figures_say_what_they_show_and_carry_their_numbers(name):
    draw, table, what = DRAWN[name]
    drawn = draw(result(name, table))
    assert drawn.kind == "figure"
    assert f'alt="{what}' in drawn.html
    assert "A finding." in drawn.html
    assert drawn.html.count("<tr>") == len(table) + 1
    assert drawn.html == draw(result(name, table)).html


@EACH_FIGURE
def test_figures_are_drawn_on_little_and_on_nothing(name):
    draw, table, _ = DRAWN[name]
    for few in (table.head(1), table.head(0)):
        assert "<img" in draw(result(name, few)).html


def test_a_figure_of_waits_begins_with_everybody_waiting():
    ax = support.draw_waits(CURVE, axes())
    steps = ax.lines[0].get_xydata()
    assert steps[0].tolist() == [0, 1]
    assert ax.get_xlim()[1] < 10  # until few still wait: the last step is far off
    assert ax.get_xlabel() == "Hours since the opening"


def test_segments_of_a_curve_are_named():
    both = pd.concat([CURVE, CURVE.assign(segment="phone", survival=[0.9, 0.7, 0.3])])
    names = [
        text.get_text() for text in support.draw_waits(both, axes(), unit="business hours").get_legend().get_texts()
    ]
    assert names == ["all", "phone"]


def test_clear_cells_are_marked_and_small_ones_left_empty():
    ax = support.draw_week(WEEK, axes())
    texts = [text.get_text() for text in ax.texts if text.get_text()]
    assert texts == ["2.0", "120*"]


def test_the_running_period_is_told_apart_in_words():
    names = [text.get_text() for text in support.draw_backlog(BACKLOG, axes()).get_legend().get_texts()]
    assert names == ["End of the period", "So far"]
    assert support.draw_backlog(BACKLOG.head(2), axes()).get_legend() is None


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_escaped_and_keep_their_result(name):
    draw, table = TABLES[name]
    drawn = draw(result(name, table))
    assert "<script>" not in drawn.html
    assert drawn.html.count("<tr>") == len(table) + 1
    assert drawn.table is table


def test_a_long_table_shows_its_worst_rows_and_keeps_all():
    many = pd.concat([PLACES] * 40, ignore_index=True)
    drawn = support.bottlenecks(result("bottlenecks", many))
    assert drawn.html.count("<tr>") == support.MOST_PLACES + 1
    assert len(drawn.table) == 80
