"""Too little data, or data of an odd shape: read, with a word where a number would mislead."""

from __future__ import annotations

import re

from bad_inputs.case import GOOD, Case, amounts, csv

REFUNDS = re.sub(r",(\d+\.5)", r",-\1", GOOD)

CASES = (
    Case("one row", csv("a,2024-01-05,3"), code=0, grade="PASS", reads={"count(*)": 1}),
    Case("one customer", csv("a,2024-01-05,3", "a,2024-02-05,4"), code=0, grade="PASS",
        reads={"count(DISTINCT customer_id)": 1}),
    Case("refunds only", REFUNDS, expected="at least one order with a positive or free line", found="refunds only",
        fix="Check the sign of amount", where="orders"),
    Case("more refunded than sold", REFUNDS + "z,2024-05-18,5\n", grade="FAIL", seen=("sales 5.00, refunds 2,400",),
        do="Check the sign of amount"),
    Case("free orders only", amounts("0", "0.00"), grade="FAIL", seen=("sales 0.00, refunds 0.00",),
        do="no amount is above zero"),
    Case("all on one day", csv(*(f"c{n},2024-01-05,{n}" for n in range(9))), code=0, grade="REVIEW",
        seen=("every order is on one day",), do="Is everything exported, and is ordered_at the day of the order?",
        reads={"count(*)": 9}),
    Case("a gap of years", GOOD.replace("2024-01", "2019-01"), code=0, grade="REVIEW", seen=("no order for 1,8",),
        do="is everything exported?"),
    Case("an odd date at the end", GOOD + "z,2025-05-01,5\n", code=0, grade="REVIEW", seen=("then orders on 1 day",),
        do="Are the last dates right"),
    Case("all in the future", GOOD.replace("2024-", "2124-"), grade="FAIL", seen=("60 rows dated after",),
        do="Correct them"),
    Case("an order far above the others", csv(*GOOD.splitlines()[1:] * 20, "z,2024-05-18,6951"), code=0, grade="REVIEW",
        seen=("the largest order is",),
        do="a decimal point or a currency may be wrong"),
)  # fmt: skip
