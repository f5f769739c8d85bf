"""How long customers stay, or take to come back: Kaplan–Meier curves by group, the log-rank test, the second order."""

from kpikit.survival.curves import curve, second_order
from kpikit.survival.testing import log_rank

__all__ = ["curve", "log_rank", "second_order"]
