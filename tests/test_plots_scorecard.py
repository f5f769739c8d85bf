"""The scorecard drawn: words beside every colour, text beside every chart, hostile names that stay text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from test_plots_html import HOSTILE, harmless

from kpikit.plots.scorecard import changes, control_charts, draw_control, status_line, status_list
from kpikit.results import Result


def statuses(text: str = "Revenue") -> Result:
    rows = [
        ("off target", "✕", "bad", text, text, text, text),
        ("at risk", "!", "warn", "Orders", "", "Sentence.", ""),
        ("no goal", "–", "neutral", "Visits", "", "Sentence.", "History."),
    ]
    columns = ["status", "sign", "tone", "title", "owner", "text", "context"]
    return Result("status-list", "table", text, table=pd.DataFrame(rows, columns=columns))


def limits(kpi: str = "retention_rate", signal: str = "low") -> pd.DataFrame:
    value = np.array([0.6] * 9 + [0.4])
    return pd.DataFrame(
        {
            "kpi": kpi, "period": pd.date_range("2026-01-01", periods=10, freq="MS"), "value": value, "center": 0.6,
            "low": 0.5, "high": 0.7, "z": 0.0, "signal": [""] * 9 + [signal],
        }
    )  # fmt: skip


def charts(text: str = "Customer retention") -> Result:
    chart = {
        "kpi": "retention_rate", "style": "percent", "signal": "low", "title": f"{text}: 40 % is below", "text": text,
        "what": text, "goal": 0.65, "unit": "month",
    }  # fmt: skip
    facts = {"charts": [chart], "currency": "EUR"}
    return Result("control-charts", "figure", text, text, table=limits(), facts=facts)


def changed(text: str = "Revenue") -> Result:
    columns = ["figure", "period", "value", "change", "verdict"]
    rows = [(text, "2026-08", "1 EUR", "+1 EUR", "up"), ("Orders", "2026-08", "3", "+0", "no clear change")]
    return Result("what-changed", "table", text, text, table=pd.DataFrame(rows, columns=columns))


def test_goals_are_counted_with_sign_number_and_word():
    html = status_line(Result("s", "status", "S", "Text.", facts={"goals": {"on target": 3, "off target": 1}})).html
    assert '<li class="kk-good"><span aria-hidden="true">✓</span> <b>3</b> on target</li>' in html
    assert "at risk" not in html


def test_without_goals_only_the_sentence_is_there():
    assert "<ul" not in status_line(Result("s", "status", "S", "No goals are set.", facts={"goals": {}})).html


def test_a_status_is_a_word_and_figures_without_a_goal_fold_away():
    html = status_list(statuses()).html
    assert html.index("off target") < html.index("at risk") < html.index("<details") < html.index("Visits")
    assert "Figures without a goal (1)" in html


def test_without_any_goal_nothing_folds_away():
    result = statuses()
    html = status_list(Result("x", "table", "T", table=result.table.tail(1))).html
    assert "Visits" in html
    assert "<details" not in html


def test_a_chart_has_its_finding_as_alternative_text_and_its_numbers_as_a_table():
    html = control_charts(charts()).html
    assert 'alt="Customer retention. Customer retention: 40 % is below."' in html
    assert "<caption>Values and control limits</caption>" in html
    assert '<th scope="row">Customer retention</th>' in html
    assert "below</td>" in html


def test_without_charts_the_sentence_remains():
    empty = Result("c", "figure", "T", "Text.", table=limits().head(0), facts={"charts": [], "currency": ""})
    assert "<table" not in control_charts(empty).html


def test_only_clear_changes_stand_open():
    html = changes(changed()).html
    assert html.index("Clear changes") < html.index("<details") < html.index("no clear change")
    nothing = changed().table.tail(1)
    assert "Clear changes" not in changes(Result("x", "table", "T", table=nothing)).html


@pytest.mark.parametrize("style", ["percent", "money", "count", "decimal", "points", "hours"])
def test_what_is_outside_is_ringed_and_the_goal_is_drawn(style):
    ax = Figure().subplots()
    draw_control(limits(), ax, style=style, currency="EUR", goal=0.65)
    ringed = ax.collections[-1].get_offsets()
    assert len(ringed) == 1
    assert ringed[0][1] == pytest.approx(0.4)
    assert any("goal" in text.get_text() for text in ax.texts)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text):
    for result in (status_list(statuses(text)), control_charts(charts(text)), changes(changed(text))):
        assert harmless(result.html, text), result.name
