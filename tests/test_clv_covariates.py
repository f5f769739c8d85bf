"""Static covariates: the truth is found, where they are 0 nothing changes, each customer has their own parameters."""

import numpy as np
import pandas as pd
import pytest

from kpikit import clv, customers
from kpikit.clv import covariate_fitting, models
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError

TRUTH = {
    "bg_nbd": {"r": 0.55, "alpha": 10.6, "a": 0.8, "b": 2.5},
    "mbg_nbd": {"r": 0.55, "alpha": 6.2, "a": 0.9, "b": 1.6},
    "pareto_nbd": {"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7},
    "nbd": {"r": 0.6, "alpha": 10.0},
}
EFFECTS = {"purchase:is_web": 0.6, "dropout:is_web": 0.7}
COLUMNS = {"purchase": ["is_web"], "dropout": ["is_web"]}
every_model = pytest.mark.parametrize("model", list(TRUTH))


def drawn(model, n, seed=1, horizon=26.0):
    rng = np.random.default_rng([seed, 7])
    known = pd.DataFrame({"is_web": rng.integers(0, 2, n).astype(float)})
    ages = rng.integers(26 * 7, 78 * 7, n) / 7
    web, own = known.is_web.to_numpy(), dict(TRUTH[model])
    # by hand, so that a sign that is wrong in both places is seen
    own["alpha"] = own["alpha"] * np.exp(-0.6 * web)
    own |= {name: own[name] * np.exp(0.7 * web) for name in ("a", "b") if name in own}
    own |= {name: own[name] * np.exp(-0.7 * web) for name in ("beta",) if name in own}
    return clv.simulate(model, own, ages, horizon=horizon, seed=seed).join(known)


@pytest.fixture(scope="module", params=["bg_nbd", "pareto_nbd"])
def fitted(request):
    table = drawn(request.param, 2500)
    return request.param, table, clv.fit(table, request.param, unit="week", covariates=COLUMNS)


def row_of(histories, **covariates):
    return histories.assign(n_customers=1.0, **covariates)


@every_model
def test_the_slope_is_that_of_the_likelihood(model):
    table = drawn(model, 300)
    columns = {"purchase": ("is_web",), "dropout": () if model == "nbd" else ("is_web",)}
    x, tx, T = (table[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    values = table[["is_web"] * (1 if model == "nbd" else 2)].to_numpy()
    objective = covariate_fitting.covariate_objective(model, x, tx, T, np.ones(len(x)), values, columns)
    point = np.array([*np.log(list(TRUTH[model].values())), 0.3, -0.4][: len(TRUTH[model]) + values.shape[1]])
    steps = 1e-5 * np.eye(len(point))
    slope = [(objective(point + step)[0] - objective(point - step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(objective(point)[1], slope, rtol=1e-5, atol=1e-4)


@every_model
def test_where_all_covariates_are_0_the_likelihood_is_the_plain_one(model):
    table = drawn(model, 300)
    x, tx, T = (table[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    n, size = np.ones(len(x)), len(TRUTH[model])
    columns = {"purchase": ("one",), "dropout": () if model == "nbd" else ("one",)}
    nothing = np.zeros((len(x), 1 if model == "nbd" else 2))
    objective = covariate_fitting.covariate_objective(model, x, tx, T, n, nothing, columns)
    point = np.log(list(TRUTH[model].values()))
    value, slope = objective(np.array([*point, 0.9, -2.0][: size + nothing.shape[1]]))
    plain, plain_slope = models.objective(model, x, tx, T, n)(point)
    assert value == pytest.approx(plain, rel=1e-12)
    np.testing.assert_allclose(slope, [*plain_slope, *[0.0] * nothing.shape[1]], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("model", ["bg_nbd", "nbd"])
def test_where_all_covariates_are_0_the_fit_is_the_plain_one(model):
    table = drawn(model, 500)
    plain = clv.fit(table, model, unit="week")
    same = clv.fit(table.assign(zero=0.0), model, unit="week", covariates=["zero"])
    assert same.params == plain.params
    assert same.log_likelihood == plain.log_likelihood
    assert (same.coefficients, same.left_out) == ({}, ["zero"])
    assert "zero: the same for all customers, and left out." in same.text
    pair = [one.predict(horizon_days=90).drop(columns="clv") for one in (same, plain)]
    pd.testing.assert_frame_equal(*pair)


def test_the_truth_is_found(fitted):
    model, table, found = fitted
    assert found.verdict == "sound"
    assert list(found.coefficients) == list(EFFECTS)
    rows = clv.parameter_intervals(found).table.set_index("parameter")
    sd = np.sqrt(np.diag(found.covariance))
    for name, truth in EFFECTS.items():
        assert abs(rows.value[name] - truth) < 3 * sd[list(rows.index).index(name)]
    for place, (name, truth) in enumerate(TRUTH[model].items()):
        assert abs(np.log(rows.value[name] / truth)) < 3 * sd[place]
    assert rows.low["purchase:is_web"] > 0.2  # and the interval says something
    plain = clv.fit(table, model, unit="week")
    assert found.log_likelihood > plain.log_likelihood + 5
    assert found.aic == pytest.approx(2 * 6 - 2 * found.log_likelihood)


def test_each_customer_is_forecast_with_parameters_of_their_own(fitted):
    model, table, found = fitted
    scores = found.predict(horizon_days=182)
    g, d = found.coefficients.values()
    for place in (0, 1, 2, 3):
        row = table.iloc[place]
        factors = {"alpha": -g, "a": d, "b": d, "beta": -d}
        own = {name: value * np.exp(factors.get(name, 0) * row.is_web) for name, value in found.params.items()}
        by_hand = models.expected_purchases(model, own, row.frequency, row.recency, row["T"], 26.0)
        assert scores.expected_purchases[place] == pytest.approx(float(by_hand), rel=1e-9)
        alive = models.p_alive(model, own, row.frequency, row.recency, row["T"])
        assert scores.p_alive[place] == pytest.approx(float(alive), rel=1e-9)
    came = table.purchases.groupby(table.is_web).sum()
    foretold = scores.expected_purchases.groupby(table.is_web).sum()
    np.testing.assert_allclose(foretold, came, rtol=0.15)


def test_the_interval_holds_what_came_of_the_base_and_of_the_parts(fitted):
    _, table, found = fitted
    total = clv.base_total(found, horizon_days=182, annual_discount_rate=0.0, by=table.is_web).table
    rows = total[total.quantity == "purchases"].set_index("segment")
    came = {"all": table.purchases.sum(), **table.purchases.groupby(table.is_web.astype(str)).sum()}
    for segment, purchases in came.items():
        assert rows.low[segment] <= purchases <= rows.high[segment]
    without = clv.base_total(clv.fit(table, found.model, unit="week"), horizon_days=182, annual_discount_rate=0.0)
    assert (rows.parameter_sd > 0).all()
    assert rows.expected["all"] == pytest.approx(without.table.expected[0], rel=0.05)


def test_the_words_say_what_goes_with_it(fitted):
    model, _, found = fitted
    text = found.text
    assert "A customer whose covariates are all 0 is expected to come back" in text
    assert "One more of is_web multiplies the purchase rate by" in text
    what = "the rate of leaving" if model == "pareto_nbd" else "a and b of dropout"
    assert f"One more of is_web multiplies {what} by" in text
    assert "What goes together need not be cause and effect." in text


def test_the_model_is_kept_with_its_coefficients(fitted, tmp_path):
    _, table, found = fitted
    loaded = clv.load(found.to_json(tmp_path / "model.json"))
    assert loaded.coefficients == found.coefficients
    pair = [one.predict(table.head(50), horizon_days=90).expected_purchases for one in (loaded, found)]
    np.testing.assert_allclose(*pair)
    draws = clv.parameter_draws(loaded, 4000)
    np.testing.assert_allclose(draws.mean()[list(EFFECTS)], list(found.coefficients.values()), atol=0.05)


def test_what_is_the_same_for_all_cannot_be_asked_of_such_a_fit(fitted):
    found = fitted[2]
    for ask in (lambda: found.p_alive(1, 2, 3), lambda: found.new_customer_purchases(10),
                lambda: found.expected_purchases(1, 2, 3, 4), lambda: found.residual_purchases(1, 2, 3)):  # fmt: skip
        with pytest.raises(ParameterError, match=r"a fit without covariates; found covariates \['is_web'\].*predict"):
            ask()
    with pytest.raises(ParameterError, match=r"without season or covariates; found covariates"):
        clv.customer_equity(found, fitted[1], opening_day="2024-01-01", closing_day="2024-02-01", horizon_days=90)
    with pytest.raises(ParameterError, match=r"a fit without covariates.*method='hessian'"):
        clv.parameter_draws(found, method="bootstrap")


def test_with_covariates_the_verdict_is_the_same():
    few = drawn("bg_nbd", 15)
    found = clv.fit(few, "bg_nbd", unit="week", covariates=["is_web"])
    assert (found.verdict, found.coefficients) == ("too little data", {})
    assert np.isfinite(found.predict(horizon_days=90).expected_purchases).all()
    staying = drawn("nbd", 400).assign(one=1)
    found = clv.fit(staying, "mbg_nbd", unit="week", covariates=["is_web"])
    assert (found.verdict, found.used) == ("no churn signal", "nbd")
    assert list(found.coefficients) == ["purchase:is_web"]
    assert found.coefficients["purchase:is_web"] == pytest.approx(0.6, abs=0.35)


def test_a_season_and_covariates_go_together():
    table = drawn("bg_nbd", 400)
    flat = clv.fit(table, "bg_nbd", unit="week", covariates=["is_web"], season=[1.0] * 12, as_of="2024-06-01")
    plain = clv.fit(table, "bg_nbd", unit="week", covariates=["is_web"])
    assert flat.coefficients == pytest.approx(plain.coefficients, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("asked", "change", "message"),
    [
        ("is_web", {}, r"covariates: expected a list of columns.*Pass \['is_web'\]"),
        ({"buying": ["is_web"]}, {}, r"purchase, dropout"),
        (["channel"], {}, r"covariates: expected columns \['channel'\].*Add them to the histories"),
        (["frequency"], {}, r"not part of the history; found \['frequency'\]"),
        (["channel"], {"channel": "web"}, r"expected numbers in channel; found 'web'.*get_dummies"),
        (["is_web"], {"is_web": np.nan}, r"a number in is_web for every customer; found 60 without one"),
        (["is_web", "is_shop"], {"is_shop": "other"}, r"do not follow from one another.*Leave one out"),
    ],
)
def test_covariates_that_cannot_be(asked, change, message):
    table = drawn("bg_nbd", 60)
    if change.get("is_shop"):
        change = {"is_shop": 1 - table.is_web}
    with pytest.raises((ParameterError, ContractError), match=message):
        clv.fit(table.assign(**change), "bg_nbd", unit="week", covariates=asked)


def test_models_that_count_opportunities_take_none():
    table = pd.DataFrame({"frequency": [1, 0, 2], "recency": [1, 0, 2], "T": [3, 3, 3], "is_web": [0, 1, 0]})
    with pytest.raises(ParameterError, match=r"covariates: expected a model in calendar time.*Leave out covariates"):
        clv.fit(table, "bg_bb", unit="year", covariates=["is_web"])


def test_covariates_come_from_the_engine_too():
    histories = customers.histories(cdnow(sample=True), as_of="1997-04-01")
    expression = histories.mutate(is_odd=(histories.customer_id.cast("int64") % 2).cast("int64"))
    lazy, here = (clv.fit(data, "nbd", covariates=["is_odd"]) for data in (expression, expression.to_pandas()))
    assert lazy.coefficients == pytest.approx(here.coefficients)
    assert len(lazy.predict(horizon_days=30)) == lazy.n_customers


def test_the_noise_of_the_coefficients_is_in_the_totals():
    table = drawn("nbd", 400)
    found = clv.fit(table, "nbd", unit="week", covariates=["is_web"])
    total = clv.base_total(found, horizon_days=182, annual_discount_rate=0.0, by=table.is_web).table
    stated = total[total.quantity == "purchases"].set_index("segment").parameter_sd
    drawn_totals = []
    for _, draw in clv.parameter_draws(found, 1500).iterrows():
        alpha = draw.alpha * np.exp(-draw["purchase:is_web"] * table.is_web)
        each = (draw.r + table.frequency) / (alpha + table["T"]) * 26.0
        drawn_totals.append({"all": each.sum(), **each.groupby(table.is_web.astype(str)).sum()})
    spread = pd.DataFrame(drawn_totals).std()
    np.testing.assert_allclose(stated[spread.index], spread, rtol=0.08)
