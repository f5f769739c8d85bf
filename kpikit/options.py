"""What the commands share: their options, the configuration they mean, and where its reports lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kpikit.config import Config

CONFIG_NAME = "kpikit.yaml"

ConfigOption = Annotated[
    str, typer.Option("--config", metavar="FILE", help="Your kpikit.yaml. Default: the one in this folder, if any.")
]
AsOfOption = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="First day that is not known, such as 2026-10-01.")
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="How many notebooks run side by side.")]
FolderOption = Annotated[
    str, typer.Option("--folder", metavar="FOLDER", help="Where reports go. Default: reports/ beside kpikit.yaml.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Run even where nothing has changed since then.")]


def settings_of(config: str) -> Config | None:
    """Return the configuration that is meant, None where there is none; an error where a part of it is wrong."""
    from kpikit.config import load_config

    if not (config or Path(CONFIG_NAME).is_file()):
        return None
    from kpikit.metrics.configured import configured

    settings = load_config(config or CONFIG_NAME)
    configured(settings)  # raises where a goal, a setting or an indicator is wrong
    return settings


def base_folder(settings: Config | None) -> Path:
    """Return the folder that reports and notebooks of one's own lie in: the configuration's, else this one."""
    return settings.folder if settings else Path.cwd()


def reports_folder(settings: Config | None, folder: str) -> Path:
    """Return where reports lie: the folder that was asked for, else the configuration's."""
    if folder:
        return Path(folder).absolute()
    return base_folder(settings) / (settings.report.folder if settings else "reports")
