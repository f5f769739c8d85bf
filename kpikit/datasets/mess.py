"""What is wrong with the coffee shop's tables as they come out of its systems, in stated amounts."""

from __future__ import annotations

from kpikit.contracts import CONTRACTS, TIME
from kpikit.datasets.drawing import Draws
from kpikit.datasets.parameters import Parameters

TIMEZONE = "Europe/Lisbon"
DATED = ("spend", "actions")  # tables of days, which have no time zone
ROW = "order_id || is_refund"  # what numbers a row of the orders


def as_instants(table: str, query: str) -> str:
    """Return the SELECT with its local times as instants, as a system that keeps UTC exports them."""
    if table in DATED:
        return query
    times = [column.name for column in CONTRACTS[table].columns if column.kind == TIME]
    listing = ", ".join(f"timezone('{TIMEZONE}', {name}) AS {name}" for name in times)
    return f"SELECT * REPLACE ({listing}) FROM ({query})"


def padded(draw: Draws, true: Parameters, query: str) -> str:
    """Return the SELECT of the orders with blanks around a share of the customer ids."""
    here = f"{draw.uniform('padded', ROW)} < {true.padded_ids!r}"
    padding = f"CASE WHEN {here} THEN ' ' || customer_id || ' ' ELSE customer_id END"
    return f"SELECT * REPLACE ({padding} AS customer_id) FROM ({query})"


def duplicates(draw: Draws, true: Parameters) -> str:
    """Return the rows of the orders that come twice."""
    here = f"{draw.uniform('duplicate', ROW)} < {true.duplicate_orders!r}"
    return f"SELECT * FROM orders WHERE customer_id IS NOT NULL AND {here}"


def strangers(draw: Draws, true: Parameters) -> str:
    """Return further orders that name no customer."""
    here = f"{draw.uniform('stranger', ROW)} < {true.orders_without_customer!r}"
    names = "NULL::VARCHAR AS customer_id, 'S' || order_id AS order_id"
    return f"SELECT * REPLACE ({names}) FROM orders WHERE NOT is_refund AND {here}"


AMOUNTS = """
    SELECT (SELECT count(*) FROM orders WHERE customer_id IS NULL) AS orders_without_customer,
        (SELECT count(*) FROM orders WHERE customer_id LIKE ' %') AS padded_ids"""
