"""Customer equity from day to day: by hand, exactly balanced, true to simulated customers, and said when it is not."""

import json
import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

import kpikit as kk
from kpikit import clv, customers
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError

OPENING, CLOSING = date(2024, 1, 1), date(2024, 4, 10)  # 100 days
DAYS = {"opening_day": OPENING, "closing_day": CLOSING}
LINES = ["opening", "acquired", "time_passed", "changed_behaviour", "realised", "closing"]
SPEND = {"p": 6.0, "q": 4.0, "gamma": 5.0}  # mean 5 · 6 / (4 − 1) = 10 a purchase
BG = {"r": 0.5, "alpha": 42.0, "a": 0.8, "b": 2.5}  # in days


def spend_model(**changed):
    facts = {
        "verdict": "sound", "params": SPEND, "log_likelihood": -1.0, "n_customers": 100, "n_fitted": 100,
        "n_set_aside": 0, "observed_mean": 10.0, "correlation": 0.0, "quantiles": [1.0, 10.0, 100.0],
    }  # fmt: skip
    return {**facts, **changed}


def stored(folder, model="nbd", params=None, spend=SPEND, verdict="sound", fallback=None, **changed):
    """Return a model with known parameters, in days, as it comes back from its file."""
    content = {
        "schema_version": 1, "model": model, "fallback": fallback, "params": params or {"r": 1.0, "alpha": 100.0},
        "log_likelihood": -1.0, "aic": 4.0, "n_customers": 100, "n_repeat_buyers": 50, "verdict": verdict,
        "unit": "day", "asked": {}, "gain": None, "spend": spend_model() if spend is SPEND else spend,
        "fingerprint": "", **changed,
    }  # fmt: skip
    path = folder / "model.json"
    path.write_text(json.dumps(content))
    return clv.load(path)


@pytest.fixture(scope="module")
def nbd(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("nbd"))


@pytest.fixture(scope="module")
def bg(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("bg"), "bg_nbd", BG)


def histories(*rows):
    return pd.DataFrame(rows, columns=["customer_id", "frequency", "recency", "T", "monetary_value"])


# known for 100 days at opening: A bought again once for 20 and then twice more for 15 each, B never; C came on day 50
BEFORE = histories(("A", 1, 60.0, 100.0, 20.0), ("B", 0, 0.0, 100.0, np.nan))
AFTER = histories(("A", 3, 190.0, 200.0, 50 / 3), ("B", 0, 0.0, 200.0, np.nan), ("C", 0, 0.0, 50.0, np.nan))


def rolled(found, before=BEFORE, after=AFTER, **terms):
    return clv.customer_equity(found, before, after, **{**DAYS, "horizon_days": 200, **terms})


def by_customer(found, before=BEFORE, after=AFTER, **terms):
    each = clv.equity_by_customer(found, before, after, **{**DAYS, "horizon_days": 200, **terms})
    return each.set_index("customer_id")


def test_three_customers_by_hand(nbd):
    """NBD without discount: (1 + x) / (100 + T) purchases a day, each worth 6 (5 + x m̄) / (6 x + 3)."""
    each = by_customer(nbd, annual_discount_rate=0.0, margin_fraction=0.5)
    # A at opening: 2 / 200 a day for 200 days are 2 purchases of 6 · 25 / 9 = 16.67, half of it margin
    assert each.loc["A", "opening"] == pytest.approx(2 * 150 / 9 / 2)
    assert each.loc["A", "time_passed"] == pytest.approx(1 * 150 / 9 / 2)  # 100 days more at the same rate
    assert each.loc["A", "realised"] == pytest.approx(30 / 2)
    # at closing: 4 / 300 a day are 8 / 3 purchases of 6 · 55 / 21
    assert each.loc["A", "closing"] == pytest.approx(8 / 3 * 330 / 21 / 2)
    assert each.loc["A", "changed_behaviour"] == pytest.approx(8 / 3 * 330 / 21 / 2 + 15 - 3 * 150 / 9 / 2)
    assert each.loc["B", LINES].tolist() == pytest.approx([5, 0, 2.5, 10 / 3 - 7.5, 0, 10 / 3])  # 1, then 2/3 purchases
    # C at birth: 1 / 100 a day are 2 purchases of 10; 50 days add half a purchase; at closing 200 / 150 are left
    assert each.loc["C", LINES].tolist() == pytest.approx([0, 10, 2.5, 20 / 3 - 12.5, 0, 20 / 3])
    assert each["is_new"].tolist() == [False, False, True]
    assert each["bought"].tolist() == [2, 0, 0]


def test_what_a_new_customer_did_later_is_no_part_of_the_value_at_birth(nbd):
    after = pd.concat([AFTER, histories(("D", 2, 30.0, 50.0, 900.0))])
    each = by_customer(nbd, after=after)
    assert each.loc["D", ["acquired", "time_passed"]].tolist() == each.loc["C", ["acquired", "time_passed"]].tolist()
    assert each.loc["D", "realised"] == 1800
    assert each.loc["D", "bought"] == 2


def test_the_table_adds_the_customers_up(nbd):
    each = by_customer(nbd, annual_discount_rate=0.0)
    table = rolled(nbd, annual_discount_rate=0.0).table
    assert table.line.tolist() == LINES
    assert table.part.tolist()[0] == "Opening 2024-01-01"
    signed = each[LINES].sum().to_numpy() * [1, 1, 1, 1, -1, 1]
    assert table.amount.tolist() == pytest.approx(signed.tolist())
    assert table.amount[:5].sum() == pytest.approx(table.amount[5], rel=1e-12)
    assert table.customers.tolist() == [2, 1, 3, 3, 1, 3]


def test_discount_by_integral(bg):
    """What is discounted day by day, by scipy's quadrature of the expected purchases' own growth."""
    rate = math.log(1.1) / 365.25
    each = by_customer(bg, annual_discount_rate=0.10)

    def discounted(purchases, start, end):
        tail = quad(lambda t: math.exp(-rate * (t - start)) * purchases(t), start, end, epsabs=1e-12)[0]
        return math.exp(-rate * (end - start)) * purchases(end) - purchases(start) + rate * tail

    def of_a(t):
        return float(bg.expected_purchases(1.0, 60.0, 100.0, t))

    def of_new(t):
        return float(bg.new_customer_purchases(t))

    assert each.loc["A", "opening"] == pytest.approx(discounted(of_a, 0, 200) * 150 / 9, rel=1e-7)
    drift = of_a(100) + discounted(of_a, 100, 300) - discounted(of_a, 0, 200)
    assert each.loc["A", "time_passed"] == pytest.approx(drift * 150 / 9, rel=1e-6)
    assert each.loc["C", "acquired"] == pytest.approx(discounted(of_new, 0, 200) * 10, rel=1e-7)
    drift = of_new(50) + discounted(of_new, 50, 250) - discounted(of_new, 0, 200)
    assert each.loc["C", "time_passed"] == pytest.approx(drift * 10, rel=1e-6)


@st.composite
def orders_of_a_shop(draw):
    """Return orders of 1 to 12 customers in 200 days; at least one before the opening day."""
    rows = [(0, 0, 9.0)]
    for customer in range(draw(st.integers(1, 12))):
        ordered = draw(st.lists(st.integers(0, 199), min_size=1, max_size=6, unique=True))
        rows += [(customer, day, draw(st.floats(0.01, 1e4))) for day in ordered]
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"]).groupby(["customer_id", "day"]).sum()
    return frame.reset_index()


def known(orders, as_of):
    """Return the histories of orders on days before ``as_of``, counted in plain Python."""
    rows = []
    for customer, part in orders[orders.day < as_of].groupby("customer_id"):
        first, later = part.day.min(), part[part.day > part.day.min()]
        age = as_of - 1 - first
        rows.append((customer, len(later), float(part.day.max() - first), float(age), later.amount.mean()))
    return histories(*rows)


@settings(max_examples=25, deadline=None)
@given(orders=orders_of_a_shop(), rate=st.sampled_from([0.0, 0.1, 0.5]), margin=st.sampled_from([0.07, 0.4, 1.0]))
def test_it_balances_for_every_customer_and_in_sum(bg, orders, rate, margin):
    before, after = known(orders, 100), known(orders, 200)
    terms = {"horizon_days": 365, "annual_discount_rate": rate, "margin_fraction": margin}
    each = by_customer(bg, before, after, **terms)
    came = each.opening + each.acquired + each.time_passed + each.changed_behaviour
    size = each[LINES].abs().sum(axis=1)
    assert ((came - each.realised - each.closing).abs() <= 1e-9 * size).all()
    table = clv.customer_equity(bg, before, after, **DAYS, **terms, resamples=100).table
    assert abs(table.amount[:5].sum() - table.amount[5]) <= 1e-9 * table.amount.abs().sum()
    # the two ends are what the forecast says on those days, and realised is the money of the later days
    assert table.amount[0] == pytest.approx(bg.predict(before, **terms).clv.sum(), rel=1e-9)
    assert table.amount[5] == pytest.approx(bg.predict(after, **terms).clv.sum(), rel=1e-9)
    first = orders.groupby("customer_id").day.transform("min")
    paid = orders.amount[(orders.day >= 100) & (orders.day > first)].sum()
    assert -table.amount[4] == pytest.approx(paid * margin, rel=1e-9, abs=1e-9)


def shop(seed, n=2500, leaving=1.0):
    """Return histories at two days, 100 days apart, of customers who follow BG/NBD and Gamma-Gamma exactly.

    ``leaving`` multiplies the chance to leave after each purchase from the opening day on.
    """
    rng = np.random.default_rng(seed)
    opening = 300.0
    born = rng.uniform(0, opening + 100, n)
    rate, leave = rng.gamma(BG["r"], 1 / BG["alpha"], n), rng.beta(BG["a"], BG["b"], n)
    of_spend = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], n)
    then, now = np.zeros((n, 3)), np.zeros((n, 3))  # frequency, last purchase, spent
    at, active = born.copy(), np.ones(n, dtype=bool)
    while active.any():
        at += np.where(active, rng.exponential(1 / rate), 0)
        active &= at <= opening + 100
        paid = rng.gamma(SPEND["p"], 1 / of_spend)
        for seen, day in ((then, opening), (now, opening + 100)):
            bought = active & (at <= day)
            seen[bought, 0] += 1
            seen[bought, 1] = at[bought]
            seen[bought, 2] += paid[bought]
        active &= rng.random(n) > leave * np.where(at > opening, leaving, 1.0)

    def seen_at(seen, day):
        x = seen[:, 0]
        mean = np.divide(seen[:, 2], x, out=np.full(n, np.nan), where=x > 0)
        table = {"frequency": x, "recency": np.where(x > 0, seen[:, 1] - born, 0), "T": day - born}
        return pd.DataFrame({"customer_id": np.arange(n), **table, "monetary_value": mean})[born < day]

    return seen_at(then, opening), seen_at(now, opening + 100)


def changed(found, seed, **shop_facts):
    before, after = shop(seed, **shop_facts)
    table = rolled(found, before, after, horizon_days=365, resamples=400, seed=seed).table.set_index("line")
    return table.loc["changed_behaviour"], table


def holds(found, seeds):
    inside, middle = 0, []
    for seed in seeds:
        line, table = changed(found, seed)
        inside += line.low <= 0 <= line.high
        middle.append(line.amount / table.amount["opening"])
    return inside, np.array(middle)


def test_nothing_changes_where_customers_do_what_the_model_says(bg):
    inside, middle = holds(bg, range(12))
    assert inside >= 9  # 95 of 100: fewer than 9 of 12 once in 450 times
    assert abs(middle.mean()) < 4 * middle.std(ddof=1) / math.sqrt(len(middle))


@pytest.mark.slow
def test_changed_behaviour_is_held_in_95_of_100(bg):
    inside, middle = holds(bg, range(200))
    assert 180 <= inside <= 198  # 190 expected, standard deviation 3.1
    assert abs(middle.mean()) < 3 * middle.std(ddof=1) / math.sqrt(len(middle))


def test_customers_who_leave_sooner_are_seen(bg):
    line, _ = changed(bg, 3, leaving=3.0)
    assert line.high < 0
    before, after = shop(3, leaving=3.0)
    result = rolled(bg, before, after, horizon_days=365)
    assert "Customers did worse than the model expected" in result.text
    assert result.headline.endswith(").")


def test_new_customers_are_worth_what_they_bring(bg):
    """The value at birth against what thousands of simulated customers spend in their first 100 days."""
    rng = np.random.default_rng(5)
    n = 200_000
    at, active, spent = np.zeros(n), np.ones(n, dtype=bool), np.zeros(n)
    rate, leave = rng.gamma(BG["r"], 1 / BG["alpha"], n), rng.beta(BG["a"], BG["b"], n)
    of_spend = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], n)
    while active.any():
        at += np.where(active, rng.exponential(1 / rate), 0)
        active &= at <= 100
        spent += np.where(active, rng.gamma(SPEND["p"], 1 / of_spend) * 1.1 ** (-at / 365.25), 0)
        active &= rng.random(n) > leave
    worth = by_customer(bg, horizon_days=100).loc["C", "acquired"]
    assert worth == pytest.approx(spent.mean(), abs=4 * spent.std() / math.sqrt(n))


@pytest.mark.parametrize("n", [2000, 12_000])  # drawn one by one; the many small ones from their normal limit
def test_intervals_against_compound_poisson(bg, n):
    """A sum over customers whose number varies has the variance Σ x²: the bootstrap must find it."""
    before, after = shop(1, n=n)
    table = rolled(bg, before, after, resamples=2000).table
    each = by_customer(bg, before, after)
    for line in ("opening", "acquired", "changed_behaviour", "realised", "closing"):
        row = table[table.line == line].iloc[0]
        expected = 2 * 1.96 * math.sqrt((each[line] ** 2).sum())
        assert row.high - row.low == pytest.approx(expected, rel=0.1), line
        assert row.low < row.amount < row.high


def test_one_customer_who_decides_everything_is_drawn_one_by_one(nbd):
    """A resample without the large customer, one in e, is a resample without the amount: no bell curve around it."""
    n = 12_000
    many = pd.DataFrame({"customer_id": range(n), "frequency": 0, "recency": 0.0, "T": 100.0, "monetary_value": np.nan})
    bought = {"frequency": 1, "recency": 150.0, "monetary_value": np.where(np.arange(n) == 7, 1e9, 1.0)}
    realised = rolled(nbd, many, many.assign(**bought, T=200.0)).table.iloc[4]
    assert realised.amount == pytest.approx(-1e9, rel=1e-4)
    assert -13_000 < realised.high < -11_000
    assert realised.low < -2e9


def test_the_same_seed_gives_the_same_intervals(bg):
    before, after = shop(2, n=300)
    pd.testing.assert_frame_equal(rolled(bg, before, after).table, rolled(bg, before, after).table)
    other = rolled(bg, before, after, seed=1).table
    assert other.amount.tolist() == rolled(bg, before, after).table.amount.tolist()
    assert other.low.tolist() != rolled(bg, before, after).table.low.tolist()


def test_segments_add_up_to_all(nbd):
    result = rolled(nbd, after=AFTER.assign(country=["DE", None, "DE"]), by="country")
    amounts = result.table.pivot_table("amount", "segment", "line")
    assert sorted(amounts.index) == ["DE", "all", "unknown"]
    assert amounts.loc["all"].tolist() == pytest.approx((amounts.loc["DE"] + amounts.loc["unknown"]).tolist())
    assert "Customer equity fell" in result.title or "Customer equity rose" in result.title
    with pytest.raises(ContractError, match="country"):
        rolled(nbd, by="country")


def test_the_order_of_rows_does_not_matter(nbd):
    plain, mixed = by_customer(nbd), by_customer(nbd, BEFORE[::-1], AFTER.iloc[[2, 0, 1]])
    pd.testing.assert_frame_equal(plain, mixed.loc[plain.index])


def test_cdnow_in_weeks_from_orders_to_text():
    orders = cdnow(sample=True)
    before = customers.histories(orders, as_of="1997-03-01")
    after = customers.histories(orders, as_of="1997-10-01")
    found = clv.fit(after.to_pandas(), as_of="1997-10-01")
    result = kk.customer_equity(
        found, before, opening_day="1997-03-01", closing_day="1997-10-01", horizon_days=365,
        margin_fraction=0.4, currency="USD",
    )  # fmt: skip
    table = result.table.set_index("line")
    value = clv.base_total(found, horizon_days=365, margin_fraction=0.4).table.expected[1]
    assert table.amount["closing"] == pytest.approx(value)
    first = orders.groupby("customer_id").ordered_at.min()
    assert table.customers["opening"] == (first < "1997-03-01").sum()
    assert table.customers["acquired"] == (first >= "1997-03-01").sum()
    assert result.kpis[0]["value"] == table.amount["closing"]
    for said in ("by one BG/NBD model for both days, fitted to what was known on 1997-10-01", "margin of 40 %",
                 "not the error of the model", "10.0 % a year", "365 days"):  # fmt: skip
        assert said in result.text
    lazily = rolled(found, before, after, opening_day="1997-03-01", closing_day="1997-10-01", horizon_days=365)
    assert lazily.table.amount[5] == pytest.approx(table.amount["closing"] / 0.4)


def test_no_churn_signal_is_said(tmp_path):
    found = stored(tmp_path, "bg_nbd", verdict="no churn signal", fallback="nbd")
    result = rolled(found)
    assert "by one NBD model" in result.text
    assert "no sign of customers leaving" in result.text
    assert result.table.amount[5] == pytest.approx(rolled(stored(tmp_path)).table.amount[5])


def test_spend_without_a_mean_is_said_and_the_observed_mean_used(tmp_path):
    spend = spend_model(verdict="spend has no mean", params={**SPEND, "q": 0.9}, observed_mean=7.0)
    result = rolled(stored(tmp_path, spend=spend), annual_discount_rate=0.0)
    assert "Spend has no mean" in result.text
    assert result.table.amount[0] == pytest.approx((2 + 1) * 7.0)  # 2 and 1 purchases in 200 days


def test_spend_that_follows_frequency_is_said(tmp_path):
    spend = spend_model(verdict="spend depends on frequency", intercept=8.0, slope=2.0)
    result = rolled(stored(tmp_path, spend=spend))
    assert "The expected spend follows the frequency" in result.text
    assert result.table.amount[:5].sum() == pytest.approx(result.table.amount[5])


def test_more_than_customers_can_change_points_at_the_model(bg):
    before, after = shop(4, n=500)
    many = after.assign(monetary_value=after.monetary_value * 4)
    assert "points to a model that does not fit" in rolled(bg, before, many).headline
    assert "does not fit" not in rolled(bg, before, after).text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"spend": None}, "nothing can be valued"),
        ({"params": {}, "fallback": "none", "verdict": "too little data", "model": "bg_nbd"}, "nothing is forecast"),
    ],
)
def test_equity_that_cannot_be_shown_says_why(tmp_path, facts, said):
    found = stored(tmp_path, **facts)
    if "params" in facts:
        content = json.loads((tmp_path / "model.json").read_text())
        (tmp_path / "model.json").write_text(json.dumps({**content, "params": {}}))
        found = clv.load(tmp_path / "model.json")
    result = rolled(found)
    assert said in result.text
    assert result.table.empty
    assert "cannot be shown" in kk.plots.customer_equity(result).html
    assert not result.kpis


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"closing_day": OPENING}, "a closing day after the opening day"),
        ({"closing_day": OPENING - timedelta(days=1)}, "a closing day after the opening day"),
        ({"before": BEFORE[:0]}, "an opening day after the first order"),
        ({"horizon_days": 0}, "more than 0 days"),
        ({"horizon_days": -1}, "0 or more days"),
        ({"margin_fraction": 0.0}, "a share above 0"),
        ({"annual_discount_rate": 10}, "a rate from 0 to below 1"),
        ({"closing_day": "2024-04-11"}, "grow by the 101 days between"),
        ({"resamples": 10}, "100 resamples"),
        ({"before": BEFORE.assign(T=100 / 7, recency=[60 / 7, 0])}, "grow by the 100 days"),
        ({"opening_day": "soon"}, "opening_day"),
    ],
)
def test_bad_parameters_are_answered(nbd, terms, said):
    with pytest.raises(ParameterError, match=said):
        rolled(nbd, **terms)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (BEFORE, AFTER[1:], "every customer known at opening"),
        (BEFORE, AFTER.assign(T=[200.0, 200.0, 150.0]), "whose first purchase lies before it"),
        (BEFORE, AFTER.assign(frequency=[0, 0, 0], recency=0.0), "do not become fewer"),
        (BEFORE, AFTER.assign(monetary_value=np.nan), "monetary_value of every repeat buyer"),
        (BEFORE.drop(columns="T"), AFTER, "columns"),
        (BEFORE, pd.concat([AFTER, AFTER]), "one row per customer"),
    ],
)
def test_histories_that_do_not_belong_together_are_answered(nbd, before, after, said):
    with pytest.raises(ContractError, match=said):
        rolled(nbd, before, after)


def test_a_loaded_model_needs_the_closing_histories(nbd):
    with pytest.raises(ParameterError, match="histories to score"):
        clv.customer_equity(nbd, BEFORE, **DAYS, horizon_days=30)


def test_only_old_or_only_new_purchases(nbd):
    alone = rolled(nbd, after=AFTER[:2])
    assert alone.table.amount[1] == 0
    assert "No new customer came since" in alone.text
    quiet = rolled(nbd, BEFORE[1:], AFTER[1:])
    assert quiet.table.amount[4] == 0
    assert not np.signbit(quiet.table.amount[4])


def crowd(*groups):
    """Return histories at both days and segments, from (segment, known at opening, of them bought again, new since)."""
    before, after, segments = [], [], {}
    for name, old, again, new in groups:
        for place in range(old):
            key = f"{name}{place}"
            before.append((key, 1, 60.0, 100.0, 20.0))
            after.append((key, 2, 190.0, 200.0, 20.0) if place < again else (key, 1, 60.0, 200.0, 20.0))
            segments[key] = name
        for place in range(new):
            after.append((f"{name}-new{place}", 0, 0.0, 50.0, np.nan))
            segments[f"{name}-new{place}"] = name
    closing = histories(*after)
    return histories(*before), closing.assign(segment=closing.customer_id.map(segments))


def test_what_two_new_customers_are_worth_is_no_line_and_the_lines_still_add_up(nbd):
    found = rolled(nbd, *crowd(("a", 40, 10, 2)), min_cell=5)
    table = found.table.set_index("line")
    assert table.index.tolist() == ["opening", "time_passed", "changed_behaviour", "other", "closing"]
    assert table.part["other"] == "Acquired and Realised"
    assert table.amount.iloc[:-1].sum() == pytest.approx(table.amount["closing"])
    whole = rolled(nbd, *crowd(("a", 40, 10, 2))).table.set_index("line")
    assert table.amount["other"] == pytest.approx(whole.amount["acquired"] + whole.amount["realised"])
    assert table.loc["changed_behaviour"].equals(whole.loc["changed_behaviour"])
    assert "new customer" not in found.text
    assert "Acquired and Realised, one of which rests on too few customers, are" in found.text


def test_segments_of_too_few_are_one_and_all_have_the_same_lines(nbd):
    """b has 2 new customers: a line of it would be that of all less those of a and of the small ones."""
    found = rolled(
        nbd, *crowd(("a", 40, 10, 9), ("b", 30, 8, 2), ("c", 3, 1, 0), ("d", 6, 5, 0)), by="segment", min_cell=5
    )
    each = found.table.groupby("segment", sort=False)
    assert list(each.groups) == ["all", "a", "b", "small segments"]
    assert {tuple(rows.line) for _, rows in each} == {
        ("opening", "time_passed", "changed_behaviour", "other", "closing")
    }
    for _, rows in each:
        assert rows.amount.iloc[:-1].sum() == pytest.approx(rows.amount.iloc[-1])
    sums = found.table[found.table.segment != "all"].groupby("line").amount.sum()
    assert sums["closing"] == pytest.approx(found.table.amount[found.table.line == "closing"].iloc[0])


def test_a_segment_called_all_is_not_taken_for_everybody(nbd):
    table = rolled(nbd, *crowd(("all", 9, 5, 5), ("b", 30, 8, 6)), by="segment").table
    assert table[table.line == "closing"].set_index("segment").customers.to_dict() == {
        "all": 50, "all (segment)": 14, "b": 36,
    }  # fmt: skip


def test_where_too_few_were_known_nothing_is_shown(nbd):
    found = rolled(nbd, *crowd(("a", 3, 2, 40)), min_cell=5)
    assert found.text == (
        "Customer equity cannot be shown. Fewer than 5 customers were known on 2024-01-01, or on 2024-04-10."
    )
    assert (found.kpis, len(found.table)) == ((), 0)
