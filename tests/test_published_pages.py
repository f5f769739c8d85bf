"""The real pages, made as a user makes them: from the embedded data and from Online Retail, looked at in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import axe as axe_core
import nbformat
import pandas as pd
import pytest
from shops import SHARED_DATA

from kpikit import clv, customers, sources
from kpikit.report import export as exporting
from kpikit.report import manifest
from kpikit.report.catalogue import failure_page
from kpikit.report.gate import check_page
from kpikit.report.manifest import Manifest
from kpikit.results import MIME

BUDGET_BYTES = 1_000_000
ON_ORDERS_ALONE = (
    "churn_risk", "cohort_retention", "customer_lifetime_value", "customer_performance", "customer_scorecard",
    "growth_economics",
)  # fmt: skip
NAMES = (*ON_ORDERS_ALONE, "subscription_retention", "support_experience", "voice_of_customer")
pytestmark = pytest.mark.slow


def kpikit(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "kpikit", *words]
    environment = {**os.environ, "KPIKIT_HASH_KEY": "a key for tests"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedded")
    assert kpikit(folder, "run", "--jobs", "2").splitlines()[-1] == "reports/index.html"
    return folder / "reports"


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = SHARED_DATA / "online_retail.parquet"
    if not source.is_file():
        pytest.skip("needs online_retail.parquet in ../shared/data")
    folder = tmp_path_factory.mktemp("retail")
    shutil.copy(source, folder)
    kpikit(folder, "init", source.name)
    kpikit(folder, "run", "--jobs", "2")
    return folder


def pages(reports: Path) -> list[Path]:
    return [reports / name / "latest.html" for name in NAMES]


def table(reports: Path, notebook: str, name: str) -> pd.DataFrame:
    return pd.read_csv(next((reports / notebook).glob(f"*/*/tables/{name}.csv")))


def test_pages_pass_the_gate_and_are_small(embedded: Path) -> None:
    for page in [*pages(embedded), embedded / "index.html"]:
        assert page.stat().st_size < BUDGET_BYTES
        assert check_page(page.read_text(encoding="utf-8")) == []


REPEATED = ("churn_risk", "customer_lifetime_value", "growth_economics")  # models, bootstraps, rows in no order


def without_run_and_times(page: Path) -> str:
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "(run)", page.read_text(encoding="utf-8"))
    return re.sub(r"\d{1,2} [A-Z][a-z]+ 20\d\d, \d\d:\d\d UTC", "(time)", text)


def test_two_runs_from_copies_of_one_history_give_the_same_pages_byte_for_byte(embedded: Path, tmp_path: Path) -> None:
    """Engine threads, dictionaries, seeds and drawings must not show."""
    homes = [tmp_path / "one", tmp_path / "other"]
    for home in homes:
        shutil.copytree(embedded, home / "reports")
        kpikit(home, "run", *REPEATED, "--jobs", "2", "--force")
    for name in REPEATED:
        first, again = (without_run_and_times(home / "reports" / name / "latest.html") for home in homes)
        assert "(run)" in first
        assert "(time)" in first
        assert "This is the first report" not in first
        assert first == again


def test_pages_say_something_in_words(embedded: Path) -> None:
    for page in pages(embedded):
        text = page.read_text(encoding="utf-8")
        for section in ("Summary", "What to do", "Definitions and method", "Data quality", "Provenance"):
            assert f">{section}</h2>" in text
        assert "Traceback" not in text
        assert ">nan<" not in text.lower()


def test_kpis_json_holds_counts_intervals_and_definitions(embedded: Path) -> None:
    path = next((embedded / "cohort_retention").glob("*/*/kpis.json"))
    found = json.loads(path.read_text(encoding="utf-8"))
    values = found["kpis"] if isinstance(found, dict) else found
    rate = next(v for v in values if v["kpi"] == "repeat_purchase_rate" and v["period"] == "1997-03-01")
    assert (rate["denominator"], rate["definition"], rate["status"]) == (7248, 1, "complete")
    assert rate["low"] < rate["value"] < rate["high"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_the_pages_load_nothing_say_nothing_and_reflow(
    every_page: list[Path], requires_browser: str, scheme: str
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=requires_browser, args=["--no-sandbox", "--disable-gpu"])
        for page in every_page:
            view = browser.new_page(color_scheme=scheme)
            asked: list[str] = []
            said: list[str] = []
            view.on("request", lambda request, asked=asked: asked.append(request.url))
            view.on("console", lambda message, said=said: said.append(message.text))
            view.goto(page.as_uri())
            for width in (1280, 390, 320):
                view.set_viewport_size({"width": width, "height": 900})
                assert view.evaluate("document.documentElement.scrollWidth") <= width
                view.evaluate("Promise.all([...document.images].map(image => image.decode()))")  # fails on a broken one
            assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
            assert said == []
            assert view.evaluate("document.scripts.length") == 0
            view.close()
        browser.close()


@pytest.fixture(scope="module")
def every_page(embedded: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The nine reports, the catalogue, and the page about a failed run."""
    record = manifest.load(next((embedded / "churn_risk").glob("*/*/manifest.json")))
    failure = {"kind": "kernel died", "message": "expected an answer; found none.", "exit_code": 5, "cell": 7}
    failed = Manifest.model_validate({**record.model_dump(), "status": "failed", "failure": failure})
    page = tmp_path_factory.mktemp("failed") / "last-failure.html"
    page.write_text(failure_page(failed, None), encoding="utf-8")
    return [*pages(embedded), embedded / "index.html", page]


def test_axe_finds_nothing_in_light_and_dark(every_page: list[Path], requires_browser: str, axe: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=requires_browser, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 1280, "height": 900})
            for page in every_page:
                view = context.new_page()
                view.goto(page.as_uri())
                if scheme == "light":  # the folds hold tables like those in the open
                    view.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
                assert axe_core.violations(view, axe) == [], f"{page.parent.name}/{page.name} in {scheme}"
                view.close()
        browser.close()


WIDER_THAN_ITS_PLACE = """() => [...document.querySelectorAll('main, section, figure, picture, table, dl, .kk-scroll')]
  .filter(one => one.getClientRects().length)
  .filter(one => one.scrollWidth > one.clientWidth + 1
    || one.getBoundingClientRect().right > one.parentElement.getBoundingClientRect().right + 1)
  .map(one => `${one.tagName} ${one.className} ${one.id || one.getAttribute('aria-label') || ''}`)"""


def test_in_print_no_column_is_clipped(every_page: list[Path], requires_browser: str) -> None:
    """On A4 with the style sheet's margins the text is 178 mm or 672 px wide, with a printer's least margins 718 px."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=requires_browser, args=["--no-sandbox", "--disable-gpu"])
        view = browser.new_page()
        view.emulate_media(media="print")
        for page in every_page:
            view.goto(page.as_uri())
            view.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
            for width in (718, 672):
                view.set_viewport_size({"width": width, "height": 1000})
                assert view.evaluate(WIDER_THAN_ITS_PLACE) == [], f"{page.parent.name} at {width} px"
        browser.close()


def test_each_image_says_what_it_shows_in_numbers(embedded: Path) -> None:
    for page in pages(embedded):
        texts = [unescape(text) for text in re.findall(r'<img[^>]* alt="([^"]*)"', page.read_text(encoding="utf-8"))]
        assert texts
        for text in texts:
            assert len(text) > 40, text
            history = re.search(r" over \d+ \w+: from (.+)", text)
            finding = history[1] if history else text.partition(". ")[2]
            assert re.search(r"\d", finding), f"{page.parent.name}: {text}"


def test_each_chart_offers_its_numbers(embedded: Path) -> None:
    for page in pages(embedded):
        html = page.read_text(encoding="utf-8")
        charts = re.findall(r'<section class="kk-charts".*?</section>', html, re.DOTALL)
        alone = re.sub(r'<section class="kk-charts".*?</section>', "", html, flags=re.DOTALL)
        for chart in [*charts, *re.findall(r"<figure.*?</figure>", alone, re.DOTALL)]:
            fold = re.search(r"<details.*?</details>", chart, re.DOTALL)
            assert fold, f"{page.parent.name}: {chart[:80]}"
            assert "<caption>" in fold[0]


def test_each_page_keeps_the_order(embedded: Path) -> None:
    for page in pages(embedded):
        html = page.read_text(encoding="utf-8")
        body = html[html.index("<body>") :]
        assert body.startswith('<body>\n<a class="kk-skip" href="#content">')
        headings = re.findall(r'<h2 id="([^"]+)"', body)
        linked = re.findall(r'<li><a href="#([^"]+)"', body[body.index("<nav") : body.index("</nav>")])
        assert headings == linked
        fixed = ["section-summary", "section-what-to-do", "section-definitions-and-method", "section-data-quality",
                 "provenance"]  # fmt: skip
        assert [one for one in headings if one in fixed] == fixed
        assert headings[0] == fixed[0], "nothing stands before the summary"
        assert headings[-4:] == fixed[1:], "the case stands before what to do, and nothing between the rest"
        assert "section-what-changed" not in headings[3:]
        assert headings[1:2] != ["section-what-changed"], "what changed since the last report comes first"
        ordered = ["<h1", "Data known up to", "Data checks:", "<nav", 'id="section-summary"', 'class="kk-tile"']
        places = [body.index(one) for one in ordered]
        assert places == sorted(places), page.parent.name
        assert "Data checks:" in body[: body.index("</header>")]
    scorecard = (embedded / "customer_scorecard/latest.html").read_text(encoding="utf-8")
    header = scorecard[scorecard.index("<header") : scorecard.index("</header>")]
    assert re.search(r"<b>\d+</b> goals? on target", header)
    assert "Provisional: 2026-09 is not over" in header


def test_audiences_read_parts_of_the_same_numbers(embedded: Path) -> None:
    for name in NAMES:
        folder = next((embedded / name).glob("*/*/manifest.json")).parent
        record, executed = manifest.load(folder / "manifest.json"), nbformat.read(folder / "notebook.ipynb", 4)
        outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
        page = next(one["data"][MIME] for one in outputs if one.get("data", {}).get(MIME, {}).get("kind") == "page")
        full = exporting.export(executed, record).html
        fragments = [fragment for fragment in map(exporting.shown, outputs) if fragment]
        assert all(fragment in full for fragment in fragments)
        for audience in ("executive", "manager", "frontline"):
            page["facts"]["audience"] = audience
            made = exporting.export(executed, record)
            main = made.html[made.html.index("<main") : made.html.index('id="provenance"')]
            shown = [fragment for fragment in fragments if fragment in main]
            rest = main
            for fragment in shown:
                rest = rest.replace(fragment, "")
            assert not re.search(r"<img|<table|<article|kk-value", rest), "a result that the full page has not"
            assert bool(made.whole) == (len(shown) < len(fragments) or "kk-left-out" in main)
            if made.whole:
                assert all(fragment in made.whole for fragment in fragments)
                assert "Left out for" in main
        page["facts"]["audience"] = ""


def test_online_retail_december_2010_row_and_its_partial_end(retail: Path) -> None:
    cohorts = table(retail / "reports", "cohort_retention", "cohort-retention")
    first = cohorts[cohorts.cohort.str.startswith("2010-12")]
    assert first.active.astype(int).tolist() == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert first.status.tolist() == ["complete"] * 12 + ["partial"]
    page = (retail / "reports/cohort_retention/latest.html").read_text(encoding="utf-8")
    assert "Cells marked * are of a month that is not over" in page


def test_online_retail_ends_with_no_churn_signal_and_a_true_fallback(retail: Path) -> None:
    page = (retail / "reports/customer_lifetime_value/latest.html").read_text(encoding="utf-8")
    assert "Verdict: no churn signal" in page
    assert "P(alive)</th>" not in page
    best = table(retail / "reports", "customer_lifetime_value", "top-customers")
    assert len(best) == 20
    assert best.clv.between(best.clv_low, best.clv_high).all()
    data = sources.load(retail / "kpikit.yaml")
    for unit in ("day", "week"):
        fit = clv.fit(customers.histories(data.orders, as_of=data.as_of, unit=unit), unit=unit)
        assert (fit.verdict, fit.used) == ("no churn signal", "nbd")


def test_online_retail_every_line_is_explained(retail: Path) -> None:
    said = kpikit(retail, "check")
    assert "541,909 in = 406,829 used + 135,080 set aside" in " ".join(said.split())
    page = (retail / "reports/cohort_retention/latest.html").read_text(encoding="utf-8")
    assert "541,909 rows came in, 406,829 were used as 22,190 orders and 135,080 set aside" in page


def test_no_customer_id_stands_in_clear(retail: Path) -> None:
    shown = set(table(retail / "reports", "customer_lifetime_value", "top-customers").customer.astype(str))
    known = set(sources.load(retail / "kpikit.yaml").orders.customer_id.execute())
    assert not shown & known


def test_orders_alone_feed_five_reports_and_the_others_say_what_they_need(retail: Path) -> None:
    made = sorted(path.parent.name for path in (retail / "reports").glob("*/latest.html"))
    assert made == sorted(ON_ORDERS_ALONE)
    said = " ".join(kpikit(retail, "list").split())
    assert "lacks tickets" in said
    assert "lacks survey_responses" in said
    assert "lacks subscriptions" in said
