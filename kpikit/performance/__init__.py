"""What customers get, read from computed KPIs: against targets, by product, and by channel."""

from kpikit.performance.acting import actions
from kpikit.performance.channels import consistency
from kpikit.performance.experience import asked, experience, unmeasured
from kpikit.performance.products import products

__all__ = ["actions", "asked", "consistency", "experience", "products", "unmeasured"]
