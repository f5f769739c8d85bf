"""Small cells: below the threshold a cell is not shown, nor what would give it away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kpikit as kk
from kpikit import sources
from kpikit.cells import left_out, small_rows
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
    assert found.status.tolist() == ["suppressed", "complete", "partial"]  # March is not over: that stays to be seen
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


@pytest.mark.parametrize("label", ["fair", pd.Timestamp("2026-01-01"), 7])
@pytest.mark.parametrize(
    "text", ["In fair it is 100 % of 2 cases.", "In January 2026 it is best.", "492 cases in all."]
)
def test_where_a_row_of_a_result_goes_all_its_words_and_computed_facts_go(label: object, text: str) -> None:
    """Whatever the row is called and however it is spelled: the total alone, less the rows shown, is the row."""
    table = pd.DataFrame({"group": ["web", label, "store"], "cases": [400, 2, 90], "rate": [0.5, 1.0, 0.4]})
    facts = {"currency": "EUR", "total": 492, "rate": 0.48, "best": str(label)}
    named = Result("best-group", "table", text, text, text, table=table, html=f"<p>{text}</p>", facts=facts)
    (found,) = protected(shop({"web": 9}), named)
    assert found.table.group.tolist() == ["web"]
    assert (found.title, found.headline, found.html) == ("Small groups are not shown: best group", "", "")
    assert found.text.startswith("2 rows of 3 rest on fewer than 5 people")
    assert found.facts == {"currency": "EUR"}


def test_a_table_says_how_many_rows_it_no_longer_holds() -> None:
    table = pd.DataFrame({"segment": ["web", "fair", "store"], "customers": [400, 2, 90]})
    (found,) = protected(shop({"web": 9}), table)
    assert (left_out(table), left_out(found), left_out(found.sort_values("customers"))) == (0, 2, 2)
    assert left_out(protected(shop({"web": 9}), found)[0]) == 2


@pytest.mark.parametrize("total", ["all", "all channels"])
def test_a_total_is_no_second_cell_and_two_are_hidden_under_it(total: str) -> None:
    table = pd.DataFrame({"channel": [total, "web", "store", "fair"], "customers": [49, 40, 7, 2], "cost": 1.0})
    (found,) = protected(shop({"web": 9}), table)
    assert found.channel.tolist() == [total, "web"]
    alone = pd.DataFrame({"channel": [total, "fair"], "customers": [49, 2], "cost": 1.0})
    assert protected(shop({"web": 9}), alone)[0].empty  # nothing else can hide it: the total goes too


def test_a_sum_of_some_channels_goes_where_one_of_any_is_hidden() -> None:
    names = ["all channels", "paid channels", "web", "store", "fair"]
    table = pd.DataFrame({"channel": names, "customers": [89, 42, 40, 47, 2], "cost": 1.0})
    (found,) = protected(shop({"web": 9}), table)
    assert found.channel.tolist() == ["all channels", "store"]


def test_a_sum_of_one_channel_does_not_make_two_of_it() -> None:
    """Social is all that was paid for: counted twice it would seem to hide itself, and all less word would tell it."""
    names = ["all channels", "paid channels", "word", "social"]
    table = pd.DataFrame({"channel": names, "customers": [49, 4, 45, 4], "cost": 1.0})
    assert protected(shop({"web": 9}), table)[0].channel.tolist() == ["all channels"]


def test_a_journey_is_shown_whole_or_not_at_all() -> None:
    steps = [(name, step) for name in ("web", "store", "fair") for step in (1, 2, 3)]
    table = pd.DataFrame(steps, columns=["segment", "step_number"])
    table["entered"] = [40, 40, 40, 30, 30, 30, 2, 2, 2]
    table["n"] = [40, 9, 3, 30, 8, 2, 2, 1, 0]
    table["status"] = "complete"
    found = suppressed(table, 5)
    assert found.status.tolist() == ["complete"] * 3 + ["suppressed"] * 6
    assert found.n.tolist()[:3] == [40, 9, 3]  # 3 of 40 cannot be told from the others


def test_groups_of_two_margins_do_not_fill_each_other_up() -> None:
    table = pd.DataFrame({"margin": ["segment", "segment", "channel", "channel"], "group": list("abcd"),
                          "invited": [2, 90, 12, 80]})  # fmt: skip
    assert protected(shop({"web": 9}), table)[0].group.tolist() == ["c", "d"]


def test_cohorts_of_a_small_segment_are_hidden_by_their_own_size() -> None:
    rows = [(name, cohort, age, size) for name, size in (("web", 50), ("fair", 2)) for cohort in "ab" for age in (0, 1)]
    table = pd.DataFrame(rows, columns=["segment", "cohort", "age", "cohort_size"]).assign(status="complete")
    assert suppressed(table, 5).status.tolist() == ["complete"] * 4 + ["suppressed"] * 4


def test_lines_of_a_sum_go_together_since_one_is_the_total_less_the_others() -> None:
    table = pd.DataFrame({"line": ["opening", "acquired", "closing"], "customers": [50, 2, 52], "amount": 1.0})
    assert protected(shop({"web": 9}), table)[0].empty


def test_one_customer_in_the_newest_month_does_not_make_the_month_before_it_current() -> None:
    counts = pd.DataFrame({"period": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]), "n": [30, 40, 2]})
    value = 10.0 * counts.n
    values = counts.assign(kpi="revenue", segment="all", numerator=value, denominator=float("nan"), value=value,
                           low=1.0, high=900.0, status="complete")  # fmt: skip
    found = kk.scores(suppressed(values, 5), period="month")
    assert found.text == "Revenue, 2024-03: too few people to be shown."
    (tile,) = found.facts["tiles"]
    assert (tile["value"], tile["period"], tile["count"]) == ("–", "2024-03", "too few people")
    assert found.headline == ""
    begun = values.assign(status=["complete", "complete", "partial"])  # March has only begun: February is the last
    assert "Revenue, 2024-02: 400.00" in kk.scores(suppressed(begun, 5), period="month").text


def test_changes_and_scorecard_take_no_earlier_period_for_a_withheld_one() -> None:
    rows = [
        {"customer_id": f"c{number}", "ordered_at": pd.Timestamp(f"2024-0{month}-10"), "amount": 10.0}
        for month, size in ((1, 30), (2, 40), (3, 2), (4, 9))
        for number in range(size)
    ]
    data = sources.load(Config(), as_of="2024-04-11", tables={"orders": pd.DataFrame(rows)})
    assert kk.compute(data, "revenue", period="month").status.tolist() == ["complete"] * 2 + ["suppressed", "partial"]
    assert kk.changes(data, "revenue", period="month").empty
    card = kk.scorecard.scorecard(data, period="month", kpis=["revenue"])
    (tile,) = card.tiles.facts["tiles"]
    assert (tile["title"], tile["value"], tile["period"]) == ("Revenue", "–", "2024-03")
    assert "2024-02" not in f"{card.goals.text}{card.changes.text}{card.control.title}{card.control.text}"


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


def test_a_table_without_rows_stays_as_it_is() -> None:
    empty = pd.DataFrame({"product": pd.Series(dtype=str), "customers": pd.Series(dtype=int)})
    (kept,) = protected(shop({"web": 9}), empty)
    assert kept.empty
    assert list(kept.columns) == ["product", "customers"]


def test_a_missing_count_is_not_small() -> None:
    assert hidden([float("nan"), 50], 5).tolist() == [False, False]


@pytest.mark.parametrize("period", [None, "month"])
def test_what_compute_shows_passes_the_gates_rule(period: str | None) -> None:
    found = kk.compute(shop({"web": 40, "store": 7, "fair": 2}), period=period, by="segment")
    rows = found.astype(object).where(found.notna(), None).to_numpy().tolist()
    assert small_rows(list(found.columns), rows, 5) == []
