"""Support: waits with cases that still wait, first contact resolution, reopened cases, backlog; each trap by name."""

from __future__ import annotations

from datetime import date, time

import numpy as np
import pandas as pd
import pytest
from helpdesk import six_cases, tickets
from shops import orders
from statsmodels.duration.survfunc import SurvfuncRight

from kpikit.errors import ConfigError, ContractError, ParameterError
from kpikit.kpis import compute, with_interval
from kpikit.metrics import find, support

pytestmark = pytest.mark.usefixtures("engine")

MARCH = "2024-03-01"
OF_TICKETS = ("first_response_time", "resolution_time", "first_contact_resolution", "reopen_rate", "backlog")
bought = orders(("ann", "2024-01-03", 1.0), ("bob", "2024-01-04", 1.0), ("zoe", "2024-01-05", 1.0),
                ("ann", "2024-02-06", 1.0), ("ann", "2024-02-07", 1.0), ("zoe", "2024-02-29", -1.0))  # fmt: skip


def by_month(function, *tables, **options) -> pd.DataFrame:
    return function(*(tables or (six_cases,)), period="month", **{"as_of": MARCH, **options}).to_pandas()


def overall(function, table=six_cases, **options) -> pd.Series:
    return function(table, **{"as_of": MARCH, **options}).to_pandas().iloc[0]


def measured(name: str, table: pd.DataFrame, **options) -> pd.DataFrame:
    return with_interval(getattr(support, name)(table, **options).to_pandas(), find(name).card)


def solved_at(*days: str, customer: str = "ann", topic: str = "delivery", **more) -> pd.DataFrame:
    """Return cases of one contact, opened and solved on each day."""
    rows = [(f"T{i}", customer, f"{day} 09:00", f"{day} 10:00", f"{day} 11:00", 1, False, topic)
            for i, day in enumerate(days)]  # fmt: skip
    return tickets(*rows).assign(**more)


# how long customers wait


def test_six_cases_by_hand():
    table = by_month(support.first_response_time)
    assert table.period.dt.strftime("%Y-%m").tolist() == ["2024-01", "2024-02"]
    assert table.value.tolist() == [3.0, pytest.approx(np.nan, nan_ok=True)]  # 1, 2, 3, 4, 5 hours; nobody answered
    assert table[["numerator", "denominator", "n"]].to_numpy().tolist() == [[5, 5, 3], [0, 1, 1]]
    assert overall(support.resolution_time).value == (6 + 24) / 2  # 3, 5, 6, 24, 337 hours and one open


def test_an_unanswered_case_is_longer_than_all_and_not_missing():
    assert overall(support.first_response_time).value == 3.5  # 1, 2, 3, 4, 5 and one that waits; dropped: 3
    assert pd.isna(overall(support.first_response_p90).value)  # not estimable; dropped: 5


def test_cases_are_grouped_by_opening_and_not_by_solution():
    table = by_month(support.resolution_time)
    assert table.denominator.tolist() == [5, 1]  # T5 was solved in February


def test_an_answer_at_or_after_as_of_is_not_known():
    row = overall(support.first_response_time, as_of="2024-01-20")
    assert (row.numerator, row.denominator) == (4, 4)
    late = six_cases.assign(first_response_at=six_cases.first_response_at + pd.Timedelta(days=5))
    row = overall(support.first_response_time, late, as_of="2024-01-20")
    assert (row.numerator, row.denominator) == (3, 4)  # T4's answer has become one of the 20th
    assert overall(support.resolution_time, as_of="2024-02-03").numerator == 4  # solved on the 3rd


def test_an_answer_dated_before_the_opening_is_at_once():
    case = tickets(("T1", "ann", "01-02 09:00", "01-02 08:00", None))
    assert overall(support.first_response_time, case).value == 0


def test_business_hours_leave_out_nights_weekends_and_holidays():
    case = tickets(("T1", "ann", "01-05 17:00", "01-09 10:00", None))  # Friday to Tuesday
    week = dict.fromkeys(range(5), (time(9), time(18)))
    assert overall(support.first_response_time, case, hours="business", schedule=week).value == 1 + 9 + 1
    monday = (date(2024, 1, 8),)
    row = overall(support.first_response_time, case, hours="business", schedule=week, holidays=monday)
    assert row.value == 2
    with pytest.raises(ConfigError, match="without open hours"):
        support.first_response_time(case, hours="business")


def test_daylight_saving_takes_an_hour_out_of_a_night_where_the_zone_is_said():
    case = tickets(("T1", "ann", "03-30 12:00", None, "03-31 12:00"))
    assert overall(support.resolution_time, case, as_of="2024-04-01").value == 24
    assert overall(support.resolution_time, case, as_of="2024-04-01", timezone="Europe/Lisbon").value == 23


def test_other_quantiles_by_setting_and_both_on_a_scorecard():
    assert overall(support.first_response_time, quantile=0.25).value == 2
    titles = [find(name).card.title for name in ("first_response_time", "first_response_p90", "frt")]
    assert titles == ["Time to first response (median)", "Time to first response (nine cases in ten)", titles[0]]
    one = find("first_response_time").using(quantile=0.75, hours="business").card
    assert (one.title, one.unit) == ("Time to first response in business hours (75% of cases)", "business hours")
    usual = find("resolution_time").using(hours="business").card
    assert usual.title == "Time to resolution in business hours (50% of cases)"


def test_interval_is_that_of_statsmodels_where_a_customer_counts_once():
    rng = np.random.default_rng(8)
    waited = rng.lognormal(1, 1, 60)
    start = pd.Timestamp("2024-01-01")
    answered = [start + pd.Timedelta(seconds=round(hours * 3600)) for hours in waited]
    table = pd.DataFrame({"ticket_id": [str(i) for i in range(60)], "customer_id": [f"c{i}" for i in range(60)],
                          "opened_at": start, "first_response_at": answered})  # fmt: skip
    table = table.astype(dict.fromkeys(("opened_at", "first_response_at"), "datetime64[us]"))
    row = compute({"tickets": table}, "first_response_time", as_of="2024-01-01 00:00").iloc[0]
    assert row.denominator == 0  # nothing is known before it began
    row = compute({"tickets": table}, "first_response_time", as_of="2024-01-02").iloc[0]
    seconds = (table.first_response_at - start).dt.total_seconds() / 3600
    theirs = SurvfuncRight(np.minimum(seconds, 24), (seconds < 24).astype(int))
    low, high = theirs.quantile_ci(0.5)
    assert (row.low, row.high) == (pytest.approx(low), pytest.approx(high))
    assert row.value == pytest.approx(seconds.median())


# first contact resolution


def test_first_contact_resolution_by_hand():
    table = by_month(support.first_contact_resolution)
    assert table.numerator.tolist() == [2, 0]  # T2 and T4; T1 came again, T3 took two, T5 was reopened
    assert table.denominator.tolist() == [4, 1]
    assert table.n.tolist() == [2, 1]


def test_cases_solved_less_than_the_window_ago_are_not_yet_eligible():
    case = solved_at("01-10")
    assert overall(support.first_contact_resolution, case, as_of="2024-01-17").denominator == 0
    row = overall(support.first_contact_resolution, case, as_of="2024-01-18")
    assert (row.numerator, row.denominator) == (1, 1)
    table = by_month(support.first_contact_resolution, case, as_of="2024-02-02")
    assert table.status.tolist() == ["partial", "not_yet_observed"]


@pytest.mark.parametrize(("again", "solved_for_good"), [("01-17", 1), ("01-18", 2), ("01-10", 1)])
def test_the_window_includes_its_last_day_and_the_same_day(again, solved_for_good):
    both = pd.concat([solved_at("01-10"), solved_at(again).assign(ticket_id="U")], ignore_index=True)
    both.loc[1, "opened_at"] += pd.Timedelta(hours=3)
    assert overall(support.first_contact_resolution, both).numerator == solved_for_good


def test_a_new_case_about_another_topic_or_of_another_customer_is_no_repeat():
    first = solved_at("01-10")
    for other in (solved_at("01-12", topic="billing"), solved_at("01-12", customer="bob")):
        both = pd.concat([first, other.assign(ticket_id="U")], ignore_index=True)
        assert overall(support.first_contact_resolution, both).numerator == 2


def test_without_topics_any_new_case_is_a_repeat():
    both = pd.concat([solved_at("01-10"), solved_at("01-12", topic="billing").assign(ticket_id="U")], ignore_index=True)
    assert overall(support.first_contact_resolution, both.drop(columns="topic")).numerator == 1


def test_a_case_opened_while_the_first_was_open_is_no_repeat():
    both = tickets(("A", "ann", "01-10 09:00", None, "01-12 09:00", 1), ("B", "ann", "01-11 09:00", None, None))
    assert overall(support.first_contact_resolution, both).numerator == 1


def test_an_unknown_number_of_contacts_is_in_neither_count():
    row = overall(support.first_contact_resolution, solved_at("01-10", "02-01").assign(contacts=[1, np.nan]))
    assert (row.numerator, row.denominator) == (1, 1)


def test_the_interval_takes_a_customer_once():
    """18 of 20, each of another customer: R's binom, Wilson 0.6990 to 0.9721."""
    rows = [(f"T{i}", f"c{i}", "01-02 09:00", None, "01-02 12:00", 1 if i < 18 else 2) for i in range(20)]
    row = measured("first_contact_resolution", tickets(*rows), as_of=MARCH).iloc[0]
    assert (row.low, row.high) == (pytest.approx(0.6989663547715128), pytest.approx(0.972133518786232))
    one = [(name, "ann" if place < 10 else who, *rest) for place, (name, who, *rest) in enumerate(rows)]
    wider = measured("first_contact_resolution", tickets(*one), as_of=MARCH).iloc[0]
    assert wider.high - wider.low > row.high - row.low


# reopened, open, per customer


def test_reopened_cases_among_those_of_which_it_is_known():
    table = by_month(support.reopen_rate)
    assert table[["numerator", "denominator"]].to_numpy().tolist() == [[0, 4], [1, 1]]
    unknown = six_cases.assign(reopened=pd.array([True, None, None, None, None, None], dtype="boolean"))
    row = overall(support.reopen_rate, unknown)
    assert (row.numerator, row.denominator) == (1, 1)


def test_backlog_at_the_end_of_each_period_and_at_as_of_in_the_running_one():
    assert by_month(support.backlog).numerator.tolist() == [1, 1]  # T5; then T6
    running = by_month(support.backlog, as_of="2024-02-02")
    assert running.numerator.tolist() == [1, 2]
    assert running.status.tolist() == ["complete", "partial"]
    assert overall(support.backlog, as_of="2024-02-02").numerator == 2
    weeks = support.backlog(six_cases, period="week", as_of=MARCH).to_pandas()
    assert weeks.numerator.tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1]  # T5 was solved in the week in which T6 came


def test_backlog_when_everything_is_solved_is_zero_and_not_missing():
    table = by_month(support.backlog, solved_at("01-10", "02-01"))
    assert table.numerator.tolist() == [0, 0]


def test_backlog_of_a_segment_whose_cases_are_all_solved_is_zero():
    table = support.backlog(six_cases, by="channel", period="month", as_of=MARCH).to_pandas()
    assert table.groupby("segment").numerator.apply(list).to_dict() == {
        "email": [1, 0], "phone": [0, 0], "unknown": [0, 1],  # T5, then T6
    }  # fmt: skip
    assert table.groupby("segment").n.sum().to_dict() == {"email": 1, "phone": 0, "unknown": 1}  # nobody is counted


def test_cases_per_customer_by_hand():
    table = by_month(support.cases_per_customer, six_cases, bought)
    assert table.numerator.tolist() == [4, 1]  # the first case is of the day before the first order
    assert table.denominator.tolist() == [3, 1]  # ann, bob and zoe; ann: a refund is no order


def test_cases_per_customer_while_both_tables_are_known():
    table = by_month(support.cases_per_customer, six_cases, bought, as_of=None)
    assert table.numerator.tolist() == [4, 1]
    assert table.status.tolist() == ["complete", "partial"]  # the cases end on 1 February
    assert table.denominator.tolist() == [3, 0]  # and so what is known of the orders


def test_customers_from_before_there_were_cases_are_not_divided_by():
    """A hundred customers ordered in 2023, cases are kept since 2 January 2024: two cases of two customers."""
    before = orders(*((f"c{i}", "2023-01-01", 1.0) for i in range(100)))
    both = pd.concat([before, orders(("ann", "2024-01-10", 1.0), ("bob", "2024-01-20", 1.0))], ignore_index=True)
    row = support.cases_per_customer(solved_at("01-02", "01-20"), both).to_pandas().iloc[0]
    assert (row.numerator, row.denominator) == (2, 2)


@pytest.mark.parametrize("period", [None, "month"])
def test_no_cases_at_all_are_no_rate_of_zero(period):
    assert compute({"tickets": six_cases[:0], "orders": bought}, "cases_per_customer", period=period).empty


# all of them


@pytest.mark.parametrize("name", OF_TICKETS)
def test_what_is_dated_at_or_after_as_of_changes_nothing(name):
    as_of = "2024-01-15"
    more = tickets(("T9", "ann", "01-15 00:00", "01-15 00:01", "01-15 00:02", 1, False, "delivery", "email"))
    later = six_cases.copy()
    for column in ("first_response_at", "resolved_at"):
        later[column] = later[column].where(later[column] < as_of, later[column] + pd.Timedelta(days=400))
    unknown = later.resolved_at >= as_of
    later["contacts"] = later.contacts.mask(unknown, 7)
    later["reopened"] = later.reopened.mask(unknown, True)
    changed = pd.concat([later, more], ignore_index=True)
    function = getattr(support, name)
    options = {"period": "week", "by": "channel", "as_of": as_of}
    before, after = (function(table, **options).to_pandas() for table in (six_cases, changed))
    pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize("name", OF_TICKETS)
def test_segments_are_kept_apart_and_missing_ones_named(name):
    table = getattr(support, name)(six_cases, by="channel", as_of=MARCH).to_pandas().set_index("segment")
    counted = {"first_contact_resolution": "email phone", "reopen_rate": "email phone"}
    assert list(table.index) == counted.get(name, "email phone unknown").split()
    if name == "first_response_time":
        assert table.value.fillna(-1).to_dict() == {"email": 3.0, "phone": 3.0, "unknown": -1}


@pytest.mark.parametrize("name", OF_TICKETS)
def test_a_month_without_cases_is_there_without_a_value(name):
    table = measured(name, solved_at("01-10", "03-10"), period="month", as_of="2024-04-30")
    assert table.period.dt.month.tolist() == [1, 2, 3, 4]
    if name == "backlog":
        assert table.value.tolist() == [0, 0, 0, 0]
    else:
        assert table.value.isna().tolist() == [False, True, False, True]
        assert table.denominator.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("name", OF_TICKETS)
def test_a_table_without_customers_counts_each_case_alone(name):
    table = measured(name, six_cases.drop(columns="customer_id"), as_of=MARCH)
    assert table.n.iloc[0] == {"first_contact_resolution": 5, "reopen_rate": 5, "backlog": 1}.get(name, 6)


def test_what_lacks_is_named():
    with pytest.raises(ContractError, match="first_response_at"):
        support.first_response_time(six_cases.drop(columns="first_response_at"))
    with pytest.raises(ParameterError, match="1 day or more"):
        support.first_contact_resolution(six_cases, window_days=0)
