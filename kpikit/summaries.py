"""The few sentences at the top of a page, made from the results below it."""

from __future__ import annotations

from kpikit.results import Result

MOST_SENTENCES = 5


def summary(*results: Result) -> Result:
    """Return the summary of a page: the headlines of its results, in the order given, at most five."""
    sentences = [result.headline for result in results if result.headline][:MOST_SENTENCES]
    text, first = " ".join(sentences), "".join(sentences[:1])
    return Result("summary", "summary", "Summary", text, first, facts={"sentences": sentences})
