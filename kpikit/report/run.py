"""From notebooks to published reports: parameters, kernels, export, gate, store, catalogue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jupyter_core.utils import ensure_event_loop

from kpikit.errors import listed
from kpikit.report import catalogue, kernel, locks, parameters, pdf, store
from kpikit.report.attempt import Desk, Job, Outcome, Tell, attempt, begin, known, terminated
from kpikit.report.execute import Limits
from kpikit.report.notebooks import Notebook
from kpikit.report.stopping import Stop
from kpikit.report.store import Store
from kpikit.report.warm import Forks

EXIT_CODES_BY_WEIGHT = (143, 1, 2, 7, 6, 5, 4, 3, 8, 9)
WORTH_A_RETRY = (5, 7)  # a kernel that died, data out of reach
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
CATALOGUE_WAIT_SECONDS = 60.0
STOP_EVERY_SECONDS = 0.2
ALIKE = ("code_hash", "parameters_hash", "files", "config_fingerprint", "versions")


class Inputs:
    """What a report is made from, besides its notebook and parameters: a rerun on the same ones changes nothing.

    Parameters
    ----------
    config_fingerprint
        Of the configuration.
    read
        Loads the data and returns their fingerprint. Called at most once, and only where all else is as it was.
    ages
        Whether the data checks depend on the day of the run: freshness does.
    """

    def __init__(self, config_fingerprint: str, read: Callable[[], str], *, ages: bool = False) -> None:
        self.config_fingerprint, self.ages, self._read = config_fingerprint, ages, read
        self._lock, self._found = threading.Lock(), ""

    def data_fingerprint(self) -> str:
        """Return the fingerprint of the data; empty where they cannot be read: the notebook says why."""
        with self._lock:
            if not self._found:
                try:
                    self._found = self._read()
                except Exception:  # whatever it is, the notebook meets it too, and there is a page about it
                    return ""
        return self._found


def plan(
    notebooks: Sequence[Notebook],
    values: Mapping[str, object],
    *,
    tables: Collection[str] | None = None,
) -> tuple[list[Job], list[Outcome]]:
    """Return the jobs to run and the notebooks that these data cannot feed. Nothing is started.

    A value goes to every notebook that declares its name.

    Parameters
    ----------
    notebooks
        What to run.
    values
        Parameters by name, as text or plain JSON values.
    tables
        Names of the tables that the data have; None when that is not known.

    Raises
    ------
    ParameterError
        When no notebook declares a name, or a value does not fit.
    """
    declared = {parameter.name: parameter for notebook in notebooks for parameter in notebook.parameters}
    for name in values:
        if name not in declared:
            raise parameters.unknown(name, list(declared.values()), where=listed(book.name for book in notebooks))
    jobs, skipped = [], []
    for notebook in notebooks:
        own = {parameter.name for parameter in notebook.parameters}
        wanted = {name: value for name, value in values.items() if name in own}
        checked = parameters.check(notebook.parameters, wanted, where=notebook.name)
        lacking = notebook.lacking(tables) if tables is not None else ()
        if lacking:
            note = f"needs the table{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}"
            skipped.append(Outcome(notebook.name, "skipped", notes=(note,)))
        else:
            jobs.append(Job(notebook, checked))
    return jobs, skipped


def run(
    jobs: Sequence[Job],
    reports: Path,
    *,
    working_folder: Path,
    workers: int = 1,
    limits: Limits | None = None,
    tell: Tell | None = None,
    despite_failed_checks: bool = False,
    retries: int = 0,
    with_pdf: bool = False,
    inputs: Inputs | None = None,
    force: bool = False,
    stop: Stop | None = None,
    forks: Forks | None = None,
) -> list[Outcome]:
    """Run notebooks side by side, publish what passes the gate, and rewrite the catalogue.

    One notebook's failure does not stop the others. The catalogue is rewritten when a report was published or
    stands as it is: how old the data are and which reviews are overdue changes from day to day.

    Parameters
    ----------
    jobs
        What to run (:func:`plan`).
    reports
        Folder of the reports.
    working_folder
        Folder in which the kernels run.
    workers
        How many notebooks run at once, 1 or more. Each is a process of its own.
    limits
        Time limits of a cell and of a notebook.
    tell
        Called with a notebook's name, the cell that begins (1 is the first) and the number of cells, from any thread.
    despite_failed_checks
        Publish a report whose data checks say FAIL, too; its page says so. Else it fails with a ContractError.
    retries
        How often a notebook is run again whose kernel died or whose data were out of reach; each wait is twice the one
        before, from a second to a minute.
    with_pdf
        Print each report as PDF, too.
    inputs
        Where they are as they were for the latest report, it stands and nothing is run (``unchanged``). None: run.
    force
        Run all the same.
    stop
        Asked to end, the kernels are killed and what was running is recorded as interrupted.
    forks
        What the kernels are forked from, which saves each of them its imports. None: each starts anew.

    Raises
    ------
    MachineError
        When the folder cannot be written, or there is no Chromium to print with; no kernel has been started then.
    GateError
        When the catalogue may not be published.
    """
    shelf, stop = Store(reports), stop or Stop()
    shelf.prepare()
    if with_pdf:
        pdf.browser()
    fingerprint = inputs.config_fingerprint if inputs else ""
    desk = Desk(
        working_folder, limits or Limits(), tell or _silent, despite_failed_checks, stop, retries, fingerprint,
        with_pdf, forks,
    )  # fmt: skip

    def one(job: Job) -> Outcome:
        try:
            return _outcome(job, shelf, desk, None if force else inputs)
        finally:
            ensure_event_loop().close()  # nbclient makes one for this thread and leaves it open

    with (
        _kernels_end_with(stop, forks),
        ThreadPoolExecutor(max_workers=max(1, min(workers, len(jobs) or 1))) as pool,
    ):
        outcomes = list(pool.map(one, jobs))
    if any(outcome.status in ("succeeded", "unchanged") for outcome in outcomes):
        with locks.held(reports, "the catalogue", wait_seconds=CATALOGUE_WAIT_SECONDS):
            catalogue.write_catalogue(shelf)
    return outcomes


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return the exit code of a run: 0, or the weightiest among those of its failures.

    >>> from kpikit.errors import GateError, NotebookError
    >>> failures = [Outcome("a", "failed", error=GateError("x")), Outcome("b", "failed", error=NotebookError("y"))]
    >>> exit_code(failures)
    3
    """
    codes = {outcome.error.exit_code for outcome in outcomes if outcome.error}
    return next((code for code in EXIT_CODES_BY_WEIGHT if code in codes), 0)


def _silent(notebook: str, cell: int, cells: int) -> None:
    """Tell nobody."""


@contextmanager
def _kernels_end_with(stop: Stop, forks: Forks | None) -> Iterator[None]:
    """Kill kernels from the moment on at which the run is asked to end, those too that are just starting."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(STOP_EVERY_SECONDS):
            if stop.asked:
                if forks:
                    forks.close()
                kernel.kill_all()

    watcher = threading.Thread(target=watch, name="kpikit-stop", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _outcome(job: Job, shelf: Store, desk: Desk, inputs: Inputs | None) -> Outcome:
    begun, name = time.monotonic(), job.notebook.name
    try:
        home = shelf.folder(name)
        with store.machine_errors(home):
            home.mkdir(parents=True, exist_ok=True)
        with locks.held(home, name):
            outcome = _unchanged(job, shelf, desk, inputs) or _attempts(job, shelf, desk)
    except Exception as problem:  # the notebook or the store cannot be read: there is nowhere to write about it
        outcome = Outcome(name, "failed", error=known(problem, name))
    return replace(outcome, seconds=time.monotonic() - begun)


def _unchanged(job: Job, shelf: Store, desk: Desk, inputs: Inputs | None) -> Outcome | None:
    """Return the report that was made from the same: notebook, package, parameters, settings and data.

    It is the newest one on data up to its day: else ``latest.html`` might show another one, with other parameters.
    """
    name = job.notebook.name
    if inputs is None or desk.stop.asked or shelf.has_failed(name):
        return None
    now, days = begin(job, datetime.now(UTC), desk), set[str]()
    for made in shelf.runs(name):
        then = made.manifest
        is_newest, found = then.as_of not in days, all(getattr(now, one) == getattr(then, one) for one in ALIKE)
        days.add(then.as_of)
        if not (found and is_newest) or (desk.with_pdf and not (made.folder / store.PDF).is_file()):
            continue
        if (then.checks == "FAIL" and not desk.despite_failed_checks) or (inputs.ages and now.day != then.day):
            continue
        if not then.data_fingerprint or inputs.data_fingerprint() != then.data_fingerprint:
            continue
        note = f"nothing has changed since {then.finished[:16].replace('T', ' ')} UTC; run it all the same with --force"
        return Outcome(name, "unchanged", made.folder / store.REPORT, notes=(note,), checks=then.checks)
    return None


def _attempts(job: Job, shelf: Store, desk: Desk) -> Outcome:
    """Run one notebook, again where that may help."""
    wait = FIRST_WAIT_SECONDS
    for left in range(desk.retries, -1, -1):
        if desk.stop.asked:
            break
        outcome = attempt(job, shelf, desk)
        if left == 0 or outcome.error is None or outcome.error.exit_code not in WORTH_A_RETRY:
            return outcome
        desk.stop.wait(wait)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
    return Outcome(job.notebook.name, "failed", error=terminated(job.notebook.name))
