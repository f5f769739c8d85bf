"""Messages made from facts, exit codes, and what survives a process boundary."""

from __future__ import annotations

import pickle

import pytest

from kpikit import errors
from kpikit.errors import KpikitError, ParameterError, listed, nearest, one_of

CHILDREN = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, KpikitError) and kind is not KpikitError
]
EXIT_CODES = {
    "MachineError": 1,
    "ConfigError": 2,
    "ParameterError": 2,
    "ContractError": 2,
    "NotebookError": 3,
    "RunTimeoutError": 4,
    "KernelDiedError": 5,
    "LockedError": 6,
    "DataUnreachableError": 7,
    "GateError": 8,
    "TerminatedError": 143,
}


def test_every_error_has_the_exit_code_that_schedulers_are_told():
    assert {kind.__name__: kind.exit_code for kind in CHILDREN} == EXIT_CODES


def test_every_error_has_a_kind_of_its_own():
    kinds = [kind.kind for kind in CHILDREN]
    assert len(set(kinds)) == len(kinds)
    assert KpikitError.kind not in kinds


def test_a_message_says_where_expected_found_and_what_to_do():
    error = ParameterError("a date", got="'yesterday'", fix="Pass '2026-09-30'.", where="as_of")
    assert str(error) == "as_of: expected a date; found 'yesterday'. Pass '2026-09-30'."


def test_a_message_without_facts_has_no_empty_places():
    assert str(ParameterError("a date")) == "expected a date"


@pytest.mark.parametrize("kind", CHILDREN)
def test_facts_survive_pickling_between_processes(kind):
    error = kind("a", got="b", fix="c", where="d")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.expected, again.got, again.fix, again.where) == ("a", "b", "c", "d")
    assert str(again) == str(error)


@pytest.mark.parametrize(
    ("name", "found"),
    [("custmer_id", "customer_id"), ("AMOUNT", "amount"), ("xyzzy", None), ("", None)],
)
def test_nearest_forgives_letters_and_case_only(name, found):
    assert nearest(name, ["customer_id", "amount"]) == found


def test_nearest_of_nothing_is_nothing():
    assert nearest("amount", []) is None


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "nothing"),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c", "d"], "a, b … and 2 more"),
        ([1, None], "1, None"),
    ],
)
def test_listed_stays_short(names, text):
    assert listed(names, limit=2) == text


def test_one_of_accepts_a_valid_name_and_names_the_nearest_to_a_wrong_one():
    one_of("mode", "exact", ("exact", "rolling"))
    with pytest.raises(
        ParameterError, match=r"^mode: expected one of exact, rolling; found 'rollin'\. Did you mean 'rolling'\?$"
    ):
        one_of("mode", "rollin", ("exact", "rolling"))


def test_one_of_without_a_near_name_still_lists_them():
    with pytest.raises(ParameterError, match=r"found 7\. Pass one of these\.$"):
        one_of("mode", 7, ("exact", "rolling"))
