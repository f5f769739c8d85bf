"""A new notebook keeps to what every notebook keeps to, and takes nobody's place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import test_notebooks as contract

from kpikit.errors import MachineError, ParameterError
from kpikit.report import beginning, notebooks

ROOT = Path(__file__).parents[1]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return beginning.write("Summer sale: who came back?", tmp_path)


@pytest.mark.parametrize(
    "check",
    [
        contract.test_file_is_valid_and_stripped,
        contract.test_one_main_heading_and_it_comes_first,
        contract.test_first_code_cell_declares_typed_and_explained_parameters,
        contract.test_prose_and_calls_no_logic,
        contract.test_the_only_import_is_kpikit_as_kk,
        contract.test_metadata_say_the_title_and_the_tables_needed,
    ],
)
def test_it_keeps_the_contract_of_notebooks(made: Path, check) -> None:
    check(made)


def test_it_uses_public_names_and_is_formatted(made: Path) -> None:
    import ast

    import kpikit

    cells = [cell.source for cell in contract.code_cells(made)]
    reached = [node for node in ast.walk(ast.parse("\n".join(cells))) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in reached if isinstance(node.value, ast.Name) and node.value.id == "kk"}
    assert names <= set(kpikit.__all__)
    command = [sys.executable, "-m", "ruff", "format", "--check", "--line-length", "120", str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_file_is_named_by_its_letters_and_titled_as_said(made: Path, tmp_path: Path) -> None:
    assert made == tmp_path / "notebooks" / "summer_sale_who_came_back.ipynb"
    assert notebooks.read(made).title == "Summer sale: who came back?"
    assert beginning.write("../../etc/passwd", tmp_path).parent == tmp_path / "notebooks"


def test_it_overwrites_nothing_and_takes_no_name_of_kpikits(made: Path, tmp_path: Path) -> None:
    made.write_text("mine")
    with pytest.raises(ParameterError, match=r"found summer_sale_who_came_back\.ipynb"):
        beginning.write("Summer sale, who came back", tmp_path)
    assert made.read_text() == "mine"
    with pytest.raises(ParameterError, match="churn_risk of kpikit"):
        beginning.write("Churn risk", tmp_path)
    with pytest.raises(ParameterError, match="letters or digits"):
        beginning.write(" ?! ", tmp_path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "notebooks").write_text("a file in the way")
    with pytest.raises(MachineError, match="a folder that can be written"):
        beginning.write("Mine", tmp_path)


def test_notebooks_of_ones_own_are_found_and_what_else_lies_there_is_left_alone(made: Path, tmp_path: Path) -> None:
    (tmp_path / "notebooks" / "broken.ipynb").write_text("{half")
    plain = json.loads(made.read_text())
    del plain["metadata"]["kpikit"]
    (tmp_path / "notebooks" / "scratch.ipynb").write_text(json.dumps(plain))
    names = [book.name for book in notebooks.available(own=tmp_path)]
    assert "summer_sale_who_came_back" in names
    assert "churn_risk" in names
    assert not {"broken", "scratch"} & set(names)
    assert [book.path for book in notebooks.find(["summer_sale_who_came_back"], own=tmp_path)] == [made]
    with pytest.raises(ParameterError, match="Did you mean 'summer_sale_who_came_back'"):
        notebooks.find(["summer_sale_who_came_bak"], own=tmp_path)


def test_ones_own_takes_the_place_of_kpikits(made: Path, tmp_path: Path) -> None:
    own = made.rename(made.with_name("churn_risk.ipynb"))
    assert [book.path for book in notebooks.find(["churn_risk"], own=tmp_path)] == [own]
