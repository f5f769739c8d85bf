"""What a notebook shows: a frozen result with its table, its paragraph and the data that the runner reads.

A result's display carries the MIME type :data:`MIME` beside HTML, so that the runner, the page template,
``kpis.json`` and ``tables/*.csv`` need nothing else from the notebook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape
from math import isfinite
from typing import Any

from kpikit.errors import one_of
from kpikit.formatting import missing
from kpikit.legible import LONGEST_TEXT, legible
from kpikit.notebookstyle import STYLE

MIME = "application/vnd.kpikit.result+json"
SCHEMA_VERSION = 1
AUDIENCES = ("executive", "manager", "frontline")
KINDS = (
    "page",  # title, business, data known up to
    "status",  # the line of data checks and goals
    "summary",
    "tiles",
    "figure",
    "table",
    "text",
    "actions",
    "definitions",
    "quality",
    "provenance",
    "forecasts",  # what is kept to be judged when its horizon is over (kpikit.forecasts)
)


def slug(text: str) -> str:
    """Return text as a name for files, ids and paths: lower-case ASCII letters, digits and hyphens.

    >>> slug("Customer review / Q3: 50%"), slug("../../etc")
    ('customer-review-q3-50', 'etc')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:80] or "unnamed"


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: no NaN, infinity or array scalar, dates as ISO text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays, pandas' columns
        return _plain(value.tolist())
    if missing(value):
        return None
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not isfinite(value) else value


@dataclass(frozen=True)
class Result:
    """Something worth showing: a table, the paragraph made from its numbers, and how to show it.

    Parameters
    ----------
    name
        Slug, unique on a page: names the CSV file and the anchor.
    kind
        One of :data:`KINDS`.
    title
        The finding, as a heading or caption.
    text
        The paragraph made from the numbers.
    headline
        One sentence for the summary at the top of the page, or nothing.
    table
        A DataFrame, one row per what ``grain`` says, or None.
    kpis
        Values for ``kpis.json``: dicts with the columns of ``kpikit.compute``, plus ``definition`` (version).
    html
        A self-contained fragment, already escaped; made by ``kpikit.plots``.
    facts
        Plain JSON values that the page template or a later cell may read.
    """

    name: str
    kind: str
    title: str
    text: str = ""
    headline: str = ""
    table: Any = None
    kpis: tuple[dict[str, Any], ...] = ()
    html: str = field(default="", repr=False)
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)

    def with_html(self, html: str, kind: str | None = None) -> Result:
        """Return the same result, drawn: with the fragment to show and, where given, another kind."""
        return replace(self, html=html, kind=kind or self.kind)

    def payload(self) -> dict[str, Any]:
        """Return the JSON-ready content of the display's :data:`MIME` part."""
        table = None
        if self.table is not None:
            records = json.loads(self.table.to_json(orient="split", date_format="iso", double_precision=15))
            table = {"columns": [str(column) for column in records["columns"]], "rows": records["data"]}
        return {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "kind": self.kind,
            "title": self.title,
            "text": self.text,
            "headline": self.headline,
            "table": table,
            "kpis": [_plain(kpi) for kpi in self.kpis],
            "facts": _plain(self.facts),
        }

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002 - IPython's signature
        title, text = (escape(legible(said, LONGEST_TEXT)) for said in (self.title, self.text))
        shown = self.html or f"<p><strong>{title}.</strong> {text}</p>"
        return {MIME: self.payload(), "text/html": f"{STYLE}{shown}", "text/plain": f"{self.title}\n{self.text}"}
