"""The headline figure of a report over time: a small line, and the sentence that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpikit.report import history
from kpikit.report.history import Told

WIDTH, HEIGHT, EDGE = 160, 36, 4
FEWEST_POINTS = 3


@dataclass(frozen=True)
class Trend:
    """A line of values: title of the figure, what the line says in words, and its points in a drawing."""

    title: str
    text: str
    points: tuple[tuple[float, float], ...]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def line(self) -> str:
        """The points as SVG writes them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


def trend(said: Sequence[Told]) -> Trend | None:
    """Return the headline figure as the runs told it (:func:`kpikit.report.history.trend`); None below three values.

    Parameters
    ----------
    said
        What the runs of one report said, the latest first.
    """
    found = history.trend(said)
    if len(found) < FEWEST_POINTS:
        return None
    newest, kpi = said[0], said[0].kpis[0].kpi
    values = [value for _, value in found]
    low, high = min(values), max(values)
    first, last = (newest.shown(kpi, value) for value in (values[0], values[-1]))
    title = newest.title(kpi)
    text = (
        f"{title}: from {first} in {found[0][0]} to {last} in {found[-1][0]} over {len(found)} values, "
        f"lowest {newest.shown(kpi, low)}, highest {newest.shown(kpi, high)}"
    )
    step, scale = (WIDTH - 2 * EDGE) / (len(values) - 1), (HEIGHT - 2 * EDGE) / ((high - low) or 1.0)
    points = tuple((EDGE + i * step, HEIGHT - EDGE - (value - low) * scale) for i, value in enumerate(values))
    return Trend(title, text, points)
