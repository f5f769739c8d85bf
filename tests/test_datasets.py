"""The embedded data against the counts that the papers publish."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pandas as pd
import pytest

from kpikit import datasets
from kpikit.errors import DataUnreachableError


@pytest.mark.parametrize(("sample", "rows", "customers"), [(True, 6919, 2357), (False, 69659, 23570)])
def test_cdnow_has_the_published_size(sample, rows, customers):
    # Fader and Hardie (2001): 23,570 customers and 69,659 transactions; the 1-in-10 sample has 2,357 and 6,919
    table = datasets.cdnow(sample=sample)
    assert (len(table), table.customer_id.nunique()) == (rows, customers)
    assert table.columns.tolist() == ["customer_id", "ordered_at", "quantity", "amount"]
    assert table.ordered_at.min() == pd.Timestamp("1997-01-01")
    assert table.ordered_at.max() < pd.Timestamp(datasets.CDNOW_FIRST_UNKNOWN_DAY)
    assert table.amount.min() == 0


def test_everyone_s_first_purchase_lies_in_the_first_quarter_of_1997():
    first = datasets.cdnow(sample=True).groupby("customer_id").ordered_at.min()
    assert first.max() <= pd.Timestamp("1997-03-31")


def test_ids_keep_their_leading_zeros():
    assert set(datasets.cdnow().customer_id.str.len()) == {5}


def test_a_missing_file_says_what_to_install():
    with pytest.raises(DataUnreachableError, match=r"the data file nothing\.txt of lifetimes.*pip install"):
        datasets.lifetimes_file("nothing.txt")


def test_a_missing_package_says_the_same(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataUnreachableError, match="pip install"):
        datasets.cdnow()


def test_the_data_are_found_without_importing_lifetimes():
    # importing it changes a pandas option and the warning filters
    code = "import sys; from kpikit import datasets; datasets.cdnow(sample=True); sys.exit('lifetimes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_source_names_who_published_it():
    assert "Fader and Hardie, 2001" in datasets.CDNOW_SOURCE
