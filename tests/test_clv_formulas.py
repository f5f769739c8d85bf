"""The mathematics of the purchase models: published values, exact identities, and a grid on which nothing may break."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp2f1, roots_jacobi

from kpikit.clv import formulas, models

# CDNOW sample, calibration to 1997-09-30, at full precision of the published references
BG = {"r": 0.2425945, "alpha": 4.413602, "a": 0.792922, "b": 2.425907}
MBG = {"r": 0.524843, "alpha": 6.18308, "a": 0.89136, "b": 1.61400}
NBD = {"r": 0.384766, "alpha": 12.072023}
PARETO = {"r": 0.5532770, "alpha": 10.577683, "s": 0.6062400, "beta": 11.668735}
PARAMS = {"bg_nbd": BG, "mbg_nbd": MBG, "nbd": NBD, "pareto_nbd": PARETO}
NEW = (0.0, 0.0, 0.0)


def test_bg_nbd_published_predictions():
    expected = models.expected_purchases("bg_nbd", BG, [2, 26], [30.43, 30.857143], [38.86, 31], [39, 52])
    np.testing.assert_allclose(expected, [1.22591, 25.75734], rtol=1e-4)
    alive = models.p_alive("bg_nbd", BG, [2, 26], [30.43, 30.857143], [38.86, 31])
    np.testing.assert_allclose(alive, [0.72661, 0.968854], rtol=1e-4)
    np.testing.assert_allclose(models.new_customer_purchases("bg_nbd", BG, 52), 1.444012, rtol=1e-4)
    np.testing.assert_allclose(models.probability_of_count("bg_nbd", BG, 0, *NEW, 39), 0.574307, rtol=1e-4)


def test_mbg_nbd_published_predictions():
    np.testing.assert_allclose(models.p_alive("mbg_nbd", MBG, 0, 0, 38.86), 0.38971, rtol=1e-4)
    np.testing.assert_allclose(models.expected_purchases("mbg_nbd", MBG, 26, 30.857143, 31, 52), 23.9982, rtol=1e-4)


def test_bg_nbd_says_every_one_time_buyer_is_alive():
    assert (models.p_alive("bg_nbd", BG, 0, 0, [0, 10, 500]) == 1).all()
    assert (np.diff(models.p_alive("mbg_nbd", MBG, 0, 0, [0, 10, 500])) < 0).all()


@pytest.mark.parametrize("model", PARAMS)
@pytest.mark.parametrize("history", [NEW, (0, 0, 30), (5, 20, 30), (26, 30.8, 31)])
def test_counts_sum_to_one_and_to_the_expectation(model, history):
    k = np.arange(4000)
    probability = models.probability_of_count(model, PARAMS[model], k, *history, 52)
    assert (probability >= 0).all()
    np.testing.assert_allclose(probability.sum(), 1, rtol=1e-9)
    expected = models.expected_purchases(model, PARAMS[model], *history, 52)
    np.testing.assert_allclose((k * probability).sum(), expected, rtol=1e-9)


def test_nothing_happens_in_no_time():
    for model, params in PARAMS.items():
        assert models.expected_purchases(model, params, 3, 20, 30, 0) == 0
        np.testing.assert_allclose(models.probability_of_count(model, params, [0, 1], 3, 20, 30, 0), [1, 0])


def test_p_of_no_purchase_of_a_one_time_buyer_is_not_that_of_a_new_customer():
    # another package forgets that one-time buyers are alive under BG/NBD and gives .927; CDNOW's truth is .856
    no_purchase = models.probability_of_count("bg_nbd", BG, 0, 0, 0, 38.86, 39)
    np.testing.assert_allclose(no_purchase, ((4.413602 + 38.86) / (4.413602 + 38.86 + 39)) ** 0.2425945, rtol=1e-9)
    assert 0.855 < float(no_purchase) < 0.857


@settings(deadline=None)
@given(
    a=st.floats(0.05, 20),
    B=st.floats(0.05, 60),
    R=st.floats(0.05, 60),
    tau=st.floats(0.01, 30),
)
def test_quadrature_is_the_integral(a, B, R, tau):
    ours = formulas.purchases_while_active(tau, np.array([R]), np.array([1.0]), a, np.array([B]))[0]

    # another rule: Gauss-Jacobi over p itself, whose weight is the density of dropout
    node, weight = roots_jacobi(200, B - 1, a - 1)
    p = (node + 1) / 2
    theirs = (weight * -np.expm1(-R * np.log1p(p * tau)) / p).sum() / weight.sum()
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


@pytest.mark.parametrize("a", [1 - 1e-9, 1.0, 1 + 1e-9])
def test_expectation_passes_through_a_equal_to_one(a):
    near = [models.expected_purchases("bg_nbd", {**BG, "a": value}, 4, 20, 30, 52) for value in (0.999, a, 1.001)]
    np.testing.assert_allclose(near[1], (near[0] + near[2]) / 2, rtol=1e-5)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("a", [1e-6, 0.01, 0.3, 1 - 1e-9, 1, 1 + 1e-9, 8, 300])
@pytest.mark.parametrize("b", [1e-3, 0.2, 2.4, 900])
@pytest.mark.parametrize("r", [0.01, 0.24, 40])
def test_finite_on_the_whole_grid(model, a, b, r):
    x = np.array([0, 0, 1, 2, 26, 500, 5000, 5000])
    T = np.array([0, 70, 30, 30, 31, 100, 900, 900.0])
    tx = np.array([0, 0, 30, 1, 31, 100, 900, 3.0])  # recency = T among them, and long silence after 5,000 purchases
    params = {"r": r, "alpha": 4.4, "a": a, "b": b}
    alive = models.p_alive(model, params, x, tx, T)
    assert ((alive >= 0) & (alive <= 1)).all()
    before = np.zeros(len(x))
    for horizon in (0, 0.1, 39, 520):
        expected = models.expected_purchases(model, params, x, tx, T, horizon)
        at_most = (r + x) / (4.4 + T) * horizon
        assert np.isfinite(expected).all()
        assert (expected >= before * (1 - 1e-9)).all()
        assert (expected <= at_most * (1 + 1e-9)).all()
        before = expected
    none = models.probability_of_count(model, params, 0, x, tx, T, 39)
    assert ((none >= 0) & (none <= 1 + 1e-12)).all()


def test_a_plus_b_below_one_at_frequency_zero():
    # lifetimes divides by a + b − 1 and gives NaN or a negative number here
    params = {"r": 0.3, "alpha": 5.0, "a": 0.3, "b": 0.2}
    k = np.arange(3000)
    expected = models.expected_purchases("bg_nbd", params, 0, 0, 30, 52)
    from_counts = (k * models.probability_of_count("bg_nbd", params, k, 0, 0, 30, 52)).sum()
    np.testing.assert_allclose(expected, from_counts, rtol=1e-9)


def test_without_dropout_the_models_are_nbd():
    faint = {**NBD, "a": 1e-9, "b": 1.0}
    for horizon in (1, 52):
        ours = models.expected_purchases("mbg_nbd", faint, 5, 20, 30, horizon)
        np.testing.assert_allclose(ours, (NBD["r"] + 5) / (NBD["alpha"] + 30) * horizon, rtol=1e-6)


def test_discounting_is_the_integral_of_discounted_purchases():
    state = formulas.posterior("bg_nbd", BG, np.array([4.0]), np.array([30.0]))
    rate, steps = 0.05, 4000
    total, discounted = formulas.discounted_purchases(100.0, rate, *state)
    edges = np.linspace(0, 100, steps + 1)
    cumulative = formulas.purchases_while_active(edges, *(np.repeat(s, steps + 1) if np.ndim(s) else s for s in state))
    by_steps = (np.diff(cumulative) * np.exp(-rate * (edges[1:] + edges[:-1]) / 2)).sum()
    np.testing.assert_allclose(discounted, by_steps, rtol=1e-6)
    np.testing.assert_allclose(total, cumulative[-1], rtol=1e-12)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "nbd"])
def test_many_ages_get_what_each_gets_alone(model, monkeypatch):
    x, T = (grid.ravel() for grid in np.meshgrid([0.0, 1.0, 7.0, 60.0, 900.0], np.linspace(0.2, 104, 200)))
    R, A, a, B = formulas.posterior(model, PARAMS[model], x, T)
    integrals = []
    each = formulas.purchases_while_active
    monkeypatch.setattr(formulas, "purchases_while_active", lambda t, *s: integrals.append(np.size(t)) or each(t, *s))
    total, discounted = formulas.discounted_purchases(52.0, 0.002, R, A, a, B)
    np.testing.assert_allclose(total, each(52.0, R, A, a, B), rtol=1e-11)
    if model != "nbd":
        assert sum(integrals) < len(x)  # one of nine horizons at each age would take as many
    monkeypatch.setattr(formulas, "EXACT", 0.0)  # no polynomial is good enough: an integral for each
    total, one_by_one = formulas.discounted_purchases(52.0, 0.002, R, A, a, B)
    np.testing.assert_array_equal(total, each(52.0, R, A, a, B))
    np.testing.assert_allclose(discounted, one_by_one, rtol=1e-11)


def test_a_polynomial_that_needs_more_nodes_gets_them():
    # one rate for all, and a horizon of fifty times the age: the share left falls steeply
    x, T = np.zeros(2000), np.linspace(1.0, 100.0, 2000)
    R, A, a, B = formulas.posterior("bg_nbd", {"r": 2e4, "alpha": 1e5, "a": 0.8, "b": 2.4}, x, T)
    total, _ = formulas.discounted_purchases(5000.0, 0.002, R, A, a, B)
    np.testing.assert_allclose(total, formulas.purchases_while_active(5000.0, R, A, a, B), rtol=1e-11)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("history", [NEW, (3, 20, 30), (26, 30.8, 31)])
def test_being_active_later_is_the_hypergeometric_function(model, history):
    R, A, a, B = formulas.posterior(model, PARAMS[model], *(np.array(history)[[0, 2]]))
    now = models.p_alive(model, PARAMS[model], *history)
    for later in (0.5, 20, 200):
        closed = now * hyp2f1(R, a, a + B, -later / A)
        np.testing.assert_allclose(models.p_alive(model, PARAMS[model], *history, later), closed, rtol=1e-9)


@pytest.mark.parametrize("model", PARAMS)
@pytest.mark.parametrize("history", [NEW, (0, 0, 30), (5, 20, 30), (26, 30.8, 31)])
def test_residual_purchases_are_the_integral_without_end(model, history):
    rate, params = 0.02, PARAMS[model]

    def discounted(u):
        return rate * np.exp(-rate * u) * float(models.expected_purchases(model, params, *history, u))

    # a different rule: adaptive Gauss-Kronrod piece by piece, up to where e^(-rate u) is e^-32
    edges = [0, 1, 10, 50, 150, 400, 800, 1600]
    integral = sum(quad(discounted, low, high, epsabs=0)[0] for low, high in pairwise(edges))
    np.testing.assert_allclose(models.residual_purchases(model, params, *history, rate), integral, rtol=1e-8)


@pytest.mark.parametrize("model", PARAMS)
def test_a_horizon_that_grows_ends_in_the_residual(model):
    x, T = np.array([0.0, 4.0, 40.0]), np.array([30.0, 30.0, 31.0])
    state = models.active(model, PARAMS[model], x, T)
    plain, discounted = state.discounted(2000.0, 0.02)
    np.testing.assert_allclose(discounted, state.forever(0.02), rtol=1e-3)
    assert (discounted < plain).all()


def test_without_dropout_the_residual_is_the_rate_over_the_discount():
    found = models.residual_purchases("nbd", NBD, 5, 20, 30, 0.002)
    np.testing.assert_allclose(found, (NBD["r"] + 5) / (NBD["alpha"] + 30) / 0.002, rtol=1e-9)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("a", [1e-6, 1 - 1e-9, 1 + 1e-9, 8])
@pytest.mark.parametrize("b", [1e-3, 2.4, 900])
def test_later_and_without_end_are_finite_on_the_whole_grid(model, a, b):
    x = np.array([0, 0, 1, 26, 500, 5000, 5000])
    T = np.array([0, 70, 30, 31, 100, 900, 900.0])
    tx = np.array([0, 0, 30, 31, 100, 900, 3.0])
    params = {"r": 0.24, "alpha": 4.4, "a": a, "b": b}
    before = models.p_alive(model, params, x, tx, T)
    for later in (0.1, 39, 5200):
        alive = models.p_alive(model, params, x, tx, T, later)
        assert ((alive >= 0) & (alive <= before + 1e-12)).all()
        before = alive
    residual = models.residual_purchases(model, params, x, tx, T, 0.002)
    year = models.expected_purchases(model, params, x, tx, T, 52)
    assert np.isfinite(residual).all()
    assert (residual >= year * np.exp(-0.002 * 52) * (1 - 1e-9)).all()
