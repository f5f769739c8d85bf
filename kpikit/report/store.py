"""Where reports live: a run appears whole or not at all, and the last good report survives any failure.

``reports/<notebook>/<as_of>/<run-id>/{report.html, notebook.ipynb, kpis.json, manifest.json, tables/*.csv}``,
beside them ``reports/<notebook>/latest.html`` and ``reports/index.html``. These files are all the state there is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpikit.errors import MachineError
from kpikit.report import manifest as manifests
from kpikit.report.manifest import Manifest
from kpikit.results import slug
from kpikit.spreadsheets import csv_text

REPORT, FULL, NOTEBOOK, KPIS, TABLES = "report.html", "report-full.html", "notebook.ipynb", "kpis.json", "tables"
LATEST, INDEX, LAST_FAILURE, FAILED = "latest.html", "index.html", "last-failure.html", "failed"
PDF, LATEST_PDF = "report.pdf", "latest.pdf"
BUILDING, NEW = ".building-", ".new-"
NEEDED_BYTES = 50_000_000
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Run:
    """One kept run: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def order(self) -> tuple[str, str]:
        """What makes a run later than another: the data it knew, then when it ended."""
        return self.manifest.as_of, self.manifest.finished


@dataclass(frozen=True)
class Store:
    """A folder of reports."""

    root: Path

    def prepare(self) -> None:
        """Make sure that reports can be written, before anything is run.

        Raises
        ------
        MachineError
            When the folder cannot be made or written, or the disk is nearly full.
        """
        with machine_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root) as probe:
                probe.write(b"kpikit")
            free = shutil.disk_usage(self.root).free
        if free < NEEDED_BYTES:
            raise MachineError(
                f"{NEEDED_BYTES // 10**6} MB free on the disk",
                got=f"{free // 10**6} MB",
                fix="Free some space, or choose another folder with --folder.",
                where=str(self.root),
            )

    def folder(self, notebook: str) -> Path:
        """Return the folder of a notebook's reports."""
        return self.root / folder_name(notebook)

    @contextmanager
    def building(self, notebook: str, run_id: str) -> Iterator[Path]:
        """Give a folder to build a run in, beside its place; what is left there at the end is removed."""
        home = self.folder(notebook)
        place = home / f"{BUILDING}{run_id}"
        with machine_errors(home):
            place.mkdir(parents=True)
            _sweep(home, keep=place)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def keep(self, building: Path, record: Manifest) -> Path:
        """Move a finished run into its place and make it the latest if none knew more; return its folder.

        The manifest is written last: until then the folder is not a run.
        """
        home = self.folder(record.notebook)
        place = home / record.as_of / record.run_id
        with machine_errors(home):
            _write_synced(building / manifests.NAME, record.text().encode())
            place.parent.mkdir(parents=True, exist_ok=True)
            latest = self.latest(record.notebook)
            building.replace(place)
            if latest is None or record.as_of >= latest.manifest.as_of:
                replace_file(home / LATEST, (place / REPORT).read_bytes())
                if (place / PDF).is_file():
                    replace_file(home / LATEST_PDF, (place / PDF).read_bytes())
                else:
                    (home / LATEST_PDF).unlink(missing_ok=True)
            (home / LAST_FAILURE).unlink(missing_ok=True)
            shutil.rmtree(home / FAILED, ignore_errors=True)
        return place

    def keep_failure(self, building: Path, record: Manifest, page: str) -> Path:
        """Keep what helps to find a failure: the page about it, the notebook so far, the manifest. Only the newest."""
        home = self.folder(record.notebook)
        place = home / FAILED / record.run_id
        with machine_errors(home):
            shutil.rmtree(place.parent, ignore_errors=True)
            place.mkdir(parents=True)
            if (building / NOTEBOOK).is_file():
                (building / NOTEBOOK).replace(place / NOTEBOOK)
            _write_synced(place / manifests.NAME, record.text().encode())
            replace_file(home / LAST_FAILURE, page.encode())
        return place

    def runs(self, notebook: str) -> list[Run]:
        """Return a notebook's successful runs, the latest first."""
        found = (
            Run(path.parent, record) for path, record in self._manifests(folder_name(notebook)) if _good(path, record)
        )
        return sorted(found, key=lambda run: run.order, reverse=True)

    def latest(self, notebook: str) -> Run | None:
        """Return the run that ``latest.html`` shows, or None."""
        return next(iter(self.runs(notebook)), None)

    def has_failed(self, notebook: str) -> bool:
        """Say whether the newest run of a notebook failed: nothing succeeded since."""
        return (self.folder(notebook) / LAST_FAILURE).is_file()

    def notebooks(self) -> list[str]:
        """Return the names of the folders that hold at least one successful run."""
        folders = sorted(path.name for path in self.root.iterdir() if path.is_dir()) if self.root.is_dir() else []
        return [name for name in folders if self.runs(name)]

    def _manifests(self, name: str) -> Iterator[tuple[Path, Manifest]]:
        home = self.root / name
        days = [path for path in home.iterdir() if path.is_dir()] if home.is_dir() else []
        for day in days:
            with suppress(FileNotFoundError):  # failures are removed, also while others look
                for path in sorted(day.glob(f"*/{manifests.NAME}")) if not day.name.startswith(".") else ():
                    record = manifests.load(path)
                    if record is not None:
                        yield path, record


def folder_name(notebook: str) -> str:
    """Return the name of a notebook's folder: its own name, or a slug where that could mean another place.

    >>> folder_name("cohort_retention"), folder_name("../../etc")
    ('cohort_retention', 'etc')
    """
    return notebook if SAFE_NAME.fullmatch(notebook) else slug(notebook)


def write_artefacts(
    building: Path, *, html: str, kpis: list[dict[str, Any]], tables: Mapping[str, Any], facts: Mapping[str, Any],
    whole: str = "",
) -> None:  # fmt: skip
    """Write a run's report, KPI values and tables into the folder it is built in.

    Parameters
    ----------
    building
        Folder of the run.
    html
        The page, past the gate.
    kpis
        Values of ``kpis.json``.
    tables
        By name: ``columns`` and ``rows``.
    facts
        What ``kpis.json`` says beside the values: run, notebook, as_of.
    whole
        The page with every part, where ``html`` leaves some out for its audience.
    """
    with machine_errors(building):
        _write_synced(building / REPORT, html.encode())
        if whole:
            _write_synced(building / FULL, whole.encode())
        _write_synced(building / KPIS, (json.dumps({**facts, "kpis": kpis}, indent=2) + "\n").encode())
        for name, table in tables.items():
            (building / TABLES).mkdir(exist_ok=True)
            _write_synced(building / TABLES / f"{slug(name)}.csv", csv_text(table["columns"], table["rows"]).encode())


def replace_file(path: Path, content: bytes, *, made_in: Path | None = None) -> None:
    """Replace a file in one step: a reader sees the old content or the new, whatever happens.

    ``made_in`` is where it is written first, on the same disk; by default beside it. Who writes into a report's folder
    without its lock makes it elsewhere: a run that begins there sweeps away what is unfinished.
    """
    handle, name = tempfile.mkstemp(dir=made_in or path.parent, prefix=NEW)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def machine_errors(where: Path) -> Iterator[None]:
    """Turn what the file system refuses into a :class:`~kpikit.errors.MachineError` that says what to do."""
    try:
        yield
    except OSError as problem:
        raise MachineError(
            "a folder that can be written",
            got=(problem.strerror or str(problem)).lower(),
            fix="Give write permission, free some space, or choose another folder with --folder.",
            where=str(where),
        ) from problem


def _good(path: Path, record: Manifest) -> bool:
    return record.status == "succeeded" and (path.parent / REPORT).is_file()


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sweep(home: Path, keep: Path) -> None:
    """Remove what killed runs left behind: who builds here holds the lock, so nothing else is being built."""
    for left in (*home.glob(f"{BUILDING}*"), *home.glob(f"{NEW}*")):
        if left.is_dir() and left != keep:
            shutil.rmtree(left, ignore_errors=True)
        elif left.is_file():
            left.unlink(missing_ok=True)
