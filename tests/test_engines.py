"""One definition, three engines: the same rows on DuckDB, on a real PostgreSQL and on a real local Spark.

The cases with hand-typed answers run on each engine in the files beside this one; here every public function runs over
orders that hold each trap at once, and the SQL that each engine is sent is kept under review in ``snapshots/``.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engines
import ibis
import numpy as np
import pandas as pd
import pytest
import shop_tables
from conftest import needs

from kpikit import cohorts, customers, features
from kpikit.metrics import KPIS, sales

AS_OF = "2024-06-11"
SCHEMA = {
    "customer_id": "string", "ordered_at": "timestamp", "amount": "float64", "channel": "string",
    "is_refund": "boolean",
}  # fmt: skip
OF_ORDERS = {name: its for name, its in KPIS.items() if its.card.needs == ("orders",) and not its.card.columns}
SNAPSHOTS = Path(__file__).parent / "snapshots"
OTHERS = [pytest.param("postgres"), pytest.param("pyspark", marks=pytest.mark.slow)]


def made(rows: int = 2_000, seed: int = 5) -> pd.DataFrame:
    """Return orders of some 250 customers: refunds, missing values, a leap year, ties, and days before 1970."""
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2022-12-20") + pd.to_timedelta(rng.integers(0, 560 * 86_400, rows), unit="s")
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number:03d}" for number in (250 * rng.random(rows) ** 2).astype(int)],
            "ordered_at": at.astype("datetime64[us]"),
            "amount": (rng.integers(-2_000, 9_000, rows) / 100).clip(-5),
            "channel": rng.choice(["web", "shop", "Ünïcode 'x'"], rows),
            "is_refund": rng.random(rows) < 0.03,
        }
    )
    frame.loc[:5, "ordered_at"] = pd.Timestamp("1969-12-31 23:59:59") - pd.to_timedelta(range(6), unit="D")
    frame.loc[6:9, "ordered_at"] = pd.Timestamp("2024-02-29 23:59:59.999999")
    frame.loc[10:14, "amount"] = 0.0
    frame["customer_id"] = frame.customer_id.mask(rng.random(rows) < 0.02)
    frame["channel"] = frame.channel.mask(rng.random(rows) < 0.05)
    return frame


def _functions() -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}
    for name, its in OF_ORDERS.items():
        found[name] = functools.partial(its.counts, as_of=AS_OF)
        found[f"{name}_by_quarter_and_channel"] = functools.partial(
            its.counts, period="quarter", by="channel", as_of=AS_OF
        )
    return found | {
        "revenue_bridge": functools.partial(sales.revenue_bridge, as_of=AS_OF),
        "cohort_retention": functools.partial(cohorts.cohort_retention, period="quarter", as_of=AS_OF),
        "cohort_retention_rolling": functools.partial(
            cohorts.cohort_retention, period="year", mode="rolling", by="channel", as_of=AS_OF
        ),
        "cohort_retention_elapsed": functools.partial(
            cohorts.cohort_retention, period="year", clock="elapsed", entry="recurring", brackets=[1, 3]
        ),
        "cohort_revenue": functools.partial(cohorts.cohort_revenue, period="year", as_of=AS_OF),
        "histories": functools.partial(customers.histories, as_of=AS_OF),
        "distinct_histories": lambda orders: customers.distinct_histories(customers.histories(orders, unit="month")),
        "join_scores": lambda orders: customers.join_scores(
            customers.histories(orders, as_of=AS_OF),
            customers.distinct_histories(customers.histories(orders, as_of=AS_OF)),
        ),
        "calibration_holdout": functools.partial(customers.calibration_holdout, calibration_end="2023-11-05"),
        "rolling_origins": functools.partial(
            customers.rolling_origins, as_of=AS_OF, horizon_days=60, n_origins=2, step_days=30
        ),
        "daily_purchases": functools.partial(customers.daily_purchases, known_before="2024-01-01"),
        "rfm_scores": functools.partial(customers.rfm_scores, as_of=AS_OF),
        "churn_snapshots": functools.partial(
            features.snapshots, cutoffs=["2023-10-01", "2024-02-29"], active_days=300, last=["channel"]
        ),
        "churn_labels": functools.partial(
            features.inactivity_labels, cutoffs=["2023-10-01", "2024-02-29"], horizon_days=60, as_of=AS_OF
        ),
        "purchases_after": functools.partial(
            features.purchases_after,
            windows=[("2023-10-01", "2024-01-01"), ("2023-11-05", "2024-02-29")],
            as_of=AS_OF,
            annual_discount_rate=0.1,
        ),
        "lost_after": functools.partial(
            features.lost_after,
            windows=[("2023-10-01", "2024-01-01"), ("2023-11-05", "2024-02-29")],
            as_of=AS_OF,
            active_days=300,
        ),
        "churn_histories": functools.partial(features.histories, cutoffs=["2023-10-01", "2024-02-29"]),
    }


FUNCTIONS = _functions()


@functools.cache
def orders(engine: str) -> Any:
    """Return the orders as a table of the engine itself, with nulls where pandas has none or NaN."""
    return shop_tables.stored(engine, "orders_of_engines", shop_tables.table_of(made(), ibis.schema(SCHEMA)))


@functools.cache
def answer(name: str, engine: str) -> pd.DataFrame:
    frame = FUNCTIONS[name](orders(engine)).to_pandas()
    keys = [column for column in frame.columns if frame[column].dtype.kind != "f"]
    return frame.sort_values([*keys, *frame.columns.difference(keys)], ignore_index=True)


@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_rows_on_every_engine(name, engine):
    needs(engines.NEEDS[engine], present=engines.present(engine))
    here, there = answer(name, "duckdb"), answer(name, engine)
    assert len(here) > 0
    assert here.columns.tolist() == there.columns.tolist()
    for column in here.columns:
        left, right = here[column], there[column]
        assert left.isna().tolist() == right.isna().tolist(), column
        if left.dtype.kind in "fiu":  # sums may add in another order
            np.testing.assert_allclose(right.astype(float), left.astype(float), rtol=1e-12, atol=1e-9, err_msg=column)
        else:
            assert left.astype(str).tolist() == right.astype(str).tolist(), column


def test_the_orders_hold_every_trap():
    frame = made()
    assert frame.customer_id.isna().any()
    assert frame.channel.isna().any()
    assert (frame.amount < 0).any()
    assert (frame.amount == 0).any()
    assert frame.is_refund.any()
    assert (frame.ordered_at >= AS_OF).any()
    assert (frame.ordered_at < "1970-01-01").any()


ONE_OF_EACH_SHAPE = ("revenue", "retention_rate", "repeat_purchase_rate", "purchase_frequency")
REVIEWED = {
    name: call for name, call in FUNCTIONS.items() if name.removesuffix("_by_quarter_and_channel") not in OF_ORDERS
}
REVIEWED |= {
    name: functools.partial(OF_ORDERS[name].counts, period="quarter", as_of=AS_OF) for name in ONE_OF_EACH_SHAPE
}


SCHEMAS = {
    "orders": SCHEMA,
    "spend": {"spent_on": "date", "channel": "string", "amount": "float64", "kind": "string"},
    "survey_responses": {
        "customer_id": "string", "responded_at": "timestamp", "kind": "string", "score": "float64",
        "touchpoint": "string",
    },
    "tickets": {
        "ticket_id": "string", "customer_id": "string", "opened_at": "timestamp", "first_response_at": "timestamp",
        "resolved_at": "timestamp",
    },
}  # fmt: skip
# a net score of clustered rows, spend shared out, a curve of waits, a stock
OTHER_SHAPES = {
    "nps": ("survey_responses",), "cac": ("spend", "orders"), "first_response_time": ("tickets",),
    "backlog": ("tickets",),
}  # fmt: skip
CONTROLS = {ord(one): repr(one)[1:-1] for one in "\t\r\v\f"}  # blanks that are stripped; a file would not keep them all
REVIEWED |= {name: functools.partial(KPIS[name].counts, period="quarter", as_of=AS_OF) for name in OTHER_SHAPES}


def written(name: str, dialect: str) -> str:
    tables = [ibis.table(SCHEMAS[one], name=one) for one in OTHER_SHAPES.get(name, ("orders",))]
    expression = REVIEWED[name](*tables)
    return f"{ibis.to_sql(expression, dialect=dialect)}\n".translate(CONTROLS)


@pytest.mark.parametrize("dialect", engines.ENGINES)
def test_the_sql_of_each_engine_is_as_reviewed(dialect):
    """A change of SQL shows in the diff: KPIKIT_WRITE_SNAPSHOTS=1 pytest tests/test_engines.py writes it anew."""
    if dialect == "pyspark":
        needs("pip install kpikit[spark]", present=engines.driver("pyspark"))
        ibis.pyspark.compile(ibis.table({"a": "int64"}, name="t"))  # loads the dialect's options
    folder = SNAPSHOTS / dialect
    if os.environ.get("KPIKIT_WRITE_SNAPSHOTS") == "1":
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("*.sql"):
            path.unlink()
        for name in REVIEWED:
            (folder / f"{name}.sql").write_text(written(name, dialect), encoding="utf-8")
    kept = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.sql")}
    assert sorted(kept) == sorted(REVIEWED)
    changed = [name for name in REVIEWED if kept[name] != written(name, dialect)]
    assert not changed, f"the SQL of {changed} is not what was reviewed"
