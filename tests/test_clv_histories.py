"""Histories as the models read them: groups of equal rows, counted, whatever the numbers are like."""

import numpy as np
import pandas as pd
import pytest

from kpikit.clv import histories

KEYS = histories.KEYS


def table(n=4000, seed=2):
    rng = np.random.default_rng(seed)
    T = rng.integers(1, 40, n) / 7
    frequency = rng.integers(0, 4, n)
    recency = np.where(frequency > 0, np.minimum(rng.integers(1, 40, n) / 7, T), 0.0)
    return pd.DataFrame({"frequency": frequency.astype(float), "recency": recency, "T": T})


def test_groups_by_hand():
    frame = pd.DataFrame({"frequency": [1.0, 0.0, 1.0], "recency": [0.5, 0.0, 0.5], "T": [2.0, 3.0, 2.0]})
    index, groups = histories.codes(frame, KEYS)
    assert index.tolist() == [1, 0, 1]
    assert groups.to_numpy().tolist() == [[0.0, 0.0, 3.0], [1.0, 0.5, 2.0]]
    assert histories.distinct(frame).n_customers.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("most_codes", "most_packed"), [(2**31, 2**62), (10, 2**62), (2**31, 1), (10, 1)])
def test_groups_are_those_of_a_group_by_however_many_combinations_there_are(monkeypatch, most_codes, most_packed):
    monkeypatch.setattr(histories, "MOST_CODES", most_codes)
    monkeypatch.setattr(histories, "MOST_PACKED", most_packed)
    frame = table()
    index, groups = histories.codes(frame, KEYS)
    expected = frame.groupby(KEYS, as_index=False).size()
    pd.testing.assert_frame_equal(groups, expected[KEYS])
    np.testing.assert_array_equal(np.bincount(index), expected["size"])
    np.testing.assert_array_equal(groups.to_numpy()[index], frame.to_numpy())


def test_ages_of_which_no_two_are_equal():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"frequency": 1.0, "recency": rng.random(5000), "T": 1 + rng.random(5000)})
    index, groups = histories.codes(frame, KEYS)
    assert len(groups) == 5000
    np.testing.assert_array_equal(groups.to_numpy()[index], frame.to_numpy())


def test_more_combinations_than_a_whole_number_holds():
    rng = np.random.default_rng(6)
    keys = list("abcdef")  # 2,000 levels each: 6.4e19 combinations
    frame = pd.DataFrame(rng.permuted(np.tile(np.arange(2000.0), (6, 2)), axis=1).T, columns=keys)
    frame = pd.concat([frame, frame.head(500)], ignore_index=True)
    index, groups = histories.codes(frame, keys)
    expected = frame.groupby(keys, as_index=False).size()
    pd.testing.assert_frame_equal(groups, expected[keys])
    np.testing.assert_array_equal(np.bincount(index), expected["size"])


def test_no_rows_have_no_groups():
    index, groups = histories.codes(table().head(0), KEYS)
    assert (len(index), len(groups)) == (0, 0)


def test_counts_that_are_there_already_are_summed():
    frame = table()
    twice = pd.concat([histories.distinct(frame), histories.distinct(frame)])
    both = histories.distinct(twice)
    assert both.n_customers.sum() == 2 * len(frame)
    assert not both.duplicated(KEYS).any()


@pytest.mark.parametrize("most", [3, 70_000])
def test_repeat_spend_does_not_depend_on_the_order_of_the_rows(most):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"frequency": rng.integers(0, 4, 900), "monetary_value": rng.integers(1, 9, 900) / 2})
    frame.loc[0, "frequency"] = most
    frame.loc[frame.frequency == 0, "monetary_value"] = np.nan
    found = histories.repeat_spend(frame.assign(recency=0.0, T=1.0))
    expected = frame[frame.frequency > 0].astype(float).sort_values(["frequency", "monetary_value"], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected)
    shuffled = frame.sample(frac=1, random_state=1).assign(recency=0.0, T=1.0)
    pd.testing.assert_frame_equal(histories.repeat_spend(shuffled), expected)
