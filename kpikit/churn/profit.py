"""What acting on the risks would bring: the gain of each contact, the curve over contacts, and the best cut-off.

The success rate is a supposition until an experiment has measured it: every figure here holds on that condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kpikit.churn.resampling import RESAMPLES, drawn, mean
from kpikit.churn.study import CHOSEN, Study
from kpikit.errors import ContractError, ParameterError
from kpikit.formatting import counted, interval, money, number, percent
from kpikit.growth.bootstrap import ends
from kpikit.results import Result

Array = NDArray[np.float64]
POINTS = 101
CHANCES = 41
PAYS, LOSES, UNCLEAR, NOBODY = "pays", "loses money", "cannot be told", "nobody"
NEARLY_ALL = 0.95  # of the customers: a list so long is no choice


@dataclass(frozen=True)
class Economics:
    """What a contact costs and may save.

    Attributes
    ----------
    contact_cost
        Money per customer contacted, 0 or more.
    success_rate
        Share of those who would leave whom the contact keeps, above 0 and at most 1: a supposition.
    offer_cost
        Money per customer who takes the offer, 0 or more: those kept, and all who would have stayed anyway.
    certainty
        How many observed customers the success rate is worth (Beta distribution), above 0; the expected maximum profit
        averages over it.
    value
        What a customer is worth where the sample says nothing of it.
    """

    contact_cost: float
    success_rate: float
    offer_cost: float = 0.0
    certainty: float = 20.0
    value: float = float("nan")

    def __post_init__(self) -> None:
        for name in ("contact_cost", "offer_cost"):
            if not getattr(self, name) >= 0:
                raise ParameterError("0 or more", got=str(getattr(self, name)), fix="Pass 1.5.", where=name)
        if not 0 < self.success_rate <= 1:
            raise ParameterError(
                "a share above 0, at most 1", got=str(self.success_rate), fix="Pass 0.2 for 20 %.", where="success_rate"
            )
        if not self.certainty > 0:
            raise ParameterError("more than 0", got=str(self.certainty), fix="Pass 20.", where="certainty")

    def worth(self, value: Any) -> Array:
        """Return what each customer is worth: their own value, else that of these economics."""
        own = np.asarray(value, dtype=float)
        found: Array = np.where(np.isfinite(own), own, self.value)
        if not np.isfinite(found).all():
            raise ContractError(
                "a value of every customer", got=f"{int((~np.isfinite(found)).sum())} customers without one",
                fix="Name the column (value=…) when the sample is made, or pass Economics(value=…) for the rest.",
                where="value",
            )  # fmt: skip
        return found

    def gain(self, risk: Any, value: Any, success_rate: float | None = None) -> Array:
        """Return the expected gain of contacting each customer; with an outcome (0 or 1) as risk, what it brought."""
        chance = self.success_rate if success_rate is None else success_rate
        p, v = np.asarray(risk, dtype=float), np.asarray(value, dtype=float)
        found: Array = p * chance * (v - self.offer_cost) - (1 - p) * self.offer_cost - self.contact_cost
        return found


def profit(found: Study, economics: Economics, *, currency: str = "") -> Result:
    """Return what contacting the customers of the highest expected gain would have brought: one row per share.

    The cut-off of each fold was chosen on its calibration customers, before the test.

    Returns
    -------
    Result
        ``table``: ``share`` (of the customers contacted, highest expected gain first), ``contacts``, ``profit`` (per
        1,000 customers), ``low`` and ``high`` (95 %, bootstrap over customers), ``random`` (as many contacts at
        random). ``facts``: ``cut_off`` (expected gain from which on to contact: the median over the folds; infinite
        where more than half of them found that no contact pays, or the test contacted nobody), ``list_from`` (the same
        for a watch list: infinite too where contacts lost money), ``verdict`` (``pays``, ``loses money``,
        ``cannot be told`` by the interval, ``nobody`` where the cut-off is infinite), ``share``, ``profit`` with its
        interval, ``hindsight`` (the best that any share would have brought), ``everybody``,
        ``expected_maximum_profit`` (per 1,000 customers, over the distribution of the success rate).

    References
    ----------
    Verbraken, T., Verbeke, W. and Baesens, B. (2013), "A novel profit maximizing metric for measuring classification
    performance of customer churn prediction models", IEEE Transactions on Knowledge and Data Engineering 25.
    """
    y, value = found.churned, economics.worth(found.value)
    brought = 1000 * economics.gain(y, value)
    shares = np.linspace(0, 1, POINTS)
    orders = [np.argsort(-economics.gain(risk, value), kind="stable") for risk in found.risks[CHOSEN]]
    part = np.mean([_included(order, shares) for order in orders], axis=0)  # share of repeats that contact them
    curve = part @ brought / len(y)
    low, high = _curve_ends(part * brought, len(y), found.seed)
    table = pd.DataFrame(
        {"share": shares, "contacts": np.round(shares * len(y)).astype(int), "profit": curve, "low": low, "high": high,
         "random": shares * brought.mean()}
    )  # fmt: skip
    taken = contacted(found, economics, CHOSEN)
    edges = np.array([cut_off(one, found, economics, CHOSEN) for one in found.fitted])
    facts: dict[str, Any] = {**at_cut_off(taken * brought, len(y), found.seed)}
    facts |= {
        **_decided(edges, facts, float(taken.mean())), "share": float(taken.mean()),
        "folds": len(edges), "folds_without": int(np.isinf(edges).sum()),
        "hindsight": float(curve.max()), "everybody": float(brought.mean()),
        "hindsight_share": float(shares[int(curve.argmax())]), "currency": currency,
        "expected_maximum_profit": float(
            np.mean([expected_maximum_profit(y, risk, value, economics) for risk in found.risks[CHOSEN]])
        ),
        "contact_cost": economics.contact_cost, "success_rate": economics.success_rate,
    }  # fmt: skip
    title, text, headline = _in_words(facts, len(y), economics, float(np.median(value)))
    return Result("churn-profit", "table", title, text, headline, table=table, facts=facts)


def _decided(edges: Array, tested: dict[str, float], share: float) -> dict[str, Any]:
    """Return the cut-off that stands for all folds, what the test says of contacts, and from where on to list.

    A mean would let one fold without a paying contact (infinity) speak for all; of an even number of folds the lower
    middle one counts, so that half of them do not either.
    """
    edge = float(np.sort(edges)[(len(edges) - 1) // 2]) if share > 0 else float("inf")
    shown = PAYS if tested["low"] > 0 else LOSES if tested["high"] < 0 else UNCLEAR
    verdict = NOBODY if np.isinf(edge) else shown
    return {"cut_off": edge, "verdict": verdict, "list_from": float("inf") if verdict == LOSES else edge}


def _included(order: Any, shares: Any) -> Array:
    """Return for each share which customers it holds (rows: shares, columns: customers)."""
    place = np.empty(len(order))
    place[order] = np.arange(len(order))
    found: Array = (place[None, :] < np.round(shares * len(order))[:, None]).astype(float)
    return found


def _curve_ends(contributions: Array, n: int, seed: int) -> tuple[Array, Array]:
    draws = np.concatenate(
        [weights @ contributions.T / weights.sum(axis=1, keepdims=True) for weights in drawn(n, seed, RESAMPLES)]
    )
    found = np.array([ends(column, n) for column in draws.T])
    return found[:, 0], found[:, 1]


def at_cut_off(contributions: Array, n: int, seed: int) -> dict[str, float]:
    """Return the mean contribution and its interval."""
    draws = np.concatenate([mean(contributions, weights) for weights in drawn(n, seed)])
    low, high = ends(draws, n)
    return {"profit": float(contributions.mean()), "low": low, "high": high}


def cut_off(one: Any, found: Study, economics: Economics, name: str) -> float:
    """Return the expected gain from which on it paid to contact the calibration customers of a split.

    Where risks are true it is near 0; infinite where no contact paid.
    """
    chosen = one.chosen if name == CHOSEN else name
    y, value = found.sample.churned[one.rows], economics.worth(found.sample.value[one.rows])
    expected = economics.gain(one.calibration[chosen], value)
    order = np.argsort(-expected, kind="stable")
    total = np.cumsum(economics.gain(y, value)[order])
    ranked = expected[order]
    is_last = np.r_[ranked[1:] != ranked[:-1], True]  # a cut-off cannot part equal gains
    totals = np.where(is_last, total, -np.inf)
    best = int(totals.argmax())
    return float(ranked[best]) if totals[best] > 0 else float("inf")


def contacted(found: Study, economics: Economics, name: str) -> Array:
    """Return which test customers the cut-off contacts, as the share of the repeats that do."""
    value = economics.worth(found.value)
    taken = np.zeros_like(found.fold)
    for one in found.fitted:
        edge = cut_off(one, found, economics, name)
        repeat = one.split.repeat
        here = found.fold[repeat] == one.split.fold
        taken[repeat, here] = economics.gain(found.risks[name][repeat], value)[here] >= edge
    share: Array = taken.mean(axis=0)
    return share


def expected_maximum_profit(churned: Any, risk: Any, value: Any, economics: Economics) -> float:
    """Return the expected maximum profit per 1,000 customers: the best share for each success rate, on average.

    The success rate has the Beta distribution of mean ``success_rate`` worth ``certainty`` customers. For each of its
    quantiles customers are ranked by expected gain and the best share is taken, as if the rate were known then.
    """
    y, v = np.asarray(churned, dtype=float), np.asarray(value, dtype=float)
    if economics.success_rate == 1:
        rates = np.ones(1)
    else:
        a = economics.success_rate * economics.certainty
        rates = stats.beta.ppf((np.arange(CHANCES) + 0.5) / CHANCES, a, economics.certainty - a)
    best = []
    for rate in rates:
        order = np.argsort(-economics.gain(risk, v, rate), kind="stable")
        best.append(max(0.0, float(np.cumsum(economics.gain(y, v, rate)[order]).max())))
    return 1000 * float(np.mean(best)) / len(y)


def _in_words(facts: dict[str, Any], n: int, economics: Economics, typical: float) -> tuple[str, str, str]:
    currency = facts["currency"]

    def said(amount: float) -> str:
        return money(amount, currency)

    supposed = f"if {percent(economics.success_rate, 0)} of those who would leave can be kept"
    verdict = facts["verdict"]
    if verdict == NOBODY:
        title = f"No contact pays, {supposed}"
    elif verdict == LOSES:
        title = f"Contacting {percent(facts['share'], 0)} of the customers would have lost money, even {supposed}"
    elif verdict == PAYS and facts["share"] >= NEARLY_ALL:
        title = f"At these costs contacting everybody pays, {supposed}: the ranking adds nothing"
    elif verdict == PAYS:
        title = f"Contacting {percent(facts['share'], 0)} of the customers would pay, {supposed}"
    else:
        title = f"Whether contacts pay cannot be told, even {supposed}"
    text = (
        f"Tested on {counted(n, 'customer')}, each with the value of their own (half are worth less than "
        f"{said(typical)}), at {said(economics.contact_cost)} a contact"
        + (f" and {said(economics.offer_cost)} an offer taken" if economics.offer_cost else "")
        + f". The cut-off was chosen on the calibration customers: it contacts {percent(facts['share'])} and brings "
        f"{said(facts['profit'])} per 1,000 customers (interval {interval(facts['low'], facts['high'], 'money')}); "
        f"contacting everybody brings {said(facts['everybody'])}, and the best share in hindsight "
        f"({percent(facts['hindsight_share'], 0)}) {said(facts['hindsight'])}. Over what the success rate may be "
        f"(as sure as {number(economics.certainty)} observed customers make it) the expected maximum profit is "
        f"{said(facts['expected_maximum_profit'])} per 1,000. That rate is supposed, not measured: risk is not effect."
    )
    if facts["folds_without"] > 0 and facts["share"]:
        text += f" In {facts['folds_without']} of {facts['folds']} folds no contact paid on the calibration customers."
    if verdict == NOBODY:
        return title, text, f"{title}."
    return title, text, f"{title}: {said(facts['profit'])} per 1,000 customers."
