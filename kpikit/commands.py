"""Commands beside the runs: what changed between two of them, and a notebook to begin with."""

from __future__ import annotations

from typing import Annotated

import typer

from kpikit import project
from kpikit.options import ConfigOption, FolderOption
from kpikit.terminal import near, print_table, say


def diff(
    then: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its folder, or NOTEBOOK:previous.")],
    now: Annotated[str, typer.Argument(metavar="RUN", help="The other one, such as NOTEBOOK:latest.")],
    config: ConfigOption = "",
    folder: FolderOption = "",
) -> None:
    """Print what changed between two runs of a report: values restated or moved, definitions, data, versions, files.

    A run is named by its id (the beginning is enough), its folder, or latest and previous with the notebook before
    them: kpikit diff cohort_retention:previous cohort_retention:latest. The earlier one is always shown first.
    """
    from kpikit.report import differing
    from kpikit.report.store import Store

    pair = differing.find(Store(project.reports_folder(project.settings(config), chosen=folder)), (then, now))
    sentences, tables = differing.difference(*pair)
    for sentence in sentences:
        typer.echo(sentence)
    for table in tables:
        typer.echo(f"\n{table.caption}")
        print_table(list(table.columns), [list(row) for row in table.rows])


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the study is called, such as 'Summer sale'.")],
    config: ConfigOption = "",
) -> None:
    """Make a notebook to begin a study with: notebooks/NAME.ipynb beside kpikit.yaml. It runs as it is."""
    from kpikit.report import beginning

    path = beginning.write(name, project.working_folder(project.settings(config)))
    say("Open it in JupyterLab and put your own question in. Then, from this folder (kpikit list shows it, too):")
    say(f"  kpikit run {path.stem}")
    typer.echo(near(path))
