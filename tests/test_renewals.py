"""Renewals by hand, against the published cohort, and against simulated truth; and what too little data are told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln
from subscribers import spans

from kpikit import clv, features, renewals
from kpikit.errors import ContractError, ParameterError
from kpikit.metrics import subscriptions
from kpikit.renewals.projection import stays
from kpikit.renewals.uncertainty import parameter_draws

AS_OF = "2024-05-24"  # with a grace of 14 days all is told as of 10 May
PEOPLE = spans(
    ("ann", "2024-01-31", None),  # renews on 29 February, 31 March, 30 April
    ("bob", "2024-01-10", "2024-02-10 12:00"),  # gone on the day of the first renewal
    ("eve", "2024-01-10", "2024-03-25"),  # leaves within the third term: lost at its end
    ("joe", "2024-01-20", "2024-02-20"),
    ("joe", "2024-03-01", None),  # ten days later: the same subscription
    ("kim", "2024-02-05", "2024-03-05"),
    ("kim", "2024-04-20", None),  # six weeks later: another one, which does not count
    ("lee", "2024-03-15", "2024-05-12"),  # may still come back: open
    ("pam", "2024-03-02", None),
    ("max", "2024-04-20", "2024-04-28"),  # no renewal has come up
    ("new", "2024-05-12", None),  # began after the last day that is told
)
# Fader and Hardie (2007): percent of the cohort "Regular" left after 0 to 7 renewals
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1]


def lengths_of(table: pd.DataFrame, as_of: str = AS_OF, **options) -> pd.DataFrame:
    return features.subscription_lengths(table, as_of=as_of, **options).to_pandas()


def yearly(survivors: list[float], size: int = 1000) -> pd.DataFrame:
    """Return the lengths of one cohort of yearly contracts that lost customers as stated, on the renewal's day."""
    there = np.rint(np.array(survivors) / survivors[0] * size)
    start, told = pd.Timestamp("2010-03-05"), pd.Timestamp(2010 + len(survivors) - 1, 6, 1)
    left = [pd.Timestamp(2010 + k, 3, 5) for k in range(1, len(survivors))]
    rows = [(day, True, n) for day, n in zip(left, -np.diff(there), strict=True)] + [(told, False, there[-1])]
    table = pd.DataFrame(rows, columns=["end", "observed", "n"])
    return table.assign(
        started_on=start, segment="all", duration=(table.end - start).dt.days, followed_days=(told - start).days
    )


def simulated(seed: int, n: int, alpha: float, beta: float, months: int = 18) -> pd.DataFrame:
    """Return the lengths of subscriptions that began over so many months, each with its own chance to leave."""
    rng = np.random.default_rng(seed)
    return closed(rng, rng.geometric(np.clip(rng.beta(alpha, beta, n), 1e-12, 1)), rng.integers(0, months, n))


def closed(rng: np.random.Generator, stay: np.ndarray, month: np.ndarray) -> pd.DataFrame:
    """Return lengths of subscriptions that begin in a month and last ``stay``, told as of the end of the last one."""
    told, day = pd.Timestamp("2024-01-01") + pd.DateOffset(months=int(month.max()) + 1), rng.integers(0, 28, len(stay))
    start = pd.DatetimeIndex((np.datetime64("2024-01") + month).astype("datetime64[D]") + day)
    end = pd.DatetimeIndex((np.datetime64("2024-01") + month + np.minimum(stay, 1000)).astype("datetime64[D]") + day)
    observed = end < told
    last = np.where(observed, end, told)
    return pd.DataFrame(
        {"started_on": start, "segment": "all", "duration": (pd.DatetimeIndex(last) - start).days,
         "observed": observed, "followed_days": (told - start).days, "n": 1}
    )  # fmt: skip


def left_after(renewal: int, alpha: float, beta: float) -> float:
    return float(np.exp(betaln(alpha, beta + renewal) - betaln(alpha, beta)))


@pytest.mark.usefixtures("engine")
def test_lengths_by_hand():
    table = lengths_of(PEOPLE)
    assert list(table.columns) == ["started_on", "segment", "duration", "observed", "followed_days", "n"]
    ends = table[table.observed.astype(bool)]
    # bob 31 days, eve 75, kim 29 (the first subscription only), max 8
    assert sorted(ends.duration) == [8, 29, 31, 75]
    open_ones = table[~table.observed.astype(bool)]
    # ann 31 January to 10 May, joe 20 January (one subscription), lee 15 March, pam 2 March
    assert sorted(open_ones.duration) == [56, 69, 100, 111]
    assert table.n.sum() == 8
    assert set(table.segment) == {"all"}


def test_where_every_cohort_is_small_the_renewal_table_says_so_and_no_number():
    found = renewals.renewal_table(lengths_of(PEOPLE), min_cell=1000)
    assert found.title == "No cohort is large enough to be shown"
    assert found.table[["cohort_size", "due", "renewed", "share"]].isna().all(axis=None)


def test_the_renewal_table_by_hand():
    table = renewals.renewal_table(lengths_of(PEOPLE)).table
    got = {
        f"{cohort:%Y-%m}": list(zip(part.due, part.renewed, part.status, strict=True))
        for cohort, part in table.groupby("cohort")
    }
    assert got == {
        "2024-01": [(4, 4, "complete"), (4, 3, "complete"), (4, 3, "complete"), (4, 2, "complete")],
        "2024-02": [(1, 1, "complete"), (1, 0, "complete"), (1, 0, "complete"), (1, 0, "complete")],
        "2024-03": [(2, 2, "complete"), (2, 2, "complete"), (1, 1, "partial")],  # lee's second is due on 15 May
        "2024-04": [(1, 1, "complete")],
    }
    assert table.share.dropna().between(0, 1).all()


def test_a_renewal_due_on_the_last_day_told_has_not_come_up():
    told_on_the_day = lengths_of(spans(("a", "2024-01-10", None)), as_of="2024-02-10", grace_days=0)
    a_day_later = lengths_of(spans(("a", "2024-01-10", None)), as_of="2024-02-11", grace_days=0)
    assert renewals.with_renewals(told_on_the_day).came_up.tolist() == [0]
    assert renewals.with_renewals(a_day_later).came_up.tolist() == [1]


def test_the_31st_returns_on_the_last_day_of_a_shorter_month():
    gone_then = spans(("a", "2023-01-31", "2023-02-28"), ("b", "2023-01-31", "2023-03-01"))
    rows = renewals.with_renewals(lengths_of(gone_then, as_of="2023-05-01", grace_days=0))
    # February 28, March 31, April 30 came up; a is gone on the first, b the day after it
    assert rows[["came_up", "renewed"]].to_numpy().tolist() == [[3, 0], [3, 1]]


def test_terms_of_a_year_renew_once_a_year():
    table = lengths_of(spans(("a", "2021-02-28", None), ("b", "2020-02-29", "2022-02-28")), as_of="2024-03-20")
    rows = renewals.with_renewals(table, term_months=12, period="year")
    # a: 2022, 2023, 2024; b: 2021 kept, gone on 28 February 2022, 2023 and 29 February 2024 came up
    assert rows[["came_up", "renewed", "n"]].to_numpy().tolist() == [[4, 1, 1], [3, 3, 1]]


def test_who_ended_is_known_only_after_the_grace():
    table = spans(("a", "2024-01-10", "2024-05-10"))
    assert not lengths_of(table).observed.iloc[0]  # on the first day of the grace: may come back by 24 May
    assert lengths_of(table, as_of="2024-05-25").observed.iloc[0]
    assert lengths_of(table, grace_days=13).observed.iloc[0]


def test_plans_are_those_of_the_start():
    table = PEOPLE.assign(plan=["basic", "full", None, "basic", "full", "x", "y", "full", "full", "basic", "basic"])
    sizes = lengths_of(table).groupby("segment").n.sum().to_dict()
    assert sizes == {"basic": 3, "full": 3, "unknown": 1, "x": 1}  # joe stays basic, kim x


def test_the_regular_cohort_as_published():
    result = renewals.projection(yearly(REGULAR), term_months=12, period="year", ahead=5)
    assert result.facts["alpha"] == pytest.approx(0.7041, abs=5e-4)
    assert result.facts["beta"] == pytest.approx(1.1820, abs=5e-4)
    table = result.table.set_index("renewal")
    assert table.expected[12] == pytest.approx(0.1700, abs=1e-4)
    assert table.seen[7] == pytest.approx(0.241)
    assert table.due[1] == 1000
    assert table.low[12] < 0.17 < table.high[12]


def test_draws_agree_with_refits_where_both_can_be_had():
    """Regular's customers differ much: the likelihood has a clear top, so that 50 bootstrap refits tell the same."""
    histories = renewals.with_renewals(yearly(REGULAR), term_months=12, period="year")
    ours = stays(parameter_draws(histories, 4000, seed=1), np.zeros(1), 12)
    found = clv.fit(clv.renewal_histories(REGULAR, n_customers=1000), "sbg", unit="year")
    refits = clv.parameter_draws(found, 50, method="bootstrap").to_numpy()
    theirs = stays(refits, np.zeros(1), 12)
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.003)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.3)


@pytest.mark.parametrize(
    ("alpha", "beta"),
    [(1.2, 6.0), (40.0, 960.0)],
    ids=["customers differ", "customers are nearly alike"],
)
def test_the_interval_of_the_projection_holds_the_truth(alpha, beta):
    truth, held, widths = left_after(24, alpha, beta), 0, []
    for seed in range(24):
        histories = renewals.with_renewals(simulated(seed, 900, alpha, beta))
        low, high = np.quantile(stays(parameter_draws(histories, 1000, seed=seed), np.zeros(1), 24), [0.025, 0.975])
        held += low <= truth <= high
        widths.append(high - low)
    assert held >= 20
    assert np.mean(widths) < 0.25  # it says something: a normal by curvature spans half of all shares


def test_a_forecast_made_earlier_holds_where_nothing_changed():
    inside, cohorts, outside = 0, 0, 0
    for seed in range(8):
        result = renewals.held_out(simulated(100 + seed, 1500, 1.2, 6.0), back=4)
        inside += bool(result.table.inside.iloc[-1])
        cohorts += len(result.table) - 1
        outside += int((~result.table.inside.iloc[:-1]).sum())
    assert inside >= 7
    assert outside / cohorts < 0.10


def struck(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the lengths with half of those who run gone in the last days."""
    told = table.started_on + pd.to_timedelta(table.followed_days, unit="D")
    gone = (rng.random(len(table)) < 0.5) & ~table.observed & (table.followed_days > 60)
    end = told - pd.to_timedelta(rng.integers(5, 25, len(table)), unit="D")
    duration = table.duration.where(~gone, (end - table.started_on).dt.days)
    return table.assign(duration=duration, observed=table.observed | gone)


def test_what_was_known_then_is_all_that_the_earlier_forecast_knows():
    rng = np.random.default_rng(3)
    before = simulated(11, 1500, 1.2, 12.0)
    calm, found = (renewals.held_out(table, back=4) for table in (before, struck(before, rng)))
    same = ["cohort", "there", "expected", "low", "high"]
    pd.testing.assert_frame_equal(calm.table[same], found.table[same])
    assert calm.facts["verdict"] == "holds"
    assert found.facts["verdict"] == "total is off"
    assert found.table.expected.iloc[-1] > found.table.actual.iloc[-1]
    assert "do not budget on the projection" in found.text


def test_cohorts_that_differ_are_seen():
    """Every second month's subscriptions end seven times as often: one model for all is wrong for each."""
    rng, month = np.random.default_rng(4), np.repeat(np.arange(12), 150)
    stay = rng.geometric(np.where(month % 2, 0.03, 0.2))
    result = renewals.held_out(closed(rng, stay, month), back=3)
    assert result.facts["verdict"] == "cohorts differ"
    assert (~result.table.inside.iloc[:-1]).sum() >= 3
    assert "what was sold in one month is not what was sold in another" in result.text


def test_the_outlook_adds_up_and_begins_with_those_who_run():
    table = simulated(1, 800, 1.2, 6.0)
    found = renewals.outlook(table, ahead=3).table
    each, whole = found.iloc[:-1], found.iloc[-1]
    rows = renewals.with_renewals(table)
    assert whole.running == rows.n[rows.came_up == rows.renewed].sum() == each.running.sum()
    assert whole.started == len(table)
    assert whole.expected == pytest.approx(each.expected.sum())
    assert (found.low <= found.expected).all()
    assert (found.expected <= found.high).all()


def test_nothing_ended_is_said_and_nothing_is_projected():
    table = lengths_of(spans(*((f"c{i}", f"2024-0{1 + i % 3}-10", None) for i in range(30))))
    said = "nothing has ended, so nothing tells how long they last"
    assert said in renewals.projection(table).text
    assert said in renewals.outlook(table).text
    assert said in renewals.held_out(table).text
    assert renewals.held_out(table).facts["verdict"] == "cannot be tested"
    assert renewals.plans_compared(table.assign(segment=["a", "b", "c"])).text == "No subscription has ended."
    assert renewals.lasting(table).title == "No subscription has ended yet"
    assert renewals.ends_known(table).facts["verdict"] == "no ends"
    assert "100.0 % of subscriptions are renewed the first time" in renewals.renewal_table(table).text


def test_too_young_and_too_few_are_said():
    young = lengths_of(spans(("a", "2024-05-01", None)))
    assert "None of 1 subscription has had a renewal come up" in renewals.projection(young).text
    assert renewals.renewal_table(young).title == "No renewal has come up yet"
    few = renewals.projection(lengths_of(PEOPLE))
    assert (few.kind, few.title) == ("text", "No projection yet")
    assert "Of 8 subscriptions only 3 did not renew" in few.text


def test_one_cohort_cannot_be_tested_against_older_ones():
    result = renewals.held_out(yearly(REGULAR), term_months=12, period="year")
    assert result.title == "The projection cannot be tested yet"
    assert result.text == "All subscriptions began in one year: a test needs older cohorts beside newer ones."


def test_everything_ended_leaves_no_outlook():
    gone = yearly([1000, 500, 200, 0]).iloc[:-1]
    assert renewals.outlook(gone, term_months=12, period="year").text == (
        "No subscription is running: every one has ended."
    )


def test_plans_are_compared_and_one_plan_is_not():
    slow, fast = simulated(1, 300, 1.2, 20.0), simulated(2, 300, 1.2, 4.0)
    both = pd.concat([slow.assign(segment="slow"), fast.assign(segment="fast")])
    assert renewals.plans_compared(both).title == "Plans differ in how long subscriptions last: fast ends soonest"
    assert renewals.plans_compared(slow).text == "There is one plan only (all)."
    many = pd.concat([slow.assign(segment=f"p{i % 9}").iloc[i::9] for i in range(9)])
    assert set(renewals.lasting(many).table.segment) == {"p0", "p1", "p2", "p3", "p4", "other plans"}


def test_an_export_without_its_early_ends_is_seen():
    whole = simulated(5, 900, 2.0, 18.0)
    ends = whole.started_on + pd.to_timedelta(whole.duration, unit="D")
    holed = whole[~whole.observed | (ends >= "2025-01-01")]
    assert renewals.ends_known(whole).facts["verdict"] == "complete"
    assert renewals.ends_known(holed).facts["verdict"] == "early ends are missing"
    assert "Those who left earlier are not in the table" in renewals.ends_known(holed).text


accounts = spans(
    ("ann", "2024-01-10", None, 10.0),
    ("eve", "2024-02-05", "2024-03-01", 5.0),
    ("joe", "2024-01-02", "2024-03-09", 50.0),
    ("joe", "2024-03-09", None, 40.0),
    ("new", "2024-03-20", None, 7.0),
)


def test_the_bridge_by_hand():
    moves = subscriptions.recurring_moves(accounts, as_of="2024-04-01").to_pandas()
    result = renewals.recurring_bridge(moves, currency="EUR")
    assert result.table.amount.tolist() == [65, 7, 0, 0, -10, -5, 57]
    assert result.title == "Recurring revenue fell by 8.00 EUR in 2024-03"
    todo = renewals.actions(
        renewals.projection(lengths_of(PEOPLE)), renewals.held_out(lengths_of(PEOPLE)),
        renewals.plans_compared(lengths_of(PEOPLE)), result, renewals.ends_known(lengths_of(PEOPLE)),
    ).table  # fmt: skip
    assert todo.action.tolist() == ["Ask the accounts that pay less why", "Do not budget on the projection yet"]
    assert todo.value.iloc[0] == 10


def test_without_amounts_there_is_no_bridge():
    moves = subscriptions.recurring_moves(accounts.drop(columns="monthly_amount"), as_of="2024-04-01").to_pandas()
    result = renewals.recurring_bridge(moves)
    assert (len(moves), len(result.table)) == (0, 0)
    assert result.title == "No recurring revenue to follow"


def test_the_renewal_that_loses_most_is_named():
    rng = np.random.default_rng(6)
    stay = np.where(rng.random(1200) < 0.3, 1, 1 + rng.geometric(0.03, 1200))  # three in ten leave at the first
    month = rng.integers(0, 18, 1200)
    table = closed(rng, stay, month)
    rest = (
        renewals.plans_compared(table),
        renewals.recurring_bridge(
            subscriptions.recurring_moves(accounts.drop(columns="monthly_amount"), as_of="2024-04-01").to_pandas()
        ),
    )
    todo = renewals.actions(renewals.projection(table), renewals.held_out(table), *rest, renewals.ends_known(table))
    assert "Test a reminder or an offer before renewal 1" in todo.table.action.tolist()
    constant = closed(rng, rng.geometric(0.05, 1200), month)
    todo = renewals.actions(renewals.projection(constant), renewals.held_out(table), *rest, renewals.ends_known(table))
    assert not todo.table.action.str.startswith("Test a reminder").any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns=["n", "segment"]), r"lengths: expected columns \['segment', 'n'\]"),
        (lambda t: t.head(0), "expected at least one subscription; found none. Check as_of"),
        (lambda t: t.assign(duration=-1), "durations from 0 to followed_days"),
        (lambda t: t.assign(duration=9999), "durations from 0 to followed_days, n above 0; found 8 rows"),
    ],
)
def test_tables_that_are_no_lengths_are_refused(change, message):
    with pytest.raises(ContractError, match=message):
        renewals.projection(change(lengths_of(PEOPLE)))


def test_settings_out_of_range_are_refused():
    table = lengths_of(PEOPLE)
    with pytest.raises(ParameterError, match="term_months: expected 1 whole month or more; found 0"):
        renewals.renewal_table(table, term_months=0)
    with pytest.raises(ParameterError, match="ahead: expected 1 renewal or more; found 0"):
        renewals.projection(table, ahead=0)
    with pytest.raises(ParameterError, match="back: expected 1 renewal or more; found -1"):
        renewals.held_out(table, back=-1)
    with pytest.raises(ParameterError, match="grace_days: expected 0 days or more; found -1"):
        lengths_of(PEOPLE, grace_days=-1)
