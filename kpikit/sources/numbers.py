"""Numbers written as text: the styles that people write them in, and the one that every value of a column fits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kpikit.errors import ContractError
from kpikit.sources.engine import row, run, text
from kpikit.sources.mapping import Mapped
from kpikit.sources.reading import Raw
from kpikit.sources.wrongs import Fix, wrong

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

BLANK, APOSTROPHE = r"[ \x{00A0}\x{2009}\x{202F}]", "['’]"
CURRENCY, GAP = r"(\p{Sc}|[A-Z]{3})", r"[\s\x{00A0}\x{202F}]*"
FIGURES = r"[+-]?[0-9.,'’ \x{00A0}\x{2009}\x{202F}]*[0-9]"
SIGN_BEFORE = f"([+-]?){GAP}{CURRENCY}{GAP}({FIGURES})"
SIGN_AFTER = f"({FIGURES}){GAP}{CURRENCY}"
BRACKETS, BEHIND = r"^\(([^()+-]+)\)$", r"^([^()+-]+)-$"


@dataclass(frozen=True)
class Style:
    """How numbers are written: what divides thousands, the decimal sign, and what is told when they are read."""

    thousands: str
    decimal: str
    told: str

    @property
    def pattern(self) -> str:
        """The regular expression of a number in this style."""
        point = rf"\{self.decimal}"
        return rf"[+-]?((\d{{1,3}}({self.thousands}\d{{3}})+|\d+)({point}\d*)?|{point}\d+)"

    def plain(self, value: str) -> str:
        """Return the SQL of a value in this style as DuckDB reads numbers."""
        bare = f"regexp_replace({value}, {text(self.thousands)}, '', 'g')"
        return f"CAST(replace({bare}, {text(self.decimal)}, '.') AS DOUBLE)"


COMMAS = Style(",", ".", "thousands separators were removed")
DECIMAL_COMMAS = Style(r"\.", ",", "decimal commas (12,50) were read as decimal points")
STYLES = (
    DECIMAL_COMMAS,
    COMMAS,
    Style(BLANK, ",", "blanks between digits were removed and decimal commas (12,50) read as decimal points"),
    Style(BLANK, ".", "blanks between digits were removed"),
    Style(APOSTROPHE, ".", "apostrophes between digits were removed"),
    Style(APOSTROPHE, ",", "apostrophes between digits were removed and decimal commas (12,50) read as decimal points"),
)


@dataclass(frozen=True)
class Reading:
    """The SQL of a column as numbers, and what was repaired, each with its number of rows."""

    sql: str
    repairs: tuple[tuple[int, str], ...] = ()


def read(connection: Backend, table: str, raw: Raw, item: Mapped, value: str) -> Reading:
    """Return how a text column is read as numbers; ``value`` is the SQL of its trimmed text.

    Raises
    ------
    ContractError
        When a value is no number, when a column can be read in two ways, or when it has two currencies.
    """
    reader = _Reader(connection, table, raw, item, value)
    filled, plain, minus, brackets, behind = reader.counts(
        f"TRY_CAST({value} AS DOUBLE) IS NOT NULL",
        f"contains({value}, '−')",
        f"regexp_matches({value}, {text(BRACKETS)})",
        f"regexp_matches({value}, {text(BEHIND)})",
    )
    if plain == filled:
        return Reading(f"CAST({value} AS DOUBLE)")
    reader.turn(minus, "−", "a typographic minus (−) was read as -", "-")
    reader.turn(brackets, BRACKETS, "brackets (12.50) were read as amounts below zero")
    reader.turn(behind, BEHIND, "a minus behind a number was put before it")
    reader.remove_currency(filled)
    return reader.in_one_style(filled)


class _Reader:
    """Makes one column plainer, step by step; a step that changes nothing leaves no trace."""

    def __init__(self, connection: Backend, table: str, raw: Raw, item: Mapped, value: str) -> None:
        self.connection, self.table, self.raw, self.item, self.value = connection, table, raw, item, value
        self.written, self.repairs = value, list[tuple[int, str]]()

    def counts(self, *conditions: str) -> tuple[int, ...]:
        listing = ", ".join(f"count(*) FILTER ({condition})" for condition in conditions)
        return row(self.connection, f"SELECT count({self.value}), {listing} FROM {self.raw.relation}")

    def turn(self, rows: int, pattern: str, told: str, into: str = r"-\1") -> None:
        if rows:
            self.value = f"regexp_replace({self.value}, {text(pattern)}, {text(into)})"
            self.repairs.append((rows, told))

    def remove_currency(self, filled: int) -> None:
        """Take the currency sign off where every value has one, on one side; two currencies are an error."""
        for pattern, bare in ((SIGN_BEFORE, r"\1\3"), (SIGN_AFTER, r"\1")):
            sign = f"regexp_extract({self.value}, {text(f'^{pattern}$')}, 2)"
            rows = f"{self.raw.relation} WHERE {self.value} IS NOT NULL"
            signs = run(self.connection, f"SELECT {sign}, count(*) FROM {rows} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3")
            if any(not found for found, _ in signs):
                continue
            if len(signs) > 1:
                usual, other = signs[0][0], signs[1][0]
                raise self._wrong(
                    f"amounts in one currency ({usual} in most rows)", f"{sign} <> {text(usual)}",
                    "Map an expression that converts, such as: CASE WHEN "
                    f"{self.item.written} LIKE '%{other}%' THEN 1.1 ELSE 1 END * "
                    f"CAST(regexp_replace({self.item.written}, '[^0-9.-]', '', 'g') AS DOUBLE)",
                )  # fmt: skip
            self.value = f"regexp_replace({self.value}, {text(f'^{pattern}$')}, {text(bare)})"
            self.repairs.append((filled, f"the currency sign {signs[0][0]} was removed"))
            return

    def in_one_style(self, filled: int) -> Reading:
        plain = f"TRY_CAST({self.value} AS DOUBLE) IS NOT NULL"
        fits = (f"regexp_full_match({self.value}, {text(style.pattern)})" for style in STYLES)
        _, plains, commas, dots, *counts = self.counts(
            plain, f"contains({self.value}, ',')", f"contains({self.value}, '.')", *fits
        )
        if plains == filled:
            return Reading(f"CAST({self.value} AS DOUBLE)", tuple(self.repairs))
        fitting = [style for style, count in zip(STYLES, counts, strict=True) if count == filled]
        if {COMMAS, DECIMAL_COMMAS} <= set(fitting):
            raise self._ambiguous()
        if fitting:
            style, rows, told = fitting[0], filled - plains, fitting[0].told
            if style is DECIMAL_COMMAS:
                rows, told = (max(commas, rows), told) if commas else (dots, "points between thousands were removed")
            return Reading(style.plain(self.value), (*self.repairs, (rows, told)))
        raise self._wrong(
            "a number", f"{self.written} IS NOT NULL AND TRY_CAST({self.written} AS DOUBLE) IS NULL", self._remedy
        )

    def _ambiguous(self) -> ContractError:
        shown = row(
            self.connection, f"SELECT first({self.value} ORDER BY rowid) FROM {self.raw.relation} "
            f"WHERE contains({self.value}, ',')",
        )[0]  # fmt: skip
        one, other = (f"CAST(replace({self.item.written}, ',', '{sign}') AS DOUBLE)" for sign in ("", "."))
        as_yaml = [json.dumps(sql, ensure_ascii=False) for sql in (one, other)]
        return self._wrong(
            f"numbers that can be read in one way, not as {shown.replace(',', '.')} or {shown.replace(',', '')}",
            f"contains({self.value}, ',')",
            f"Say which one in kpikit.yaml: tables.{self.table}.columns.{self.item.name}: {as_yaml[0]} where the comma "
            f"divides thousands, or {as_yaml[1]} where it is the decimal sign.",
        )  # fmt: skip

    def _remedy(self, value: str) -> str:
        """Return what to do about a value that is no number."""
        written, name = self.item.written, self.item.name
        if value.strip().casefold() == self.item.source.casefold():
            return "A header seems to stand among the rows: remove it."
        if value.strip().endswith("%"):
            return (
                f"Map {name}: CAST(replace({written}, '%', '') AS DOUBLE), with / 100 behind it where a share is meant."
            )
        return f"Correct these rows, or map {name}: try_cast({written} AS DOUBLE), which makes them missing."

    def _wrong(self, expected: str, condition: str, fix: Fix) -> ContractError:
        return wrong(self.connection, self.raw, self.table, self.item, expected, condition, fix)
