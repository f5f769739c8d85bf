"""The record of one run: what went in, what came out, and what it was made with."""

from __future__ import annotations

import json
import platform
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from kpikit.errors import KpikitError

NAME = "manifest.json"
RECORDED = (
    "kpikit",
    "pandas",
    "numpy",
    "ibis-framework",
    "duckdb",
    "scikit-learn",
    "statsmodels",
    "lifetimes",
    "papermill",
    "nbconvert",
)


class Failure(BaseModel):
    """Why a run ended without a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    message: str
    exit_code: int
    cell: int | None = None


class Manifest(BaseModel):
    """One run. Written last: a folder without it is not a run.

    ``as_of`` and the moments are ISO text; ``seconds`` are wall-clock timings; ``files`` maps each
    parameter that names a file to its SHA-256, ``artefacts`` each file of the run. ``review_every`` is the
    configuration's (empty: data that come with kpikit); ``compared_with`` is the run that the page compares itself
    with. Readers of older files rely on the
    names: add to them, do not change them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int = 1
    run_id: str
    notebook: str
    status: Literal["succeeded", "failed", "interrupted"]
    title: str = ""
    business: str = ""
    headline: str = ""
    checks: str = ""
    as_of: str = ""
    period: str = ""
    review_every: str = ""
    compared_with: str = ""
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    parameters_hash: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    started: str
    finished: str
    seconds: dict[str, float] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    data_fingerprint: str = ""
    code_hash: str = ""
    config_fingerprint: str = ""
    failure: Failure | None = None
    artefacts: dict[str, str] = Field(default_factory=dict)
    kpis: list[dict[str, JsonValue]] = Field(default_factory=list)

    @property
    def day(self) -> str:
        """The day (UTC) on which the run began."""
        return self.started[:10]

    def text(self) -> str:
        """Return the file's content: indented JSON."""
        return self.model_dump_json(indent=2) + "\n"


def load(path: Path) -> Manifest | None:
    """Return the manifest in a file, or None for one that cannot be read: a stray file must not stop a run."""
    try:
        return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def new_run_id(now: datetime) -> str:
    """Return a name for a run that sorts by time and that no other run has."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of plain JSON values, whatever their order.

    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make the numbers."""
    found = {"python": platform.python_version()}
    for name in RECORDED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def failure(error: KpikitError, cell: int | None) -> Failure:
    """Return the record of an error."""
    return Failure(kind=error.kind, message=str(error), exit_code=error.exit_code, cell=cell)


def file_hashes(values: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a parameter names, by the parameter's name; paths are below ``folder``."""
    paths = {name: folder / value for name, value in values.items() if isinstance(value, str) and value}
    return {name: sha256(path.read_bytes()).hexdigest() for name, path in paths.items() if _is_file(path)}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a path, or with a NUL
        return False


def artefact_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, by its path within it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
