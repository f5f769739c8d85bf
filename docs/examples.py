"""Make the example exports in reports/examples/, one of each notebook, and the picture in the README.

Run by ``make examples``: on the embedded data, which are fixed: a second run writes the same pages. What differs
from run to run is set: the run's id, its time, the key of the customers' hashes. The picture needs a Chromium and
Playwright's client; without them the one that is there stays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from kpikit.errors import MachineError
from kpikit.report import export, gate, manifest, pdf
from kpikit.report.manifest import Manifest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES, PICTURE = ROOT / "reports" / "examples", ROOT / "docs" / "report.png"
PICTURED, WIDTH, HEIGHT = "cohort_retention", 1100, 1500


def main() -> None:
    """Run every notebook, and keep its page."""
    with tempfile.TemporaryDirectory() as folder:
        # several threads add and order rows differently each time: last digits, and folds, would change
        environment = {**os.environ, "KPIKIT_HASH_KEY": "the key of the examples, which anybody may know",
                       "KPIKIT_THREADS": "1"}  # fmt: skip
        command = [sys.executable, "-m", "kpikit", "run", "--jobs", "2", "--folder", folder]
        subprocess.run(command, cwd=folder, env=environment, check=True)
        keep(Path(folder), EXAMPLES)
    take_picture(EXAMPLES / f"{PICTURED}.html", PICTURE)


def keep(reports: Path, target: Path) -> None:
    """Export each report of a folder again, as of a time that does not change, into another folder."""
    target.mkdir(exist_ok=True)
    for old in target.glob("*.html"):
        old.unlink()
    for path in sorted(reports.glob("*/[!.]*/*/manifest.json")):
        record = manifest.load(path)
        if record is None or record.status != "succeeded":
            continue
        executed = nbformat.read(path.with_name("notebook.ipynb"), as_version=4)
        page = export.export(executed, as_an_example(record)).html
        gate.enforce(gate.check_page(page), record.notebook)
        (target / f"{record.notebook}.html").write_text(page, encoding="utf-8")


def as_an_example(record: Manifest) -> Manifest:
    """Return a run's record without what differs from run to run and from machine to machine."""
    moment = f"{record.as_of}T06:00:00+00:00"
    versions = {name: version for name, version in record.versions.items() if name != "python"}
    return record.model_copy(update={"run_id": "example", "started": moment, "finished": moment, "versions": versions})


def take_picture(page: Path, target: Path) -> None:
    """Take a picture of the top of a page."""
    try:
        chromium = pdf.browser()
    except MachineError as lacking:
        print(f"{target.name} stays as it is: {lacking}")
        return
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as client:
        browser = client.chromium.launch(executable_path=chromium, args=flags)
        view = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        view.goto(page.as_uri())
        view.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main()
