"""Raw values as the contract's types; what does not fit is an error that shows the value and its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from kpikit.contracts import COUNT, FLAG, ID, NUMBER, TEXT, TIME
from kpikit.errors import ContractError
from kpikit.formatting import counted
from kpikit.sources import numbers
from kpikit.sources.data import Flag, rows_text
from kpikit.sources.engine import row, text
from kpikit.sources.mapping import PLAIN_TYPES, Mapped
from kpikit.sources.reading import Raw
from kpikit.sources.times import time
from kpikit.sources.wrongs import wrong

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

OUTER_BLANK = r"'^[\s\x{00A0}]|[\s\x{00A0}]$'"
BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"
TRUE_WORDS, FALSE_WORDS = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
FLOATS = ("FLOAT", "DOUBLE", "DECIMAL")
SMALL = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
LARGEST = "1e15"  # above it a float loses cents, and sums of squares overflow
MISSING_WORDS = "('null', '(null)', '<null>', 'nan', 'none', 'nil', 'nat', '<na>', 'n/a', '#n/a', 'undefined')"
ALIKE = r"regexp_replace(ltrim(lower(v), '0'), '\.0$', '')"


@dataclass
class Caster:
    """Casts the columns of one table, once ``as_of`` is known; gathers what was repaired on the way in ``flags``."""

    connection: Backend
    table: str
    raw: Raw
    timezone: str
    as_of: date | None = None
    flags: list[Flag] = field(default_factory=list)
    _blank: dict[str, bool] = field(default_factory=dict)

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
        """Return the SQL of a column as text without outer blanks; blank text is missing.

        DuckDB trims slowly: one look whether any value has such a blank costs a quarter of trimming all.
        """
        plain = f"CAST({item.sql} AS VARCHAR)"
        if item.sql not in self._blank:
            found = (
                f"SELECT count(*) FROM (SELECT 1 FROM {self.raw.relation} WHERE regexp_matches({plain}, {OUTER_BLANK})"
            )
            self._blank[item.sql] = bool(row(self.connection, f"{found} LIMIT 1)")[0])
        return f"nullif(trim({plain}, {BLANKS}), '')" if self._blank[item.sql] else f"nullif({plain}, '')"

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
        return self._id_from_text(item, value) if item.type == "VARCHAR" else value

    def _id_from_text(self, item: Mapped, value: str) -> str:
        filled, floats, blanks, words, upper, lower, zeros = self._counts(
            value,
            f"CASE WHEN suffix({value}, '.0') THEN regexp_full_match({value}, '\\d+\\.0') ELSE false END",
            f"{value} <> {item.sql}",
            f"lower({value}) IN {MISSING_WORDS}",
            f"{value} <> lower({value})",
            f"{value} <> upper({value})",
            f"starts_with({value}, '0')",
        )
        if blanks:
            self._repaired(item, blanks, "ids lost their outer blanks")
        if words:
            self._doubt_missing(item, value, words)
        if filled and floats == filled:  # one id without ".0" would mean that the ".0" belongs to the ids
            self._repaired(item, floats, "ids written as decimals (17850.0) lost their '.0'")
            return f"regexp_replace({value}, '\\.0$', '')"
        if item.name == "customer_id" and (floats or zeros or (upper and lower)):
            self._doubt_alike(item, value)
        return value

    def _doubt_missing(self, item: Mapped, value: str, rows: int) -> None:
        condition = f"lower({value}) IN {MISSING_WORDS}"
        word = row(self.connection, f"SELECT max({value}) FILTER ({condition}) FROM {self.raw.relation}")[0]
        self._flagged(
            "missing words", rows, f"{self.table}.{item.name} says {word!r} in {rows_text(rows)}, as if missing."
        )

    def _doubt_alike(self, item: Mapped, value: str) -> None:
        """Flag ids that are most likely one: a system's capital letters, a spreadsheet's lost zeros."""
        pairs, one, other = row(
            self.connection,
            f"SELECT count(*), min(one), min_by(other, one) FROM (SELECT min(v) AS one, max(v) AS other FROM "
            f"(SELECT DISTINCT {value} AS v FROM {self.raw.relation}) WHERE v IS NOT NULL "
            f"GROUP BY {ALIKE} HAVING count(*) > 1)",
        )
        if pairs:
            many = f"{counted(pairs, 'group')} of ids"
            what = f"{many} differ only by case, leading zeros or '.0' ({one}, {other})"
            self._flagged("alike ids", pairs, f"{self.table}.{item.name}: {what}.")

    def _number(self, item: Mapped) -> str:
        if item.type == "VARCHAR":
            reading = numbers.read(self.connection, self.table, self.raw, item, self.trimmed(item))
            for rows, what in reading.repairs:
                self._repaired(item, rows, what)
            sql = reading.sql
        elif item.type.startswith(("DATE", "TIME", "INTERVAL")) or item.type.endswith("]"):
            raise self._wrong(item, "a number", "TRUE")
        else:
            sql = f"CAST({item.sql} AS DOUBLE)"
        if item.type not in SMALL:
            plain = item.written if item.type != "VARCHAR" else f"CAST({item.written} AS DOUBLE)"
            self._refuse(
                item, f"NOT abs({sql}) < {LARGEST}", f"a finite number below {LARGEST}",  # NaN is below nothing
                f"Correct these rows, or map {item.name}: CASE WHEN abs({plain}) < {LARGEST} THEN {plain} END, "
                "which makes them missing.",
            )  # fmt: skip
        return sql

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

    def _refuse(self, item: Mapped, condition: str, expected: str, fix: str = "") -> None:
        found = row(self.connection, f"SELECT count(*) FILTER ({condition}) FROM {self.raw.relation}")[0]
        if found:
            raise self._wrong(item, expected, condition, fix)

    def _wrong(self, item: Mapped, expected: str, condition: str, fix: str = "") -> ContractError:
        return wrong(self.connection, self.raw, self.table, item, expected, condition, fix)

    def _repaired(self, item: Mapped, rows: int, what: str) -> None:
        self._flagged("repair", rows, f"{self.table}.{item.name}: {what} in {rows_text(rows)}.")

    def _flagged(self, kind: str, rows: int, sentence: str) -> None:
        self.flags.append(Flag(self.table, kind, rows, sentence))
