"""The base as a whole: models side by side, and how concentrated value is."""

import numpy as np
import pandas as pd
import pytest

from kpikit import clv, customers
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError


@pytest.fixture(scope="module")
def cdnow_histories():
    return customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas()


def test_models_side_by_side(cdnow_histories):
    found = clv.compare(cdnow_histories)
    table = found.table.set_index("model")
    assert table.log_likelihood["bg_nbd"] == pytest.approx(-9582.429, abs=1e-3)
    assert table.log_likelihood["mbg_nbd"] == pytest.approx(-9582.136, abs=1e-3)
    assert table.log_likelihood["nbd"] == pytest.approx(-9763.658, abs=1e-3)
    assert np.isnan(table.a["nbd"])
    assert "By AIC MBG/NBD fits best" in found.text
    assert "BG/NBD cannot be told from it" in found.text


def test_models_that_cannot_be_fitted_are_said():
    few = pd.DataFrame({"frequency": [1, 0], "recency": [3.0, 0.0], "T": [9.0, 4.0]})
    found = clv.compare(few)
    assert "none of the models can be fitted" in found.text
    assert (found.table.verdict == "too little data").all()
    with pytest.raises(ParameterError, match="models"):
        clv.compare(few, models=("pareto",))
    with pytest.raises(ParameterError, match="speak of different data"):
        clv.compare(few, models=("mbg_nbd", "bg_bb"))


def test_base_total_is_the_sum_of_the_customers(cdnow_histories):
    found = clv.fit(cdnow_histories, "mbg_nbd")
    scores = found.predict(horizon_days=365, margin_fraction=0.4)
    table = clv.base_total(found, horizon_days=365, margin_fraction=0.4).table.set_index("quantity")
    assert table.expected["purchases"] == pytest.approx(scores.expected_purchases.sum())
    assert table.expected["clv"] == pytest.approx(scores.clv.sum())
    assert (table.low < table.expected).all()
    assert (table.expected < table.high).all()


def test_base_total_without_known_parameter_noise_says_so():
    few = pd.DataFrame({"frequency": [1, 0], "recency": [3.0, 0.0], "T": [9.0, 4.0]})
    total = clv.base_total(clv.fit(few), horizon_days=30)
    assert total.table.parameter_sd.isna().all()
    assert "parameters" not in total.text
    assert np.isnan(total.table.expected[1])


def test_concentration_by_hand():
    scores = pd.DataFrame({"clv": [70.0, 10.0, 10.0, 10.0, np.nan]})
    found = clv.concentration(scores, top=0.25)
    assert found.facts["top_share"] == pytest.approx(0.70)
    assert found.facts["gini"] == pytest.approx(0.45)  # mean absolute difference / (2 × mean): 22.5 / 50
    assert found.facts["n_without_clv"] == 1
    assert found.table.clv_share.iloc[[0, 25, 100]].tolist() == pytest.approx([0, 0.70, 1])
    assert "The most valuable 25 % of 4 customers hold 70.0 %" in found.text


def test_equal_customers_have_no_concentration():
    found = clv.concentration(pd.DataFrame({"clv": [5.0] * 40}))
    assert found.facts["gini"] == pytest.approx(0, abs=1e-12)
    assert found.facts["top_share"] == pytest.approx(0.10)
    np.testing.assert_allclose(found.table.clv_share, found.table.customer_share)


@pytest.mark.parametrize("clv_values", [[], [0.0, 0.0], [np.nan]])
def test_no_value_to_concentrate(clv_values):
    found = clv.concentration(pd.DataFrame({"clv": pd.Series(clv_values, dtype=float)}))
    assert found.facts["gini"] is None
    assert "nothing to concentrate" in found.text


def test_concentration_refuses_what_it_cannot_read():
    with pytest.raises(ContractError, match=r"columns \['clv'\]"):
        clv.concentration(pd.DataFrame({"value": [1.0]}))
    with pytest.raises(ParameterError, match=r"Write 10 % as 0\.10"):
        clv.concentration(pd.DataFrame({"clv": [1.0]}), top=10)
