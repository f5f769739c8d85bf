"""Look at files and databases: which table each one is, and which column means what."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.contracts import CONTRACTS, COUNT, FLAG, NUMBER, TIME, Column
from kpikit.errors import DataUnreachableError
from kpikit.proposals.words import BEGINNINGS, LOOKS, ORDER, WORDS
from kpikit.sources import reading
from kpikit.sources.engine import quoted, row, run, text, types
from kpikit.sources.numbers import FIGURES, SIGN_AFTER, SIGN_BEFORE

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


AMOUNT = f"{SIGN_BEFORE}|{SIGN_AFTER}|{FIGURES}-?|\\({FIGURES}\\)"


@dataclass
class Found:
    """One file or database table that was looked at: how kpikit.yaml says it, its columns, and what it seems to be.

    ``as_orders`` is what it has of orders, even where that is too little.
    """

    place: str
    shown: str
    columns: dict[str, str]
    source: tuple[str, str] | None = None
    table: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    as_orders: dict[str, str] = field(default_factory=dict)


def local_path(place: str | Path) -> Path:
    """Return the file or folder that a word of the command line means.

    Raises
    ------
    DataUnreachableError
        When it is the address of a database that cannot be looked into; the address is not repeated (it may hold a
        password).
    """
    scheme, found, rest = str(place).partition("://")
    if not found:
        return Path(place).expanduser()
    if scheme == "duckdb":
        return Path(rest).expanduser()
    raise DataUnreachableError(
        "a file, a folder, or duckdb://FILE",
        got=f"an address that begins with {scheme}://",
        fix="Export its tables to Parquet; for PostgreSQL and Spark write kpikit.yaml yourself: "
        "sources: {shop: {url: …}} and, for each table, from: shop.TABLE (docs/engines.md).",
        where="DATA",
    )


def parts_as_one(found: list[Found]) -> list[Found]:
    """Return what was found, with the files that are parts of one table (same folder, columns and kind) as one."""
    groups: dict[tuple[object, ...], list[Found]] = {}
    for item in found:
        alone = item.place if item.source or not item.table else ""
        key = (Path(item.place).parent, Path(item.place).suffix, item.table, tuple(item.columns), alone)
        groups.setdefault(key, []).append(item)
    return [whole for parts in groups.values() for whole in _joined(parts, {item.place for item in found})]


def _joined(parts: list[Found], every: set[str]) -> list[Found]:
    names = [Path(item.place).name for item in parts]
    start = _common_start(names).rstrip("0123456789")  # next year's file belongs to the table too
    end = _common_start([name[len(start) :][::-1] for name in names])[::-1].lstrip("0123456789")
    pattern = (Path(parts[0].place).parent / f"{start}*{end}").as_posix()
    others = {place for place in every if Path(place).match(pattern)} - {item.place for item in parts}
    if len(parts) == 1 or others:
        return parts
    shown = f"{start.rstrip('_- .') or Path(parts[0].place).parent.name}{Path(names[0]).suffix} ({len(parts)} files)"
    return [replace(parts[0], place=pattern, shown=shown)]


def _common_start(words: list[str]) -> str:
    same = (letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*words, strict=False)))
    return "".join(same)


def look(connection: Backend, path: Path, home: Path, spare: Path) -> list[Found]:
    """Return what a file or folder holds; places are relative to ``home``, and ``spare`` takes rewritten files."""
    files = reading.files(path.absolute())
    found = []
    for number, file in enumerate(files):
        if reading.kind_of(file) == "duckdb":
            found += _look_inside(connection, file, home)
            continue
        relation = f"_look_{number}"
        run(connection, f"DROP TABLE IF EXISTS {relation}")
        reading.read_files(connection, relation, [file], lambda _: [], spare)
        found.append(_judged(connection, relation, Found(_relative(file, home), file.name, {})))
        run(connection, f"DROP TABLE {relation}")
    return found


def _look_inside(connection: Backend, file: Path, home: Path) -> list[Found]:
    source = re.sub(r"\W", "_", file.stem)
    reading.attach(connection, "_look", file)
    try:
        found = []
        for name in reading.database_tables(connection, "_look"):
            relation = f"_look.{'.'.join(quoted(part) for part in name.split('.', 1))}"
            item = Found(f"{source}.{name}", f"{file.name} ({name})", {}, (source, f"duckdb://{_relative(file, home)}"))
            found.append(_judged(connection, relation, item))
        return found
    finally:
        run(connection, "DETACH _look")


def _relative(file: Path, home: Path) -> str:
    return Path(os.path.relpath(file, home)).as_posix()


def _judged(connection: Backend, relation: str, item: Found) -> Found:
    """Fill in the table that the columns fit best; none when no contract has all it needs."""
    item.columns = types(connection, f"SELECT * FROM {relation}")
    best = (-1, 0)
    for rank, table in enumerate(ORDER):
        mapping = _mapping(connection, relation, table, item.columns)
        if table == "orders":
            item.as_orders = mapping
        if any(name not in mapping for name in CONTRACTS[table].needed) or _repeats(
            connection, relation, table, mapping
        ):
            continue
        named = table.split("_")[0].rstrip("s") in item.shown.casefold()
        score = (int(named), -rank)
        if score > best:
            best, item.table, item.mapping = score, table, mapping
    return item


def _repeats(connection: Backend, relation: str, table: str, mapping: dict[str, str]) -> bool:
    """Say whether the key of a contract stands twice: then the file is a list of something else."""
    key = CONTRACTS[table].key
    if not key:
        return False
    column = quoted(mapping[key])
    return bool(row(connection, f"SELECT count({column}) > count(DISTINCT {column}) FROM {relation}")[0])


def _mapping(connection: Backend, relation: str, table: str, columns: dict[str, str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for column in CONTRACTS[table].columns:
        if column.name == "unit_price":
            continue
        name = _column(connection, relation, column, columns, taken=set(mapping.values()))
        if name is not None:
            mapping[column.name] = name
    if table == "orders" and "ordered_at" not in mapping:
        wanted = [name for name in columns if _suits(connection, relation, name, columns[name], TIME)]
        if len(wanted) == 1 and wanted[0] not in mapping.values():
            mapping["ordered_at"] = wanted[0]  # whatever it is called, it is the only time there is
    if table in {"orders", "order_lines"}:
        product = _product(connection, relation, columns)
        exact = {_plain(word) for word in ("amount", *WORDS["amount"]) if word != "price"}
        if product and _plain(mapping.get("amount", "price")) not in exact:
            mapping["amount"] = product
    return mapping


def _product(connection: Backend, relation: str, columns: dict[str, str]) -> str | None:
    """Return ``quantity * unit_price`` in the file's own names, when it has both as numbers."""
    pair = [
        _column(connection, relation, Column(name, NUMBER), columns, taken=set()) for name in ("quantity", "unit_price")
    ]
    if None in pair or pair[0] == pair[1]:
        return None
    return " * ".join(name if name and re.fullmatch(r"[A-Za-z_]\w*", name) else quoted(str(name)) for name in pair)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _column(connection: Backend, relation: str, column: Column, columns: dict[str, str], taken: set[str]) -> str | None:
    """Return the raw column that a contract's column is most likely called, if its values suit."""
    plain = {_plain(name): name for name in columns}
    named = [(word, plain[word]) for word in (_plain(column.name), *WORDS.get(column.name, ())) if word in plain]
    begun = [
        (word, name)
        for word in BEGINNINGS.get(column.name, ())
        for name in columns
        if re.match(rf"{word}[\W_]", name.casefold())
    ]
    for word, name in [*named, *begun]:
        look = LOOKS.get((column.name, word))
        if name in taken or (look and _share(connection, relation, name, look) < 1):
            continue
        if _suits(connection, relation, name, columns[name], column.kind):
            return name
    return None


def _suits(connection: Backend, relation: str, name: str, kind: str, wanted: str) -> bool:
    numeric = kind.startswith(("TINY", "SMALL", "INT", "BIG", "HUGE", "U", "FLOAT", "DOUBLE", "DECIMAL"))
    dated = kind.startswith(("DATE", "TIMESTAMP"))
    if wanted == TIME:
        return dated or (
            kind == "VARCHAR" and _share(connection, relation, name, r".*\d{1,4}\D+\w+\D+\d{1,4}.*") > 0.95
        )
    if wanted == FLAG:
        return kind == "BOOLEAN"
    if wanted in {NUMBER, COUNT}:
        return numeric or (kind == "VARCHAR" and _share(connection, relation, name, AMOUNT) > 0.99)
    return not dated


def _share(connection: Backend, relation: str, name: str, pattern: str) -> float:
    filled, fits = row(
        connection,
        f"SELECT count(v), count(*) FILTER (regexp_full_match(trim(v), {text(pattern)})) FROM "
        f"(SELECT {quoted(name)} AS v FROM {relation} LIMIT 10000)",
    )
    return fits / filled if filled else 1.0
