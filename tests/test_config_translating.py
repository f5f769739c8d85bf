"""SQL of kpikit.yaml as Ibis: the same answers on every engine, and errors that say what is allowed."""

from __future__ import annotations

import duckdb
import ibis
import pandas as pd
import pytest

from kpikit.config.translating import check_condition, columns_read, condition, to_ibis
from kpikit.contracts import as_table
from kpikit.errors import ConfigError

on_every_engine = pytest.mark.usefixtures("engine")
AS_OF = "2026-03-01"

ROWS = pd.DataFrame(
    {
        "row": [0, 1, 2, 3],
        "amount": [10.0, 0.0, -5.0, None],
        "margin": [4.0, 2.0, None, 1.0],
        "channel": ["Web", " five ", None, "shop%"],
        "promised_at": pd.to_datetime(["2026-02-27 12:00", "2026-02-28 09:00", "2026-03-01 00:00", None]),
        "delivered_at": pd.to_datetime(["2026-02-27 12:00", "2026-03-01 08:00", None, "2026-01-31 23:59"]),
        "is_intact": pd.array([True, False, None, True], dtype="boolean"),
        "Order Date": pd.to_datetime(["2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04"]),
    }
).astype(dict.fromkeys(("promised_at", "delivered_at", "Order Date"), "datetime64[us]"))

TRUE_IN = {
    "promised_at < :as_of": [0, 1],
    "delivered_at <= promised_at": [0],
    "DELIVERED_AT <= Promised_At": [0],
    "promised_at < DATE '2026-02-28'": [0],
    "promised_at < '2026-02-28 09:00'": [0],
    "promised_at BETWEEN '2026-02-28' AND :as_of": [1, 2],
    "amount > 0 AND NOT is_intact IS FALSE": [0],
    "amount > 0 OR is_intact": [0, 3],
    "amount IS NULL": [3],
    "amount IS NOT NULL AND is_intact IS NOT TRUE": [1, 2],
    "amount <> 0": [0, 2],
    "amount IN (0, 10)": [0, 1],
    "channel NOT IN ('Web', 'x')": [1, 3],
    "channel LIKE 'W%'": [0],
    "channel ILIKE 'w__'": [0],
    "channel NOT LIKE '%b'": [1, 3],
    "TRIM(channel) = 'five'": [1],  # neither the f nor the v is a blank
    "UPPER(channel) = 'WEB' OR LOWER(channel) = 'shop%'": [0, 3],
    "LENGTH(channel) = 6": [1],
    "margin / amount > 0.3": [0],  # a division by 0 is not known
    "1 / 2 = 0.5": [0, 1, 2, 3],
    "amount * 2 - margin + 1 >= 17": [0],
    "-amount > 0": [2],
    "ABS(amount) > 4": [0, 2],
    "COALESCE(amount, 7) = 7": [3],
    "NULLIF(amount, 0) IS NULL": [1, 3],
    "GREATEST(amount, margin) = 2": [1],
    "LEAST(amount, margin, 3) = -5": [2],
    "CASE WHEN amount > 5 THEN 'big' WHEN amount < 0 THEN 'minus' END = 'minus'": [2],
    "CASE channel WHEN 'Web' THEN 1 ELSE 2 END = 1": [0],
    "IF(amount > 0, TRUE, FALSE)": [0],
    "YEAR(promised_at) = 2026 AND MONTH(promised_at) = 2 AND DAY(promised_at) = 28": [1],
    "EXTRACT(HOUR FROM promised_at) = 12": [0],
    "HOUR(promised_at) = 9": [1],
    "DATE_DIFF('day', promised_at, delivered_at) = 1": [1],  # 23 hours, but another day
    "delivered_at <= promised_at + INTERVAL 1 DAY": [0, 1],
    "delivered_at > promised_at + INTERVAL '22 hours' + INTERVAL 59 MINUTE": [1],
    "promised_at - INTERVAL 2 DAY >= '2026-02-27'": [2],
    "CAST(delivered_at AS DATE) <= CAST(promised_at AS DATE)": [0],
    "CAST(is_intact AS DOUBLE) + amount = 11": [0],
    "\"Order Date\" = DATE '2026-02-03'": [2],
    "is_intact": [0, 3],
    "true": [0, 1, 2, 3],
}


@on_every_engine
@pytest.mark.parametrize(("sql", "expected"), TRUE_IN.items())
def test_true_for_these_rows_and_not_known_is_false(sql, expected):
    table = as_table("orders", ROWS.assign(customer_id="a", ordered_at=ROWS["Order Date"]))
    found = table.mutate(found=condition(sql, table, AS_OF)).to_pandas()
    assert sorted(found.row[found.found]) == expected


@pytest.mark.parametrize("sql", [sql for sql in TRUE_IN if "/ amount" not in sql])
def test_it_means_what_duckdb_makes_of_it(sql):
    """Independent computation: the text itself, run by DuckDB (which gives infinity for a division by 0)."""
    text = sql.replace(":as_of", f"TIMESTAMP '{AS_OF}'")
    with duckdb.connect() as connection:
        connection.register("rows", ROWS.astype({"channel": object}))
        found = connection.execute(f'SELECT "row" FROM rows WHERE {text} ORDER BY 1').fetchall()
    assert [row for (row,) in found] == TRUE_IN[sql]


@on_every_engine
def test_a_value_and_the_end_as_an_expression():
    table = ibis.memtable(ROWS[["row", "amount", "promised_at"]])
    end = table.promised_at.max().date()
    found = table.mutate(late=condition("promised_at < :as_of", table, end), half=to_ibis("amount / 2", table, end))
    shown = found.to_pandas().sort_values("row")
    assert shown.late.tolist() == [True, True, False, False]
    assert shown.half[:3].tolist() == [5.0, 0.0, -2.5]


WRONG = {
    "amont > 0": r"one of the columns row, amount, .*; found 'amont'\. Did you mean 'amount'\?",
    "zzz > 0": r"found 'zzz'\. Map it under tables, or write one of these\.",
    "SELECT 1": r"one SQL expression; found a statement\. Write one, without ';'\.",
    "amount > 0; DROP TABLE orders": r"one SQL expression; found 2 statements",
    "amount >": r"one SQL expression; found text that is not SQL",
    "SUM(amount) > 1": r"an expression of columns, :as_of, .*CASE.*; found SUM\(amount\)\. Write it with these\.",
    "ROW_NUMBER() OVER () = 1": r"found ROW_NUMBER\(\) OVER \(\)",
    "amount IN (SELECT 1)": r"found amount IN \(SELECT 1\)",
    "amount % 2 = 0": r"found amount % 2",
    "channel || 'x' = 'a'": r"an expression of columns",
    "CURRENT_DATE > promised_at": r"expected :as_of; found CURRENT_DATE\. Write :as_of: a report of the past",
    "NOW() > promised_at": r"expected :as_of; found NOW\(\)",
    "amount > :limit": r"no other placeholder than :as_of; found :limit",
    "orders.amount > 0": r"columns of one table; found orders\.amount\. Write amount\.",
    "amount": r"true or false; found amount, which is a number\. Compare it",
    "is_intact = 1": r"values of one kind; found is_intact = 1: a number, true or false",
    "amount > 'ten'": r"values of one kind",
    "channel > 'a'": r"numbers or times to compare; .*Engines sort texts differently",
    "GREATEST(channel, 'a') = 'a'": r"Engines sort texts differently",
    "amount = NULL": r"IS NULL or IS NOT NULL; found amount = NULL",
    "promised_at < 'soon'": r"a date such as '2026-12-31'; found 'soon'",
    "promised_at < '2026-01-01T00:00Z'": r"a local time without a zone",
    "promised_at + INTERVAL 1 MONTH > :as_of": r"a span such as INTERVAL 2 DAY, in whole days, hours or minutes",
    "promised_at + INTERVAL (amount) DAY > :as_of": r"a span such as INTERVAL 2 DAY",
    "DATE_DIFF('month', promised_at, delivered_at) > 1": r"a difference in days",
    "delivered_at - promised_at > 2": r"a number; found delivered_at, which is a time",
    "CAST(amount AS INTEGER) = 1": r"a cast to DOUBLE, DATE or TIMESTAMP; found CAST\(amount AS INT\)",
    "TRIM(channel, 'x') = 'a'": r"found TRIM\(channel, 'x'\)",
    "channel LIKE channel": r"a pattern such as 'spring%'",
    "channel LIKE 'a\\_b'": r"Write a text without backslashes",
    "EXTRACT(EPOCH FROM promised_at) > 1": r"an expression of columns",
    "amount IS NOT DISTINCT FROM 1": r"an expression of columns",
}


@pytest.mark.parametrize(("sql", "message"), WRONG.items())
def test_what_is_not_allowed_is_told(sql, message):
    with pytest.raises(ConfigError, match=message):
        condition(sql, ibis.memtable(ROWS), AS_OF)


def test_an_expression_too_deep_is_told():
    with pytest.raises(ConfigError, match="too deeply"):
        condition("NOT (" * 3000 + "true" + ")" * 3000, ibis.memtable(ROWS), AS_OF)


def test_columns_read():
    assert columns_read("Amount > 0 AND mine = 1 AND amount < 5", ["amount"]) == ["amount", "mine"]
    assert columns_read("IS_INTACT", ["is_intact"]) == ["is_intact"]


def test_what_can_be_checked_before_the_data_are_loaded():
    check_condition("delivered_at <= promised_at + INTERVAL 1 DAY", "orders")
    check_condition("store = 'Alfama' AND amount > 0", "orders")  # a column of the user's own
    with pytest.raises(ConfigError, match="values of one kind"):
        check_condition("is_intact = 1", "orders")
    with pytest.raises(ConfigError, match="found SUM"):
        check_condition("SUM(store) > 0", "orders")
