"""What the coffee shop's KPIs are in truth: closed forms of its parameters.

They hold for a calendar month that is known completely, before the loyalty card or in stores without it.
Notation: Φ⁻¹ the normal quantile, E the expectation, P a probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

from kpikit.datasets.parameters import (
    CES_SCORES,
    CSAT_SCORES,
    MOST_EXTRA_ORDERS,
    NPS_SCORES,
    SEGMENTS,
    Parameters,
)
from kpikit.errors import one_of
from kpikit.periods import SECONDS_PER_MINUTE

CALLED_FROM_HOURS, CALLED_UNTIL_HOURS = 1, 240  # when detractors are called, evenly between


def truths(true: Parameters, segment: str = "home") -> dict[str, float]:
    """Return the true value of each KPI for the customers of a segment.

    Parameters
    ----------
    segment
        ``home``, ``office`` or ``restaurant``. What does not differ between segments is the same for all.

    Returns
    -------
    dict
        KPI id → value, in the KPI's own unit: rates 0 to 1, NPS in points, times in hours (``time_on_site`` in
        minutes), money in EUR. ``conversion_rate:search`` and ``cac:search`` are those of one channel,
        ``return_rate:Mug`` that of one product.
    """
    one_of("segment", segment, SEGMENTS)
    return {
        **_returning(true, segment),
        **_orders(true, segment),
        **_deliveries(true, segment),
        **_voice(true, segment),
        **_support(true),
        **_visits(true),
        **_money(true),
    }


def _returning(true: Parameters, segment: str) -> dict[str, float]:
    """retention = stay − late_effect · P(late): the last delivery of a month is late as often as any."""
    retention = true.stay[segment] - true.late_effect * true.late[segment]
    return {
        "retention_rate": retention,
        "churn_rate": 1 - retention,
        "retention_rate:with_card": true.card_lift * retention,
        "card_effect": true.card_lift - 1,  # relative change of retention in the card's stores, first six months
        "late_effect": true.late_effect,  # retention after an on-time last delivery − after a late one
        "reactivation_rate": true.back[segment],
        "advocacy": true.channels["referral"],
    }


def _orders(true: Parameters, segment: str) -> dict[str, float]:
    """A median · exp((customer_sigma² + order_sigma²) / 2), the lognormal mean; orders 1 + Σ_{k=1..5} another^k.

    The net value holds exactly where refunds are set against their order, and to about one in a thousand where they
    count when they happen.
    """
    gross = true.typical_amount[segment] * math.exp((true.customer_sigma**2 + true.order_sigma**2) / 2)
    orders = sum(true.another[segment] ** k for k in range(MOST_EXTRA_ORDERS + 1))
    return {
        "gross_order_value": gross,
        "average_order_value": gross * (1 - true.refunded),
        "refund_rate": true.refunded,
        "purchases_per_active_customer": orders,
        "margin_fraction": true.margin_fraction,
    }


def _deliveries(true: Parameters, segment: str) -> dict[str, float]:
    """Late, damaged and incomplete are independent, so a perfect order is their product."""
    on_time = 1 - true.late[segment]
    return {
        "on_time_delivery": on_time,
        "intact": true.intact,
        "in_full": true.complete,
        "perfect_order": on_time * true.intact * true.complete,
        "preferred_payment_offered": true.preferred_payment,
        **{f"return_rate:{product}": share for product, share in true.returned.items()},
        "product_rating": _mean(range(1, 6), true.ratings),
    }


def _voice(true: Parameters, segment: str) -> dict[str, float]:
    """An answer follows the customer's mood with probability kappa, so two of one customer do with kappa²."""
    nps, csat = true.nps_shares[segment], true.csat_shares[segment]
    return {
        "nps": 100 * (sum(nps[9:]) - sum(nps[:7])),
        "nps_mean": _mean(NPS_SCORES, nps),
        "csat": sum(csat[-2:]),
        "csat_mean": _mean(CSAT_SCORES, csat),
        "ces": _mean(CES_SCORES, true.ces_shares[segment]),
        "response_rate": true.response[segment],
        "score_correlation": true.kappa**2,
        "closed_loop": closed_loop(true, within_days=7),
    }


def closed_loop(true: Parameters, within_days: float) -> float:
    """Return the share of detractors who are called within so many days of their answer."""
    reached = (24 * within_days - CALLED_FROM_HOURS) / (CALLED_UNTIL_HOURS - CALLED_FROM_HOURS)
    return true.contacted * min(max(reached, 0.0), 1.0)


def _support(true: Parameters) -> dict[str, float]:
    """Medians over all cases, of which ``forgotten`` never end: exp(μ + σ Φ⁻¹(½ / (1 − forgotten))).

    One contact, not coming back and not being reopened are independent, so solving at first contact is their product.
    """
    quantile = NormalDist().inv_cdf(0.5 / (1 - true.forgotten))
    spread = math.hypot(true.first_response_sigma, true.resolution_sigma)
    return {
        "first_response_time": true.first_response_hours * math.exp(true.first_response_sigma * quantile),
        "resolution_time": true.first_response_hours * true.resolution_ratio * math.exp(spread * quantile),
        "first_contact_resolution": true.one_contact * (1 - true.repeated) * (1 - true.reopened),
        "reopen_rate": true.reopened,
    }


def _visits(true: Parameters) -> dict[str, float]:
    """The channels' conversion within 7 days, weighted by their visitors; view → cart is what the other steps leave."""
    bought = sum(share * true.conversion[channel] for channel, share in true.visit_channels.items())
    return {
        "conversion_rate": bought,
        **{f"conversion_rate:{channel}": rate for channel, rate in true.conversion.items()},
        "funnel:cart": bought / (true.cart_to_checkout * true.checkout_to_purchase),
        "funnel:checkout": true.cart_to_checkout,
        "funnel:purchase": true.checkout_to_purchase,
        "time_on_site": true.visit_seconds * math.exp(true.visit_sigma**2 / 2) / SECONDS_PER_MINUTE,
        "time_on_site_median": true.visit_seconds / SECONDS_PER_MINUTE,
    }


def _money(true: Parameters) -> dict[str, float]:
    """net = (1 − ended)(1 + ¼ upgraded − ⅕ downgraded); gross leaves the upgrades out; CAC is spend / new customers."""
    media = sum(true.channels[channel] * cost for channel, cost in true.cac.items())
    return {
        "net_revenue_retention": (1 - true.ended) * (1 + 0.25 * true.upgraded - 0.2 * true.downgraded),
        "gross_revenue_retention": (1 - true.ended) * (1 - 0.2 * true.downgraded),
        "subscriber_churn": true.ended,
        "subscriber_retention": 1 - true.ended,
        "cac": media,
        **{f"cac:{channel}": cost for channel, cost in true.cac.items()},
        "cac_fully_loaded": media + true.salaries_per_customer + true.tools_per_customer,
    }


def _mean(scores: Sequence[int], shares: Sequence[float]) -> float:
    return sum(score * share for score, share in zip(scores, shares, strict=True))


def by_segment(true: Parameters) -> Mapping[str, dict[str, float]]:
    """Return :func:`truths` of each segment."""
    return {segment: truths(true, segment) for segment in SEGMENTS}
