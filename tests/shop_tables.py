"""A small coffee shop with odd rows in every table, and any table as a real one of an engine."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import engines
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kpikit.contracts import CONTRACTS
from kpikit.datasets import coffee_shop

AS_OF = "2026-08-10"  # five weeks before the shop's end: rows of all tables come later
POSTGRES_TYPES = {
    "string": "text", "timestamp": "timestamp", "float64": "float8", "boolean": "boolean", "int64": "bigint",
    "date": "date",
}  # fmt: skip
UNUSUAL = "Ünïcode 'x'"
HOLIDAY = "2025-12-25"
# In each table a row of its own for each oddity: the columns to overwrite (missing where None)
ODD: dict[str, list[dict[str, Any]]] = {
    "orders": [
        {"ordered_at": "2026-02-28 23:59:59.999999", "delivered_at": "2026-03-01 00:00:00.000001"},
        {"promised_at": "2026-03-04 00:00", "delivered_at": "2026-03-04 23:59:59"},  # a promise of a whole day
        {"promised_at": "2026-03-04 00:00", "delivered_at": "2026-03-05 00:00"},
        {"promised_at": "2026-04-01 12:00", "delivered_at": None, "is_intact": None, "is_complete": None},
        {"promised_at": "2025-04-01 12:00", "delivered_at": "2025-09-30 09:30", "channel": UNUSUAL},
        {"amount": 0.0, "margin": None},
        {"amount": -7.5, "margin": None, "is_refund": False},
        {"is_refund": None, "channel": ""},
    ],
    "order_lines": [
        {"order_id": "no such order", "rating": 3.0, "rated_at": "2026-01-01"},
        {"returned_at": "2020-01-01 10:00"},  # before it was ordered
        {"rating": 4.5, "rated_at": "2026-09-01 09:00"},  # rated after the end
        {"rating": 2.0, "rated_at": None},
        {"amount": -3.0, "quantity": 0.0},
    ],
    "customers": [{"referred_by": "nobody we know"}, {"channel": UNUSUAL}, {"acquired_at": "2024-09-30 23:59:59.5"}],
    "subscriptions": [
        {"ended_at": "2024-01-01"},  # before it started
        {"started_at": "2025-03-31 23:59:59", "ended_at": "2025-04-01 00:00"},
        {"monthly_amount": 0.0, "plan": UNUSUAL},
        {"ended_at": "2026-12-31"},  # known to end later
        {"monthly_amount": None},
    ],
    "survey_responses": [
        {"kind": "nps", "score": 11.0},
        {"kind": " NPS ", "score": 9.0, "scale_min": 1.0, "touchpoint": None},
        {"kind": "nps", "score": 5.0, "scale_max": 5.0},
        {"kind": "CSAT", "score": 7.0, "scale_max": 7.0},
        {"kind": "taste", "score": 4.0, "comment": "   "},
        {"kind": "nps", "score": 0.0, "comment": UNUSUAL, "contacted_at": "2026-08-12 10:00"},
    ],
    "survey_invites": [
        {"sent_at": "2026-01-05 00:00", "responded_at": "2026-01-04 23:59:59"},  # answered before it was sent
        {"sent_at": "2025-03-01 10:00:00.25", "responded_at": "2025-03-15 10:00:00.25", "bounced": False},
        {"bounced": None, "kind": "Nps "},
    ],
    "tickets": [
        {"opened_at": "2025-11-28 18:00:01", "first_response_at": "2025-12-01 09:00"},  # over a closed weekend
        {"opened_at": f"{HOLIDAY} 10:00", "first_response_at": f"{HOLIDAY} 17:00", "resolved_at": "2025-12-29 12:00"},
        {"opened_at": "2026-03-28 23:30", "first_response_at": "2026-03-29 03:30"},  # clocks go forward
        {"opened_at": "2026-01-10 10:00", "first_response_at": "2026-01-09 10:00"},  # answered before it was opened
        {"opened_at": "2026-01-12 10:00", "first_response_at": None, "resolved_at": None, "contacts": None},
        {"opened_at": "2026-01-12 10:00", "first_response_at": "2026-08-20 10:00", "resolved_at": None},
        {"opened_at": "2026-02-03 09:15:30.75", "first_response_at": "2026-02-03 09:15:30.75", "topic": UNUSUAL},
    ],
    "sessions": [
        {"started_at": "2025-05-31 23:59:59.999999", "converted_at": "2025-06-01 00:00"},
        {"started_at": "2025-05-31 12:00", "converted_at": "2025-05-30 12:00"},
        {"duration_s": 0.0, "device": UNUSUAL},
        {"duration_s": -5.0},
    ],
    "events": [{"step": "no such step"}, {"step": "Purchase"}, {"device": UNUSUAL}],
    "spend": [
        {"kind": "Salaries", "amount": 100.1},
        {"kind": None, "amount": -12.5},
        {"amount": 0.0, "channel": UNUSUAL},
    ],
}  # fmt: skip


def table_of(frame: pd.DataFrame, schema: ibis.Schema) -> pa.Table:
    """Return a DataFrame as an Arrow table, null where pandas has none or NaN."""
    return pa.Table.from_pandas(frame, schema=schema.to_pyarrow(), preserve_index=False)


def stored(engine: str, name: str, rows: pa.Table) -> Any:
    """Return rows as a table of the engine itself: copied into PostgreSQL, read from Parquet by the others."""
    backend = engines.connection(engine)
    if engine != "postgres":
        path = Path(engines.temporary_folder()) / f"{name}.parquet"
        pq.write_table(rows, path)
        return backend.read_parquet(str(path), table_name=name)
    kinds = {column: dtype.copy(nullable=True) for column, dtype in ibis.Schema.from_pyarrow(rows.schema).items()}
    columns = ", ".join(f"{column} {POSTGRES_TYPES[_plain(dtype)]}" for column, dtype in kinds.items())
    backend.con.execute("SET jit = off")  # compiling a long query takes seconds, running it over a small table does not
    backend.con.execute(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns})")
    with backend.con.cursor().copy(f"COPY {name} FROM STDIN") as copy:
        for row in rows.to_pylist():
            copy.write_row(list(row.values()))
    return backend.table(name)


def _plain(dtype: Any) -> str:
    return "timestamp" if dtype.is_timestamp() else str(dtype)


@functools.cache
def shop() -> dict[str, pa.Table]:
    """Return the shop's tables: one value in fifty is missing, except keys and times, and some rows are odd."""
    clean = coffee_shop(3, 400, mess=False).tables
    return {name: table_of(_odd(name, clean[name].to_pandas()), clean[name].schema()) for name in ODD}


def _odd(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    random = np.random.default_rng(7)
    frame = frame.sort_values(list(frame.columns), ignore_index=True).astype(object)  # DuckDB's order is its own
    whole = {CONTRACTS[name].time, f"{name.removesuffix('s')}_id", "customer_id" if name == "customers" else ""}
    for column in frame.columns.difference(list(whole)):
        frame.loc[random.random(len(frame)) < 0.02, column] = None
    places = random.permutation(len(frame))[: len(ODD[name])]
    for place, values in zip(places, ODD[name], strict=True):
        for column, value in values.items():
            is_moment = column.endswith(("_at", "_on")) and value is not None
            frame.loc[place, column] = pd.Timestamp(value) if is_moment else value
    return frame.where(frame.notna(), None)
