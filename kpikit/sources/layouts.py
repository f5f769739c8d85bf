"""How delimited text is written: its delimiter, its quotes, its header, and the first line that does not fit them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.errors import ContractError, KpikitError, listed
from kpikit.sources.decoding import LONGEST_LINE, MOST_COLUMNS, SIGNS, opened
from kpikit.sources.engine import first_line, run, text

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

FIX = "Check the delimiter and the quotes there."


@dataclass(frozen=True)
class Layout:
    """How a text file is written. ``columns`` are the engine's names, ``skip`` the lines above the header."""

    delimiter: str
    quote: str
    escape: str
    skip: int
    columns: tuple[str, ...]

    @property
    def options(self) -> str:
        """The options of DuckDB's ``read_csv``."""
        signs = {"delim": self.delimiter, "quote": self.quote, "escape": self.escape}
        chosen = [f"{key}={text(sign)}" for key, sign in signs.items() if sign]
        return ", ".join([*chosen, f"skip={self.skip}"])

    def header(self, path: Path) -> list[str]:
        """Return the names as they stand in a file that is written like this one."""
        with _lines(path) as lines:
            return next((values for _, values in _rows(lines, self)), [])

    def line(self, path: Path, number: int) -> int:
        """Return the line at which a row of the file begins; rows count from 0, the first below the header."""
        with _lines(path) as lines:
            below = islice(_rows(lines, self), number + 1, None)
            return next((line for line, _ in below), number + 2)


def _rows(lines: io.TextIOWrapper, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield the line at which each row begins, and its values, the header first; blank lines are no rows."""
    for _ in range(layout.skip):
        lines.readline()
    rows = csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote)
    begins = 1
    for values in rows:
        if values:
            yield layout.skip + begins, values
        begins = rows.line_num + 1


@contextmanager
def _lines(path: Path) -> Iterator[io.TextIOWrapper]:
    with opened(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="") as lines:
        yield lines


def layout(connection: Backend, path: Path, shown: str) -> Layout:
    """Return how a file is written; an error that names the line at fault where that cannot be told."""
    import duckdb

    head = _first_line(path)
    delimiter = max(SIGNS, key=head.count)
    if head.count(delimiter) >= MOST_COLUMNS:
        raise ContractError(
            f"at most {MOST_COLUMNS:,} columns", got=f"{head.count(delimiter) + 1:,} in the header",
            fix="Check the delimiter and the line ends.", where=f"{shown}, line 1",
        )  # fmt: skip
    try:
        found, quote, escape, skip, columns = run(
            connection,
            f"SELECT Delimiter, Quote, Escape, SkipRows, list_transform(Columns, lambda c: c.name) "
            f"FROM sniff_csv({text(path)}, header=true)",
        )[0]
    except duckdb.Error as error:
        raise misfit(path, shown) or unreadable(error, shown) from None
    odd = skip and delimiter in head  # a line above the header that itself looks like one: rows below do not fit it
    if (odd or (len(columns) == 1 and delimiter in columns[0])) and (refusal := misfit(path, shown)):
        raise refusal
    signs = ["" if sign in (None, "(empty)", "\0") else str(sign) for sign in (found, quote, escape)]
    escape = signs[2] if signs[2] in {signs[1], "\\"} else signs[1] or '"'  # an apostrophe in 1'234 is no escape
    return Layout(signs[0] or ",", signs[1] or '"', escape or '"', int(skip), tuple(columns))


def _first_line(path: Path) -> str:
    with _lines(path) as lines:
        return next((line for line in iter(lambda: lines.readline(LONGEST_LINE * 10), "") if line.strip()), "")


def misfit(path: Path, shown: str) -> ContractError | None:
    """Return the error about the first row that does not have as many values as the header, or leaves a quote open."""
    head = _first_line(path)
    with _lines(path) as lines:
        rows = csv.reader(lines, delimiter=max(SIGNS, key=head.count), strict=True)
        wanted, begins = 0, 1
        try:
            for values in rows:
                wanted = wanted or len(values)
                if values and len(values) != wanted:
                    got = f"{len(values):,}: {rows.dialect.delimiter.join(values)[:80]!r}"
                    return ContractError(
                        f"rows that fit the header, {wanted} values each",
                        got=got,
                        fix=FIX,
                        where=f"{shown}, line {begins}",
                    )
                begins = rows.line_num + 1
        except csv.Error:
            return ContractError(
                "rows that fit the header", got="a quote that is not closed as it should be", fix=FIX,
                where=f"{shown}, line {begins}",
            )  # fmt: skip
    return None


def unreadable(error: Exception, shown: str) -> ContractError:
    """Return the error about a file in which no row is at fault by itself."""
    got = next((line for line in str(error).splitlines()[1:] if line.strip() and "/" not in line), first_line(error))
    return ContractError("a table as delimited text", got=got.strip(), fix="Export the table again.", where=shown)


@dataclass(frozen=True)
class Names:
    """What is odd about the names of columns, and the error where a needed column is one of the odd ones."""

    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    faulty: tuple[tuple[str, KpikitError], ...] = ()


def judged(written: list[str], layout: Layout, shown: str) -> Names:
    """Compare the names in a header with what the engine called them."""
    repairs, faulty = [], {}
    places: dict[str, list[int]] = {}
    for number, name in enumerate(written, 1):
        places.setdefault(name.strip().casefold(), []).append(number)
    for number, (name, called) in enumerate(zip(written, layout.columns, strict=False), 1):
        numbers = places[name.strip().casefold()]
        if not name.strip():
            repairs.append(f"{shown}: column {number} has no name and was called {called}")
        elif len(numbers) > 1:
            faulty[called] = ContractError(
                f"a column {name.strip()!r} once",
                got=f"it {'twice' if len(numbers) == 2 else f'{len(numbers)} times'} "
                f"(columns {' and '.join(map(str, numbers))})", fix="Rename one of them.",
                where=f"{shown}, line {layout.skip + 1}",
            )  # fmt: skip
            if number != numbers[0]:
                repairs.append(f"{shown}: another column {name.strip()} (column {number}) was called {called}")
    if layout.skip:
        repairs.append(f"{shown}: {layout.skip} {'line' if layout.skip == 1 else 'lines'} above the header skipped")
    blanks = any(name != name.strip() for name in written)
    notes = [f"{shown}: names of columns lost their outer blanks"] if blanks else []
    return Names(tuple(repairs), tuple(notes), tuple(faulty.items()))


def compared(headers: dict[str, list[str]]) -> Names:
    """Say which of several files lacks a column of the others. ``headers``: what a file is called → its names."""
    folded = {shown: {name.strip().casefold() for name in names} for shown, names in headers.items()}
    every = {name.strip().casefold(): name.strip() for names in headers.values() for name in names if name.strip()}
    repairs, faulty = [], {}
    common = Counter(name for names in folded.values() for name in names)
    for name, written in every.items():
        if common[name] == len(headers):
            continue
        lacking = [shown for shown, names in folded.items() if name not in names]
        repairs.append(f"{listed(lacking, 3)} lacks {written}, which is in other files: its rows have none")
        faulty[written] = ContractError(
            f"a column {written!r} in every file", got=f"{lacking[0]} without it ({listed(headers[lacking[0]], 8)})",
            fix="Export it again, or take it out.", where=lacking[0],
        )  # fmt: skip
    return Names(tuple(repairs), (), tuple(faulty.items()))


def refuse_other_delimiters(headers: dict[str, list[str]], layout: Layout) -> None:
    """Refuse a file whose header has one name under the delimiter of the others, and more under another."""
    for shown, names in headers.items():
        other = max(SIGNS, key=names[0].count) if len(names) == 1 else layout.delimiter
        if len(layout.columns) > 1 and other != layout.delimiter and other in names[0]:
            raise ContractError(
                f"files with one delimiter, {layout.delimiter!r}", got=f"{shown} with {other!r}",
                fix="Export them alike.", where=shown,
            )  # fmt: skip
