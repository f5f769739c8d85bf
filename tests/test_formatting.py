"""Numbers as readers see them: signs, thousands, what is missing, and never minus zero."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit.formatting import MINUS, difference, interval, joined, missing, money, number, percent, points, styled

NOTHING = [None, float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT, Decimal("NaN")]


@pytest.mark.parametrize("value", NOTHING)
def test_what_is_missing_is_a_dash_in_every_style(value):
    assert missing(value)
    assert [number(value), percent(value), points(value), money(value, "EUR"), styled(value, "count")] == ["–"] * 5
    assert interval(value, 1.0) == interval(0.0, value) == "no interval"


@pytest.mark.parametrize("value", [0, 0.0, False, "", "NaT", "nan", np.int64(0), pd.Timestamp("2024-01-01")])
def test_zero_and_texts_are_not_missing(value):
    assert not missing(value)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234567.891, 1, "1,234,567.9"),
        (-1234.5, 1, "−1,234.5"),
        (0, 0, "0"),
        (-0.04, 1, "0.0"),
        (-0.0, 2, "0.00"),
        (-0.06, 1, "−0.1"),
        (math.inf, 0, "–"),
        (-math.inf, 0, "–"),
        (np.int64(1000), 0, "1,000"),
    ],
)
def test_numbers(value, decimals, text):
    assert number(value, decimals) == text


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_a_number_reads_back_as_itself_rounded_and_has_no_minus_zero(value, decimals):
    text = number(value, decimals)
    read = float(text.replace(",", "").replace(MINUS, "-"))
    assert read == pytest.approx(value, abs=0.5001 * 10**-decimals, rel=1e-12)
    assert not (text.startswith(MINUS) and read == 0)


@pytest.mark.parametrize(("rate", "text"), [(0.366, "36.6 %"), (1.0, "100.0 %"), (-0.0004, "0.0 %"), (-0.2, "−20.0 %")])
def test_rates_become_percentages_here(rate, text):
    assert percent(rate) == text


@pytest.mark.parametrize(
    ("difference", "text"), [(0.02, "+2.0 points"), (-0.0213, "−2.1 points"), (-0.0001, "+0.0 points")]
)
def test_a_difference_of_rates_is_in_points_and_signed(difference, text):
    assert points(difference) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (999.99, "EUR", "999.99 EUR"),
        (1000, "EUR", "1,000 EUR"),
        (-12.5, "USD", "−12.50 USD"),
        (-2500.4, "USD", "−2,500 USD"),
        (0, "", "0.00"),
    ],
)
def test_money_has_cents_only_below_a_thousand(value, currency, text):
    assert money(value, currency) == text


def test_money_takes_the_decimals_it_is_given():
    assert (money(12.345, "EUR", 0), money(2500.5, "EUR", 2)) == ("12 EUR", "2,500.50 EUR")


@pytest.mark.parametrize(
    ("style", "text"),
    [("percent", "250.0 %"), ("money", "2.50 EUR"), ("count", "2"), ("points", "2.5"), ("decimal", "2.50")],
)
def test_styles(style, text):
    assert styled(2.5, style, "EUR") == text


def test_an_interval_is_in_the_style_of_its_estimate():
    assert interval(1.0, 2.0, "money", "EUR") == "1.00 EUR to 2.00 EUR"
    assert interval(0.1, 0.25) == "10.0 % to 25.0 %"


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_joined_is_a_clause(items, text):
    assert joined(items) == text


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (5.25, "hours", "5.2 hours"),
        (1.0, "days", "1.0 days"),
        (12.0, "months", "12.0 months"),
        (35.24, "points", "35.2"),
    ],
)
def test_durations_carry_their_unit_and_scores_one_decimal(value, style, text):
    assert styled(value, style) == text


@pytest.mark.parametrize(
    ("change", "style", "text"),
    [
        (0.0213, "percent", "+2.1 points"), (-4.0, "points", "−4.0 points"), (0.25, "hours", "+0.2 hours"),
        (-1500.0, "money", "−1,500 EUR"), (3.0, "count", "+3"), (float("nan"), "hours", "–"),
    ],
)  # fmt: skip
def test_differences_have_a_sign_and_their_unit(change, style, text):
    assert difference(change, style, "EUR") == text
