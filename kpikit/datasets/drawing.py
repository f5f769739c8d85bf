"""Random numbers as SQL: each draw is a hash of seed, stream and row, so that no order of rows or threads matters.

DuckDB's hash is mixed twice: mixed once, neighbouring streams correlate by more than a half.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from zlib import crc32

from kpikit.errors import ParameterError
from kpikit.periods import SECONDS_PER_DAY, SECONDS_PER_HOUR
from kpikit.sources.engine import text

DAY, HOUR = SECONDS_PER_DAY, SECONDS_PER_HOUR
FRACTION_BITS = 53  # of a 64-bit float


@dataclass(frozen=True)
class Draws:
    """Draws of one seed. ``stream`` names what is drawn, ``row`` and ``turn`` are SQL that number it."""

    seed: int

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**62:
            raise ParameterError("a whole number from 0", got=repr(self.seed), where="seed")

    def uniform(self, stream: str, row: str, turn: str = "0") -> str:
        """Return the SQL of a number strictly between 0 and 1."""
        key = f"hash({self.seed}::BIGINT, {crc32(stream.encode())}::BIGINT, {row}, ({turn})::BIGINT)"
        return f"(((hash({key}) >> {64 - FRACTION_BITS})::DOUBLE + 0.5) / {2**FRACTION_BITS}.0)"

    def normal(self, stream: str, row: str, turn: str = "0") -> str:
        """Return the SQL of a standard normal number (Box and Muller, 1958)."""
        radius = f"sqrt(-2 * ln({self.uniform(f'{stream} radius', row, turn)}))"
        return f"({radius} * cos({2 * math.pi!r} * {self.uniform(f'{stream} angle', row, turn)}))"


def chosen(value: str, shares: Mapping[str, float]) -> str:
    """Return the SQL of a label drawn by its share; ``value`` is a column of uniform numbers."""
    labels = list(shares)
    limits = list(accumulate(shares.values()))[:-1]
    cases = " ".join(
        f"WHEN {value} < {limit!r} THEN {text(label)}" for limit, label in zip(limits, labels[:-1], strict=True)
    )
    return f"CASE {cases} ELSE {text(labels[-1])} END"


def counted(value: str, shares: Iterable[float], first: int = 0) -> str:
    """Return the SQL of a whole number from ``first`` up, drawn by its share."""
    steps = " + ".join(f"({value} >= {limit!r})::INTEGER" for limit in list(accumulate(shares))[:-1])
    return f"({first} + {steps})"


def numbered(number: str, values: Iterable[object]) -> str:
    """Return the SQL of the value that belongs to a number from 0 up; values are SQL or numbers."""
    *most, last = values
    cases = " ".join(f"WHEN {position} THEN {value}" for position, value in enumerate(most))
    return f"CASE {number} {cases} ELSE {last} END"


def named(column: str, values: Mapping[str, object]) -> str:
    """Return the SQL of the value that belongs to a label."""
    cases = " ".join(f"WHEN {text(label)} THEN {value}" for label, value in values.items())
    return f"CASE {column} {cases} END"


def one_of(value: str, texts: Iterable[str]) -> str:
    """Return the SQL of one of several texts, each as likely."""
    listed = list(texts)
    return f"[{', '.join(text(each) for each in listed)}][1 + floor({value} * {len(listed)})::INTEGER]"


def moment(seconds: str) -> str:
    """Return the SQL of a timestamp from local seconds since 1970."""
    return f"make_timestamp(({seconds})::BIGINT * 1000000)"


def at_counter(seconds: str, opens: int = 8, closes: int = 20) -> str:
    """Return local seconds moved into opening hours of the same day, in the same order."""
    return f"(({seconds}) // {DAY} * {DAY} + {opens * HOUR} + ({seconds}) % {DAY} * {closes - opens} // 24)"


def around_the_clock(seconds: str) -> str:
    """Return local seconds moved out of the hour from 01:00 to 02:00, which clocks skip or repeat in Lisbon."""
    shrunk = f"(({seconds}) % {DAY} * 23 // 24)"
    return f"(({seconds}) // {DAY} * {DAY} + {shrunk} + ({shrunk} >= {HOUR})::INTEGER * {HOUR})"
