"""Parameter noise, common shock and segments: by hand, by simulation, and without a look ahead."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kpikit import clv, customers, plots
from kpikit.clv import uncertainty
from kpikit.datasets import cdnow
from kpikit.datasets.cdnow import lifetimes_file
from kpikit.errors import ContractError, ParameterError
from kpikit.sources import load

HORIZON = 56


@pytest.fixture(scope="module")
def donors():
    table = pd.read_csv(lifetimes_file("donations.csv"))
    return clv.fit(table.rename(columns={"periods": "T", "weights": "n_customers"}), "bg_bb", unit="year")


@pytest.fixture(scope="module")
def stacked():
    orders = cdnow(sample=True)
    few = orders[orders.customer_id.isin(orders.customer_id.unique()[:600])]
    return customers.rolling_origins(
        few, as_of="1998-07-01", horizon_days=HORIZON, n_origins=5, step_days=HORIZON
    ).to_pandas()


@pytest.fixture(scope="module")
def rolled(stacked):
    return clv.rolling(stacked, horizon_days=HORIZON, model="nbd")


@pytest.fixture(scope="module")
def nbd():
    return clv.fit(customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas(), "nbd")


def test_bootstrap_and_curvature_agree_where_customers_are_many(donors):
    noise = np.sqrt(np.diag(donors.covariance))
    drawn = np.log(clv.parameter_draws(donors, 30, method="bootstrap", seed=2))
    np.testing.assert_allclose(drawn.std(), noise, rtol=0.4)  # 30 draws know a spread to 13 %
    np.testing.assert_allclose(drawn.mean(), np.log(list(donors.params.values())), atol=noise.max())
    normal = np.log(clv.parameter_draws(donors, 4000, seed=2))
    np.testing.assert_allclose(normal.std(), noise, rtol=0.06)
    np.testing.assert_allclose(normal.corr().iloc[0, 1], donors.covariance[0][1] / noise[0] / noise[1], atol=0.05)


def test_parameter_intervals(donors, nbd):
    table = clv.parameter_intervals(donors).table.set_index("parameter")
    half = 1.959964 * np.sqrt(donors.covariance[3][3])
    assert table.low["delta"] == pytest.approx(donors.params["delta"] * np.exp(-half))
    assert table.high["delta"] == pytest.approx(donors.params["delta"] * np.exp(half))
    boot = clv.parameter_intervals(nbd, method="bootstrap", n=12, seed=1)
    assert boot.table.parameter.tolist() == ["r", "alpha"]
    assert (boot.table.low < boot.table.value).all()
    assert (boot.table.value < boot.table.high).all()
    assert "95 % intervals by bootstrap" in boot.text


def test_noise_that_is_not_known_is_said(tmp_path, nbd):
    few = clv.fit(pd.DataFrame({"frequency": [1, 0], "recency": [3.0, 0.0], "T": [9.0, 4.0]}))
    assert clv.parameter_intervals(few).table.low.isna().all()
    assert "not known" in clv.parameter_intervals(few).text
    with pytest.raises(ParameterError, match=r"a fit with known curvature.*bootstrap"):
        clv.parameter_draws(few)
    with pytest.raises(ParameterError, match="a fit that holds its histories"):
        clv.parameter_draws(few, method="bootstrap")
    loaded = clv.load(nbd.to_json(tmp_path / "model.json"))
    with pytest.raises(ParameterError, match="a loaded model keeps none"):
        clv.parameter_draws(loaded, method="bootstrap")
    with pytest.raises(ParameterError, match="2 or more draws"):
        clv.parameter_draws(nbd, 1)
    with pytest.raises(ParameterError, match="method"):
        clv.parameter_draws(nbd, method="jackknife")


def test_shock_by_hand():
    ratio, chance = np.array([0.2, -0.1, 0.3, np.nan]), np.array([0.01, 0.01, 0.01, 0.01])
    found = uncertainty.shock_of(ratio, chance, np.array([0.0, 30, 60, 90]), 60.0)
    assert found.sd == pytest.approx(np.sqrt((0.04 + 0.01 + 0.09) / 3 - 0.01))
    assert found.freedom == 2  # 60 days from the first origin to the last hold one more horizon beside the first
    assert found.n_origins == 3
    assert found.quantile == pytest.approx(stats.t.ppf(0.975, 2))
    assert uncertainty.shock_of(ratio[:2], chance[:2], np.array([0.0, 30]), 60.0) is None
    quiet = uncertainty.shock_of(ratio / 10, chance, np.array([0.0, 30, 60, 90]), 60.0)
    assert quiet.sd == 0  # chance alone explains it


def test_interval_by_hand():
    low, high = uncertainty.interval_of(100.0, 25.0, None)
    assert (low, high) == pytest.approx((100 - 1.959964 * 5, 100 + 1.959964 * 5))
    shock = clv.Shock(0.2, 4.0, 5, 30.0)
    half = stats.t.ppf(0.975, 4) * np.sqrt(0.04 + np.log1p(25 / 100**2))
    assert uncertainty.interval_of(100.0, 25.0, shock) == pytest.approx((100 * np.exp(-half), 100 * np.exp(half)))
    assert uncertainty.interval_of(0.0, 0.0, shock) == (0, 0)
    assert np.isnan(uncertainty.interval_of(np.nan, 1.0, shock)).all()


@pytest.mark.parametrize("n", [4, 12])
def test_an_interval_with_a_shock_holds_what_it_promises(n):
    rng = np.random.default_rng(9)
    held, alone, tries = 0, 0, 1500
    for _ in range(tries):
        mean = 400.0
        came = rng.poisson(mean * np.exp(rng.normal(0, 0.15, n + 1)))
        chance = np.full(n, 1 / mean)
        shock = uncertainty.shock_of(np.log(came[:n] / mean), chance, np.arange(n) * 30.0, 30.0)
        low, high = uncertainty.interval_of(mean, mean, shock)
        held += low <= came[n] <= high
        low, high = uncertainty.interval_of(mean, mean, None)
        alone += low <= came[n] <= high
    assert 0.93 < held / tries < 0.98
    assert alone / tries < 0.6


def test_rolling_origins_are_forecasts_of_their_day(rolled, stacked):
    table = rolled.table
    assert len(table) == rolled.facts["n_origins"] == 5
    last = stacked[stacked.origin == stacked.origin.max()]
    assert table.actual.iloc[-1] == last.holdout_purchases.sum()
    alone = clv.fit(last.drop(columns="origin"), "nbd").predict(horizon_days=HORIZON)
    assert table.forecast.iloc[-1] == pytest.approx(alone.expected_purchases.sum())
    assert table.shock_low.isna().tolist() == [True, True, True, False, False]
    assert uncertainty.common_shock(rolled).n_origins == 5
    assert "With the common shock that was known by then" in rolled.text
    assert "<th scope" in plots.origins_table(rolled).html
    assert json.loads(json.dumps(rolled.payload()))["facts"]["shock"]["horizon_days"] == HORIZON


def test_nothing_is_learned_after_the_day_of_the_forecast(rolled, stacked):
    last = stacked.origin == stacked.origin.max()
    changed = stacked.assign(holdout_purchases=stacked.holdout_purchases + 7 * last)
    other = clv.rolling(changed, horizon_days=HORIZON, model="nbd").table
    assert other.actual.iloc[-1] > 10 * rolled.table.actual.iloc[-1]
    ends = ["low", "high", "shock_low", "shock_high"]
    pd.testing.assert_frame_equal(other[ends], rolled.table[ends])


def test_a_holdout_that_is_not_over_teaches_nothing(stacked):
    # horizons of twice the step: at the fourth origin two are over, not three
    longer = clv.rolling(stacked, horizon_days=2 * HORIZON, model="nbd").table
    assert longer.shock_low.isna().tolist() == [True, True, True, True, False]


def test_rolling_needs_what_rolling_origins_gives(stacked):
    with pytest.raises(ContractError, match=r"columns \['origin'\]"):
        clv.rolling(stacked.drop(columns="origin"), horizon_days=30)
    with pytest.raises(ParameterError, match="more than 0 days"):
        clv.rolling(stacked, horizon_days=0)
    for facts in ({"horizon_days": 0}, {"horizon_days": 30, "n_origins": -1}, {"horizon_days": 30, "step_days": 1.5}):
        with pytest.raises(ParameterError, match=r"a whole number of [01] or more"):
            customers.rolling_origins(cdnow(sample=True), as_of="1998-07-01", **facts)


@pytest.mark.parametrize(
    ("horizon_days", "origins"),
    [(90, {"n_origins": 6, "step_days": 70}), (182, {"n_origins": 6, "step_days": 35}), (183, {"n_origins": 0}),
     (365, {"n_origins": 0}), (0, {"n_origins": 0})],
)  # fmt: skip
def test_earlier_forecasts_need_three_horizons_of_history(horizon_days, origins):
    data = load("", example="cdnow")  # 546 days
    found = data.origins(horizon_days)
    assert origins.items() <= found.items()
    if found["n_origins"]:
        first = (found["n_origins"] - 1) * found["step_days"]
        assert horizon_days - 7 * 5 < first <= 546 - 2 * horizon_days  # a horizon before it, and some apart
    else:
        none = customers.rolling_origins(data.orders, as_of=data.as_of, horizon_days=max(horizon_days, 1), **found)
        result = clv.rolling(none, horizon_days=365)
        assert (result.facts["shock"], result.facts["n_origins"]) == (None, 0)
        assert "too short to forecast again from earlier days for 365 days: it takes three such horizons" in result.text
        assert "it takes three such horizons" in plots.origins_table(result).html


def test_without_earlier_forecasts_the_total_says_that_it_holds_no_common_shock(stacked):
    found = clv.fit(stacked[stacked.origin == stacked.origin.max()].drop(columns="origin"), "nbd")
    total = clv.base_total(found, horizon_days=365, shock=clv.rolling(stacked.head(0), horizon_days=365))
    assert "not a common shock to all of them." in total.text
    assert (total.table.shock_sd == 0).all()


def test_rolling_origins_stack_calibration_and_holdout(stacked):
    orders = cdnow(sample=True)
    few = orders[orders.customer_id.isin(orders.customer_id.unique()[:600])]
    one = customers.calibration_holdout(few, calibration_end="1998-05-06", as_of="1998-07-01").to_pandas()
    ours = stacked[pd.to_datetime(stacked.origin) == pd.Timestamp("1998-05-06")].drop(columns="origin")
    ours, one = (table.sort_values("customer_id", ignore_index=True) for table in (ours, one))
    pd.testing.assert_frame_equal(ours, one)


def test_segments_add_up(nbd):
    ids = nbd.source.customer_id
    by = pd.Series(np.where(np.arange(len(ids)) % 3, "web", "shop"), ids)
    table = clv.base_total(nbd, horizon_days=90, by=by).table
    assert table.segment.tolist() == ["all", "all", "shop", "shop", "web", "web"]
    whole, parts = table[table.segment == "all"].set_index("quantity"), table[table.segment != "all"]
    for quantity in ("purchases", "clv"):
        some = parts[parts.quantity == quantity]
        assert some.expected.sum() == pytest.approx(whole.expected[quantity])
        assert (some.process_sd**2).sum() == pytest.approx(whole.process_sd[quantity] ** 2)
        assert some.parameter_sd.sum() == pytest.approx(whole.parameter_sd[quantity], rel=0.01)  # all one way
    shuffled = clv.base_total(nbd, horizon_days=90, by=by.sample(frac=1, random_state=1)).table
    pd.testing.assert_frame_equal(shuffled, table)
    with pytest.raises(ContractError, match="a segment for each of 2357 customers"):
        clv.base_total(nbd, horizon_days=90, by=["web"])


def test_a_shock_widens_the_interval_and_says_so(nbd, rolled):
    shock = clv.Shock(0.2, 4.0, 5, 30.0)
    alone = clv.base_total(nbd, horizon_days=90).table.iloc[0]
    found = clv.base_total(nbd, horizon_days=90, shock=shock)
    row = found.table.iloc[0]
    assert row.low < alone.low < alone.high < row.high
    assert row.shock_sd == pytest.approx(0.2 * row.expected)
    assert alone.shock_sd == 0
    shown = clv.base_total(nbd, horizon_days=90, shock=rolled).table.iloc[0]
    assert shown.shock_sd == pytest.approx(rolled.facts["shock"]["sd"] * row.expected)
    with pytest.raises(ParameterError, match="a common shock, or rolling origins; found clv-base-total"):
        clv.base_total(nbd, horizon_days=90, shock=found)
    assert "Over 5 forecasts made again from earlier days, for 30 days each, the total came out 22 % off" in found.text


def test_one_fit_for_each_segment():
    quick = clv.simulate("mbg_nbd", {"r": 0.8, "alpha": 3.0, "a": 0.5, "b": 3.0}, np.full(500, 40.0), seed=1)
    slow = clv.simulate("mbg_nbd", {"r": 0.5, "alpha": 20.0, "a": 1.5, "b": 2.0}, np.full(500, 40.0), seed=2)
    both = pd.concat([quick.assign(channel="shop"), slow.assign(channel="web")], ignore_index=True)
    both["customer_id"] = range(len(both))
    found = clv.fits_by(both, "channel")
    assert list(found) == ["shop", "web"]
    alone = clv.fit(both[both.channel == "web"].reset_index(drop=True), "mbg_nbd", unit="week")
    assert found["web"].params == pytest.approx(alone.params, rel=1e-6)
    together = clv.fit(both, "mbg_nbd")
    assert sum(one.log_likelihood for one in found.values()) > together.log_likelihood + 20
    assert found["shop"].new_customer_purchases(26) > 3 * found["web"].new_customer_purchases(26)
    by = pd.Series(both.channel.to_numpy(), both.customer_id).sample(frac=1, random_state=1)
    again = clv.fits_by(both, by.where(by.index != 3))  # one customer whose channel is not known
    assert list(again) == ["shop", "unknown", "web"]
    assert again["unknown"].verdict == "too little data"
    assert again["web"].params == found["web"].params
    with pytest.raises(ContractError, match="a segment for each of 1000 customers; found 2"):
        clv.fits_by(both, ["web", "shop"])
    with pytest.raises(ParameterError, match="model: expected one of shop, web"):
        found["post"]
