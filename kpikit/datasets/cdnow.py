"""CDNOW: the purchases that the papers on customer lifetime value are tested on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd

from kpikit.errors import DataUnreachableError

CDNOW_SOURCE = "CDNOW purchases 1997-01 to 1998-06 (Fader and Hardie, 2001), as distributed with lifetimes"
CDNOW_FIRST_UNKNOWN_DAY = "1998-07-01"


def lifetimes_file(name: str) -> Path:
    """Return the path of a data file in the lifetimes package, without importing the package."""
    spec = importlib.util.find_spec("lifetimes")
    folder = next(iter(spec.submodule_search_locations or []), None) if spec else None
    path = Path(folder, "datasets", name) if folder else None
    if path is None or not path.is_file():
        raise DataUnreachableError(
            f"the data file {name} of lifetimes",
            got="nothing there",
            fix="Install lifetimes again: pip install --force-reinstall lifetimes",
        )
    return path


def cdnow(sample: bool = False) -> pd.DataFrame:
    """Return CDNOW's transactions: one row per purchase.

    Parameters
    ----------
    sample
        True for the 1-in-10 sample of 2,357 customers that the papers use; False for all 23,570 customers.

    Returns
    -------
    DataFrame
        ``customer_id`` (text), ``ordered_at`` (local timestamp, whole days), ``quantity`` (CDs), ``amount`` (USD, ≥ 0).

    Notes
    -----
    Everyone's first purchase lies in the first quarter of 1997: later cohorts do not exist.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2001), "Forecasting repeat sales at CDNOW: a case study", Interfaces 31(3).

    >>> cdnow(sample=True).customer_id.nunique()
    2357
    """
    columns = ["customer_id", "ordered_at", "quantity", "amount"]
    names = ["master_id", *columns] if sample else columns
    path = lifetimes_file("CDNOW_sample.txt" if sample else "CDNOW_master.txt")
    texts = {"customer_id": str, "master_id": str, "ordered_at": str}
    table = pd.read_csv(path, sep=r"\s+", names=names, skiprows=0 if sample else 1, dtype=texts)
    table["ordered_at"] = pd.to_datetime(table["ordered_at"], format="%Y%m%d")
    return table[columns]
