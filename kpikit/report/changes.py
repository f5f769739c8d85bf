"""What changed since the last report: the section of a page, from the run's own numbers and those of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nbformat

from kpikit.formatting import MINUS, MISSING, agreed, counted, joined, number
from kpikit.keyfigures import ARROWS
from kpikit.report import history, payloads
from kpikit.report.audiences import HEADING
from kpikit.report.comparing import Comparison, Moved, Restated, compare, definition_words, segments, withheld
from kpikit.report.history import ALL, Told, Value
from kpikit.report.look import component, day_words, moment_words
from kpikit.report.manifest import Manifest
from kpikit.report.store import Store
from kpikit.results import MIME, SCHEMA_VERSION, slug

TITLE = "Since the last report"
NAME = "since-the-last-report"
MOST_RESTATED = 12
FIRST = (
    "This is the first report of this study with these parameters: there is no earlier one to compare with. "
    "The next one says here what changed since."
)
UNKNOWN_DATA = "It is not known whether the data are the same."
CHANCE = "a difference that chance may explain is called “no clear change”"


@dataclass(frozen=True)
class Table:
    """A table of texts: its caption, its columns, its rows; folded where a reader has to ask for it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_folded: bool = False


@dataclass(frozen=True)
class Since:
    """What changed since the last report, and which run that was (empty: there is none).

    ``people`` is a table for the gate: on how many people each number that the section shows rests (``n``).
    """

    html: str
    compared_with: str = ""
    people: dict[str, Any] | None = None


def since(found: list[payloads.Payload], record: Manifest, shelf: Store) -> Since:
    """Return the section about what changed since the last comparable run.

    Parameters
    ----------
    found
        What the notebook showed. The page's facts say what ``privacy.min_cell`` is.
    record
        The run, with its ``as_of`` and its parameters.
    shelf
        Where the earlier runs lie.
    """
    before = history.comparable(shelf, record)
    if before is None:
        return Since(component("changes.html.j2", anchor=NAME, lead=FIRST, notes=[], tables=[]))
    run, said = before
    comparison, min_cell = compare(said, history.told(found, record)), _min_cell(found)
    html = component(
        "changes.html.j2",
        anchor=NAME,
        lead=_lead(run.manifest, record),
        notes=[*_causes(run.manifest, record, comparison), *sentences(comparison)],
        tables=tables(comparison, min_cell=min_cell),
    )
    return Since(html, run.manifest.run_id, _people(comparison, min_cell))


def with_section(document: Any, section: Since) -> Any:
    """Return the executed notebook with the section after the key figures; the notebook that is kept has none.

    It stands below the notebook's own heading of its name, else before the heading that follows the key figures
    (without them the summary, else the page's head).
    """
    cells = list(document.cells)
    own = next((place for place, cell in enumerate(cells, start=1) if NAME in _headings(cell)), None)
    place = _after_key_figures(cells) if own is None else own
    result = {"schema_version": SCHEMA_VERSION, "name": NAME, "kind": "text", "title": TITLE, "kpis": [], "facts": {},
              "table": section.people}  # fmt: skip
    heading = [nbformat.v4.new_markdown_cell(f"## {TITLE}")] if own is None else []  # type: ignore[no-untyped-call]
    output = nbformat.v4.new_output("display_data", data={MIME: result, "text/html": section.html})  # type: ignore[no-untyped-call]
    body = nbformat.v4.new_code_cell("", outputs=[output])  # type: ignore[no-untyped-call]
    longer = document.copy()
    longer["cells"] = [*cells[:place], *heading, body, *cells[place:]]
    return longer


def tables(comparison: Comparison, *, most_restated: int | None = MOST_RESTATED, min_cell: int = 1) -> list[Table]:
    """Return what was restated, what moved and what is defined otherwise, as texts; no table without rows.

    Of a row that rests on fewer people than ``min_cell``, or was restated by fewer, no number is told.
    """
    made = [
        _restated(comparison, most_restated, min_cell), *_moved(comparison, min_cell), _parts(comparison),
        _redefined(comparison),
    ]  # fmt: skip
    return [table for table in made if table.rows]


def sentences(comparison: Comparison) -> list[str]:
    """Return what a reader should know beside the tables."""
    later, restated, moved = comparison.later, comparison.restated, comparison.moved
    told = [
        f"{_values(comparison.unchanged)} of past periods {agreed(comparison.unchanged, 'is', 'are')} as reported then."
    ]
    if restated:
        told[0] = (
            f"{_values(len(restated))} of {joined(_titles(later, [one.now.kpi for one in restated]))} "
            f"{agreed(len(restated), 'is', 'are')} restated: now other than reported then. {_why(comparison)} {told[0]}"
        )
    if moved:
        clear = sum(one.is_clear for one in moved)
        told.append(
            f"{counted(len(moved), 'figure')} {agreed(len(moved), 'has', 'have')} a later value, "
            f"{number(clear) if clear else 'none'} of them with a clear change; {CHANCE}."
        )
        if not any(one.parts for one in moved):
            is_split = any(segments(later, one.now) for one in moved)
            why = (
                "segments do not add up to the whole in both periods" if is_split else "values are not split by segment"
            )
            told.append(f"The {why}, so the changes are not split by mix and rate.")
    if comparison.lost:
        told.append(
            f"{_values(len(comparison.lost))} reported then {agreed(len(comparison.lost), 'is', 'are')} not known now."
        )
    if comparison.appeared:
        told.append(f"New on this page: {joined(_titles(later, comparison.appeared))}.")
    if comparison.gone:
        told.append(f"No longer on this page: {joined(_titles(comparison.earlier, comparison.gone))}.")
    return told


def _why(comparison: Comparison) -> str:
    """Return what can have restated a value."""
    if comparison.of_one_data is None:
        return UNKNOWN_DATA
    if comparison.of_one_data:
        return "The data are the same, so the notebook, the code, the packages or the settings did this."
    return "Rows that came late or were corrected can do this, and cases that were open then."


def _lead(then: Manifest, now: Manifest) -> str:
    known = "up to the same day" if then.as_of == now.as_of else f"before {day_words(then.as_of)}"
    return (
        f"Compared with the last report of this study with the same parameters, made {moment_words(then.started)} "
        f"from the data {known} (run {then.run_id})."
    )


def _causes(then: Manifest, now: Manifest, comparison: Comparison) -> list[str]:
    """Return which of data, settings and code differ: a number can change for each of these reasons.

    What one of the runs does not say is not claimed to differ.
    """
    rows = ", ".join(
        f"{name.replace('_', ' ')} {number(before)} → {number(after)} ({_signed(after - before)})"
        for name, (before, after) in comparison.rows.items()
    )
    others = [
        name
        for name, before, after in (
            ("the settings", then.config_fingerprint, now.config_fingerprint),
            ("the notebook or the code", then.code_hash, now.code_hash),
            ("the versions of the packages", then.versions, now.versions),
        )
        if before and after and before != after
    ]
    changed = f"{joined(others)} changed since."
    if comparison.of_one_data is None:
        told = [] if comparison.restated else [UNKNOWN_DATA]  # else it is said beside what is restated
        told += [f"{changed[0].upper()}{changed[1:]}"] if others else []
    elif comparison.of_one_data:
        told = ["The data are those of then.", *([f"But {changed}"] if others else [])]
    else:
        told = [f"The data are not those of then{f'; rows: {rows}' if rows else ''}."]
        told += [f"Beside the data, {changed}"] if others else []
    return [" ".join(told)] if told else []


def _min_cell(found: Sequence[payloads.Payload]) -> int:
    policy: dict[str, Any] = next((one["facts"].get("privacy") or {} for one in found if one["kind"] == "page"), {})
    return int(policy.get("min_cell") or 1)


def _people(comparison: Comparison, min_cell: int) -> dict[str, Any]:
    """Return on how many people each number rests that the tables show."""
    rows = [
        [one.now.kpi, one.now.segment, one.now.period, of, count]
        for found in (comparison.restated, comparison.moved)
        for one in found
        if one.now.key not in withheld(found, min_cell)
        for of, count in one.people.items()
    ]
    return {"columns": ["kpi", "segment", "period", "of", "n"], "rows": rows}


def _restated(comparison: Comparison, most: int | None, min_cell: int) -> Table:
    found = comparison.restated
    hidden = withheld(found, min_cell)
    rows = tuple(_restated_row(comparison.later, one, is_hidden=one.now.key in hidden) for one in found[:most])
    left = f"; the newest {number(len(rows))} of {number(len(found))}" if len(rows) < len(found) else ""
    columns = ("Figure", "Period", "Reported then", "Now", "Restated by", "Counts then", "Counts now")
    return Table(f"Restated values{left}", columns, rows)


def _restated_row(later: Told, one: Restated, *, is_hidden: bool) -> tuple[str, ...]:
    if is_hidden:
        return (*_what(later, one.now), "restated, small group", *[MISSING] * 4)
    kpi, then, now = one.now.kpi, one.then, one.now
    amount = later.difference(kpi, one.amount)
    return (
        *_what(later, now),
        later.shown(kpi, then.value),
        later.shown(kpi, now.value),
        amount,
        then.counts,
        now.counts,
    )


def _moved(comparison: Comparison, min_cell: int) -> tuple[Table, Table]:
    """Return the figures with a clear change, and the others."""
    hidden = withheld(comparison.moved, min_cell)
    columns = ("Figure", "Period", "Value", "Last report", "Value then", "Change", "Interval", "Verdict")
    clear, others = (
        tuple(
            _moved_row(comparison.later, one)
            for one in comparison.moved
            if one.is_clear == wanted and one.now.key not in hidden
        )
        for wanted in (True, False)
    )
    return Table("Clear changes", columns, clear), Table("Later values without a clear change", columns, others, True)


def _moved_row(later: Told, one: Moved) -> tuple[str, ...]:
    kpi = one.now.kpi
    is_restated = not later.reads_alike(kpi, one.then.value, one.before.value)
    held = (
        "no interval" if one.low is None else f"{later.difference(kpi, one.low)} to {later.difference(kpi, one.high)}"
    )
    before = later.shown(kpi, one.before.value) + (" (restated)" if is_restated else "")
    return (
        *_what(later, one.now),
        later.shown(kpi, one.now.value),
        later.label(one.before.period) or "last report",
        before,
        later.difference(kpi, one.change),
        held,
        ARROWS.get(one.verdict, one.verdict),
    )


def _parts(comparison: Comparison) -> Table:
    """Return how much of each change is mix and how much is rate: facts about these counts, not tested."""
    later = comparison.later
    rows = []
    for one in comparison.moved:
        if one.parts is None:
            continue
        for part in one.parts.segments:
            rows.append((later.title(one.now.kpi), part.segment, *_effects(later, one, part.mix, part.rate)))
        rows.append((later.title(one.now.kpi), "all together", *_effects(later, one, one.parts.mix, one.parts.rate)))
    columns = ("Figure", "Segment", "By mix", "By rate", "Both")
    caption = "By mix (other shares of the segments) and by rate (other values within them), chance included"
    return Table(caption, columns, tuple(rows))


def _effects(later: Told, one: Moved, mix: float, rate: float) -> tuple[str, ...]:
    return tuple(later.difference(one.now.kpi, effect) for effect in (mix, rate, mix + rate))


def _redefined(comparison: Comparison) -> Table:
    rows = tuple(
        (
            comparison.later.title(kpi),
            definition_words(comparison.earlier, kpi),
            definition_words(comparison.later, kpi),
        )
        for kpi in comparison.redefined
    )
    return Table("Defined otherwise, so not compared", ("Figure", "Definition then", "Definition now"), rows)


def _what(later: Told, value: Value) -> tuple[str, str]:
    segment = "" if value.segment == ALL else f" ({value.segment})"
    return f"{later.title(value.kpi)}{segment}", later.label(value.period) or "whole report"


def _signed(change: int) -> str:
    text = number(change)
    return text if text.startswith(MINUS) else f"+{text}"


def _values(size: int) -> str:
    return counted(size, "value")


def _titles(said: Told, names: Any) -> list[str]:
    return [said.title(name) for name in dict.fromkeys(names)]


def _kind(output: Any) -> str:
    return str(output.get("data", {}).get(MIME, {}).get("kind", ""))


def _after_key_figures(cells: Sequence[Any]) -> int:
    shown = {
        kind: place for place, cell in reversed([*enumerate(cells)]) for kind in map(_kind, cell.get("outputs", []))
    }
    after = next((shown[kind] for kind in ("tiles", "summary", "page") if kind in shown), 0)
    return next((place for place, cell in enumerate(cells) if place > after and _headings(cell)), len(cells))


def _headings(cell: Any) -> list[str]:
    """Return the names of the sections that a cell begins."""
    return [slug(heading) for heading in HEADING.findall(cell.source)] if cell.cell_type == "markdown" else []
