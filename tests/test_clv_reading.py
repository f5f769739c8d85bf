"""What a lifetime-value page says: figures, groups, top customers, actions, each from numbers a reader can check."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kpikit import clv, customers, plots
from kpikit.datasets import cdnow
from kpikit.results import Result


@pytest.fixture(scope="module")
def histories() -> pd.DataFrame:
    return customers.histories(cdnow(sample=True), as_of="1998-07-01").to_pandas()


@pytest.fixture(scope="module")
def fit(histories: pd.DataFrame) -> clv.Fit:
    return clv.fit(histories, model="mbg_nbd")


@pytest.fixture(scope="module")
def scores(fit: clv.Fit) -> pd.DataFrame:
    return fit.predict(horizon_days=365)


def proof(bias: float) -> Result:
    row = {"bias": bias, "total_forecast": 90.0, "total_actual": 100.0, "total_low": 85.0, "total_high": 95.0}
    return Result("clv-holdout", "table", "Test", table=pd.DataFrame([row]), facts={"horizon_days": 100})


def by_hand() -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"c{i}" for i in range(10)]
    clv_values = [100.0, 20, 20, 10, 10, 10, 10, 10, 5, 5]
    scores = pd.DataFrame({"customer_id": ids, "p_alive": [0.2, *[0.9] * 9], "clv": clv_values})
    scores = scores.assign(expected_purchases=1.0, expected_spend=10.0, clv_low=0.0, clv_high=300.0)
    frequency = [3, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    return scores, pd.DataFrame({"customer_id": ids, "frequency": frequency, "recency": 1.0, "T": 2.0})


def test_groups_add_up_to_everybody_and_to_the_whole_value(scores: pd.DataFrame, histories: pd.DataFrame) -> None:
    table = clv.value_by_purchases(scores, histories).table
    assert table.customers.sum() == len(scores) == 2357
    assert table.clv.sum() == pytest.approx(scores.clv.sum())
    assert table.share_of_value.sum() == pytest.approx(1)


def test_groups_by_hand() -> None:
    table = clv.value_by_purchases(*by_hand()).table.set_index("group")
    assert table.customers.tolist() == [6, 3, 1, 0, 0]
    assert table.clv["two"] == 50
    assert table.share_of_value["three or four"] == 0.5


def test_groups_of_too_few_are_one_and_the_words_keep_to_what_is_shown() -> None:
    """Six bought once, three twice, one three times: with two at least, one goes with the three."""
    found = clv.value_by_purchases(*by_hand(), min_cell=2)
    table = found.table.set_index("group")
    assert table.customers.to_dict() == {"one purchase": 6, "five to nine": 0, "ten or more": 0, "other numbers": 4}
    assert table.clv.sum() == clv.value_by_purchases(*by_hand()).table.clv.sum()
    assert found.text.endswith("Numbers of purchases with too few customers to be shown are put together.")
    once = clv.value_by_purchases(*by_hand(), min_cell=7)
    assert once.title == "Customers who have bought once are too few to be shown apart"


def test_scores_and_histories_are_matched_by_customer_not_by_row() -> None:
    scores, histories = by_hand()
    expected = clv.value_by_purchases(scores, histories).table
    pd.testing.assert_frame_equal(clv.value_by_purchases(scores, histories.iloc[::-1]).table, expected)


def test_top_customers_are_the_most_valuable_with_hashed_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIKIT_HASH_KEY", "one")
    found = clv.top_customers(*by_hand(), most=3)
    assert found.table.clv.tolist() == [100, 20, 20]
    assert found.table.customer.str.fullmatch(r"[0-9a-f]{12}").all()
    assert "customer_id" not in found.table
    assert "70.0 %" in found.title
    clear = clv.top_customers(*by_hand(), most=3, customer_ids="clear")
    assert clear.table.customer.tolist() == ["c0", "c1", "c2"]


def test_actions_rest_on_numbers_that_a_reader_can_check(fit: clv.Fit) -> None:
    table = clv.actions(fit, *by_hand(), proof(-0.25), currency="EUR").table.set_index("action")
    assert "Win back the valuable customers who went quiet" not in table.index  # one customer proves nothing
    second = table.reason["Find out what a second purchase is worth"]
    assert "6 customers bought once and will bring some 8.33 EUR each" in second  # (10 + 10 + 10 + 10 + 5 + 5) / 6
    assert "those who came back once bring 16.67 EUR" in second  # (20 + 20 + 10) / 3
    assert "25 % below" in table.reason["Do not budget on the total yet"]


def test_a_forecast_that_held_needs_no_warning(fit: clv.Fit) -> None:
    assert "Do not budget on the total yet" not in set(clv.actions(fit, *by_hand(), proof(0.05)).table.action)


def test_too_little_data_supports_no_action_but_to_wait() -> None:
    few = pd.DataFrame({"customer_id": ["a"], "frequency": [2], "recency": [5.0], "T": [6.0], "monetary_value": [4.0]})
    found = clv.fit(few)
    table = clv.actions(found, found.predict(horizon_days=30), few, proof(-0.5)).table
    assert table.action.tolist() == ["Wait for more data before acting on values"]
    assert "too little data" in clv.model_in_words(found).headline


def test_key_figures_carry_value_interval_test_and_counts(fit: clv.Fit, scores: pd.DataFrame) -> None:
    total, concentrated = clv.base_total(fit, horizon_days=365), clv.concentration(scores)
    found = clv.key_values(scores, total, concentrated, proof(-0.1), horizon_days=365, currency="USD")
    tiles = {tile["title"]: tile for tile in found.facts["tiles"]}
    assert tiles["Last test of the forecast"]["value"] == "10.0 % below"
    assert tiles["Value of today's customers"]["interval"].startswith("by chance alone")
    assert tiles["Purchases expected"]["count"] == "n = 2,357 customers"
    value = next(kpi for kpi in found.kpis if kpi["kpi"] == "clv")
    assert value["value"] == pytest.approx(scores.clv.sum())
    assert value["low"] < value["value"] < value["high"]
    assert "2,357 customers will bring some" in found.headline


def test_without_a_churn_signal_no_p_alive_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIKIT_HASH_KEY", "one")
    scores, histories = by_hand()
    silent = scores.assign(p_alive=np.nan)
    assert "P(alive)" in plots.customers_table(clv.top_customers(scores, histories)).html
    assert "P(alive)" not in plots.customers_table(clv.top_customers(silent, histories)).html
    assert "P(alive)" not in plots.value_table(clv.value_by_purchases(silent, histories)).html


def test_models_are_put_side_by_side(histories: pd.DataFrame) -> None:
    html = plots.models_table(clv.compare(histories)).html
    for model in ("BG/NBD", "MBG/NBD", "NBD"):
        assert f'<th scope="row">{model}</th>' in html


def test_an_interval_with_a_common_shock_is_not_by_chance_alone(fit: clv.Fit, scores: pd.DataFrame) -> None:
    total = clv.base_total(fit, horizon_days=365, shock=clv.Shock(0.15, 4.0, 6, 90.0))
    facts = (clv.concentration(scores), proof(-0.2))
    found = clv.key_values(scores, total, *facts, horizon_days=365)
    assert "with the common shock of earlier forecasts" in found.headline
    assert "by chance alone" not in found.headline
    alone = clv.key_values(scores, clv.base_total(fit, horizon_days=365), *facts, horizon_days=365)
    assert "by chance alone" in alone.headline
