"""``python -m benchmarks.run [--quick] [SUBJECT …]``: print one line per comparison, then write docs/benchmarks.md.

A run at full size replaces the sections of its subjects on the page; ``--quick`` shows that everything works at a
hundredth of the size, where ratios mean little, and writes nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from benchmarks import page
from benchmarks.table import Row, line

SUBJECTS = ("histories", "cohorts", "kpis", "loading", "scale", "engines", "notebooks", "clv")
CUSTOMERS = (100_000, 1_000_000)  # of the lifetime-value models
QUICK = 0.01


def main(words: list[str]) -> int:
    """Run the subjects that are named, or all; 1 when results differ that should be equal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the size, nothing written")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    chosen = parser.parse_args(words)
    unknown = sorted(set(chosen.subjects) - set(SUBJECTS))
    if unknown:
        parser.error(f"no subject {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    print(page.machine(), flush=True)
    equal = True
    for subject in chosen.subjects or SUBJECTS:
        module = import_module(f"benchmarks.{subject}")
        busy = os.getloadavg()[0]
        print(f"\n{subject}", flush=True)
        found: list[Row] = []
        for facts in rows_of(module)(QUICK if chosen.quick else 1.0):
            found.append(Row.of(facts))
            print(line(found[-1]), flush=True)
        equal = equal and not any("NOT EQUAL" in row.agreement for row in found)
        if not chosen.quick:
            page.replace(subject, module, found, busy)
    print("\nSizes too small for ratios to mean much." if chosen.quick else f"\n{page.PATH.relative_to(page.ROOT)}")
    return 0 if equal else 1


def rows_of(module: Any) -> Callable[[float], Iterable[Any]]:
    """Return ``rows(scale)`` of a module; the models' benchmark is told its numbers of customers."""
    if module.__name__.endswith(".clv"):
        return lambda scale: module.rows([round(customers * scale) for customers in CUSTOMERS])
    return module.rows  # type: ignore[no-any-return]  # a module found by name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
