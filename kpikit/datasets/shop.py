"""A coffee shop whose true numbers are known: every table of the contracts, drawn by SQL in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis.expr.types as ir

from kpikit.config import Config
from kpikit.contracts import CONTRACTS
from kpikit.datasets import buying, mess, serving, visiting
from kpikit.datasets.drawing import Draws
from kpikit.datasets.harbor import configuration
from kpikit.datasets.parameters import AS_OF, Parameters
from kpikit.datasets.truth import truths
from kpikit.errors import ParameterError
from kpikit.sources.engine import connect, run

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

FEWEST, MOST = 100, 50_000_000


@dataclass(frozen=True)
class Shop:
    """The shop's tables, its configuration and what is true of it.

    ``tables`` holds an Ibis table for each contract; they live in a DuckDB of their own as long as one of them does.
    ``amounts`` says how much of each kind of mess is in the orders, in rows.
    """

    tables: dict[str, ir.Table]
    config: Config
    parameters: Parameters
    amounts: dict[str, int]

    @property
    def as_of(self) -> date:
        """The first day that is not known."""
        return AS_OF

    @property
    def truth(self) -> dict[str, float]:
        """The true value of each KPI: segment ``home``, a month before the loyalty card."""
        return truths(self.parameters)

    def truth_of(self, segment: str) -> dict[str, float]:
        """Return the true value of each KPI for one segment: ``home``, ``office`` or ``restaurant``."""
        return truths(self.parameters, segment)


def coffee_shop(
    seed: int = 0, customers: int = 10_000, *, mess: bool = True, parameters: Parameters | None = None
) -> Shop:
    """Return Harbor Coffee, a shop with four stores and a website, from 2024-09-01 to 2026-09-16.

    Parameters
    ----------
    seed
        The same seed gives the same rows on any number of threads, with the same version of DuckDB.
    customers
        How many are acquired, evenly over the two years: 100 to 50 million.
    mess
        True: as exported, with UTC instants, orders that come twice or without a customer, and blanks around ids:
        for ``kpikit.load(shop.config, tables=shop.tables)``. False: clean, in local time: for ``kpikit.compute``.
    parameters
        What is true of the shop. None: :class:`Parameters` as they are.

    Returns
    -------
    Shop
        ``orders`` has one row per order, and one per refund (negative); half of the refunds carry the order's id.

    Raises
    ------
    ParameterError
        When the number of customers or the seed is out of range.

    Notes
    -----
    A customer is active in a calendar month or not, as a Markov chain; see :class:`Parameters` for each number, and
    :mod:`kpikit.datasets.truth` for what follows from them.

    >>> shop = coffee_shop(customers=100)
    >>> round(shop.truth["retention_rate"], 4)
    0.5056
    """
    if isinstance(customers, bool) or not isinstance(customers, int) or not FEWEST <= customers <= MOST:
        raise ParameterError(f"{FEWEST} to {MOST:,} customers", got=repr(customers), where="customers")
    true, draw = parameters or Parameters(), Draws(seed)
    connection = connect(keeps_order=False)
    amounts = filled(connection, draw, true, customers, messy=mess)
    tables = {name: connection.table(name) for name in CONTRACTS}
    return Shop(tables, configuration(true), true, amounts)


def filled(connection: Backend, draw: Draws, true: Parameters, customers: int, *, messy: bool) -> dict[str, int]:
    """Draw all tables into a connection; return the amounts of mess, in rows."""
    present: set[str] = set()
    for name, sql in _steps(draw, true, customers):
        if messy and name == "orders":
            sql = mess.padded(draw, true, sql)
        if messy and name in CONTRACTS:
            sql = mess.as_instants(name, sql)
        temporary = "" if name in CONTRACTS else "TEMP "
        run(connection, f"INSERT INTO {name} {sql}" if name in present else f"CREATE {temporary}TABLE {name} AS {sql}")
        present.add(name)
    for name in present - set(CONTRACTS):
        run(connection, f"DROP TABLE {name}")
    if not messy:
        return dict.fromkeys(("orders_without_customer", "padded_ids", "duplicate_orders"), 0)
    return _disturbed(connection, draw, true)


def _steps(draw: Draws, true: Parameters, customers: int) -> Iterator[tuple[str, str]]:
    """Yield each table, ours and the contracts', with its SELECT over those before; twice a name: more rows."""
    yield "people", buying.people(draw, true, customers)
    yield "months", buying.months(draw, true)
    yield "sales", buying.sales(draw, true)
    yield "orders", buying.orders(draw, true)
    yield "order_lines", buying.order_lines(draw, true)
    yield "customers", buying.customers(draw, true)
    yield "invitations", serving.invitations(draw, true)
    yield "survey_invites", serving.survey_invites()
    yield "survey_responses", serving.survey_responses(draw, true)
    yield "feedback", serving.feedback(draw, true)
    yield "cases", serving.worked(draw, true, serving.first_cases(draw, true), 0)
    for turn in range(1, serving.REPEATS + 1):
        yield "cases", serving.worked(draw, true, serving.repeated(draw, true, turn), turn)
    yield "tickets", serving.tickets(draw, true)
    yield "visitors", visiting.visitors(draw, true, customers)
    yield "sessions", visiting.sessions(draw, true)
    yield "events", visiting.events(draw)
    yield "subscriptions", visiting.subscriptions(draw, true)
    yield "spend", visiting.spend(true, customers)
    yield "actions", visiting.actions()


def _disturbed(connection: Backend, draw: Draws, true: Parameters) -> dict[str, int]:
    """Add orders without a customer and orders that come twice; return the amounts of mess, in rows."""
    run(connection, f"INSERT INTO orders {mess.strangers(draw, true)}")
    before = run(connection, "SELECT count(*) FROM orders")[0][0]
    run(connection, f"INSERT INTO orders {mess.duplicates(draw, true)}")
    after = run(connection, "SELECT count(*) FROM orders")[0][0]
    anonymous, padded = run(connection, mess.AMOUNTS)[0]
    return {"orders_without_customer": anonymous, "padded_ids": padded, "duplicate_orders": after - before}
