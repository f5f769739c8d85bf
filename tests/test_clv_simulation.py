"""Simulated intervals: the same whichever thread comes first, shared by neighbouring ages, true to the model."""

import numpy as np
import pandas as pd
import pytest

from kpikit.clv import models, simulation, spend

CDNOW = {"r": 0.2425945, "alpha": 4.413602, "a": 0.792922, "b": 2.425907}
SPEND = spend.Spend("sound", {"p": 6.25, "q": 3.74, "gamma": 15.44}, 0.0, 1, 1, 0, 35.0, 0.0, (35.0,))


def simulated(groups, *, model="bg_nbd", seed=1, money=None, horizon=52.0):
    alive = models.p_alive(model, CDNOW, groups["frequency"], groups["recency"], groups["T"])
    return simulation.spread(model, CDNOW, groups, alive, horizon, seed=seed, spend=money)


@pytest.fixture
def groups():
    x, T = (grid.ravel() for grid in np.meshgrid(np.arange(12.0), np.linspace(5, 100, 150)))
    return pd.DataFrame({"frequency": x, "recency": np.where(x > 0, 0.9 * T, 0.0), "T": T})


@pytest.mark.parametrize("money", [None, SPEND])
def test_threads_and_their_order_change_nothing(groups, money, monkeypatch):
    monkeypatch.setattr(simulation, "CELLS", 20_000)  # some twenty batches
    two = simulated(groups, money=money)
    monkeypatch.setattr(simulation, "THREADS", 1)
    one = simulated(groups, money=money)
    for name in ("low", "high", "mean", "second"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert (simulated(groups, money=money, seed=2).high != two.high).any()


def test_batches_have_random_numbers_of_their_own(monkeypatch):
    monkeypatch.setattr(simulation, "CELLS", simulation.DRAWS)  # one group each
    groups = pd.DataFrame({"frequency": 0.0, "recency": 0.0, "T": [10.0, 12.0, 14.0, 16.0]})
    found = simulated(groups, model="nbd", horizon=1e7)  # so long that the counts are the drawn rates
    rates = found.mean * (CDNOW["alpha"] + groups["T"]) / 1e7
    assert np.ptp(rates) > 5e-3  # of equal numbers 1e-4 would be left
    assert rates.mean() == pytest.approx(CDNOW["r"], rel=0.2)


def test_an_error_in_a_thread_is_an_error(groups):
    with pytest.raises(ValueError, match="shape"):
        simulation.spread("nbd", {"r": -1.0, "alpha": 4.0}, groups, np.ones(len(groups)), 52.0, seed=1, spend=None)


def test_neighbouring_ages_share_their_draws_and_distant_ones_do_not():
    ages = np.array([50.0, 50.01, 80.0])
    steps = np.floor(np.log(CDNOW["alpha"] + ages) / simulation.AGE_STEP)
    assert steps[0] == steps[1] < steps[2]
    found = simulated(pd.DataFrame({"frequency": 3.0, "recency": 0.95 * ages, "T": ages}), money=SPEND)
    assert found.high[0] == pytest.approx(found.high[1], rel=0.01)
    assert found.high[2] != found.high[0]


def test_moments_are_those_of_the_model(groups):
    found = simulated(groups)
    x, tx, T = (groups[name].to_numpy() for name in ("frequency", "recency", "T"))
    expected = models.expected_purchases("bg_nbd", CDNOW, x, tx, T, 52.0)
    assert found.mean.sum() == pytest.approx(expected.sum(), rel=0.01)
    k = np.arange(800)[:, None]
    second = (k**2 * models.probability_of_count("bg_nbd", CDNOW, k, x, tx, T, 52.0)).sum(axis=0)
    assert found.second.sum() == pytest.approx(second.sum(), rel=0.03)
    paid = simulated(groups, money=SPEND, horizon=3.0)  # so short that most draws hold one purchase or none
    expected = models.expected_purchases("bg_nbd", CDNOW, x, tx, T, 3.0)
    own = SPEND.params["p"] / (SPEND.params["p"] * x + SPEND.params["q"] - 1)  # spend per purchase, per unit of scale
    assert paid.mean.sum() == pytest.approx((expected * own).sum(), rel=0.02)
