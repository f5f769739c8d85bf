"""What runs said, read in place from their own ``kpis.json`` and ``manifest.json``: there is no other state."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from kpikit import formatting
from kpikit.errors import ParameterError
from kpikit.forecasts import COLUMNS as FORECAST
from kpikit.forecasts import KIND as FORECASTS
from kpikit.periods import Period
from kpikit.report import payloads
from kpikit.report.manifest import Manifest
from kpikit.report.store import KPIS, Run, Store

SCHEMA_VERSION = 1
ALL = "all"
COMPLETE = "complete"
NOT_ASKED = ("as_of", "period", "audience")  # parameters that change no definition: which days, and for whom
CHANGE_COLUMNS = {"kpi", "period", "previous_period", "change", "change_low", "change_high", "verdict"}
CARD_FIELDS = ("id", "title", "style", "direction", "formula", "settings", "version")
Key = tuple[str, str, str, float]


class Stored(BaseModel):
    """A part of ``kpis.json``. Readers pass over what they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Value(Stored):
    """One value of a KPI: of a period (its first day, ISO text) and a segment; ``period`` None: of the whole run.

    ``by`` is what the segments split by, where the notebook says it: a page may split one KPI in two ways.
    """

    kpi: str
    segment: str = ALL
    by: str | None = None
    period: str | None = None
    horizon_days: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    status: str = COMPLETE
    definition: JsonValue = None

    @property
    def key(self) -> Key:
        """What no two values of a run share."""
        return self.kpi, self.segment, self.period or "", self.horizon_days or 0.0

    @property
    def series(self) -> Key:
        """What the values of one KPI and segment in all periods share."""
        return self.kpi, self.segment, "", self.horizon_days or 0.0

    @property
    def is_known(self) -> bool:
        """Whether the value is there and its period is over."""
        return self.status == COMPLETE and self.value is not None

    @property
    def counts(self) -> str:
        """What the value is counted from, in words: numerator of denominator, else ``n``."""
        if self.numerator is None or self.denominator is None:
            return f"n = {formatting.number(self.n)}"
        return f"{_plain(self.numerator)} of {_plain(self.denominator)}"


class Definition(Stored):
    """What a page says a KPI is."""

    id: str
    title: str = ""
    style: str = "decimal"
    direction: str = ""
    formula: str = ""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    version: JsonValue = None


class Judged(Stored):
    """A change between two periods as a notebook judged it, with its interval."""

    kpi: str
    segment: str = ALL
    period: str
    previous_period: str
    change: float
    change_low: float | None = None
    change_high: float | None = None
    verdict: str


class Foretold(Stored):
    """A forecast that a later run judges: what its fields mean, :data:`kpikit.forecasts.COLUMNS` says."""

    kpi: str
    title: str
    by: str = ""
    segment: str = ALL
    as_of: str
    ends: str
    value: float
    low: float | None = None
    high: float | None = None
    confidence: float
    style: str = "decimal"
    n: float | None = None
    model: str = ""
    definition: str


class Told(Stored):
    """Everything that one run said in numbers: the content of its ``kpis.json``."""

    run_id: str
    notebook: str
    as_of: str
    currency: str = ""
    period_unit: str = ""
    data_fingerprint: str = ""
    rows: dict[str, int] = Field(default_factory=dict)
    definitions: list[Definition] = Field(default_factory=list)
    changes: list[Judged] = Field(default_factory=list)
    forecasts: list[Foretold] = Field(default_factory=list)
    kpis: list[Value] = Field(default_factory=list)

    @cached_property
    def values(self) -> dict[Key, Value]:
        """The values by key, in page order; of two with one key, the first on the page."""
        found: dict[Key, Value] = {}
        for value in self.kpis:
            found.setdefault(value.key, value)
        return found

    @cached_property
    def cards(self) -> dict[str, Definition]:
        """The definitions by KPI."""
        return {one.id: one for one in self.definitions}

    def names(self) -> list[str]:
        """Return the KPIs, in page order."""
        return list(dict.fromkeys(value.kpi for value in self.kpis))

    def last_known(self, series: Key) -> Value | None:
        """Return the value of a series in its last complete period."""
        found = [value for value in self.values.values() if value.series == series and value.is_known]
        return max(found, key=lambda value: value.period or "", default=None)

    def title(self, kpi: str) -> str:
        """Return what a KPI is called: by its card, else by its name in words."""
        card = self.cards.get(kpi)
        return card.title if card and card.title else kpi.replace("_", " ").capitalize()

    def shown(self, kpi: str, value: float | None) -> str:
        """Return a value as its card says that it is written."""
        return formatting.styled(value, self._style(kpi), self.currency)

    def reads_alike(self, kpi: str, one: float | None, other: float | None) -> bool:
        """Say whether a reader sees one value of a KPI in two: a fitted model's differ in digits that are not shown."""
        return same(one, other) or self.shown(kpi, one) == self.shown(kpi, other)

    def difference(self, kpi: str, change: float | None) -> str:
        """Return a difference of two values of a KPI, with its sign."""
        return formatting.difference(change, self._style(kpi), self.currency)

    def version(self, kpi: str) -> JsonValue:
        """Return the version of a KPI's definition."""
        return next((value.definition for value in self.kpis if value.kpi == kpi), None)

    def label(self, period: str | None) -> str:
        """Return a reader's name of a period; nothing for a value of the whole run."""
        if not period:
            return ""
        try:
            return Period.parse(self.period_unit).label(date.fromisoformat(period[:10]))
        except (ParameterError, ValueError):
            return period

    def _style(self, kpi: str) -> str:
        card = self.cards.get(kpi)
        return card.style if card else "decimal"


def facts(found: Sequence[payloads.Payload], record: Manifest) -> dict[str, Any]:
    """Return what ``kpis.json`` says beside the values: whose they are, what they mean, of which data they are.

    Parameters
    ----------
    found
        What the notebook showed.
    record
        The run, with its ``as_of``.
    """
    page: dict[str, Any] = next((payload["facts"] for payload in found if payload["kind"] == "page"), {})
    units = (payload["facts"].get("period") for payload in found if payload["kpis"])
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": record.run_id,
        "notebook": record.notebook,
        "as_of": record.as_of,
        "currency": str(page.get("currency") or ""),
        "period_unit": next((str(unit) for unit in units if unit), ""),
        "data_fingerprint": record.data_fingerprint,
        "rows": {str(name): size for name, size in dict(page.get("tables") or {}).items() if isinstance(size, int)},
        "definitions": [
            {name: row.get(name) for name in CARD_FIELDS if row.get(name) is not None}
            for row in _rows(found, "definitions", {"id", "title"})
        ],
        "changes": [
            {name: row[name] for name in sorted(CHANGE_COLUMNS | ({"segment"} & row.keys()))}
            for row in _rows(found, "tiles", CHANGE_COLUMNS)
            if row["previous_period"] is not None and row["change"] is not None
        ],
        "forecasts": [{name: row[name] for name in FORECAST} for row in _rows(found, FORECASTS, {*FORECAST})],
    }


def told(found: Sequence[payloads.Payload], record: Manifest) -> Told:
    """Return what a run that has just been executed says, as :func:`read` will find it."""
    return Told.model_validate({**facts(found, record), "kpis": payloads.kpis(list(found))})


def read(run: Run) -> Told | None:
    """Return what a kept run said, or None where its ``kpis.json`` cannot be read: a stray file must not stop a run.

    Which data they were, the manifest says where an older ``kpis.json`` does not.
    """
    try:
        said = Told.model_validate_json((run.folder / KPIS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    read_data = said.data_fingerprint or run.manifest.data_fingerprint
    return said.model_copy(update={"data_fingerprint": read_data})


def comparable(shelf: Store, record: Manifest) -> tuple[Run, Told] | None:
    """Return the run that a new one is compared with, and what it said.

    It is the last successful run of the same notebook about the same business, with the same parameters but for dates
    and audience, on data up to the same day or an earlier one. Values that are defined otherwise are told apart later.
    """
    for run in shelf.runs(record.notebook):
        then = run.manifest
        if then.run_id != record.run_id and then.as_of <= record.as_of and asked(then) == asked(record):
            said = read(run)
            if said is not None:
                return run, said
    return None


def asked(record: Manifest) -> tuple[str, Mapping[str, JsonValue]]:
    """Return what runs of one report have in common: the business, and the parameters but for dates and audience."""
    return record.business, {
        name: value for name, value in record.parameters.items() if name not in NOT_ASKED and value != ""
    }


def trend(said: Sequence[Told]) -> list[tuple[str, float]]:
    """Return the headline KPI, the first on the page, as the runs told it: label and value, in order of time.

    Each period has the value that the latest run gives it, and none where that run has it suppressed or unknown,
    whatever earlier ones said; a KPI without periods has one value for each ``as_of``.
    Runs that define it otherwise than the latest one (:func:`defined_alike`) are left out.

    Parameters
    ----------
    said
        What the runs of one report said, the latest first.
    """
    if not said or not said[0].kpis:
        return []
    newest, series, latest = said[0], said[0].kpis[0].series, dict[str, Value]()
    for one in said:
        for value in one.values.values():
            if value.series == series and defined_alike(newest, one, value.kpi):
                latest.setdefault(value.period or one.as_of, value)
    has_periods = any(value.period for value in newest.kpis if value.series == series)
    return [
        (newest.label(moment) if has_periods else moment, value.value)
        for moment, value in sorted(latest.items())
        if value.is_known and value.value is not None
    ]


def defined_alike(one: Told, other: Told, kpi: str) -> bool:
    """Say whether a KPI is the same in two runs: version, and formula and settings where both have its card."""
    first, second = one.cards.get(kpi), other.cards.get(kpi)
    means_the_same = not (first and second) or (first.formula, first.settings) == (second.formula, second.settings)
    return means_the_same and one.version(kpi) == other.version(kpi)


def headline(said: Told, series: Key) -> str:
    """Return a headline KPI in words, as a run told it: its last known value and the period; empty without one."""
    value = said.last_known(series)
    if value is None:
        return ""
    shown, period = said.shown(value.kpi, value.value), said.label(value.period)
    return f"{shown} in {period}" if period else shown


def same(one: float | None, other: float | None) -> bool:
    """Say whether two stored numbers are one: sums that an engine adds in another order differ in the last digits."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def _plain(count: float) -> str:
    return formatting.number(count, 2).removesuffix(".00")


def _rows(found: Sequence[payloads.Payload], kind: str, needed: set[str]) -> list[dict[str, Any]]:
    """Return the rows of every table of a kind that has the columns."""
    tables = [payload["table"] for payload in found if payload["kind"] == kind and payload.get("table")]
    return [
        dict(zip(table["columns"], row, strict=True))
        for table in tables
        if needed <= set(table["columns"])
        for row in table["rows"]
    ]
