"""Data that come with the package: CDNOW, and a shop whose true numbers are known."""

from kpikit.datasets.cdnow import CDNOW_FIRST_UNKNOWN_DAY, CDNOW_SOURCE, cdnow, lifetimes_file
from kpikit.datasets.parameters import Parameters
from kpikit.datasets.shop import Shop, coffee_shop

__all__ = ["CDNOW_FIRST_UNKNOWN_DAY", "CDNOW_SOURCE", "Parameters", "Shop", "cdnow", "coffee_shop", "lifetimes_file"]
