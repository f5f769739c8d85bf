"""Raw values as the contract's types; what does not fit is an error that shows the value and its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from kpikit.contracts import COUNT, FLAG, ID, NUMBER, TEXT, TIME
from kpikit.errors import ContractError
from kpikit.sources.data import Flag
from kpikit.sources.engine import quoted, row, run, text
from kpikit.sources.mapping import PLAIN_TYPES, Mapped
from kpikit.sources.reading import Raw
from kpikit.sources.times import time

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"
TRUE_WORDS, FALSE_WORDS = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
FLOATS = ("FLOAT", "DOUBLE", "DECIMAL")
# 12,50 and 1.234,50 are decimal commas; 1,234 could be either, so it is not repaired; 1,234.50 has thousands commas.
DECIMAL_COMMA = r"[+-]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})"
WHOLE = r"[+-]?\d+"
THOUSANDS = r"[+-]?\d{1,3}(,\d{3})+\.\d+"
THOUSANDS_OR_PLAIN = r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?"
CURRENCY, GAP = r"(\p{Sc}|[A-Z]{3})", r"[\s\x{00A0}\x{202F}]*"
SIGN_BEFORE = f"([+-]?){GAP}{CURRENCY}{GAP}([+-]?[0-9.,]+)"
SIGN_AFTER = f"([+-]?[0-9.,]+){GAP}{CURRENCY}"


@dataclass
class Caster:
    """Casts the columns of one table, once ``as_of`` is known; gathers what was repaired on the way in ``flags``."""

    connection: Backend
    table: str
    raw: Raw
    timezone: str
    as_of: date | None = None
    flags: list[Flag] = field(default_factory=list)

    def cast(self, item: Mapped) -> str:
        """Return the SQL of a column as its contract's type; columns without a contract keep a plain type."""
        if item.column is None:
            return self._own(item)
        kinds: dict[str, Callable[[Mapped], str]] = {
            ID: self._id,
            TEXT: self.trimmed,
            TIME: self._time,
            NUMBER: self._number,
            COUNT: self._count,
            FLAG: self._flag,
        }
        return kinds[item.column.kind](item)

    def trimmed(self, item: Mapped) -> str:
        """Return the SQL of a column as text without outer blanks; blank text is missing."""
        return f"nullif(trim(CAST({item.sql} AS VARCHAR), {BLANKS}), '')"

    def _own(self, item: Mapped) -> str:
        if item.type.startswith("TIMESTAMP WITH TIME ZONE"):
            return f"timezone({text(self.timezone)}, {item.sql})"
        if item.type.startswith("TIMESTAMP"):
            return f"CAST({item.sql} AS TIMESTAMP)"
        plain = item.type.partition("(")[0] in PLAIN_TYPES and not item.type.endswith("]")
        return item.sql if plain else f"CAST({item.sql} AS VARCHAR)"

    def _id(self, item: Mapped) -> str:
        if item.type.startswith(FLOATS):
            whole = f"CASE WHEN {item.sql} = trunc({item.sql}) THEN CAST(CAST({item.sql} AS HUGEINT) AS VARCHAR) END"
            missing = "" if item.type.startswith("DECIMAL") else f"WHEN isnan({item.sql}) THEN NULL "
            return f"CASE {missing}ELSE coalesce({whole}, CAST({item.sql} AS VARCHAR)) END"
        value = self.trimmed(item)
        if item.type == "VARCHAR":
            filled, floats = self._counts(value, f"regexp_full_match({value}, '\\d+\\.0')")
            if filled and floats == filled:  # one id without ".0" would mean that the ".0" belongs to the ids
                self._repaired(item, floats, "ids written as decimals (17850.0) lost their '.0'")
                return f"regexp_replace({value}, '\\.0$', '')"
        return value

    def _number(self, item: Mapped) -> str:
        if item.type == "VARCHAR":
            sql = self._number_from_text(item)
        elif item.type.startswith(("DATE", "TIME", "INTERVAL")) or item.type.endswith("]"):
            raise self._wrong(item, "a number", "TRUE")
        else:
            sql = f"CAST({item.sql} AS DOUBLE)"
        if item.type == "VARCHAR" or item.type in {"DOUBLE", "FLOAT"}:
            self._refuse(item, f"NOT isfinite({sql})", "a finite number")
        return sql

    def _number_from_text(self, item: Mapped) -> str:
        value = self._without_sign(item)
        filled, plain, comma, whole, thousands, grouped = self._counts(
            value,
            f"TRY_CAST({value} AS DOUBLE) IS NOT NULL",
            *(
                f"regexp_full_match({value}, {text(pattern)})"
                for pattern in (DECIMAL_COMMA, WHOLE, THOUSANDS, THOUSANDS_OR_PLAIN)
            ),
        )
        if plain == filled:
            return f"CAST({value} AS DOUBLE)"
        if comma and comma + whole == filled:
            self._repaired(item, comma, "decimal commas (12,50) were read as decimal points")
            return f"CAST(replace(replace({value}, '.', ''), ',', '.') AS DOUBLE)"
        if thousands and grouped == filled:
            self._repaired(item, thousands, "thousands separators (1,234.50) were removed")
            return f"CAST(replace({value}, ',', '') AS DOUBLE)"
        raise self._wrong(
            item, "a number", f"{value} IS NOT NULL AND TRY_CAST({value} AS DOUBLE) IS NULL",
            fix="Correct these rows, or map the column with an expression such as try_cast(x AS DOUBLE).",
        )  # fmt: skip

    def _without_sign(self, item: Mapped) -> str:
        """Return the SQL of a text column without its currency sign, where every value has the same, on one side."""
        value = self.trimmed(item)
        for pattern, place, bare in ((SIGN_BEFORE, 2, r"\1\3"), (SIGN_AFTER, 2, r"\1")):
            filled, fits, signs, sign = row(
                self.connection,
                f"SELECT count({value}), count(*) FILTER (regexp_full_match({value}, {text(pattern)})), "
                f"count(DISTINCT regexp_extract({value}, {text(pattern)}, {place})), "
                f"max(regexp_extract({value}, {text(pattern)}, {place})) FROM {self.raw.relation}",
            )
            if filled and fits == filled and signs == 1:
                self._repaired(item, filled, f"the currency sign {sign} was removed")
                return f"regexp_replace({value}, {text(f'^{pattern}$')}, {text(bare)})"
        return value

    def _count(self, item: Mapped) -> str:
        sql = self._number(item)
        self._refuse(item, f"{sql} <> trunc({sql})", "a whole number")
        return f"CAST({sql} AS BIGINT)"

    def _flag(self, item: Mapped) -> str:
        if item.type == "BOOLEAN":
            return item.sql
        number = item.type.startswith((*FLOATS, "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "UBIGINT"))
        value = f"lower({self.trimmed(item)})" if not number else f"CAST(CAST({item.sql} AS BIGINT) AS VARCHAR)"
        self._refuse(
            item, f"{value} NOT IN {TRUE_WORDS} AND {value} NOT IN {FALSE_WORDS}", "true or false, yes or no, 1 or 0"
        )
        return f"{value} IN {TRUE_WORDS}"

    def _time(self, item: Mapped) -> str:
        if item.type.startswith("TIMESTAMP WITH TIME ZONE"):
            return f"timezone({text(self.timezone)}, {item.sql})"
        if item.type.startswith(("TIMESTAMP", "DATE")):
            return f"CAST({item.sql} AS TIMESTAMP)"
        if item.type == "NULL" or item.type == '"NULL"':
            return f"CAST({item.sql} AS TIMESTAMP)"
        value = self.trimmed(item)
        sql, repair, rows = time(self.connection, item, value, self.raw, self.table, self.timezone, self.as_of)
        if repair:
            self._repaired(item, rows, repair)
        return sql

    def _counts(self, value: str, *conditions: str) -> tuple[int, ...]:
        listing = ", ".join(f"count(*) FILTER ({condition})" for condition in conditions)
        return row(self.connection, f"SELECT count({value}), {listing} FROM {self.raw.relation}")

    def _refuse(self, item: Mapped, condition: str, expected: str) -> None:
        found = row(self.connection, f"SELECT count(*) FILTER ({condition}) FROM {self.raw.relation}")[0]
        if found:
            raise self._wrong(item, expected, condition)

    def _wrong(self, item: Mapped, expected: str, condition: str, fix: str = "") -> ContractError:
        return wrong(self.connection, self.raw, self.table, item, expected, condition, fix)

    def _repaired(self, item: Mapped, rows: int, what: str) -> None:
        sentence = f"{self.table}.{item.name}: {what} in {rows:,} {'row' if rows == 1 else 'rows'}."
        self.flags.append(Flag(self.table, "repair", rows, sentence))


def wrong(
    connection: Backend, raw: Raw, table: str, item: Mapped, expected: str, condition: str, fix: str = ""
) -> ContractError:
    """Return the error for the rows of a column that ``condition`` finds: the first value, its line, how many."""
    rows = run(
        connection,
        f"SELECT rowid, CAST({item.sql} AS VARCHAR), count(*) OVER () FROM {raw.relation} WHERE {condition} "
        "ORDER BY rowid LIMIT 1",
    )
    number, value, found = rows[0]
    others = f" ({found:,} such rows)" if found > 1 else " (1 such row)"
    source = item.source if len(item.source) < 60 else item.name
    named = quoted(source) if not source.isidentifier() else source
    return ContractError(
        expected,
        got=f"{value!r} in column {named}{others}",
        fix=fix or "Correct these rows, or map the column with an SQL expression.",
        where=f"{table}.{item.name}: {raw.place(connection, number)}",
    )
