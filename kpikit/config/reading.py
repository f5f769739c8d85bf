"""kpikit.yaml from text to :class:`Config`, with the line of every key for messages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kpikit.config.expressions import bare_name
from kpikit.config.models import VARIABLE, Config
from kpikit.contracts import CONTRACTS
from kpikit.errors import ConfigError, DataUnreachableError, listed, nearest

Place = tuple[str | int, ...]
FILE = "kpikit.yaml"
MOST_BYTES, MOST_VALUES, DEEPEST = 500_000, 20_000, 20  # far above any real file, far below what takes long
FIXES = {  # pydantic's kind of problem: what to do
    "literal_error": "Write one of them.",
    "missing": "Add it.",
    "float_type": "Write a number, without quotes or signs.",
    "int_type": "Write a whole number, without quotes or signs.",
    "finite_number": "Write a number.",
    "string_type": "Write one text; one that looks like a number or a date needs quotes.",
    "bool_type": "Write true or false.",
    "tuple_type": "Write it as a list: [first, second].",
    "string_pattern_mismatch": "Write it like on_time_delivery.",
}
NESTED = "Write names with values below it, indented by two blanks."


def load_config(path: str | Path) -> Config:
    """Return the validated configuration in a kpikit.yaml.

    Parameters
    ----------
    path
        The file, or the folder that holds a ``kpikit.yaml``.

    Raises
    ------
    DataUnreachableError
        When there is no such file.
    ConfigError
        When anything in it is wrong; the message names the file, the line, what was expected and what was found.
    """
    file = Path(path).expanduser().absolute()
    file = file / FILE if file.is_dir() else file
    text = _read(file)
    content, lines = _parse(text, file)
    _check_secrets(content, file, lines)
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise _explained(error, file, lines) from None
    config._path, config._lines = file, lines
    _check_columns(config)
    _check_references(config)
    return config


def _read(file: Path) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        nearby = sorted(found.name for pattern in ("*.yaml", "*.yml") for found in file.parent.glob(pattern))
        raise DataUnreachableError(
            f"the configuration {file}",
            got=f"no such file; beside it: {listed(nearby)}",
            fix="Pass --config, or write one with: kpikit init DATA",
        ) from None
    except OSError as error:
        raise DataUnreachableError(
            f"the configuration {file}", got=str(error.strerror), fix="Check the path and its permissions."
        ) from None
    if len(content) > MOST_BYTES:
        raise ConfigError(
            f"a {FILE} of at most {MOST_BYTES:,} bytes",
            got=f"{len(content):,}",
            fix="Is this the right file?",
            where=file.name,
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(
            "UTF-8 text", got=f"a byte that is not ({content[error.start]:#04x})",
            fix="Save it as UTF-8 in your editor.", where=f"{file.name}, line {line}",
        ) from None  # fmt: skip


def _parse(text: str, file: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    nodes = _nodes(text, file)
    if len(nodes) > 1:
        where = f"{file.name}, line {nodes[1].start_mark.line + 1}"
        raise ConfigError("one YAML document", got=f"{len(nodes)}", fix="Remove the line '---'.", where=where)
    if not nodes or nodes[0] is None:
        raise ConfigError("business, tables …", got="an empty file", fix="Write one: kpikit init DATA", where=file.name)
    if not isinstance(nodes[0], MappingNode):
        raise ConfigError(
            "names with values (business: …)", got="a list or a single text",
            fix="Begin lines with a name and a colon.",
            where=f"{file.name}, line {nodes[0].start_mark.line + 1}",
        )  # fmt: skip
    lines: dict[Place, int] = {(): 1}
    _index(nodes[0], (), file, lines)
    try:
        return yaml.safe_load(text), lines
    except (yaml.MarkedYAMLError, ValueError, TypeError) as error:
        raise ConfigError("YAML values", got=str(error).splitlines()[0], fix="Correct it.", where=file.name) from None


def _nodes(text: str, file: Path) -> list[Node]:
    try:
        return list(yaml.compose_all(text, yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        tab = mark is not None and "\t" in (text.splitlines() or [""])[min(mark.line, len(text.splitlines()) - 1)]
        fix = "Indent with spaces: YAML allows no tabs." if tab else "Check the indentation, colons and quotes there."
        raise ConfigError("YAML", got=error.problem or "text", fix=fix, where=f"{file.name}, line {line}") from None
    except yaml.reader.ReaderError as error:
        where = f"{file.name}, line {text[: error.position].count(chr(10)) + 1}"
        raise ConfigError("YAML", got=str(error).splitlines()[0], fix="Remove it.", where=where) from None
    except RecursionError:
        raise ConfigError("YAML", got="values nested too deeply", fix="Check the brackets.", where=file.name) from None


def _index(node: Node, place: Place, file: Path, lines: dict[Place, int]) -> None:
    """Note the line of every key and item; refuse a key that stands twice, and anchors that multiply without end."""
    where = f"{file.name}, line {node.start_mark.line + 1}"
    if len(lines) > MOST_VALUES or len(place) > DEEPEST:
        raise ConfigError(
            f"a {FILE} of at most {MOST_VALUES:,} names and values, {DEEPEST} deep",
            got="anchors (&, *) that make more", fix="Write the values out.", where=where,
        )  # fmt: skip
    if isinstance(node, ScalarNode) and node.tag.endswith(":timestamp"):
        try:
            yaml.safe_load(node.value)
        except ValueError as error:
            raise ConfigError(
                "a date such as 2026-12-31", got=f"{node.value} ({error})", fix="Write a day that the calendar has.",
                where=f"{where}: {'.'.join(map(str, place))}",
            ) from None  # fmt: skip
    if isinstance(node, MappingNode):
        for key, value in node.value:
            name = yaml.safe_load(key.value) if isinstance(key, ScalarNode) and key.tag.endswith(":int") else key.value
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise ConfigError("a simple name", got="a list or mapping as a name", where=f"{file.name}, line {line}")
            if (*place, name) in lines:
                raise ConfigError(
                    f"{name!r} once",
                    got=f"it twice (lines {lines[*place, name]} and {line})",
                    fix="Remove one of them: YAML would silently use the last.",
                    where=f"{file.name}, line {line}: {'.'.join(map(str, (*place, name)))}",
                )
            lines[*place, name] = line
            _index(value, (*place, name), file, lines)
    elif isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            lines[*place, number] = item.start_mark.line + 1
            _index(item, (*place, number), file, lines)


def _where(file: Path, place: Place, lines: dict[Place, int]) -> str:
    line = next(lines[place[:size]] for size in range(len(place), -1, -1) if place[:size] in lines)
    return f"{file.name}, line {line}: {'.'.join(map(str, place))}".removesuffix(": ")


def _explained(error: ValidationError, file: Path, lines: dict[Place, int]) -> ConfigError:
    """Return the first problem of a validation as our error, by line; say how many more there are."""
    problems = []
    for problem in error.errors(include_url=False):
        place = tuple(part for part in problem["loc"] if part != "[key]")
        facts = problem.get("ctx", {})
        if "key" in facts:
            place = (*place, facts["key"])
        expected = facts.get("expected") if problem["type"] in {"kpikit", "literal_error"} else _expected(problem)
        got = facts["got"] if "got" in facts else _found(problem)
        got = got if len(got) <= 120 else f"{got[:119]}…"
        problems.append((_line(place, lines), place, str(expected), got, facts.get("fix") or _remedy(problem)))
    _, place, expected, got, fix = min(problems, key=lambda item: item[0])
    more = f" ({len(problems) - 1} more below it)" if len(problems) > 1 else ""
    return ConfigError(expected, got=got, fix=f"{fix}{more}".strip(), where=_where(file, place, lines))


def _line(place: Place, lines: dict[Place, int]) -> int:
    return next(lines[place[:size]] for size in range(len(place), -1, -1) if place[:size] in lines)


def _expected(problem: Any) -> str:
    kinds = {
        "missing": "this name with a value",
        "float_type": "a number",
        "int_type": "a whole number",
        "string_type": "text",
        "bool_type": "true or false",
        "dict_type": "names with values",
        "model_type": "names with values",
        "model_attributes_type": "names with values",
        "tuple_type": "a list",
        "string_pattern_mismatch": "a name of lower-case letters, digits and _",
    }
    message = str(problem["msg"])
    said = message.removeprefix("Input should be ")
    return kinds.get(problem["type"]) or said[0].lower() + said[1:]


def _remedy(problem: Any) -> str:
    """Return what to do about a value, first of all about a fraction that was written as a percentage."""
    kind, value, limits = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "less_than_equal" and limits.get("le") == 1 and 1 < value <= 100:
        return f"Write {value:g} % as {value / 100:g}."
    if kind in {"less_than_equal", "greater_than_equal"}:
        return "Write a number that is." if kind == "less_than_equal" else f"Write a number from {limits['ge']:g}."
    return FIXES.get(kind, NESTED if kind.startswith(("dict", "model")) else "Correct it.")


def _found(problem: Any) -> str:
    if problem["type"] == "missing":
        return "nothing"
    value = problem["input"]
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "names with values"
    return f"{value!r}"[:80]


def _check_secrets(content: Any, file: Path, lines: dict[Place, int], place: Place = ()) -> None:
    """Refuse ``${…}`` where no secret belongs, and a variable that is not set."""
    if isinstance(content, dict):
        for key, value in content.items():
            _check_secrets(value, file, lines, (*place, key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            _check_secrets(value, file, lines, (*place, number))
    elif isinstance(content, str) and "${" in content:
        where = _where(file, place, lines)
        if len(place) != 3 or place[0] != "sources" or place[2] != "url":
            raise ConfigError(
                "plain text", got="${…}", fix="Environment variables stand only in sources.*.url.", where=where
            )
        for name, closed, _ in (part.partition("}") for part in content.split("${")[1:]):
            if not closed:
                raise ConfigError("${…} with its closing brace", got="${" + name, fix="Write ${NAME}.", where=where)
            if VARIABLE.search(os.environ.get(name, "")):
                raise ConfigError(
                    f"a value without ${{…}} in the environment variable {name}",
                    got="one that refers to another variable",
                    fix="Set it to the value itself.", where=where,
                )  # fmt: skip
            if name not in os.environ:
                raise ConfigError(
                    f"the environment variable {name}", got="not set", fix=f"Set it: export {name}=…", where=where
                )


def _check_columns(config: Config) -> None:
    """Refuse a mapped name that is most likely a needed one misspelled (other names are the user's own)."""
    for table, settings in config.tables.items():
        contract = CONTRACTS[table]
        missing = [name for name in contract.needed if name not in settings.columns]
        valid = listed([column.name for column in contract.columns], 20)
        for name in settings.columns:
            hint = nearest(name, missing) if contract.column(name) is None else None
            if hint:
                raise config.error(
                    "tables", table, "columns", name,
                    expected=f"one of {valid}, or a name of your own",
                    got=repr(name),
                    fix=f"Did you mean {hint!r}?",
                )  # fmt: skip


def _check_references(config: Config) -> None:
    """Refuse a table that names a source which is not there."""
    for table, settings in config.tables.items():
        name, dot, rest = (settings.from_ or "").partition(".")
        looks_like_source = dot and bare_name(name) and "/" not in (settings.from_ or "") and "." not in rest
        if not looks_like_source or name in config.sources or config.resolve(settings.from_ or "").exists():
            continue
        if rest.casefold() in {"csv", "tsv", "txt", "parquet", "duckdb", "db", "gz"} or "*" in rest:
            continue
        hint = nearest(name, config.sources)
        raise config.error(
            "tables", table, "from",
            expected=f"one of the sources {listed(config.sources)}, a file or a glob",
            got=repr(settings.from_),
            fix=f"Did you mean {hint!r}?" if hint else f"Add sources.{name}.url, or write the path of a file.",
        )  # fmt: skip
