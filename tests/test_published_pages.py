"""The real pages, made as a user makes them: from the embedded data and from Online Retail, looked at in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from shops import SHARED_DATA

from kpikit import clv, customers, sources
from kpikit.report.gate import check_page

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


REPEATED = ("churn_risk", "customer_lifetime_value", "customer_scorecard")  # models, bootstraps, the most figures


def without_run_and_times(page: Path) -> str:
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "(run)", page.read_text(encoding="utf-8"))
    return re.sub(r"\d{1,2} [A-Z][a-z]+ 20\d\d, \d\d:\d\d UTC", "(time)", text)


def test_two_runs_from_the_same_history_give_the_same_pages_byte_for_byte(embedded: Path, tmp_path: Path) -> None:
    """Both start from no history; engine threads, dictionaries, seeds and drawings must not show."""
    kpikit(tmp_path, "run", *REPEATED, "--jobs", "2", "--force")
    for name in REPEATED:
        first, again = (without_run_and_times(home / name / "latest.html") for home in (embedded, tmp_path / "reports"))
        assert "(run)" in first
        assert "(time)" in first
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
    embedded: Path, requires_browser: str, scheme: str
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=requires_browser, args=["--no-sandbox", "--disable-gpu"])
        for page in [*pages(embedded), embedded / "index.html"]:
            for width in (1280, 390, 320):
                view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                asked: list[str] = []
                said: list[str] = []
                view.on("request", lambda request, asked=asked: asked.append(request.url))
                view.on("console", lambda message, said=said: said.append(message.text))
                view.goto(page.as_uri())
                assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
                assert said == []
                assert view.evaluate("document.documentElement.scrollWidth") <= width
                broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
                assert view.evaluate(broken) == 0
                view.close()
        browser.close()


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
