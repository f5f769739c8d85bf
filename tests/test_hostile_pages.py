"""Pages about a shop whose every text means harm: in a browser nothing runs, loads, speaks or breaks."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hostile import LONG, PAYLOADS, hostile_config, hostile_tables

from kpikit.datasets import coffee_shop
from kpikit.legible import legible
from kpikit.plots.html import table as drawn_table
from kpikit.report import catalogue, gate
from kpikit.report.export import export
from kpikit.report.manifest import Failure, Manifest
from kpikit.results import Result
from kpikit.spreadsheets import csv_text

CUSTOMERS = 800
CANARY = """
window.ran = [];
for (const name of ["kk", "alert", "confirm", "prompt", "print", "open"]) window[name] = () => ran.push(name);
"""
# No page has one of these; the list of reports draws its own small trends, with their description.
FOREIGN = (
    "script, iframe, object, embed, form, base, link, svg:not(.kk-trend > [role=img][aria-label]), math, template, "
    "noscript, dialog, marquee, video, audio, input, xmp"
)
HANDLED = """
[...document.querySelectorAll("*")].flatMap(e => [...e.attributes]).filter(a =>
  /^on/i.test(a.name) || (!/^(alt|aria-label)$/.test(a.name) && /^\\s*(javascript|vbscript):/i.test(a.value))).length
"""
BROKEN = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
LINKS = "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
MOMENT = "2026-11-22T03:45:00+00:00"


def test_the_corpus_is_large_and_of_many_kinds() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) >= 120
    assert max(map(len, PAYLOADS)) == 1_000_000


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the reports of all notebooks about a shop that carries the corpus."""
    folder = tmp_path_factory.mktemp("hostile")
    shop = coffee_shop(seed=3, customers=CUSTOMERS, mess=False)
    tables = hostile_tables({name: table.to_pandas() for name, table in shop.tables.items()})
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
    text = yaml.safe_dump(hostile_config(tables), allow_unicode=True, sort_keys=False)
    (folder / "kpikit.yaml").write_text(text, encoding="utf-8")
    steps = 'steps=["view", "<script>kk()</script>", "{{7*7}}", "purchase"]'
    command = [sys.executable, "-m", "kpikit", "run", "--jobs", "2", "--despite-failed-checks", "-p", steps]
    command += ["-p", "split=<img src=x onerror=kk()>"]
    environment = {**os.environ, "KPIKIT_HASH_KEY": "a key for tests"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return folder / "reports"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from conftest import browser_path, needs

    sync = pytest.importorskip("playwright.sync_api", reason="needs Playwright's client (pip install playwright)")
    needs("a Chromium on the machine", present=bool(browser_path()))
    with sync.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def harmless(browser: Any, page: Path, widths: tuple[int, ...] = (320, 1280)) -> str:
    """Open a page, assert that nothing of it runs, loads, speaks or overflows, and return its text."""
    text = ""
    for width in widths:
        view = browser.new_page(viewport={"width": width, "height": 900})
        asked: list[str] = []
        said: list[str] = []
        view.on("request", lambda request, asked=asked: asked.append(request.url))
        view.on("console", lambda message, said=said: said.append(message.text))
        view.on("pageerror", lambda error, said=said: said.append(str(error)))
        view.on("dialog", lambda dialog, said=said: (said.append(dialog.message), dialog.dismiss()))
        view.add_init_script(CANARY)
        view.goto(page.as_uri())
        view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        view.mouse.move(width / 2, 450)
        view.keyboard.press("Tab")
        assert view.evaluate("window.ran") == []
        assert [url for url in asked if not url.startswith("data:image/")] == [page.as_uri()]
        assert said == []
        assert view.evaluate(f"document.querySelectorAll({FOREIGN!r}).length") == 0
        assert view.evaluate(HANDLED) == 0
        assert view.evaluate(BROKEN) == 0
        assert all(re.fullmatch(r"#[a-z0-9-]+|[\w./-]+\.html", link) for link in view.evaluate(LINKS))
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        assert view.evaluate("getComputedStyle(document.body).visibility") == "visible"
        text = view.evaluate("document.body.innerText")
        assert not TURNING.search(text)
        view.close()
    return text


@pytest.mark.slow
def test_no_page_runs_loads_or_breaks(hostile: Path, browser: Any) -> None:
    made = sorted(hostile.glob("*/latest.html"))
    assert len(made) == 9
    every = ""
    for page in [*made, hostile / "index.html"]:
        assert gate.check_page(page.read_text(encoding="utf-8")) == []
        every += harmless(browser, page)
    assert "{{7*7}}" in every
    assert "<script>kk()</script>" in every


@pytest.mark.slow
def test_every_payload_is_shown_as_it_is(hostile: Path, browser: Any) -> None:
    """Products are never suppressed here: each payload is the name of one."""
    view = browser.new_page()
    view.goto((hostile / "customer_performance" / "latest.html").as_uri())
    names = view.evaluate("[...document.querySelectorAll('tbody th')].map(cell => cell.textContent)")
    view.close()
    shown = {" ".join(name.split()) for name in names}
    assert [one[:60] for one in PAYLOADS if " ".join(legible(one).split()) not in shown] == []


@pytest.mark.slow
def test_every_csv_is_safe_in_a_spreadsheet_and_whole(hostile: Path) -> None:
    paths = list(hostile.glob("*/*/*/tables/*.csv"))
    assert len(paths) > 60
    cells = [cell for path in paths for row in rows(path) for cell in row]
    assert [cell[:60] for cell in cells if is_formula(cell)] == []
    names = {
        cell.removeprefix("'") for path in paths if path.name == "products.csv" for cell in (r[0] for r in rows(path))
    }
    assert max(map(len, names)) == 1_000_000


def rows(path: Path) -> list[list[str]]:
    csv.field_size_limit(10**7)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def is_formula(cell: str) -> bool:
    """Say whether a spreadsheet may compute a cell: it begins with a sign of formulas and is no number."""
    start = unicodedata.normalize("NFKC", cell.lstrip(" \n\u00a0\u200b\ufeff\x00")[:1])
    return (
        bool(start)
        and start in "=+-@\t\r"
        and not re.fullmatch(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?", cell, re.IGNORECASE)
    )


@pytest.mark.parametrize("payload", [one for one in PAYLOADS if len(one) < LONG], ids=lambda one: repr(one)[:30])
def test_a_payload_in_any_place_of_a_page_passes_the_gate(payload: str) -> None:
    import nbformat
    import pandas as pd

    facts = {"as_of": "2026-10-01", "business": payload, "audience": payload, "period": payload, "language": payload}
    page = Result("page", "page", payload, payload, facts=facts)
    table = drawn_table(pd.DataFrame({payload or "x": [payload], "b": [payload]}), payload)
    plain = Result("plain", "text", payload, payload, payload)
    outputs = [nbformat.v4.new_output("display_data", one._repr_mimebundle_()) for one in (page, table, plain)]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=outputs)])
    document.metadata["title"] = document.metadata["kpikit"] = payload
    html = export(document, record(payload), language=payload).html
    assert gate.check_page(html) == []
    assert gate.check_page(catalogue.failure_page(record(payload, failed=True), None)) == []
    cells = list(csv.reader(csv_text([payload], [[payload]]).splitlines(keepends=True)))
    assert not any(is_formula(cell) for row in cells for cell in row)


def record(payload: str, *, failed: bool = False) -> Manifest:
    return Manifest(
        run_id="run1", notebook="toy", title=payload, business=payload, period=payload, headline=payload,
        status="failed", as_of="2026-10-01", parameters={"x": payload}, started=MOMENT, finished=MOMENT,
        versions={"pandas": payload}, data_fingerprint="ab12", code_hash="cd34" * 16,
        failure=Failure(kind="the notebook failed", message=payload, exit_code=3, cell=1) if failed else None,
    )  # fmt: skip


@pytest.mark.slow
def test_in_a_browser_a_page_about_a_failure_is_harmless(browser: Any, tmp_path: Path) -> None:
    every = " ".join(payload for payload in PAYLOADS if len(payload) < LONG)
    for number in range(0, len(every), 3000):
        path = tmp_path / f"failure-{number}.html"
        path.write_text(
            catalogue.failure_page(record(every[number : number + 3000], failed=True), None), encoding="utf-8"
        )
        harmless(browser, path, widths=(320,))
