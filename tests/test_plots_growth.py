"""Figures and tables of growth: text beside every image, drawn on however little, and silent results stay text."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from kpikit.plots import growth
from kpikit.plots.style import NARROW_INCHES, WIDE_INCHES, drawing
from kpikit.results import Result

NAMES = ["all channels", "search", "<b>social</b>"]
COSTS = pd.DataFrame(
    {"channel": NAMES, "customers": [30.0, 20, 0], "media": [300.0, 200, 100], "overhead": [60.0, 40, 0],
     "media_cost": [10.0, 10, None], "media_low": [7.0, 6, None], "media_high": [15.0, 16, None],
     "full_cost": [12.0, 12, None], "full_low": [8.0, 7, None], "full_high": [18.0, 20, None]}
)  # fmt: skip
LAGS = pd.DataFrame(
    {"lag_months": [0, 1], "customers": [30.0, 30], "media_cost": [10.0, 11], "media_low": [7.0, 8],
     "media_high": [15.0, 16], "full_cost": [12.0, 13], "full_low": [8.0, 9], "full_high": [18.0, 19]}
)  # fmt: skip
RATIOS = pd.DataFrame(
    {"channel": NAMES, "customers": [30, 20, 10], "value": [40.0, 40, 40], "so_far": [20.0, 20, 20],
     "media_cost": [10.0, 10, 10], "full_cost": [12.0, 12, 12], "to_media": [4.0, 4, None],
     "to_media_low": [3.0, 3, None],
     "to_media_high": [5.0, 6, None], "to_full": [3.3, 3.3, 0.5], "to_full_low": [3.0, 2.5, 0.3],
     "to_full_high": [3.6, 4.1, 0.7]}
)  # fmt: skip
RETURNS = pd.DataFrame(
    {"channel": NAMES, "customers": [30, 20, 10], "margin": [900.0, 600, 300], "spend": [360.0, 240, 120],
     "roi": [1.5, 1.5, 1.5], "roi_low": [1.0, 0.9, 0.5], "roi_high": [2.0, 2.1, 2.5], "media_roi": [2.0, 2.0, None]}
)  # fmt: skip
CURVE = pd.DataFrame(
    {"channel": NAMES[:2] * 2, "months": [0, 0, 1, 1], "customers": [30.0, 20, 25, 15],
     "per_customer": [6.0, 7, 90, 15], "earned": [0.5, 0.6, 7.5, 1.2], "low": [0.4, 0.5, 6.0, 0.9],
     "high": [0.6, 0.7, 9.0, 1.6]}
)  # fmt: skip
PAYBACK = pd.DataFrame(
    {"channel": NAMES, "customers": [30.0, 20, 10], "full_cost": [12.0, 12, 12], "months": [0.0, 3, None],
     "months_low": [0.0, 2, None], "months_high": [1.0, None, None], "media_cost": [10.0, 10, 0],
     "media_months": [0.0, 2, None],
     "last_month": [9, 9, 9], "last_customers": [9.0, 9, 9], "earned": [2.0, 1.5, 0.4], "earned_low": [1.5, 1.2, 0.3],
     "earned_high": [2.5, 1.9, 0.5]}
)  # fmt: skip
SEGMENTS = pd.DataFrame(
    {"segment": NAMES, "customers": [30.0, 20, 2], "orders": [40.0, 30, 2], "margin": [900.0, 400, 90],
     "share_of_margin": [0.6, 0.3, 0.1], "per_customer": [30.0, 20, 45], "low": [25.0, 15, None],
     "high": [35.0, 25, None], "shrunk": [29.0, 21, 30], "shrunk_low": [24.0, 16, 10], "shrunk_high": [34.0, 26, 50],
     "own_weight": [0.95, 0.9, 0.2]}
)  # fmt: skip
RFM = pd.DataFrame(
    {"segment": NAMES, "customers": [30, 20, 2], "share_of_customers": [0.6, 0.3, 0.1], "orders": [4.0, 3, 2],
     "recency_days": [3.0, 90, 300], "margin": [900.0, 400, 90], "share_of_margin": [0.6, 0.3, 0.1],
     "per_customer": [30.0, 20, 45], "low": [25.0, 15, None], "high": [35.0, 25, None]}
)  # fmt: skip
SHARES = pd.DataFrame({"customer_share": [0.0, 0.1, 1.0], "revenue_share": [0.0, 0.4, 1.0]})
FUNNEL = pd.DataFrame(
    {"segment": "all", "step_number": [1, 2], "step": ["view", "<i>buy</i>"], "visitors": [20.0, 18],
     "previous": [20.0, 20], "entered": [20.0, 20], "of_previous": [1.0, 0.9], "low": [0.8, 0.7], "high": [1.0, 0.97],
     "of_entered": [1.0, 0.9]}
)  # fmt: skip
SIMPLE = pd.DataFrame(
    {"method": ["rate × lifespan", "model (sound)"], "purchases": [None, 7.5], "per_purchase": [None, 60.0],
     "value": [370.0, 190.0], "low": [350.0, None], "high": [390.0, None], "n": [30.0, 30.0]}
)  # fmt: skip
FIGURES = {
    "acquisition_costs": (COSTS, "Cost of a new customer"),
    "ltv_to_cac": (RATIOS, "Lifetime value over"),
    "payback_curve": (CURVE, "Lines of cumulative margin"),
    "segment_profitability": (SEGMENTS, "Margin per customer"),
    "revenue_concentration": (SHARES, "Curve of the share"),
    "funnel": (FUNNEL, "Bars of the visitors"),
}
SECTIONS = {
    "lag_sensitivity": LAGS,
    "return_on_spend": RETURNS,
    "payback_months": PAYBACK,
    "rfm_segments": RFM,
    "simple_and_model": SIMPLE,
}
DRAWERS = {
    "draw_costs": COSTS, "draw_ratios": RATIOS, "draw_payback": CURVE, "draw_segments": SEGMENTS,
    "draw_concentration": SHARES, "draw_funnel": FUNNEL,
}  # fmt: skip
EVERY = {name: table for name, (table, _) in FIGURES.items()} | SECTIONS


def shown(name: str, table: pd.DataFrame | None = None) -> Result:
    given = EVERY[name] if table is None else table
    facts = {"currency": "EUR", "top": 0.1, "top_share": 0.4}
    return getattr(growth, name)(Result(name, "table", "A finding", "A paragraph.", table=given, facts=facts))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_text_data_and_an_alternative_text(name):
    result = shown(name)
    assert result.kind == "figure"
    assert "<figcaption>A paragraph.</figcaption>" in result.html
    assert "<caption>A finding</caption>" in result.html
    alt = re.search(r'alt="([^"]*)"', result.html)[1]
    assert alt.startswith(FIGURES[name][1])
    assert alt.endswith(". A finding.")
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", SECTIONS)
def test_a_table_has_its_heading_and_paragraph(name):
    result = shown(name)
    assert result.kind == "table"
    assert "<h3>A finding</h3>" in result.html
    assert "<p>A paragraph.</p>" in result.html
    assert result.html.count("<tr>") == 1 + len(SECTIONS[name])


@pytest.mark.parametrize("name", EVERY)
def test_without_rows_the_reason_is_shown_and_nothing_else(name):
    result = shown(name, EVERY[name].head(0))
    assert result.kind == "text"
    assert "A paragraph." in result.html
    assert "<table" not in result.html
    assert "<img" not in result.html


@pytest.mark.parametrize("name", EVERY)
def test_one_row_is_enough_and_the_table_is_not_changed(name):
    before = EVERY[name].copy()
    assert "A finding" in shown(name, EVERY[name].head(1)).html
    shown(name)
    pd.testing.assert_frame_equal(EVERY[name], before)


@pytest.mark.parametrize("name", EVERY)
def test_names_of_the_data_are_escaped(name):
    assert not re.search(r"<b>social|<i>buy", shown(name).html)


@pytest.mark.parametrize("name", FIGURES)
def test_drawn_twice_the_bytes_are_equal(name):
    assert shown(name).html == shown(name).html


@pytest.mark.parametrize("width", [WIDE_INCHES, NARROW_INCHES])
@pytest.mark.parametrize("name", DRAWERS)
def test_every_drawing_fits_both_widths(name, width):
    with drawing():
        page = Figure(figsize=(width, 3.4), layout="constrained")
        ax = getattr(growth, name)(DRAWERS[name], page.subplots())
        page.draw_without_rendering()
        label = ax.xaxis.label.get_window_extent()
    assert label.x0 >= 0
    assert label.x1 <= page.bbox.width


def test_marks_stand_at_their_values():
    with drawing():
        ax = growth.draw_costs(COSTS, Figure().subplots(), currency="EUR")
    media = ax.collections[1].get_offsets()
    assert media[0][0] == 10
    assert [text.get_text() for text in ax.get_yticklabels()] == NAMES
    assert ax.get_xlabel() == "Cost of a new customer (EUR)"


def test_a_payback_far_above_the_cost_has_an_axis_that_shows_all_of_it_and_says_so():
    with drawing():
        far = growth.draw_payback(CURVE, Figure().subplots())
        near = growth.draw_payback(CURVE.assign(high=CURVE.high / 5), Figure().subplots())
    low, high = far.get_ylim()
    assert far.get_yscale() == "log"
    assert far.get_ylabel() == "Margin so far / cost (log scale)"
    assert low < CURVE.low.min()
    assert high > CURVE.high.max()
    assert (near.get_yscale(), near.get_ylim()[0]) == ("linear", 0)


def test_months_are_words():
    html = shown("payback_months").html
    assert "first order" in html
    assert "3 mo." in html
    assert "not within the data" in html


def test_without_media_no_month_is_said_to_be_out_of_the_data():
    assert shown("payback_months").html.count("no media") == 1
