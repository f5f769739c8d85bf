"""Figures of what customers get: they draw what the result holds, say it in words, and stand without data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from kpikit.palette import LIGHT
from kpikit.plots import performance as draw
from kpikit.results import Result

EXPERIENCE = pd.DataFrame(
    {
        "kpi": ["on_time_delivery", "days_late", "intact"],
        "title": ["Delivered on time", "Days late", "Arrived <intact>, as everybody expects of a parcel"],
        "value": [0.9, 2.0, 0.99], "low": [0.88, 1.5, 0.985], "high": [0.92, 2.5, 0.995], "n": [50, 50, 50],
        "style": ["percent", "days", "percent"], "target": [0.95, np.nan, np.nan],
        "target_verdict": ["missed", "no target", "no target"],
    }
)  # fmt: skip
PRODUCTS = pd.DataFrame(
    {
        "product": ["Mug", "Beans", "Cup"], "revenue": [5.0, 4.0, 1.0], "share_of_revenue": [0.5, 0.4, 0.1],
        "orders": [5.0, 4.0, 1.0], "lines_old_enough": [200.0, 400.0, 0.0], "returned": [40.0, 20.0, 0.0],
        "return_rate": [0.2, 0.05, np.nan], "return_low": [0.15, 0.03, np.nan], "return_high": [0.26, 0.08, np.nan],
        "return_shrunk": [0.2, 0.05, np.nan], "verdict": ["more returns", "fewer returns", "too few lines"],
        "rating": [4.0, 3.5, np.nan], "came_back_rate": [0.5, np.nan, np.nan], "began": [20.0, 0.0, 0.0],
    }
)  # fmt: skip
CHANNELS = pd.DataFrame(
    {
        "kpi": ["intact"] * 2 + ["days_late"] * 2, "title": ["Delivered intact"] * 2 + ["Days late"] * 2,
        "segment": ["web", "shop"] * 2, "value": [0.9, 0.98, 2.0, 2.1], "low": [0.88, 0.97, 1.5, 1.6],
        "high": [0.92, 0.99, 2.5, 2.6], "n": [10, 10, 10, 10], "style": ["percent"] * 2 + ["days"] * 2,
        "verdict": ["channels differ"] * 2 + ["no clear difference"] * 2,
    }
)  # fmt: skip


def result(table: pd.DataFrame | None, **facts: object) -> Result:
    return Result("a", "table", "A finding", "A paragraph.", table=table, facts=facts)


@pytest.fixture
def ax():
    return Figure(figsize=(7, 3)).subplots()


def test_experience_draws_intervals_and_targets(ax):
    shares = EXPERIENCE[EXPERIENCE["style"] == "percent"]
    draw.draw_experience(shares, ax)
    missed, other, targets = (ax.collections[place].get_offsets().tolist() for place in (1, 3, 4))
    assert (missed, other) == ([[0.9, 0.0]], [[0.99, 1.0]])
    assert targets == [[0.95, 0.0]]
    # a verdict is told by a shape and a name, not by its colour alone
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["clearly missed", "not clear"]
    shapes = [ax.collections[place].get_paths()[0].vertices.tolist() for place in (1, 3)]
    assert shapes[0] != shapes[1]
    assert ax.get_xlabel() == "Share; | target"
    assert ax.get_yticklabels()[1].get_text().endswith("…")


def test_experience_is_a_figure_with_its_numbers_and_keeps_its_table():
    drawn = draw.experience(result(EXPERIENCE, period="month"))
    assert drawn.kind == "figure"
    assert "2.0 days" in drawn.html  # what is no share is in the table
    assert "88.0 % to 92.0 %" in drawn.html
    assert "Arrived &lt;intact&gt;" in drawn.html
    assert drawn.table.columns.tolist() == EXPERIENCE.columns.tolist()


def test_experience_without_shares_is_a_table():
    drawn = draw.experience(result(EXPERIENCE[1:2], period="month"))
    assert drawn.kind == "table"
    assert "2.0 days" in drawn.html
    assert draw.experience(result(EXPERIENCE[:0], period="month")).kind == "table"


def test_products_are_drawn_highest_first_with_the_mean_of_all(ax):
    draw.draw_products(PRODUCTS, ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Mug", "Beans"]
    assert ax.lines[0].get_xdata()[0] == pytest.approx(0.1)
    assert ax.collections[1].get_facecolor()[0][:3] == pytest.approx(
        [int(LIGHT["bad"][i : i + 2], 16) / 255 for i in (1, 3, 5)]
    )


def test_products_as_figure_as_table_and_as_a_sentence():
    drawn = draw.products(result(PRODUCTS, currency="EUR"))
    assert drawn.kind == "figure"
    assert "4.00 EUR" in drawn.html
    assert draw.products(result(PRODUCTS.assign(return_rate=np.nan), currency="EUR")).kind == "table"
    assert "A paragraph." in draw.products(result(PRODUCTS[["product", "revenue"]][:0], currency="EUR")).html


def test_channels_are_drawn_relative_to_their_mean(ax):
    draw.draw_consistency(CHANNELS, ax)
    dots = [float(one.get_offsets()[0][0]) for one in ax.collections if len(one.get_offsets())]
    assert 0.9 / 0.94 in [pytest.approx(dot) for dot in dots]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Delivered intact",
        "web",
        "shop",
        "Days late",
        "web",
        "shop",
    ]


def test_channels_as_figure_and_as_a_sentence():
    drawn = draw.consistency(result(CHANNELS, by="channel"))
    assert drawn.kind == "figure"
    assert "98.0 %" in drawn.html
    assert draw.consistency(result(CHANNELS[:0], by="channel")).kind == "table"


def test_what_is_not_measured():
    table = pd.DataFrame({"kpi": ["intact"], "title": ["Delivered intact"], "lacks": ["orders.is_intact"]})
    assert "orders.is_intact" in draw.unmeasured(result(table)).html
    assert "<table" not in draw.unmeasured(result(table[:0])).html
