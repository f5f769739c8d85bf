"""What an executed notebook says about itself: the payloads of the results it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from kpikit.errors import NotebookError, ParameterError
from kpikit.periods import Period, as_date
from kpikit.results import MIME, SCHEMA_VERSION

Payload = dict[str, Any]
HEADLINE_KINDS = ("page", "summary", "tiles", "figure", "table", "text", "actions")


def payloads(document: Any) -> list[Payload]:
    """Return the payload of every result that a notebook shows, in page order.

    Raises
    ------
    NotebookError
        When a payload is of a later schema than this version reads.
    """
    outputs = (output for cell in document.cells for output in cell.get("outputs", []))
    found = [dict(output["data"][MIME]) for output in outputs if MIME in output.get("data", {})]
    for payload in found:
        if payload.get("schema_version") != SCHEMA_VERSION:
            raise NotebookError(
                f"results of schema {SCHEMA_VERSION}",
                got=f"schema {payload.get('schema_version')!r}",
                fix="Run the notebook with the kpikit that reports on it.",
                where=str(payload.get("name", "")),
            )
    return found


def page(found: list[Payload], *, where: str) -> Payload:
    """Return the page payload: title, business and what was known when.

    Raises
    ------
    NotebookError
        When the notebook shows none, or one without the date that its report is filed under.
    """
    chosen = next((payload for payload in found if payload["kind"] == "page"), None)
    if chosen is None:
        raise NotebookError(
            "one result of the kind 'page'", got="none", fix="Show it in the first cell after the data.", where=where
        )
    try:
        as_date(str(chosen["facts"].get("as_of", "")))
    except ParameterError:
        raise NotebookError(
            "the fact as_of as an ISO date", got=repr(chosen["facts"].get("as_of")), where=f"{where}, page"
        ) from None
    return chosen


def as_of(chosen: Payload) -> str:
    """Return the first day that is not known, as ISO text."""
    return as_date(str(chosen["facts"]["as_of"])).isoformat()


def known_up_to(chosen: Payload) -> date:
    """Return the last day that is known."""
    return as_date(str(chosen["facts"]["as_of"])) - timedelta(days=1)


def headline(found: list[Payload]) -> str:
    """Return the one sentence that stands for the page."""
    ranked = sorted(
        (payload for payload in found if payload["kind"] in HEADLINE_KINDS and payload.get("headline")),
        key=lambda payload: HEADLINE_KINDS.index(payload["kind"]),
    )
    return str(ranked[0]["headline"]) if ranked else ""


def status(found: Sequence[Payload]) -> str:
    """Return PASS, REVIEW or FAIL from the data checks, or nothing when the page shows none."""
    facts = (payload["facts"] for payload in found if payload["kind"] in ("status", "quality"))
    return next((str(fact["status"]) for fact in facts if fact.get("status")), "")


def goals(found: Sequence[Payload]) -> dict[str, int]:
    """Return how many goals have each status (``on target``, ``at risk``, ``off target``, ``unknown``)."""
    counted = (payload["facts"].get("goals") for payload in found if payload["kind"] == "status")
    return next((dict(counts) for counts in counted if counts), {})


def running(found: Sequence[Payload], chosen: Payload) -> str:
    """Return the name of the period that is not over although values of it are shown; nothing where there is none."""
    shown = [payload for payload in found if payload["kind"] == "tiles" and payload["facts"].get("period")]
    for payload in shown:
        unit = Period.parse(str(payload["facts"]["period"]))
        starts = [as_date(str(kpi["period"])) for kpi in payload.get("kpis", ()) if kpi.get("status") == "partial"]
        if starts and unit.index(max(starts)) >= unit.index(as_date(as_of(chosen))):
            return unit.label(max(starts))
    return ""


def kpis(found: list[Payload]) -> list[dict[str, Any]]:
    """Return the values for ``kpis.json``, in page order."""
    return [dict(kpi) for payload in found for kpi in payload.get("kpis", ())]


def tables(found: list[Payload]) -> dict[str, Payload]:
    """Return the tables that were shown, by the name of their result: ``columns`` and ``rows``."""
    return {str(payload["name"]): payload["table"] for payload in found if payload.get("table")}
