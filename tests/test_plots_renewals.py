"""Figures of renewals: drawn at both widths on much and on little, with text beside, and silent results stay text."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from kpikit.plots import renewals
from kpikit.plots.style import NARROW_INCHES, WIDE_INCHES, drawing
from kpikit.results import Result

CURVES = pd.DataFrame(
    {"segment": ["<b>basic</b>"] * 3 + ["full"] * 2, "duration": [10.0, 20, 30, 15, 40], "at_risk": [9.0, 6, 3, 8, 4],
     "events": [3.0, 2, 0, 2, 1], "survival": [0.67, 0.44, 0.44, 0.75, 0.56], "low": [0.3, 0.15, 0.15, 0.4, None],
     "high": [0.9, 0.7, 0.7, 0.95, None]}
)  # fmt: skip
COHORTS = pd.DataFrame(
    {"cohort": pd.to_datetime(["2024-01-01"] * 3 + ["2024-02-01"] * 2), "renewal": [0, 1, 2, 0, 1],
     "cohort_size": [40.0] * 3 + [50.0] * 2, "due": [40.0, 40, 4, 50, 20], "renewed": [40.0, 36, 1, 50, 15],
     "share": [1.0, 0.9, 0.25, 1.0, 0.75], "low": [0.9] * 5, "high": [1.0] * 5,
     "status": ["complete", "complete", "partial", "complete", "partial"]}
)  # fmt: skip
PROJECTED = pd.DataFrame(
    {"renewal": range(5), "due": [np.nan, 90.0, 40.0, np.nan, np.nan], "seen": [np.nan, 0.9, 0.8, np.nan, np.nan],
     "expected": [1.0, 0.9, 0.82, 0.76, 0.7], "low": [1.0, 0.88, 0.79, 0.7, 0.6], "high": [1.0, 0.92, 0.85, 0.8, 0.77]}
)  # fmt: skip
TESTED = pd.DataFrame(
    {"cohort": ["2024-01", "2024-02", "all"], "there": [30.0, 20, 50], "expected": [25.1, 16.0, 41.1],
     "low": [20.0, 12, 34], "high": [28.0, 19, 46], "actual": [24.0, 10, 34], "inside": [True, False, True]}
)  # fmt: skip
OUTLOOK = pd.DataFrame(
    {"cohort": ["2024-01", "all"], "started": [40.0, 40], "running": [30.0, 30], "expected": [20.5, 20.5],
     "low": [15.0, 15], "high": [25.0, 25]}
)  # fmt: skip
RESULTS = {
    "how_long": Result("how-long", "table", "Half last 20 days", "t", table=CURVES),
    "renewal_heatmap": Result("r", "table", "90 % renew", "t", table=COHORTS, facts={"period": "month"}),
    "projection": Result("p", "table", "70 % are left", "t", table=PROJECTED, facts={"last_seen": 2}),
    "held_out": Result("h", "table", "It held", "t", table=TESTED),
}


@pytest.mark.parametrize("name", RESULTS)
def test_figures_have_text_and_their_numbers(name):
    shown = getattr(renewals, name)(RESULTS[name])
    assert shown.kind == "figure"
    assert shown.title in shown.html
    alt = re.search(r'alt="([^"]+)"', shown.html)
    assert alt is not None
    assert shown.title in alt.group(1)
    assert shown.html.count("<img") + shown.html.count("<source") >= 2  # a screen and a phone
    assert "<table" in shown.html
    assert "<b>" not in shown.html


def test_tables_and_silent_results():
    outlook = Result("o", "table", "20 are left", "t", table=OUTLOOK, facts={"ahead": 12})
    assert "Expected after 12 more" in renewals.outlook(outlook).html
    silent = Result("s", "text", "No projection yet", "Nothing has ended.")
    for draw in (renewals.projection, renewals.held_out, renewals.outlook, renewals.plans_compared):
        shown = draw(silent)
        assert shown.kind == "text"
        assert "Nothing has ended." in shown.html


def axes(width: float):
    return Figure(figsize=(width, 3.0)).subplots()


@pytest.mark.parametrize("width", [WIDE_INCHES, NARROW_INCHES])
def test_what_is_drawn_is_what_the_table_says(width):
    with drawing():
        ax = renewals.draw_projection(PROJECTED, axes(width), last=2)
        np.testing.assert_allclose(ax.lines[0].get_ydata(), PROJECTED.expected)
        points = np.asarray(ax.collections[1].get_offsets())
        assert points.tolist() == [[1.0, 0.9], [2.0, 0.8]]
        assert ax.lines[1].get_xdata()[0] == 2.5
        ax = renewals.draw_held_out(TESTED, axes(width))
        said = [text.get_text() for text in ax.get_legend().get_texts()]
        assert said == ["Expected", "Came, inside", "Came, outside"]
        outside = np.asarray(ax.collections[-1].get_offsets())
        assert outside.tolist() == [[0.5, 1.0]]  # 10 of 20, the second cohort
        ax = renewals.draw_how_long(CURVES, axes(width))
        assert ax.get_ylabel() == "Share still running"
        assert len(ax.collections) == 2  # a band for each plan


def test_cells_of_few_old_enough_are_not_drawn():
    with drawing():
        ax = renewals.draw_renewals(COHORTS, axes(WIDE_INCHES))
        assert sorted(text.get_text() for text in ax.texts) == ["75*", "90"]  # not the 25 % of four
        empty = renewals.draw_renewals(COHORTS[COHORTS.renewal == 0], axes(WIDE_INCHES))
        assert empty.texts[0].get_text() == "No renewal has come up yet"
