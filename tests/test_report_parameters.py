"""Parameters are read without running anything and checked before a kernel starts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit.errors import NotebookError, ParameterError
from kpikit.report.parameters import check, read

CELL = """as_of: str = ""  # first day that is not known
period: str = ""
weeks: int = 12  # weeks of history
rate: float = 0.1
strict: bool = False
segments: list[str] = []
labels: dict = {}
"""


def test_name_type_default_and_help_are_read() -> None:
    first, _, third, *_, last = read(CELL)
    assert (first.name, first.type, first.default, first.help) == ("as_of", "str", "", "first day that is not known")
    assert str(third) == "weeks (int)"
    assert last.type == "dict"


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("import os", "import os"),
        ("weeks = 12", "weeks = 12"),
        ("weeks: int", "weeks: int"),
        ("day: date = '2026-01-01'", "the type date"),
        ("home: str = open('/etc/hostname').read()", "a default that has to be run"),
        ("weeks: int = '12'", "the default '12'"),
        ("weeks: int = True", "the default True"),
        ("weeks: int = = 1", "not Python"),
    ],
)
def test_a_cell_that_is_more_than_parameters_is_refused_and_never_run(line: str, seen: str) -> None:
    with pytest.raises(NotebookError, match="parameters cell, line 2") as refusal:
        read(f"a: int = 1\n{line}", where="toy")
    assert seen in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("weeks", "26", 26),
        ("weeks", "-1", -1),
        ("rate", "3", 3.0),
        ("strict", "yes", True),
        ("strict", "FALSE", False),
        ("segments", '["a", "b"]', ["a", "b"]),
        ("labels", '{"a": 1}', {"a": 1}),
        ("as_of", "2026-10-01", "2026-10-01"),
        ("as_of", "${AS_OF}", "${AS_OF}"),
        ("weeks", 26, 26),
        ("rate", 1, 1.0),
        ("period", "2026-Q3", "2026-Q3"),
    ],
)
def test_text_and_json_values_get_the_declared_type(name: str, text: object, value: object) -> None:
    checked = check(read(CELL), {name: text})
    assert checked == {name: value}
    assert type(checked[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weeks", "twelve"),
        ("weeks", "1.5"),
        ("weeks", True),
        ("weeks", None),
        ("rate", "nan"),
        ("rate", float("inf")),
        ("strict", "maybe"),
        ("strict", 1),
        ("segments", "a, b"),
        ("segments", {"a": 1}),
        ("segments", [object()]),
        ("labels", {1: "a"}),
        ("as_of", 20261001),
        ("as_of", "01/10/2026"),
        ("period", "Q3"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ParameterError) as refusal:
        check(read(CELL), {name: value}, where="toy")
    assert name in str(refusal.value)


def test_an_unknown_name_lists_the_valid_ones_and_the_nearest() -> None:
    with pytest.raises(ParameterError) as refusal:
        check(read(CELL), {"wekks": "1"}, where="toy")
    assert "weeks (int)" in str(refusal.value)
    assert "Did you mean 'weeks'?" in str(refusal.value)


def test_code_in_a_name_is_refused() -> None:
    with pytest.raises(ParameterError, match="which is not a name"):
        check(read(CELL), {"weeks = 1; import os; x": "1"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=4))
def test_any_json_list_passes_as_text_and_as_itself(value: list[object]) -> None:
    assert check(read(CELL), {"segments": value}) == check(read(CELL), {"segments": json.dumps(value)})
