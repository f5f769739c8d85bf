"""The last period beside the one before: what may be claimed of it, and how it is said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kpikit import intervals, kpis
from kpikit.errors import ParameterError
from kpikit.metrics.cards import KPIS, card

RATE = "repeat_purchase_rate"


def rates(*counts: tuple[str, int, int, str], kpi: str = RATE, segment: str = "all") -> pd.DataFrame:
    """Return values as ``compute`` gives them, from (month, successes, n, status)."""
    table = pd.DataFrame(counts, columns=["period", "numerator", "denominator", "status"])
    x, n = table.numerator.astype(float), table.denominator.astype(float)
    low, high = intervals.wilson(x, n)
    table = table.assign(
        kpi=kpi, segment=segment, numerator=x, denominator=n, value=x / n.where(n > 0), low=low, high=high
    )
    table["n"] = table.denominator.astype("Int64")
    table["period"] = [pd.Timestamp(f"{month}-01") for month in table.period]
    return table.astype({"period": "datetime64[s]"})[kpis.COLUMNS]


two_months = rates(("2026-07", 300, 1000, "complete"), ("2026-08", 400, 1000, "complete"))
same_twice = rates(("2026-07", 300, 1000, "complete"), ("2026-08", 303, 1000, "complete"))
running = rates(("2026-07", 300, 1000, "complete"), ("2026-08", 300, 1000, "complete"), ("2026-09", 10, 900, "partial"))
one_month = rates(("2026-08", 400, 1000, "complete"))
all_partial = rates(("2026-08", 4, 10, "partial"))
nobody = rates(("2026-07", 0, 0, "complete"), ("2026-08", 0, 0, "complete"))
no_rows = one_month.head(0)


def test_the_kpi_of_these_tables_exists():
    assert RATE in KPIS


def test_a_clear_change_is_judged_with_both_periods_beside_it():
    row = kpis.latest(two_months).iloc[0]
    assert (row.period, row.previous_period) == (pd.Timestamp("2026-08-01"), pd.Timestamp("2026-07-01"))
    assert (row.value, row.previous, row.change) == pytest.approx((0.4, 0.3, 0.1))
    assert (row.verdict, row.change_low > 0) == ("up", True)
    assert (
        kpis.latest(rates(("2026-07", 400, 1000, "complete"), ("2026-08", 300, 1000, "complete"))).verdict[0] == "down"
    )


def test_for_one_rate_the_interval_of_the_change_is_newcombe_s():
    row = kpis.latest(two_months).iloc[0]
    low, high = intervals.newcombe(400, 1000, 300, 1000)
    assert (row.change_low, row.change_high) == pytest.approx((float(low), float(high)))


def test_no_clear_change_is_said_where_that_is_the_truth():
    assert kpis.latest(same_twice).verdict.tolist() == ["no clear change"]


def test_partial_periods_are_never_compared():
    row = kpis.latest(running).iloc[0]
    assert row.period == pd.Timestamp("2026-08-01")
    assert row.verdict == "no clear change"


def test_one_period_has_no_comparison():
    row = kpis.latest(one_month).iloc[0]
    assert row.verdict == "no comparison"
    assert np.isnan(row.change)


@pytest.mark.parametrize("values", [no_rows, all_partial, nobody], ids=["empty", "all partial", "denominator 0"])
def test_nothing_complete_leaves_no_rows(values):
    assert len(kpis.latest(values)) == 0


def test_order_of_rows_does_not_matter():
    pd.testing.assert_frame_equal(kpis.latest(two_months.iloc[::-1]), kpis.latest(two_months))


def test_a_claim_must_hold_together_with_the_others_on_the_page():
    values = rates(("2026-07", 300, 1000, "complete"), ("2026-08", 345, 1000, "complete"))
    alone, among_twenty = kpis.latest(values), kpis.latest(values, claims=20)
    assert alone.verdict.tolist() == ["up"]
    assert among_twenty.verdict.tolist() == ["no clear change"]
    widen = stats.norm.ppf(1 - 0.025 / 20) / stats.norm.ppf(0.975)
    assert (among_twenty.change_high - among_twenty.change)[0] == pytest.approx(
        widen * (alone.change_high - alone.change)[0]
    )


def test_without_a_number_of_claims_every_row_is_one():
    values = pd.concat([two_months, two_months.assign(segment="shop")], ignore_index=True)
    pd.testing.assert_series_equal(kpis.latest(values).change_low[:1], kpis.latest(two_months, claims=2).change_low)


def test_segments_are_judged_apart_and_kpis_keep_their_order():
    values = pd.concat(
        [one_month.assign(kpi="revenue"), two_months, same_twice.assign(segment="shop")], ignore_index=True
    )
    table = kpis.latest(values)
    assert table.kpi.tolist() == ["revenue", RATE, RATE]
    assert table.verdict.tolist() == ["no comparison", "up", "no clear change"]


def test_false_claims_over_a_page_of_kpis_stay_within_five_percent():
    # 200 pages of six rates each that do not change; a claim about any of them is a false one
    random, pages, false_claims = np.random.default_rng(7), 200, 0
    shares = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
    for _ in range(pages):
        n = random.integers(100, 2000, size=2)
        drawn = [
            (f"2026-0{7 + k}", int(random.binomial(n[k], share)), int(n[k]), "complete")
            for share in shares
            for k in (0, 1)
        ]
        page = rates(*drawn).assign(kpi=[f"rate {share}" for share in shares for _ in (0, 1)])
        false_claims += bool(kpis.latest(page).verdict.isin(["up", "down"]).any())
    assert false_claims <= pages * 0.05 + 2 * np.sqrt(pages * 0.05 * 0.95), f"{false_claims} of {pages}"


# the page


def test_scores_say_value_interval_count_and_change():
    result = kpis.scores(two_months, period="month", currency="EUR", partial_note="September is not over.")
    title = card(RATE).title
    assert result.text.startswith(
        f"{title}, 2026-08: 40.0 % (95 % interval 37.0 % to 43.1 %; n = 1,000); clearly up on 30.0 % in 2026-07."
    )
    assert result.text.endswith("September is not over.")
    assert result.headline == f"{title} went up to 40.0 % in 2026-08 from 30.0 % in 2026-07."
    tile = result.facts["tiles"][0]
    assert (tile["title"], tile["value"], tile["period"]) == (title, "40.0 %", "2026-08")
    assert tile["change"] == "▲ up: +10.0 points (+33.3 %) on 2026-07"
    assert tile["interval"] == "95 % interval 37.0 % to 43.1 %"
    assert tile["count"] == "n = 1,000 customers"
    assert tile["history"] == (0.3, 0.4)
    assert "over 2 months: from 30.0 % to 40.0 %" in tile["history_text"]


def test_scores_claim_nothing_where_nothing_is_clear():
    result = kpis.scores(same_twice, period="month")
    assert result.headline == "No key figure changed clearly against the period before."
    assert "no clear change against 30.0 % in 2026-07" in result.text
    assert result.facts["tiles"][0]["tone"] == "neutral"


def test_the_history_of_a_tile_leaves_partial_periods_out():
    assert kpis.scores(running, period="month").facts["tiles"][0]["history"] == (0.3, 0.3)


@pytest.mark.parametrize(
    "values", [one_month, no_rows, all_partial, nobody], ids=["one", "empty", "all partial", "denominator 0"]
)
def test_where_nothing_was_compared_the_headline_says_nothing(values):
    result = kpis.scores(values, period="month")
    assert result.headline == ""
    assert "nan" not in result.text
    json.dumps(result.payload(), allow_nan=False)


def test_at_most_two_changes_make_the_headline():
    page = [two_months.assign(kpi=name) for name in list(KPIS)[:3]]
    headline = kpis.scores(pd.concat(page, ignore_index=True), period="month").headline
    assert headline.count(" went up to ") == 2


def test_records_are_plain_json_with_iso_dates_nulls_and_the_version():
    values = pd.concat([running, nobody], ignore_index=True)
    rows = kpis.records(values)
    assert json.loads(json.dumps(rows, allow_nan=False)) == list(rows)
    assert rows[0] == {
        "kpi": RATE, "period": "2026-07-01", "segment": "all", "numerator": 300.0, "denominator": 1000.0, "value": 0.3,
        "low": pytest.approx(0.2724, abs=1e-4), "high": pytest.approx(0.3291, abs=1e-4),
        "n": 1000, "status": "complete",
        "definition": card(RATE).version,
    }  # fmt: skip
    assert (rows[-1]["value"], rows[-1]["low"], rows[-1]["n"]) == (None, None, 0)


def test_records_without_a_period_or_count_have_null_there():
    values = one_month.assign(period=pd.NaT, n=pd.array([None], dtype="Int64"), denominator=np.nan)
    row = kpis.records(values)[0]
    assert (row["period"], row["n"], row["denominator"]) == (None, None, None)


def test_records_of_nothing_are_nothing():
    assert kpis.records(no_rows) == ()


def test_definitions_are_cards_with_the_interval_in_words():
    result = kpis.definitions(RATE, card("revenue"))
    assert result.table.id.tolist() == [RATE, "revenue"]
    assert result.table.interval[0] == kpis.INTERVALS[card(RATE).interval]
    assert result.table.needs.tolist() == ["orders", "orders"]
    assert result.kind == "definitions"
    json.dumps(result.payload(), allow_nan=False)


def test_the_definition_of_an_unknown_kpi_names_the_nearest():
    with pytest.raises(ParameterError, match="Did you mean 'revenue'"):
        kpis.definitions("revenu")


def test_the_configuration_s_own_kpis_have_cards_and_settings_on_the_page():
    import types

    from kpikit.config import Config

    data = types.SimpleNamespace(config=Config(kpis={RATE: {"within_days": 30}}))
    assert "30 days" in kpis.definitions(RATE, data=data).table.title[0]
    assert "30 days" in kpis.scores(two_months, period="month", data=data).facts["tiles"][0]["title"]
    assert "90 days" in kpis.definitions(RATE).table.title[0]
