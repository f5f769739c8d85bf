"""The options that the commands share."""

from __future__ import annotations

from typing import Annotated

import typer

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
