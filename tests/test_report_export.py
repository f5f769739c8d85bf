"""One page: nothing loads, nothing runs, and only results are on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import notebook

from kpikit.errors import NotebookError
from kpikit.palette import DARK, LIGHT
from kpikit.report import export as exporting
from kpikit.report import gate
from kpikit.report.export import export, left_out
from kpikit.report.manifest import Manifest
from kpikit.results import MIME, Result

MOMENT = "2026-11-22T03:45:00+00:00"
RECORD = Manifest(
    run_id="run1",
    notebook="toy",
    title="Toy study",
    business="Harbor Coffee",
    period="2026-Q3",
    status="failed",
    as_of="2026-10-01",
    parameters={"audience": "executive"},
    started=MOMENT,
    finished=MOMENT,
    versions={"pandas": "3.1"},
    data_fingerprint="ab12",
    code_hash="cd34" * 16,
)
FACTS = {"as_of": "2026-10-01", "business": "Harbor Coffee"}
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>{{ 7*7 }}'
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def shown(result: Result) -> Any:
    return nbformat.v4.new_output("execute_result", result._repr_mimebundle_(), execution_count=1)


def displayed(metadata: dict[str, Any] | None = None, **data: str) -> Any:
    return nbformat.v4.new_output("display_data", data, metadata=metadata or {})


def document(*outputs: Any, markdown: str = "## Key figures", page: Result | None = None) -> Any:
    made = notebook(["page", markdown, "rest"])
    made.cells[2].outputs = [shown(page or Result("page", "page", "Customer review", "The data.", facts=FACTS))]
    made.cells[4].outputs = list(outputs)
    return made


def test_the_header_says_what_the_page_is_about_and_provenance_what_it_was_made_with() -> None:
    html = export(document(), RECORD).html
    for words in (
        "<title>Toy study</title>",
        "<h1>Toy study</h1>",
        "Harbor Coffee: Customer review",
        "The data.",
        "2026-Q3",
        "30 September 2026",
        "22 November 2026, 03:45 UTC",
        "executive",
        "run1",
        "pandas 3.1",
        "ab12",
        "cd34cd34cd34cd34",
    ):
        assert words in html
    assert html.count("<h1") == 1
    assert gate.check_page(html) == []


def test_the_page_is_small_and_has_no_input_cells() -> None:
    html = export(document(), RECORD).html
    assert len(html.encode()) < 40_000
    assert "audience: str" not in html
    assert '<html lang="en">' in html
    assert "script" not in html


def test_the_page_has_the_palette_of_both_schemes() -> None:
    html = export(document(), RECORD).html
    assert f"--ink: {LIGHT['ink']};" in html
    assert f"--ink: {DARK['ink']};" in html


def test_every_section_is_in_the_contents_and_can_be_reached() -> None:
    html = export(document(markdown="## What *changed* & why\n\ntext\n\n## Method"), RECORD).html
    for anchor in ("section-what-changed-why", "section-method", "provenance"):
        assert f'href="#{anchor}"' in html
        assert f'id="{anchor}"' in html
    assert "¶" not in html


def test_the_opening_stands_in_the_header_once() -> None:
    html = export(document(), RECORD).html
    header = html[html.index("<header") : html.index("</header>")]
    assert "What toys <em>do</em>." in header
    assert html.count("What toys") == 1


def test_what_follows_the_opening_in_its_cell_stays_on_the_page() -> None:
    made = document()
    made.cells[0].source = "# Toy study\n\nOpening.\n\n## First\n\nStays."
    html = export(made, RECORD).html
    assert html.index("</header>") < html.index('id="section-first"') < html.index("Stays.")


def test_a_result_is_shown_and_its_page_and_provenance_kinds_are_left_to_the_header() -> None:
    result = Result("x", "text", "T", html="<p id='mine'>shown</p>")
    html = export(document(shown(result), shown(Result("p", "provenance", "hidden words"))), RECORD).html
    assert "<p id='mine'>shown</p>" in html
    assert "hidden words" not in html


@pytest.mark.parametrize(
    "output",
    [
        nbformat.v4.new_output("stream", name="stdout", text=HOSTILE),
        nbformat.v4.new_output("stream", name="stderr", text=HOSTILE),
        displayed(**{"text/html": HOSTILE, "text/plain": HOSTILE}),
        displayed(**{"text/plain": HOSTILE}),
        displayed(**{"text/markdown": HOSTILE}),
        displayed(**{"text/latex": HOSTILE}),
        displayed(**{"application/javascript": HOSTILE}),
        displayed(**{"text/vnd.mermaid": HOSTILE}),
        displayed(**{"application/vnd.jupyter.widget-view+json": HOSTILE}),
    ],
)
def test_what_is_no_result_stays_in_the_notebook_and_is_noted(output: Any) -> None:
    page = export(document(output), RECORD)
    assert "alert(1)" not in page.html
    assert page.notes == ("cell 5 shows something that is not a kpikit result; it stays in the notebook",)
    assert left_out(document()) == []


def test_widget_state_is_left_out() -> None:
    made = document()
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"a": HOSTILE}}}
    assert gate.check_page(export(made, RECORD).html) == []


def test_hostile_names_are_escaped_where_they_are_inserted() -> None:
    page = Result("page", "page", HOSTILE, HOSTILE, facts={**FACTS, "audience": HOSTILE})
    record = RECORD.model_copy(update={"title": HOSTILE, "parameters": {"x": HOSTILE}, "business": HOSTILE})
    html = export(document(shown(Result("x", "text", HOSTILE, HOSTILE)), page=page), record).html
    assert gate.check_page(html) == []
    assert "{{ 7*7 }}" in html


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_an_image_of_another_maker_needs_its_text(kind: str) -> None:
    data = {kind: PIXEL if kind == "image/png" else "<svg xmlns='http://www.w3.org/2000/svg'/>"}
    named = export(document(displayed({kind: {"alt": 'A "rising" line'}}, **data)), RECORD).html
    assert 'alt="A &quot;rising&quot; line"' in named
    assert gate.check_page(named) == []
    (finding,) = gate.check_page(export(document(displayed(**data)), RECORD).html)
    assert finding.rule == "image without alternative text"


def test_a_script_in_markdown_does_not_pass_the_gate() -> None:
    findings = gate.check_page(export(document(markdown="## A\n\n<script>alert(1)</script>"), RECORD).html)
    assert "script" in {finding.rule for finding in findings}


@pytest.mark.parametrize("facts", [{}, {"as_of": ""}, {"as_of": "yesterday"}])
def test_a_page_without_its_date_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(NotebookError, match="toy, page: expected the fact as_of"):
        export(document(page=Result("page", "page", "x", facts=facts)), RECORD)


def test_a_notebook_without_a_page_result_is_refused() -> None:
    with pytest.raises(NotebookError, match="one result of the kind 'page'"):
        export(notebook(["1"]), RECORD)


def test_a_result_of_a_later_schema_is_refused() -> None:
    made = document()
    made.cells[2].outputs[0]["data"][MIME]["schema_version"] = 99
    with pytest.raises(NotebookError, match="found schema 99"):
        export(made, RECORD)


WIDE = (
    '<div class="kk-scroll" tabindex="0" role="region" aria-label="Wide"><table class="kk-table">'
    "<caption>Wide</caption>"
    f"<thead><tr>{'<th scope=col class=kk-num>A column name</th>' * 30}</tr></thead>"
    f"<tbody><tr>{'<td class=kk-num>1,234,567.89</td>' * 30}</tr></tbody></table></div>"
)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_the_page_loads_nothing_says_nothing_and_reflows(
    requires_browser: str, tmp_path: Path, scheme: Any
) -> None:
    from playwright.sync_api import sync_playwright

    title = "<h3>A rather long name of a key figure</h3>"
    tile = f'<article class="kk-tile">{title}<p class="kk-value">1,234,567 EUR</p></article>'
    wide = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='900' height='300'/%3E"
    image = f'<img alt="A wide line chart" src="{wide}">'
    figure = f'<picture><source media="(max-width: 1px)" srcset="{wide}">{image}</picture>'
    card = '<dl class="kk-card"><dt>Formula</dt><dd>customers_who_ordered_again_within_ninety_days</dd></dl>'
    results = [
        Result("plain", "figure", "T", html=f'<figure class="kk-figure">{image}</figure>'),
        Result("picture", "figure", "T", html=f'<figure class="kk-figure">{figure}</figure>'),
        Result("card", "definitions", "T", html=f'<section class="kk-definitions">{card}</section>'),
        Result("tiles", "tiles", "T", html=f'<section class="kk-tiles" aria-label="Key figures">{tile * 4}</section>'),
        Result("wide", "table", "T", html=WIDE),
    ]
    path = tmp_path / "report.html"
    path.write_text(export(document(*map(shown, results)), RECORD).html, encoding="utf-8")
    requests, messages = [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=requires_browser, args=["--no-sandbox"])
        tab = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme).new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda message: messages.append(message.text))
        tab.on("pageerror", lambda error: messages.append(str(error)))
        tab.goto(path.as_uri())
        width = tab.evaluate("document.documentElement.scrollWidth")
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        browser.close()
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert messages == []
    assert width == 320
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 30)"}[scheme]


def test_a_number_and_its_percent_sign_stay_on_one_line() -> None:
    output = {"data": {MIME: {"kind": "text"}, "text/html": "<p>36.6 % of 865</p>"}}
    assert exporting.shown(output) == "<p>36.6\u00a0% of 865</p>"


def test_the_style_for_notebooks_is_not_on_a_page() -> None:
    bundle = Result("x", "text", "Revenue rose", "By 4 %.")._repr_mimebundle_()
    assert exporting.shown({"data": bundle}) == "<p><strong>Revenue rose.</strong> By 4\u00a0%.</p>"
