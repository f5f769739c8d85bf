"""docs/benchmarks.md: one section a subject, replaced when that subject is run again."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT
from benchmarks.table import Row, markdown

PATH = ROOT / "docs" / "benchmarks.md"
PACKAGES = ("duckdb", "ibis-framework", "pandas", "lifetimes", "papermill", "nbconvert", "psycopg", "pyspark")
TITLES = {"clv": "Lifetime value"}
METHODS = {
    "clv": "Fitting BG/NBD and Gamma-Gamma to simulated weekly histories, then P(alive), expected purchases and value "
    "of each customer over a year: against lifetimes doing the same, and with the interval that lifetimes does not "
    "have. Single runs, each side in a process of its own."
}
HEAD = """# Benchmarks

`make bench` measures these on your machine and writes this page; ratios carry over between machines where seconds do
not. Each comparison is of equal work: the results are compared, and the table says how far they agree. Data are made
from a seed, nothing is downloaded. Times are medians of three runs in turn for histories, the cohort table and the
reports, single runs for the rest. CPU seconds are those of all threads together: other work on the machine lengthens
the time, hardly these. How to run one subject: [benchmarks/README.md](../benchmarks/README.md).
"""


def machine() -> str:
    """Return cores, memory and the versions that matter as one line, without the machine's name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"{os.cpu_count()} cores, {memory:.0f} GB; Python {platform.python_version()}, {', '.join(found)}."


def section(subject: str, module: Any, rows: Sequence[Row], busy: float) -> str:
    """Return a subject's section: what is compared, on what, the table, and what the aim came to."""
    method, aim = getattr(module, "METHOD", METHODS.get(subject, "")), getattr(module, "AIM", "")
    title = getattr(module, "TITLE", TITLES.get(subject, subject.capitalize()))
    when = f"{date.today().isoformat()}, {machine()}"
    if busy > 0.5:
        when += f" The machine was at other work too: load {busy:.1f} when this began."
    parts = [f"## {title}", method, when, markdown(rows), verdict(module, rows) if aim else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def verdict(module: Any, rows: Sequence[Row]) -> str:
    """Say what the aim was and what was reached of it."""
    short = module.falls_short(list(rows))
    reached = f"Short of it: {'; '.join(short)}." if short else "Reached."
    return " ".join(text for text in (f"Aim: {module.AIM}. {reached}", getattr(module, "LIMITS", "")) if text)


def replace(subject: str, module: Any, rows: Sequence[Row], busy: float, path: Path = PATH) -> None:
    """Write a subject's section into the page, in place of its former one or at the end."""
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    _, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    new = section(subject, module, rows, busy)
    title = new.partition("\n")[0]
    titles = [old.partition("\n")[0] for old in sections]
    if title in titles:
        sections[titles.index(title)] = new
    else:
        sections.append(new)
    path.write_text("\n".join([HEAD, *(part.strip() + "\n" for part in sections)]), encoding="utf-8")
