"""A fitted model as a JSON file: parameters, unit, as_of and the fingerprint of the data; never a customer."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from kpikit.errors import ContractError, MachineError

SCHEMA_VERSION = 1
NUMBERS = ("log_likelihood", "aic")  # null in the file is "not known" here


def write(path: str | Path, content: dict[str, Any]) -> Path:
    """Write plain content to ``path``, whole or not at all, and return the path."""
    target = Path(path)
    text = json.dumps({"schema_version": SCHEMA_VERSION, **_plain(content)}, indent=2, allow_nan=False)
    part = target.with_name(f"{target.name}.part")
    try:
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(target)
    except OSError as error:
        raise MachineError("a place to write the model", got=str(error), where=str(target)) from None
    return target


def read(path: str | Path) -> dict[str, Any]:
    """Return the content that :func:`write` wrote, with unknown numbers as NaN.

    Raises
    ------
    ContractError
        When the file cannot be read or has another schema.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        version = content.pop("schema_version")
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise not_a_model(path, f"{type(error).__name__}: {error}") from None
    if version != SCHEMA_VERSION:
        raise not_a_model(path, f"schema version {version}")
    return {key: _known(key, value) for key, value in content.items()}


def not_a_model(path: str | Path, got: str) -> ContractError:
    """Return the error for a file that is no model."""
    return ContractError("a model written by Fit.to_json", got=got, fix="Fit it again.", where=str(path))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _known(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(name, item) for name, item in value.items()}
    return math.nan if value is None and key in NUMBERS else value
