"""The reports on the embedded data: ``kpikit run`` against papermill and nbconvert, one notebook after the other."""

from __future__ import annotations

import os
import resource
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
LARGEST_SHARE = 0.35
AIM = f"at most {LARGEST_SHARE} of the time of papermill and nbconvert, one notebook after the other, on two cores"
METHOD = (
    f"Every notebook on the embedded data, from nothing to HTML pages: `kpikit run --jobs {JOBS}` against "
    "`python -m papermill` and `jupyter nbconvert --to html` for one notebook after the other. CPU seconds are those "
    "of all processes; they hold where other work takes turns on the machine and the time on the clock does not."
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
    taken: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
    pages: dict[str, list[Path]] = {}
    for _ in range(rounds if scale >= 1 else 1):
        for name, make in (("ours", kpikit_run), ("theirs", papermill_and_nbconvert)):
            with TemporaryDirectory(prefix="kpikit-bench-") as folder:
                start, cpu = time.perf_counter(), _cpu_seconds()
                pages[name] = make(Path(folder))
                taken[name].append((time.perf_counter() - start, _cpu_seconds() - cpu))
    ours, theirs = (median(wall for wall, _ in taken[name]) for name in ("ours", "theirs"))
    our_cpu, their_cpu = (median(cpu for _, cpu in taken[name]) for name in ("ours", "theirs"))
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
            kpikit_cpu_s=our_cpu,
            other_cpu_s=their_cpu,
            agreement=f"{count} pages each" if set(made.values()) == {count} else f"NOT EQUAL: {made} pages",
            note=f"{ours / theirs:.2f} of the time; kpikit's pages are also gated and catalogued, with a manifest and "
            "tables",
        )
    ]


def _cpu_seconds() -> float:
    """Return the CPU seconds of all processes that this one started and that have ended, and of those they started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def falls_short(rows: list[Row]) -> list[str]:
    return [f"{row.name}: {1 / row.ratio:.2f} of the time" for row in rows if 1 / row.ratio > LARGEST_SHARE]


def _run(folder: Path, *words: str) -> None:
    environment = {**os.environ, "KPIKIT_HASH_KEY": "a key for benchmarks"}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
