"""Every KPI and every table function over a shop with odd rows: the same rows on DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

import engines
import numpy as np
import pandas as pd
import pytest
import shop_tables
from conftest import needs

from kpikit import compute, features, metrics
from kpikit.metrics import (
    KPIS,
    acquisition,
    answers,
    costs,
    margins,
    products,
    retention,
    sales,
    subscriptions,
    surveys,
    waiting,
)

AS_OF = shop_tables.AS_OF
OTHERS = [pytest.param("postgres"), pytest.param("pyspark", marks=pytest.mark.slow)]
SPLIT_BY = {
    ("orders",): "channel",
    ("order_lines", "orders"): "category",
    ("spend", "orders"): "channel",
    ("spend", "orders", "customers"): "channel",
    ("customers",): "country",
    ("subscriptions",): "plan",
    ("survey_responses",): "touchpoint",
    ("survey_invites",): "segment",
    ("tickets",): "topic",
    ("tickets", "orders"): "channel",
    ("sessions",): "device",
}
WEEK = dict.fromkeys(range(5), (time(9), time(18)))
BUSINESS = {"hours": "business", "schedule": WEEK, "holidays": (date.fromisoformat(shop_tables.HOLIDAY),)}
LISBON = {"hours": "calendar", "timezone": "Europe/Lisbon"}
STEPS = ("view", "cart", "checkout", "purchase")
OWN_SCALES = {"kinds": ("nps", "csat", "ces", "taste")}
Tables = Mapping[str, Any]
# what these tables are made of, tested through them
BUILDING_BLOCKS = {
    "booked", "by_sets", "delivered", "known_span", "newcomers", "nothing", "openings", "over_segments", "paid_spans",
    "quantile_table", "spend_bounds", "spend_of", "visitor_periods", "visits",
}  # fmt: skip


def of_kpi(name: str, **options: Any) -> Callable[[Tables], Any]:
    card = KPIS[name].card
    return lambda tables: KPIS[name].counts(*(tables[one] for one in (*card.needs, *card.wants)), **options)


def _kpis() -> dict[str, Callable[[Tables], Any]]:
    """Return every KPI by quarter and segment; without a period all are asked for at once, below: that is quicker."""
    return {
        name: of_kpi(name, period="quarter", by=SPLIT_BY[its.card.needs], as_of=AS_OF) for name, its in KPIS.items()
    }


def with_settings(name: str, settings: dict[str, Any], **options: Any) -> Callable[[Tables], Any]:
    its = KPIS[name].using(**settings)
    return lambda tables: its.counts(*(tables[one] for one in its.card.needs), as_of=AS_OF, **options)


VARIANTS = {
    "first_response_time_in_business_hours": with_settings("first_response_time", BUSINESS, period="quarter"),
    "resolution_p90_in_business_hours": with_settings("resolution_p90", BUSINESS, by="channel"),
    "first_response_time_in_lisbon": with_settings("first_response_time", LISBON, period="month"),
    "csat_mean": with_settings("csat", {"variant": "mean"}),
    "csat_net": with_settings("csat", {"variant": "net"}),
    "ces_share": with_settings("ces", {"statistic": "share"}),
    "cac_by_week": of_kpi("cac", period="week", as_of=AS_OF),
    "cac_fully_loaded_lagging": lambda tables: costs.cac_fully_loaded(
        tables["spend"], tables["orders"], lag_months=2, period="month", as_of=AS_OF
    ),
}
FUNCTIONS: dict[str, Callable[[Tables], Any]] = {
    "funnel": lambda t: acquisition.funnel(t["events"], steps=STEPS, period="quarter", by="device", as_of=AS_OF),
    "distribution": lambda t: answers.distribution(t, as_of=AS_OF),
    "spoken": lambda t: answers.spoken(t, kind="csat", as_of=AS_OF),
    "split": lambda t: answers.split(t, by="country", survey="all", as_of=AS_OF, **OWN_SCALES),
    "invited": lambda t: answers.invited(t, by=("segment", "country"), as_of=AS_OF),
    "after_contact": lambda t: answers.after_contact(t["survey_responses"], t["orders"], as_of=AS_OF),
    "off_scale": lambda t: surveys.off_scale(t["survey_responses"], as_of=AS_OF),
    "monthly_spend": lambda t: costs.monthly_spend(t, as_of=AS_OF),
    "customer_margins": lambda t: margins.customer_margins(t, margin_fraction=0.4, as_of=AS_OF),
    "margins_by_age": lambda t: margins.margins_by_age(t, margin_fraction=0.4, as_of=AS_OF),
    "segment_margins": lambda t: margins.segment_margins(t, by="country", as_of=AS_OF),
    "product_performance": lambda t: products.product_performance(t, as_of=AS_OF),
    "purchase_gaps": lambda t: retention.purchase_gaps(t["orders"], by="channel", as_of=AS_OF),
    "time_to_second_order": lambda t: retention.time_to_second_order(t["orders"], as_of=AS_OF),
    "duration_counts": lambda t: retention.duration_counts(
        retention.purchase_gaps(t["orders"], by="channel", as_of=AS_OF)
    ),
    "revenue_bridge": lambda t: sales.revenue_bridge(t["orders"], period="quarter", as_of=AS_OF),
    "mrr_waterfall": lambda t: subscriptions.mrr_waterfall(t["subscriptions"], as_of=AS_OF),
    "recurring_moves": lambda t: subscriptions.recurring_moves(t["subscriptions"], as_of=AS_OF),
    "subscription_lengths": lambda t: features.subscription_lengths(t["subscriptions"], as_of=AS_OF),
    "waits": lambda t: waiting.waits(t["tickets"], as_of=AS_OF, **BUSINESS)[0],
    "wait_curve": lambda t: waiting.wait_curve(t["tickets"], "resolved_at", by="channel", as_of=AS_OF),
    "wait_curve_in_business_hours": lambda t: waiting.wait_curve(t["tickets"], as_of=AS_OF, **BUSINESS),
    "waits_by_hour": lambda t: waiting.waits_by_hour(t["tickets"], as_of=AS_OF, **LISBON),
    "delays": lambda t: waiting.delays(t["tickets"], "resolved_at", as_of=AS_OF, **BUSINESS),
}
ALL = _kpis() | VARIANTS | FUNCTIONS


@functools.cache
def tables(engine: str) -> dict[str, Any]:
    """Return the shop's tables as an engine's own."""
    return {name: shop_tables.stored(engine, f"shop_{name}", rows) for name, rows in shop_tables.shop().items()}


@functools.cache
def answer(name: str, engine: str) -> pd.DataFrame:
    return in_order(ALL[name](tables(engine)).to_pandas())


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [column for column in frame.columns if frame[column].dtype.kind != "f"]
    return frame.sort_values([*keys, *frame.columns.difference(keys)], ignore_index=True)


def assert_same(here: pd.DataFrame, there: pd.DataFrame) -> None:
    assert here.columns.tolist() == there.columns.tolist()
    assert len(here) == len(there)
    for column in here.columns:
        left, right = here[column], there[column]
        assert left.isna().tolist() == right.isna().tolist(), column
        if left.dtype.kind in "fiu":  # sums may add in another order
            numbers = (one.astype("Float64").to_numpy(dtype=float, na_value=np.nan) for one in (right, left))
            np.testing.assert_allclose(*numbers, rtol=1e-9, atol=1e-9, err_msg=column)
        else:
            assert left.astype(str).tolist() == right.astype(str).tolist(), column


@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize("name", ALL)
def test_the_same_rows_on_every_engine(name, engine):
    needs(engines.NEEDS[engine], present=engines.present(engine))
    assert_same(answer(name, "duckdb"), answer(name, engine))


@pytest.mark.parametrize("name", ALL)
def test_the_shop_gives_every_table_numbers(name):
    """Tables that are empty, or zero throughout, are equal on every engine, whatever is wrong."""
    found = answer(name, "duckdb").select_dtypes("number")
    assert len(found) > 0
    assert (found.abs() > 0).any(axis=None)


SEVERAL = (
    "revenue", "retention_rate", "nps", "closed_loop", "cac", "mrr", "return_rate", "conversion_rate", "advocacy",
    "first_response_time", "backlog",
)  # fmt: skip


@functools.cache
def computed(engine: str, period: str | None) -> pd.DataFrame:
    return in_order(compute(tables(engine), period=period, as_of=AS_OF))


@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize("period", [None, "quarter"])
def test_all_kpis_at_once_on_every_engine(period, engine):
    needs(engines.NEEDS[engine], present=engines.present(engine))
    here = computed("duckdb", period)
    assert set(here.kpi) == set(KPIS)
    assert_same(here, computed(engine, period))


@pytest.mark.parametrize("engine", ["duckdb", *OTHERS])
def test_dataframes_give_what_real_tables_give(engine):
    """What several KPIs share is kept by the engine, which must have been handed the DataFrames by then."""
    needs(engines.NEEDS.get(engine, ""), present=engines.present(engine))
    real = computed("duckdb", "quarter")
    with engines.default(engine):
        frames = {name: rows.to_pandas() for name, rows in shop_tables.shop().items()}
        found = in_order(compute(frames, SEVERAL, period="quarter", as_of=AS_OF))
    assert_same(in_order(real[real.kpi.isin(SEVERAL)]), found)


def test_no_public_table_function_is_forgotten():
    modules = [getattr(metrics, name) for name in metrics.__all__ if inspect.ismodule(getattr(metrics, name))]
    public = {
        name
        for module in modules
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and not name.startswith("_") and name not in KPIS
        if "ir.Table" in str(inspect.signature(one).return_annotation)
    }
    assert public - BUILDING_BLOCKS <= set(FUNCTIONS)
