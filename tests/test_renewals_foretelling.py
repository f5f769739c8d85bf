"""How many subscriptions are left: a forecast that comes due when the last renewal has come up, and what came of it."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from subscribers import spans

from kpikit import features, ledger, renewals

AS_OF, GRACE_DAYS, AHEAD = "2024-01-15", 14, 3
TOLD = pd.Timestamp("2024-01-01")  # what is known after the grace


def returns(start: pd.Timestamp, count: int) -> pd.Timestamp:
    return start + pd.DateOffset(months=count)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Subscriptions that end on the day of the renewal that is not made; three cohorts begin on the 29th to 31st."""
    random = np.random.default_rng(7)
    starts = pd.Timestamp("2023-01-01") + pd.to_timedelta(random.integers(0, 380, 400), unit="D")
    starts = [*starts, *pd.to_datetime(["2023-01-29", "2023-01-30", "2023-01-31"])]
    made = [*(random.geometric(0.12, 400) - 1), 40, 40, 40]
    rows = [
        (f"c{place}", f"{start:%Y-%m-%d}", f"{returns(start, count + 1):%Y-%m-%d}" if count < 24 else None)
        for place, (start, count) in enumerate(zip(starts, made, strict=True))
    ]
    return spans(*rows).assign(made=made)


def lengths_of(people: pd.DataFrame, as_of: str) -> pd.DataFrame:
    table = people.drop(columns="made")
    return features.subscription_lengths(table, as_of=as_of, grace_days=GRACE_DAYS).to_pandas()


@pytest.fixture(scope="module")
def due(people: pd.DataFrame) -> ledger.Due:
    """What a run of January forecast, as a later one finds it."""
    lengths = lengths_of(people, AS_OF)
    outlook = renewals.outlook(lengths, ahead=AHEAD)
    made = renewals.forecasts(outlook, lengths, as_of=AS_OF, grace_days=GRACE_DAYS, ahead=AHEAD)
    whole = outlook.table.iloc[-1]
    (row,) = made.table.itertuples()
    assert (row.value, row.low, row.high, row.n) == (whole.expected, whole.low, whole.high, whole.running)
    return ledger.Due(
        date.fromisoformat(row.ends), made.table.assign(run_id="run1"), made.table.iloc[:0], has_runs=True
    )


def test_what_came_is_counted_customer_by_customer(people: pd.DataFrame, due: ledger.Due) -> None:
    ran = left = 0
    for row in people[people.started_at < TOLD].itertuples():
        came_up = sum(returns(row.started_at, count) < TOLD for count in range(1, 40))
        ran += row.made >= came_up
        left += row.made >= came_up + AHEAD
    lengths = lengths_of(people, due.table.ends[0])
    found = renewals.what_came(due, lengths, grace_days=GRACE_DAYS, ahead=AHEAD)
    assert found.came.tolist() == [left]
    assert (due.table.n[0], 0 < left < ran) == (ran, True)
    told = ledger.scored(due, found)
    assert told.table.verdict.tolist() == ["inside"]  # drawn with one chance for all, as sBG allows


def test_it_comes_due_on_the_first_day_on_which_every_renewal_is_known(people: pd.DataFrame, due: ledger.Due) -> None:
    before = (date.fromisoformat(due.table.ends[0]) - timedelta(days=1)).isoformat()
    found = renewals.what_came(due, lengths_of(people, before), grace_days=GRACE_DAYS, ahead=AHEAD)
    assert [math.isnan(came) for came in found.came] == [True]
    later = renewals.what_came(due, lengths_of(people, "2025-06-01"), grace_days=GRACE_DAYS, ahead=AHEAD)
    now = renewals.what_came(due, lengths_of(people, due.table.ends[0]), grace_days=GRACE_DAYS, ahead=AHEAD)
    assert later.came.tolist() == now.came.tolist()


def test_without_an_outlook_nothing_is_forecast_and_without_forecasts_nothing_came(due: ledger.Due) -> None:
    young = features.subscription_lengths(spans(("ann", "2024-01-10", None)), as_of="2024-02-01").to_pandas()
    none = renewals.forecasts(renewals.outlook(young), young, as_of="2024-02-01", grace_days=GRACE_DAYS)
    assert none.table.empty
    assert "12 more renewals made, a term of 1 month" in none.facts["definitions"]["subscriptions_left"]
    empty = ledger.Due(due.as_of, due.table.iloc[:0], due.redefined, has_runs=True)
    assert renewals.what_came(empty, young, grace_days=GRACE_DAYS).empty
