"""What support cases say: groups against the rest, curves in words, never a claim that the numbers do not carry."""

from __future__ import annotations

import functools
import json

import numpy as np
import pandas as pd
import pytest
from helpdesk import six_cases, tickets

from kpikit import support
from kpikit.errors import ParameterError
from kpikit.kpis import compute
from kpikit.metrics import support as support_kpis  # registers the KPIs
from kpikit.metrics import waiting
from kpikit.results import Result

MARCH = "2024-03-01"
assert support_kpis


def curve_of(table: pd.DataFrame, **options) -> pd.DataFrame:
    return waiting.wait_curve(table, as_of=MARCH, **options).to_pandas()


def places(table: pd.DataFrame, *by: str) -> Result:
    return support.bottlenecks(waiting.delays(table, by=by, as_of=MARCH).to_pandas())


def week(table: pd.DataFrame) -> Result:
    return support.by_hour(waiting.waits_by_hour(table, block_hours=12, as_of=MARCH).to_pandas())


def two_channels(fast: int = 60, slow: int = 40, hours: float = 30.0) -> pd.DataFrame:
    """Return cases answered within 1 … 2 hours by email, and much later by phone; one customer each."""
    rows = []
    for place in range(fast + slow):
        is_slow = place >= fast
        opened = pd.Timestamp("2024-01-01 09:00" if is_slow else "2024-01-02 09:00")
        wait = pd.Timedelta(hours=hours if is_slow else 1, minutes=place % 20)
        rows.append((f"T{place}", f"c{place}", f"{opened:%m-%d %H:%M}", f"{opened + wait:%m-%d %H:%M}",
                     f"{opened + 2 * wait:%m-%d %H:%M}", 2 if is_slow else 1, False, "delivery",
                     "phone" if is_slow else "email"))  # fmt: skip
    # a last case, so that the cases are known up to the end of February
    rows.append(("END", "zoe", "02-28 09:00", "02-28 10:00", "02-28 11:00", 1, False, "delivery", "email"))
    return tickets(*rows)


SLOW_PHONE, SAME = two_channels(), two_channels(hours=1.0).assign(contacts=1)


@functools.cache
def results(name: str) -> tuple[Result, ...]:
    """Return the four results that actions are made from."""
    table = {"slow phone": SLOW_PHONE, "same": SAME, "six cases": six_cases}[name]
    contacts = support.first_contact({"tickets": table}, as_of=MARCH)
    return support.wait_curve(curve_of(table)), places(table, "channel"), week(table), contacts


# geometric mean


def test_geometric_mean_as_published():
    """Sauro and Lewis, Quantifying the User Experience: task times of six people."""
    found = support.geometric_mean([55, 65, 75, 62, 45, 135])
    assert [round(value, 2) for value in found] == [68.24, 46.01, 101.22]


def test_a_geometric_mean_needs_durations_above_zero():
    for durations in ([1, 2, 0], [1, np.nan], [], [-1]):
        with pytest.raises(ParameterError, match="Kaplan–Meier"):
            support.geometric_mean(durations)
    assert np.isnan(support.geometric_mean([3.0])[1])


# groups against the rest


def test_a_group_against_all_others_and_not_against_all():
    table = support.against_rest([30, 10], [100, 100], [100, 100])
    assert table["rest"].tolist() == [0.1, 0.3]
    assert table.difference.tolist() == pytest.approx([0.2, -0.2])
    assert table.verdict.tolist() == ["higher", "lower"]


def test_groups_of_few_cases_are_marked_and_not_judged():
    table = support.against_rest([9, 10, 100], [9, 200, 1000], [9, 200, 1000])
    assert table.verdict[0] == "few cases"
    assert np.isnan(table.p_adjusted[0])


def test_many_groups_are_judged_with_care_for_their_number():
    """One of two groups at p = 0.02 is clear, one of forty is not."""
    two = support.against_rest([50, 70], [100, 101], [100, 101])
    assert two.p.max() == pytest.approx(0.005, abs=0.005)
    many = support.against_rest([35, *[50] * 39], [100] * 40, [100] * 40)
    assert many.p[0] < 0.01
    assert many.p_adjusted[0] > 0.05
    assert (many.verdict == "no clear difference").all()


def test_cases_of_few_customers_weigh_as_much_as_the_customers():
    alone, repeated = (support.against_rest([30, 10], [100, 100], people) for people in ([100, 100], [10, 10]))
    assert alone.verdict[0] == "higher"
    assert repeated.verdict[0] == "no clear difference"


def test_equal_groups_are_seldom_called_different():
    """Forty equal groups, 200 times: a claim anywhere in about 5 % of pages, as promised."""
    rng = np.random.default_rng(11)
    claims = sum(
        not support.against_rest(rng.binomial(60, 0.3, 40), [60] * 40, [60] * 40)
        .verdict.eq("no clear difference")
        .all()
        for _ in range(200)
    )
    assert claims <= 20


# curves in words


def test_six_cases_in_words():
    result = results("six cases")[0]
    assert result.title == "Half of the cases are answered within 3.5 hours"
    assert "6 cases of 4 customers" in result.text
    assert "1 case not answered yet is counted as waiting longer" in result.text
    assert result.facts["waiting"] == 1
    assert result.table.low.between(0, result.table.survival).all()
    assert result.table.high.between(result.table.survival, 1).all()


def test_limits_of_the_curve_are_those_published_for_the_6_mp_arm():
    """R, conf.type = log-log: S(6) = 0.857, 0.620 to 0.952; S(10) = 0.753, 0.503 to 0.889."""
    known = {"segment": "all", "design_effect": 1.0, "median": 23.0, "low": 13.0, "high": np.nan, "cases": 21}
    known |= {"observed": 9, "customers": 21, "log_sum": np.nan, "log_squares": np.nan}
    steps = {"duration": [6.0, 10.0], "survival": [0.857143, 0.752941], "greenwood": [0.0079365, 0.0163752]}
    steps = pd.DataFrame({**steps, "at_risk": [21, 15], **known})
    table = support.wait_curve(steps).table
    assert table.low.round(3).tolist() == [0.620, 0.503]
    assert table.high.round(3).tolist() == [0.952, 0.889]


def test_a_median_that_is_not_reached_is_not_invented():
    assert "no case is known" in support.wait_curve(curve_of(six_cases).head(0)).title
    waiting_cases = pd.concat([six_cases.head(1), *[six_cases[5:]] * 3], ignore_index=True)
    result = support.wait_curve(curve_of(waiting_cases.assign(ticket_id=list("abcd"))))
    assert "cannot be told" in result.title
    assert "cannot be estimated" in result.text


def test_the_geometric_mean_is_told_only_where_nothing_is_open():
    assert "geometric mean too: 2.6 hours" in support.wait_curve(curve_of(six_cases.head(5))).text  # (5!)^(1/5) = 2.605
    assert "geometric" not in results("six cases")[0].text


def test_segments_side_by_side():
    result = support.wait_curve(curve_of(two_channels(), by="channel"), hours="business", event="resolved_at")
    assert result.title.startswith("Half of the cases are solved within 1.1 (email) to 30.2")
    assert "business hours (phone)" in result.title


# where and when


def test_the_slow_channel_is_found_and_ranked_by_hours_lost():
    result = results("slow phone")[1]
    assert result.table.channel.tolist() == ["phone", "email"]
    assert result.table.verdict[0] == "slower than the rest"
    assert result.title.endswith("lost at phone")
    assert result.table.share_of_hours.sum() == pytest.approx(1)
    assert "phone lost" in result.text


def test_equal_channels_are_not_blamed():
    result = results("same")[1]
    assert result.title == "No group stands out: none is clearly slower than the rest"
    assert result.headline == ""


def test_small_groups_are_marked_whatever_they_lost():
    result = places(two_channels(60, 5, hours=500), "channel")
    assert result.table.verdict[0] == "few cases"
    assert "fewer than 10 cases (1) are marked" in result.text


def test_cases_that_still_wait_are_told_apart_from_the_ranking():
    result = results("six cases")[1]
    assert result.facts["hours_waiting"] == 28 * 24 + 15 - 3.5
    assert "1 case not answered yet, in no group's hours" in result.text


def test_where_half_are_not_over_nothing_is_ranked():
    result = places(six_cases[5:], "channel")
    assert "cannot be told" in result.title


def test_the_slow_time_of_the_week():
    assert results("slow phone")[2].title == "Cases opened on Monday 00:00–12:00 wait clearly longer than others"
    assert results("same")[2].title.startswith("No time of the week stands out")
    assert results("six cases")[2].table["median"].isna().all()  # few cases in each block


# what one contact solves


def test_the_channel_that_solves_less():
    result = results("slow phone")[3]
    assert result.table.by.unique().tolist() == ["channel"]  # one topic: nothing to compare
    assert result.title == "One contact solves clearly less where the channel is phone"
    worst = result.table.iloc[0]
    assert (worst.group, worst.cases, worst.solved, worst["rest"]) == ("phone", 40, 0, 1)


def test_without_what_it_needs_first_contact_says_so():
    result = support.first_contact({"tickets": six_cases.drop(columns=["topic", "channel"])}, as_of=MARCH)
    assert result.table.empty
    assert "cannot be compared" in result.title


# open cases, actions, settings


def test_the_backlog_in_words():
    values = compute({"tickets": six_cases}, "backlog", period="month", as_of="2024-02-02")
    result = support.backlog(values, period="month")
    assert result.title == "2 cases open so far in 2024-02"
    assert result.table.open.tolist() == [1, 2]
    assert "cannot be told" in support.backlog(values.head(0), period="month").title


def test_actions_have_the_number_behind_them():
    todo = support.actions(*results("slow phone")).table
    assert todo.action.tolist() == [
        "Clear the bottleneck at phone", "Solve more at the first contact where the channel is phone",
        "Staff for cases opened on Monday 00:00–12:00",
    ]  # fmt: skip
    assert "40 more of its 40 cases" in todo.reason[1]


def test_where_nothing_is_clear_there_is_nothing_to_do():
    assert support.actions(*results("same")).table.empty
    todo = support.actions(*results("six cases")).table
    assert todo.action.tolist() == ["Take up the cases that still wait"]


def test_the_clock_is_that_of_the_kpi():
    assert support.clock({"tickets": six_cases}) == {
        "hours": "calendar", "schedule": None, "holidays": (), "timezone": ""
    }  # fmt: skip


def test_what_is_shown_can_be_stored():
    for result in results("six cases"):
        json.dumps(result.payload(), allow_nan=False)


def test_where_nothing_is_answered_no_time_of_the_week_is_told():
    waiting_still = six_cases.assign(first_response_at=pd.Series([pd.NaT] * 6, dtype="datetime64[us]"))
    assert week(waiting_still).title == "When customers wait longest cannot be told yet"
    assert week(six_cases[:0]).title == "When customers wait longest cannot be told yet"


def test_a_wait_ends_with_what_is_mapped():
    table, event = support.asked({"tickets": six_cases.drop(columns="first_response_at")})
    assert event == "resolved_at"
    assert support.bottlenecks(waiting.delays(table, event, as_of=MARCH).to_pandas(), event=event).table.size
    assert support.asked({"tickets": six_cases})[1] == "first_response_at"


def test_where_nothing_ends_a_wait_each_result_says_so():
    table, event = support.asked({"tickets": six_cases.drop(columns=["first_response_at", "resolved_at"])})
    known = {"event": event, "as_of": MARCH}
    curve = support.wait_curve(waiting.wait_curve(table, **known).to_pandas())
    lost = support.bottlenecks(waiting.delays(table, **known).to_pandas())
    when = support.by_hour(waiting.waits_by_hour(table, **known).to_pandas())
    assert all("cannot be told" in one.title for one in (curve, lost, when))
    assert support.actions(curve, lost, when, support.first_contact({"tickets": table})).table.empty
