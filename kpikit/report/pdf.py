"""A report as PDF, printed by a Chromium that is on the machine: the same page, for those who file it or print it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from kpikit.errors import MachineError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST_MILLISECONDS = 120_000


def browser() -> str:
    """Return the path of a Chromium.

    Raises
    ------
    MachineError
        When there is none, or Playwright's client is not installed; it downloads nothing by itself.
    """
    try:
        import playwright.sync_api  # noqa: F401 - is it there?
    except ImportError:
        raise MachineError(
            "Playwright's client for --pdf", got="none", fix="Install it: pip install 'kpikit[pdf]'.", where="--pdf"
        ) from None
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if not found:
        raise MachineError(
            "a Chromium for --pdf", got="none on the PATH",
            fix="Install one (Debian: apt-get install chromium), or leave out --pdf and print from a browser.",
            where="--pdf",
        )  # fmt: skip
    return found


def print_page(page: Path, target: Path) -> None:
    """Print an HTML file on A4, tagged and with an outline; nothing is requested and no script runs.

    Raises
    ------
    MachineError
        When there is no Chromium, or it cannot print.
    """
    path = browser()
    from playwright.sync_api import Error, sync_playwright

    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # Chromium refuses root else
    try:
        with sync_playwright() as client:
            chromium = client.chromium.launch(executable_path=path, args=flags)
            sheet = chromium.new_context(java_script_enabled=False, offline=True).new_page()
            sheet.set_default_timeout(LONGEST_MILLISECONDS)
            sheet.goto(page.absolute().as_uri())
            sheet.pdf(
                path=target, format="A4", print_background=True, prefer_css_page_size=True, tagged=True, outline=True
            )
            chromium.close()
    except Error as problem:
        got = (str(problem).splitlines() or ["no answer"])[0]
        raise MachineError("a Chromium that prints the page", got=got, fix="Try again without --pdf.") from problem
