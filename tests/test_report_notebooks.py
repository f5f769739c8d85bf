"""Notebooks are found, and what they declare is read without running them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpikit.errors import NotebookError, ParameterError
from kpikit.report import notebooks


def test_title_needs_and_parameters_are_read(make_notebook) -> None:
    book = notebooks.read(make_notebook(title="Cohorts", needs=["orders", "tickets"], wants=["customers"]))
    assert (book.name, book.title, book.wants) == ("toy", "Cohorts", ("customers",))
    assert book.lacking(["orders"]) == ("tickets",)
    assert [parameter.name for parameter in book.parameters] == ["config", "as_of", "period", "audience"]


def test_no_names_mean_all_and_a_path_means_itself(make_notebook) -> None:
    path = make_notebook(name="b")
    make_notebook(name="a")
    assert [book.name for book in notebooks.find(where=path.parent)] == ["a", "b"]
    assert [book.path for book in notebooks.find([str(path)], where=Path("/"))] == [path.resolve()]


def test_an_unknown_notebook_names_the_nearest(make_notebook) -> None:
    path = make_notebook(name="cohort_retention")
    with pytest.raises(ParameterError, match="Did you mean 'cohort_retention'") as refusal:
        notebooks.find(["cohort_retentoin"], where=path.parent)
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "not a notebook"])
def test_a_file_that_is_no_notebook_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(content)
    with pytest.raises(NotebookError, match=r"broken\.ipynb: expected a notebook"):
        notebooks.read(path)


def test_the_code_hash_changes_with_a_cell(make_notebook) -> None:
    first = notebooks.code_hash(notebooks.read(make_notebook(["1"])))
    assert first == notebooks.code_hash(notebooks.read(make_notebook(["1"])))
    assert first != notebooks.code_hash(notebooks.read(make_notebook(["2"])))
