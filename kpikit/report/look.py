"""The look that reports, catalogue and failure page share: one style sheet, one head, autoescaped components."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kpikit.formatting import counted
from kpikit.legible import LONGEST_TEXT, legible
from kpikit.palette import DARK, FONT_STACK, LIGHT

TEMPLATES = Path(__file__).with_name("templates")
TEMPLATE = "kpikit"
NO_BREAK_SPACE = "\u00a0"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@cache
def environment() -> Environment:
    """Return the environment of the components: everything inserted is escaped, nothing may be undefined."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES / TEMPLATE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_legible,
    )
    made.filters.update(day=day_words, days=day_count, moment=moment_words, signed=signed)
    made.globals.update(policy=POLICY, stylesheet=stylesheet)
    return made


def _legible(value: Any) -> Any:
    """Return a value as it is inserted: text from outside neither hides nor floods what stands around it."""
    return legible(value, LONGEST_TEXT) if isinstance(value, str) and not isinstance(value, Markup) else value


def component(name: str, **values: Any) -> str:
    """Return a component, rendered."""
    return environment().get_template(name).render(**values)


@cache
def stylesheet() -> str:
    """Return the one style sheet, with the palette as its variables in both schemes."""
    rules = (TEMPLATES / TEMPLATE / "kpikit.css").read_text(encoding="utf-8")
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} color-scheme: dark }} }}"
    return f":root {{ {_variables(LIGHT)} --sans: {FONT_STACK}; color-scheme: light }}\n{dark}\n{rules}"


def day_words(value: date | str) -> str:
    """Return a day as readers write it.

    >>> day_words("2026-09-30")
    '30 September 2026'
    """
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{day.day} {day:%B %Y}"


def day_count(days: int) -> str:
    """Return a number of days in words."""
    return counted(days, "day")


def signed(text: str) -> str:
    """Return a text in which a number and its percent sign stay on one line.

    >>> signed("21.1 % of them")
    '21.1\xa0% of them'
    """
    return text.replace(" %", f"{NO_BREAK_SPACE}%")


def moment_words(value: datetime | str) -> str:
    """Return a moment as readers write it, in UTC.

    >>> moment_words("2026-09-30T14:05:00+02:00")
    '30 September 2026, 12:05 UTC'
    """
    moment = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
    return f"{day_words(moment.date())}, {moment:%H:%M} UTC"


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
