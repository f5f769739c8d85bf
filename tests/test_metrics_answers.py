"""The small tables that the reading of answers starts from: hand-typed, on every engine."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from shops import orders

from kpikit.config import Config
from kpikit.metrics import answers

pytestmark = pytest.mark.usefixtures("engine")


def times(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts), format="ISO8601")).astype("datetime64[us]")


six = pd.DataFrame({
    "responded_at": times(*["2024-01-05 10:00"] * 6),
    "kind": "nps",
    "score": [10.0, 9.0, 8.0, 6.0, 6.0, None],
    "customer_id": ["a", "b", "c", "d", "e", "f"],
    "response_id": ["r1", "r2", "r3", "r4", "r5", "r6"],
    "comment": ["good", " ", None, "bad", "", "silent"],
    "touchpoint": [None, None, "order", "order", "order", None],
})  # fmt: skip
people = pd.DataFrame({"customer_id": list("abcdefg"), "segment": ["x", "x", "x", "y", None, "y", "y"]})


def rows(table) -> list[tuple]:
    return [tuple(row) for row in table.to_pandas().itertuples(index=False)]


def test_distribution_by_hand():
    found = answers.distribution({"survey_responses": six}, survey="all")
    assert rows(found) == [
        (6.0, "bottom", 0.0, 10.0, 2), (8.0, "middle", 0.0, 10.0, 1),
        (9.0, "top", 0.0, 10.0, 1), (10.0, "top", 0.0, 10.0, 1),
    ]  # fmt: skip


def test_relational_and_transactional_surveys_are_not_mixed():
    assert answers.distribution({"survey_responses": six}).to_pandas().answers.sum() == 2
    asked_for = Config(kpis={"nps": {"survey": "order"}})
    data = SimpleNamespace(config=asked_for, tables={"survey_responses": six})
    assert answers.distribution(data).to_pandas().answers.sum() == 3


def test_blank_comments_are_none():
    assert rows(answers.spoken({"survey_responses": six}, survey="all")) == [
        ("bottom", 2, 1),
        ("middle", 1, 0),
        ("top", 2, 1),
    ]


def test_split_takes_the_customers_column_where_the_answers_lack_it():
    found = answers.split(
        {"survey_responses": six, "customers": people}, by="segment", kinds=["nps"], survey="all"
    ).to_pandas()
    sums = found.set_index("segment")
    assert sums.numerator.to_dict() == {"unknown": -1.0, "x": 2.0, "y": -1.0}
    assert sums.denominator.to_dict() == {"unknown": 1.0, "x": 3.0, "y": 1.0}
    assert sums.sum_ww.to_dict() == {"unknown": 1.0, "x": 2.0, "y": 1.0}


def test_split_by_touchpoint_and_kind():
    both = pd.concat([six, six.assign(kind="CSAT", score=[5.0, 4.0, 3.0, 2.0, 1.0, None])])
    found = answers.split({"survey_responses": both}, by="touchpoint", survey="all").to_pandas()
    assert [tuple(row) for row in found[["kind", "statistic", "segment", "numerator", "denominator"]].to_numpy()] == [
        ("csat", "top_two_box", "order", 0.0, 3.0), ("csat", "top_two_box", "unknown", 2.0, 2.0),
        ("nps", "net", "order", -2.0, 3.0), ("nps", "net", "unknown", 2.0, 2.0),
    ]  # fmt: skip


def test_the_configuration_says_scales_and_which_effort_was_asked():
    effort = six.assign(kind="ces", score=[1.0, 2.0, 3.0, 4.0, 5.0, None])
    own = six.assign(kind="return", score=[1.0, 1.0, 2.0, 3.0, 3.0, None])
    config = Config(kpis={"ces": {"version": 1}, "would_return": {"kind": "return", "scale": [1, 3]}})
    data = SimpleNamespace(config=config, tables={"survey_responses": pd.concat([effort, own])})
    found = answers.distribution(data, kind="ces").to_pandas().set_index("score").score_class
    assert found.to_dict() == {1.0: "top", 2.0: "top", 3.0: "middle", 4.0: "bottom", 5.0: "bottom"}
    assert answers.distribution(data, kind="Return").to_pandas().score_class.tolist() == ["bottom", "middle", "top"]
    assert set(answers.split(data, by="touchpoint").to_pandas().kind) == {"ces", "return"}


@pytest.mark.parametrize("name", ["ces", "customer_effort_score"])
def test_a_kpi_is_configured_under_any_of_its_names(name):
    effort = six.assign(kind="ces", score=[1.0, 2.0, 3.0, 4.0, 5.0, 7.0])
    data = SimpleNamespace(config=Config(kpis={name: {"version": 1}}), tables={"survey_responses": effort})
    found = answers.distribution(data, kind="ces").to_pandas().set_index("score").score_class
    assert found.to_dict() == {1.0: "top", 2.0: "top", 3.0: "middle", 4.0: "bottom", 5.0: "bottom"}


def test_which_surveys_count_is_configured_under_any_name():
    data = SimpleNamespace(
        config=Config(kpis={"net_promoter_score": {"survey": "all"}}), tables={"survey_responses": six}
    )
    assert answers.distribution(data).to_pandas().answers.sum() == 5  # relational ones alone would be 2


@pytest.mark.parametrize(
    "table",
    [
        lambda: answers.distribution({}),
        lambda: answers.distribution({"survey_responses": six}, kind="of my own"),
        lambda: answers.spoken({"survey_responses": six.drop(columns="comment")}),
        lambda: answers.split({}, by="segment"),
        lambda: answers.split({"survey_responses": six}, by="segment"),
        lambda: answers.invited({"survey_responses": six}),
        lambda: answers.after_contact(six, None),
        lambda: answers.after_contact(six, orders(("a", "2024-01-01", 1.0))),
    ],
)
def test_what_is_not_there_gives_an_empty_table(table):
    assert table().to_pandas().empty


asked = pd.DataFrame({
    "invite_id": list("123456789"),
    "sent_at": times(*["2024-01-03 10:00"] * 8, "2024-03-01 10:00"),
    "responded_at": times("2024-01-04 23:00", "2024-01-05 00:00", "2024-01-05 10:00", "2024-01-05 10:00", None, None,
                          "2024-02-20", None, None),
    "response_id": ["r1", "r2", "r4", "elsewhere", None, None, "r5", None, None],
    "customer_id": ["a", "b", "d", "c", "e", "f", "e", "g", "a"],
})  # fmt: skip


def test_invited_by_hand():
    tables = {"survey_invites": asked, "survey_responses": six, "customers": people}
    found = rows(answers.invited(tables, by=("segment", "nowhere"), survey="all", as_of="2024-03-10"))
    assert found == [
        ("unknown", "none", "none", 2),  # e did not answer, and answered another one too late
        ("x", "early", "top", 1), ("x", "late", "none", 1), ("x", "late", "top", 1),  # a; c, no NPS; b after midnight
        ("y", "late", "bottom", 1), ("y", "none", "none", 2),  # d; f and g
    ]  # fmt: skip


def test_bounced_invitations_and_those_to_other_questions_are_not_of_the_invited():
    tables = {"survey_invites": asked.assign(bounced=[False] * 7 + [True, False], kind=["NPS"] * 5 + ["csat"] * 4),
              "survey_responses": six}  # fmt: skip
    found = answers.invited(tables, by=(), as_of="2024-03-10").to_pandas()
    assert found.invitations.sum() == 5


def test_invitations_are_given_the_days_that_the_response_rate_gives_them():
    tables = {"survey_invites": asked, "survey_responses": six}
    data = SimpleNamespace(config=Config(kpis={"response_rate": {"within_days": 60}}), tables=tables)
    found = answers.invited(data, by=(), survey="all", as_of="2024-03-10").to_pandas()
    counts = found.groupby("pace").invitations.sum().to_dict()
    assert counts == {"early": 1, "late": 4, "none": 3}  # an answer after 48 days counts, 1 March is too young


def test_days_allowed_are_those_of_the_configuration():
    assert (answers.days_allowed({}, "closed_loop"), answers.days_allowed({}, "response_rate")) == (7, 14)
    data = SimpleNamespace(config=Config(kpis={"closed_loop": {"within_days": 3}}), tables={})
    assert answers.days_allowed(data, "closed_loop") == 3


sad = pd.DataFrame({
    "responded_at": times(*["2024-01-01 10:00"] * 5, "2024-01-02 10:00", "2024-05-01"),
    "kind": "nps",
    "score": [0.0, 3.0, 6.0, 5.0, 9.0, 2.0, 0.0],
    "customer_id": ["a", "b", "c", "d", "e", "a", "z"],
    "contacted_at": times("2024-01-03", None, "2024-01-04", "2024-02-01", "2024-01-02", None, None),
})  # fmt: skip
bought = orders(
    ("a", "2024-01-02", 9.0),  # before both groups are watched
    ("b", "2024-01-09", 9.0), ("c", "2024-04-07", 9.0), ("d", "2024-04-08", 9.0), ("e", "2024-01-20", 9.0),
    ("c", "2024-06-01", -9.0),
)  # fmt: skip


def test_after_a_contact_both_groups_are_watched_from_the_same_moment():
    found = rows(answers.after_contact(sad, bought, as_of="2024-06-01"))
    # watched from 9 January to 7 April: a (contacted, bought before), b (on the first day), c (contacted, on the last),
    # d (contacted late, bought a day later); e is no detractor, z is not watched long enough
    assert found == [("contacted", 2, 1), ("not contacted", 2, 1)]


def test_those_not_watched_long_enough_are_not_yet_eligible():
    assert rows(answers.after_contact(sad, bought, as_of="2024-04-07")) == []
    assert rows(answers.after_contact(sad, bought, as_of="2024-04-08")) == [
        ("contacted", 2, 1),
        ("not contacted", 2, 1),
    ]


def test_the_earlier_end_of_two_tables_counts():
    early = bought[bought.ordered_at < "2024-04-01"]
    assert rows(answers.after_contact(sad, early)) == []
