"""The parts of a sum, those of too few people as one: what is left out of a waterfall is missing from its sum."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit.formatting import money
from kpikit.kpis.suppression import hidden

TOGETHER = "Small groups together"


def pooled_parts(parts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return the parts of a sum with those of too few people as one row: the rows still add up.

    Parameters
    ----------
    parts
        ``part``, ``amount``, ``customers``, from the opening to the closing balance. What lies between is put together
        where it rests on fewer people than ``min_cell``, and with the next smallest where that alone is too few.
    min_cell
        Fewest people, 1 or more; 1 puts nothing together.

    Returns
    -------
    DataFrame
        As given; the row ``Small groups together`` stands before the closing balance. Its ``customers`` are missing
        where they too are below the threshold: its amount is then no more than closing less what else is shown.

    >>> rows = [("Start", 90.0, 50), ("New", 5.0, 2), ("Left", -9.0, 4), ("More", 4.0, 20), ("End", 90.0, 48)]
    >>> found = pooled_parts(pd.DataFrame(rows, columns=["part", "amount", "customers"]), 5)
    >>> found.part.tolist(), found.amount.tolist()
    (['Start', 'More', 'Small groups together', 'End'], [90.0, 4.0, -4.0, 90.0])
    """
    small = np.zeros(len(parts), dtype=bool)
    small[1:-1] = hidden(parts.customers.to_numpy()[1:-1], min_cell)
    if not small.any():
        return parts
    people = float(parts.customers[small].sum())
    row = {"part": TOGETHER, "amount": float(parts.amount[small].sum()),
           "customers": people if people >= min_cell else np.nan}  # fmt: skip
    kept = parts[~small]
    return pd.concat([kept.iloc[:-1], pd.DataFrame([row]), kept.iloc[-1:]], ignore_index=True)


def largest(parts: pd.DataFrame, currency: str = "", most: int = 2) -> list[str]:
    """Return the largest moves between the first and the last row in words: ``new accounts (+20.00 EUR)``."""
    moves = parts.iloc[1:-1]
    moves = moves[moves.amount != 0] if moves.amount.any() else moves
    ranked = moves.iloc[np.argsort(-moves.amount.abs().to_numpy(), kind="stable")[:most]]
    return [
        f"{part.lower()} ({'+' if amount > 0 else ''}{money(amount, currency)})"
        for part, amount in zip(ranked.part, ranked.amount, strict=True)
    ]
