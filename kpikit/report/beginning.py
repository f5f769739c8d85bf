"""A notebook to begin a study with: it runs as it is, and keeps to what every notebook keeps to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from kpikit.errors import ParameterError
from kpikit.report import notebooks
from kpikit.report.store import machine_errors
from kpikit.results import slug

PARAMETERS = """\
config: str = ""  # path of kpikit.yaml; empty: the one in this folder, else the embedded data
as_of: str = ""  # first day that is not known (ISO date); empty: the day after the newest order
period: str = ""  # report up to the end of this period, such as 2026-Q3; empty: all that is known
audience: str = ""  # executive, manager or frontline: who reads the page
unit: str = "month"  # width of a period: week, month or quarter"""
LOAD = """\
import kpikit as kk

data = kk.load(config, as_of=as_of, period=period, audience=audience)
data"""
COMPUTE = """\
kpis = ["active_customers", "average_order_value", "retention_rate"]
known = {"period": data.period(unit), "as_of": data.as_of}
values = kk.compute(data, kpis, **known)
table = kk.cohorts.cohort_retention(data.orders, **known).to_pandas()
(table,) = kk.protected(data, table)  # no cohort of fewer people than privacy.min_cell"""
JUDGE = """\
scores = kk.scores(values, period=data.period(unit), currency=data.currency, data=data)
curve = kk.retention.pooled_curve(table, period=data.period(unit))
audit = kk.audit(data)"""
CELLS = (
    ("code", LOAD),
    ("code", COMPUTE),
    ("code", JUDGE),
    ("markdown", "## Summary"),
    ("code", "kk.plots.summary(kk.summary(curve, scores))"),
    ("code", "kk.plots.tiles(scores)"),
    ("markdown", "## The case\n\nSay here what the next figure is for. Each figure's title states what it found."),
    ("code", "kk.plots.retention_curve(curve)"),
    (
        "markdown",
        "## Definitions and method\n\nA change is called clear only where its interval leaves out zero. Periods that "
        "are not over are shown and marked, never\ncompared.",
    ),
    ("code", "kk.plots.definitions(kk.definitions(*kpis, data=data))"),
    ("markdown", "## Data quality"),
    ("code", "kk.plots.quality(audit)"),
    ("code", "kk.plots.set_aside(kk.set_aside_table(data))"),
)


def write(name: str, base: Path) -> Path:
    """Write ``notebooks/<name>.ipynb`` below a folder and return its path; nothing is overwritten.

    Parameters
    ----------
    name
        What the study is called: its title; the file is named by its letters and digits, joined by ``_``.
    base
        Folder of the configuration.

    Raises
    ------
    ParameterError
        When the name has no letter or digit, or a notebook of that name is there.
    MachineError
        When the file cannot be written.
    """
    stem, title = file_name(name), " ".join(name.removesuffix(".ipynb").split())
    path = base / notebooks.OWN / f"{stem}.ipynb"
    taken = path.name if path.exists() else f"{stem} of kpikit" if stem in _names() else ""
    if taken:
        raise ParameterError(
            "the name of a notebook that is not there yet", got=taken, fix="Choose another name.", where="new"
        )
    text = nbformat.writes(document(title))  # type: ignore[no-untyped-call]
    with machine_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
    return path


def file_name(name: str) -> str:
    """Return the file's name without its ending.

    >>> file_name("Summer sale: who came back?"), file_name("../../etc.ipynb")
    ('summer_sale_who_came_back', 'etc')
    """
    plain = name.removesuffix(".ipynb")
    if not any(letter.isascii() and letter.isalnum() for letter in plain):
        raise ParameterError("a name with letters or digits (a to z, 0 to 9)", got=repr(name), where="new")
    return slug(plain).replace("-", "_")


def document(title: str) -> Any:
    """Return the notebook: title, parameters, load, key figures, one figure, definitions, data quality."""
    made = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    heading = (
        f"# {title}\n\nWhat is the question, for whom, and what would they do otherwise once they know the answer?"
    )
    tagged = {"tags": ["parameters"]}
    made.cells = [_cell("markdown", heading, 0), _cell("code", PARAMETERS, 1, tagged)]
    made.cells += [_cell(kind, source, place) for place, (kind, source) in enumerate(CELLS, start=2)]
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made.metadata["language_info"] = {"name": "python"}
    made.metadata["kpikit"] = {"title": title, "needs": ["orders"], "wants": []}
    return made


def _cell(kind: str, source: str, place: int, metadata: dict[str, Any] | None = None) -> Any:
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return make(source, id=f"{kind}-{place:02d}", metadata=metadata or {})  # type: ignore[no-untyped-call]


def _names() -> set[str]:
    return {path.stem for path in notebooks.folder().glob("*.ipynb")}
