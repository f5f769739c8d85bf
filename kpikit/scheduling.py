"""Jobs of JupyterLab (jupyter-scheduler) that end with kpikit's report instead of a plain export.

jupyter-scheduler's own manager writes parameters into the notebook as code and exports what comes out, whatever it is.
Set in ``jupyter_server_config.py``::

    c.Scheduler.execution_manager_class = "kpikit.scheduling.ReportExecutionManager"

Needs ``kpikit[schedule]``; nothing else in kpikit imports this module.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_scheduler.executors import ExecutionManager
from jupyter_scheduler.models import JobFeature, Status
from jupyter_scheduler.orm import Job
from jupyter_scheduler.utils import get_utc_timestamp

from kpikit import project
from kpikit.errors import ContractError, KpikitError
from kpikit.report import attempt, notebooks, run, stopping, store

FEATURES = ("job_name", "parameters", "output_formats", "stop_job", "delete_job")


class ReportExecutionManager(ExecutionManager):  # type: ignore[misc]  # jupyter-scheduler is not typed
    """Runs a job as ``kpikit run NOTEBOOK -p name=value …`` does in the server's root folder.

    Parameters are checked before a kernel starts; the page passes the export gate; report, manifest and catalogue go
    to ``reports/`` as ever. The job's files are copies: ``html`` is the report, ``ipynb`` the executed notebook. A job
    whose notebook fails is FAILED, its message one sentence, its ``html`` the page about the failure.
    The parameter ``config`` is relative to the root folder; without it a ``kpikit.yaml`` there is read.
    """

    report: Path | None = None

    def execute(self) -> None:
        """Run the notebook of the job and copy its files to where jupyter-scheduler takes them from.

        Raises
        ------
        KpikitError
            Whatever kept the report from being made.
        """
        outcome = self._outcome()
        self.report = outcome.report
        for name in self.model.output_formats or ():
            made = _file(outcome, name)
            if made is not None and made.is_file():
                shutil.copyfile(made, self.staging_paths[name])
        if outcome.error is not None:
            raise outcome.error

    def _outcome(self) -> attempt.Outcome:
        root = Path(self.root_dir).expanduser()
        values = _values(self.model.parameters or {})
        found = project.settings(str(values.get("config", "")), root)
        notebook = notebooks.read(Path(self.staging_paths["input"]))
        if found is not None and ("config" in values or any(one.name == "config" for one in notebook.parameters)):
            values["config"] = project.config_value(found)
        jobs, skipped = run.plan([notebook], values, tables=project.tables(found))
        if skipped:
            raise _lacking(skipped[0])
        with stopping.on_signals() as stop:
            (outcome,) = run.run(
                jobs,
                project.reports_folder(found, root),
                working_folder=project.working_folder(found, root),
                inputs=project.inputs(found, values) if found else None,
                stop=stop,
            )
        return outcome

    def on_complete(self) -> None:
        """Record that the report was made, and where it lies."""
        self._record(Status.COMPLETED, str(self.report))

    def on_failure(self, e: Exception) -> None:
        """Record what failed, in one sentence."""
        error = e if isinstance(e, KpikitError) else attempt.known(e, self.model.input_filename)
        self._record(Status.FAILED, str(error))

    def _record(self, status: Status, message: str) -> None:
        facts = {"status": status, "status_message": message, "end_time": get_utc_timestamp()}
        with self.db_session() as session:
            session.query(Job).filter(Job.job_id == self.job_id).update(facts)
            session.commit()

    @staticmethod
    def supported_features(*_: Any) -> dict[JobFeature, bool]:  # jupyter-scheduler hands the class over, too
        """Return which settings of a job count."""
        return {feature: feature.value in FEATURES for feature in JobFeature}

    @staticmethod
    def validate(*_: Any) -> bool:
        """Accept every notebook: the kernel is this interpreter's own, and what is wrong is said by the job itself."""
        return True


def _values(parameters: Mapping[str, str]) -> dict[str, object]:
    """Return the parameters of a job; quotes around a text, which jupyter-scheduler asks for, are taken off."""
    return {name: _unquoted(text) for name, text in parameters.items()}


def _unquoted(text: str) -> str:
    bare = text.strip()
    if len(bare) < 2 or bare[0] not in "\"'" or bare[-1] != bare[0]:
        return text
    try:
        value = ast.literal_eval(bare)
    except (SyntaxError, ValueError):
        return text
    return value if isinstance(value, str) else text


def _lacking(outcome: attempt.Outcome) -> ContractError:
    """Return the error of a job whose notebook these data cannot feed."""
    return ContractError(
        "data that the notebook can use",
        got=f"that it {'; '.join(outcome.notes)}",
        fix="Map it in kpikit.yaml, or run another notebook.",
        where=outcome.notebook,
    )


def _file(outcome: attempt.Outcome, name: str) -> Path | None:
    """Return the file of a format: of the report, or of what the failed run left."""
    if outcome.report is None or name == "html":
        return outcome.report
    if outcome.error is None:
        return outcome.report.parent / store.NOTEBOOK
    left = (outcome.report.parent / store.FAILED).glob(f"*/{store.NOTEBOOK}")  # only the newest is kept
    return next(left, None)
