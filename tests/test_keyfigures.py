"""Key figures in words: arrows have words beside them, and good is not the same as up."""

from __future__ import annotations

import json

import pytest

from kpikit.keyfigures import Tile, change_in_words, history_in_words, key_figures


@pytest.mark.parametrize(
    ("verdict", "direction", "tone"),
    [
        ("up", "up", "good"),
        ("down", "up", "bad"),
        ("up", "down", "bad"),
        ("down", "down", "good"),
        ("up", "neutral", "neutral"),
        ("no clear change", "up", "neutral"),
    ],
)
def test_the_tone_follows_which_way_is_good(verdict, direction, tone):
    assert change_in_words(verdict, 0.1, 0.2, "2026-08", style="percent", direction=direction)[1] == tone


def test_no_comparison_says_nothing():
    assert change_in_words("no comparison", float("nan"), float("nan"), "", style="percent", direction="up") == (
        "",
        "neutral",
    )


@pytest.mark.parametrize(
    ("verdict", "change", "previous", "style", "words"),
    [
        ("up", 0.02, 0.30, "percent", "▲ up: +2.0 points (+6.7 %) on 2026-08"),
        ("down", -50.0, 200.0, "money", "▼ down: −50.00 EUR (−25.0 %) on 2026-08"),
        ("up", 50.0, 200.0, "count", "▲ up: +50 (+25.0 %) on 2026-08"),
        ("down", -4.0, 35.0, "points", "▼ down: −4.0 points on 2026-08"),
        ("down", -1.5, 6.0, "hours", "▼ down: −1.5 hours (−25.0 %) on 2026-08"),
        ("not tested", 3.0, 12.0, "count", "changed, not tested: +3 (+25.0 %) on 2026-08"),
        ("no clear change", 0.0, 2.0, "decimal", "no clear change: +0.00 (+0.0 %) on 2026-08"),
    ],
)
def test_a_change_is_said_with_arrow_word_and_size(verdict, change, previous, style, words):
    said, _ = change_in_words(verdict, change, previous, "2026-08", style=style, direction="up", currency="EUR")
    assert said == words


def test_a_change_from_zero_has_no_relative_size():
    said, _ = change_in_words("up", 5.0, 0.0, "2026-08", style="count", direction="up")
    assert said == "▲ up: +5 on 2026-08"


def test_a_score_changes_in_points_of_the_score_and_not_in_percentage_points():
    said, _ = change_in_words("up", 4.0, 30.0, "2026-08", style="points", direction="up")
    assert said == "▲ up: +4.0 points on 2026-08"


def test_a_sparkline_has_a_text_that_says_as_much():
    text = history_in_words("Revenue", (20.0, 10.0, 40.0, 30.0), "month", style="money", currency="EUR")
    assert text == "Revenue over 4 months: from 20.00 EUR to 30.00 EUR, lowest 10.00 EUR, highest 40.00 EUR"


def test_tiles_travel_as_facts_beside_the_caller_s_own():
    result = key_figures([Tile("Revenue", "20 EUR", history=(1.0, 2.0))], text="Text.", facts={"period": "month"})
    assert (result.kind, result.name, result.text) == ("tiles", "key-figures", "Text.")
    assert result.facts["period"] == "month"
    assert result.facts["tiles"][0]["title"] == "Revenue"
    json.dumps(result.payload(), allow_nan=False)


def test_the_caller_s_facts_are_not_changed():
    facts = {"period": "month"}
    key_figures([], facts=facts)
    assert facts == {"period": "month"}
