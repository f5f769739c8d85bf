"""The one design of pages and figures: colours and type, read by the style sheet and by seaborn alike.

Contrast is at least 4.5 : 1 for text on its background in both schemes (WCAG 2.2 AA). Series colours are from
Okabe and Ito (2008), darkened where thin lines need it; order is fixed so that a colour means one thing on a page.
"""

from __future__ import annotations

LIGHT = {
    "ink": "#1b2430",
    "muted": "#56616e",
    "line": "#d5dbe1",
    "paper": "#ffffff",
    "panel": "#f5f7f9",
    "accent": "#0b6287",
    "good": "#1d6b45",
    "bad": "#a3341f",
    "warn": "#7a5200",
}
DARK = {
    "ink": "#e6ebf0",
    "muted": "#a5b0bc",
    "line": "#3a4550",
    "paper": "#12181e",
    "panel": "#1b232b",
    "accent": "#6cbbe0",
    "good": "#74c79a",
    "bad": "#f0957f",
    "warn": "#e0b662",
}
SERIES = ("#0b6287", "#c2560c", "#2a7f62", "#8a4f9e", "#7a6a00", "#56616e")
FONT_STACK = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif'
)
