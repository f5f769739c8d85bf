"""Figures and tables of what customers say: drawn for whatever there is, and said in words where there is nothing."""

from __future__ import annotations

from html import unescape

import pandas as pd
import pytest
from matplotlib.figure import Figure
from test_voice import READERS, split, young_and_old

from kpikit import voice
from kpikit.plots import voice as plots


def distribution(**changes: object) -> pd.DataFrame:
    table = pd.DataFrame({"score": [10.0, 0.0, 8.0], "score_class": ["top", "bottom", "middle"], "low": 0.0,
                          "high": 10.0, "answers": [6, 3, 1]})  # fmt: skip
    return table.assign(**changes)


segments = voice.by_segment(split(("a", 60, 20, 20), ("b", 120, 60, 20), ("c", 10, 30, 60)), by="segment")
FIGURES = {
    "distribution": lambda: plots.score_distribution(voice.score_distribution(distribution())),
    "segments": lambda: plots.score_segments(segments),
    "bias": lambda: plots.survey_bias(voice.survey_bias(young_and_old)),
    "shares": lambda: plots.survey_bias(voice.survey_bias(young_and_old, kind="csat")),
}
followed = pd.DataFrame({"group": ["contacted", "not contacted"], "customers": [34, 34], "bought": [7, 1]})
spoken = pd.DataFrame({"score_class": ["top"], "answers": [10], "with_comment": [8]})
aside = pd.DataFrame({"kind": ["csat"], "rows": [3], "missing": [1], "used": [7]})
TABLES = {
    "response": lambda: plots.response_table(voice.response_by_group(young_and_old)),
    "touchpoints": lambda: plots.touchpoint_table(voice.by_touchpoint(split(("order", 30, 10, 10)))),
    "contact": lambda: plots.contact_table(voice.after_contact(followed)),
    "comments": lambda: plots.comment_table(voice.comments(spoken)),
    "aside": lambda: plots.off_scale_table(voice.set_aside(aside)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_carry_text_alternative_and_numbers(name):
    drawn = FIGURES[name]()
    assert drawn.kind == "figure"
    assert 'alt="' in drawn.html
    assert "<caption>" in drawn.html
    assert "<figcaption>" in drawn.html


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_words_and_numbers(name):
    drawn = TABLES[name]()
    assert drawn.kind == "table"
    assert "<caption>" in drawn.html
    assert drawn.text in unescape(drawn.html)


def test_scores_are_written_in_the_units_of_their_question():
    net = TABLES["touchpoints"]().html
    assert ">40.0<" in net
    share = plots.touchpoint_table(voice.by_touchpoint(split(("call", 20, 0, 30), kind="csat"))).html
    assert ">40.0 %<" in share
    assert "−5.0" in FIGURES["bias"]().html
    assert "64.0 %" in FIGURES["shares"]().html


def test_what_is_not_known_is_said_without_a_table():
    empty = pd.DataFrame({"pace": [], "score_class": [], "invitations": []})
    none = [
        plots.survey_bias(voice.survey_bias(empty)),
        plots.response_table(voice.response_by_group(empty)),
        plots.score_distribution(voice.score_distribution(distribution().head(0))),
        plots.score_segments(voice.by_segment(split().astype(object), by="store")),
        plots.touchpoint_table(voice.by_touchpoint(split().astype(object))),
        plots.contact_table(voice.after_contact(followed.head(0))),
        plots.comment_table(voice.comments(spoken.head(0))),
    ]
    assert all("<h3>" in one.html and "<table" not in one.html for one in none)
    assert len(none) == len(READERS)


def test_one_segment_is_drawn_without_a_verdict():
    drawn = plots.score_segments(voice.by_segment(split(("a", 5, 5, 5)), by="segment"))
    assert "nothing can be compared" in drawn.html
    assert "Verdict" not in drawn.html


HOSTILE = "<script>alert(1)</script> $x$ a very long name that goes on and on for ever and ever"


def test_names_from_outside_are_escaped_and_cut():
    found = voice.by_segment(split((HOSTILE, 60, 20, 20), ("b", 120, 60, 20)), by="segment")
    drawn = plots.score_segments(found)
    assert "<script>" not in drawn.html
    assert "&lt;script&gt;" in drawn.html
    axes = plots.draw_scores(found.table.assign(name=found.table.segment), Figure().subplots(), kind="nps")
    longest = max(len(line) for label in axes.get_yticklabels() for line in label.get_text().split("\n"))
    assert longest <= plots.LONGEST_NAME


def test_verdicts_are_said_in_words_beside_the_colour():
    assert "below the rest" in plots.score_segments(segments).html


def test_bars_stand_at_every_point_of_the_scale():
    axes = plots.draw_distribution(
        voice.score_distribution(distribution()).table,
        Figure().subplots(),
        classes=["promoters", "passives", "detractors"],
    )
    assert len(axes.patches) == 11
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["detractors", "passives", "promoters"]
