"""What the shop's customers write: a theme and how they feel about it, by the score that goes with it."""

from __future__ import annotations

from kpikit.datasets.drawing import one_of

HAPPY = (
    "The beans are fresh and the flavour is wonderful.",
    "Delivery was fast, a day earlier than promised.",
    "Marta in the store is always kind and knows her coffee.",
    "The app makes ordering easy.",
    "Great value for such good coffee.",
    "The subscription never fails, excellent service.",
    "Beautiful packaging, everything arrived in perfect condition.",
)
MIXED = (
    "Good coffee, but the choice could be wider.",
    "The price is fair, delivery could be quicker.",
    "The coffee is fine, the packaging is plain.",
    "It works, although the app is a little slow.",
    "I like the house blend, the decaf less so.",
)
ANGRY = (
    "Delivery was late again and nobody told me.",
    "The package arrived damaged and the bag was torn.",
    "The coffee tasted stale, I was disappointed.",
    "The app crashed at checkout and I had to start over.",
    "Too expensive for what you get.",
    "I waited for days until Tiago answered my question.",
    "An item was missing and the refund took weeks.",
)
GREETINGS = ("", "", "Honestly: ", "As a regular: ", "Second order this month. ", "Thank you for asking. ")
STAFF = ("Marta", "Tiago")


def written(mood: str, theme: str, greeting: str) -> str:
    """Return the SQL of a text. ``mood`` is -1, 0 or 1 in SQL; ``theme`` and ``greeting`` are uniform numbers."""
    text = f"CASE {mood} WHEN 1 THEN {one_of(theme, HAPPY)} WHEN 0 THEN {one_of(theme, MIXED)} "
    return f"{one_of(greeting, GREETINGS)} || {text} ELSE {one_of(theme, ANGRY)} END"
