"""Figures: text beside every image, the same bytes each time, nothing left open, drawn on however little data."""

from __future__ import annotations

import base64
import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from kpikit import plots
from kpikit.palette import SERIES
from kpikit.plots import clv, cohorts, equity
from kpikit.plots.figure import figure, is_narrow
from kpikit.plots.style import NARROW_INCHES, RC, WIDE_INCHES, drawing
from kpikit.results import Result

AGES = [0, 1, 2]
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "$\\frac{1$"]
COHORTS = pd.DataFrame(
    {
        "cohort": pd.to_datetime(["2024-01-01"] * 3 + ["2024-02-01"] * 3).astype("datetime64[s]"),
        "age": AGES * 2,
        "cohort_size": [10] * 3 + [20] * 3,
        "active": [10, 4, 2, 20, 5, np.nan],
        "retention": [1, 0.4, 0.2, 1, 0.25, np.nan],
        "status": ["complete"] * 4 + ["partial", "not_yet_observed"],
        "low": [0.7, 0.2, 0.1, 0.8, 0.1, np.nan],
        "high": [1, 0.7, 0.5, 1, 0.5, np.nan],
    }
)
CURVE = pd.DataFrame(
    {"age": AGES, "cohorts": [3, 3, 2], "cohort_size": [90, 90, 60], "active": [90, 30, 15],
     "retention": [1, 1 / 3, 0.25],
     "low": [0.9, 0.2, 0.1], "high": [1, 0.5, 0.4], "first_cohort": [1, 0.6, np.nan]}
)  # fmt: skip
COMPARED = pd.DataFrame(
    {"age": [1, 2, 3], "older_active": [5, 5, 5], "older_size": [10, 10, 10], "newer_active": [1, 5, 9],
     "newer_size": [10, 10, 10], "difference": [-0.4, 0, 0.4], "low": [-0.7, -0.3, 0.1], "high": [-0.1, 0.3, 0.7],
     "p_adjusted": [0.04, 0.9, 0.04], "verdict": ["worse", "no clear change", "better"]}
)  # fmt: skip
SPENDING = pd.DataFrame(
    {"age": AGES, "cohorts": [2, 2, 1], "cohort_size": [30, 30, 10], "revenue": [300.0, 60, 10],
     "per_customer": [10.0, 2, 1],
     "cumulative": [10.0, 12, 13]}
)  # fmt: skip
BRIDGE = pd.DataFrame(
    {"part": ["Revenue 2024-02", "New", "Lost", "Revenue 2024-03"], "amount": [5000.0, 400, -2400, 3000]}
)
EQUITY = pd.DataFrame(
    {"line": ["opening", "acquired", "time_passed", "changed_behaviour", "realised", "closing"],
     "part": ["Opening 2024-01-01", "Acquired", "Time passed", "Changed behaviour", "Realised", "Closing 2024-04-01"],
     "amount": [5000.0, 400, 1200, -300, -1800, 4500], "low": [4000.0, 300, 1000, -700, -2200, 3600],
     "high": [6000.0, 500, 1400, 100, -1400, 5400], "customers": [90, 10, 100, 100, 40, 100]}
)  # fmt: skip
TRACKING = pd.DataFrame(
    {"day": pd.date_range("2024-01-01", periods=4, freq="30D"), "period": ["calibration"] * 2 + ["holdout"] * 2,
     "expected": [1.0, 5, 9, 12], "actual": [2.0, 5, 8, 13]}
)  # fmt: skip
CALIBRATION = pd.DataFrame(
    {"group": ["0", "1", "2+"], "n_customers": [50, 20, 5], "predicted": [0.1, 0.5, 2.0], "actual": [0.2, 0.4, 2.2],
     "low": [0.1, 0.2, 1.0], "high": [0.3, 0.6, 3.4]}
)  # fmt: skip
SHARES = pd.DataFrame({"customer_share": [0, 0.1, 0.5, 1.0], "clv_share": [0, 0.4, 0.8, 1.0]})
PERIOD = {"period": "month", "currency": "EUR"}
CHARTS = {
    "cohort_heatmap": (plots.cohort_heatmap, COHORTS, "Heat map"),
    "retention_curve": (plots.retention_curve, CURVE, "Line"),
    "newer_against_older": (plots.newer_against_older, COMPARED, "Difference"),
    "spending_curve": (plots.spending_curve, SPENDING, "Cumulative spending"),
    "revenue_bridge": (plots.revenue_bridge, BRIDGE, "Waterfall"),
    "customer_equity": (plots.customer_equity, EQUITY, "Waterfall"),
    "tracking": (plots.tracking, TRACKING, "Lines"),
    "calibration": (plots.calibration, CALIBRATION, "Mean purchases"),
    "concentration": (plots.concentration, SHARES, "Curve"),
}
EACH = pytest.mark.parametrize("name", CHARTS)


def drawn(name: str, table: pd.DataFrame | None = None, title: str = "Half came back", **facts: str) -> Result:
    draw, usual, _ = CHARTS[name]
    return draw(
        Result(name, "table", title, "A paragraph.", table=usual if table is None else table, facts={**PERIOD, **facts})
    )


def images(html: str) -> list[str]:
    return re.findall(r'(?:srcset|src)="(data:image/(?:svg\+xml|png);base64,[^"]+)"', html)


@EACH
def test_alternative_text_says_the_kind_of_chart_and_the_finding(name):
    alt = re.search(r'alt="([^"]*)"', drawn(name).html)[1]
    assert alt.startswith(CHARTS[name][2])
    assert alt.endswith(". Half came back.")


@EACH
def test_a_figure_carries_text_data_and_an_image_for_narrow_screens(name):
    result = drawn(name)
    assert result.kind == "figure"
    assert "<figcaption>A paragraph.</figcaption>" in result.html
    assert "<caption>Half came back</caption>" in result.html
    assert '<source media="(max-width: 640px)"' in result.html
    narrow, wide = images(result.html)
    assert narrow != wide
    assert result.table is CHARTS[name][1]


@EACH
def test_drawn_twice_the_bytes_are_equal(name):
    assert drawn(name).html == drawn(name).html


@EACH
def test_settings_are_restored_no_figure_stays_open_and_the_table_is_not_changed(name):
    before, table = dict(mpl.rcParams), CHARTS[name][1].copy()
    drawn(name)
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []
    pd.testing.assert_frame_equal(CHARTS[name][1], table)


@pytest.mark.parametrize("shape", ["one row", "empty", "all missing"])
@EACH
def test_little_data_is_drawn_without_warning(name, shape):
    table = CHARTS[name][1]
    numbers = [
        c for c in table.select_dtypes("number").columns if c not in {"age", "cohort_size", "cohorts", "n_customers"}
    ]
    made = {
        "one row": table.head(1),
        "empty": table.head(0),
        "all missing": table.assign(**dict.fromkeys(numbers, np.nan)),
    }
    assert len(images(drawn(name, made[shape]).html)) == 2


@EACH
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_captions_and_currencies_stay_text(name, text):
    html = drawn(name, title=text, currency=text).html
    assert "<script" not in html
    assert "onerror=alert(1)>" not in html.replace("&gt;", "")
    assert ("{{7*7}}" in html) == (text == "{{7*7}}")


def test_hostile_names_in_a_chart_stay_text():
    html = drawn("revenue_bridge", BRIDGE.assign(part=HOSTILE)).html
    assert "<script" not in html
    for image in images(html):
        assert b"<script" not in base64.b64decode(image.partition(",")[2])


def test_images_are_svg_where_small_and_png_where_not():
    def many_dots(table, ax):
        ax.scatter(np.arange(4000), np.arange(4000) % 61)

    few = figure(Result("x", "table", "T", table=SHARES), lambda table, ax: ax.plot([0, 1]), what="A line")
    many = figure(Result("x", "table", "T", table=SHARES), many_dots, what="Dots")
    assert all(image.startswith("data:image/svg+xml") for image in images(few.html))
    assert all(image.startswith("data:image/png") for image in images(many.html))
    assert base64.b64decode(images(many.html)[0].partition(",")[2])[:8] == b"\x89PNG\r\n\x1a\n"


def test_an_svg_holds_no_date_and_asks_for_nothing_from_elsewhere():
    svg = base64.b64decode(images(drawn("retention_curve").html)[0].partition(",")[2]).decode()
    assert "<svg" in svg
    assert "dc:date" not in svg
    assert "@font-face" not in svg
    assert re.findall(r'(?:href|src)="(?!#)[^"]*"', svg) == []


def test_an_empty_table_has_a_figure_without_numbers_to_show():
    assert "<details" not in drawn("spending_curve", SPENDING.head(0)).html


def axes(width: float = WIDE_INCHES):
    return Figure(figsize=(width, 3)).subplots()


def test_narrow_is_told_from_wide():
    assert is_narrow(axes(NARROW_INCHES))
    assert not is_narrow(axes(WIDE_INCHES))


def test_the_heat_map_marks_partial_cells_and_leaves_unseen_ones_blank():
    ax = cohorts.draw_heatmap(COHORTS, axes())
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["40", "20", "25*"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2024-01  n = 10", "2024-02  n = 20"]


def test_partial_cells_do_not_set_the_scale_of_colours():
    partial_is_top = COHORTS.assign(retention=[1, 0.4, 0.2, 1, 0.9, np.nan])
    assert cohorts.draw_heatmap(partial_is_top, axes()).collections[0].get_clim() == (0, 0.4)


def test_a_phone_sees_fewer_cohorts_the_newest():
    months = pd.date_range("2020-01-01", periods=40, freq="MS")
    table = pd.concat([COHORTS.head(3).assign(cohort=month) for month in months])
    wide, narrow = cohorts.draw_heatmap(table, axes()), cohorts.draw_heatmap(table, axes(NARROW_INCHES))
    assert (len(wide.get_yticklabels()), len(narrow.get_yticklabels())) == (30, 14)
    assert narrow.get_yticklabels()[-1].get_text().startswith("2023-04")


def test_the_curve_begins_at_age_one_and_sets_the_first_cohort_apart():
    ax = cohorts.draw_curve(CURVE, axes())
    assert [line.get_label() for line in ax.lines] == ["All other cohorts", "First cohort"]
    assert ax.lines[0].get_xdata().tolist() == [1, 2]
    assert ax.get_ylim()[0] == 0, "a share is drawn from zero"
    alone = cohorts.draw_curve(CURVE.assign(first_cohort=np.nan), axes())
    assert len(alone.lines) == 1
    assert alone.get_legend() is None


def test_clear_differences_are_filled_and_unclear_ones_hollow():
    ax = cohorts.draw_differences(COMPARED, axes())
    faces = {
        dots.get_label(): dots.get_facecolor()[0][:3].tolist()
        for dots in ax.collections
        if not dots.get_label().startswith("_")
    }
    assert faces["no clear change"] == [1, 1, 1]
    assert faces["better"] != [1, 1, 1] != faces["worse"]


def test_spending_sets_the_first_period_apart():
    ax = cohorts.draw_spending(SPENDING, axes(), currency="EUR")
    assert [bar.get_height() for bar in ax.patches[:3]] == [10, 12, 13]
    assert {bar.get_height() for bar in ax.patches[3:]} == {10}
    assert "EUR" in ax.get_ylabel()


def test_the_waterfall_hangs_together():
    bars = cohorts.draw_bridge(BRIDGE, axes()).patches
    ends = [bar.get_x() + bar.get_width() for bar in bars]
    assert [bar.get_x() for bar in bars] == [0, 5000, 5400, 0]
    assert ends == [5000, 5400, 3000, 3000]


def test_the_waterfall_labels_falls_with_a_minus_and_rises_with_a_plus():
    texts = [text.get_text() for text in cohorts.draw_bridge(BRIDGE, axes()).texts]
    assert texts == ["5,000", "+400", "−2,400", "3,000"]


def test_a_waterfall_below_zero_keeps_its_labels_inside():
    for amounts in ([-50.0, 10.0, -40.0], [100.0, -300.0, -200.0]):
        ax = cohorts.draw_bridge(pd.DataFrame({"part": list("abc"), "amount": amounts}), axes())
        low, high = ax.get_xlim()
        assert low <= min(bar.get_bbox().xmin for bar in ax.patches) < high
        assert all(low <= text.get_position()[0] <= high for text in ax.texts)


def test_the_equity_waterfall_hangs_together_with_an_interval_where_each_bar_ends():
    ax = equity.draw_equity(EQUITY, axes())
    assert [bar.get_x() + bar.get_width() for bar in ax.patches] == [5000, 5400, 6600, 6300, 4500, 4500]
    ends = [[segment[0][0], segment[1][0]] for segment in ax.collections[-1].get_segments()]
    assert ends[0] == [4000, 6000]
    assert ends[3] == [5900, 6700]  # 6600 is where changed behaviour starts
    assert ends[4] == [4100, 4900]
    low, high = ax.get_xlim()
    assert all(low <= end <= high for pair in ends for end in pair)


def test_the_equity_waterfall_draws_all_customers_and_lists_the_segments():
    parts = pd.concat([EQUITY.assign(segment="all"), EQUITY.assign(segment="DE")])
    assert len(equity.draw_equity(parts, axes()).patches) == len(EQUITY)
    html = plots.customer_equity(Result("customer-equity", "table", "It rose", "Text.", table=parts)).html
    assert html.count("Opening 2024-01-01") == 2
    assert "Segment" in html


def test_money_that_came_in_is_no_loss():
    ax = equity.draw_equity(EQUITY, axes())
    colours = [mpl.colors.to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours[4] == colours[2] == mpl.colors.to_hex(SERIES[0])
    assert colours[3] != colours[1]


def test_tracking_shades_what_the_model_has_not_seen():
    ax = clv.draw_tracking(TRACKING, axes())
    assert [text.get_text() for text in ax.texts] == [" not seen by the model"]
    without = clv.draw_tracking(TRACKING.head(2), axes())
    assert len(without.texts) == 0


def test_calibration_draws_outcomes_with_their_intervals():
    ax = clv.draw_calibration(CALIBRATION, axes())
    assert ax.lines[0].get_ydata().tolist() == [0.1, 0.5, 2.0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "2+"]
    assert len(ax.collections[0].get_segments()) == 3


def test_concentration_names_the_share_of_the_top_tenth():
    ax = clv.draw_concentration(SHARES, axes())
    assert [text.get_text() for text in ax.texts] == ["top 10 %: 40 %"]


def test_tables_of_lifetime_value_write_their_units():
    proof = pd.DataFrame(
        {"title": ["BG/NBD"], "total_forecast": [1234.0], "total_actual": [1200.0], "bias": [0.028],
         "mae": [0.5], "rmse": [1.0],
         "poisson_deviance": [0.9], "top_decile_capture": [0.55]}
    )  # fmt: skip
    html = clv.holdout_table(Result("p", "table", "T", table=proof)).html
    assert all(text in html for text in (">1,234<", ">2.8 %<", ">0.500<", ">55 %<"))


@pytest.mark.parametrize("p_alive", [0.9, np.nan])
def test_tables_of_value_leave_out_p_alive_where_the_model_has_none(p_alive):
    groups = pd.DataFrame({"group": ["one"], "customers": [10], "share_of_customers": [0.5], "p_alive": [p_alive],
                           "expected_purchases": [1.234], "clv": [99.5], "share_of_value": [0.25]})  # fmt: skip
    top = pd.DataFrame({"customer": ["ab12"], "frequency": [3], "p_alive": [p_alive], "expected_purchases": [1.26],
                        "expected_spend": [20.0], "clv": [25.0], "clv_low": [20.0], "clv_high": [30.0]})  # fmt: skip
    for draw, table in ((clv.value_table, groups), (clv.customers_table, top)):
        html = draw(Result("v", "table", "T", table=table, facts={"currency": "<b>"})).html
        assert ("P(alive)" in html) == (p_alive == 0.9)
        assert "&lt;b&gt;" in html
        assert "<b>" not in html


def test_drawing_applies_the_palette_and_restores_after_an_error():
    before = dict(mpl.rcParams)

    def fail() -> None:
        with drawing():
            assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(SERIES)
            assert mpl.rcParams["text.color"] == RC["text.color"]
            raise ValueError("a drawing that fails")

    with pytest.raises(ValueError, match="a drawing that fails"):
        fail()
    assert dict(mpl.rcParams) == before


def test_importing_plots_opens_no_window_library_and_changes_no_setting():
    code = (
        "import sys, matplotlib; before = dict(matplotlib.rcParams); import kpikit.plots; "
        "sys.exit(dict(matplotlib.rcParams) != before)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("weeks", [1, 2, 10, 60, 125, 160, 235, 300, 600])
def test_the_time_axis_of_any_span_is_drawn_without_a_warning(weeks):
    days = pd.date_range("2020-01-06", periods=weeks, freq="7D")
    table = pd.DataFrame({"day": days, "period": "calibration", "expected": range(weeks), "actual": range(weeks)})
    assert "<img" in plots.tracking(Result("tracking", "table", "Span", "x", table=table)).html
