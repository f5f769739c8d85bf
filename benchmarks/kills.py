"""Runs killed at random moments: is the last good report there, and may the next run begin?

``python -m benchmarks.kills [--runs 200] [--seed 1]`` starts ``kpikit run`` again and again and kills the runner, its
kernel, or both with SIGKILL, or lets no file grow beyond some kilobytes, as on a full disk. After each it looks: the
latest report is a whole one, the catalogue is whole, no lock is left, every manifest can be read, no kernel lives on.
It prints how many ended how, and every fault; it exits with 1 where there is one.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from kpikit.errors import LockedError
from kpikit.report import locks, manifest
from kpikit.report.store import Store

NAME = "killed"
CELLS = (
    'config: str = ""  # help\nas_of: str = ""  # help\nperiod: str = ""  # help\naudience: str = ""  # help',
    "from kpikit.results import Result\nimport os, time\nfrom pathlib import Path\n"
    "Path('kernel.pid').write_text(str(os.getpid()))\n"
    'facts = {"as_of": "2026-10-01", "business": "Harbor Coffee", "period": "2026-Q3", "fingerprint": "ab12"}\n'
    'Result("page", "page", "Killed", "A page.", facts=facts)',
    'Result("status", "status", "Data checks passed", facts={"status": "PASS"})',
    "time.sleep(1)",
)
WAYS = ("runner", "kernel", "both", "disk full")
LARGEST_FILE = 4_000  # bytes, smaller than a report
ORPHANS_END_WITHIN_SECONDS = 15.0


def main() -> int:
    """Run, kill, look; return 1 where something was not as it must be."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    chance, ended, faults = random.Random(asked.seed), Counter[str](), Counter[str]()
    with TemporaryDirectory(prefix="kpikit-kills-") as folder:
        home = Path(folder)
        _notebook(home / f"{NAME}.ipynb")
        began = time.monotonic()
        _run(home).wait()
        usual = time.monotonic() - began
        for _ in range(asked.runs):
            way = chance.choice(WAYS)
            code = _killed(home, way, chance.uniform(0, 1.1 * usual))
            ended[f"{way}: {'done' if code == 0 else f'exit code {code}'}"] += 1
            faults.update(f"after {way}: {fault}" for fault in _faults(home))
        faults.update("the run after all kills fails" for _ in range(_run(home).wait() != 0))
    print(f"{asked.runs} runs of {usual:.1f} s each, killed at random moments (seed {asked.seed})")
    for text, count in sorted(ended.items()):
        print(f"{count:>5}  {text}")
    print(f"{sum(faults.values())} faults")
    for text, count in faults.most_common():
        print(f"{count:>5}  {text}")
    return 1 if faults else 0


def _notebook(path: Path) -> None:
    cells = [nbformat.v4.new_markdown_cell("# Killed\n\nA page that is killed.")]
    cells += [nbformat.v4.new_code_cell(text) for text in CELLS]
    cells[1].metadata["tags"] = ["parameters"]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book.metadata["language_info"] = {"name": "python"}
    nbformat.write(book, path)


def _run(home: Path, limit: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kpikit", "run", f"{NAME}.ipynb", "--force"]
    out = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=home, stdout=out, stderr=out, preexec_fn=limit)


def _little_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def _killed(home: Path, way: str, after: float) -> int:
    """Run once, kill it in this way after so many seconds, and return its exit code."""
    (home / "kernel.pid").unlink(missing_ok=True)
    running = _run(home, _little_room if way == "disk full" else None)
    if way != "disk full":
        time.sleep(after)
        if way in ("kernel", "both"):
            with suppress(OSError, ValueError):
                os.kill(int((home / "kernel.pid").read_text()), signal.SIGKILL)
        if way in ("runner", "both"):
            running.kill()
    return running.wait()


def _faults(home: Path) -> Iterator[str]:
    """Yield what is not as it must be after a run, however it ended."""
    shelf = Store(home / "reports")
    latest = shelf.latest(NAME)
    if latest is None:
        yield "no good report is left"
        return
    page = (shelf.folder(NAME) / "latest.html").read_bytes()
    whole = {sha256((run.folder / "report.html").read_bytes()).hexdigest() for run in shelf.runs(NAME)}
    if sha256(page).hexdigest() not in whole or not page.rstrip().endswith(b"</html>"):
        yield "latest.html is no whole report"
    if not (shelf.root / "index.html").read_bytes().rstrip().endswith(b"</html>"):
        yield "the catalogue is not whole"
    for run in shelf.runs(NAME):
        if manifest.artefact_hashes(run.folder) != run.manifest.artefacts:
            yield "a kept run is not what its manifest says"
    records = [manifest.load(path) for path in shelf.root.glob(f"*/*/*/{manifest.NAME}")]
    if any(record is None for record in records):
        yield "a manifest cannot be read"
    try:
        with locks.held(shelf.folder(NAME), NAME):
            pass
    except LockedError:
        yield "a lock is left"
    if not _kernel_ended(home):
        yield "the kernel lives on"


def _kernel_ended(home: Path) -> bool:
    note = home / "kernel.pid"
    if not note.is_file() or not note.read_text():
        return True
    until, process = time.monotonic() + ORPHANS_END_WITHIN_SECONDS, Path("/proc") / note.read_text()
    while time.monotonic() < until:
        if not process.exists() or (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
