"""What every notebook keeps to, read from the files; and that each runs by papermill alone."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from kpikit.contracts import CONTRACTS
from kpikit.report import parameters

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COMMON = [(name, "str", "") for name in ("config", "as_of", "period", "audience")]
LOGIC = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.For | ast.AsyncFor | ast.While | ast.Lambda

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def statements(path: Path) -> list[ast.AST]:
    return [node for cell in code_cells(path) for node in ast.walk(ast.parse(cell.source))]


def test_there_are_notebooks() -> None:
    assert PATHS, "notebooks/ holds no .ipynb file"


@every_notebook
def test_file_is_valid_and_stripped(path: Path) -> None:
    nbformat.validate(read(path))
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code_cells(path)), "run make notebooks"


@every_notebook
def test_one_main_heading_and_it_comes_first(path: Path) -> None:
    prose = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    headings = [line for source in prose for line in source.splitlines() if line.startswith("# ")]
    assert len(headings) == 1
    assert read(path).cells[0].source.startswith(headings[0])


@every_notebook
def test_first_code_cell_declares_typed_and_explained_parameters(path: Path) -> None:
    tagged = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    assert tagged == code_cells(path)[:1], "the first code cell, and no other, has the tag"
    declared = parameters.read(tagged[0].source, where=path.stem)
    assert [(one.name, one.type, one.default) for one in declared[:4]] == COMMON
    assert all(one.help for one in declared), "each line ends with a comment that says what it is and its unit"
    assert len(tagged[0].source.splitlines()) == len(declared), "one parameter a line"


@every_notebook
def test_prose_and_calls_no_logic(path: Path) -> None:
    logic = [ast.unparse(node) for node in statements(path) if isinstance(node, LOGIC)]
    assert not logic, "this belongs in the package"
    rest = [cell for cell in code_cells(path) if "parameters" not in cell.metadata.get("tags", [])]
    assert max(len(cell.source.splitlines()) for cell in rest) <= 8


@every_notebook
def test_the_only_import_is_kpikit_as_kk(path: Path) -> None:
    imports = [ast.unparse(node) for node in statements(path) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == ["import kpikit as kk"]


@every_notebook
def test_metadata_say_the_title_and_the_tables_needed(path: Path) -> None:
    facts = read(path).metadata["kpikit"]
    assert facts["title"]
    assert set(facts["needs"]) | set(facts.get("wants", ())) <= set(CONTRACTS)
    assert read(path).metadata["kernelspec"]["name"] == "python3"


@pytest.mark.slow
@every_notebook
def test_runs_by_papermill_without_the_runner(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", str(path), "out.ipynb", "--no-progress-bar", "--log-level", "WARNING"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-1500:]
    outputs = [output for cell in code_cells(tmp_path / "out.ipynb") for output in cell.outputs]
    assert any("application/vnd.kpikit.result+json" in output.get("data", {}) for output in outputs)
    assert [path.name for path in tmp_path.iterdir()] == ["out.ipynb"], "a notebook writes nothing"
