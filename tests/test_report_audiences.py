"""Audiences choose and order whole cells; what is left out is named, and the full page has it."""

from __future__ import annotations

from typing import Any

import nbformat
import pandas as pd
import pytest
from conftest import notebook
from test_report_export import FACTS, RECORD, shown

from kpikit.report.audiences import LONG_ROWS, arranged
from kpikit.report.export import Page, export
from kpikit.report.gate import check_page
from kpikit.report.store import FULL, REPORT, write_artefacts
from kpikit.results import Result

TILES = Result("key-figures", "tiles", "Key figures", html="<p>tiles 36.6</p>")
SUMMARY = Result("summary", "summary", "Summary", html="<p>summary 36.6</p>")
TODO = Result("what-to-do", "actions", "What to do", html="<p>do it 7</p>")
CHANGED = Result("changed", "table", "Changes", html="<p>changed 1.5</p>", table=pd.DataFrame({"n": range(40)}))
FIGURE = Result("curve", "figure", "A curve", html="<p>curve 12</p>", table=pd.DataFrame({"n": range(99)}))
SHORT = Result("short", "table", "A short table", html="<p>short 10</p>", table=pd.DataFrame({"n": range(LONG_ROWS)}))
LONG = Result("long", "table", "A long list", html="<p>long 11</p>", table=pd.DataFrame({"n": range(LONG_ROWS + 1)}))
PROOF = Result("test", "figure", "The test", html="<p>test 5</p>")
CARDS = Result("definitions", "definitions", "Definitions", html="<p>cards 3</p>")
QUALITY = Result("quality", "quality", "Checks", html="<p>checks 9</p>", facts={"status": "PASS"})
SECTIONS: tuple[tuple[str, tuple[Result, ...]], ...] = (
    ("## Summary", (SUMMARY, TILES)),
    ("## What changed", (CHANGED,)),
    ("## Who comes back\n\nThe case.", (FIGURE, SHORT)),
    ("## Whom to watch", (LONG,)),
    ("## Where it is", (FIGURE, LONG)),
    ("### Can it be trusted?", (PROOF,)),
    ("## What to do", (TODO,)),
    ("## Definitions and method", (CARDS,)),
    ("## Data quality", (QUALITY,)),
)
EVERYTHING = [result.html for _, results in SECTIONS for result in results]


def document(audience: str) -> Any:
    made = notebook(["page"])
    made.cells[2].outputs = [shown(Result("page", "page", "Review", facts={**FACTS, "audience": audience}))]
    for heading, results in SECTIONS:
        tags = ["proof"] if "trusted" in heading else []
        made.cells.append(nbformat.v4.new_markdown_cell(heading, metadata={"tags": tags}))
        made.cells += [nbformat.v4.new_code_cell("x", outputs=[shown(result)]) for result in results]
    return made


def exported(audience: str) -> Page:
    return export(document(audience), RECORD.model_copy(update={"parameters": {}}))


def order(html: str, *parts: str) -> bool:
    return [html.index(part) for part in parts] == sorted(html.index(part) for part in parts)


def test_without_an_audience_everything_is_there_in_its_order() -> None:
    page = exported("")
    assert order(page.html, *dict.fromkeys(EVERYTHING))
    assert "Left out" not in page.html
    assert page.whole == ""


def test_executives_read_what_to_do_before_the_case_and_no_long_tables() -> None:
    page = exported("executive")
    assert order(page.html, "summary 36.6", "tiles 36.6", "changed 1.5", "do it 7", "curve 12", "short 10", "checks 9")
    gone = page.html[page.html.index("Left out for executives</h2>") : page.html.index("</main>")]
    for name in ("Whom to watch", "A long list", "Can it be trusted?", "Definitions and method"):
        assert f"<li>{name}</li>" in gone
    assert not any(text in page.html for text in ("long 11", "test 5", "cards 3", "Whom to watch</h2>"))
    assert 'href="#left-out"' in page.html
    assert 'href="#section-definitions-and-method"' not in page.html


def test_managers_read_everything_and_what_to_do_before_the_case() -> None:
    page = exported("manager")
    assert order(page.html, "do it 7", "curve 12", "test 5", "cards 3", "checks 9")
    assert all(fragment in page.html for fragment in EVERYTHING)
    assert page.whole == ""


def test_the_front_line_reads_what_to_do_first_then_the_tiles_and_keeps_its_lists() -> None:
    page = exported("frontline")
    assert order(page.html, "do it 7", "tiles 36.6", "summary 36.6", "changed 1.5", "long 11", "checks 9")
    assert "<li>Definitions and method</li>" in page.html
    assert "Left out for the front line" in page.html


@pytest.mark.parametrize("audience", ["executive", "frontline"])
def test_the_full_page_has_what_is_left_out_and_equal_numbers(audience: str, tmp_path: Any) -> None:
    page = exported(audience)
    assert all(fragment in page.whole for fragment in EVERYTHING)
    assert page.whole == exported("").html
    assert check_page(page.html) == check_page(page.whole) == []
    write_artefacts(tmp_path, html=page.html, whole=page.whole, kpis=[], tables={}, facts={})
    assert (tmp_path / FULL).read_text(encoding="utf-8") == page.whole
    assert FULL in (tmp_path / REPORT).read_text(encoding="utf-8")


def test_the_notebook_itself_is_left_alone() -> None:
    made = document("executive")
    before = nbformat.writes(made)
    assert len(arranged(made, "executive").document.cells) < len(made.cells)
    assert nbformat.writes(made) == before


def test_an_audience_that_nobody_knows_reads_everything() -> None:
    assert arranged(document("board"), "board").left_out == ()


def test_the_status_line_counts_goals_and_says_what_is_provisional() -> None:
    kpi = {"kpi": "csat", "period": "2026-09-01", "status": "partial", "value": 0.9}
    goals = Result("goal-status", "status", "Goals", facts={"goals": {"on target": 1, "off target": 2, "at risk": 0}})
    tiles = Result("key-figures", "tiles", "Key figures", facts={"period": "month"}, kpis=(kpi,), html="<p>x</p>")

    def header(as_of: str) -> str:
        made = document("")
        made.cells[2].outputs = [shown(Result("page", "page", "Review", facts={**FACTS, "as_of": as_of}))]
        made.cells.append(nbformat.v4.new_code_cell("x", outputs=[shown(goals), shown(tiles)]))
        html = export(made, RECORD).html
        assert check_page(html) == []
        return html[html.index("<header") : html.index("</header>")]

    running = header("2026-09-17")
    assert "<b>1</b> goal on target" in running
    assert "<b>2</b> goals off target" in running
    assert "at risk" not in running
    assert "Provisional: 2026-09 is not over" in running
    assert order(running, "off target", "Data checks: all passed", "Provisional")
    assert "Provisional" not in header("2026-10-01")  # the month is over, its follow-up is not
