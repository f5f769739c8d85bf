"""What a result carries out of a notebook: plain JSON that round-trips, and HTML that hostile text cannot break."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from kpikit.errors import ParameterError
from kpikit.notebookstyle import IN_OUTPUT, STYLE
from kpikit.results import KINDS, MIME, SCHEMA_VERSION, Result, slug

AWKWARD = pd.DataFrame(
    {
        "cohort": pd.to_datetime(["2024-01-01", None]),
        "day": [date(2024, 2, 29), None],
        "active": pd.array([3, None], dtype="Int64"),
        "rate": [0.1, np.nan],
        "worst": [np.inf, -np.inf],
        "clear": [True, False],
        "text": ["a </script>", None],
    },
    index=[7, 7],
)


def test_a_payload_is_strict_json_and_round_trips():
    payload = Result(
        "x", "table", "Title", "Text.", "Headline.", table=AWKWARD, kpis=({"kpi": "a", "value": 0.5},)
    ).payload()
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_dates_are_iso_and_what_is_missing_is_null():
    table = Result("x", "table", "Title", table=AWKWARD).payload()["table"]
    assert table["columns"] == list(AWKWARD.columns)
    first, second = table["rows"]
    assert first[0].startswith("2024-01-01T00:00:00")
    assert not first[0].endswith("Z"), "local times have no zone"
    assert first[1].startswith("2024-02-29")
    assert first[2:] == [3, 0.1, None, True, "a </script>"]
    assert second == [None, None, None, None, None, False, None]


def test_numbers_keep_their_digits():
    values = [1 / 3, 1e9 + 0.1, -2.5e-7, 2**53]
    rows = Result("x", "table", "T", table=pd.DataFrame({"v": values})).payload()["table"]["rows"]
    assert [row[0] for row in rows] == pytest.approx(values, rel=1e-9, abs=1e-15)


def test_facts_and_kpis_are_made_plain_too():
    facts = {
        "share": np.float64("nan"),
        "n": np.int64(4),
        "as_of": date(2026, 10, 1),
        "known": pd.Timestamp("2026-10-01 12:00"),
        "never": pd.NaT,
        "unknown": pd.NA,
        "list": [float("inf"), np.bool_(True)],
        "array": np.array([1.0, np.nan]),
        "pair": ("a", None),
        3: {"deep": np.float32("nan")},
    }
    payload = Result("x", "text", "T", kpis=({"kpi": "a", "value": float("nan")},), facts=facts).payload()
    assert payload["kpis"] == [{"kpi": "a", "value": None}]
    assert payload["facts"] == {
        "share": None,
        "n": 4,
        "as_of": "2026-10-01",
        "known": "2026-10-01T12:00:00",
        "never": None,
        "unknown": None,
        "list": [None, True],
        "array": [1.0, None],
        "pair": ["a", None],
        "3": {"deep": None},
    }
    json.dumps(payload, allow_nan=False)


@given(
    st.lists(
        st.floats() | st.none() | st.text() | st.dates() | st.datetimes() | st.booleans() | st.integers(), max_size=5
    )
)
def test_any_facts_are_strict_json(values):
    payload = Result("x", "text", "T", facts={"values": values}).payload()
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_a_payload_without_table_says_so_and_names_its_schema():
    payload = Result("x", "text", "T").payload()
    assert payload["table"] is None
    assert payload["schema_version"] == SCHEMA_VERSION == 1


def test_an_empty_table_keeps_its_columns():
    assert Result("x", "table", "T", table=AWKWARD.head(0)).payload()["table"] == {
        "columns": list(AWKWARD.columns),
        "rows": [],
    }


def test_the_display_has_three_parts():
    bundle = Result("x", "text", "Revenue rose", "By 4 %.")._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {MIME, "text/html", "text/plain"}
    assert bundle[MIME]["title"] == "Revenue rose"
    assert bundle["text/html"] == STYLE + "<p><strong>Revenue rose.</strong> By 4 %.</p>"
    assert bundle["text/plain"] == "Revenue rose\nBy 4 %."


def test_the_style_of_a_result_is_for_results_in_an_output_alone():
    opening, *rules, closing = STYLE.splitlines()
    assert (opening, closing) == ("<style>", "</style>")
    for rule in rules:
        selector = rule.partition("{")[0]
        assert f"{IN_OUTPUT} " in selector
        assert ".kk-" in selector
        assert "," not in re.sub(r":is\([^)]*\)", "", selector), "the second of a list would be for the whole page"


def test_hostile_text_is_escaped_where_nothing_was_drawn():
    shown = Result("x", "text", "<script>alert(1)</script>", '"><img src=x>')._repr_mimebundle_()["text/html"]
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown


def test_drawing_replaces_html_and_kind_and_leaves_the_original():
    plain = Result("x", "table", "T", "text")
    drawn = plain.with_html("<b>drawn</b>", "figure")
    assert (drawn.kind, drawn.html, drawn.text) == ("figure", "<b>drawn</b>", "text")
    assert (plain.kind, plain.html) == ("table", "")
    assert plain.with_html("x").kind == "table"
    assert drawn._repr_mimebundle_()["text/html"] == STYLE + "<b>drawn</b>"


def test_a_fragment_that_is_marked_safe_does_not_escape_the_style():
    drawn = Result("x", "table", "T").with_html(Markup("<b>drawn</b>"))
    assert drawn._repr_mimebundle_()["text/html"] == STYLE + "<b>drawn</b>"


def test_a_result_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Result("x", "text", "T").title = "other"  # type: ignore[misc]


def test_an_unknown_kind_is_refused_with_the_nearest():
    with pytest.raises(ParameterError, match="Did you mean 'figure'"):
        Result("x", "figures", "T")
    assert all(Result("x", kind, "T").kind == kind for kind in KINDS)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Customer review / Q3: 50%", "customer-review-q3-50"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "unnamed"),
        ("日本", "unnamed"),
    ],
)
def test_slugs(text, name):
    assert slug(text) == name


@given(st.text())
def test_a_slug_is_always_a_safe_file_name(text):
    name = slug(text)
    assert 0 < len(name) <= 80
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name[0] != "-"
    assert name[-1] != "-"
    assert slug(name) == name


def test_moments_with_a_time_keep_it():
    table = pd.DataFrame({"at": [datetime(2024, 1, 1, 12, 30)]})
    assert Result("x", "table", "T", table=table).payload()["table"]["rows"][0][0].startswith("2024-01-01T12:30:00")
