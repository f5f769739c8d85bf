"""Numbers as readers see them. The only place that turns a rate into a percentage."""

from __future__ import annotations

import math
from collections.abc import Iterable

MISSING = "–"
MINUS = "−"
DIGITS = 14  # significant ones: sums whose parts are added in another order differ beyond them
DURATIONS = ("hours", "days", "months")


def missing(value: object) -> bool:
    """Say whether ``value`` is None, NaN, or pandas' NA or NaT (known by name: this layer imports no pandas)."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or bool(value != value)


def number(value: float | None, decimals: int = 0) -> str:
    """Return a number with thousands separators.

    >>> number(1234567.891, 1), number(None), number(-0.001, 1)
    ('1,234,567.9', '–', '0.0')
    """
    if value is None or missing(value) or math.isinf(float(value)):
        return MISSING
    settled = float(f"{float(value):.{DIGITS}g}")  # else a half is rounded up in one run and down in the next
    text = f"{settled:,.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else MINUS + text[1:]
    return text


def counted(size: float, noun: str) -> str:
    """Return a count with its noun, in the plural where it is not one.

    >>> counted(1, "customer"), counted(2357, "customer")
    ('1 customer', '2,357 customers')
    """
    return f"{number(size)} {noun}" if size == 1 else f"{number(size)} {noun}s"


def agreed(size: float, one: str, more: str) -> str:
    """Return the word that agrees with a count.

    >>> [f"{counted(size, 'row')} {agreed(size, 'was', 'were')} set aside" for size in (1, 2)]
    ['1 row was set aside', '2 rows were set aside']
    """
    return one if size == 1 else more


def percent(rate: float | None, decimals: int = 1) -> str:
    """Return a rate between 0 and 1 as a percentage.

    >>> percent(0.3661), percent(0.018, 0)
    ('36.6 %', '2 %')
    """
    return MISSING if missing(rate) else f"{number(float(rate) * 100, decimals)} %"  # type: ignore[arg-type]


def points(difference: float | None, decimals: int = 1) -> str:
    """Return a difference of two rates in percentage points, with its sign.

    >>> points(-0.0213), points(0.02)
    ('−2.1 points', '+2.0 points')
    """
    if missing(difference):
        return MISSING
    text = number(float(difference) * 100, decimals)  # type: ignore[arg-type]
    return f"{text if text.startswith(MINUS) else '+' + text} points"


def money(value: float | None, currency: str = "", decimals: int | None = None) -> str:
    """Return an amount with its currency; cents only below 1,000.

    >>> money(35.168, "USD"), money(2499911.4, "GBP"), money(12.0)
    ('35.17 USD', '2,499,911 GBP', '12.00')
    """
    if value is None or missing(value):
        return MISSING
    places = decimals if decimals is not None else (2 if abs(float(value)) < 1000 else 0)
    return f"{number(value, places)} {currency}".strip()


def interval(low: float | None, high: float | None, style: str = "percent", currency: str = "") -> str:
    """Return an interval's two ends in the style of its estimate.

    >>> interval(0.334, 0.398), interval(None, None)
    ('33.4 % to 39.8 %', 'no interval')
    """
    if missing(low) or missing(high):
        return "no interval"
    return f"{styled(low, style, currency)} to {styled(high, style, currency)}"


def styled(value: float | None, style: str, currency: str = "") -> str:
    """Return a value as a KPI's card says that it is written.

    ``style`` is ``percent`` (of a rate 0 to 1), ``money``, ``count``, ``points`` (of a score, −100 to 100), ``hours``,
    ``days``, ``months`` or ``decimal`` (two places).

    >>> styled(0.5, "percent"), styled(3, "count"), styled(2.456, "decimal"), styled(5.25, "hours")
    ('50.0 %', '3', '2.46', '5.2 hours')
    """
    if style == "percent":
        return percent(value)
    if style == "money":
        return money(value, currency)
    if style in DURATIONS:
        return MISSING if missing(value) else f"{number(value, 1)} {style}"
    return number(value, {"count": 0, "points": 1}.get(style, 2))


def difference(change: float | None, style: str, currency: str = "") -> str:
    """Return the difference of two values with its sign; of two rates in percentage points, of two scores in points.

    >>> difference(0.02, "percent"), difference(-4.0, "points"), difference(12.5, "money", "EUR")
    ('+2.0 points', '−4.0 points', '+12.50 EUR')
    """
    if missing(change):
        return MISSING
    if style == "percent":
        return points(change)
    text = f"{number(change, 1)} points" if style == "points" else styled(change, style, currency)
    return text if text.startswith(MINUS) else f"+{text}"


def joined(items: Iterable[str]) -> str:
    """Return items as a clause of a sentence.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    words = list(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
