"""Products: revenue, returns, ratings and who came back, by hand; a line counts once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from kpikit import compute
from kpikit.errors import ContractError, ParameterError
from kpikit.metrics import find, products

pytestmark = pytest.mark.usefixtures("engine")
AS_OF = "2024-07-01"


def bought(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Return orders from (order, customer, time, amount)."""
    table = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "amount"])
    times = [pd.Timestamp(time) for time in table.ordered_at]
    return table.assign(ordered_at=times).astype({"ordered_at": "datetime64[us]", "amount": "float64"})


def lines(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Return lines from (order, product, amount, returned, rating, rated)."""
    table = pd.DataFrame(rows, columns=["order_id", "product", "amount", "returned_at", "rating", "rated_at"])
    times = {name: [pd.Timestamp(value) for value in table[name]] for name in ("returned_at", "rated_at")}
    kinds = dict.fromkeys(times, "datetime64[us]") | {"amount": "float64", "rating": "float64"}
    return table.assign(**times).astype(kinds)


shop = bought(
    ("1", "ann", "2024-01-01 09:00", 30.0),
    ("2", "ann", "2024-02-01 09:00", 10.0),
    ("3", "bob", "2024-01-15 09:00", 20.0),
    ("4", "eve", "2024-06-15 09:00", 10.0),
)
sold = lines(
    ("1", "Mug", 10.0, "2024-01-31 23:00", 5, "2024-01-03"),  # on the thirtieth day
    ("1", "Beans", 20.0, None, 4, "2024-01-03"),
    ("2", "Beans", 10.0, "2024-03-03 09:00", None, None),  # on the thirty-first
    ("3", "Mug", 20.0, None, 2, "2024-02-20"),
    ("4", "Mug", 10.0, "2024-06-20 09:00", None, None),  # sold sixteen days before the end
)
TABLES = {"order_lines": sold, "orders": shop}


def of(table: pd.DataFrame) -> list[tuple[float, float]]:
    return list(zip(table.numerator, table.denominator, strict=True))


def by_product(tables=None, **options) -> pd.DataFrame:
    found = products.product_performance(tables or TABLES, **{"as_of": AS_OF, **options})
    return found.to_pandas().set_index("product")


def test_each_product_by_hand():
    table = by_product()
    assert table.revenue.to_dict() == {"Mug": 40.0, "Beans": 30.0}
    assert table.orders.to_dict() == {"Mug": 3, "Beans": 2}
    assert table.lines_old_enough.to_dict() == {"Mug": 2, "Beans": 2}
    assert table.returned.to_dict() == {"Mug": 1, "Beans": 0}
    assert table.ratings.to_dict() == {"Mug": 2, "Beans": 1}
    assert table.rating_sum.to_dict() == {"Mug": 7, "Beans": 4}
    assert table.rating_xx.to_dict() == {"Mug": 29, "Beans": 16}
    assert table.began.to_dict() == {"Mug": 2, "Beans": 1}  # eve began sixteen days ago
    assert table.came_back.to_dict() == {"Mug": 1, "Beans": 1}
    assert table.units.isna().all()  # no quantity is known


def test_the_sums_of_a_customers_lines_tell_one_careless_customer_from_many():
    """Ann sends three mugs back, bob keeps one, and eve's are too young: clusters of 3 and 1."""
    three = lines(*[("1", "Mug", 10.0, "2024-01-05", 5, "2024-01-06")] * 3, ("3", "Mug", 10.0, None, 2, "2024-02-20"),
                  ("4", "Mug", 10.0, None, None, None))  # fmt: skip
    row = by_product({"order_lines": three, "orders": shop}).loc["Mug"]
    assert row[["returned", "lines_old_enough", "return_customers"]].tolist() == [3, 4, 2]
    assert row[["return_xx", "return_yy", "return_xy"]].tolist() == [9, 10, 9]
    assert row[["rating_sum", "ratings", "raters"]].tolist() == [17, 4, 2]
    assert row[["rating_xx", "rating_yy", "rating_xy"]].tolist() == [229, 10, 47]


def test_order_and_line_do_not_multiply():
    """Orders that come as two rows (a partial refund of their own) and three lines: each line's amount counts once."""
    twice = pd.concat([shop, shop.assign(amount=-1.0)])
    table = by_product({"order_lines": sold, "orders": twice})
    assert table.revenue.to_dict() == {"Mug": 40.0, "Beans": 30.0}
    assert table.began.to_dict() == {"Mug": 2, "Beans": 1}
    assert of(products.return_rate(sold, twice, as_of=AS_OF).to_pandas()) == [(1, 4)]


def test_a_product_twice_in_a_first_order_counts_its_customer_once():
    table = by_product({"order_lines": pd.concat([sold, sold[:1]]), "orders": shop})
    assert table.began.to_dict() == {"Mug": 2, "Beans": 1}
    assert table.orders.to_dict() == {"Mug": 3, "Beans": 2}


def test_a_return_window_that_is_not_over_is_in_neither_count():
    assert of(products.return_rate(sold, shop, as_of=AS_OF).to_pandas()) == [(1, 4)]
    shorter = find("return_rate").using(return_days=7)
    assert of(shorter.counts(sold, shop, as_of=AS_OF).to_pandas()) == [(1, 5)]
    with pytest.raises(ParameterError, match="1 day or more"):
        products.return_rate(sold, shop, return_days=0)


def test_a_month_is_not_complete_until_its_last_window_is_over():
    table = products.return_rate(sold, shop, period="month", as_of=AS_OF).to_pandas()
    assert of(table)[:2] == [(1, 3), (0, 1)]
    months = products.return_rate(sold, shop, period="month", as_of="2024-06-30").to_pandas()
    assert months.status.tolist()[-2:] == ["partial", "not_yet_observed"]
    assert table.status.tolist() == ["complete"] * 5 + ["not_yet_observed"]


def test_a_return_dated_at_the_end_is_not_known():
    table = products.return_rate(sold, shop, as_of="2024-01-31").to_pandas()
    assert of(table) == [(0, 0)]
    assert of(products.return_rate(sold, shop, as_of="2024-02-01").to_pandas()) == [(1, 2)]


def test_ratings_count_when_they_are_given():
    table = products.product_rating(sold, shop, period="month", as_of=AS_OF).to_pandas()
    assert of(table)[:2] == [(9, 2), (2, 1)]
    by_name = products.product_rating(sold, shop, by="product", as_of=AS_OF).to_pandas()
    assert dict(zip(by_name.segment, of(by_name), strict=True)) == {"Beans": (4, 1), "Mug": (7, 2)}


def test_a_rating_given_later_is_not_known():
    assert by_product(as_of="2024-02-15").ratings.to_dict() == {"Mug": 1, "Beans": 1}


def test_segments_come_from_the_lines_or_from_their_orders():
    channels = shop.assign(channel=["web", "web", "shop", "web"])
    table = products.return_rate(sold, channels, by="channel", as_of=AS_OF).to_pandas()
    assert dict(zip(table.segment, of(table), strict=True)) == {"shop": (0, 1), "web": (1, 3)}
    with pytest.raises(ContractError, match="colour"):
        products.return_rate(sold, shop, by="colour")


def test_a_line_whose_order_is_not_there_counts_alone_where_its_time_is_known():
    dated = pd.concat([sold, sold[:1].assign(order_id="9", ordered_at=pd.Timestamp("2024-01-01"))])
    row = products.return_rate(dated, shop, as_of=AS_OF).to_pandas().iloc[0]
    assert (row.numerator, row.denominator, row.n) == (2, 5, 3)  # ann, bob, and one of nobody known
    assert of(products.return_rate(sold.assign(order_id="9"), shop, as_of=AS_OF).to_pandas()) == [(0, 0)]


def test_refunded_lines_are_not_sold():
    minus = pd.concat([sold, lines(("2", "Mug", -5.0, None, None, None))])
    assert by_product({"order_lines": minus, "orders": shop}).loc["Mug", ["revenue", "orders"]].tolist() == [35.0, 3]


def test_without_lines_or_ids_there_are_no_rows():
    assert by_product({"orders": shop}).empty
    assert by_product({"order_lines": sold, "orders": shop.drop(columns="order_id")}).empty


def test_what_the_lines_do_not_hold_is_missing_and_not_zero():
    bare = sold[["order_id", "product", "amount"]].assign(quantity=[1.0, 2.0, 3.0, 4.0, 5.0])
    table = by_product({"order_lines": bare, "orders": shop})
    assert table[["returned", "ratings"]].isna().all(axis=None)
    assert table.units.to_dict() == {"Mug": 10, "Beans": 5}


def test_nothing_sold_long_enough_ago_gives_a_missing_value():
    values = compute({"order_lines": sold[-1:], "orders": shop[-1:]}, ["return_rate", "product_rating"], as_of=AS_OF)
    assert values.value.isna().all()


def test_interval_is_wilsons_where_a_customer_buys_one_line():
    made = bought(*((str(n), f"c{n}", "2024-01-01", 1.0) for n in range(20)))
    came = lines(*((str(n), "Mug", 1.0, "2024-01-05" if n < 4 else None, None, None) for n in range(20)))
    row = compute({"order_lines": came, "orders": made}, ["return_rate"], as_of=AS_OF).iloc[0]
    assert (row.low, row.high) == pytest.approx((0.0806576625797981, 0.4160174322518935))  # R's binom, 4 of 20


def test_interval_is_wider_where_whole_orders_come_back():
    """Twenty customers whose five lines come back together are worth twenty lines: statsmodels on 4 of 20."""
    made = bought(*((str(n), f"c{n}", "2024-01-01", 5.0) for n in range(20)))
    came = lines(*((str(n), p, 1.0, "2024-01-05" if n < 4 else None, None, None) for n in range(20) for p in "abcde"))
    row = compute({"order_lines": came, "orders": made}, ["return_rate"], as_of=AS_OF).iloc[0]
    low, high = proportion_confint(4, 20, method="wilson")
    assert row.high - row.low == pytest.approx(high - low, rel=0.1)


def test_interval_of_ratings_is_students_where_customers_rate_once():
    """Independent computation: the t interval of 5, 4, 2."""
    made = bought(*((str(n), f"c{n}", "2024-01-01", 1.0) for n in range(3)))
    rated = lines(*((str(n), "Mug", 1.0, None, score, "2024-01-05") for n, score in enumerate((5, 4, 2))))
    row = compute({"order_lines": rated, "orders": made}, ["product_rating"], as_of=AS_OF).iloc[0]
    half = stats.t.ppf(0.975, 2) * np.std([5, 4, 2], ddof=1) / np.sqrt(3)
    assert (row.value, row.low, row.high) == pytest.approx((11 / 3, 11 / 3 - half, 11 / 3 + half))


moments = st.integers(0, 200).map(lambda day: pd.Timestamp("2024-01-01") + pd.Timedelta(days=day))
one_line = st.tuples(
    st.sampled_from("1234"), st.sampled_from("MN"), st.sampled_from([5.0, -5.0]), st.none() | moments,
    st.sampled_from([1, 5]), moments,
)  # fmt: skip


@given(st.lists(one_line, min_size=1, max_size=12))
@settings(max_examples=15, deadline=None)
def test_what_is_dated_at_or_after_as_of_changes_nothing(rows):
    as_of, table = pd.Timestamp("2024-05-01"), lines(*rows)
    late = table.rated_at >= as_of
    cut = table.assign(
        returned_at=table.returned_at.mask(table.returned_at >= as_of),
        rating=table.rating.mask(late), rated_at=table.rated_at.mask(late),
    )[table.order_id != "4"]  # fmt: skip
    if cut.empty:
        return
    for function in (products.return_rate, products.product_rating):
        now = function(table, shop, period="month", as_of=as_of).to_pandas()
        pd.testing.assert_frame_equal(now, function(cut, shop[:3], period="month", as_of=as_of).to_pandas())
    now = by_product({"order_lines": table, "orders": shop}, as_of=as_of)
    pd.testing.assert_frame_equal(now, by_product({"order_lines": cut, "orders": shop[:3]}, as_of=as_of))
