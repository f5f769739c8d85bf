"""The reports on the embedded data: ``kpikit run`` against papermill and nbconvert, one notebook after the other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measuring import ROOT
from benchmarks.table import Row

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
JOBS = 2
TITLE = "Reports"
AIM = "sooner than papermill and nbconvert, one notebook after the other"
METHOD = (
    f"Every notebook on the embedded data, from nothing to HTML pages: `kpikit run --jobs {JOBS}` against "
    "`python -m papermill` and `jupyter nbconvert --to html` for one notebook after the other."
)


def kpikit_run(folder: Path) -> list[Path]:
    """Make every page with the runner; return the pages."""
    _run(folder, "-m", "kpikit", "run", "--jobs", str(JOBS))
    return sorted((folder / "reports").glob("*/latest.html"))


def papermill_and_nbconvert(folder: Path) -> list[Path]:
    """Execute each notebook with papermill, then convert it with nbconvert; return the pages."""
    for notebook in NOTEBOOKS:
        _run(folder, "-m", "papermill", str(notebook), notebook.name, "--no-progress-bar")
        _run(folder, "-m", "jupyter", "nbconvert", "--to", "html", notebook.name)
    return sorted(folder.glob("*.html"))


def rows(scale: float = 1.0, rounds: int = 3) -> list[Row]:
    """Return one comparison, wall time for all notebooks; ``scale`` below 1 means one round (the data are fixed)."""
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    pages: dict[str, list[Path]] = {}
    for _ in range(rounds if scale >= 1 else 1):
        for name, make in (("ours", kpikit_run), ("theirs", papermill_and_nbconvert)):
            with TemporaryDirectory(prefix="kpikit-bench-") as folder:
                start = time.perf_counter()
                pages[name] = make(Path(folder))
                seconds[name].append(time.perf_counter() - start)
    ours, theirs = median(seconds["ours"]), median(seconds["theirs"])
    made = {name: len(found) for name, found in pages.items()}
    count = len(NOTEBOOKS)
    return [
        Row(
            f"kpikit run --jobs {JOBS}",
            "papermill, then nbconvert",
            count,
            ratio=theirs / ours,
            kpikit_s=ours,
            other_s=theirs,
            agreement=f"{count} pages each" if set(made.values()) == {count} else f"NOT EQUAL: {made} pages",
            note="kpikit's pages are also gated and catalogued, with a manifest and tables",
        )
    ]


def falls_short(rows: list[Row]) -> list[str]:
    return [f"{row.name}: {row.ratio:.2f} times" for row in rows if row.ratio < 1]


def _run(folder: Path, *words: str) -> None:
    environment = {**os.environ, "KPIKIT_HASH_KEY": "a key for benchmarks"}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
