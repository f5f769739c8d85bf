"""Forecasts are kept, handed to later runs, and judged by what came; due, comparable and honest, or not at all."""

from __future__ import annotations

import itertools
import math
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from kpikit import churn, clv, customers, features, forecasts, kpis, ledger, plots
from kpikit.clv.reading import GROUPS
from kpikit.config import Config
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError
from kpikit.ledger.judging import side_by_side
from kpikit.results import Result

MEANS = {"visits": "days with a visit (version 1)"}


def forecast(as_of: str = "2026-01-01", ends: str = "2026-02-01", **facts: Any) -> dict[str, Any]:
    """Return a forecast of 100, 90 to 110."""
    own = {"kpi": "visits", "title": "Visits", "by": "", "segment": "all", "as_of": as_of, "ends": ends, "value": 100.0,
           "low": 90.0, "high": 110.0, "confidence": 0.95, "style": "count", "n": 50, "model": "toy"}  # fmt: skip
    return own | facts


def made(*rows: dict[str, Any], means: dict[str, str] | None = None) -> Result:
    frame = pd.DataFrame(rows or [forecast("2026-06-01", "2026-07-01")])
    return ledger.forecasts(frame, definitions=MEANS if means is None else means, currency="EUR")


@pytest.fixture
def hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hand forecasts of earlier runs to this process, as the runner hands them to a kernel."""

    def handing(*rows: dict[str, Any]) -> None:
        path = tmp_path / "earlier.json"
        own = {"definition": MEANS["visits"], "run_id": "run1", "business": "Harbor Coffee"}
        path.write_text(forecasts.written([own | row for row in rows]), encoding="utf-8")
        monkeypatch.setenv(forecasts.VARIABLE, str(path))

    return handing


def due_by(as_of: str, now: Result | None = None) -> ledger.Due:
    return ledger.due(SimpleNamespace(as_of=date.fromisoformat(as_of), business="Harbor Coffee"), now or made())


def outcomes(due: ledger.Due, *came: float) -> pd.DataFrame:
    return due.table[list(forecasts.KEY)].assign(came=[*came])


def test_a_forecast_comes_due_on_the_first_day_after_its_horizon(hand: Any) -> None:
    hand(forecast("2026-01-01", "2026-02-01"), forecast("2026-02-01", "2026-03-01"))
    assert due_by("2026-01-31").windows == []
    assert due_by("2026-02-01").windows == [("2026-01-01", "2026-02-01")]
    assert due_by("2026-03-01").windows == [("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")]


def test_of_two_runs_that_forecast_the_same_the_first_counts(hand: Any) -> None:
    """Who runs a past day again, knowing what came, cannot better the forecast of that day."""
    hand(forecast(value=100.0), forecast(value=140.0, run_id="run2"))
    assert due_by("2026-02-01").table[["value", "run_id"]].to_numpy().tolist() == [[100.0, "run1"]]


def test_another_business_in_the_same_folder_is_not_judged(hand: Any) -> None:
    hand(forecast(business="Another"))
    assert due_by("2026-02-01").table.empty


def test_what_is_defined_otherwise_is_not_judged_and_said(hand: Any) -> None:
    hand(forecast(definition="visits, logins too (version 0)"), forecast("2026-02-01", "2026-03-01"))
    due = due_by("2026-03-01")
    assert due.windows == [("2026-02-01", "2026-03-01")]
    told = ledger.scored(due, outcomes(due, 104.0))
    assert told.title == "1 of 1 interval of 95 % held in earlier forecasts"
    assert (
        "1 earlier forecast that came due is defined otherwise and not judged: Visits (then: visits, logins too "
        "(version 0); now: days with a visit (version 1))." in told.text
    )
    none = due_by("2026-03-01", made(means={**MEANS, "visits": "another"}))
    alone = ledger.scored(none, outcomes(none))
    assert (alone.kind, alone.title, alone.table) == ("text", "No earlier forecast can be judged", None)
    assert "2 earlier forecasts that came due are defined otherwise" in alone.text


def test_what_is_not_forecast_any_more_is_said(hand: Any) -> None:
    hand(forecast(kpi="logins", title="Logins"))
    told = ledger.scored(due_by("2026-02-01"), pd.DataFrame(columns=[*forecasts.KEY, "came"]))
    assert "Logins (then: days with a visit (version 1); now: not forecast here)" in told.text


def test_scores_by_hand(hand: Any) -> None:
    months = [("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01"), ("2026-03-01", "2026-04-01"),
              ("2026-04-01", "2026-05-01"), ("2026-05-01", "2026-06-01")]  # fmt: skip
    hand(*(forecast(*month) for month in months[:4]), forecast(*months[4], low=None, high=None))
    due = due_by("2026-06-01")
    told = ledger.scored(due, outcomes(due, 90.0, 110.0, 125.0, 80.0, 100.0))
    assert told.table.verdict.tolist() == ["inside", "inside", "came above", "came below", "no interval"]
    assert told.table.error.tolist() == pytest.approx([100 / 90 - 1, 100 / 110 - 1, -0.2, 0.25, 0.0])
    assert told.title == "2 of 4 intervals of 95 % held in earlier forecasts"
    # Wilson's score interval of 2 of 4: (p + z²/2n ± z √(p q / n + z²/4n²)) / (1 + z²/n)
    z2 = 1.959964**2
    middle, half = (0.5 + z2 / 8) / (1 + z2 / 4), math.sqrt(z2 * (0.25 / 4 + z2 / 64)) / (1 + z2 / 4)
    assert (told.facts["low"], told.facts["high"]) == pytest.approx((middle - half, middle + half), rel=1e-5)
    assert told.facts["evidence"] == pytest.approx(0.5**2 * 10.5**2)  # two held, two missed: 1/2 + 1/2 × 1/0.05
    assert "the intervals are too narrow" in told.headline
    assert "4 of 4 horizons lie side by side" in told.text
    assert "between 15.0 % and 85.0 % (Wilson, 95 %)" in told.text
    assert "missed what came by −20.0 % to +25.0 %, half of them by 11.1 % or less" in told.text
    assert "known up to 2026-05-31: rows that come later may change it" in told.text


def test_few_forecasts_tell_nothing_and_many_that_held_are_not_spoken_against(hand: Any) -> None:
    months = [f"{year}-{month:02d}-01" for year in (2024, 2025) for month in range(1, 13)]
    windows = list(itertools.pairwise(months))
    for size, verdict in ((3, "too few to tell"), (23, "nothing speaks against them")):
        hand(*(forecast(*window) for window in windows[:size]))
        due = due_by("2026-01-01")
        told = ledger.scored(due, outcomes(due, *[100.0] * size))
        assert told.headline.startswith(f"{size} of {size} intervals of 95 % held in earlier forecasts: {verdict}")


def test_forecasts_that_overlap_are_not_counted_as_independent(hand: Any) -> None:
    """Ten quarterly forecasts a month apart are four pieces of evidence; twelve of one day are one."""
    begins = [f"2025-{month:02d}-01" for month in range(1, 11)]
    quarters = [(day, f"{2025 + (int(day[5:7]) + 3) // 13}-{(int(day[5:7]) + 2) % 12 + 1:02d}-01") for day in begins]
    assert side_by_side(quarters) == [quarters[0], quarters[3], quarters[6], quarters[9]]
    hand(*(forecast(*quarter) for quarter in quarters))
    due = due_by("2026-01-01")
    told = ledger.scored(due, outcomes(due, *[200.0] * 10))
    assert (told.facts["horizons"], told.facts["side_by_side"]) == (10, 4)
    assert told.facts["evidence"] == pytest.approx(10.5**4)
    z2 = 1.959964**2
    assert told.facts["high"] == pytest.approx(z2 / (4 + z2), rel=1e-5)  # Wilson's upper limit of 0 of 4, not of 10
    assert "4 of 10 horizons lie side by side" in told.text

    hand(*(forecast(segment=f"s{place}", by="plan") for place in range(12)))
    due = due_by("2026-02-01")
    one = ledger.scored(due, outcomes(due, *[200.0] * 12))
    assert one.facts["evidence"] == pytest.approx(10.5)
    assert "These are of one horizon, which is one piece of evidence." in one.text
    assert "Wilson" not in one.text
    assert one.headline.endswith("too few to tell whether they hold as often as they say.")


def test_what_the_data_do_not_say_is_not_taken_for_nothing(hand: Any) -> None:
    hand(forecast(), forecast("2026-02-01", "2026-03-01"))
    due = due_by("2026-03-01")
    told = ledger.scored(due, outcomes(due, 0.0, math.nan))
    assert (told.table.came.tolist(), told.table.error.isna().all()) == ([0.0], True)
    assert "Of 1 forecast that came due the data do not say, or not yet, what came." in told.text


def test_no_earlier_forecast_has_come_due(hand: Any) -> None:
    hand(forecast("2026-01-01", "2027-01-01"))
    told = ledger.scored(due_by("2026-03-01"), pd.DataFrame(columns=[*forecasts.KEY, "came"]))
    assert (told.kind, told.title, told.text) == ("text", "No earlier forecast has come due", "")


def test_run_by_hand_there_is_no_ledger_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(forecasts.VARIABLE, raising=False)
    due = due_by("2026-03-01")
    assert (due.has_runs, due.windows) == (False, [])
    told = ledger.scored(due, pd.DataFrame(columns=[*forecasts.KEY, "came"]))
    assert "run by hand has no earlier reports beside it; kpikit run judges" in told.text


@pytest.mark.parametrize("content", [None, "{", '{"schema_version": 2, "forecasts": []}',
                                     '{"schema_version": 1, "forecasts": [{"kpi": "visits"}]}'])  # fmt: skip
def test_a_file_that_is_none_of_the_runners_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    path = tmp_path / "stray.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv(forecasts.VARIABLE, str(path))
    with pytest.raises(ContractError, match=r"forecasts of earlier runs.*unset KPIKIT_EARLIER_FORECASTS"):
        due_by("2026-03-01")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"kpi": "visits"}], "columns"),
        ([forecast(kpi="logins")], "a definition of each kpi"),
        ([forecast(), forecast(value=1.0)], "that differ in kpi, segment or horizon"),
        ([forecast("2026-02-01", "2026-02-01")], "end after they begin"),
        ([forecast(confidence=95.0)], "a confidence above 0 and below 1"),
    ],
)
def test_what_cannot_be_judged_later_is_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        made(*rows)


def test_results_that_are_no_forecasts_and_outcomes_without_columns_are_refused(hand: Any) -> None:
    hand()
    with pytest.raises(ContractError, match=r"kpikit\.ledger\.forecasts"):
        due_by("2026-03-01", Result("page", "page", "Page"))
    with pytest.raises(ContractError, match=r"columns \['came'\]"):
        ledger.scored(due_by("2026-03-01"), pd.DataFrame(columns=[*forecasts.KEY]))


def test_nothing_forecast_is_said(hand: Any) -> None:
    none = made(forecast(value=math.nan))
    assert (len(none.table), none.title) == (0, "This report makes no forecast that could be judged later")
    assert none.title in plots.forecasts(none).html


def test_small_groups_are_neither_kept_nor_judged(hand: Any) -> None:
    data = SimpleNamespace(config=Config.model_validate({"privacy": {"min_cell": 5}}))
    parts = {"a": 3, "b": 7, "c": 90}
    rows = [forecast(n=100), *(forecast(by="plan", segment=name, n=size) for name, size in parts.items())]
    (kept,) = kpis.protected(data, made(*rows))
    assert kept.table.segment.tolist() == ["all", "c"]
    hand(*rows)
    due = due_by("2026-02-01")
    (told,) = kpis.protected(data, ledger.scored(due, outcomes(due, *[100.0] * 4)))
    assert told.table.segment.tolist() == ["all", "c"]


def test_both_tables_are_drawn_in_the_style_of_each_number(hand: Any) -> None:
    shares = {
        "kpi": "share",
        "title": "Share <b>",
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
        "style": "percent",
        "n": None,
    }
    means = {**MEANS, "share": "visitors / all"}
    rows = [forecast(style="money"), forecast(**shares, definition="visitors / all")]
    drawn = plots.forecasts(made(*rows, means=means)).html
    assert "90.00 EUR to 110.00 EUR" in drawn
    assert "40.0 % to 60.0 %" in drawn
    assert "Share &lt;b&gt;" in drawn
    assert "2026-01-31" in drawn
    hand(*rows)
    due = due_by("2026-02-01", made(means=means))
    html = plots.earlier_forecasts(ledger.scored(due, outcomes(due, 120.0, 0.55))).html
    assert "no: came above" in html
    assert "55.0 %" in html
    assert "2026-01-31" in html
    assert "Show every forecast judged" not in html


def test_segments_are_behind_a_fold_and_the_newest_comes_first(hand: Any) -> None:
    months = [("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")]
    hand(*(forecast(*month, **of) for month in months for of in ({}, {"by": "plan", "segment": "gold"})))
    due = due_by("2026-03-01")
    html = plots.earlier_forecasts(ledger.scored(due, outcomes(due, *[100.0] * 4))).html
    shown, folded = html.split("Show every forecast judged")
    assert (shown.count("gold"), folded.count("gold")) == (0, 2)
    assert shown.index("2026-02-28") < shown.index("2026-01-31")


# ---- what came of lifetime value


def orders(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return frame.assign(ordered_at=pd.to_datetime(frame.ordered_at, format="ISO8601"))


def test_purchases_after_a_day_by_hand() -> None:
    bought = orders(
        ("a", "2025-12-01", 5.0), ("a", "2025-12-31 23:59", 5.0), ("a", "2026-01-01", 10.0), ("a", "2026-01-01", -2.0),
        ("a", "2026-01-31", 20.0), ("a", "2026-02-01", 40.0),  # one purchase day of two orders; the last is after
        ("b", "2025-12-05", 7.0), ("c", "2026-01-05", 9.0), ("d", "2025-12-06", 7.0), ("d", "2026-01-02", -7.0),
    )  # fmt: skip
    found = features.purchases_after(
        bought, windows=[("2026-01-01", "2026-02-01")], as_of="2026-02-01", annual_discount_rate=0.10
    ).to_pandas()
    assert found.columns.tolist() == [
        "opens", "ends", "frequency", "customers", "purchases", "spend", "discounted_spend",
    ]  # fmt: skip
    assert found[["frequency", "customers", "purchases", "spend"]].to_numpy().tolist() == [[0, 2, 0, 0], [1, 1, 2, 28]]
    daily = 1.1 ** (-1 / 365.25)
    assert found.discounted_spend.tolist() == pytest.approx([0.0, 8 * daily + 20 * daily**31])


def test_purchases_after_a_day_are_those_of_the_published_holdout() -> None:
    # Fader, Hardie and Lee (2005): 1,882 repeat purchases of the 2,357 in the second 39 weeks
    windows = [("1997-10-01", "1998-07-01")]
    found = features.purchases_after(cdnow(sample=True), windows=windows, as_of="1998-07-01").to_pandas()
    assert (found.customers.sum(), found.purchases.sum()) == (2357, 1882)


def test_later_rows_change_nothing_and_no_window_gives_no_row() -> None:
    bought = orders(("a", "2025-12-01", 5.0), ("a", "2026-01-05", 10.0), ("a", "2026-02-05", 10.0))
    window = {"windows": [("2026-01-01", "2026-02-01")]}
    early = features.purchases_after(bought[:2], as_of="2026-02-01", **window).to_pandas()
    late = features.purchases_after(bought, as_of="2026-03-01", **window).to_pandas()
    pd.testing.assert_frame_equal(early, late)
    none = features.purchases_after(bought, windows=[], as_of="2026-03-01").to_pandas()
    assert (len(none), none.columns.tolist()) == (0, early.columns.tolist())
    assert clv.what_came(none).empty


@pytest.mark.parametrize(
    ("windows", "rate"), [([("2026-01-01", "2026-03-02")], 0.1), ([("2026-01-01", "2026-01-01")], 0.1), ([], 1.0)]
)
def test_horizons_that_are_not_over_are_refused(windows: list[tuple[str, str]], rate: float) -> None:
    with pytest.raises(ParameterError):
        features.purchases_after(orders(), windows=windows, as_of="2026-03-01", annual_discount_rate=rate)


def test_forecasts_of_lifetime_value_are_the_base_total_and_its_parts() -> None:
    known = customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas()
    found = clv.fit(known, model="mbg_nbd")
    money = {"annual_discount_rate": 0.10, "margin_fraction": 0.42}
    made_now = clv.forecasts(found, as_of="1997-10-01", horizon_days=90, currency="USD", **money)
    table = made_now.table.set_index(["kpi", "segment"])
    assert len(table) == 2 * (1 + len(GROUPS))
    total = clv.base_total(found, horizon_days=90, **money).table.set_index("quantity")
    for kpi, quantity in (("expected_purchases", "purchases"), ("clv", "clv")):
        whole = table.loc[(kpi, "all")]
        assert whole[["value", "low", "high"]].tolist() == total.loc[quantity, ["expected", "low", "high"]].tolist()
        parts = table.loc[kpi].drop("all")
        assert parts.value.sum() == pytest.approx(whole.value)
        assert parts.n.sum() == whole.n == 2357
    assert table.loc[("clv", "one purchase")].n == (known.frequency == 0).sum()
    assert set(table.as_of) == {"1997-10-01"}
    assert set(table.ends) == {"1997-12-30"}
    assert "42.0 %" in made_now.facts["definitions"]["clv"]
    other = clv.forecasts(found, as_of="1997-10-01", horizon_days=90, currency="USD")
    assert other.facts["definitions"]["clv"] != made_now.facts["definitions"]["clv"]
    assert other.facts["definitions"]["expected_purchases"] == made_now.facts["definitions"]["expected_purchases"]


def test_groups_are_those_of_the_page_and_a_missing_column_is_said() -> None:
    counts = features.purchases_after(cdnow(sample=True), windows=[("1997-10-01", "1998-07-01")], as_of="1998-07-01")
    came = clv.what_came(counts).set_index(["kpi", "segment"]).came
    assert set(came.loc["clv"].index) == {"all", *GROUPS}
    assert came.loc["expected_purchases"].drop("all").sum() == came.loc[("expected_purchases", "all")] == 1882
    with pytest.raises(ContractError, match="purchases_after"):
        clv.what_came(counts.to_pandas().drop(columns="purchases"))


# ---- what came of churn


def test_customers_lost_after_a_day_by_hand() -> None:
    bought = orders(
        ("stays", "2025-12-01", 5.0), ("stays", "2026-01-31", 5.0), ("goes", "2025-12-31", 5.0),
        ("late", "2025-12-31", 5.0), ("late", "2026-02-01", 5.0), ("refunded", "2025-12-31", 5.0),
        ("refunded", "2026-01-10", -5.0), ("gone", "2025-11-01", 5.0), ("new", "2026-01-05", 5.0),
    )  # fmt: skip
    windows = [("2026-01-01", "2026-02-01")]
    found = features.lost_after(bought, windows=windows, as_of="2026-02-01", active_days=31).to_pandas()
    assert found[["customers", "lost"]].to_numpy().tolist() == [[4, 3]]  # 1 December is 31 days back, 1 November more
    assert features.lost_after(bought, windows=windows, as_of="2026-02-01").to_pandas().customers.tolist() == [5]
    assert features.lost_after(bought, windows=[], as_of="2026-02-01").to_pandas().empty
    nobody = features.lost_after(bought, windows=[("2020-01-01", "2020-02-01")], as_of="2026-02-01").to_pandas()
    assert nobody[["customers", "lost"]].to_numpy().tolist() == [[0, 0]]
    with pytest.raises(ParameterError, match="1 day or more"):
        features.lost_after(bought, windows=windows, as_of="2026-02-01", active_days=0)


def test_customers_lost_are_those_of_the_labels() -> None:
    cut, known, days = "1998-01-01", {"as_of": "1998-04-01"}, 90
    snapshots = features.snapshots(cdnow(sample=True), cutoffs=cut, active_days=200)
    labels = features.inactivity_labels(cdnow(sample=True), cutoffs=cut, horizon_days=days, **known)
    expected = features.labelled(snapshots, labels).to_pandas()
    windows = [(cut, "1998-04-01")]
    found = features.lost_after(cdnow(sample=True), windows=windows, active_days=200, **known).to_pandas()
    assert found[["customers", "lost"]].to_numpy().tolist() == [[len(expected), expected.churned.sum()]]
    came = churn.what_came(found)
    assert came[list(forecasts.KEY)].to_numpy().tolist() == [["customers_lost", "", "all", cut, "1998-04-01"]]
    with pytest.raises(ContractError, match="lost_after"):
        churn.what_came(found.drop(columns="lost"))


def test_expected_losses_are_a_forecast_and_those_of_a_ready_table_are_none() -> None:
    case: Any = SimpleNamespace(as_of="2026-01-01", is_table=False, sample=SimpleNamespace(horizon_days=60))
    row = {"n": 100, "expected": 30.0, "low": 22.0, "high": 38.0, "mean_risk": 0.3, "value_at_risk": 1.0}
    losses = Result("expected-losses", "table", "Losses", table=pd.DataFrame([row]))
    model: Any = SimpleNamespace(name="boosting")
    found = churn.forecasts(case, model, losses, active_days=365)
    assert found.table[["as_of", "ends", "value", "low", "high", "n", "model"]].to_numpy().tolist() == [
        ["2026-01-01", "2026-03-02", 30.0, 22.0, 38.0, 100, "boosting"]
    ]
    others = churn.forecasts(case, model, losses, active_days=90)
    assert others.facts["definitions"] != found.facts["definitions"]
    ready: Any = SimpleNamespace(is_table=True)
    assert churn.forecasts(ready, model, losses, active_days=365).table.empty
