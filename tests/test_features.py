"""Snapshots and labels: hand-typed customers, and the property that nothing from the cutoff on enters a feature."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from shops import FIRST_DAY, any_orders, orders, visits

from kpikit import features
from kpikit.errors import ContractError, ParameterError

pytestmark = pytest.mark.usefixtures("engine")


def day(number: int) -> str:
    return str((FIRST_DAY + pd.Timedelta(days=number)).date())


def moments_of(texts):
    return [None if text is None else pd.Timestamp(text) for text in texts]


def rows(table, *columns: str) -> dict[str, list]:
    frame = table.to_pandas()
    return {who: part[list(columns)].iloc[0].tolist() for who, part in frame.groupby("customer_id")}


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-12)


BOUGHT = orders(
    ("ann", day(0), 10.0),
    ("ann", f"{day(10)} 09:00", 20.0),
    ("ann", f"{day(10)} 18:00", 5.0),
    ("ann", day(40), 30.0),
    ("ann", day(45), -30.0),  # a refund changes money, not activity
    ("bob", day(39), 8.0),
    ("eve", day(60), 9.0),  # unknown at day 50
    ("zoe", day(5), -9.0),  # never bought
)


def test_buying_up_to_a_cutoff_by_hand():
    found = rows(
        features.snapshots(BOUGHT, cutoffs=day(50), window_days=20),
        "recency_days", "tenure_days", "purchase_days", "recent_purchase_days", "purchase_trend", "spend",
        "spend_per_day", "recent_spend", "spend_trend", "mean_gap_days", "longest_gap_days", "silence_in_gaps",
        "refunds",
    )  # fmt: skip
    # ann: days 0, 10, 40; gaps 10 and 30; recent: day 30 to 49, earlier: day 10 to 29
    assert found["ann"] == [10, 50, 3, 1, 0, 35.0, 35 / 3, 0.0, -25.0, 20.0, 30, 0.5, 1]
    assert found["bob"][:9] == [11, 11, 1, 1, 1, 8.0, 8.0, 8.0, 8.0]
    assert pd.isna(found["bob"][9])
    assert pd.isna(found["bob"][11])
    assert set(found) == {"ann", "bob"}


def test_an_order_on_the_cutoff_is_no_feature_and_is_the_label():
    bought = orders(("ann", day(0), 1.0), ("ann", f"{day(30)} 00:00", 7.0), ("bob", day(0), 1.0), ("bob", day(40), 1.0))
    taken = features.snapshots(bought, cutoffs=day(30))
    assert rows(taken, "spend", "recency_days") == {"ann": [1.0, 30], "bob": [1.0, 30]}
    labels = features.inactivity_labels(bought, cutoffs=day(30), horizon_days=10, as_of=day(40))
    assert rows(labels, "churned") == {"ann": [0], "bob": [1]}  # day 40 is the first beyond the horizon
    longer = features.inactivity_labels(bought, cutoffs=day(30), horizon_days=11, as_of=day(41))
    assert rows(longer, "churned") == {"ann": [0], "bob": [0]}


def test_a_refund_in_the_horizon_keeps_nobody():
    bought = orders(("ann", day(0), 9.0), ("ann", day(32), -9.0))
    labels = features.inactivity_labels(bought, cutoffs=day(30), horizon_days=10, as_of=day(40))
    assert rows(labels, "churned") == {"ann": [1]}


def test_several_cutoffs_give_what_each_gives_alone():
    cutoffs = [day(20), day(41), day(50)]
    together = features.snapshots(BOUGHT, cutoffs=cutoffs, window_days=20).to_pandas()
    alone = [features.snapshots(BOUGHT, cutoffs=one, window_days=20).to_pandas() for one in cutoffs]
    same(together, pd.concat(alone, ignore_index=True))
    assert together.groupby("cutoff").size().tolist() == [1, 2, 2]


def test_long_silent_customers_can_be_left_out():
    bought = visits({"old": [0], "new": [40]})
    assert set(rows(features.snapshots(bought, cutoffs=day(50), active_days=10), "spend")) == {"new"}
    assert set(rows(features.snapshots(bought, cutoffs=day(50), active_days=50), "spend")) == {"new", "old"}


def test_the_last_orders_own_column_is_a_feature():
    bought = visits({"ann": [0, 10, 60], "bob": [5]}).assign(channel=["web", "shop", "later", None])
    found = rows(features.snapshots(bought, cutoffs=day(50), last=["channel"]), "last_channel")
    assert found["ann"] == ["shop"]
    assert pd.isna(found["bob"][0])


TICKETS = pd.DataFrame(
    {
        "ticket_id": ["t1", "t2", "t3", "t4"],
        "customer_id": ["ann", "ann", "ann", None],
        "opened_at": moments_of([f"{day(5)} 10:00", f"{day(45)} 10:00", f"{day(50)} 00:00", day(1)]),
        "first_response_at": moments_of([f"{day(5)} 12:30", f"{day(51)} 10:00", None, day(2)]),
        "resolved_at": moments_of([f"{day(6)} 10:00", f"{day(50)} 00:00", None, day(2)]),
        "reopened": [True, True, False, True],
    }
)
ANSWERS = pd.DataFrame(
    {
        "customer_id": ["ann", "ann", "ann", "bob", "ann"],
        "responded_at": moments_of([day(3), day(20), day(50), day(30), day(21)]),
        "kind": ["nps", " NPS ", "nps", "csat", "ces"],
        "score": [9.0, 4.0, 10.0, 5.0, 6.0],
    }
)


def test_support_as_it_was_known_at_the_cutoff():
    taken = features.snapshots(BOUGHT, cutoffs=day(50), window_days=20, tickets=TICKETS)
    names = ("tickets", "recent_tickets", "open_tickets", "reopened_tickets", "days_since_ticket")
    found = rows(taken, *names, "first_response_hours")
    assert found["ann"] == [2, 1, 1, 1, 5, 2.5]  # t2 was answered and resolved from the cutoff on: open, no wait known
    assert found["bob"][:4] == [0, 0, 0, 0]
    assert all(pd.isna(value) for value in found["bob"][4:])


def test_the_latest_answer_of_each_survey_before_the_cutoff():
    taken = features.snapshots(BOUGHT, cutoffs=day(50), survey_responses=ANSWERS)
    found = rows(taken, "answers", "days_since_answer", "last_nps", "last_ces", "last_csat")
    assert found["ann"][:4] == [3, 29, 4.0, 6.0]
    assert pd.isna(found["ann"][4])
    assert found["bob"][0] == 1
    assert found["bob"][4] == 5.0


SPANS = pd.DataFrame(
    {
        "customer_id": ["ann", "ann", "bob", "cat", "dan", "dan", "eve"],
        "started_at": moments_of([day(0), day(30), day(0), day(10), day(0), day(70), day(55)]),
        "ended_at": moments_of([day(30), None, day(60), day(50), day(52), None, None]),
        "plan": ["small", "large", "small", "small", "small", "small", "small"],
    }
)


def test_subscribers_at_a_cutoff_by_hand():
    found = rows(features.subscriber_snapshots(SPANS, cutoffs=day(50)), "tenure_days", "spans", "plan")
    # ann changed her plan: one subscription; cat ends on the cutoff's day: there at its first instant
    assert found == {"ann": [50, 2, "large"], "bob": [50, 1, "small"], "cat": [40, 1, "small"], "dan": [50, 1, "small"]}


def test_which_of_two_spans_ends_first_is_not_known_yet():
    both = pd.DataFrame(
        {"customer_id": "ann", "started_at": pd.Timestamp(day(0)), "plan": ["small", "large"],
         "ended_at": moments_of([day(55), day(60)])}
    )  # fmt: skip
    swapped = both.assign(ended_at=both.ended_at.to_numpy()[::-1])
    found = [rows(features.subscriber_snapshots(one, cutoffs=day(50)), "plan") for one in (both, swapped)]
    assert found[0] == found[1]


def test_who_ends_within_the_horizon_churned_and_who_is_back_within_the_grace_did_not():
    at = {"cutoffs": day(50), "horizon_days": 10, "as_of": day(90)}
    assert rows(features.subscription_labels(SPANS, **at, grace_days=14), "churned") == {
        "ann": [0], "bob": [0], "cat": [1], "dan": [1],
    }  # fmt: skip
    assert rows(features.subscription_labels(SPANS, **at, grace_days=18), "churned")["dan"] == [0]
    longer = {**at, "horizon_days": 11}
    assert rows(features.subscription_labels(SPANS, **longer), "churned")["bob"] == [1]


def test_labelled_keeps_the_customers_that_both_have():
    taken = features.subscriber_snapshots(SPANS, cutoffs=[day(40), day(50)])
    labels = features.subscription_labels(SPANS, cutoffs=day(50), horizon_days=10, as_of=day(90))
    both = features.labelled(taken, labels).to_pandas()
    assert both.customer_id.tolist() == ["ann", "bob", "cat", "dan"]
    assert both.columns[-1] == "churned"


CUTOFF = 120


@settings(max_examples=5, deadline=None)
@given(any_orders(), any_orders())
def test_no_order_from_the_cutoff_on_changes_a_feature(table, more):
    late = more.assign(ordered_at=more.ordered_at + pd.Timedelta(days=CUTOFF))
    cutoffs = [day(CUTOFF), day(CUTOFF - 45)]
    before = features.snapshots(table[table.ordered_at < day(CUTOFF)], cutoffs=cutoffs).to_pandas()
    same(features.snapshots(pd.concat([table, late]), cutoffs=cutoffs).to_pandas(), before)


def any_cases(count: int = 300) -> pd.DataFrame:
    """Return cases of 40 customers over 200 days: half are opened from the cutoff on, many are over after it."""
    rng = np.random.default_rng(11)
    moments = {
        name: pd.Series(FIRST_DAY + pd.to_timedelta(rng.integers(0, 200 * 24, count), unit="h")).astype(
            "datetime64[us]"
        )
        for name in ("opened_at", "first_response_at", "resolved_at")
    }
    who = [f"c{number}" for number in rng.integers(0, 40, count)]
    numbers = [f"t{number}" for number in range(count)]
    return pd.DataFrame({"ticket_id": numbers, "customer_id": who, **moments, "reopened": rng.random(count) < 0.5})


def as_known(cases: pd.DataFrame, born: str, *later: str) -> pd.DataFrame:
    """Return the rows that began before the cutoff, without the times from the cutoff on."""
    known = cases[cases[born] < day(CUTOFF)]
    return known.assign(**{name: known[name].where(known[name] < day(CUTOFF)) for name in later})


def test_nothing_of_support_or_surveys_from_the_cutoff_on_changes_a_feature():
    bought, cases = visits({f"c{number}": [0] for number in range(40)}), any_cases()
    answers = cases.rename(columns={"opened_at": "responded_at"})[["customer_id", "responded_at"]]
    answers = answers.assign(kind="nps", score=np.arange(len(cases), dtype=float))
    masked, early = as_known(cases, "opened_at", "first_response_at", "resolved_at"), as_known(answers, "responded_at")
    full = features.snapshots(bought, cutoffs=day(CUTOFF), tickets=cases, survey_responses=answers).to_pandas()
    cut = features.snapshots(bought, cutoffs=day(CUTOFF), tickets=masked, survey_responses=early).to_pandas()
    same(full, cut)
    assert full[["tickets", "open_tickets", "reopened_tickets", "answers", "last_nps"]].sum().gt(0).all()


def test_no_end_of_a_subscription_from_the_cutoff_on_changes_a_feature():
    spans = any_cases().rename(columns={"opened_at": "started_at", "resolved_at": "ended_at"})
    spans = spans[["customer_id", "started_at", "ended_at"]]
    full = features.subscriber_snapshots(spans, cutoffs=day(CUTOFF)).to_pandas()
    same(
        full, features.subscriber_snapshots(as_known(spans, "started_at", "ended_at"), cutoffs=day(CUTOFF)).to_pandas()
    )
    assert full.interruptions.gt(0).any()


@settings(max_examples=5, deadline=None)
@given(any_orders())
def test_no_order_beyond_the_horizon_changes_a_label(table):
    end = pd.Timestamp(day(100))
    labels = {"cutoffs": day(70), "horizon_days": 30}
    full = features.inactivity_labels(table, **labels, as_of=day(150)).to_pandas()
    cut = table[table.ordered_at < end]
    if len(cut):
        same(full, features.inactivity_labels(cut, **labels, as_of=day(100)).to_pandas())


def test_labels_after_as_of_are_refused():
    message = r"labels after as_of for the cutoff 2024-02-05.*Take cutoffs up to 2024-02-01"
    with pytest.raises(ParameterError, match=message):
        features.inactivity_labels(BOUGHT, cutoffs=[day(20), day(35)], horizon_days=30, as_of=day(61))
    with pytest.raises(
        ParameterError, match=r"each cutoff \+ 44 days no later than as_of \(2024-03-06\); found labels after"
    ):
        features.subscription_labels(SPANS, cutoffs=day(35), horizon_days=30, as_of=day(65))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cutoffs": []}, "one or more different cutoffs"),
        ({"cutoffs": [day(1), day(1)]}, "one that stands twice"),
        ({"cutoffs": "soon"}, "ISO date"),
        ({"window_days": 0}, "1 day or more"),
        ({"active_days": 0}, "1 day or more"),
    ],
)
def test_wrong_parameters_are_refused(change, message):
    with pytest.raises(ParameterError, match=message):
        features.snapshots(BOUGHT, **{"cutoffs": day(50), **change})


@pytest.mark.parametrize("horizon", [0, 1.5, True])
def test_a_horizon_is_a_whole_number_of_days(horizon):
    with pytest.raises(ParameterError, match="1 whole day or more"):
        features.inactivity_labels(BOUGHT, cutoffs=day(50), horizon_days=horizon, as_of=day(99))


def test_tables_without_their_columns_are_refused():
    with pytest.raises(ContractError, match=r"tickets: expected columns \['customer_id'\]"):
        features.snapshots(BOUGHT, cutoffs=day(50), tickets=TICKETS.drop(columns="customer_id"))
    with pytest.raises(ContractError, match=r"orders: expected columns \['shade'\]"):
        features.snapshots(BOUGHT, cutoffs=day(50), last=["shade"])
    with pytest.raises(ContractError, match=r"labels: expected columns \['churned'\]"):
        features.labelled(features.snapshots(BOUGHT, cutoffs=day(50)), features.snapshots(BOUGHT, cutoffs=day(50)))


def test_lengths_of_subscriptions_read_nothing_from_as_of_on():
    later = pd.DataFrame(
        {
            "customer_id": ["ann", "new"],
            "started_at": moments_of([day(91), day(95)]),
            "ended_at": moments_of([None] * 2),
        }
    )
    whole = pd.concat([SPANS[["customer_id", "started_at", "ended_at"]], later])
    found, known = (
        features.subscription_lengths(table, as_of=day(90)).to_pandas()
        for table in (whole, SPANS[["customer_id", "started_at", "ended_at"]])
    )
    same(found, known)
    assert known.n.sum() > 0
