"""The few sentences at the top of a page."""

from __future__ import annotations

from kpikit.results import Result
from kpikit.summaries import MOST_SENTENCES, summary


def said(headline: str) -> Result:
    return Result("x", "text", "T", headline=headline)


def test_headlines_come_in_the_order_given_and_silent_results_say_nothing():
    result = summary(said("One."), said(""), said("Two."))
    assert result.facts["sentences"] == ["One.", "Two."]
    assert result.text == "One. Two."
    assert result.kind == "summary"


def test_at_most_five_sentences():
    result = summary(*[said(f"{n}.") for n in range(9)])
    assert result.facts["sentences"] == ["0.", "1.", "2.", "3.", "4."]
    assert MOST_SENTENCES == 5


def test_a_page_with_nothing_to_say_has_an_empty_summary():
    assert summary().facts["sentences"] == []
    assert summary(said("")).text == ""
