"""What one bad input is: the files, the command, and the answer that it must get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

GOOD = "client,day,total\n" + "\n".join(f"c{i % 7},2024-0{1 + i % 5}-1{i % 9},{10 + i}.5" for i in range(60)) + "\n"
CONFIG = """\
business: {name: Harbor Coffee}
tables:
  orders:
    from: sales.csv
    columns: {customer_id: client, ordered_at: day, amount: total}
"""
Content = str | bytes | Callable[[], bytes] | None
Setting = Callable[[Path], AbstractContextManager[None]]


@dataclass(frozen=True)
class Case:
    """One bad input. ``code`` 2 and above (and 1) is an error; with a ``grade`` it is the audit that answers.

    ``expected``, ``found``, ``fix`` and ``where`` are fragments of the message. ``seen`` and ``do`` are fragments of
    what the audit says, and ``reads`` maps SQL over the loaded tables to the value that proves how they were read.
    ``setting`` is what stands around the command: a database, another process, a full disk.
    """

    name: str
    sales: Content = GOOD
    config: str | bytes | None = CONFIG
    also: Mapping[str, Content] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("check",)
    code: int = 2
    expected: str = ""
    found: str = ""
    fix: str = ""
    where: str = ""
    grade: str = ""
    seen: tuple[str, ...] = ()
    do: str = ""
    reads: Mapping[str, object] = field(default_factory=dict)
    setting: Setting | None = None


def csv(*rows: str, header: str = "client,day,total") -> str:
    """Return a small file of sales: the header and these rows."""
    return "\n".join([header, *rows, ""])


def amounts(*texts: str) -> str:
    """Return sales of one customer a day, with these amounts in quotes."""
    return csv(*(f'c{day},2024-01-0{day},"{text}"' for day, text in enumerate(texts, 1)))


def days(*texts: str) -> str:
    """Return sales of 10 with these dates in quotes."""
    return csv(*(f'c{number},"{text}",10' for number, text in enumerate(texts, 1)))


def clients(*texts: str) -> str:
    """Return sales of 10 a day, of customers with these ids in quotes."""
    return csv(*(f'"{text}",2024-01-0{day},10' for day, text in enumerate(texts, 1)))


def mapped(columns: str, more: str = "") -> str:
    """Return a kpikit.yaml that maps these columns of sales.csv, with more lines at the end."""
    return CONFIG.replace("{customer_id: client, ordered_at: day, amount: total}", f"{{{columns}}}") + more


def table(name: str) -> str:
    """Return a kpikit.yaml with a second table, in a file of its name, under kpikit's own column names."""
    return f"{CONFIG}  {name}:\n    from: {name}.csv\n"
