"""Accessible HTML: captions and scopes, cuts that are told, and hostile text that stays text."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup

from kpikit import plots
from kpikit.keyfigures import Tile, key_figures
from kpikit.metrics.cards import card
from kpikit.plots import html
from kpikit.plots.html import MOST_ROWS, TEMPLATES, render, table_html
from kpikit.plots.tiles import sparkline
from kpikit.results import Result

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "' onmouseover='alert(1)",
    "{% raw %}",
    "&lt;b&gt;",
]


class Reader(HTMLParser):
    """Collects tags, attributes and text as a browser would read them, and checks that tags close."""

    VOID = ("img", "source", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(str(html))
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.words += " ".join(value or "" for _, value in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def harmless(html: str, text: str) -> bool:
    """Say whether ``text`` is in the page as text and has become no tag or attribute."""
    page = Reader(html)
    return (
        text in page.words and "script" not in page.tags and not any(name.startswith("on") for name in page.attributes)
    )


small = pd.DataFrame({"shop": ["north", "south"], "n_orders": [1200, 3], "share": [0.25, np.nan]})


def test_a_table_has_caption_scopes_and_right_aligned_numbers():
    html = table_html(small, "Orders by shop")
    assert "<caption>Orders by shop</caption>" in html
    assert html.count('<th scope="col"') == 3
    assert html.count('<th scope="row">') == 2
    assert '<th scope="col">Shop</th>' in html
    assert '<th scope="col" class="kk-num">N orders</th>' in html
    assert '<th scope="row">north</th><td class="kk-num">1,200</td><td class="kk-num">0.250</td>' in html
    assert '<td class="kk-num">–</td>' in html


def test_a_wide_table_can_be_scrolled_with_the_keyboard_and_is_named():
    assert 'tabindex="0" role="region" aria-label="Orders by shop"' in table_html(small, "Orders by shop")


def test_text_is_not_right_aligned_even_where_it_is_formatted():
    html = table_html(small.assign(status="not_yet"), "T", formats={"status": lambda text: text.replace("_", " ")})
    assert '<td class="kk-short">not yet</td>' in html


def test_labels_choose_and_name_columns_and_formats_write_values():
    html = table_html(small, "T", labels={"share": "Share", "shop": "Shop"}, formats={"share": lambda v: f"[{v}]"})
    assert "orders" not in html
    assert '<th scope="row">[0.25]</th><td class="kk-short">north</td>' in html


@pytest.mark.parametrize(("rows", "left_out"), [(200, 0), (201, 1), (1234, 1034)])
def test_a_long_table_is_cut_at_200_rows_and_says_so(rows, left_out):
    html = table_html(pd.DataFrame({"n": range(rows)}), "T")
    assert html.count('<th scope="row">') == min(rows, MOST_ROWS) == min(rows, 200)
    assert (f"{left_out} more rows are in the CSV file" in html) == (left_out > 0)


def test_values_of_every_type_are_written_for_readers():
    table = pd.DataFrame(
        {
            "name": ["a", "b"],
            "day": [pd.Timestamp("2024-02-29"), pd.NaT],
            "at": [pd.Timestamp("2024-02-29 12:30"), pd.NaT],
            "plain": [date(2024, 2, 29), None],
            "count": pd.array([1234567, None], dtype="Int64"),
            "whole": [3.0, -4.0],
            "clear": [True, False],
        }
    )
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table_html(table, "T"))
    assert cells == [
        "2024-02-29",
        "2024-02-29 12:30",
        "2024-02-29",
        "1,234,567",
        "3",
        "True",
        "–",
        "–",
        "–",
        "–",
        "−4",
        "False",
    ]


def test_empty_tables_and_numbered_columns_are_tables_too():
    assert "<caption>T</caption>" in table_html(small.head(0), "T")
    assert "<caption>T</caption>" in table_html(pd.DataFrame(), "T")
    assert '<th scope="row">5</th>' in table_html(pd.DataFrame([[5, 6]]), "T")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_tables_stays_text(text):
    table = pd.DataFrame({text: [text], "b": [1]})
    assert harmless(table_html(table, text), text)
    assert harmless(table_html(table, "T", labels={"b": text}, formats={"b": lambda _: text}), text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_section_stays_text(text):
    table = pd.DataFrame({"action": [text], "reason": [text], "value": [1.0]})
    its_card = asdict(card("revenue")) | dict.fromkeys(
        ("title", "question", "formula", "unit", "caveat", "source", "id"), text
    )
    tile = Tile(text, text, text, text, text, text, text, (1.0, 2.0, 3.0), text, text, text, text, text, text, text)
    drawn = [
        plots.show(Result(text, "table", text, text, table=table)),
        plots.summary(Result("summary", "summary", "S", facts={"sentences": [text]})),
        plots.actions(Result("a", "actions", "What to do", table=table)),
        plots.definitions(Result("d", "definitions", "D", table=pd.DataFrame([its_card]))),
        plots.quality(Result("q", "quality", "Q", text, table=table, facts={"status": text})),
        plots.tiles(key_figures([tile])),
        html.table(table, text),
    ]
    for result in drawn:
        assert harmless(result.html, text), result.kind


def test_a_template_that_lacks_a_value_is_an_error_not_a_gap():
    with pytest.raises(Exception, match="sentences"):
        render("summary")


def test_every_template_escapes():
    assert not any("|safe" in template.replace(" ", "") for template in TEMPLATES.values())
    assert isinstance(render("summary", sentences=[]), Markup)


def test_show_keeps_the_result_and_its_paragraph():
    result = plots.show(Result("x", "table", "Title", "Paragraph.", table=small))
    assert result.kind == "table"
    assert 'id="x"' in result.html
    assert "<h3>Title</h3>" in result.html
    assert "<p>Paragraph.</p>" in result.html
    assert result.table is small
    assert "<table" not in plots.show(Result("x", "text", "Title"), kind="text").html


def test_actions_are_a_ranked_list_or_a_sentence():
    table = pd.DataFrame({"action": ["First", "Second"], "reason": ["a", "b"]})
    html = plots.actions(Result("a", "actions", "What to do", table=table)).html
    assert html.index("First") < html.index("Second")
    assert "<ol>" in html
    nothing = plots.actions(Result("a", "actions", "What to do", table=table.head(0))).html
    assert "<ol>" not in nothing
    assert "Nothing in these numbers calls for an action." in nothing


def test_an_action_names_its_owner_where_it_has_one():
    table = pd.DataFrame({"action": ["First", "Second"], "reason": ["a", "b"], "owner": ["Support lead", ""]})
    drawn = plots.actions(Result("a", "actions", "What to do", "2 further things.", table=table)).html
    assert drawn.count("Owner:") == 1
    assert "Owner: Support lead" in drawn
    assert "2 further things." in drawn


def test_any_table_can_be_shown_with_a_caption():
    shown = html.table(small, "Orders by shop", labels={"shop": "Shop"})
    assert (shown.kind, shown.name, shown.table is small) == ("table", "orders-by-shop", True)
    assert "<caption>Orders by shop</caption>" in shown.html


def test_dates_in_a_table_stay_on_one_line():
    drawn = table_html(pd.DataFrame({"a": ["x"], "day": ["2026-09-01"], "period": ["2026-Q3"]}), "T")
    assert drawn.count('<td class="kk-short">') == 2


def test_definitions_can_be_linked_to():
    table = pd.DataFrame([asdict(card("revenue"))])
    html = plots.definitions(Result("d", "definitions", "D", table=table)).html
    assert 'id="definition-revenue"' in html
    assert card("revenue").formula in Reader(html).words


def test_the_status_of_the_data_is_said_in_words_and_not_by_colour_alone():
    html = plots.quality(Result("q", "quality", "Q", "Two remarks.", table=small, facts={"status": "REVIEW"})).html
    assert '<p class="kk-status kk-review">Data checks: REVIEW</p>' in html


def test_tiles_with_groups_stand_under_their_names_and_no_heading_level_is_skipped():
    made = [Tile("Revenue", "20 EUR", group="Sales"), Tile("Orders", "3", group="Sales"), Tile("NPS", "3", group="Say")]
    drawn = plots.tiles(key_figures(made)).html
    assert re.findall(r"<(h\d)[^>]*>(.*?)</h\d>", drawn) == [
        ("h3", "Sales"), ("h4", "Revenue"), ("h4", "Orders"), ("h3", "Say"), ("h4", "NPS"),
    ]  # fmt: skip
    assert "<h4>" not in plots.tiles(key_figures([Tile("Revenue", "20 EUR")])).html


def test_a_goal_stands_on_its_tile_with_its_status_in_words():
    tile = Tile("CSAT", "85.8 %", status="! at risk", status_tone="warn", goal="Goal at least 88.0 % by 2026-12-31")
    drawn = plots.tiles(key_figures([tile])).html
    assert '<strong class="kk-warn">! at risk</strong>' in drawn
    assert 'by <span class="kk-day">2026-12-31</span>' in drawn


def test_a_tile_shows_what_it_has_and_leaves_out_what_it_lacks():
    full = Tile(
        "Revenue",
        "20 EUR",
        "2026-08",
        "▲ up: +2",
        "good",
        "95 % interval 1 to 2",
        "n = 3",
        (1.0, 2.0, 4.0),
        "rose from 1 to 4",
    )
    html = plots.tiles(key_figures([full, Tile("Orders", "3")])).html
    assert '<p class="kk-change kk-good">▲ up: +2</p>' in html
    assert 'alt="rose from 1 to 4"' in html
    assert html.count("<img") == 1
    assert html.count("<article") == 2
    assert html.count('class="kk-interval"') == 1


@pytest.mark.parametrize("values", [(), (1.0,), (1.0, 2.0)])
def test_fewer_than_three_values_make_no_sparkline(values):
    assert sparkline(values) == ""


@pytest.mark.parametrize("values", [(1.0, 2.0, 3.0), (5.0, 5.0, 5.0), (-1e9, 0.0, 1e9)])
def test_a_sparkline_stays_in_its_box_and_is_the_same_each_time(values):
    import base64

    uri = sparkline(values)
    assert uri == sparkline(values)
    svg = base64.b64decode(uri.removeprefix("data:image/svg+xml;base64,")).decode()
    points = [tuple(map(float, pair.split(","))) for pair in re.search(r'points="([^"]+)"', svg)[1].split()]
    assert len(points) == len(values)
    assert all(0 <= x <= 120 and 0 <= y <= 28 for x, y in points)
