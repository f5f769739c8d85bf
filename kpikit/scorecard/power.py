"""The smallest change that so many answers can show, and how many answers a change needs."""

from __future__ import annotations

import math

from scipy import optimize, stats

from kpikit.errors import ParameterError

POWER, SIGNIFICANCE = 0.80, 0.05


def answers_needed(before: float, after: float, *, power: float = POWER, significance: float = SIGNIFICANCE) -> int:
    """Return how many answers each of two periods needs, so that a change of a share is found.

    Parameters
    ----------
    before, after
        The two shares, 0 to 1.
    power
        Probability that the change is found where it is there.
    significance
        Two-sided probability that one is found where none is there.

    References
    ----------
    Fleiss, J. L., Levin, B. and Paik, M. C. (2003), Statistical Methods for Rates and Proportions, 3rd ed., ch. 4.

    >>> answers_needed(0.85, 0.88)
    2036
    """
    _refuse_shares(before, after)
    return math.ceil(_needed(before, after, power, significance))


def answers_needed_arcsine(
    before: float, after: float, *, power: float = POWER, significance: float = SIGNIFICANCE
) -> int:
    """Return the same by the effect size h = 2 arcsin √p₁ − 2 arcsin √p₀, rounded to the nearest answer.

    References
    ----------
    Cohen, J. (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed., section 6.

    >>> answers_needed_arcsine(0.85, 0.88)
    2031
    """
    _refuse_shares(before, after)
    h = 2 * math.asin(math.sqrt(after)) - 2 * math.asin(math.sqrt(before))
    return math.ceil(2 * (sum(_quantiles(power, significance)) / h) ** 2)


def detectable_share(
    share: float, answers: float, *, power: float = POWER, significance: float = SIGNIFICANCE, upwards: bool = True
) -> float:
    """Return the smallest change of a share that so many answers in each of two periods find.

    Parameters
    ----------
    share
        The share of the first period, 0 to 1.
    answers
        Independent answers in each period: where customers answer several times, divide by the design effect.
    upwards
        Whether the share rises or falls.

    Returns
    -------
    float
        The change, 0 to 1; missing (NaN) where not even a change to 100 % (or 0 %) would be found.

    >>> round(detectable_share(0.85, 2036), 4)
    0.03
    """
    edge = 1.0 if upwards else 0.0
    if not (0 <= share <= 1 and answers > 0) or share == edge or _needed(share, edge, power, significance) > answers:
        return math.nan
    start = share + (edge - share) * 1e-9
    found = optimize.brentq(lambda after: _needed(share, after, power, significance) - answers, start, edge)
    return abs(float(found) - share)


def detectable_change(error: float, *, power: float = POWER, significance: float = SIGNIFICANCE) -> float:
    """Return the smallest change of a mean, ratio or total that is found, from the standard error of one period.

    >>> round(detectable_change(1.0), 3)
    3.962
    """
    return sum(_quantiles(power, significance)) * math.sqrt(2) * error


def _needed(before: float, after: float, power: float, significance: float) -> float:
    middle = (before + after) / 2
    for_false, for_true = _quantiles(power, significance)
    pooled = math.sqrt(2 * middle * (1 - middle))
    apart = math.sqrt(before * (1 - before) + after * (1 - after))
    return ((for_false * pooled + for_true * apart) / (after - before)) ** 2


def _quantiles(power: float, significance: float) -> tuple[float, float]:
    return float(stats.norm.ppf(1 - significance / 2)), float(stats.norm.ppf(power))


def _refuse_shares(before: float, after: float) -> None:
    if not (0 <= before <= 1 and 0 <= after <= 1) or before == after:
        raise ParameterError("two different shares, 0 to 1", got=f"{before:g} and {after:g}", fix="Pass 0.85 and 0.88.")
