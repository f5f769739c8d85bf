"""The interval of an amount that stays: most customers keep theirs, a few leave, some pay more."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from kpikit.intervals.confidence import CONFIDENCE, Floats, normal_quantile

NO_GAIN = 1e-12  # share below which a gain is rounding
PRIOR_MOVERS = 2.0  # how many customers who moved count as much as none having been seen: half of 1.96 squared


def retained_share(
    kept: ArrayLike,
    before: ArrayLike,
    lost: ArrayLike,
    sum_xx: ArrayLike,
    sum_yy: ArrayLike,
    sum_xy: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats]:
    """Return the interval of Σx / Σy: what customers pay now (x) over what the same customers paid before (y).

    Parameters
    ----------
    kept, before, lost
        Σx, Σy, and Σ max(y − x, 0): what those who pay less pay less.
    sum_xx, sum_yy, sum_xy
        Σx², Σy², Σxy over customers.

    Notes
    -----
    Wilson's interval of the share lost, on Kish's effective number of customers (Σy)² / Σy²; what was gained is
    added to both ends. The variance of one customer is the share's own, l (1 − l), drawn towards the one that was seen
    as customers move: with few or none, their residuals say nothing of what may yet be lost, and a linearised interval
    is far too narrow. What gains vary more than that is added to it. Where nobody moved it is Wilson's of no loss.

    References
    ----------
    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
    Kish, L. (1965), Survey Sampling, section 11.7.

    >>> low, high = retained_share(90, 100, 10, 90, 100, 90)  # 10 of 100 equal accounts left
    >>> round(float(low), 3), round(float(high), 3)
    (0.826, 0.945)
    """
    x, y, gone, xx, yy, xy = (np.asarray(value, dtype=float) for value in (kept, before, lost, sum_xx, sum_yy, sum_xy))
    z = normal_quantile(confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio, share, gain = x / y, gone / y, (x - y + gone) / y
        customers = y**2 / yy
        usual = share * (1 - share)
        seen = np.maximum(xx - 2 * ratio * xy + ratio**2 * yy, 0.0) / yy
        moved = np.maximum(xx - 2 * xy + yy, 0.0)
        movers = np.where(moved > 0, (2 * gone + x - y) ** 2 / moved, 0.0)
        drawn = np.where(seen < usual, (movers * seen + PRIOR_MOVERS * usual) / (movers + PRIOR_MOVERS), seen)
        part = np.where(usual > 0, np.minimum(drawn / usual, 1.0), 1.0)
        more = np.maximum(drawn - usual, 0.0)
        k = z**2 / customers
        middle, width = 2 * share + part * k, 1 + part * k
        root = np.sqrt(np.maximum(middle**2 - 4 * width * (share**2 - k * more), 0.0))
        least, most = (middle - root) / (2 * width), (middle + root) / (2 * width)
        least = np.where(gain > NO_GAIN, least, np.maximum(least, 0.0))  # nobody paid more: no more than all is kept
        return 1 + gain - most, 1 + gain - least
