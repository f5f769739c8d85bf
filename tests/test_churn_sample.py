"""What may be learnt from: labels, kinds of columns, the leak lint that names the column, and the splits."""

from __future__ import annotations

import churners
import numpy as np
import pandas as pd
import pytest

from kpikit.churn import snapshot_sample, table_sample
from kpikit.churn.lint import single_auc
from kpikit.churn.splitting import splits_of
from kpikit.errors import ContractError, ParameterError

READY = churners.ready(400).drop(columns="true_risk")
MADE = churners.snapshots(150).drop(columns=["true_risk", "coin"])


def sampled(frame: pd.DataFrame, **more):
    return table_sample(frame, **{"label": "left", "customer_id": "who", **more})


def test_a_ready_table_is_read_as_it_is():
    sample = sampled(READY, value="worth")
    assert sample.kinds.numbers == ("age", "noise", "worth")
    assert sample.kinds.texts == ("plan",)
    assert sample.churned.sum() == (READY.left == "Yes").sum()
    assert sample.value.tolist() == READY.worth.tolist()


def test_numbers_that_came_as_text_with_blanks_are_numbers():
    frame = READY.assign(total=[" " if place < 5 else f"{place / 7:.4f}" for place in range(len(READY))])
    sample = sampled(frame)
    assert "total" in sample.kinds.numbers
    assert sample.features.total.isna().sum() == 5


def test_the_value_of_a_snapshot_is_no_feature():
    assert "worth" not in snapshot_sample(MADE, horizon_days=30, value="worth").features.columns


LOST = (READY.left == "Yes").to_numpy()
NOISE = np.random.default_rng(0).random(len(READY))
LEAKS = {
    "an identifier by its texts": (
        {"email": [f"a{place}@b.example" for place in range(len(READY))]}, "email: an identifier"),
    "a row number": ({"place": np.arange(len(READY))}, "place: an identifier"),
    "a number that is called an id": (
        {"accountId": np.random.default_rng(1).permutation(10**7)[: len(READY)]}, "accountId: an identifier"),
    "an identifier in digits as text": (
        {"code": [str(10**6 + 17 * place) for place in range(len(READY))]}, "code: an identifier"),
    "a column from after the event": ({"refund": np.where(LOST, 9.0, 0.0) + NOISE}, r"refund: knows the answer .*AUC"),
    "a text from after the event": (
        {"status": np.where(LOST, "closed", np.where(NOISE < 0.5, "a", "b"))}, "status: knows the answer"),
    "a value that only the lost have": ({"reason": np.where(LOST, NOISE, np.nan)}, "reason: knows the answer"),
    "a column that only those who stayed have": ({"renewal": np.where(LOST, np.nan, NOISE)}, "renewal: knows"),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "message"), LEAKS.values(), ids=LEAKS)
def test_a_planted_leak_is_caught_and_named(columns, message):
    with pytest.raises(ContractError, match=message):
        sampled(READY.assign(**columns))


def test_a_planted_leak_of_telco_is_caught_and_named():
    telco = churners.telco()
    with pytest.raises(ContractError, match="customerID: an identifier"):
        table_sample(telco, label="Churn")
    gone = telco.Churn == "Yes"
    after = telco.assign(exit_fee=np.where(gone, telco.MonthlyCharges, 0.0))
    with pytest.raises(ContractError, match=r"exit_fee: knows the answer on its own \(AUC 1\.000\)"):
        table_sample(after, label="Churn", customer_id="customerID")
    assert table_sample(telco, label="Churn", customer_id="customerID").found.facts["features"][0] == "gender"


def test_dates_from_the_cutoff_on_are_caught_and_earlier_ones_left_out():
    early = MADE.cutoff - pd.Timedelta(days=3)
    sample = snapshot_sample(MADE.assign(seen_on=early), horizon_days=30)
    assert "seen_on" not in sample.features.columns
    assert "a date: left out" in sample.found.text
    late = early.where(MADE.index != 7, MADE.cutoff)
    with pytest.raises(ContractError, match="seen_on: 1 date at or after the cutoff"):
        snapshot_sample(MADE.assign(seen_on=late), horizon_days=30)
    text = pd.Series("2024-05-01", index=READY.index).where(READY.index != 3, "2024-06-01")
    with pytest.raises(ContractError, match="closed_on: 1 date at or after the cutoff"):
        sampled(READY.assign(closed_on=text), known_before="2024-06-01")


def test_a_date_that_only_some_have_is_a_leak_where_no_cutoff_says_better():
    closed = pd.Series(pd.Timestamp("2024-05-01"), index=READY.index).where(LOST)
    with pytest.raises(ContractError, match="closed_on: a date that some customers lack"):
        sampled(READY.assign(closed_on=closed))


def test_resampling_before_the_split_is_caught():
    copies = READY[LOST].assign(who=lambda rows: rows.who + "x")
    with pytest.raises(ContractError, match=r"rows: \d+ rows \(.*\) equal another in every column: copied"):
        sampled(pd.concat([READY, copies]))
    with pytest.raises(ContractError, match="one row per customer"):
        sampled(pd.concat([READY, READY[LOST]]))
    with pytest.raises(ContractError, match="one row per customer and cutoff"):
        snapshot_sample(pd.concat([MADE, MADE.head(9)]), horizon_days=30)


def test_customers_who_are_alike_in_a_few_coarse_features_are_no_copies():
    coarse = READY.assign(age=READY.age.round())[["who", "age", "plan", "left"]]
    assert "equal another in every column: kept on one side" in sampled(coarse).found.text


def test_what_was_found_can_be_allowed():
    frame = READY.assign(refund=np.where(LOST, 9.0, 0.0) + NOISE)
    sample = sampled(frame, allow=["refund"])
    assert "refund" in sample.features.columns
    assert "refund (knows the answer" in sample.found.text
    assert sample.found.table.severity.tolist() == ["note"]
    assert "but look at refund" in sample.found.title
    assert "none but what is noted" in sample.found.text


def test_a_rare_text_knows_nothing_on_its_own():
    """Encoded by its own rows, a text of single customers would know all of them."""
    texts = pd.Series([f"t{place // 2}" for place in range(400)])
    assert single_auc(texts, np.random.default_rng(3).random(400) < 0.5) < 0.65


BAD = {
    "one class only": (READY.assign(left="No"), {}, "one class only: 'No' in all 400 rows"),
    "20 rows": (READY.head(20), {}, r"at least 100 rows, 20 of them lost and 20 not; found 20 rows"),
    "constant features": (
        READY[["who", "left"]].assign(a=1, b="x"), {}, "at least one feature that differs between customers; found "
        "constant: a, b"),
    "no label column": (READY.rename(columns={"left": "lefft"}), {}, "the label column 'left'.*Did you mean 'lefft'"),
    "a label that is missing": (READY.assign(left=READY.left.mask(READY.index < 3)), {}, "3 rows without one"),
    "a label in other words": (READY.assign(left=READY.left.map({"Yes": "weg", "No": "da"})), {}, "yes and no in left.*"
        "churned_is"),
    "a value that the label has not": (READY, {"churned_is": "maybe"}, "one of the values"),
    "no such customer column": (READY, {"customer_id": "client"}, r"columns \['client'\]"),
    "no such value column": (READY, {"value": "wroth"}, "Did you mean 'worth'"),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "more", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_answered(frame, more, message):
    with pytest.raises((ContractError, ParameterError), match=message):
        sampled(frame, **more)


def test_a_constant_column_is_left_out_and_said():
    sample = sampled(READY.assign(always="x"))
    assert "always" not in sample.features.columns
    assert "always (constant: left out)" in sample.found.text


def test_labels_in_other_words_are_read_when_named():
    words = READY.assign(left=READY.left.map({"Yes": "weg", "No": "da"}))
    assert sampled(words, churned_is="weg").churned.tolist() == sampled(READY).churned.tolist()


@pytest.mark.parametrize(
    ("lost", "stayed", "said"), [(2, 1, "2"), (2.0, 1.0, "2"), ("2", "1", 2), (True, False, "true"), ("A ", "B", "a")]
)
def test_the_value_that_means_lost_may_be_given_as_text(lost, stayed, said):
    sample = sampled(READY.assign(left=[lost if one else stayed for one in LOST]), churned_is=said)
    assert sample.churned.tolist() == LOST.astype(float).tolist()


def test_a_value_that_could_mean_two_is_refused():
    with pytest.raises(ParameterError, match="one of the values"):
        sampled(READY.assign(left=np.where(LOST, "a", "A")), churned_is=" a")


def test_snapshots_train_before_they_test_and_no_tested_customer_was_seen():
    sample = snapshot_sample(MADE, horizon_days=30)
    splits = splits_of(sample, folds=3)
    day = sample.cutoff.to_numpy()
    for split in splits:
        assert len(split.fit)
        assert len(split.later)
        horizon = np.timedelta64(30, "D")
        assert day[split.fit].max() + horizon <= day[split.later].min()
        assert day[split.later].max() + horizon <= day[split.test].min()
        seen = set(sample.customers.iloc[np.r_[split.fit, split.later]])
        assert not seen & set(sample.customers.iloc[split.test])
    tested = np.concatenate([split.test for split in splits])
    assert sorted(tested) == np.flatnonzero(day == day.max()).tolist()


def test_a_cutoff_whose_horizon_is_not_over_does_not_train():
    with pytest.raises(ParameterError, match="an earlier cutoff whose 100 days are over when the last one begins"):
        splits_of(snapshot_sample(MADE, horizon_days=100))
    sixty = splits_of(snapshot_sample(MADE, horizon_days=60), folds=2)[0]
    days = sorted(pd.unique(MADE.cutoff))
    assert not len(sixty.later)
    assert set(MADE.cutoff.iloc[sixty.fit]) == set(days[:2])


def test_shuffled_folds_are_stratified_and_keep_equal_rows_together():
    twins = READY.head(9).assign(who=lambda rows: rows.who + "x")
    sample = sampled(pd.concat([READY, twins], ignore_index=True))
    splits = splits_of(sample, folds=5, repeats=2, seed=3)
    assert len(splits) == 10
    rate = sample.base_rate
    for split in splits:
        assert sample.churned[split.test].mean() == pytest.approx(rate, abs=0.03)
        for place in range(9):
            assert (place in split.test) == (400 + place in split.test)
    first, second = (np.concatenate([one.test for one in splits if one.repeat == which]) for which in (0, 1))
    assert sorted(first) == sorted(second) == list(range(409))
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("change", [{"folds": 1}, {"repeats": 0}])
def test_folds_and_repeats_are_checked(change):
    with pytest.raises(ParameterError, match="or more"):
        splits_of(sampled(READY), **change)
