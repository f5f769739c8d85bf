"""The configuration of Harbor Coffee: what its kpikit.yaml would say."""

from __future__ import annotations

from datetime import date, timedelta

from kpikit.config import (
    Benchmark,
    Business,
    Config,
    Economics,
    Goal,
    Intervention,
    PerformanceIndicator,
    Privacy,
    Report,
    Table,
)
from kpikit.datasets.comments import STAFF
from kpikit.datasets.mess import TIMEZONE
from kpikit.datasets.parameters import CARD_STARTS, CARD_STORES, Parameters

PLAN = "Harbor Coffee, plan for 2026"
LAST_YEAR = "Harbor Coffee, own records of 2025"
HOLIDAYS = (
    "2024-10-05", "2024-11-01", "2024-12-01", "2024-12-08", "2024-12-25", "2025-01-01", "2025-04-18", "2025-04-25",
    "2025-05-01", "2025-06-10", "2025-06-13", "2025-06-19", "2025-08-15", "2025-12-01", "2025-12-08", "2025-12-25",
    "2026-01-01", "2026-04-03", "2026-05-01", "2026-06-04", "2026-06-10", "2026-08-15", "2026-12-01", "2026-12-08",
    "2026-12-25",
)  # fmt: skip
YEAR_END = date(2026, 12, 31)


def configuration(true: Parameters) -> Config:
    """Return the shop's configuration; its tables are to be passed beside it."""
    return Config(
        business=Business(
            name="Harbor Coffee",
            currency="EUR",
            timezone=TIMEZONE,
            week_start="monday",
            hours={"mon-fri": "09:00-18:00"},
            holidays=tuple(date.fromisoformat(day) for day in HOLIDAYS),
        ),
        tables={"orders": Table(drop_duplicates=True)},
        economics=Economics(margin_fraction=true.margin_fraction, annual_discount_rate=0.10),
        kpis={
            "csat": {"variant": "top_two_box"},
            "ces": {"version": 2},
            "churn": {"inactive_days": 90, "grace_days": 14},
            "fcr": {"window_days": 7},
        },
        goals=_goals(),
        benchmarks=(
            Benchmark(kpi="retention_rate", value=0.57, source=PLAN, kind="target"),
            Benchmark(kpi="nps", value=34, source=LAST_YEAR, kind="internal"),
            Benchmark(kpi="average_order_value", value=58, source=LAST_YEAR, kind="internal"),
        ),
        performance_indicators=_indicators(),
        interventions=(
            Intervention(
                id="loyalty_card",
                name="Loyalty card",
                starts=CARD_STARTS,
                kpi="retention_rate",
                treated=f"store in ({', '.join(repr(store) for store in CARD_STORES)})",
            ),
        ),
        freshness={"orders": timedelta(days=2), "tickets": timedelta(days=7)},
        privacy=Privacy(min_cell=5, customer_ids="hashed", staff=STAFF),
        report=Report(title="Harbor Coffee: customer review", review_every="quarter"),
    )


def _goals() -> tuple[Goal, ...]:
    return (
        Goal(kpi="csat", at_least=0.88, by=YEAR_END, owner="Support lead", baseline=0.83),
        Goal(kpi="retention_rate", at_least=0.60, by=YEAR_END, owner="Head of stores", baseline=0.55),
        Goal(kpi="on_time_delivery", at_least=0.95, by=YEAR_END, owner="Head of operations", baseline=0.89),
        Goal(kpi="first_response_time", at_most=4.0, by=YEAR_END, owner="Support lead", baseline=4.1),
        Goal(kpi="cac", at_most=12.0, by=YEAR_END, owner="Head of marketing", baseline=11.5),
    )


def _indicators() -> tuple[PerformanceIndicator, ...]:
    due, arrived = "promised_at < :as_of", "delivered_at IS NOT NULL"
    return (
        PerformanceIndicator(
            id="on_time_delivery", title="Delivered on time", eligible=due,
            success="delivered_at <= promised_at", target=0.95, owner="Head of operations",
        ),
        PerformanceIndicator(
            id="intact", title="Arrived undamaged", eligible=arrived,
            success="is_intact", target=0.98, owner="Head of operations",
        ),
        PerformanceIndicator(
            id="in_full", title="Nothing missing", eligible=arrived,
            success="is_complete", target=0.98, owner="Head of operations",
        ),
        PerformanceIndicator(
            id="answered_within_a_day", title="First answer within 24 hours", table="tickets",
            eligible="opened_at + INTERVAL 24 HOUR < :as_of",
            success="first_response_at <= opened_at + INTERVAL 24 HOUR", target=0.95, owner="Support lead",
        ),
    )  # fmt: skip
