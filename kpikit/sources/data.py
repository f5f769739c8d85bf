"""What loading returns: typed tables known up to one moment, with a count for every row that came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import ibis.expr.types as ir

from kpikit.config import Config
from kpikit.contracts import CONTRACTS
from kpikit.errors import ContractError, ParameterError, listed
from kpikit.formatting import joined, number
from kpikit.periods import DAYS_PER_WEEK, Period
from kpikit.results import Result

LONGEST_HOLDOUT_DAYS = 365
FEWEST_DAYS = 2


@dataclass(frozen=True)
class Counts:
    """How many rows came in, were used and were set aside, by reason; ``rows_in = used + sum(set_aside)`` always.

    ``rows`` is the number of rows of the loaded table: orders, where ``used`` counts their lines.
    ``amounts`` holds the money on the rows set aside, by reason, where the table has an amount.
    """

    rows_in: int
    used: int
    set_aside: Mapping[str, int]
    amounts: Mapping[str, float]
    rows: int


@dataclass(frozen=True)
class Flag:
    """Something that was used but is worth saying: which table, what kind of thing, how many rows, one sentence.

    ``amount`` is the money on those rows where the kind has any (refunds: the sum of what is below zero).
    """

    table: str
    kind: str
    rows: int
    text: str
    amount: float = 0.0


def rows_text(count: int) -> str:
    """Return a number of rows in words.

    >>> rows_text(1), rows_text(2500)
    ('1 row', '2,500 rows')
    """
    return f"{count:,} {'row' if count == 1 else 'rows'}"


@dataclass(frozen=True, repr=False)
class Data:
    """The business's tables up to ``as_of``, the first day that is not known.

    Attributes
    ----------
    config
        The configuration that the tables were read with.
    tables
        Name of a contract → Ibis table: mapped, typed, in local time, cut and masked at ``as_of``.
    as_of
        The first day that is not known.
    newest
        Name → the newest time in that table, or None where it has no time.
    counts
        Name → :class:`Counts`.
    flags
        Things used but worth saying.
    fingerprint
        16 hexadecimal digits that change when a value, a type or ``as_of`` does.
    origin
        ``embedded``, ``config`` or ``tables``.
    reported_period
        The period that was asked for (``2026-Q3``), or empty.
    until
        The day that was asked for: ``as_of``, or the end of the period; None: whatever is known today.
    audience
        Whom the page names as its reader, or empty.
    """

    config: Config
    tables: Mapping[str, ir.Table]
    as_of: date
    newest: Mapping[str, datetime | None]
    counts: Mapping[str, Counts]
    flags: tuple[Flag, ...]
    fingerprint: str
    origin: str
    reported_period: str = ""
    until: date | None = None
    audience: str = ""

    def __post_init__(self) -> None:
        for name in ("tables", "newest", "counts"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __repr__(self) -> str:
        return f"<Data of {self.business}: {', '.join(self.tables)}; known up to {self.as_of - timedelta(days=1)}>"

    @property
    def orders(self) -> ir.Table:
        """One row per order: ``customer_id``, ``ordered_at``, ``amount``, ``is_activity`` and what else was mapped."""
        return self.tables["orders"]

    @property
    def business(self) -> str:
        """The business's name."""
        return self.config.business.name

    @property
    def currency(self) -> str:
        """The currency of all amounts, or empty when it was not stated."""
        return self.config.business.currency

    @property
    def week(self) -> str:
        """The business's week as a period: ``week``, or for example ``week-sunday``."""
        return self.config.business.week

    def period(self, unit: str) -> str:
        """Return a unit of the calendar as kpikit's functions take it: the business's own week where it is a week."""
        return self.week if unit == "week" else str(Period.parse(unit))

    @property
    def customer_ids(self) -> str:
        """How customer ids may be shown: ``hashed`` or ``clear``."""
        return self.config.privacy.customer_ids

    @property
    def min_cell(self) -> int:
        """Fewest people that a shown figure may rest on."""
        return self.config.privacy.min_cell

    @property
    def margin_fraction(self) -> float:
        """Share of an amount that is margin; 1 (amounts themselves) when it was not stated."""
        stated = self.config.economics.margin_fraction
        return 1.0 if stated is None else stated

    @property
    def annual_discount_rate(self) -> float:
        """Discount rate per year."""
        return self.config.economics.annual_discount_rate

    @property
    def month_factors(self) -> tuple[float, ...]:
        """Twelve factors on the purchase rate, January first; empty where none were stated."""
        return self.config.economics.month_factors

    def cutoff(self, holdout_days: int = 0) -> date:
        """Return the first day of a holdout that ends at ``as_of``.

        Parameters
        ----------
        holdout_days
            Length of the holdout; 0 means a third of the days known, 365 at most.
        """
        oldest: datetime = self.orders.ordered_at.min().to_pyarrow().as_py()
        span = (self.as_of - oldest.date()).days
        if span < FEWEST_DAYS:
            raise ContractError(
                f"orders over at least {FEWEST_DAYS} days, to test a forecast on the last of them",
                got=f"{span} day" if span == 1 else f"{span} days",
                fix="Load more history, or run the other notebooks alone: kpikit run cohort_retention",
                where="orders",
            )
        length = holdout_days or max(1, min(LONGEST_HOLDOUT_DAYS, span // 3))
        if not 0 < length < span:
            raise ParameterError(
                f"a holdout of 1 to {span - 1} days",
                got=str(holdout_days),
                fix="0 takes a third of them.",
                where="holdout_days",
            )
        return self.as_of - timedelta(days=length)

    def origins(self, horizon_days: int, most: int = 6) -> dict[str, int]:
        """Return the earlier forecasts that the data allow, for :func:`kpikit.customers.rolling_origins`.

        Parameters
        ----------
        horizon_days
            Days ahead of each forecast, 1 or more.
        most
            Origins at most, spread evenly.

        Returns
        -------
        dict
            ``n_origins`` and ``step_days`` (whole weeks). The first origin has a horizon of days before it, and the
            first and last lie at least one apart. 0 origins where fewer than three horizons are known.
        """
        oldest: datetime = self.orders.ordered_at.min().to_pyarrow().as_py()
        room = (self.as_of - oldest.date()).days - 2 * horizon_days
        if horizon_days < 1 or room < max(horizon_days, 2 * DAYS_PER_WEEK):
            return {"n_origins": 0, "step_days": DAYS_PER_WEEK}
        step = max(room // (most - 1) // DAYS_PER_WEEK, 1) * DAYS_PER_WEEK
        return {"n_origins": min(most, room // step + 1), "step_days": step}

    def table(self, name: str) -> ir.Table:
        """Return a table by its contract's name; an error that says how to add it where it is not there."""
        if name in self.tables:
            return self.tables[name]
        needed = listed(CONTRACTS[name].needed) if name in CONTRACTS else "–"
        raise ContractError(
            f"the table {name}",
            got=f"only {listed(self.tables)}",
            fix=f"Add tables.{name} to kpikit.yaml (it needs {needed}).",
        )

    def describe(self) -> Result:
        """Return the page's head: title, business, and up to which day the data are known."""
        known = self.as_of - timedelta(days=1)
        rows = {name: counts.rows for name, counts in self.counts.items()}
        parts = joined(f"{number(size)} {name.replace('_', ' ')}" for name, size in rows.items())
        title = self.config.report.title or f"{self.business}: customer review"
        return Result(
            name="page",
            kind="page",
            title=title,
            text=f"{self.business}: {parts}, known up to {known:%Y-%m-%d}.",
            facts={
                "title": title,
                "business": self.business,
                "currency": self.currency,
                "audience": self.audience,
                "language": self.config.report.language,
                "period": self.reported_period,
                "as_of": self.as_of.isoformat(),
                "known_up_to": known.isoformat(),
                "origin": self.origin,
                "review_every": "" if self.origin == "embedded" else self.config.report.review_every,
                "tables": rows,
                "fingerprint": self.fingerprint,
                "privacy": {"min_cell": self.min_cell, "customer_ids": self.customer_ids},
            },
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.describe()._repr_mimebundle_(include, exclude)
