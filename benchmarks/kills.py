"""Runs killed at random moments: is the last good report there, and may the next run begin?

``python -m benchmarks.kills [--runs 200] [--seed 1]`` starts ``kpikit run`` of two notebooks side by side again and
again and kills with SIGKILL the runner, a kernel, both, or the process that kernels are forked from; or lets no file
grow beyond some kilobytes, as on a full disk; or takes away the right to write in the folder of the reports. After each
it looks: the latest reports are whole ones, the catalogue is whole, no lock is left, every manifest can be read, no
process lives on. At the end eight runs of one report are started at once: one works, seven end with exit code 6. It
prints how many ended how, and every fault; it exits with 1 where there is one.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from kpikit.errors import LockedError
from kpikit.report import locks, manifest
from kpikit.report.store import Store

NAMES = ("killed", "beside")
CELLS = (
    'config: str = ""  # help\nas_of: str = ""  # help\nperiod: str = ""  # help\naudience: str = ""  # help',
    "from kpikit.results import Result\nimport os, time\nfrom pathlib import Path\n"
    "Path('kernels', str(os.getpid())).write_text(str(os.getppid()))\n"
    'facts = {"as_of": "2026-10-01", "business": "Harbor Coffee", "period": "2026-Q3", "fingerprint": "ab12"}\n'
    'Result("page", "page", "Killed", "A page.", facts=facts)',
    'Result("status", "status", "Data checks passed", facts={"status": "PASS"})',
    "time.sleep(1)",
)
WAYS = ("runner", "kernel", "both", "forks", "disk full", "read-only folder")
DROP_FROM_BOUNDS, OVERRIDE_MODES = 24, 1  # of prctl and of capabilities, in Linux's headers
LARGEST_FILE = 4_000  # bytes, smaller than a report
ORPHANS_END_WITHIN_SECONDS = 15.0
AT_ONCE, LOCKED = 8, 6


def main() -> int:
    """Run, kill, look; return 1 where something was not as it must be."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    chance, ended, faults = random.Random(asked.seed), Counter[str](), Counter[str]()
    with TemporaryDirectory(prefix="kpikit-kills-") as folder:
        home = Path(folder)
        (home / "kernels").mkdir()
        for name in NAMES:
            _notebook(home / f"{name}.ipynb")
        began = time.monotonic()
        _run(home).wait()
        usual = time.monotonic() - began
        for _ in range(asked.runs):
            way = chance.choice(WAYS)
            code = _killed(home, way, chance.uniform(0, 1.1 * usual))
            ended[f"{way}: {'done' if code == 0 else f'exit code {code}'}"] += 1
            faults.update(f"after {way}: {fault}" for fault in _faults(home))
        faults.update("the run after all kills fails" for _ in range(_run(home).wait() != 0))
        together = Counter(run.wait() for run in [_run(home, names=NAMES[:1]) for _ in range(AT_ONCE)])
        if together != {0: 1, LOCKED: AT_ONCE - 1}:
            faults.update(["of the runs at once not one works and the others say so"])
    print(f"{asked.runs} runs of {usual:.1f} s each, killed at random moments (seed {asked.seed})")
    for text, count in sorted(ended.items()):
        print(f"{count:>5}  {text}")
    print(f"{AT_ONCE} runs of one report at once, by exit code: {dict(sorted(together.items()))}")
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


def _run(home: Path, limit: Callable[[], None] | None = None, names: Sequence[str] = NAMES) -> subprocess.Popen[bytes]:
    books = [f"{name}.ipynb" for name in names]
    command = [sys.executable, "-m", "kpikit", "run", *books, "--force", "--jobs", "2"]
    out = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=home, stdout=out, stderr=out, preexec_fn=limit)


def _little_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def _modes_bind() -> None:
    """Let the modes of folders bind root, too; others they bind anyway, and this fails."""
    ctypes.CDLL(None).prctl(DROP_FROM_BOUNDS, OVERRIDE_MODES, 0, 0, 0)


def _killed(home: Path, way: str, after: float) -> int:
    """Run once, kill it in this way after so many seconds, and return its exit code."""
    for note in (home / "kernels").iterdir():
        note.unlink()
    running = _run(home, {"disk full": _little_room, "read-only folder": _modes_bind}.get(way))
    if way == "disk full":
        return running.wait()
    time.sleep(after)
    if way == "read-only folder":
        return _read_only(home / "reports", running)
    kernels, parents = _noted(home)
    victims = {"kernel": kernels[:1], "both": kernels[:1], "forks": list(set(parents) - {running.pid})}
    for victim in victims.get(way, []):
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    if way in ("runner", "both"):
        running.kill()
    return running.wait()


def _read_only(reports: Path, running: subprocess.Popen[bytes]) -> int:
    """Take away the right to write below a folder, wait for the run's end, and give it back."""
    folders = [reports, *(path for path in reports.rglob("*") if path.is_dir())]
    for mode in (0o555, 0o755):
        for folder in folders:
            with suppress(FileNotFoundError):  # one that the run was building, and has moved since
                folder.chmod(mode)
        code = running.wait()
    return code


def _noted(home: Path) -> tuple[list[int], list[int]]:
    """Return the process ids of the kernels of this run, and of what started them."""
    notes = sorted((home / "kernels").iterdir())
    parents = [int(text) for text in (note.read_text() for note in notes) if text]
    return [int(note.name) for note in notes], parents


def _faults(home: Path) -> Iterator[str]:
    """Yield what is not as it must be after a run, however it ended."""
    shelf = Store(home / "reports")
    for name in NAMES:
        yield from _faults_of(shelf, name)
    if not (shelf.root / "index.html").read_bytes().rstrip().endswith(b"</html>"):
        yield "the catalogue is not whole"
    records = [manifest.load(path) for path in shelf.root.glob(f"*/*/*/{manifest.NAME}")]
    if any(record is None for record in records):
        yield "a manifest cannot be read"
    if not _all_ended(home):
        yield "a process lives on"


def _faults_of(shelf: Store, name: str) -> Iterator[str]:
    latest = shelf.latest(name)
    if latest is None:
        yield "no good report is left"
        return
    page = (shelf.folder(name) / "latest.html").read_bytes()
    whole = {sha256((run.folder / "report.html").read_bytes()).hexdigest() for run in shelf.runs(name)}
    if sha256(page).hexdigest() not in whole or not page.rstrip().endswith(b"</html>"):
        yield "latest.html is no whole report"
    for run in shelf.runs(name):
        if manifest.artefact_hashes(run.folder) != run.manifest.artefacts:
            yield "a kept run is not what its manifest says"
    try:
        with locks.held(shelf.folder(name), name):
            pass
    except LockedError:
        yield "a lock is left"


def _all_ended(home: Path) -> bool:
    kernels, parents = _noted(home)
    until, processes = time.monotonic() + ORPHANS_END_WITHIN_SECONDS, {*kernels, *parents}
    while time.monotonic() < until:
        if not any(_lives(process) for process in processes):
            return True
        time.sleep(0.1)
    return False


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
