"""kpikit.yaml as frozen, validated models; everything in it is checked before anything runs."""

from kpikit.config.expressions import bare_name, check_expression, check_query
from kpikit.config.models import (
    Benchmark,
    Business,
    Config,
    Economics,
    Goal,
    Intervention,
    PerformanceIndicator,
    Privacy,
    Report,
    Source,
    Table,
)
from kpikit.config.reading import load_config

__all__ = [
    "Benchmark",
    "Business",
    "Config",
    "Economics",
    "Goal",
    "Intervention",
    "PerformanceIndicator",
    "Privacy",
    "Report",
    "Source",
    "Table",
    "bare_name",
    "check_expression",
    "check_query",
    "load_config",
]
