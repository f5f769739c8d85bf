"""Contrast, computed as WCAG 2.2 defines it: every text colour on every background it stands on."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from kpikit.palette import DARK, FONT_STACK, LIGHT, SERIES

TEXTS, BACKGROUNDS = ("ink", "muted", "accent", "good", "bad", "warn"), ("paper", "panel")


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2, definitions)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_gives_the_known_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the well-known grey that just fails


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_stands_out_from_its_background(scheme, text, background):
    assert contrast(scheme[text], scheme[background]) >= 4.5


@pytest.mark.parametrize("colour", SERIES)
def test_lines_and_their_labels_stand_out_on_paper(colour):
    assert contrast(colour, LIGHT["paper"]) >= 4.5


def test_no_two_series_share_a_colour():
    assert all(one != other for one, other in combinations(SERIES, 2))


def test_both_schemes_name_the_same_colours_in_full_notation():
    assert LIGHT.keys() == DARK.keys()
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in (*LIGHT.values(), *DARK.values(), *SERIES))


def test_fonts_come_from_the_reader_s_machine_and_end_in_a_generic_family():
    assert "url(" not in FONT_STACK
    assert FONT_STACK.endswith("sans-serif")
