"""Two runs chosen by name and told apart, for the command line: ``kpikit diff``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kpikit.errors import ParameterError, listed, nearest
from kpikit.formatting import number
from kpikit.report import changes, history
from kpikit.report.changes import Table
from kpikit.report.comparing import compare
from kpikit.report.history import Told
from kpikit.report.look import day_words, moment_words
from kpikit.report.manifest import Manifest
from kpikit.report.store import KPIS, Run, Store

LATEST, PREVIOUS = "latest", "previous"
PLACES = {LATEST: 0, PREVIOUS: 1}
NAMED = 5
HOW = "a run's id or its beginning, its folder, latest or previous, or NOTEBOOK:latest"


def find(shelf: Store, names: tuple[str, str]) -> tuple[Run, Run]:
    """Return two runs of one report, the earlier one first.

    Parameters
    ----------
    shelf
        The folder of reports.
    names
        Of each run: its id or the beginning of it, its folder, or ``latest`` and ``previous`` with the notebook before
        them (``cohort_retention:latest``). Without a notebook they mean the other run's, or the only one there is.

    Raises
    ------
    ParameterError
        When a name means no run, or more than one, or the two are of different reports.
    """
    every = {name: shelf.runs(name) for name in shelf.notebooks()}
    if not every:
        raise ParameterError("a folder with runs", got="none", fix="Run kpikit run first.", where=str(shelf.root))
    alone = {name: _one(name, every) for name in names if name not in PLACES}
    known = {run.manifest.notebook for run in alone.values()} or set(every if len(every) == 1 else ())
    found = [alone[name] if name in alone else _placed(name, known, every) for name in names]
    of = [run.manifest.notebook for run in found]
    if of[0] != of[1]:
        raise ParameterError("two runs of one report", got=f"one of {of[0]} and one of {of[1]}", where="diff")
    first, second = sorted(found, key=lambda run: (run.order, run.manifest.run_id))
    return first, second


def difference(then: Run, now: Run) -> tuple[list[str], list[Table]]:
    """Return what is different between two runs: sentences, and tables of texts (those with rows).

    Raises
    ------
    ParameterError
        When the values of one cannot be read.
    """
    comparison = compare(_said(then), _said(now))
    before, after = then.manifest, now.manifest
    made = [
        _table("Runs", {"run": before.run_id} | _facts(before), {"run": after.run_id} | _facts(after), equal_too=True),
        _table("Rows", *({name: number(pair[i]) for name, pair in comparison.rows.items()} for i in (0, 1))),
        _table("Parameters", _texts(before.parameters), _texts(after.parameters)),
        _table("Versions", before.versions, after.versions),
        *changes.tables(comparison, most_restated=None),
        _artefacts(before, after),
    ]
    return changes.sentences(comparison), [table for table in made if table.rows]


def _facts(record: Manifest) -> dict[str, str]:
    return {
        "made": moment_words(record.finished),
        "data before": day_words(record.as_of),
        "data checks": record.checks or "none shown",
        "data fingerprint": record.data_fingerprint[:16] or "none",
        "settings fingerprint": record.config_fingerprint[:16] or "none",
        "code fingerprint": record.code_hash[:16] or "none",
    }


def _table(title: str, then: Mapping[str, str], now: Mapping[str, str], *, equal_too: bool = False) -> Table:
    names = dict.fromkeys([*then, *now])
    rows = ((name, then.get(name, "–"), now.get(name, "–")) for name in names)
    return Table(title, ("", "Then", "Now"), tuple(row for row in rows if equal_too or row[1] != row[2]))


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: "(empty)" if value == "" else str(value) for name, value in values.items()}


def _artefacts(then: Manifest, now: Manifest) -> Table:
    rows = []
    for name in dict.fromkeys([*now.artefacts, *then.artefacts]):
        before, after = then.artefacts.get(name), now.artefacts.get(name)
        if before != after:
            rows.append((name, "new" if before is None else "gone" if after is None else "changed"))
    return Table("Files", ("File", "What became of it"), tuple(rows))


def _said(run: Run) -> Told:
    said = history.read(run)
    if said is None:
        raise ParameterError(
            "the values of the run", got=f"a {KPIS} that cannot be read", fix="Compare other runs.",
            where=run.manifest.run_id,
        )  # fmt: skip
    return said


def _one(name: str, every: Mapping[str, list[Run]]) -> Run:
    """Return the run that a name means by itself."""
    notebook, _, place = name.rpartition(":")
    if place in PLACES:
        return _placed(place, {notebook}, every)
    runs = [run for found in every.values() for run in found]
    folder = Path(name).resolve()
    matching = [run for run in runs if run.folder.resolve() == folder or run.manifest.run_id == name]
    matching = matching or [run for run in runs if name and run.manifest.run_id.startswith(name)]
    if len(matching) == 1:
        return matching[0]
    ids = [run.manifest.run_id for run in sorted(matching or runs, key=lambda run: run.manifest.finished, reverse=True)]
    hint = nearest(name, ids)
    raise ParameterError(
        HOW,
        got=f"{name!r}, with which {len(matching)} runs begin" if matching else repr(name),
        fix=f"Did you mean {hint!r}?" if hint and not matching else f"The newest are {listed(ids[:NAMED])}.",
        where="run",
    )


def _placed(place: str, notebooks: set[str], every: Mapping[str, list[Run]]) -> Run:
    """Return the latest run of a notebook, or the one before it."""
    if len(notebooks) != 1:
        raise ParameterError(
            f"the notebook whose {place} run is meant", got=repr(place),
            fix=f"Write one of {listed(f'{name}:{place}' for name in every)}.", where="run",
        )  # fmt: skip
    (notebook,) = notebooks
    if notebook not in every:
        hint = nearest(notebook, every)
        raise ParameterError(
            f"a notebook with runs: {listed(every)}", got=repr(notebook),
            fix=f"Did you mean {hint!r}?" if hint else "", where="run",
        )  # fmt: skip
    runs = every[notebook]
    if PLACES[place] >= len(runs):
        raise ParameterError(
            f"two runs of {notebook}", got=f"{len(runs)}", fix="Run it again: kpikit run --force.", where="run"
        )
    return runs[PLACES[place]]
