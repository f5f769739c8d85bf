"""Simulated customers follow their model: counts, who is active, and what comes next are those of the formulas."""

import numpy as np
import pytest

from kpikit import clv
from kpikit.clv import models
from kpikit.errors import ParameterError

TRUTH = {
    "bg_nbd": {"r": 0.55, "alpha": 10.6, "a": 0.8, "b": 2.5},
    "mbg_nbd": {"r": 0.55, "alpha": 6.2, "a": 0.9, "b": 1.6},
    "pareto_nbd": {"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7},
    "nbd": {"r": 0.6, "alpha": 10.0},
    "bg_bb": {"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78},
    "bb": {"alpha": 0.5, "beta": 0.8},
    "sbg": {"alpha": 0.7, "beta": 1.2},
}


def ages(model, n, seed=5):
    rng = np.random.default_rng(seed)
    return rng.integers(26 * 7, 78 * 7, n) / 7 if model in models.CONTINUOUS else rng.integers(3, 9, n)


@pytest.fixture(scope="module", params=list(TRUTH))
def drawn(request):
    model = request.param
    ahead = 40.0 if model in models.CONTINUOUS else 4.0
    table = clv.simulate(model, TRUTH[model], ages(model, 12_000), horizon=ahead, seed=3)
    return model, ahead, table


def near(values, expected, errors=4.0):
    error = np.std(values) / np.sqrt(len(values)) + 1e-12
    assert abs(np.mean(values) - np.mean(expected)) < errors * error


def test_counts_so_far_are_those_of_a_new_customer(drawn):
    model, _, table = drawn
    near(table.frequency, models.new_customer_purchases(model, TRUTH[model], table["T"]))
    none = models.probability_of_count(model, TRUTH[model], 0, 0, 0, 0, table["T"])
    near(table.frequency == 0, none)
    three = models.probability_of_count(model, TRUTH[model], 3, 0, 0, 0, table["T"])
    near(table.frequency == 3, three)


def test_who_is_active_is_what_the_history_says(drawn):
    # recency is what tells: within a frequency, those who bought lately are active more often
    model, _, table = drawn
    alive = models.p_alive(model, TRUTH[model], table.frequency, table.recency, table["T"])
    lately = table.recency > 0.7 * table["T"]
    for group in (table.frequency == 0, (table.frequency > 1) & lately, (table.frequency > 1) & ~lately):
        near(table.is_active[group].astype(float), alive[group])


def test_what_comes_next_is_what_is_expected(drawn):
    model, ahead, table = drawn
    facts = (table.frequency, table.recency, table["T"])
    expected = models.expected_purchases(model, TRUTH[model], *facts, ahead)
    near(table.purchases, expected)
    near(table.purchases[table.frequency > 2], expected[table.frequency > 2])
    two = models.probability_of_count(model, TRUTH[model], 2, *facts, ahead)
    near(table.purchases == 2, two)


def test_the_interval_of_a_customer_holds_what_came(drawn):
    model, ahead, table = drawn
    some = table.head(1500)
    unit = "week" if model in models.CONTINUOUS else "year"
    found = clv.fit(some, model, unit=unit)
    own = found.spread(some[["frequency", "recency", "T"]].astype(float), ahead * {"week": 7, "year": 365.25}[unit],
                       money=False)  # fmt: skip
    inside = (some.purchases >= own.low) & (some.purchases <= own.high)
    assert 0.94 < inside.mean() <= 1  # counts are discrete: an interval holds no less than asked, often more


def test_the_truth_is_found(drawn):
    model, _, table = drawn
    found = clv.fit(table.head(2000), model, unit="week" if model in models.CONTINUOUS else "year")
    assert found.verdict == "sound"
    sd = np.sqrt(np.diag(found.covariance))
    for name, one in zip(models.NAMES[model], sd, strict=True):
        assert abs(np.log(found.params[name] / TRUTH[model][name])) < 3 * one
    assert sd.max() < 1.2  # and the interval says something


def test_the_same_seed_draws_the_same_customers():
    one, same, other = (clv.simulate("pareto_nbd", TRUTH["pareto_nbd"], [30.0] * 50, seed=seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (("bgnbd", {}, [1.0]), "Did you mean 'bg_nbd'"),
        (("nbd", {"r": 0.5}, [1.0]), "r, alpha, each above 0; found"),
        (("nbd", {"r": 0.5, "alpha": -1.0}, [1.0]), "each above 0"),
        (("nbd", {"r": 0.5, "alpha": 1.0}, [-1.0]), "ages and a horizon of 0 or more"),
    ],
)
def test_customers_that_cannot_be_drawn(facts, message):
    with pytest.raises(ParameterError, match=message):
        clv.simulate(*facts)
