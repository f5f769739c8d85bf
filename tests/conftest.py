"""Toy notebooks, and what to do about a test that takes long or needs something the machine may lack."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import axe as axe_core
import engines
import hypothesis
import nbformat
import pytest

from kpikit.report.pdf import BROWSERS

REQUIRE_ALL = os.environ.get("KPIKIT_REQUIRE_ALL") == "1"
COMMON = 'config: str = ""\nas_of: str = ""\nperiod: str = ""\naudience: str = ""'
PAGE = """import pandas as pd
from kpikit.results import Result
known = as_of or "2026-10-01"
facts = {"as_of": known, "business": "Harbor Coffee", "period": "2026-Q3", "audience": audience, "fingerprint": "ab12"}
Result("page", "page", "Customer review", "How the third quarter went.", facts=facts)"""
STATUS = """Result("status", "status", "Data checks passed", facts={"status": "PASS"},
       html='<p class="kk-status kk-pass">Data checks: PASS</p>')"""
TABLE = """table = pd.DataFrame({"segment": ["=cmd|' /C calc'!A0", "b"], "change": [-1.5, 2.0]})
kpis = ({"kpi": "repeat_rate", "value": 0.366, "n": 865, "definition": "1"},)
Result("segments", "table", "Segments", "Two segments.", headline="Repeat rate was 36.6 %.", table=table, kpis=kpis)"""


def _marks(engine: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if engine == "pyspark" else []


def _is_a_trap(item: pytest.Item) -> bool:
    """Say whether a case of a KPI is none of those by hand: Spark takes seconds for each.

    What all KPIs answer on Spark is compared with DuckDB in test_engines_shop.py.
    """
    home = item.path.stem
    is_kpi = home.startswith("test_metrics_") and home not in {"test_metrics_sales", "test_metrics_retention"}
    return (is_kpi or home == "test_config_translating") and "by_hand" not in item.name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless all is asked for; what is left out is counted in the last line."""
    traps = [item for item in items if "[pyspark" in item.nodeid and _is_a_trap(item)]
    config.hook.pytest_deselected(items=traps)
    items[:] = [item for item in items if item not in set(traps)]
    if REQUIRE_ALL or config.option.markexpr:
        return
    slow = [item for item in items if "slow" in item.keywords]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if "slow" not in item.keywords]


def pytest_report_header() -> str:
    """Say what the plain run leaves out."""
    return "" if REQUIRE_ALL else "slow tests are left out: KPIKIT_REQUIRE_ALL=1 runs them all, -m slow runs them alone"


def needs(what: str, present: bool) -> None:
    """Skip a test that needs ``what``; with KPIKIT_REQUIRE_ALL=1 fail it."""
    if not present:
        (pytest.fail if REQUIRE_ALL else pytest.skip)(f"needs {what}")


@pytest.fixture(scope="module", params=[pytest.param(name, marks=_marks(name)) for name in engines.ENGINES])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a module's tests on each engine: the DataFrames that they hand to kpikit are put there."""
    needs(engines.NEEDS.get(request.param, ""), present=engines.present(request.param))
    with engines.default(request.param), few_examples(request.module if request.param == "pyspark" else None):
        yield request.param


@contextlib.contextmanager
def few_examples(module: Any) -> Iterator[None]:
    """Let a module's properties try two tables each: Spark takes seconds where others take milliseconds."""
    properties = (
        [test for test in vars(module).values() if getattr(test, "is_hypothesis_test", False)] if module else []
    )
    before = [test._hypothesis_internal_use_settings for test in properties]
    for test, usual in zip(properties, before, strict=True):
        test._hypothesis_internal_use_settings = hypothesis.settings(usual, max_examples=2)
    yield
    for test, usual in zip(properties, before, strict=True):
        test._hypothesis_internal_use_settings = usual


@functools.cache
def browser_path() -> str:
    found = (shutil.which(name) for name in BROWSERS)
    return next((path for path in found if path), "")


@pytest.fixture(scope="session")
def requires_browser() -> str:
    """Path of a Chromium; without one, or without Playwright's client, the test is skipped with its reason."""
    try:
        import playwright.sync_api  # noqa: F401 - is it there?
    except ImportError:
        needs("Playwright's client (pip install playwright)", present=False)
    needs("a Chromium on the machine", present=bool(browser_path()))
    return browser_path()


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """Text of axe-core; without npm or its registry the test is skipped with its reason."""
    text = axe_core.source(request.config.cache.mkdir("axe-core"))
    needs(f"npm and a registry with axe-core {axe_core.VERSION}", present=bool(text))
    return text


MakeNotebook = Callable[..., Path]


def notebook(cells: Sequence[str], parameters: str = COMMON, **facts: Any) -> Any:
    """Return a toy notebook: H1, parameters, then code cells, or Markdown for texts that start with ``#``."""
    document = nbformat.v4.new_notebook()
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    made = [
        nbformat.v4.new_markdown_cell(text) if text.startswith("#") else nbformat.v4.new_code_cell(text)
        for text in cells
    ]
    document.cells = [nbformat.v4.new_markdown_cell("# Toy study\n\nWhat toys *do*."), tagged, *made]
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document.metadata["kpikit"] = {"title": "Toy study", "needs": [], "wants": [], **facts}
    return document


GOOD_CELLS = (PAGE, STATUS, "## Segments", TABLE)


@pytest.fixture
def make_notebook(tmp_path: Path) -> MakeNotebook:
    """Write a toy notebook into a folder of notebooks; return its path."""

    def make(cells: Sequence[str] = GOOD_CELLS, name: str = "toy", parameters: str = COMMON, **facts: Any) -> Path:
        folder = tmp_path / "notebooks"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.ipynb"
        nbformat.write(notebook(cells, parameters, **facts), path)
        return path

    return make
