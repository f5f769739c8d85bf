"""Comments without addresses, telephone numbers and names; orders, dates and prices stay."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit import privacy
from kpikit.scrubbing import personal, scrubbed

ADDRESSES = (
    "me@example.org", "ana.silva+coffee@mail.example.co.uk", "o'brien@example.ie", "ana@[192.168.0.1]",
    "ana (at) example.org", "ana[at]example[dot]org", "ana at example dot org", "ana{at}example{dot}org",
    "ana @ example . org", "ana arroba example punto es", "ana＠example．org", "a\u200bna@exam\u200bple.org",
    "josé@exámple.pt", "MAILTO:ANA@EXAMPLE.ORG", "ana@exa\u00admple.org",
)  # fmt: skip
TELEPHONES = (
    "+351 912 345 678", "+351912345678", "00351 912 345 678", "+49 (0)30 1234567", "+33 (0) 6 12 34 56 78",
    "+1 212-555-0100", "(212) 555-0100", "212.555.0100", "1-212-555-0100", "030 1234567", "0171/1234567",
    "020 7946 0958", "06 12 34 56 78", "06.12.34.56.78", "0912345678", "912 345 678", "0151-12345678",
    "＋351 ９１２ ３４５ ６７８", "+44\u00a020\u00a07946\u00a00958", "٠٩١٢٣٤٥٦٧٨", "+351\u200b912\u200b345\u200b678",
)  # fmt: skip
ANNOUNCED = ("call me 5550100", "my phone number is 912345678", "Tel.: 21 234 5678", "whatsapp 912345678")
HARMLESS = (
    "2026-09-30", "30.09.2026", "30/09/2026 10:30", "09/30/2026", "01.09.2026 08:30", "2026-09-30 08:30:00",
    "2026-09-30T08:30:00", "20260930", "order 4711", "order no. 0012345678", "order 0912345678", "Order #1234567890",
    "Rechnung Nr. 0301234567", "EUR 1,234.56", "12.50", "99,90 €", "1 234 567", "100 000 000", "0.123456789",
    "1234567890", "2019-2024", "10:30-11:45", "3 for 2", "24/7", "50%-70%", "A4711-0012345", "9783161484100",
    "ISBN 978-3-16-148410-0", "1234 5678 9012 3456", "v1.2.3.4", "192.168.0.1", "size 38 40 42 44",
    "I was at home. Nice", "Coffee @ 3 euro", "meet at noon", "at the store. Great", "@harbor", "a@b",
)  # fmt: skip


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_taken_out(text: str) -> None:
    found = scrubbed([f"Hi, {text} thanks"])[0]
    assert re.fullmatch(r"Hi, (?:MAILTO:)?\[e-mail\] thanks", found), found


@pytest.mark.parametrize("text", TELEPHONES)
def test_a_telephone_number_is_taken_out(text: str) -> None:
    assert scrubbed([f"Hi, {text} thanks"]) == ["Hi, [telephone] thanks"]


@pytest.mark.parametrize("text", ANNOUNCED)
def test_a_bare_number_is_one_where_a_word_says_so(text: str) -> None:
    assert re.fullmatch(r"[\w .:]+ \[telephone\]", scrubbed([text])[0])


@pytest.mark.parametrize("text", HARMLESS)
def test_orders_dates_prices_and_the_like_stay(text: str) -> None:
    assert scrubbed([text, f"Well, {text}!"]) == [text, f"Well, {text}!"]


def test_names_of_the_staff_go_in_any_case_and_with_any_accent_their_parts_as_written() -> None:
    said = "ANA SILVA, ána  sílva's; Ana and Silva. anabela, José, jose, Zoe\u0301 — silva"
    found = scrubbed([said], staff=["Ana Silva", "Jose", "Zoé"])[0]
    assert found == "[name], [name]'s; [name] and [name]. anabela, [name], [name], [name] — silva"


def test_texts_that_are_missing_are_empty_and_others_are_written() -> None:
    assert scrubbed([None, float("nan"), 7]) == ["", "", "7"]
    assert privacy.scrubbed is scrubbed


def test_what_was_found_says_where() -> None:
    text = "é ana@example.org and +351 912 345 678"
    assert [text[one.begins : one.ends] for one in personal(text)] == ["ana@example.org", "+351 912 345 678"]


@given(st.text(max_size=80), st.sampled_from(ADDRESSES[:6] + TELEPHONES[:8]), st.text(max_size=80))
def test_whatever_stands_around_it_with_a_blank_between_it_goes(before: str, text: str, after: str) -> None:
    assert text not in scrubbed([f"{before}; {text} ; {after}"])[0]


@given(st.text(max_size=200))
def test_what_is_scrubbed_stays_scrubbed_and_the_rest_is_untouched(text: str) -> None:
    done, parts = 0, []
    for one in personal(text):
        assert done <= one.begins < one.ends <= len(text)
        parts += [text[done : one.begins], one.mark]
        done = one.ends
    assert "".join([*parts, text[done:]]) == scrubbed([text])[0]


@given(st.dates(), st.integers(1, 10**6), st.decimals(0, 10**5, places=2))
def test_no_date_order_or_price_is_a_number_to_call(day: object, order: int, price: object) -> None:
    text = f"Order {order} of {day:%Y-%m-%d} ({day:%d.%m.%Y}, {day:%d/%m/%Y}) cost {price} EUR"
    assert scrubbed([text]) == [text]


def test_a_megabyte_takes_seconds_not_hours() -> None:
    scrubbed(["a" * 10**6, "a." * 10**5, "0" * 10**5, "1 " * 10**5, "a at " * 10**4, "(" * 10**5])
