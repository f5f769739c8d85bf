"""What customers get, read from computed KPIs: against targets, by product, and by channel."""

from kpikit.performance.acting import actions
from kpikit.performance.channels import consistency
from kpikit.performance.experience import asked, experience, never_true, unmeasured
from kpikit.performance.products import products

__all__ = ["actions", "asked", "consistency", "experience", "never_true", "products", "unmeasured"]
