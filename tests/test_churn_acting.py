"""Profit against a brute-force maximum, rivals, the watch list with its control arm, and what contacting changed."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import test_churn_study
from scipy import stats
from scipy.integrate import quad

from kpikit import churn, datasets, features
from kpikit.churn.profit import cut_off, expected_maximum_profit
from kpikit.churn.watching import arms
from kpikit.errors import ContractError, MachineError, ParameterError
from kpikit.privacy import hashed
from kpikit.results import Result

COSTS = churn.Economics(contact_cost=1.0, success_rate=0.3, offer_cost=10.0, certainty=20.0)
ready_study, dated_study = test_churn_study.ready_study, test_churn_study.dated_study


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("KPIKIT_HASH_KEY", "a key for tests")


def test_the_gain_of_a_contact_by_hand():
    # risk .5, worth 100: half the time .3 of (100 − 10), half the time an offer of 10 given away, and the contact
    assert COSTS.gain([0.5], [100.0])[0] == pytest.approx(0.5 * 0.3 * 90 - 0.5 * 10 - 1)
    assert COSTS.gain([1.0, 0.0], [100.0, 100.0]).tolist() == [26.0, -11.0]


def test_expected_maximum_profit_is_the_integral_of_the_best_cut_off():
    """Verbraken et al. (2013): ∫ max over t of [value (γ (1 − δ) − φ) π0 F0(t) − value (δ + φ) π1 F1(t)] h(γ) dγ."""
    rng = np.random.default_rng(8)
    risk = rng.integers(1, 60, 800) / 60
    y = (rng.random(800) < risk * 0.5).astype(float)
    value, order = 200.0, np.sort(np.unique(risk))[::-1]
    share_lost = np.array([0.0, *((risk[y == 1] >= edge).mean() for edge in order)])
    share_kept = np.array([0.0, *((risk[y == 0] >= edge).mean() for edge in order)])
    delta, phi, base = 10 / value, 1 / value, y.mean()

    def best(rate: float) -> float:
        by_edge = (rate * (1 - delta) - phi) * base * share_lost - (delta + phi) * (1 - base) * share_kept
        return float(value * by_edge.max())

    whole, _ = quad(lambda rate: best(rate) * stats.beta.pdf(rate, 6, 14), 0, 1, limit=200)
    ours = expected_maximum_profit(y, risk, np.full(800, value), COSTS)
    assert ours == pytest.approx(1000 * whole, rel=0.01)


def test_the_cut_off_is_the_best_of_the_calibration_customers():
    found = ready_study()
    one = found.fitted[0]
    y, value = found.sample.churned[one.rows], found.sample.value[one.rows]
    expected = COSTS.gain(one.calibration[one.chosen], value)
    brought = COSTS.gain(y, value)
    by_edge = {edge: brought[expected >= edge].sum() for edge in expected}
    assert by_edge[cut_off(one, found, COSTS, "chosen")] == max(by_edge.values())


def test_the_profit_curve_ends_at_everybody_and_its_cut_off_beats_chance():
    found = ready_study()
    result = churn.profit(found, COSTS, currency="EUR")
    table, brought = result.table, 1000 * COSTS.gain(found.churned, found.value)
    assert table.profit.iloc[0] == 0
    assert table.profit.iloc[-1] == pytest.approx(brought.mean())
    assert result.facts["hindsight"] >= result.facts["profit"]
    assert result.facts["profit"] > brought.mean() * result.facts["share"]
    assert result.facts["low"] < result.facts["profit"] < result.facts["high"]
    assert "risk is not effect" in result.text
    in_order = np.argsort(-COSTS.gain(found.risks["chosen"][0], found.value), kind="stable")
    tenth = brought[in_order[:90]].sum() / len(brought)
    assert table.profit.iloc[10] == pytest.approx(tenth)


def test_where_no_contact_pays_nobody_is_contacted():
    result = churn.profit(ready_study(), churn.Economics(contact_cost=1e4, success_rate=0.1))
    assert result.title.startswith("No contact pays")
    assert result.facts["profit"] == 0


def test_where_every_contact_pays_the_ranking_adds_nothing_and_the_page_says_so():
    result = churn.profit(ready_study(), churn.Economics(contact_cost=0.0, success_rate=0.9))
    assert "the ranking adds nothing" in result.title


def with_folds_that_never_pay(found: churn.Study, folds: int) -> churn.Study:
    """Return a study whose first folds saw no customer leave on the calibration rows."""

    def stayed(one):
        kept = found.sample.churned[one.rows] == 0
        calibration = {name: risk[kept] for name, risk in one.calibration.items()}
        return replace(one, rows=one.rows[kept], calibration=calibration)

    fitted = tuple(stayed(one) if place < folds else one for place, one in enumerate(found.fitted))
    return replace(found, fitted=fitted)


def listed_by(found: churn.Study, result: Result) -> Result:
    current = test_churn_study.churners.ready(300, seed=9).rename(columns={"who": "customer_id"})
    return churn.watch_list(churn.final_model(found), current, COSTS, value="worth", cut_off=result.facts["list_from"])


def test_one_fold_without_a_paying_contact_does_not_speak_for_all():
    found = with_folds_that_never_pay(ready_study(), 1)
    edges = [cut_off(one, found, COSTS, "chosen") for one in found.fitted]
    assert edges[0] == np.inf
    result = churn.profit(found, COSTS)
    assert result.facts["cut_off"] == max(edges[1:])  # the middle one of three
    assert result.facts["share"] > 0
    assert "In 1 of 3 folds no contact paid" in result.text
    assert len(listed_by(found, result).table) > 0


@pytest.mark.parametrize("folds", [2, 3])
def test_where_most_folds_find_no_paying_contact_title_and_list_agree(folds):
    found = with_folds_that_never_pay(ready_study(), folds)
    result = churn.profit(found, COSTS)
    assert result.title.startswith("No contact pays")
    assert result.facts["verdict"] == "nobody"
    assert listed_by(found, result).title == "Nobody is worth a contact at these costs"


def test_where_the_test_shows_a_loss_the_page_says_so_and_lists_nobody():
    """Many left at the calibration, nobody at the test: each contact has cost itself and an offer given away."""
    found = dated_study()
    churned = found.sample.churned.copy()
    churned[found.rows] = 0.0
    lost = replace(found, sample=replace(found.sample, churned=churned))
    result = churn.profit(lost, COSTS, currency="EUR")
    assert result.facts["profit"] == pytest.approx(-11_000 * result.facts["share"])
    assert result.facts["high"] < 0
    assert result.facts["verdict"] == "loses money"
    assert "of the customers would have lost money, even if" in result.title
    assert "cannot be told" not in result.title
    assert np.isfinite(result.facts["cut_off"])
    empty = listed_by(ready_study(), result)
    assert empty.table.empty
    assert "where it was tested, contacting did not pay" in empty.text


def test_a_list_holds_no_contact_that_is_expected_to_lose():
    assert (listed(cut_off=-1e9, most=300)[0].table.expected_gain >= 0).all()
    assert len(listed(cut_off=-1e9, most=300)[0].table) == len(listed(most=300)[0].table) < 300


def test_values_that_are_missing_must_be_given():
    sample = churn.table_sample(
        test_churn_study.churners.ready(300).drop(columns="true_risk"), label="left", customer_id="who"
    )
    found = churn.study(sample, folds=2)
    with pytest.raises(ContractError, match="a value of every customer; found 300 customers without one"):
        churn.profit(found, COSTS)
    worth = churn.Economics(contact_cost=1.0, success_rate=0.3, value=80.0)
    assert churn.profit(found, worth).table.profit.iloc[-1] == pytest.approx(
        1000 * (found.churned.mean() * 0.3 * 80 - 1)
    )


@pytest.mark.parametrize(
    "change", [{"contact_cost": -1.0}, {"success_rate": 0.0}, {"success_rate": 1.2}, {"certainty": 0.0}]
)
def test_costs_out_of_range_are_refused(change):
    with pytest.raises(ParameterError):
        churn.Economics(**{"contact_cost": 1.0, "success_rate": 0.3, **change})


def test_a_coin_is_beaten_and_the_truth_is_not():
    result = churn.rivals(dated_study(), COSTS)
    by_auc = result.table[result.table.score == "AUC"].set_index("rival")
    assert by_auc.verdict["coin"] == "better"
    assert by_auc.low["coin"] > 0.15
    assert by_auc.verdict["true_risk"] != "better"
    assert set(result.table.score) == {"AUC", "lift in the top tenth", "profit per 1,000"}
    assert "prefer it" in result.text


def test_a_rival_that_is_the_model_is_not_different():
    found = dated_study()
    same = churn.Study(**{**vars(found), "risks": {**found.risks, "coin": found.risks["chosen"]}})
    row = churn.rivals(same).table.set_index(["rival", "score"]).loc[("coin", "AUC")]
    assert [row.difference, row.low, row.high, row.verdict] == [0, 0, 0, "no clear difference"]


def test_paired_intervals_are_narrower_than_those_of_two_scores():
    found = dated_study()
    performance = churn.performance(found).table.set_index("predictor")
    row = churn.rivals(found).table.set_index(["rival", "score"]).loc[("true_risk", "AUC")]
    assert row.high - row.low < 0.8 * (performance.auc_high["chosen"] - performance.auc_low["chosen"])


def listed(**more):
    found = ready_study()
    current = test_churn_study.churners.ready(300, seed=9).rename(columns={"who": "customer_id"})
    return churn.watch_list(
        churn.final_model(found), current, COSTS, value="worth", **{"currency": "EUR", **more}
    ), current


def test_the_watch_list_is_hashed_ranked_and_half_of_it_left_alone():
    result, current = listed()
    table = result.table
    assert table.expected_gain.is_monotonic_decreasing
    assert (table.expected_gain >= 0).all()
    assert not set(table.customer) & set(current.customer_id)
    assert set(table.customer) <= set(hashed(current.customer_id))
    low, high = stats.binom.ppf([0.0005, 0.9995], len(table), 0.5)
    assert low <= (table.arm == "control").sum() <= high
    assert "Contact nobody of the control arm" in result.text
    again, _ = listed()
    assert again.table.arm.tolist() == table.arm.tolist()
    other, _ = listed(seed=1)
    assert other.table.arm.tolist() != table.arm.tolist()


def test_a_list_has_its_length_and_may_be_empty():
    assert len(listed(most=7)[0].table) == 7
    empty, _ = listed(cut_off=1e9)
    assert empty.title == "Nobody is worth a contact at these costs"
    assert len(empty.table) == 0


@pytest.mark.parametrize("share", [0.5, 0.2, 0.75, 0.1])
@pytest.mark.parametrize("seed", [1, 2, 20260101])
def test_arms_keep_their_share_within_what_chance_allows(share, seed):
    for n in (200, 5000):
        drawn = arms([f"c{place}" for place in range(n)], share, seed)
        low, high = stats.binom.ppf([0.0005, 0.9995], n, share)
        assert low <= drawn.count("control") <= high
    assert {arms(["one"], share, other)[0] for other in range(99)} == {"contact", "control"}


def test_arms_are_alike_in_expectation_and_seeds_are_independent():
    """Over 300 seeds the difference of the arms' means has mean 0 and the variance of a draw at random."""
    who, gain = [f"c{place}" for place in range(200)], np.random.default_rng(5).gamma(2.0, 10.0, 200)
    is_control = np.array([[arm == "control" for arm in arms(who, 0.5, seed)] for seed in range(300)])
    differences = np.array([gain[one].mean() - gain[~one].mean() for one in is_control])
    spread = gain.std() * np.sqrt(4 / 200)
    assert abs(differences.mean()) < 4 * spread / np.sqrt(300)
    assert differences.std() == pytest.approx(spread, rel=0.15)
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], 200 * 299, 0.5)
    assert low <= (is_control[1:] == is_control[:-1]).sum() <= high


def test_a_customer_keeps_the_arm_in_the_next_list():
    """Nobody who was left alone by one list is contacted by the next, whoever else has come or gone."""
    first, current = listed()
    model = churn.final_model(ready_study())
    later = current.sample(frac=0.6, random_state=1)
    second = churn.watch_list(model, later, COSTS, value="worth", most=40)
    both = first.table.merge(second.table, on="customer")
    assert len(both) == 40
    assert set(both.arm_x) == {"contact", "control"}
    assert (both.arm_x == both.arm_y).all()
    assert "A customer keeps the arm in later lists" in second.text


def test_a_list_of_one_says_that_nothing_can_be_measured():
    assert "One arm is empty" in listed(most=1)[0].text


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_list_without_an_arm_is_refused(share):
    with pytest.raises(ParameterError, match="without a control arm nothing can be measured"):
        listed(control_share=share)


def test_the_csv_holds_no_formula(tmp_path):
    result, _ = listed(most=9)
    evil = ["=1+1", "+2", "-3", "@sum", "\tx", "fine"] + ["x"] * 3
    path = churn.write_csv(
        type(result)(**{**vars(result), "table": result.table.assign(reasons=evil)}), tmp_path / "list.csv"
    )
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["reasons"] for row in rows[:6]] == ["'=1+1", "'+2", "'-3", "'@sum", "'\tx", "fine"]
    assert [row["customer"] for row in rows] == result.table.customer.tolist()
    with pytest.raises(MachineError, match="a file that can be written"):
        churn.write_csv(result, tmp_path / "no" / "list.csv")


def kept(contact: int, control: int) -> tuple[pd.DataFrame, list[str]]:
    who = [f"c{place}" for place in range(contact + control)]
    return pd.DataFrame(
        {"customer": hashed(who), "arm": ["contact"] * contact + ["control"] * control, "value": 50.0}
    ), who


def outcome(who: list[str], lost_contact: int, contact: int, lost_control: int) -> pd.DataFrame:
    churned = [1] * lost_contact + [0] * (contact - lost_contact) + [1] * lost_control
    return pd.DataFrame({"customer_id": who, "churned": churned + [0] * (len(who) - len(churned))})


def test_what_contacting_changed_by_hand():
    # Newcombe (1998), example (a): 56 of 70 against 48 of 80, difference .2, interval .0524 to .3339 (method 10)
    arms_kept, who = kept(80, 70)
    result = churn.measure(arms_kept, outcome(who, 48, 80, 56))
    assert result.facts["difference"] == pytest.approx(0.2)
    assert [result.facts["low"], result.facts["high"]] == pytest.approx([0.0524, 0.3339], abs=5e-5)
    assert result.facts["verdict"] == "contacting kept customers"
    assert result.title == "Contacting kept 20.0 points more customers"
    assert result.table[["n", "churned"]].to_numpy().tolist() == [[80, 48], [70, 56]]


def test_a_difference_that_may_be_chance_is_no_clear_change():
    arms_kept, who = kept(40, 40)
    result = churn.measure(arms_kept, outcome(who, 18, 40, 22))
    assert result.title == "Contacting made no clear change"
    assert result.facts["low"] < 0 < result.facts["high"]


def test_contacting_that_drives_customers_away_is_said():
    arms_kept, who = kept(100, 100)
    assert churn.measure(arms_kept, outcome(who, 60, 100, 30)).facts["verdict"] == "contacting lost customers"


def test_the_measured_effect_is_that_of_a_simulated_experiment():
    """Contacting keeps a quarter of those who would leave: in 40 experiments the interval holds it some 38 times."""
    rng, held = np.random.default_rng(10), 0
    arms_kept, who = kept(150, 150)
    is_contact = (arms_kept.arm == "contact").to_numpy()
    for _ in range(40):
        lost = rng.random(300) < np.where(is_contact, 0.6 * 0.75, 0.6)
        facts = churn.measure(arms_kept, pd.DataFrame({"customer_id": who, "churned": lost.astype(int)})).facts
        held += facts["low"] <= 0.6 * 0.25 <= facts["high"]
    assert 34 <= held <= 40


def test_customers_without_an_outcome_are_counted_and_strangers_refused():
    arms_kept, who = kept(30, 30)
    result = churn.measure(arms_kept, outcome(who, 10, 30, 12).iloc[3:])
    assert result.facts["not_found"] == 3
    assert "3 customers of the list had no outcome" in result.text
    with pytest.raises(ContractError, match=r"0 of 60 found.*another hash key"):
        churn.measure(arms_kept, outcome([f"z{one}" for one in who], 10, 30, 12))
    with pytest.raises(ContractError, match="the arms contact and control; found treated"):
        churn.measure(arms_kept.assign(arm="treated"), outcome(who, 10, 30, 12))
    with pytest.raises(ContractError, match=r"outcomes: expected columns \['churned'\]"):
        churn.measure(arms_kept, pd.DataFrame({"customer_id": who}))
    with pytest.raises(ContractError, match="one row per customer"):
        churn.measure(pd.concat([arms_kept, arms_kept]), outcome(who, 10, 30, 12))


def test_cutoffs_lie_a_horizon_apart_and_leave_the_last_one_to_test():
    cdnow = datasets.cdnow(sample=True)
    assert churn.cutoffs(cdnow, horizon_days=90, as_of="1998-07-01") == [
        date(1997, 7, 6), date(1997, 10, 4), date(1998, 1, 2), date(1998, 4, 2),
    ]  # fmt: skip
    assert len(churn.cutoffs(cdnow, horizon_days=180, as_of="1998-07-01")) == 2
    with pytest.raises(ContractError, match="orders over at least 900 days"):
        churn.cutoffs(cdnow, horizon_days=300, as_of="1998-07-01")


def test_cdnow_is_foretold_at_a_later_snapshot_beside_p_alive_and_recency():
    """The 1-in-10 sample: a snapshot never seen in training, rivals with intervals on the same customers."""
    orders = datasets.cdnow(sample=True)
    days = churn.cutoffs(orders, horizon_days=90, as_of="1998-07-01")
    taken = features.labelled(
        features.snapshots(orders, cutoffs=days),
        features.inactivity_labels(orders, cutoffs=days, horizon_days=90, as_of="1998-07-01"),
    ).to_pandas()
    table = churn.with_purchase_models(taken, features.histories(orders, cutoffs=days), horizon_days=90)
    table["recency"] = table.recency_days
    sample = churn.snapshot_sample(
        table, horizon_days=90, value="value", rivals=["recency", "p_alive", "p_no_purchase"]
    )
    found = churn.study(sample, folds=2)
    assert "tested on that of 1998-04-02" in found.design
    row = churn.performance(found).table.set_index("predictor").loc["chosen"]
    bought = orders[(orders.ordered_at >= "1998-04-02")].customer_id.nunique()
    assert row.n == 2357
    assert row.churned == 2357 - bought
    assert row.auc_low > 0.7
    result = churn.rivals(found, churn.Economics(contact_cost=1.0, success_rate=0.1, offer_cost=5.0))
    by_auc = result.table[result.table.score == "AUC"].set_index("rival")
    assert by_auc.verdict["p_no_purchase"] != "better"  # two numbers of a purchase model rank as well
    assert (result.table.low <= result.table.difference).all()
    assert (result.table.difference <= result.table.high).all()


def test_purchase_models_read_only_what_each_cutoff_knew():
    orders, day = datasets.cdnow(sample=True), "1997-10-01"
    later = orders.assign(
        ordered_at=orders.ordered_at.where(orders.ordered_at < day, orders.ordered_at + pd.Timedelta(9, "D"))
    )
    tables = [
        churn.with_purchase_models(
            features.snapshots(one, cutoffs=day), features.histories(one, cutoffs=day), horizon_days=90
        )
        for one in (orders, later)
    ]
    pd.testing.assert_frame_equal(*tables)
    # the published MBG/NBD of this sample gives customers without a repeat at T = 38.86 weeks a P(alive) of .38971
    one = tables[0][(tables[0].purchase_days == 1) & (tables[0].tenure_days == 273)]
    assert one.p_alive.iloc[0] == pytest.approx(0.38971, abs=2e-3)


@pytest.mark.slow
def test_subscribers_who_leave_at_random_are_said_to_be_unpredictable():
    """The simulated shop ends subscriptions at one rate for all: nothing that is known of them tells who is next."""
    shop = datasets.coffee_shop(customers=10_000, mess=False)
    spans, days = shop.tables["subscriptions"], ["2025-11-01", "2026-02-01", "2026-05-01"]
    table = features.labelled(
        features.subscriber_snapshots(spans, cutoffs=days, tickets=shop.tables["tickets"]),
        features.subscription_labels(spans, cutoffs=days, horizon_days=89, as_of=shop.as_of),
    )
    found = churn.study(churn.snapshot_sample(table, horizon_days=89), folds=3)
    result = churn.performance(found)
    row = result.table.set_index("predictor").loc["chosen"]
    # three monthly renewals lie in the 89 days: 1 − (1 − rate)³ leave
    expected = 1 - (1 - shop.parameters.ended) ** 3
    assert row.churn_rate == pytest.approx(expected, abs=0.03)
    assert row.mean_risk == pytest.approx(expected, abs=0.04)
    assert row.auc_low < 0.5 < row.auc_high + 0.03
    assert "no better than chance" in result.title
