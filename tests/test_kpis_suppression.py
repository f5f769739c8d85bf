"""Small cells: below the threshold a cell is not shown, nor what would give it away."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kpikit as kk
from kpikit import sources
from kpikit.cells import small_rows
from kpikit.config import Config, Privacy
from kpikit.kpis.suppression import hidden, protected, suppressed
from kpikit.results import Result
from kpikit.sources.data import Data


def shop(sizes: dict[str, int], min_cell: int = 5) -> Data:
    """Return a shop whose segments have so many customers, each with one order in January and one in March."""
    rows = [
        {"customer_id": f"{segment}-{number}", "ordered_at": pd.Timestamp(day), "amount": 10.0, "segment": segment}
        for segment, size in sizes.items()
        for number in range(size)
        for day in ("2024-01-10", "2024-03-10")
    ]
    config = Config(privacy=Privacy(min_cell=min_cell))
    return sources.load(config, as_of="2024-04-01", tables={"orders": pd.DataFrame(rows)})


def test_a_segment_of_two_goes_and_the_next_smallest_with_it() -> None:
    data = shop({"web": 40, "store": 7, "fair": 2})
    found = kk.compute(data, ["average_order_value", "revenue"], by="segment").set_index(["kpi", "segment"])
    for kpi in ("average_order_value", "revenue"):
        assert found.status[kpi].to_dict() == {"fair": "suppressed", "store": "suppressed", "web": "complete"}
        gone = found.loc[[(kpi, "fair"), (kpi, "store")], ["numerator", "denominator", "value", "low", "high", "n"]]
        assert gone.isna().all(axis=None)
    assert found.n["revenue", "web"] == 40


def test_the_threshold_is_the_configurations_and_tables_by_name_have_none() -> None:
    data = shop({"web": 40, "store": 7, "fair": 2}, min_cell=1)
    assert set(kk.compute(data, "revenue", by="segment").status) == {"complete"}
    named = shop({"web": 40, "store": 7, "fair": 2})
    assert set(kk.compute(dict(named.tables), "revenue", by="segment").status) == {"complete"}


def test_a_period_of_few_customers_is_suppressed_and_an_empty_one_is_zero() -> None:
    found = kk.compute(shop({"web": 3}), "revenue", period="month")
    assert found.status.tolist() == ["suppressed", "complete", "suppressed"]
    assert found.numerator.isna().tolist() == [True, False, True]
    assert kk.changes(shop({"web": 3}), "revenue", period="month").n.tolist()[0] == 0


def test_records_of_suppressed_cells_say_no_number() -> None:
    (first, *_) = kk.scores(kk.compute(shop({"web": 3}), "revenue", period="month"), period="month").kpis
    assert first["status"] == "suppressed"
    assert [first[name] for name in ("numerator", "value", "low", "high", "n")] == [None] * 5


def test_a_cohort_is_suppressed_at_every_age_and_the_next_smallest_with_it() -> None:
    table = pd.DataFrame(
        [
            (cohort, age, size, min(size, 3), "complete")
            for cohort, size in (("a", 3), ("b", 9), ("c", 50))
            for age in (0, 1)
        ],
        columns=["cohort", "age", "cohort_size", "active", "status"],
    )
    found = suppressed(table, 5)
    assert found.status.tolist() == ["suppressed"] * 4 + ["complete"] * 2
    assert found.cohort_size.isna().tolist() == found.active.isna().tolist() == [True] * 4 + [False] * 2
    assert found.age.tolist() == [0, 1] * 3
    assert found.active.tolist()[-1] == 3  # 3 of 50 came back: they cannot be told from the others


def test_a_results_rows_go_and_its_words_with_them_where_they_name_one() -> None:
    table = pd.DataFrame({"group": ["web", "fair", "store"], "cases": [400, 2, 90], "rate": [0.5, 1.0, 0.4]})
    named = Result("first", "table", "Fair is best", "In fair it is 100 % of 2 cases.", "Fair is best.", table=table)
    (found,) = protected(shop({"web": 9}), named)
    assert found.table.group.tolist() == ["web"]
    assert "fair" not in found.text
    assert found.headline == ""
    assert "2 rows of 3 rest on fewer than 5 people" in found.text
    (other,) = protected(shop({"web": 9}), dataclasses.replace(named, title="T", text="400 cases.", headline="H."))
    assert other.text.startswith("400 cases. 2 rows of 3")
    assert (other.title, other.headline) == ("T", "H.")


def test_what_is_large_enough_stays_as_it_is() -> None:
    result = Result("x", "table", "T", table=pd.DataFrame({"group": ["a", "b"], "customers": [5, 0]}))
    assert protected(shop({"web": 9}), result)[0] is result


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(1, 9))
def test_no_total_gives_a_hidden_cell_away(counts: list[int], min_cell: int) -> None:
    gone = hidden(counts, min_cell)
    sizes = np.array(counts)
    assert not ((sizes[~gone] > 0) & (sizes[~gone] < min_cell)).any()
    assert not gone[sizes == 0].any()
    if gone.any() and (sizes[~gone] > 0).any():  # else nobody else could be hidden
        assert gone.sum() >= 2
        assert sizes[gone].sum() >= min_cell
    assert gone.any() == ((sizes > 0) & (sizes < min_cell)).any()


def test_a_missing_count_is_not_small() -> None:
    assert hidden([float("nan"), 50], 5).tolist() == [False, False]


@pytest.mark.parametrize("period", [None, "month"])
def test_what_compute_shows_passes_the_gates_rule(period: str | None) -> None:
    found = kk.compute(shop({"web": 40, "store": 7, "fair": 2}), period=period, by="segment")
    rows = found.astype(object).where(found.notna(), None).to_numpy().tolist()
    assert small_rows(list(found.columns), rows, 5) == []
