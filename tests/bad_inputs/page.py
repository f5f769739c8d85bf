"""docs/bad-inputs.md, made from the catalogue: PYTHONPATH=tests python -m bad_inputs.page > docs/bad-inputs.md."""

from __future__ import annotations

from bad_inputs import FAMILIES
from bad_inputs.case import Case

HEAD = """\
# What kpikit answers to bad inputs

Nothing is guessed and nothing is read in silence. What can mean one thing only is *read*, and `kpikit check` names the
repair. What can mean two, or nothing, is *refused*: one message says what was expected, what was found, what to do, and
the file and line. A refusal writes nothing, and the last good report stays.

REVIEW and FAIL are grades of `kpikit check`; a FAIL and a refusal end with the exit code shown. Every line is a test.
"""


def answer(case: Case) -> str:
    """Return what becomes of an input, in one line."""
    seen = f": {case.seen[0]}" if case.seen else ""
    if case.grade == "FAIL":
        return f"FAIL, exit {case.code}{seen}"
    if case.grade:
        return f"read{', REVIEW' if case.grade == 'REVIEW' else ''}{seen}"
    return f"refused, exit {case.code}: expected {case.expected}"


def page() -> str:
    """Return the page: one table for each family."""
    parts = [HEAD]
    for family, cases in FAMILIES.items():
        rows = (f"| {cell(case.name)} | {cell(answer(case))} |" for case in cases)
        parts += [f"\n## {family.capitalize()}\n", "| input | answer |", "| --- | --- |", *rows]
    return "\n".join(parts) + "\n"


def cell(text: str) -> str:
    """Return a text for a cell of Markdown."""
    return "".join(f"\\{sign}" if sign in "|*_<>~$" else sign for sign in text)


if __name__ == "__main__":
    print(page(), end="")
