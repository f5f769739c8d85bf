"""Survey questions as ``kpis:`` of kpikit.yaml says them: their kinds, and their scales where answers have none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Settings = Mapping[str, Mapping[str, Any]]

NPS, CSAT, CES = "nps", "csat", "ces"
SCALES = {NPS: (0, 10), CSAT: (1, 5), CES: (1, 7)}
EFFORT_SCALE = (1, 5)  # the first version of the effort question


def plain(name: str) -> str:
    """Return a name in lower case, without blanks around it."""
    return name.strip().lower()


def by_id(kpis: Settings, id_of: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """Return what is set for each KPI by its id, whichever of its names it was written under."""
    found: dict[str, dict[str, Any]] = {}
    for name, settings in kpis.items():
        found[id_of(name)] = {**found.get(id_of(name), {}), **settings}
    return found


def is_first_effort(settings: Settings) -> bool:
    """Say whether the effort question is asked in its first version: on a scale of 1 to 5, lower is better."""
    return settings.get(CES, {}).get("version") == 1


def kinds_declared(settings: Settings) -> tuple[str, ...]:
    """Return the kinds of question that are counted: kpikit's own, and those of the business's own questions."""
    own = [plain(str(one["kind"])) for one in settings.values() if one.get("kind")]
    return tuple(dict.fromkeys([*SCALES, *own]))


def scales_declared(settings: Settings) -> dict[str, tuple[int, int]]:
    """Return the scale that is declared for a kind, the first where there are several; by :func:`by_id`'s ids."""
    effort = [(CES, EFFORT_SCALE)] if is_first_effort(settings) else []
    own = [
        (plain(str(one["kind"])), (one["scale"][0], one["scale"][1]))
        for one in settings.values()
        if one.get("kind") and isinstance(one.get("scale"), (list, tuple))
    ]
    return dict(reversed([*effort, *own]))
