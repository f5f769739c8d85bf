"""The user's columns as the contract's: a name, or an SQL expression over the raw rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from kpikit.config import Config, bare_name
from kpikit.config import Table as Settings
from kpikit.config.expressions import parse_expression
from kpikit.contracts import CONTRACTS, ID, TIME, Column, missing_columns
from kpikit.errors import ContractError, listed, nearest
from kpikit.sources.engine import first_line, quoted, types
from kpikit.sources.reading import FILE_COLUMN, Raw

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

# A price beside the amount is a rule (rows priced 0 or below are set aside), so it is never mapped without being asked.
ONLY_WHEN_ASKED = {"orders": ("unit_price",)}
OURS = ("_row", "_reason", "_keep")  # columns that loading adds
COMPUTED = {"orders": ("is_activity",)}
DATA = re.compile(r"[\d.,:/ -]*\d[\d.,:/ -]*")  # a name of digits and their signs is a value, not a name
ADVICE = {  # what DuckDB says: what to do
    "does not exist": "Check the names of functions: they are DuckDB's.",
    "GROUP BY": "An expression gives one value for each row; what sums rows belongs into sql: SELECT … GROUP BY ….",
    "": "A number kept as text needs a cast, for example try_cast(x AS DOUBLE).",
}
PLAIN_TYPES = ("BOOLEAN", "FLOAT", "DOUBLE", "DATE", "VARCHAR", "TIMESTAMP", "TINYINT", "SMALLINT", "INTEGER", "BIGINT",
               "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "DECIMAL", "TIME")  # fmt: skip


@dataclass(frozen=True)
class Mapped:
    """One column on its way in: its name, its SQL over the raw rows, its DuckDB type, its contract if any."""

    name: str
    sql: str
    type: str
    column: Column | None
    source: str

    @property
    def written(self) -> str:
        """The column as an expression in kpikit.yaml writes it: with quotes where its name has blanks or signs."""
        is_column = self.sql == quoted(self.source)
        return quoted(self.source) if is_column and not self.source.isidentifier() else self.source


def own_name(wanted: str, columns: list[str]) -> str | None:
    """Return the raw column that ``wanted`` names, exactly or but for upper and lower case."""
    if wanted in columns:
        return wanted
    folded = [name for name in columns if name.casefold() == wanted.strip().casefold()]
    return folded[0] if len(folded) == 1 else None


def direct(table: str, settings: Settings, columns: list[str]) -> dict[str, str]:
    """Return kpikit's name → raw name of the columns that are mapped as they are, asked for or by their own name."""
    asked = {name: own_name(sql, columns) for name, sql in settings.columns.items()}
    unasked = {
        column.name: own_name(column.name, columns)
        for column in CONTRACTS[table].columns
        if column.name not in settings.columns and column.name not in ONLY_WHEN_ASKED.get(table, ())
    }
    return {name: raw for name, raw in {**asked, **unasked}.items() if raw is not None}


def read_as_text(table: str, settings: Settings, columns: list[str]) -> list[str]:
    """Return the raw columns that become ids and times: guessing would lose leading zeros or swap day and month."""
    kinds = {column.name: column.kind for column in CONTRACTS[table].columns}
    return [raw for name, raw in direct(table, settings, columns).items() if kinds.get(name) in {ID, TIME}]


def mapped(connection: Backend, table: str, settings: Settings, raw: Raw, config: Config) -> list[Mapped]:
    """Return the columns of one table: the contract's, the user's own expressions, then every other raw column."""
    raw_types = types(connection, f"SELECT * FROM {raw.relation}")
    columns = [name for name in raw_types if name != FILE_COLUMN]
    chosen = {name: quoted(source) for name, source in direct(table, settings, columns).items()}
    sources = dict(direct(table, settings, columns))
    for name, sql in settings.columns.items():
        if name not in chosen:
            chosen[name] = expression(sql, columns, table, config, "tables", table, "columns", name)
            sources[name] = sql
    refuse_ours(table, [*columns, *settings.columns])
    contract = CONTRACTS[table]
    missing = [name for name in contract.needed if name not in chosen]
    if missing:
        raise missing_columns(table, missing, columns)
    faulty = next((sources[name] for name in contract.needed if sources[name] in raw.faulty), None)
    if faulty:
        raise raw.faulty[faulty]
    taken = {name.casefold() for name in (*chosen, *COMPUTED.get(table, ()))} | set(map(str.casefold, sources.values()))
    for name in columns:
        if name.casefold() not in taken:
            chosen[name], sources[name] = quoted(name), name
    known = _types(connection, raw, chosen, table, config)
    ordered = [column.name for column in contract.columns if column.name in chosen]
    return [
        Mapped(name, chosen[name], known[name], contract.column(name), sources[name])
        for name in (*ordered, *(own for own in chosen if own not in ordered))
    ]


def refuse_ours(table: str, names: list[str]) -> None:
    """Refuse columns that are called as those that loading adds."""
    own = next((name for name in names if name.casefold() in OURS), None)
    if own:
        fix = "Rename it, or read the table with sql: SELECT … EXCLUDE."
        raise ContractError(f"columns called otherwise than {listed(OURS)}", got=repr(own), fix=fix, where=table)


def expression(sql: str, columns: list[str], table: str, config: Config, *keys: str) -> str:
    """Return the user's expression as SQL over the raw rows; an error when it names a column that is not there."""
    try:
        tree = parse_expression(sql)
    except ValueError as error:
        if bare_name(sql):
            raise _missing(sql, columns, table, config, keys) from None
        raise config.error(*keys, expected="one SQL expression or column name", got=str(error)) from None
    if isinstance(tree, exp.Column) and own_name(sql, columns) is None:
        raise _missing(sql, columns, table, config, keys)
    if not any(tree.find_all(exp.Query, exp.Lambda)):  # inside these, names may belong to something else
        for column in tree.find_all(exp.Column):
            if not column.table and own_name(column.name, columns) is None:
                raise _missing(column.name, columns, table, config, keys)
    return f"({sql}\n)"  # the line break ends a trailing comment


def _missing(name: str, columns: list[str], table: str, config: Config, keys: tuple[str, ...]) -> ContractError:
    hint = nearest(name, columns)
    fix = f"Name one of these columns in kpikit.yaml: {'.'.join(keys)}"
    if hint:
        fix = f"Did you mean {hint!r}? Map it in kpikit.yaml: {'.'.join(keys)}: {hint}"
    elif any(DATA.fullmatch(column) for column in columns):
        fix = "The first line looks like data: write a header with the names of the columns above it."
    elif len(columns) == 1 and not re.fullmatch(r"[\w ]+", columns[0]):
        fix = "The columns seem to be divided by an unusual delimiter: export with a comma, semicolon, tab or |."
    return ContractError(
        f"a column {name!r} in {table}", got=f"[{listed(columns, 20)}]", fix=fix, where=config.where(*keys)
    )


def _types(connection: Backend, raw: Raw, chosen: dict[str, str], table: str, config: Config) -> dict[str, str]:
    import duckdb

    listing = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in chosen.items())
    try:
        found = types(connection, f"SELECT {listing} FROM {raw.relation}")
        return dict(zip(chosen, found.values(), strict=True))  # DuckDB may answer Amount where amount was asked
    except duckdb.Error:
        pass
    for name, sql in chosen.items():  # find the one at fault, for a message about it alone
        refuse_uncomputable(connection, sql, raw.relation, raw.origin, config, "tables", table, "columns", name)
    raise ContractError(
        "columns with different names", got=listed(chosen), fix="Rename one of them in kpikit.yaml.", where=table
    )


def refuse_uncomputable(connection: Backend, sql: str, relation: str, origin: str, config: Config, *keys: str) -> None:
    """Refuse an expression that the engine cannot compute for each row of a relation (a table or a subquery)."""
    import duckdb

    try:
        found = types(connection, f"SELECT *, {sql} AS _value FROM {relation}")["_value"]
    except duckdb.Error as error:
        said = first_line(error)
        fix = next((advice for words, advice in ADVICE.items() if words in said), ADVICE[""])
        written = sql.removeprefix("(").removesuffix(")").strip()
        raise config.error(
            *keys, expected=f"an expression that DuckDB can compute over {origin}", got=f"{written}: {said}", fix=fix
        ) from None
    if keys[-1] == "keep" and found != "BOOLEAN":
        fix = "Write a comparison, such as status = 'ok' or total <> 0."
        raise config.error(*keys, expected="a condition, true or false for each row", got=f"{found} values", fix=fix)
