"""The parameters of a notebook: read without running it, checked before a kernel starts."""

from __future__ import annotations

import ast
import io
import json
import math
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kpikit.errors import NotebookError, ParameterError, listed, nearest
from kpikit.periods import as_date, named_window

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
COMMON = ("config", "as_of", "period", "audience")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: ``name: type = default  # help``.

    ``type`` is one of :data:`TYPES`; ``default`` is a plain JSON value of that type.
    """

    name: str
    type: str
    default: Any
    help: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"


def read(source: str, *, where: str = "parameters") -> tuple[Parameter, ...]:
    """Return the parameters that a cell declares, in its order; the cell is parsed, never run.

    Parameters
    ----------
    source
        Text of the code cell tagged ``parameters``.
    where
        Name of the notebook, for messages.

    Raises
    ------
    NotebookError
        When a line is not ``name: type = default`` with a builtin type and a literal of that type.

    >>> read("weeks: int = 12  # how many weeks to show")
    (Parameter(name='weeks', type='int', default=12, help='how many weeks to show'),)
    """
    try:
        lines = ast.parse(source).body
    except SyntaxError as problem:
        raise _malformed(where, problem.lineno or 1, "text that is not Python") from None
    comments = _comments(source)
    return tuple(_parameter(line, comments.get(line.end_lineno or line.lineno, ""), where) for line in lines)


def check(parameters: Sequence[Parameter], values: Mapping[str, object], *, where: str = "") -> dict[str, Any]:
    """Return ``values`` with the types that the parameters declare.

    Parameters
    ----------
    parameters
        What the notebook declares.
    values
        By name: text from a command line, or plain JSON values. ``${NAME}`` stays the text it is:
        nothing puts a value in its place, and as a date it is not checked here.

    Raises
    ------
    ParameterError
        When a name is unknown or a value does not fit; the message lists the valid names.

    >>> check(read("weeks: int = 12"), {"weeks": "26"})
    {'weeks': 26}
    """
    known = {parameter.name: parameter for parameter in parameters}
    checked = {}
    for name, value in values.items():
        if name not in known:
            raise unknown(name, parameters, where=where)
        checked[name] = _fitting(known[name], value, where)
    _check_dates(checked, where)
    return checked


def unknown(name: str, parameters: Sequence[Parameter], *, where: str = "") -> ParameterError:
    """Return the error for a name that no parameter has."""
    names = [parameter.name for parameter in parameters]
    hint = nearest(name, names)
    what = repr(name) if name.isidentifier() else f"{name!r}, which is not a name"
    return ParameterError(
        f"one of the parameters {listed(map(str, parameters))}",
        got=what,
        fix=f"Did you mean {hint!r}?" if hint else "Pass one of these with -p name=value.",
        where=where,
    )


def _parameter(line: ast.stmt, comment: str, where: str) -> Parameter:
    if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name) or line.value is None:
        raise _malformed(where, line.lineno, f"{ast.unparse(line)!r}")
    kind = line.annotation.value if isinstance(line.annotation, ast.Subscript) else line.annotation
    name = kind.id if isinstance(kind, ast.Name) else ""
    if name not in TYPES:
        raise _malformed(where, line.lineno, f"the type {ast.unparse(line.annotation)}")
    try:
        default = ast.literal_eval(line.value)
    except ValueError:
        raise _malformed(where, line.lineno, f"a default that has to be run: {ast.unparse(line.value)}") from None
    if not _is(default, name):
        raise _malformed(where, line.lineno, f"the default {default!r} for the type {name}")
    return Parameter(line.target.id, name, default, comment)


def _malformed(where: str, line: int, got: str) -> NotebookError:
    return NotebookError(
        f"lines like 'weeks: int = 12  # help', with a type of {', '.join(TYPES)} and a literal",
        got=got,
        fix="Keep anything else out of the cell tagged 'parameters'.",
        where=f"{where}, parameters cell, line {line}",
    )


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}


def _is(value: object, name: str) -> bool:
    """Say whether a value is of the type, plain all the way down; an integer is a float, a truth value is neither."""
    if isinstance(value, bool) and name != "bool":
        return False
    accepted = (int, float) if name == "float" else TYPES[name]
    return isinstance(value, accepted) and _plain(value)


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, int))


def _fitting(parameter: Parameter, value: object, where: str) -> Any:
    read_value = _from_text(parameter.type, value) if isinstance(value, str) else value
    if not _is(read_value, parameter.type):
        raise ParameterError(
            f"{_described(parameter.type)}",
            got=repr(value),
            fix=f"The default is {parameter.default!r}." + (f" {parameter.help}." if parameter.help else ""),
            where=f"{where}, {parameter.name}" if where else parameter.name,
        )
    return float(read_value) if parameter.type == "float" else read_value  # type: ignore[arg-type]


def _described(name: str) -> str:
    words = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}
    return words.get(name, f"a {name} of plain values, as JSON")


def _from_text(name: str, text: str) -> object:
    """Return text from a command line as a value of the type; the text itself where it does not fit."""
    try:
        if name == "bool":
            return _TRUTH.get(text.strip().casefold(), text)
        if name in {"int", "float"}:
            return TYPES[name](text)
        return json.loads(text) if name in {"list", "dict"} else text
    except ValueError:
        return text


def _check_dates(values: Mapping[str, Any], where: str) -> None:
    """Refuse dates that no notebook could read, while it still costs nothing."""
    secret = "${"
    if values.get("as_of") and not str(values["as_of"]).startswith(secret):
        as_date(values["as_of"], name=f"{where}, as_of" if where else "as_of")
    if values.get("period") and not str(values["period"]).startswith(secret):
        named_window(values["period"])
