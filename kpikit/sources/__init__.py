"""The user's tables on their way in: read, mapped, typed, made local, cut and masked at ``as_of``.

The only package that names a backend. Read it in the order of the data: ``reading`` (files → raw rows),
``mapping`` (the user's columns → the contract's), ``casting`` and ``times`` (texts → typed values),
``masking`` (what was not known yet), ``orders`` (lines → orders), ``loading`` (all of it → :class:`Data`).
"""

from kpikit.sources.data import Counts, Data, Flag
from kpikit.sources.loading import load

__all__ = ["Counts", "Data", "Flag", "load"]
