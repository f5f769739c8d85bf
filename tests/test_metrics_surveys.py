"""Net promoters, satisfaction, effort, response, advocacy and the closed loop: hand-typed answers and traps."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kpikit
from kpikit.config import Config
from kpikit.errors import ContractError, ParameterError
from kpikit.kpis import with_interval
from kpikit.metrics import find, surveys

pytestmark = pytest.mark.usefixtures("engine")

KIND_AND_SCORE = ["responded_at", "kind", "customer_id", "score"]


def answers(*rows: tuple[str, str, str | None, float | None], **columns: object) -> pd.DataFrame:
    """Return survey responses from (time, kind, customer, score)."""
    table = pd.DataFrame(rows, columns=KIND_AND_SCORE)
    table["responded_at"] = pd.to_datetime(table.responded_at, format="ISO8601").astype("datetime64[us]")
    return table.astype({"score": float}).assign(**columns)


def each_once(scores: list[float], kind: str = "csat") -> pd.DataFrame:
    """Return one answer per customer."""
    return answers(*(("2024-01-05 10:00", kind, f"c{place}", score) for place, score in enumerate(scores)))


def times(*texts: str | None) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts), format="ISO8601")).astype("datetime64[us]")


def value(name: str, *tables: pd.DataFrame, by=None, period=None, as_of="2024-03-01", **its_settings) -> pd.DataFrame:
    """Return a KPI with its interval, with settings."""
    its = find(name).using(**its_settings)
    return with_interval(its.counts(*tables, by=by, period=period, as_of=as_of).to_pandas(), its.card)


twenty = each_once([5] * 8 + [4] * 6 + [3] * 3 + [2] * 2 + [1])  # 40, 30, 15, 10 and 5 %
ten_promoters = each_once([10, 10, 9, 9, 9, 8, 7, 6, 3, 0], kind="nps")  # five up, two between, three down


def test_net_promoter_score_by_hand():
    row = value("nps", ten_promoters).iloc[0]
    assert (row.numerator, row.denominator, row.n) == (2, 10, 10)
    assert row.value == pytest.approx(20.0)


def test_the_same_answers_in_four_variants():
    found = {variant: value("csat", twenty, variant=variant).value[0]
             for variant in ("top_two_box", "mean", "top_box", "net")}  # fmt: skip
    assert found == pytest.approx({"top_two_box": 0.70, "mean": 3.90, "top_box": 0.40, "net": 55.0})


def test_cards_say_the_variant():
    cards = {variant: find("csat").using(variant=variant).card for variant in ("top_two_box", "mean", "net")}
    assert [one.style for one in cards.values()] == ["percent", "decimal", "points"]
    assert [one.interval for one in cards.values()] == ["clustered_wilson", "clustered_mean", "nps"]
    assert all(variant in one.caveat for variant, one in cards.items())


@pytest.mark.parametrize(("length", "boxes"), [(2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 3), (10, 3)])
def test_top_boxes_by_scale_length(length, boxes):
    every = each_once(list(range(1, length + 1))).assign(scale_min=1, scale_max=length)
    row = value("csat", every).iloc[0]
    assert (row.numerator, row.denominator) == (boxes, length)


def test_a_missing_score_is_not_a_passive():
    silent = answers(("2024-01-06", "nps", "z", None), ("2024-01-07", "nps", "y", None))
    row = value("nps", pd.concat([ten_promoters, silent])).iloc[0]
    assert (row.numerator, row.denominator) == (2, 10)


def test_off_scale_answers_are_set_aside_and_counted_never_clipped():
    wild = answers(("2024-01-06", "nps", "z", 11), ("2024-01-07", "nps", "y", -1), ("2024-01-08", "csat", "x", 9))
    table = pd.concat([ten_promoters, wild, answers(("2024-01-09", "csat", "w", None))])
    assert value("nps", table).denominator[0] == 10
    assert value("csat", table).denominator[0] == 0
    aside = surveys.off_scale(table).to_pandas().set_index("kind")
    assert aside["rows"].to_dict() == {"csat": 1, "nps": 2}
    assert aside.missing.to_dict() == {"csat": 1, "nps": 0}
    assert aside.used.to_dict() == {"csat": 0, "nps": 10}


def test_what_is_set_aside_follows_the_scales_that_are_declared():
    rows = pd.concat([each_once([5, 4, 1], kind="joy"), each_once([7, 5, 2], kind="ces")])
    config = Config(kpis={"joy": {"kind": "joy", "scale": [1, 5]}, "customer_effort_score": {"version": 1}})
    data = SimpleNamespace(config=config, tables={"survey_responses": rows})
    aside = surveys.off_scale(data).to_pandas().set_index("kind")
    assert aside[["rows", "used"]].to_dict("index") == {"ces": {"rows": 1, "used": 2}, "joy": {"rows": 0, "used": 3}}
    alone = surveys.off_scale({"survey_responses": rows}).to_pandas().set_index("kind")
    assert alone[["rows", "used"]].to_dict("index") == {"ces": {"rows": 0, "used": 3}, "joy": {"rows": 3, "used": 0}}
    with pytest.raises(ContractError, match="survey_responses"):
        surveys.off_scale({})


def test_an_nps_on_another_scale_has_no_promoters():
    five = each_once([5, 5, 4], kind="nps").assign(scale_min=1.0, scale_max=5.0)
    assert value("nps", five).denominator[0] == 0
    assert surveys.off_scale(five).to_pandas()["rows"].tolist() == [3]
    usual = each_once([10, 9, 1], kind="nps").assign(scale_min=1.0, scale_max=10.0)
    assert value("nps", usual).numerator[0] == 1


def test_relational_and_transactional_surveys_are_not_mixed():
    table = ten_promoters.assign(
        touchpoint=[None, "", " ", "Relationship", "relational", *["order"] * 3, "Call", "call "]
    )
    counted = {survey: value("nps", table, survey=survey)[["numerator", "denominator"]].iloc[0].tolist()
               for survey in ("relational", "transactional", "call", "all")}  # fmt: skip
    assert counted == {"relational": [5, 5], "transactional": [-3, 5], "call": [-2, 2], "all": [2, 10]}


def test_a_touchpoint_that_nobody_recorded_cannot_be_asked_for():
    with pytest.raises(ContractError, match="touchpoint"):
        value("nps", ten_promoters, survey="transactional")


def test_kinds_are_compared_without_case_and_blanks():
    assert value("csat", twenty.assign(kind=[" CSAT", "Csat "] * 10)).denominator[0] == 20


def test_effort_points_the_way_its_version_says():
    hard = each_once([1, 2, 2, 5], kind="ces")
    first, second = value("ces", hard, version=1), value("ces", hard.assign(score=[7, 6, 5, 1]), version=2)
    assert (first.value[0], second.value[0]) == (2.5, 4.75)
    assert find("ces").using(version=1).card.direction == "down"
    assert find("ces").using(version=2).card.direction == "up"
    easy = [value("ces", hard, version=1, statistic="share"),
            value("ces", hard.assign(score=[7, 6, 5, 1]), statistic="share")]  # fmt: skip
    assert [one.value[0] for one in easy] == [0.75, 0.75]
    assert find("ces").using(version=1, statistic="share").card.direction == "up"


def test_version_1_of_effort_has_no_sixth_point():
    assert value("ces", each_once([1, 6, 7], kind="ces"), version=1).denominator[0] == 1


def test_a_question_of_ones_own_needs_a_scale():
    own = each_once([1, 2, 3, 4], kind="Would you return")
    with pytest.raises(ContractError, match="scale_min"):
        surveys.question(own, kind="would you return")
    rows = surveys.question(own.assign(scale_min=1, scale_max=4), kind="would you return").rows.to_pandas()
    assert (rows.x.sum(), rows.y.sum()) == (2, 4)
    assert surveys.question(own, kind="would you return", scale=(1, 4), statistic="mean").rows.to_pandas().x.sum() == 10


def test_a_scale_on_some_rows_only():
    table = each_once([3, 3]).assign(scale_min=[1.0, None], scale_max=[3.0, None])
    row = value("csat", table).iloc[0]
    assert (row.numerator, row.denominator) == (1, 2)  # the top of 1–3, the middle of 1–5


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("csat", {"variant": "top3"}, "top_box"),
        ("ces", {"version": 3}, "one of 1, 2"),
        ("ces", {"statistic": "median"}, "mean, share"),
        ("closed_loop", {"within_days": 0}, "1 day or more"),
    ],
)
def test_wrong_settings_say_what_is_valid(name, setting, message):
    with pytest.raises(ParameterError, match=message):
        value(name, ten_promoters.assign(contacted_at=times(*[None] * 10)), **setting)


def test_months_segments_and_the_running_month():
    table = answers(
        ("2024-01-31 23:59", "nps", "a", 10), ("2024-02-01 00:00", "nps", "b", 0), ("2024-02-10", "nps", "c", 9),
        segment=["x", "x", None],
    )  # fmt: skip
    months = value("nps", table, period="month", as_of="2024-02-15")
    assert months.value.tolist() == [100.0, 0.0]
    assert months.status.tolist() == ["complete", "partial"]
    parts = value("nps", table, by="segment").set_index("segment").value
    assert parts.to_dict() == {"unknown": 100.0, "x": 0.0}


def test_a_month_without_answers_is_missing_and_not_zero():
    table = answers(("2024-01-05", "nps", "a", 10), ("2024-03-05", "nps", "a", 10))
    assert value("nps", table, period="month", as_of="2024-04-01").value.isna().tolist() == [False, True, False]


def test_without_answers_of_a_kind_there_is_nothing_to_say():
    assert value("ces", twenty, period="month").empty
    assert np.isnan(value("ces", twenty).value[0])


# intervals


def test_interval_of_satisfaction_is_wilsons_where_each_customer_answers_once():
    row = value("csat", each_once([5] * 18 + [1] * 2)).iloc[0]  # R's binom, 18 of 20
    assert (row.low, row.high) == pytest.approx((0.6989663547715128, 0.972133518786232))


def test_interval_of_a_mean_is_students():
    row = value("csat", each_once([1, 2, 3, 4, 5]), variant="mean").iloc[0]  # 3 ± 2.776 · √(2.5 / 5)
    assert (row.low, row.high) == pytest.approx((3 - 2.7764451 * 0.5**0.5, 3 + 2.7764451 * 0.5**0.5))


def test_interval_of_net_promoters_is_the_adjusted_walds():
    row = value("nps", ten_promoters).iloc[0]  # by hand: 5.75 up, 3.75 down, 13 in all
    up, down = 5.75 / 13, 3.75 / 13
    half = 1.959964 * ((up + down - (up - down) ** 2) / 13) ** 0.5
    assert (row.low, row.high) == pytest.approx((100 * (up - down - half), 100 * (up - down + half)), abs=1e-4)


def test_customers_who_answer_often_widen_the_interval():
    alike = pd.concat([ten_promoters] * 4, ignore_index=True)  # each customer four times, always the same
    others = each_once([10, 10, 9, 9, 9, 8, 7, 6, 3, 0] * 4, kind="nps")
    once, often, apart = (value("nps", table).iloc[0] for table in (ten_promoters, alike, others))
    assert often.value == once.value == apart.value
    assert (often.n, often.denominator) == (10, 40)
    assert often.high - often.low > 1.8 * (apart.high - apart.low)


def test_answers_of_nobody_known_are_clusters_of_their_own():
    nobody = ten_promoters.assign(customer_id=["c0", *[None] * 9])
    row, known = value("nps", nobody).iloc[0], value("nps", ten_promoters).iloc[0]
    assert (row.n, row.low, row.high) == (10, known.low, known.high)
    assert value("nps", ten_promoters.drop(columns="customer_id")).n[0] == 10


# invitations


def invites(*rows: tuple[str, str, str | None], **columns: object) -> pd.DataFrame:
    """Return invitations from (customer, sent, answered)."""
    table = pd.DataFrame(rows, columns=["customer_id", "sent_at", "responded_at"])
    table = table.assign(invite_id=[f"i{place}" for place in range(len(rows))], **columns)
    return table.assign(sent_at=times(*table.sent_at), responded_at=times(*table.responded_at))


five_invites = invites(
    ("a", "2024-01-01 10:00", "2024-01-01 12:00"), ("b", "2024-01-01 10:00", None),
    ("c", "2024-01-05 10:00", "2024-01-19 10:00"), ("d", "2024-01-05 10:00", "2024-01-19 10:01"),
    ("e", "2024-01-20 10:00", "2024-01-21 10:00"),
)  # fmt: skip


def test_response_rate_by_hand():
    row = value("response_rate", five_invites).iloc[0]
    assert (row.numerator, row.denominator) == (3, 5)  # d answered a minute after fourteen days


def test_young_invitations_are_not_yet_refusals():
    row = value("response_rate", five_invites, as_of="2024-02-01").iloc[0]
    assert (row.numerator, row.denominator) == (2, 4)  # e was asked 12 days ago, and is in neither count
    months = value("response_rate", five_invites, period="month", as_of="2024-02-10")
    assert months.status.tolist() == ["partial", "not_yet_observed"]
    assert value("response_rate", five_invites, period="month", as_of="2024-02-14").status[0] == "partial"
    assert value("response_rate", five_invites, period="month", as_of="2024-02-15").status[0] == "complete"


@pytest.mark.parametrize("bounced", [[False, True, False, False, None], ["false", "true", "false", "false", None]])
def test_bounced_invitations_are_not_delivered(bounced):
    row = value("response_rate", five_invites.assign(bounced=bounced)).iloc[0]
    assert (row.numerator, row.denominator) == (3, 4)


def test_interval_of_the_response_rate():
    asked = invites(*((f"c{k}", "2024-01-01", "2024-01-02" if k < 4 else None) for k in range(20)))
    row = value("response_rate", asked).iloc[0]  # R's binom, 4 of 20
    assert (row.low, row.high) == pytest.approx((0.0806576625797981, 0.4160174322518935))


def test_invitations_without_the_time_of_the_answer():
    with pytest.raises(ContractError, match="responded_at"):
        value("response_rate", five_invites.drop(columns="responded_at"))


# advocacy


customers = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e"],
        "acquired_at": times("2024-01-01", "2024-01-10", "2024-02-01", "2024-02-02", "2024-02-03"),
        "referred_by": [None, "a", "a friend", "d", "b"],
    }
)


def test_advocacy_by_hand():
    months = value("advocacy", customers, period="month")
    assert months.numerator.tolist() == [1, 1]  # b by a; e by b
    assert months.denominator.tolist() == [2, 3]


def test_self_report_is_not_tracked_referral():
    row = value("advocacy", customers).iloc[0]
    assert row.numerator == 2  # "a friend" is no customer, and d named herself


def test_a_referrer_who_comes_later_changes_nothing():
    later = pd.DataFrame({"customer_id": ["a friend"], "acquired_at": times("2024-02-20"), "referred_by": [None]})
    both = pd.concat([customers, later])
    assert value("advocacy", both, as_of="2024-02-20").numerator[0] == 2
    assert value("advocacy", both, as_of="2024-02-21").numerator[0] == 3


# closing the loop


loop = answers(
    ("2024-01-01 10:00", "nps", "a", 3), ("2024-01-01 10:00", "nps", "b", 6), ("2024-01-02 10:00", "nps", "c", 0),
    ("2024-01-02 10:00", "nps", "d", 7), ("2024-01-03 10:00", "nps", "e", 5), ("2024-02-25 10:00", "nps", "f", 1),
    contacted_at=times(
        "2024-01-08 10:00", "2024-01-08 10:01", "2023-12-30", "2024-01-03", "2024-01-03", "2024-02-26"
    ),
)  # fmt: skip


def test_closed_loop_by_hand():
    row = value("closed_loop", loop).iloc[0]
    # a in time to the minute, b a minute late, c before her answer, d no detractor, e on the day (a date), f not due
    assert (row.numerator, row.denominator) == (2, 4)


def test_not_yet_due_is_not_missed():
    assert value("closed_loop", loop, as_of="2024-01-08").denominator[0] == 0
    assert value("closed_loop", loop, as_of="2024-01-09").denominator[0] == 2
    assert np.isnan(value("closed_loop", loop, as_of="2024-01-08").value[0])
    months = value("closed_loop", loop, period="month", as_of="2024-02-05")
    assert months.status.tolist() == ["partial", "not_yet_observed"]


def test_within_days_is_a_setting():
    assert value("closed_loop", loop, within_days=30).numerator[0] == 3
    assert "30 days" in find("closed_loop").using(within_days=30).card.title


def test_interval_of_the_closed_loop():
    sad = each_once([0] * 20, kind="nps").assign(contacted_at=times(*["2024-01-06"] * 18, None, None))
    row = value("closed_loop", sad).iloc[0]
    assert (row.low, row.high) == pytest.approx((0.6989663547715128, 0.972133518786232))


# what holds for any answers


@st.composite
def any_answers(draw: st.DrawFn) -> pd.DataFrame:
    row = st.tuples(st.integers(0, 100), st.sampled_from(["nps", "csat"]), st.sampled_from("abcd"), st.integers(-1, 11))
    rows = draw(st.lists(row, min_size=1, max_size=25))
    table = pd.DataFrame(rows, columns=["day", "kind", "customer_id", "score"]).astype({"score": float})
    first = pd.Timestamp("2024-01-01")
    table["responded_at"] = (first + pd.to_timedelta(table.day, unit="D")).astype("datetime64[us]")
    contacted = table.responded_at + pd.to_timedelta(table.score.abs(), unit="D")
    return table.assign(contacted_at=contacted.astype("datetime64[us]")).drop(columns="day")


@given(any_answers())
@settings(max_examples=15, deadline=None)
def test_nothing_dated_at_or_after_as_of_changes_a_number(table):
    as_of = pd.Timestamp("2024-02-15")
    before = table[table.responded_at < as_of]
    if not (before.kind == "nps").any():
        return
    before = before.assign(contacted_at=before.contacted_at.where(before.contacted_at < as_of))
    for name in ("nps", "closed_loop"):
        expected, found = (value(name, one, period="month", as_of=as_of.date()) for one in (before, table))
        pd.testing.assert_frame_equal(expected, found)


@given(any_answers())
@settings(max_examples=15, deadline=None)
def test_values_stay_in_range_and_intervals_of_shares_hold_them(table):
    found = kpikit.compute({"survey_responses": table}, ["nps", "csat"], as_of="2024-06-01").dropna(subset="value")
    shares = found[found.kpi == "csat"]
    assert (shares.low <= shares.value + 1e-9).all()
    assert (shares.value <= shares.high + 1e-9).all()
    assert found[found.kpi == "nps"].value.between(-100, 100).all()
    assert shares.value.between(0, 1).all()
