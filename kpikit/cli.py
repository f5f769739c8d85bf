"""The command line. It reads what was asked, calls the library and prints; nothing is decided here.

Heavy modules are imported inside the commands, so that ``kpikit --help`` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpikit import commands, project
from kpikit.errors import KpikitError, ParameterError
from kpikit.options import AsOfOption, ConfigOption, FolderOption, ForceOption, JobsOption
from kpikit.periods import named_periods
from kpikit.project import CONFIG_NAME
from kpikit.terminal import LogFormat, Progress, near, print_table, say

if TYPE_CHECKING:
    from kpikit.config import Config

LONGEST_SECONDS = 7200.0  # of one notebook
NO_CONFIG = (
    "No kpikit.yaml: reporting on the data that come with kpikit, a simulated coffee shop and CDNOW's orders. "
    "For yours: kpikit init DATA"
)
EPILOG = (
    "Begin with [bold]kpikit run[/bold]: a report on the data that come with kpikit. "
    "Then [bold]kpikit init DATA[/bold]: your own files.\n\n"
    "Exit codes: 0 done, 1 machine, 2 configuration, parameter or data contract, 3 a notebook failed, 4 timed out, "
    "5 kernel died, 6 locked, 7 data not reachable, 8 the export gate refused, 9 a goal is missed, 143 terminated."
)


app = typer.Typer(
    name="kpikit",
    help="Customer KPIs, cohort retention and lifetime value as case-study reports that can be trusted.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run the command line: a failure is one message and an exit code, never a traceback (but with --debug)."""
    try:
        app()
    except KpikitError as error:
        if _wants_json():
            from kpikit.report.logs import error_line

            say(error_line(error))
            raise SystemExit(error.exit_code) from error
        _fail(error, error.exit_code)
    except Exception as error:  # the last line of defence: whatever it is, the reader gets a sentence
        _fail(f"internal error: {type(error).__name__}: {error}. See the traceback with: kpikit --debug …", 1)


def _fail(message: object, code: int) -> None:
    _explain_to_developers(sys.exception())
    say(f"kpikit: {message}")
    raise SystemExit(code)


def _wants_json() -> bool:
    words = " ".join(sys.argv[1:]).replace("=", " ")
    return "--log-format json" in words


def _explain_to_developers(error: BaseException | None) -> None:
    if error and "--debug" in sys.argv[1:]:
        traceback.print_exception(error)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"kpikit {version('kpikit')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of a failure.")] = False,
) -> None:
    """Customer KPIs, cohort retention and lifetime value as case-study reports that can be trusted."""


@app.command()
def run(
    notebook: Annotated[
        list[str] | None, typer.Argument(help="Names from kpikit list, or .ipynb files. Default: all.")
    ] = None,
    config: ConfigOption = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter of the notebooks; may be repeated."),
    ] = None,
    as_of: AsOfOption = "",
    period: Annotated[str, typer.Option(metavar="PERIOD", help="2026, 2026-Q3, 2026-09 or 2026-09-14.")] = "",
    jobs: JobsOption = 1,
    folder: FolderOption = "",
    time_limit: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="How long one notebook may take.")
    ] = LONGEST_SECONDS,
    despite_failed_checks: Annotated[
        bool,
        typer.Option("--despite-failed-checks", help="Publish even when the data checks say FAIL; the page says so."),
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each report as PDF, too: needs a Chromium.")] = False,
    force: ForceOption = False,
    retries: Annotated[
        int, typer.Option(min=0, max=10, help="How often to try again when a kernel died or data were out of reach.")
    ] = 0,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="text, or json: one event a line, for log collectors.")
    ] = LogFormat.text,
) -> None:
    """Run notebooks and publish their reports; the last line printed is the page to open.

    Without a kpikit.yaml the reports are about the data that come with kpikit. A report whose data, settings and code
    are as they were is not made again.
    """
    settings = project.settings(config)
    values = _values(parameter or [], config=project.config_value(settings), as_of=as_of, period=period)
    if settings is None and log_format is LogFormat.text:
        say(NO_CONFIG)
    _publish(
        settings, notebook or [], [values], folder=folder, log_format=log_format, force=force, workers=jobs,
        time_limit=time_limit, despite_failed_checks=despite_failed_checks, retries=retries, with_pdf=pdf,
    )  # fmt: skip


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", metavar="PERIOD", help="2025, 2025-Q1, 2025-01 or 2025-01-31.")],
    last: Annotated[str, typer.Option("--to", metavar="PERIOD", help="The last one, of the same length.")],
    notebook: Annotated[
        list[str] | None, typer.Argument(help="Names from kpikit list, or .ipynb files. Default: all.")
    ] = None,
    config: ConfigOption = "",
    jobs: JobsOption = 1,
    folder: FolderOption = "",
    force: ForceOption = False,
) -> None:
    """Make the reports of past periods, each with what was known at its end; those that are there stay."""
    settings = project.settings(config)
    periods = named_periods(first, last)
    runs = [_values([], config=project.config_value(settings), period=period) for period in periods]
    _publish(settings, notebook or [], runs, folder=folder, log_format=LogFormat.text, force=force, workers=jobs)


def _publish(
    settings: Config | None,
    names: list[str],
    runs: list[dict[str, object]],
    *,
    folder: str,
    log_format: LogFormat,
    force: bool,
    time_limit: float = LONGEST_SECONDS,
    **options: Any,
) -> None:
    """Run the notebooks once for each set of values, tell what became of them, and exit with the weightiest code."""
    from kpikit.report.warm import Forks

    base, several = project.working_folder(settings), len(names) != 1 or len(runs) > 1
    forks = Forks(base, is_wanted=several, at_once=force or settings is None)  # it imports while this process does
    from kpikit.report import logs, notebooks, stopping, store
    from kpikit.report import run as running
    from kpikit.report.execute import Limits

    reports = project.reports_folder(settings, chosen=folder)
    with forks, stopping.on_signals() as stop:
        books, tables, outcomes = notebooks.find(names, own=base), project.tables(settings), []
        for values in runs:
            planned, skipped = running.plan(books, values, tables=tables)
            with logs.Events(say) if log_format is LogFormat.json else Progress() as teller:
                done = running.run(
                    planned,
                    reports,
                    working_folder=base,
                    limits=Limits(min(Limits.cell_seconds, time_limit), time_limit),
                    tell=teller.tell,
                    inputs=project.inputs(settings, values) if settings else None,
                    force=force,
                    stop=stop,
                    forks=forks,
                    **options,
                )
            if len(runs) > 1:
                say(f"{values['period']}:")
            for outcome in [*skipped, *done]:
                teller.ended(outcome)
                _explain_to_developers(outcome.error)
            outcomes += done
    if (reports / store.INDEX).is_file():
        typer.echo(near(reports / store.INDEX))
    if code := stop.exit_code if stop.asked else running.exit_code(outcomes):
        raise typer.Exit(code)


@app.command()
def init(
    data: Annotated[list[str], typer.Argument(help="CSV or Parquet files, folders of them, or a DuckDB file.")],
    config: Annotated[str, typer.Option("--config", metavar="FILE", help="The file to write.")] = CONFIG_NAME,
) -> None:
    """Look at your files, propose how their columns map onto kpikit's, and write kpikit.yaml."""
    from kpikit import proposals

    target = Path(config)
    proposal = proposals.propose(data, target.absolute().parent)
    proposals.write(proposal, target)
    for note in proposal.notes:
        say(note)
    say("Read it through, then: kpikit check")
    typer.echo(near(target.absolute()))


@app.command()
def check(config: ConfigOption = "", as_of: AsOfOption = "") -> None:
    """Audit the data and print PASS, REVIEW or FAIL for each check; no report is made. A FAIL exits with 2."""
    from kpikit import checks, sources

    settings = project.settings(config)
    if settings is None:
        say(NO_CONFIG)
    data = sources.load(settings or "", as_of=as_of)
    result = checks.audit(data)
    typer.echo(f"{data.business}: {result.title}")
    print_table([str(name) for name in result.table.columns], result.table.astype(str).to_numpy().tolist())
    typer.echo(result.text)
    if result.facts.get("status") == "FAIL":
        raise typer.Exit(2)


@app.command("list")
def list_notebooks(
    config: ConfigOption = "",
    kpis: Annotated[bool, typer.Option("--kpis", help="List the KPIs instead: what each is called and needs.")] = False,
) -> None:
    """List the notebooks (or the KPIs), the tables each needs, and whether your data have them."""
    from kpikit.report import notebooks

    settings = project.settings(config)
    tables = project.tables(settings)
    if kpis:
        print_table(["KPI", "Title", "Family", "Needs", "Your data"], _kpi_rows(settings, tables))
        return
    rows = []
    for notebook in notebooks.available(own=project.working_folder(settings)):
        lacking = notebook.lacking(tables)
        ready = f"lacks {', '.join(lacking)}" if lacking else "ready"
        given = ", ".join(parameter.name for parameter in notebook.parameters)
        rows.append([notebook.name, notebook.title, ", ".join(notebook.needs), ready, given])
    print_table(["Notebook", "Title", "Needs", "Your data", "Parameters"], rows)


app.command()(commands.diff)
app.command()(commands.new)


def _kpi_rows(settings: Config | None, tables: tuple[str, ...]) -> list[list[str]]:
    """Return id, title, family, needs and whether the tables are there, by family."""
    from kpikit.metrics.configured import configured

    cards = [its.card for its in configured(settings).values()]
    rows = []
    for its in sorted(cards, key=lambda one: (one.family, one.title)):
        lacking = [name for name in its.needs if name not in tables]
        ready = f"lacks {', '.join(lacking)}" if lacking else "ready"
        rows.append([its.id, its.title, its.family, ", ".join([*its.needs, *its.columns]), ready])
    return rows


@app.command()
def explain(
    kpi: Annotated[str, typer.Argument(help="The id of a KPI, such as retention_rate. All: kpikit list --kpis.")],
    config: ConfigOption = "",
) -> None:
    """Print the definition of a KPI: formula, grain, interval, caveat and source."""
    from kpikit.metrics import cards
    from kpikit.metrics.configured import configured

    its = cards.find(kpi, configured(project.settings(config))).card
    facts = {"title": its.title, "question": its.question, **cards.described(its)}
    width = max(map(len, facts))
    for name, value in facts.items():
        typer.echo(f"{name:<{width}}  {value}")


def _values(texts: list[str], **options: str) -> dict[str, object]:
    """Return the parameters of a run: ``-p name=value``, and the options that were given."""
    values: dict[str, object] = {name: value for name, value in options.items() if value}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ParameterError("-p name=value", got=repr(text), fix="Put an equals sign between them.")
        values[name.strip()] = value
    return values
