"""A folder with a kpikit.yaml, or without one: its settings, its tables, where its reports go, what a run will read.

The command line and the jobs of JupyterLab start from the same here. Heavy modules are imported inside the functions,
so that ``kpikit --help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpikit.config import Config
    from kpikit.report.run import Inputs

CONFIG_NAME = "kpikit.yaml"


def settings(config: str = "", folder: Path | None = None) -> Config | None:
    """Return the checked configuration: the file named, else the ``kpikit.yaml`` of the folder, else None.

    Parameters
    ----------
    config
        Path of the file, relative to ``folder``; empty for the folder's own.
    folder
        Where to look. Default: the current folder.

    Raises
    ------
    ConfigError
        When something in it is wrong: a goal, a setting or an indicator too.
    DataUnreachableError
        When the file named is not there.
    """
    from kpikit.config import load_config

    here = folder or Path()
    if not (config or (here / CONFIG_NAME).is_file()):
        return None
    from kpikit.metrics.configured import configured

    found = load_config(here / Path(config or CONFIG_NAME).expanduser())
    configured(found)  # raises where a goal, a setting or an indicator is wrong
    return found


def working_folder(found: Config | None, folder: Path | None = None) -> Path:
    """Return the folder in which the kernels run: that of the configuration, else ``folder`` (default: the current)."""
    return found.folder if found else (folder or Path.cwd())


def reports_folder(found: Config | None, folder: Path | None = None, *, chosen: str = "") -> Path:
    """Return where reports go: the folder ``chosen``, else the configuration's, else ``reports/`` where kernels run."""
    if chosen:
        return Path(chosen).absolute()
    return working_folder(found, folder) / (found.report.folder if found else "reports")


def config_value(found: Config | None) -> str:
    """Return what the notebooks get as ``config``: the kernels run in its folder, so its name is enough."""
    return found.path.name if found and found.path else ""


def tables(found: Config | None) -> tuple[str, ...]:
    """Return the names of the tables that the data have."""
    from kpikit.contracts import CONTRACTS  # the embedded shop has every table

    return tuple(found.tables) if found and found.tables else tuple(CONTRACTS)


def inputs(found: Config, values: Mapping[str, object]) -> Inputs:
    """Return what the notebooks will read, so that a run on the same is seen before a kernel starts."""
    from kpikit import sources
    from kpikit.report.run import Inputs

    as_of, period = (str(values.get(name, "")) for name in ("as_of", "period"))
    ages = bool(found.freshness) and not (as_of or period)
    return Inputs(found.fingerprint(), lambda: sources.load(found, as_of=as_of, period=period).fingerprint, ages=ages)
