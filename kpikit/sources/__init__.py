"""The user's tables on their way in: read, mapped, typed, made local, cut and masked at ``as_of``.

The only package that names a backend. Read it in the order of the data. Where rows come from: ``finding``, with
``reading`` (files, whose bytes ``decoding``, ``layouts`` and ``signatures`` look at), ``servers`` and ``copying``.
What they become: ``mapping`` (the user's columns → the contract's), then ``staging`` with ``casting``, ``numbers``,
``times`` and ``currencies`` for what is copied into DuckDB, or ``inplace`` for what stays on its server (``choosing``).
Both ways end in ``finishing``: ``masking`` (what was not known yet), ``orders`` (lines → orders), ``places`` (where the
tables are kept). ``loading`` calls all of it and returns :class:`Data`.
"""

from kpikit.sources.data import Counts, Data, Flag
from kpikit.sources.loading import load

__all__ = ["Counts", "Data", "Flag", "load"]
