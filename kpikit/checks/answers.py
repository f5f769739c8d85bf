"""What is checked in survey answers: kinds that nobody counts, scores off their scale, scores and scales missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kpikit.checks.grading import FAIL, REVIEW, Check, graded, meant, records
from kpikit.config.questions import NPS, SCALES, by_id, kinds_declared, scales_declared
from kpikit.errors import listed
from kpikit.formatting import agreed, counted, joined, number
from kpikit.kpis.computing import Inputs
from kpikit.timeline import count_if

if TYPE_CHECKING:
    from kpikit.sources import Data

MOST = 0.5  # of a kind's answers: without them its score means little
SET_ASIDE = "No KPI counts such answers, none clips them."


def of_its_answers(data: Data) -> Iterator[Check]:
    """Yield the checks of survey answers: one query, by kind."""
    table = data.tables["survey_responses"]
    inputs = Inputs.of(data)
    settings = by_id(data.config.kpis, lambda name: inputs.card(name).id)
    kinds = {str(row["kind"]): row for row in records(_by_kind(table, {**SCALES, **scales_declared(settings)}))}
    valid = kinds_declared(settings)
    yield _kinds(kinds, valid)
    yield _missing(data)
    counting = {kind: row for kind, row in sorted(kinds.items()) if kind in valid}
    yield _scores(counting)
    yield _scales(counting)
    if "response_id" in table.columns:
        yield _repeated(kinds)


def _by_kind(table: Any, usual: Mapping[str, tuple[float, float]]) -> Any:
    """Return one row per kind: answers, those off their scale, and those whose scale is wrong, other or not known."""
    kind = table.kind.lower()
    ends = []
    for place, name in enumerate(("scale_min", "scale_max")):
        end = kind.cases(*((one, float(scale[place])) for one, scale in usual.items()))
        ends.append(table[name].cast("float64").fill_null(end) if name in table.columns else end)
    answers = table.mutate(kind=kind, low=ends[0], high=ends[1])
    low, high = answers.low, answers.high
    other = (answers.kind == NPS) & ((high != SCALES[NPS][1]) | (low > 1)) & (low < high)
    off = (answers.score < low) | (answers.score > high)
    twice = {}
    if "response_id" in table.columns:  # by kind: a form with several questions may have one id
        twice["repeated"] = answers.response_id.count() - answers.response_id.nunique()
    return answers.group_by("kind").aggregate(
        **twice,
        rows=answers.count(),
        off=count_if(off & (low < high) & ~other),
        other=count_if(other),
        inverted=count_if(low >= high),
        unknown=count_if(low.isnull() | high.isnull()),
    )


def _kinds(kinds: Mapping[str, Mapping[str, int]], valid: Iterable[str]) -> Check:
    names = sorted(valid)
    unknown = {kind: row["rows"] for kind, row in sorted(kinds.items()) if kind not in names}
    found = [f"{kind!r} ({counted(size, 'row')})" for kind, size in unknown.items()]
    seen = f"{counted(sum(unknown.values()), 'row')} of a kind that no KPI counts"
    seen += f": {listed(found, 5)}" if found else ""
    own = next(iter(unknown), "")
    do = f"{meant(unknown, names)}Kinds are {listed(names)}; a question of your own is declared in kpikit.yaml: "
    do += f"kpis: {{{own}: {{kind: {own}}}}}."
    return graded("survey_responses", "kind", len(unknown), seen, do)


def _missing(data: Data) -> Check:
    count = data.counts["survey_responses"]
    size = count.set_aside.get("no score", 0)
    seen = f"{counted(size, 'answer')} of {number(count.rows_in)} without a score, set aside"
    return graded("survey_responses", "missing scores", size, seen, "A missing score is no answer, and not a passive.")


def _scores(kinds: Mapping[str, Mapping[str, int]]) -> Check:
    off = {kind: row for kind, row in kinds.items() if row["off"]}
    size = sum(row["off"] for row in off.values())
    parts = joined(f"{kind}: {number(row['off'])} of {number(row['rows'])}" for kind, row in off.items())
    seen = f"{counted(size, 'score')} outside {agreed(size, 'its', 'their')} scale{f' ({parts})' if off else ''}"
    status = FAIL if any(row["off"] > MOST * row["rows"] for row in off.values()) else REVIEW
    do = f"Check scale_min and scale_max. {SET_ASIDE}"
    return graded("survey_responses", "score", size, seen, do, status=status)


def _scales(kinds: Mapping[str, Mapping[str, int]]) -> Check:
    wrong = {
        "with scale_min not below scale_max": "inverted",
        "to NPS on another scale than 0 to 10": "other",
        "on a scale that is not stated": "unknown",
    }
    sizes = {words: sum(row[name] for row in kinds.values()) for words, name in wrong.items()}
    parts = [f"{counted(size, 'answer')} {words}" for words, size in sizes.items() if size]
    seen = joined(parts) or "every answer has a scale"
    lost = (row["inverted"] + row["other"] + row["unknown"] > MOST * row["rows"] for row in kinds.values())
    status = FAIL if any(lost) else REVIEW
    do = f"Map scale_min and scale_max: the lowest and the highest answer that could be given. {SET_ASIDE}"
    return graded("survey_responses", "scale", len(parts), seen, do, status=status)


def _repeated(kinds: Mapping[str, Mapping[str, int]]) -> Check:
    size = sum(row["repeated"] for row in kinds.values())
    seen = f"{counted(size, 'row')} that {agreed(size, 'repeats', 'repeat')} a response_id of the same kind"
    do = "Export one row per answer. Until then each row counts as an answer."
    return graded("survey_responses", "response_id", size, seen, do, status=FAIL)
