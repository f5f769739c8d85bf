"""Is one group of cases different from all others? Each against the rest, adjusted for how many are compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kpikit import intervals

FEWEST_CASES = 10  # a group with fewer is shown and marked, not judged
SIGNIFICANT = 0.05
FEW, UNCLEAR = "few cases", "no clear difference"
OVER = {"first_response_at": "answered", "resolved_at": "solved"}  # what a case is when its wait is over
UNITS = {"calendar": "hours", "business": "business hours"}


def against_rest(
    successes: ArrayLike, cases: ArrayLike, customers: ArrayLike, *, higher: str = "higher", lower: str = "lower"
) -> pd.DataFrame:
    """Return each group's share beside that of all other groups together: one row per group, in the order given.

    Parameters
    ----------
    successes, cases, customers
        Counts per group. Where customers have several cases, each customer counts as one case: a group's cases are
        taken to be worth as many as it has customers, which is rather too careful.
    higher, lower
        What a clear difference is called.

    Returns
    -------
    DataFrame
        ``share``, ``rest``, ``difference``, ``p`` (pooled score test; missing for groups of fewer than 10 cases),
        ``p_adjusted`` (Benjamini and Hochberg over all groups given), ``verdict`` (``higher``, ``lower``, ``no clear
        difference``, ``few cases``).
    """
    x, n, people = (np.asarray(values, dtype=float) for values in (successes, cases, customers))
    with np.errstate(invalid="ignore", divide="ignore"):
        worth = np.where(n > 0, np.minimum(people / n, 1.0), 0.0)
        share, rest = x / n, (x.sum() - x) / (n.sum() - n)
        x, effective = x * worth, n * worth
        p = intervals.two_proportions_p(x, effective, x.sum() - x, effective.sum() - effective)
    found = pd.DataFrame({"share": share, "rest": rest, "difference": share - rest})
    return judged(found.assign(p=np.where(n >= FEWEST_CASES, p, np.nan)), higher=higher, lower=lower)


def judged(groups: pd.DataFrame, *, higher: str, lower: str) -> pd.DataFrame:
    """Return groups with ``difference`` and ``p``, with ``p_adjusted`` for their number and the ``verdict``."""
    adjusted = intervals.benjamini_hochberg(groups.p)
    clear = adjusted < SIGNIFICANT
    up, down = clear & (groups.difference > 0), clear & (groups.difference < 0)
    verdict = np.select([groups.p.isna(), up, down], [FEW, higher, lower], UNCLEAR)
    return groups.assign(p_adjusted=adjusted, verdict=verdict)
