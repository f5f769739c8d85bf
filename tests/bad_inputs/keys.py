"""Ids that are missing, shared, or written in two ways."""

from __future__ import annotations

from bad_inputs.case import CONFIG, GOOD, Case, clients, csv, table

ORDERS = "order_id,client,day,total"


def lines(*rows: str) -> str:
    return csv(*rows, header=ORDERS)


CASES = (
    Case("rows that are there twice", GOOD + GOOD.split("\n", 1)[1], code=0, grade="REVIEW",
        seen=("60 rows (50.0 %) exactly like another, used",), do="drop_duplicates: true",
        reads={"sum(amount)": 4800.0}),
    Case("rows that are there twice, set aside", GOOD + GOOD.split("\n", 1)[1], CONFIG + "    drop_duplicates: true\n",
        code=0,
        grade="REVIEW", seen=("60 set aside",), reads={"sum(amount)": 2400.0}),
    Case("an order of two customers", lines("1,a,2024-01-05,3", "1,b,2024-01-05,4"), code=0, grade="REVIEW",
        seen=("1 order id belongs to two or more customers",), do="Check the mapping of order_id",
        reads={"count(*)": 2}),
    Case("lines without an order id", lines("1,a,2024-01-05,3", ",a,2024-01-06,4", ",a,2024-01-06,4"), code=0,
        grade="REVIEW",
        seen=("2 rows without order_id",), do="Check the mapping of order_id", reads={"count(*)": 3}),
    Case("most customer ids empty", clients("", "", "b"), grade="FAIL", seen=("2 rows (66.7 %) without customer",),
        do="map another customer_id", reads={"count(*)": 1}),
    Case("a customer id of blanks", clients(*"abcdefg", "  \u00a0 "), code=0, grade="REVIEW",
        seen=("1 row (12.5 %) without customer",),
        do="say so, or map another customer_id", reads={"count(*)": 7}),
    Case("no customer id at all", clients("", ""), expected="at least one row that can be used",
        found="2 rows, all set aside: no customer (2)", fix="Check the mapping of customer_id", where="orders"),
    Case("ids that say null", clients("null", "NULL", "b"), code=0, grade="REVIEW",
        seen=("customer_id says 'null' in 2 rows, as if missing",), do="nullif",
        reads={"count(DISTINCT customer_id)": 3}),
    Case("ids that say NaN", clients("NaN", "b"), code=0, grade="REVIEW",
        seen=("customer_id says 'NaN' in 1 row, as if missing",),
        do="nullif", reads={"count(*)": 2}),
    Case("ids that differ by case", clients("Ab1", "aB1", "c2"), code=0, grade="REVIEW",
        seen=("customer_id: 1 group of ids differ only by case, leading zeros or '.0' (Ab1, aB1)",),
        do="lower(YOUR_COLUMN)",
        reads={"count(DISTINCT customer_id)": 3}),
    Case("ids that differ by leading zeros", clients("007", "7", "c2"), code=0, grade="REVIEW",
        seen=("customer_id: 1 group of ids differ only by case, leading zeros or '.0' (007, 7)",),
        do="ltrim(YOUR_COLUMN, '0')",
        reads={"count(DISTINCT customer_id)": 3}),
    Case("ids with blanks around them", clients("a", " a", "a "), code=0, grade="REVIEW",
        seen=("customer_id: ids lost their outer blanks in 2 rows",), reads={"count(DISTINCT customer_id)": 1}),
    Case("ids from a column of decimals", clients("17850.0", "12.0", ""), code=0, grade="REVIEW",
        seen=("ids written as decimals (17850.0) lost their '.0' in 2 rows",), reads={"min(customer_id)": "12"}),
    Case("ids with and without '.0'", clients("17850.0", "17850", "12"), code=0, grade="REVIEW",
        seen=("differ only by case, leading zeros or '.0' (17850, 17850.0)",),
        reads={"count(DISTINCT customer_id)": 3}),
    Case("a list of customers that repeats one", GOOD, table("customers"),
        {"customers.csv": csv("c1,PT", "c1,ES", header="customer_id,country")}, grade="FAIL",
        seen=("1 row repeats the customer_id of another",), do="Export one row per customer_id"),
)  # fmt: skip
