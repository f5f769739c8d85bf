"""A first kpikit.yaml from a look at the files: which table each one is, and which column means what."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kpikit.config import load_config
from kpikit.contracts import CONTRACTS
from kpikit.errors import ConfigError, KpikitError, MachineError, listed
from kpikit.proposals.judging import Found, local_path, look, parts_as_one
from kpikit.proposals.words import WORDS
from kpikit.proposals.writing import business, written
from kpikit.sources.engine import connect
from kpikit.sources.loading import load

__all__ = ["FILE", "Proposal", "propose", "write"]

FILE = "kpikit.yaml"


@dataclass(frozen=True)
class Proposal:
    """A kpikit.yaml to begin with, and what was noticed on the way."""

    yaml_text: str
    notes: list[str]


def propose(paths: Sequence[str | Path], folder: str | Path) -> Proposal:
    """Look at data and propose a kpikit.yaml that loads.

    Parameters
    ----------
    paths
        Files (CSV, TSV, Parquet, DuckDB), folders of them, or ``duckdb://FILE``. Files of one folder with the same
        columns and a common name (``orders_2024.csv``, ``orders_2025.csv``) are proposed as one table.
    folder
        Where kpikit.yaml will stand: paths in it are relative to this folder.

    Raises
    ------
    ConfigError
        When nothing looks like orders: says which columns were looked for and which were found.
    DataUnreachableError
        When a path does not exist.
    """
    home = Path(folder).expanduser().absolute()
    connection = connect()
    try:
        with tempfile.TemporaryDirectory(prefix="kpikit-") as spare:
            found = [item for path in paths for item in look(connection, local_path(path), home, Path(spare))]
    finally:
        connection.disconnect()
    chosen, notes = _one_each(parts_as_one(found))
    if "orders" not in chosen:
        raise _no_orders(found)
    text = written(chosen, business(chosen["orders"]))
    return Proposal(text, [*notes, *_tried(text, home)])


def write(proposal: Proposal, path: str | Path) -> Path:
    """Write a proposal as kpikit.yaml, whole or not at all; an existing file is never overwritten."""
    target = Path(path).expanduser().absolute()
    target = target / FILE if target.is_dir() else target
    refusal = ConfigError(
        f"no file yet at {target}", got="one", fix="Move it away first, or edit it: it is never overwritten."
    )
    if target.exists():
        raise refusal
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        try:
            part.write_text(proposal.yaml_text, encoding="utf-8")
            part.chmod(0o644)
            os.link(part, target)  # fails where the file has appeared meanwhile
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise refusal from None
    except OSError as error:
        raise MachineError(f"to write {target}", got=str(error.strerror), fix="Choose another folder.") from None
    return target


def _one_each(found: list[Found]) -> tuple[dict[str, Found], list[str]]:
    chosen: dict[str, Found] = {}
    notes = []
    for item in found:
        if not item.table:
            notes.append(f"{item.shown} was not recognised: it has {listed(item.columns, 8)}.")
        elif item.table in chosen:
            notes.append(f"{item.shown} also looks like {item.table}; {chosen[item.table].shown} was taken.")
        else:
            chosen[item.table] = item
            notes.append(f"{item.shown} looks like {item.table}.")
    return {name: chosen[name] for name in CONTRACTS if name in chosen}, notes


def _no_orders(found: list[Found]) -> ConfigError:
    seen = "; ".join(f"{item.shown}: {_of_orders(item)}" for item in found[:4]) or "no table"
    wanted = ", ".join(f"{name} (such as {listed(WORDS[name][:3])})" for name in CONTRACTS["orders"].needed)
    return ConfigError(
        f"a table of orders with {wanted}",
        got=seen,
        fix="Write tables.orders in kpikit.yaml by hand, and map these columns to what they are called.",
    )


def _of_orders(item: Found) -> str:
    """Return which of the columns that orders need were found in a file, and which were not."""
    needed = CONTRACTS["orders"].needed
    present = ", ".join(f"{name}: {item.as_orders[name]}" for name in needed if name in item.as_orders)
    missing = " and no ".join(name for name in needed if name not in item.as_orders)
    if not missing:
        return f"{present}, but it looks like {item.table or 'something else'}"
    return f"{present or 'nothing needed'}; no {missing} among {listed(item.columns, 10)}"


def _tried(text: str, home: Path) -> list[str]:
    """Return what loading the proposal says, so that nobody meets it later."""
    with tempfile.TemporaryDirectory(prefix="kpikit-") as spare:
        file = Path(spare, FILE)
        file.write_text(text, encoding="utf-8")
        try:
            config = load_config(file)
            config._path = home / FILE  # the paths are relative to where the file will stand
            data = load(config)
        except KpikitError as error:
            return [f"Before it loads: {error}"]
        notes = [data.describe().text, *(flag.text for flag in data.flags)]
        for table in data.tables.values():
            table.get_backend().disconnect()
            break
        return notes
