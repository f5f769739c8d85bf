"""The sections of kpikit.yaml as frozen pydantic models."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from kpikit.config.values import (
    Day,
    Days,
    Expression,
    MonthFactors,
    Query,
    Rate,
    Span,
    TableName,
    Weekday,
    Words,
    wrong,
)
from kpikit.errors import ConfigError, listed, nearest
from kpikit.periods import WEEKDAYS

VARIABLE = re.compile(r"\$\{([^}]*)\}")
SHORT_DAYS = tuple(name[:3] for name in WEEKDAYS)


class Section(BaseModel):
    """A part of kpikit.yaml: frozen, strictly typed, and closed to names that it does not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        valid = [field.alias or name for name, field in cls.model_fields.items()]
        for key in data:
            if key not in valid and key not in cls.model_fields:
                hint = nearest(str(key), valid)
                fix = f"Did you mean {hint!r}?" if hint else "Remove it, or write one of these."
                raise PydanticCustomError(
                    "kpikit",
                    "{expected}",
                    {"expected": f"one of {listed(valid, 20)}", "got": repr(str(key)), "fix": fix, "key": key},
                )
        return data


class Business(Section):
    """Who reports: name, currency, and the calendar that local times are read with."""

    name: str = "Our business"
    currency: str = ""
    timezone: str = "UTC"
    week_start: Weekday = "monday"
    hours: dict[str, str] = {}
    holidays: Days = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            from zoneinfo import available_timezones

            hint = nearest(name, available_timezones())
            raise wrong(
                "a time zone such as Europe/Lisbon", repr(name), f"Did you mean {hint!r}?" if hint else ""
            ) from None
        return name

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, hours: dict[str, str]) -> dict[str, str]:
        for days, span in hours.items():
            _weekday_numbers(days)
            _opening(span)
        return hours

    @property
    def week(self) -> str:
        """The business's week as a period: ``week``, or ``week-sunday`` when it does not start on Monday."""
        return "week" if self.week_start == "monday" else f"week-{self.week_start}"

    @property
    def opening_hours(self) -> dict[int, tuple[time, time]]:
        """Opening and closing time by weekday (Monday 0); a weekday that is not there is closed; empty: not stated."""
        spans = [(day, _opening(span)) for days, span in self.hours.items() for day in _weekday_numbers(days)]
        return {day: span for day, span in spans if span is not None}


def _weekday_numbers(days: str) -> list[int]:
    first, _, last = days.casefold().partition("-")
    if first[:3] not in SHORT_DAYS or (last and last[:3] not in SHORT_DAYS):
        raise wrong("weekdays such as mon-fri or sat", repr(days), 'Write them as {mon-fri: "09:00-18:00"}.')
    start = SHORT_DAYS.index(first[:3])
    length = (SHORT_DAYS.index(last[:3]) - start) % 7 + 1 if last else 1
    return [(start + step) % 7 for step in range(length)]


def _opening(span: str) -> tuple[time, time] | None:
    if span == "closed":
        return None
    try:
        opens, closes = (time.fromisoformat(part.strip().zfill(5)) for part in span.split("-"))
    except ValueError:
        raise wrong('opening hours such as "09:00-18:00", or closed', repr(span), "Write them so.") from None
    if closes <= opens and closes != time(0):  # midnight is the end of the day
        raise wrong("opening hours that end after they begin", repr(span), 'Write them as "09:00-18:00".')
    return opens, closes


class Source(Section):
    """A place that tables come from; a secret in its ``url`` is written ``${ENV_NAME}`` and read when connecting.

    ``in_place: true`` leaves the rows of a PostgreSQL source on the server, which then computes; Spark's always stay.
    """

    url: str
    in_place: bool = False

    @field_validator("url")
    @classmethod
    def _no_secret_in_the_file(cls, url: str) -> str:
        password = re.search(r"://[^/@\s]*:([^/@]+)@", url)
        if password and not VARIABLE.fullmatch(password[1]):
            raise wrong("a password as ${ENV_NAME}", "a password in the file", "Put it into an environment variable.")
        for name in VARIABLE.findall(url):
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                raise wrong("the name of an environment variable inside ${…}", repr(name), "Write ${NAME}.")
        return url

    def variables(self) -> list[str]:
        """Return the names of the environment variables that the url needs."""
        return VARIABLE.findall(self.url)

    def resolved(self) -> str:
        """Return the url with its environment variables filled in; the value is never stored.

        Before the host, as in ``postgres://user:${PASSWORD}@host``, a value may hold any sign: it is quoted.
        """
        scheme, _, rest = self.url.rpartition("://")
        credentials = f"{scheme}://{rest.partition('/')[0]}".rpartition("@")[0] if scheme else ""

        def value(match: re.Match[str]) -> str:
            found = os.environ[match[1]]
            return quote(found, safe="") if match.end() <= len(credentials) else found

        return VARIABLE.sub(value, self.url)


class Table(Section):
    """Where one table comes from and how its columns are mapped."""

    from_: str | None = Field(default=None, alias="from")
    sql: Query | None = None
    columns: dict[str, Expression] = {}
    keep: Expression | None = None
    drop_duplicates: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Table:
        if self.from_ is not None and self.sql is not None:
            raise wrong("either from or sql", "both", "Remove one of them.")
        if self.from_ is not None and not self.from_.strip():
            raise wrong("a file, a folder or a source in from", "an empty text", "Write where the rows are.")
        return self


class Economics(Section):
    """What CLV supposes beside the orders: the margin as a fraction of revenue, the annual discount rate, the season.

    ``month_factors`` are twelve factors on the purchase rate, January first; empty: estimated where the data allow.
    """

    margin_fraction: Rate | None = None
    annual_discount_rate: Rate = 0.10
    month_factors: MonthFactors = ()


class Goal(Section):
    """A goal: at least or at most this much of a KPI by a date, with an owner and a baseline."""

    kpi: str
    at_least: float | None = None
    at_most: float | None = None
    by: Day
    owner: str = ""
    baseline: float | None = None
    segment: str = ""

    @model_validator(mode="after")
    def _one_direction(self) -> Goal:
        if (self.at_least is None) == (self.at_most is None):
            found = "neither" if self.at_least is None else "both"
            raise wrong("one of at_least and at_most", found, "Write one of them with a number.")
        return self


class Benchmark(Section):
    """Somebody else's value of a KPI, with its source."""

    kpi: str
    value: float
    source: str
    kind: Literal["industry", "competitor", "internal", "target"] = "industry"


class PerformanceIndicator(Section):
    """A customer performance indicator of the business's own: the share of eligible rows that are a success."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    table: TableName = "orders"
    eligible: Expression = "true"
    success: Expression
    better: Literal["higher", "lower"] = "higher"
    target: float | None = None
    owner: str = ""


class Intervention(Section):
    """Something that was done on a date to change a KPI, and whom it reached."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    starts: Day
    ends: Day | None = None
    kpi: str
    treated: Expression | None = None


class Privacy(Section):
    """What a report may show of single customers, and which names are scrubbed from comments."""

    min_cell: Annotated[int, Field(ge=1)] = 5
    customer_ids: Literal["hashed", "clear"] = "hashed"
    staff: Words = ()


class Report(Section):
    """How the reports are titled, for whom, and where they go (relative to the file)."""

    title: str = ""
    audience: Literal["", "executive", "manager", "frontline"] = ""
    language: str = "en"
    review_every: Literal["week", "month", "quarter", "year"] = "quarter"
    folder: str = "reports"


class Config(Section):
    """Everything that kpikit.yaml says. Made by :func:`kpikit.config.load_config`, or by hand in a notebook."""

    business: Business = Business()
    sources: dict[str, Source] = {}
    tables: dict[TableName, Table] = {}
    economics: Economics = Economics()
    kpis: dict[str, dict[str, Any]] = {}
    goals: Annotated[tuple[Goal, ...], Field(strict=False)] = ()
    benchmarks: Annotated[tuple[Benchmark, ...], Field(strict=False)] = ()
    performance_indicators: Annotated[tuple[PerformanceIndicator, ...], Field(strict=False)] = ()
    interventions: Annotated[tuple[Intervention, ...], Field(strict=False)] = ()
    freshness: dict[TableName, Span] = {}
    privacy: Privacy = Privacy()
    report: Report = Report()
    _path: Path | None = PrivateAttr(None)
    _lines: dict[tuple[str | int, ...], int] = PrivateAttr(default_factory=dict)

    @classmethod
    def embedded(cls) -> Config:
        """Return the configuration of CDNOW's orders, which come with the package."""
        return cls(business=Business(name="CDNOW", currency="USD"))

    @property
    def path(self) -> Path | None:
        """The file that this was read from, if any."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder that paths are relative to: the file's, else the current one."""
        return self._path.parent if self._path else Path.cwd()

    def resolve(self, text: str) -> Path:
        """Return a path of the configuration as an absolute path."""
        try:
            path = (self.folder / Path(text).expanduser()).absolute()
            path.exists()  # a name may be too long to be asked for
        except (RuntimeError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            got = f"{text[:60]!r}: {reason}"
            raise ConfigError("a path of this machine", got=got, fix="Correct it.", where=self.where()) from None
        return path

    def where(self, *keys: str | int) -> str:
        """Return ``kpikit.yaml, line 12: tables.orders`` for the place of a key, as near as it is known."""
        name = ".".join(str(key) for key in keys)
        if self._path is None:
            return name
        known = next((self._lines[keys[:size]] for size in range(len(keys), -1, -1) if keys[:size] in self._lines), 1)
        return f"{self._path.name}, line {known}{f': {name}' if name else ''}"

    def error(self, *keys: str | int, expected: str, got: str = "", fix: str = "") -> ConfigError:
        """Return the error about the value at ``keys``, with its file and line."""
        return ConfigError(expected, got=got, fix=fix, where=self.where(*keys))

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change when anything in the configuration does; secrets are not in it."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]
