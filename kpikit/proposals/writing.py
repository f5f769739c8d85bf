"""A proposal as the text of a kpikit.yaml, with comments for what the user may want next."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kpikit.proposals.judging import Found

YAML_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")


def business(orders: Found) -> str:
    """Return a name for the business, from the file or database of its orders."""
    stem = re.split(r"[.(]", Path(orders.shown).name)[0] if orders.source is None else orders.source[0]
    words = re.sub(r"[_\-\s]+", " ", stem).strip()
    return words[:1].upper() + words[1:]


def written(chosen: dict[str, Found], name: str) -> str:
    """Return the kpikit.yaml for the tables found: contract's name → where it is and how it is mapped."""
    lines = [
        "# What kpikit found. Check the mapping; everything else can wait.",
        "business:",
        f"  name: {_scalar(name)}",
        "  # currency: EUR",
        "  # timezone: UTC            # only needed where times carry a time zone; others are local already",
        "  # week_start: monday",
    ]
    sources = dict(item.source for item in chosen.values() if item.source)
    if sources:
        lines += ["sources:", *(f"  {source}: {{url: {_scalar(url)}}}" for source, url in sources.items())]
    lines.append("tables:")
    for table, item in chosen.items():
        lines += [f"  {table}:", f"    from: {_scalar(item.place)}", "    columns:"]
        lines += [f"      {own}: {_scalar(column)}" for own, column in item.mapping.items()]
        lines += _options(table, item)
    lines += [
        "# economics: {margin_fraction: 0.4, annual_discount_rate: 0.10}",
        "# freshness: {orders: 2 days}",
        "# privacy: {customer_ids: hashed}",
    ]
    return "\n".join(lines) + "\n"


def _options(table: str, item: Found) -> list[str]:
    """Return what the user may want, as comments."""
    if table != "orders":
        return []
    price = re.fullmatch(r".+ \* (.+)", item.mapping["amount"])
    options = []
    if price:
        options.append(f"      # unit_price: {price[1]}    # with it, lines priced 0 or below are set aside")
    return [*options, "    # drop_duplicates: true    # sets exact copies of a row aside; they are used otherwise"]


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][\w./\- ]*", text) and text.casefold() not in YAML_WORDS
    return text if plain and text == text.strip() else json.dumps(text, ensure_ascii=False)
