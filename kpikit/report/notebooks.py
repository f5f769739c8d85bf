"""The notebooks: where they live, what each declares, what each needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import nbformat

from kpikit.errors import KpikitError, MachineError, NotebookError, ParameterError, listed, nearest
from kpikit.report import parameters as declared
from kpikit.report.parameters import Parameter

PACKAGE = Path(__file__).resolve().parents[1]
OWN = "notebooks"  # folder of a project's notebooks, beside its kpikit.yaml


@dataclass(frozen=True)
class Notebook:
    """One case study, not yet run.

    Parameters
    ----------
    name
        File name without its ending: names the folder of its reports.
    path
        The file.
    title
        What the study is called in lists.
    needs, wants
        Tables without which it cannot run; tables that make it richer.
    parameters
        What its parameters cell declares.
    """

    name: str
    path: Path
    title: str
    needs: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()

    def lacking(self, tables: Collection[str]) -> tuple[str, ...]:
        """Return the needed tables that are not among ``tables``."""
        return tuple(name for name in self.needs if name not in tables)


def folder() -> Path:
    """Return the folder of the notebooks: in the wheel inside the package, in a checkout beside it."""
    for candidate in (PACKAGE / "notebooks", PACKAGE.parent / "notebooks"):
        if candidate.is_dir():
            return candidate
    raise MachineError(
        "a folder of notebooks in the package or beside it", got="neither", fix="Install kpikit again.", where="kpikit"
    )


def available(where: Path | None = None, own: Path | None = None) -> list[Notebook]:
    """Return every notebook of a folder (default: kpikit's own), by name, and those of one's own.

    Parameters
    ----------
    where
        Folder to look in instead of kpikit's own.
    own
        Folder of the configuration: of the notebooks in its ``notebooks/`` those count that say in their metadata
        (``kpikit``) that they are case studies, as ``kpikit new`` writes them; what else lies there is left alone.
        One with the name of a notebook of kpikit takes its place.
    """
    return [read(path) for _, path in sorted(_paths(where, own).items())]


def find(names: Sequence[str] = (), where: Path | None = None, own: Path | None = None) -> list[Notebook]:
    """Return the notebooks that ``names`` mean, in that order; all of them for no names.

    Parameters
    ----------
    names
        Names of notebooks, kpikit's or your own, or paths of ``.ipynb`` files.
    where, own
        As in :func:`available`.

    Raises
    ------
    ParameterError
        When a name means no notebook.
    """
    paths = dict(sorted(_paths(where, own).items()))
    chosen = [_path(name, paths) for name in dict.fromkeys(names)] if names else list(paths.values())
    return [read(path) for path in chosen]


def read(path: Path) -> Notebook:
    """Return what a notebook file declares; nothing in it is run."""
    document = load(path)
    facts: dict[str, Any] = dict(document.metadata.get("kpikit", {}))
    source = next((cell.source for cell in document.cells if "parameters" in cell.metadata.get("tags", [])), "")
    return Notebook(
        name=path.stem,
        path=path.resolve(),
        title=str(facts.get("title") or first_heading(document) or path.stem),
        needs=tuple(facts.get("needs", ())),
        wants=tuple(facts.get("wants", ())),
        parameters=declared.read(source, where=path.stem),
    )


def load(path: Path) -> Any:
    """Return the document in a notebook file, in nbformat 4."""
    try:
        return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise ParameterError("a notebook", got="no such file", where=str(path)) from None
    except Exception as problem:  # nbformat raises whatever it stumbles on
        raise NotebookError(
            "a notebook in nbformat 4", got=str(problem).split("\n")[0][:200], where=path.name
        ) from None


def first_heading(document: Any) -> str:
    """Return the text of a notebook's H1, or nothing."""
    lines = (line for cell in document.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next((line[2:].strip() for line in lines if line.startswith("# ")), "")


def code_hash(notebook: Notebook) -> str:
    """Return a SHA-256 over the notebook's cells and the package's modules: equal code, equal hash."""
    digest = sha256()
    for cell in load(notebook.path).cells:
        digest.update(f"{cell.cell_type}\0{cell.source}\0".encode())
    for module in sorted(PACKAGE.rglob("*.py")):
        digest.update(module.relative_to(PACKAGE).as_posix().encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()


def _paths(where: Path | None, own: Path | None) -> dict[str, Path]:
    """Return the notebooks by name."""
    paths = {path.stem: path for path in (where or folder()).glob("*.ipynb")}
    mine = (own / OWN).glob("*.ipynb") if own else ()
    return paths | {path.stem: path for path in mine if _is_study(path)}


def _is_study(path: Path) -> bool:
    """Say whether a notebook is made for kpikit. What cannot be read is not: others keep notebooks there, too."""
    try:
        return "kpikit" in load(path).metadata
    except KpikitError:
        return False


def _path(name: str, paths: dict[str, Path]) -> Path:
    if name in paths:
        return paths[name]
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name)
    hint = nearest(name, paths)
    raise ParameterError(
        f"one of the notebooks {listed(paths)}, or the path of an .ipynb file",
        got=repr(name),
        fix=f"Did you mean {hint!r}?" if hint else "See kpikit list.",
        where="notebook",
    )
