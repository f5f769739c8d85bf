"""What may not be read in a text that customers wrote: e-mail addresses, telephone numbers, names of the staff."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

EMAIL, TELEPHONE, NAME = "[e-mail]", "[telephone]", "[name]"
SHORTEST_PART = 3  # letters of a first or last name that is looked for by itself
FEWEST_DIGITS, MOST_DIGITS = 7, 15  # of a telephone number with its country (ITU-T E.164 allows 15)

_OPENS, _CLOSES = r"[\[({<]\s?", r"\s?[\])}>]"
_AT = rf"(?:\s?@\s?|\s?{_OPENS}(?:at|@|arroba|a){_CLOSES}\s?|\s{{1,3}}(?:at|arroba)\s{{1,3}})"
_DOT_WORD = r"(?:dot|punkt|ponto|punto|point)"
_DOT = rf"(?:\.|\s\.\s|\s?{_OPENS}(?:{_DOT_WORD}|\.){_CLOSES}\s?|\s{{1,3}}{_DOT_WORD}\s{{1,3}})"
_ADDRESS = re.compile(
    rf"(?<![\w.+%'-])[\w+%'-]{{1,64}}(?:{_DOT}[\w+%'-]{{1,64}}){{0,4}}{_AT}"
    rf"(?:\[?\d{{1,3}}(?:\.\d{{1,3}}){{3}}\]?|[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,5}}{_DOT}[^\W\d_]{{2,24}})(?!\w)",
    re.IGNORECASE,
)
# a run of digits with what people write between them; what stands before it must not be part of a longer number
_RUN = re.compile(r"(?<![\w+#€$£%])(?<!\d[.,:/-])(?:\+\s?)?\(?\d(?:[\s().\-/\u2010-\u2013]{0,3}\d){6,18}(?!\w|[.,:]\d)")
_DATE = re.compile(
    r"(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|[12]\d|3[01])[-./](?:19|20)?\d\d(?![-./]?\d)"
)
_AMERICAN = re.compile(r"(?:1[\s.-])?\(?[2-9]\d{2}\)?[\s.-]{1,2}\d{3}[\s.-]\d{4}")
_THREES = re.compile(r"[29]\d{2}([\s.-])\d{3}\1\d{3}")  # nine digits by threes, as in Portugal and Spain's cities
_CALL = re.compile(
    r"(?:tel(?:e(?:phone|fone|fon|fono))?|phone|(?:tele)?mobile|mobil|mobiltelefon|m[oó]vil|handy|cell|call(?:\s+me)?|"
    r"ring(?:\s+me)?|whats\s?app|fax|sms|text(?:\s+me)?|contacto)\b[\s.:#-]*(?:(?:no|nr|number|on|at|is|under)\b[\s.:]*){0,2}$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:order|invoice|ticket|parcel|tracking|ref(?:erence)?|article|item|customer|account|iban|isbn|ean|no|nr|id|"
    r"pedido|encomenda|fatura|bestellung|rechnung|commande)\b[\s.:#-]*(?:(?:no|nr|number|id|is)\b[\s.:#]*){0,2}$",
    re.IGNORECASE,
)


class Found(NamedTuple):
    """What stands in a text that may not: its mark (such as ``[e-mail]``), and where it begins and ends."""

    mark: str
    begins: int
    ends: int


def scrubbed(texts: Iterable[object], *, staff: Iterable[str] = ()) -> list[str]:
    """Return texts without e-mail addresses, telephone numbers and the names of the staff.

    One text → one text; None and NaN give an empty one.

    Parameters
    ----------
    texts
        What customers wrote: comments, reviews, messages.
    staff
        Names to take out, such as ``privacy.staff`` of kpikit.yaml: whole names in any spelling of case and accents,
        and each first or last name of three letters or more as it is written.

    Returns
    -------
    list of str
        The texts with ``[e-mail]``, ``[telephone]`` and ``[name]`` in place of what was found.

    Notes
    -----
    Found are addresses with ``@`` and the usual disguises (``ana (at) example dot org``, full-width or invisible signs
    between the letters), numbers with a country's code or a leading 0, the groups that people write (``912 345 678``,
    ``(212) 555-0100``), and any long number that a word such as *phone* announces. A bare number of seven or more
    digits without any of these stays: it may be an order's. Dates, prices and numbers that a word such as *order*
    announces stay too. Names that nobody configured stay: no list of names could hold them all.

    >>> scrubbed(["Ana was kind: me@example.org, +351 912 345 678", "Order 4711 of 2026-09-30"], staff=["Ana"])
    ['[name] was kind: [e-mail], [telephone]', 'Order 4711 of 2026-09-30']
    """
    names = tuple(staff)
    return [_scrubbed("" if text is None or text != text else str(text), names) for text in texts]


def personal(text: str, staff: Iterable[str] = ()) -> list[Found]:
    """Return what :func:`scrubbed` would take out of a text, from left to right, none over another."""
    plain, places = _plain(text)
    places.append(len(text))  # an accent that follows its letter goes with it
    every = [*_addresses(plain), *_telephones(plain), *_names(plain, tuple(staff))]
    found, done = [], 0
    for mark, begins, ends in sorted(every, key=lambda one: (one.begins, -one.ends)):
        if ends > done:  # of two that overlap the later one goes on where the earlier one ends
            found.append(Found(mark, places[max(begins, done)], places[ends]))
            done = ends
    return found


def _scrubbed(text: str, staff: tuple[str, ...]) -> str:
    parts, done = [], 0
    for mark, begins, ends in personal(text, staff):
        parts += [text[done:begins], mark]
        done = ends
    return "".join([*parts, text[done:]])


def _plain(text: str) -> tuple[str, list[int]]:
    """Return a text without invisible signs, accents and widths, and where each of its signs stands in the text."""
    if text.isascii():
        return text, list(range(len(text)))
    kept = [(_base(sign), place) for place, sign in enumerate(text) if unicodedata.category(sign) not in ("Cf", "Mn")]
    return "".join(sign for sign, _ in kept), [place for _, place in kept]


@lru_cache(maxsize=4096)
def _base(sign: str) -> str:
    """Return a sign at its usual width and without its accent; always one sign."""
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    return sign if sign.isascii() else unicodedata.normalize("NFKD", sign)[0]


def _addresses(plain: str) -> Iterator[Found]:
    for found in _ADDRESS.finditer(plain):
        yield Found(EMAIL, *found.span())


def _telephones(plain: str) -> Iterator[Found]:
    for found in _RUN.finditer(plain):
        if _is_telephone(found[0], plain[max(0, found.start() - 40) : found.start()]):
            yield Found(TELEPHONE, *found.span())


def _is_telephone(run: str, before: str) -> bool:
    digits = re.sub(r"\D", "", run)
    if run.startswith("+"):
        return FEWEST_DIGITS <= len(digits) <= MOST_DIGITS
    if _CALL.search(before):
        return len(digits) <= MOST_DIGITS and not _DATE.fullmatch(run)
    if _REFERENCE.search(before) or _DATE.search(run):
        return False
    if _AMERICAN.fullmatch(run) or _THREES.fullmatch(run):
        return True
    if digits.startswith("00"):  # the country's code as it is dialled
        return digits[2:3] not in ("", "0") and 9 <= len(digits) <= MOST_DIGITS + 2
    return digits.startswith("0") and 9 <= len(digits) <= 12 and not re.fullmatch(r"0\.\d+", run)


def _names(plain: str, staff: tuple[str, ...]) -> Iterator[Found]:
    for pattern in _patterns(staff):
        for found in pattern.finditer(plain):
            yield Found(NAME, *found.span())


@lru_cache(maxsize=64)
def _patterns(staff: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Return what to look for: whole names in any case first, then their parts as they are written."""
    names = [_plain(name)[0].split() for name in staff]
    wholes = [r"\s{1,3}".join(map(re.escape, parts)) for parts in names if parts]
    alone = {part for parts in names if len(parts) > 1 for part in parts if len(part) >= SHORTEST_PART}
    ways = (("|".join(wholes), re.IGNORECASE), ("|".join(map(re.escape, sorted(alone))), re.NOFLAG))
    return tuple(re.compile(rf"(?<!\w)(?:{words})(?!\w)", flag) for words, flag in ways if words)
