"""Kaplan–Meier curves and their quantiles, by window functions in the engine: cases that still wait are not dropped.

``cases`` has one row per case: ``duration`` (float64, null: unknown, left out), ``observed`` (False: still waiting
after that long), ``customer_id`` (null: a cluster of its own) and the columns ``keys``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import ibis
import ibis.expr.types as ir

from kpikit.errors import ParameterError
from kpikit.intervals import normal_quantile
from kpikit.intervals.confidence import CONFIDENCE
from kpikit.timeline import one_if, quotient

TIE = 1e-9  # a curve this near to a level is on it: engines add logarithms in different orders


def kaplan_meier(cases: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Return the Kaplan–Meier curve: one row per case → one row per key and distinct duration.

    Returns
    -------
    Table
        ``keys``, ``duration``, ``at_risk``, ``events``, ``censored`` (cases that still wait after just that long),
        ``survival`` (share still waiting after that long), ``greenwood`` (Σ d / (r (r − d)): the variance of log
        survival; null where nobody is left).

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958), "Nonparametric estimation from incomplete observations", JASA 53.
    """
    known = cases.filter(cases.duration.notnull())
    steps = known.group_by([*keys, "duration"]).aggregate(events=one_if(known.observed).sum(), left=known.count())
    onward = ibis.cumulative_window(group_by=list(keys), order_by=steps.duration.desc())
    counts = steps.mutate(at_risk=steps.left.sum().over(onward).cast("int64"), events=steps.events.cast("int64"))
    r, d = counts.at_risk.cast("float64"), counts.events.cast("float64")
    so_far = ibis.cumulative_window(group_by=list(keys), order_by=counts.duration)
    kept = quotient(r - d, r).nullif(0).ln().sum().over(so_far).fill_null(0)
    nobody_left = counts.at_risk == counts.events
    return counts.select(
        *keys,
        "duration",
        "at_risk",
        "events",
        censored=counts.left.cast("int64") - counts.events,
        survival=nobody_left.ifelse(0.0, kept.exp()),
        greenwood=nobody_left.ifelse(ibis.null("float64"), quotient(d, r * (r - d)).sum().over(so_far)),
    )


def quantiles(
    cases: ir.Table,
    keys: Sequence[str],
    quantile: float,
    *,
    confidence: float = CONFIDENCE,
    customers: ir.Table | None = None,
) -> ir.Table:
    """Return how long it takes until a share of cases is over: one row per case → one row per key.

    Parameters
    ----------
    quantile
        Share of cases, 0 to 1: 0.5 is the median.
    customers
        How many ``cases`` of a known duration each known customer has, one row per ``keys`` and ``customer_id``, where
        that has been counted already; None: count.

    Returns
    -------
    Table
        ``keys``, ``value``, ``low``, ``high`` (each null where the curve does not reach it: not estimable), ``cases``,
        ``events``, ``customers``, ``design_effect``.

    Notes
    -----
    The value is the first duration at which the curve is below 1 − ``quantile``; where it lies on it, the middle of
    that step, so that without censoring a median is the usual one. Limits are where the log(−log) limits of the curve
    cross the level (Brookmeyer and Crowley), with Greenwood's variance widened by the design effect of repeated
    customers: the variance of the curve at the value over whole customers, divided by that over single cases, at least
    1. Where nothing is censored it is the design effect of the share of cases that wait longer.

    References
    ----------
    Brookmeyer, R. and Crowley, J. (1982), "A confidence interval for the median survival time", Biometrics 38.
    Williams, R. L. (1995), "Product-limit survival functions with correlated survival times", Lifetime Data Analysis 1.
    """
    if not 0 < quantile < 1:
        raise ParameterError("a quantile between 0 and 1", got=str(quantile), fix="Pass 0.5.", where="quantile")
    keys, level, z = list(keys), 1 - quantile, normal_quantile(confidence)
    curve = kaplan_meier(cases, keys)
    values = reached(curve, keys, level)
    customers = counted_cases(cases, keys) if customers is None else customers
    effects = design_effects(cases, curve, values, customers, keys)
    found = curve.inner_join(values, keys).inner_join(effects, keys)
    hazard = -found.survival.nullif(0).nullif(1).ln()
    spread = z * quotient((found.design_effect * found.greenwood).sqrt(), hazard)
    height, wanted = hazard.ln(), log(-log(level)) - TIE
    is_step = found.events > 0
    return found.group_by(keys).aggregate(
        value=found.value.max(),
        low=found.duration.min(where=is_step & (height + spread >= wanted)),
        high=found.duration.min(where=is_step & (height - spread >= wanted)),
        cases=found["cases"].max(),
        events=found.over.max(),
        customers=found.customers.max(),
        design_effect=found.design_effect.max(),
    )


def reached(curve: ir.Table, keys: list[str], level: float) -> ir.Table:
    """Return for each key the quantile, and where its variance is judged, while there are cases left.

    Returns
    -------
    Table
        ``keys``, ``value``, ``upto`` (duration) and ``waited``: Greenwood's sum up to there.
    """
    is_step, is_on = curve.events > 0, curve.survival <= level + TIE
    steps = curve.group_by(keys).aggregate(
        on=curve.duration.min(where=is_step & is_on),
        below=curve.duration.min(where=is_step & (curve.survival < level - TIE)),
        last=curve.duration.max(where=is_step & (curve.at_risk > curve.events)),
        sum_on=curve.greenwood.min(where=is_step & is_on),
        sum_last=curve.greenwood.max(),
    )
    value = (steps.on + ibis.coalesce(steps.below, steps.on)) / 2
    upto, waited = ibis.least(steps.on, steps.last), ibis.least(steps.sum_on, steps.sum_last)
    return steps.select(*keys, value=value, upto=upto, waited=waited)


def counted_cases(cases: ir.Table, keys: list[str]) -> ir.Table:
    """Return how many ``cases`` of a known duration each known customer has: one row per key and customer."""
    known = cases.filter(cases.duration.notnull(), cases.customer_id.notnull())
    return known.group_by([*keys, "customer_id"]).aggregate(cases=known.count())


def design_effects(
    cases: ir.Table, curve: ir.Table, values: ir.Table, customers: ir.Table, keys: list[str]
) -> ir.Table:
    """Return for each key how much repeated customers widen the variance of the curve at ``upto``.

    A case's pull on the logarithm of the curve is 1 / (r − d) at its end, if that was an event, less Greenwood's sum
    over the time it waited. Without censoring it is what the case adds to the share of those who wait longer. The curve
    says the pulls of all cases; only those of customers with several cases are looked up case by case.

    Returns
    -------
    Table
        ``keys``, ``cases``, ``over`` (events), ``customers``, ``design_effect`` (null for a single one with several
        cases).
    """
    steps = curve.inner_join(values.select(*keys, "upto", "waited"), keys)
    waiting = -ibis.least(steps.greenwood, steps.waited)
    ending = (steps.duration <= steps.upto).ifelse(
        quotient(ibis.literal(1.0), steps.at_risk - steps.events), 0.0
    )  # fmt: skip
    steps = steps.select(*keys, "duration", "events", "censored", waiting=waiting, ending=ending + waiting)
    all_cases = steps.group_by(keys).aggregate(
        single=(steps.events * steps.ending * steps.ending).sum().fill_null(0)
        + (steps.censored * steps.waiting * steps.waiting).sum().fill_null(0),
        cases=(steps.events + steps.censored).sum().cast("int64"),
        over=steps.events.sum().cast("int64"),
    )
    several = customers.filter(customers["cases"] > 1).select(*keys, "customer_id")
    again = cases.semi_join(several, [*keys, "customer_id"]).select(*keys, "customer_id", "duration", "observed")
    again = again.view().inner_join(steps.select(*keys, "duration", "waiting", "ending").view(), [*keys, "duration"])
    again = again.mutate(pull=again.observed.ifelse(again.ending, again.waiting))
    each = again.group_by([*keys, "customer_id"]).aggregate(
        pull=again.pull.sum(), squares=(again.pull * again.pull).sum(), more=again.count() - 1
    )
    shared = each.group_by(keys).aggregate(
        shared=(each.pull * each.pull - each.squares).sum(), more=each.more.sum().cast("int64")
    )
    found = all_cases.left_join(shared, keys)
    number = found["cases"] - found.more.fill_null(0)
    few = quotient(number, number - 1)  # the variance over few clusters is an underestimate
    widened = quotient(found.single + found.shared.fill_null(0), found.single) * few
    effect = ibis.greatest(widened.fill_null(1.0), ibis.literal(1.0))
    effect = (number == found["cases"]).ifelse(1.0, (number > 1).ifelse(effect, ibis.null("float64")))
    return found.select(*keys, "cases", "over", customers=number, design_effect=effect)
