"""Customer equity from one day to another: what came in, what time added, what was realised, what behaviour changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from kpikit.cells import ALL
from kpikit.clv.fitting import NO_CHURN, TOO_LITTLE
from kpikit.clv.formulas import Array
from kpikit.clv.histories import is_expression, require_columns
from kpikit.clv.lines import OTHER, customers_by_line, pooled_segments, shown_lines
from kpikit.clv.model import SEED, Fit
from kpikit.clv.models import TITLES
from kpikit.clv.movements import LINES, equity_by_customer
from kpikit.clv.spend import DEPENDS, NO_MEAN
from kpikit.errors import ParameterError
from kpikit.formatting import agreed, counted, interval, money, number, percent
from kpikit.growth.bootstrap import MOST_DRAWN_SINGLY, PLACES, TIMES, ends
from kpikit.periods import as_date
from kpikit.results import Result

SIGNS = np.array([1, 1, 1, 1, -1, 1])  # of a line's amount on its way from opening to closing
RESAMPLES = 1000
CELLS = 1_000_000  # numbers drawn at once
MOST_BEHAVIOUR = 0.25  # of all that was expected: beyond it the model is the first thing to doubt


def customer_equity(
    found: Fit,
    opening: Any,
    closing: Any = None,
    *,
    opening_day: Any,
    closing_day: Any,
    horizon_days: float,
    annual_discount_rate: float = 0.10,
    margin_fraction: float = 1.0,
    by: str = "",
    currency: str = "",
    min_cell: int = 1,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Result:
    """Roll customer equity forward from one day to another: two tables of one row per customer → one row per line.

    The equity of a day is the sum, over the customers known then, of the expected discounted margin of their purchases
    in the next ``horizon_days``, by one model for both days, so that its parameters move nothing. The first purchase of
    a customer is no part of it: histories count what follows. Line by line, of each customer and in sum exactly::

        opening + acquired + time passed + changed behaviour − realised = closing

    - *opening*: equity of the customers known at the opening day.
    - *acquired*: what the model expects of each customer who came since, valued on the day of their first purchase.
    - *time passed*: what the model expected a day later to be worth beside a day earlier: as many days are added at
      the far end of the horizon, and what was due comes nearer (the discount unwinds). Without this line the next one
      would not be 0 when everybody does as expected, unless the two days' equities had different last days.
    - *changed behaviour*: what is left. Its mean is 0 where customers do what the model says; below 0 they bought less
      often, for less, or stayed silent for longer than was expected of them. Where the model fits ill, that is in it;
      so is, where spend depends on frequency, the higher spend expected of those who bought again.
    - *realised*: margin of the repeat purchases made since, of old and new customers, undiscounted.
    - *closing*: equity of everybody known at the closing day.

    Parameters
    ----------
    found
        The model, best fitted to the histories at the closing day. What all customers changed alike is then partly in
        its parameters, and changed behaviour is the smaller for it.
    opening, closing
        Histories known at the two days (``customers.histories(orders, as_of=…)``), in the unit of the fit, with
        ``monetary_value``; ``closing`` None means those that were fitted.
    opening_day, closing_day
        First day that each of them does not know (their ``as_of``).
    horizon_days
        Days ahead of either day, above 0.
    annual_discount_rate, margin_fraction
        As in :meth:`Fit.predict`.
    by
        Column of ``closing`` with a segment of each customer; empty: none. Text, ``unknown`` where missing.
    min_cell
        Fewest customers that a line may rest on. Lines of fewer are one line, ``other``, with the next smallest where
        need be, alike in all segments; segments of fewer are one. Where fewer were known at the opening, nothing is
        shown.
    resamples, seed
        Of the bootstrap over customers: each comes Poisson(1) times, so that their number varies as well.

    Returns
    -------
    Result
        ``.table``: ``line``, ``part`` (its name), ``amount`` (signed: what was realised is below 0, so that the rows
        before the last add up to it), ``low``, ``high`` (95 %, sampling of customers only, not the model's own error),
        ``customers`` (who have a part in the line); with ``by`` first ``segment``, ``all`` before the others. Without a
        model or a spend to value with, the table is empty and the text says why.

    Raises
    ------
    ContractError
        When the histories are not two views of the same customers, or repeat buyers have no ``monetary_value``.
    ParameterError
        When the closing day is not after the opening day, nobody was known at the opening day, the horizon is not above
        0, or ages do not differ by the days between.

    References
    ----------
    Wiesel, T., Skiera, B. and Villanueva, J. (2008), "Customer equity: an integral part of financial reporting",
    Journal of Marketing 72(2).
    """
    days = (as_date(opening_day, name="opening_day"), as_date(closing_day, name="closing_day"))
    if resamples < 100:
        raise ParameterError("100 resamples or more", got=str(resamples), fix="Pass 1000.", where="resamples")
    each = equity_by_customer(
        found,
        opening,
        closing,
        opening_day=opening_day,
        closing_day=closing_day,
        horizon_days=horizon_days,
        annual_discount_rate=annual_discount_rate,
        margin_fraction=margin_fraction,
    )
    facts = {
        "opening_day": days[0], "closing_day": days[1], "horizon_days": horizon_days, "currency": currency,
        "annual_discount_rate": annual_discount_rate, "margin_fraction": margin_fraction, "model": found.used,
        "verdict": found.verdict,
    }  # fmt: skip
    if not found.fitted or found.spend is None:
        return _not_shown(found, facts)
    names = _names(*days)
    parts = {ALL: each}
    if by:
        segments = pooled_segments(_segments(found.source if closing is None else closing, by, each), each, min_cell)
        parts |= {str(segment): rows for segment, rows in each.groupby(segments)}
    lines = shown_lines(parts.values(), min_cell)
    if not lines:
        few = f"Fewer than {min_cell} customers were known on {days[0]}, or on {days[1]}."
        return _not_shown(found, facts, few)
    rolled = {name: _rolled(rows, names, lines, resamples, np.random.default_rng(seed)) for name, rows in parts.items()}
    table = rolled[ALL]
    if by:
        table = pd.concat(rolled, names=["segment"]).reset_index("segment").reset_index(drop=True)
    return _worded(found, table, facts)


def _segments(data: Any, by: str, each: pd.DataFrame) -> Array:
    """Return the segment of each customer, as text."""
    require_columns(data, ["customer_id", by])
    columns = ["customer_id", by]
    frame = data.select(columns).to_pandas() if is_expression(data) else data[columns]
    segment = frame.set_index("customer_id")[by].reindex(each["customer_id"])
    named: Array = segment.astype(object).where(segment.notna(), "unknown").astype(str).to_numpy()
    return named


def _rolled(
    each: pd.DataFrame, names: dict[str, str], lines: dict[str, list[str]], resamples: int, random: np.random.Generator
) -> pd.DataFrame:
    """Return the lines in sum, signed, with the ends of their intervals: one row per line to be shown."""
    amounts = each[LINES].to_numpy() * SIGNS
    member = np.array([[name in those for those in lines.values()] for name in LINES], dtype=float)
    drawn = _drawn(amounts, resamples, random) @ member
    counts = customers_by_line(each)
    customers = [max(counts[name] for name in those) for those in lines.values()]
    total = amounts.sum(axis=0) @ member
    bounds = [ends(drawn[:, i], customers[i]) for i in range(len(lines))]
    return pd.DataFrame(
        {
            "line": list(lines),
            "part": [" and ".join(names[line] for line in those) for those in lines.values()],
            "amount": total + 0.0,  # −0 is 0
            "low": [low for low, _ in bounds],
            "high": [high for _, high in bounds],
            "customers": customers,
        }
    )


def _drawn(amounts: Array, resamples: int, random: np.random.Generator) -> Array:
    """Return the sums of each resample: one row per resample, one column per line.

    Of many customers those with the largest amounts are drawn one by one; the others' sums, of which no one decides
    anything, are drawn together from their normal limit.
    """
    sums = np.zeros((resamples, amounts.shape[1]))
    if len(amounts) > MOST_DRAWN_SINGLY:
        size = np.sqrt((amounts**2).sum(axis=0))
        weight = np.abs(amounts / np.where(size > 0, size, 1.0)).max(axis=1)
        order = np.argpartition(weight, -MOST_DRAWN_SINGLY)
        small, amounts = amounts[order[:-MOST_DRAWN_SINGLY]], amounts[order[-MOST_DRAWN_SINGLY:]]
        # lines that add up have a singular covariance: no check, and a method that bears it
        sums += random.multivariate_normal(
            small.sum(axis=0), small.T @ small, size=resamples, method="eigh", check_valid="ignore"
        )
    batch = max(1, CELLS // len(amounts))
    for start in range(0, resamples, batch):
        part = slice(start, min(start + batch, resamples))
        places = random.integers(0, PLACES, size=(part.stop - part.start, len(amounts)), dtype=np.uint16)
        sums[part] += TIMES[places] @ amounts
    return sums


def _names(opening_day: date, closing_day: date) -> dict[str, str]:
    return {
        "opening": f"Opening {opening_day}",
        "acquired": "Acquired",
        "time_passed": "Time passed",
        "changed_behaviour": "Changed behaviour",
        "realised": "Realised",
        "closing": f"Closing {closing_day}",
    }


def _worded(found: Fit, table: pd.DataFrame, facts: dict[str, Any]) -> Result:
    """Return the roll-forward with its finding in words."""
    whole = table[table["segment"] == ALL] if "segment" in table.columns else table
    line: dict[str, Any] = {str(row.line): row for row in whole.itertuples()}
    start, end = line["opening"], line["closing"]
    currency, opening_day, closing_day = facts["currency"], facts["opening_day"], facts["closing_day"]
    moved = "rose" if end.amount > start.amount else "fell" if end.amount < start.amount else "stayed"
    title = f"Customer equity {moved} from {money(start.amount, currency)} to {money(end.amount, currency)}"
    title = title if moved != "stayed" else f"Customer equity stayed at {money(end.amount, currency)}"
    said = _moves_in_words(line, currency)
    verdict = said.get("changed_behaviour", "")
    text = (
        f"{_definition(found, facts)} On {opening_day} {_had(start, currency)}. "
        f"{' '.join(said.values())} On {closing_day} "
        f"{_had(end, currency)}. The lines add up exactly. {_caution(found)}"
        "Intervals (95 %) hold the sampling of customers, their number included, and not the error of the model, "
        "which is in changed behaviour where the model fits ill."
    )
    short = f"{title} between {opening_day} and {closing_day} ({interval(end.low, end.high, 'money', currency)})."
    kpi = {
        "kpi": "customer_equity", "period": None, "segment": ALL, "numerator": None, "denominator": None,
        "value": float(end.amount), "low": float(end.low), "high": float(end.high), "n": int(end.customers),
        "status": "complete", "definition": 1, "horizon_days": facts["horizon_days"],
    }  # fmt: skip
    headline = f"{short} {verdict}".strip()
    return Result("customer-equity", "table", title, text.strip(), headline, table=table, kpis=(kpi,), facts=facts)


def _moves_in_words(line: dict[str, Any], currency: str) -> dict[str, str]:
    """Return a sentence for each line between opening and closing that is there."""
    said = {}
    if new := line.get("acquired"):
        said["acquired"] = "No new customer came since."
    if new and new.customers:
        said["acquired"] = (
            f"{counted(new.customers, 'new customer')} since then {agreed(new.customers, 'was', 'were')} worth "
            f"{money(new.amount, currency)} at the first purchase."
        )
    if time := line.get("time_passed"):
        said["time_passed"] = (
            f"Time passed adds {money(time.amount, currency)}: the horizon reaches as many days further on, and what "
            "was due is nearer."
        )
    if changed := line.get("changed_behaviour"):
        # without a line for it what was acquired is not told here either: the few who came hardly matter
        expected = line["opening"].amount + sum(one.amount for one in (new, time) if one)
        said["changed_behaviour"] = _behaviour(changed, expected, currency)
    if realised := line.get("realised"):
        said["realised"] = (
            f"{money(-realised.amount, currency)} of margin came in from {counted(realised.customers, 'customer')} "
            "who bought again."
        )
    if other := line.get(OTHER):
        said[OTHER] = f"{other.part}, one of which rests on too few customers, are {money(other.amount, currency)}."
    return said


def _definition(found: Fit, facts: dict[str, Any]) -> str:
    margin = "revenue" if facts["margin_fraction"] == 1 else f"margin of {percent(facts['margin_fraction'], 0)}"
    known = f", fitted to what was known on {found.as_of}" if found.as_of else ""
    return (
        "Equity is what the customers known on a day are expected to bring in the "
        f"{number(facts['horizon_days'])} days after it by purchases after their first: {margin}, discounted at "
        f"{percent(facts['annual_discount_rate'])} a year, by one {TITLES[found.used]} model for both days{known}."
    )


def _had(line: Any, currency: str) -> str:
    within = interval(line.low, line.high, "money", currency)
    held = f"{counted(line.customers, 'customer')} {agreed(line.customers, 'was', 'were')} worth"
    return f"{held} {money(line.amount, currency)} ({within})"


def _behaviour(line: Any, expected: float, currency: str) -> str:
    """Say what behaviour changed, and whether chance would do."""
    within = interval(line.low, line.high, "money", currency)
    size = money(abs(line.amount), currency)
    if np.isnan(line.low) or line.low <= 0 <= line.high:
        amount = money(line.amount, currency)
        return f"Changed behaviour is {amount} ({within}): customers did about what the model expected of them."
    better, adds = ("better", f"adds {size}") if line.amount > 0 else ("worse", f"takes {size} away")
    said = f"Customers did {better} than the model expected: changed behaviour {adds} ({within})."
    if abs(line.amount) > MOST_BEHAVIOUR * expected:
        said += (
            f" That is {percent(abs(line.amount) / expected, 0)} of all that was expected: so much points to a model "
            "that does not fit before it points to the customers. Look at its test on a holdout first."
        )
    return said


def _caution(found: Fit) -> str:
    """Return what makes the amounts less sure than they look, or nothing."""
    parts = []
    if found.verdict == NO_CHURN:
        parts.append(
            "The data show no sign of customers leaving: values are by NBD, which lets nobody leave, and hold only as "
            "long as customers go on buying."
        )
    if found.verdict == TOO_LITTLE:
        parts.append("There is too little data for a model of leaving: take no amount here for more than a guess.")
    if found.spend is not None and found.spend.verdict in (NO_MEAN, TOO_LITTLE):
        parts.append(found.spend.text)
    if found.spend is not None and found.spend.verdict == DEPENDS:
        parts.append(
            "The expected spend follows the frequency: what those who bought again gain by it counts as changed "
            "behaviour."
        )
    return "".join(f"{part} " for part in parts)


def _not_shown(found: Fit, facts: dict[str, Any], reason: str = "") -> Result:
    """Return an empty roll-forward that says why."""
    if not reason:
        unpriced = "No repeat buyer has a positive spend, so that nothing can be valued."
        reason = unpriced if found.fitted else found.text
    columns = ["line", "part", "amount", "low", "high", "customers"]
    title = "Customer equity cannot be shown"
    text = f"{title}. {reason}"
    return Result("customer-equity", "text", title, text, text, table=pd.DataFrame(columns=columns), facts=facts)
