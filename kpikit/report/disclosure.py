"""The gate's rules of privacy: no small cell, no id in clear, no address in a comment, no value of a secret."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from kpikit.cells import SUPPRESSED, is_small, small_rows
from kpikit.report.gate import Finding
from kpikit.report.payloads import Payload
from kpikit.results import MIME
from kpikit.scrubbing import EMAIL, TELEPHONE, personal

HASHED = re.compile(r"[0-9a-f]{12}")
IDENTIFIERS = re.compile(r"(?:customer|client|visitor)(?:[ _-]?ids?)?|referred[ _-]by", re.IGNORECASE)
RAW_IDENTIFIERS = re.compile(r"\b(?:customer_id|visitor_id|referred_by)\b")
COMMENTS = re.compile(r"(?:.*[ _-])?(?:comments?|remarks?|quotes?|verbatims?|feedback|reviews?)", re.IGNORECASE)
QUOTING = ("blockquote", "q")
REFERENCE = re.compile(r"\$\{(\w+)\}")
REFERRING = re.compile(r"[^\s\"',]*\$\{\w+\}[^\s\"',]*")
KEY_VARIABLE = "KPIKIT_HASH_KEY"
SHORTEST_SECRET = 4  # shorter values stand in any page by chance
MASK = "[secret]"


def check_disclosure(document: Any, found: Sequence[Payload], html: str, secrets: Iterable[str]) -> list[Finding]:
    """Return every reason of privacy to refuse a page, its tables and its notebook.

    Parameters
    ----------
    document
        The executed notebook, which lies beside the page.
    found
        The payloads of its results (:func:`kpikit.report.payloads.payloads`). The page's facts say what
        ``privacy.min_cell`` and ``privacy.customer_ids`` are; without them cells and ids are not judged.
    html
        The page.
    secrets
        Values that may stand nowhere (:func:`secrets_of`).
    """
    policy = next((one["facts"].get("privacy") or {} for one in found if one["kind"] == "page"), {})
    findings = [*_comments(found), *_quoted(html), *_secrets(document, html, secrets)]
    if policy.get("min_cell"):
        findings += _small_cells(found, int(policy["min_cell"]))
    if policy.get("customer_ids") == "hashed":
        findings += [*_identifiers(found), *_raw_outputs(document)]
    return findings


def secrets_of(values: Mapping[str, Any], folder: Path) -> frozenset[str]:
    """Return the secrets of a run: values of ``${NAME}`` in its parameters and its sources' urls, and the hash key.

    Parameters
    ----------
    values
        The notebook's parameters; ``config`` names the configuration.
    folder
        The folder that it is relative to.

    Notes
    -----
    Of a url, what stands for the password or in the query is a secret, and the host, the user or the name of a database
    is not. Of a value that is itself an address, the password counts too. Values of fewer than four signs are not
    looked for: they stand in any page by chance.
    """
    path = folder / str(values.get("config") or "kpikit.yaml")
    try:
        written = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:  # what cannot be read has been refused, or is about to be
        written = ""
    names = {*_secret_names(written), *REFERENCE.findall(json.dumps(dict(values), default=str)), KEY_VARIABLE}
    given = {os.environ[name] for name in names if os.environ.get(name)}
    every = given | {password for value in given for password in _passwords(value)}
    return frozenset(value for value in every if len(value) >= SHORTEST_SECRET)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return a text with every form of every secret replaced by ``[secret]``."""
    for form in sorted({form for secret in secrets for form in forms(secret)}, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def redact_file(path: Path, secrets: Iterable[str]) -> None:
    """Replace secrets in a file that is to be kept; a file that is not there, or holds none, stays as it is."""
    if not path.is_file():
        return
    written = path.read_text(encoding="utf-8", errors="replace")
    try:
        content = json.loads(written)
        clean = json.dumps(_redacted(content, secrets), indent=1, ensure_ascii=False)
        changed = json.loads(clean) != content
    except ValueError:  # cut short by what ended the run
        clean = redacted(written, secrets)
        changed = clean != written
    if changed:
        path.write_text(clean, encoding="utf-8")


def clear_outputs(path: Path) -> None:
    """Take the outputs out of a notebook that is to be kept; a file that is not there stays away."""
    if not path.is_file():
        return
    document = json.loads(path.read_text(encoding="utf-8"))
    for cell in document["cells"]:
        if "outputs" in cell:
            cell["outputs"] = []
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")


def _redacted(content: Any, secrets: Iterable[str]) -> Any:
    if isinstance(content, dict):
        return {redacted(key, secrets): _redacted(value, secrets) for key, value in content.items()}
    if isinstance(content, list):
        return [_redacted(value, secrets) for value in content]
    return redacted(content, secrets) if isinstance(content, str) else content


def _texts(content: Any) -> Iterator[str]:
    """Yield every text in a document, names included."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _texts(value)
    elif isinstance(content, str):
        yield content


def forms(secret: str) -> frozenset[str]:
    """Return a secret as it may be written: itself, in a URL, HTML, JSON or Python text, in hexadecimal, in base64.

    In base64 a secret looks different at each of three places in a longer text: the signs that depend on nothing but
    the secret are looked for.
    """
    raw = secret.encode()
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    plain = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), escape(secret), raw.hex(), *escaped}
    cores = set()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw).decode()
        core = coded[(0, 2, 3)[offset] : len(coded) - (4 if (offset + len(raw)) % 3 else 0)]
        cores |= {core, core.replace("+", "-").replace("/", "_")}
    return frozenset({*plain, *(core for core in cores if len(core) >= 2 * SHORTEST_SECRET)})


def _secret_names(written: str) -> Iterator[str]:
    """Yield the names of the variables that hold a secret, from the text of a configuration."""
    for url in REFERRING.findall(written):
        scheme, found, rest = url.partition("://")
        user = rest.rpartition("@")[0]
        secret = f"{user.partition(':')[2] or user} {rest.partition('?')[2]}" if found else scheme
        yield from REFERENCE.findall(secret)


def _passwords(value: str) -> Iterator[str]:
    """Yield the password of an address, as it is written and as it is meant."""
    try:
        found = urlsplit(value).password
    except ValueError:
        return
    if found:
        yield found
        yield unquote(found)


def _small_cells(found: Sequence[Payload], min_cell: int) -> Iterator[Finding]:
    rule = "small cell"
    for one in found:
        if table := one.get("table"):
            for number, column, count in small_rows(table["columns"], table["rows"], min_cell):
                row = dict(zip(table["columns"], table["rows"][number], strict=True))
                if row.get("status") != SUPPRESSED:
                    yield Finding(
                        rule, f"{column} of row {number + 1} is {count:g}, allowed are 0 or {min_cell}", _at(one)
                    )
        for kpi in one.get("kpis", ()):
            if is_small(kpi.get("n"), min_cell) and kpi.get("status") != SUPPRESSED:
                seen = f"n of {kpi.get('kpi')} is {kpi['n']:g}, allowed are 0 or {min_cell}"
                yield Finding(rule, seen, _at(one))
            if kpi.get("status") == SUPPRESSED and any(
                kpi.get(name) is not None for name in ("n", "value", "numerator")
            ):
                yield Finding(rule, f"{kpi.get('kpi')} is suppressed and still says a number", _at(one))


def _identifiers(found: Sequence[Payload]) -> Iterator[Finding]:
    for one in found:
        table = one.get("table") or {"columns": [], "rows": []}
        for place, column in enumerate(table["columns"]):
            clear = sum(_is_clear(row[place]) for row in table["rows"]) if IDENTIFIERS.fullmatch(str(column)) else 0
            if clear:
                yield Finding("customer identifier in clear", f"{clear} in the column {column}", _at(one))


def _is_clear(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not HASHED.fullmatch(value)


def _raw_outputs(document: Any) -> Iterator[Finding]:
    """Yield outputs that show rows by customer and are no result of kpikit: they lie beside the page."""
    for number, cell in enumerate(document.cells, start=1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts = [] if MIME in data else [output.get("text", ""), *data.values()]
            if any(RAW_IDENTIFIERS.search("".join(text)) for text in texts if isinstance(text, str | list)):
                yield Finding("customer identifier in clear", "an output with a column of ids", f"cell {number}")


def _comments(found: Sequence[Payload]) -> Iterator[Finding]:
    for one in found:
        table = one.get("table") or {"columns": [], "rows": []}
        places = [place for place, column in enumerate(table["columns"]) if COMMENTS.fullmatch(str(column))]
        for row in table["rows"]:
            for place in places:
                yield from _personal(row[place], _at(one))
        for name, value in one["facts"].items():
            if COMMENTS.fullmatch(str(name)):
                for text in value if isinstance(value, list) else [value]:
                    yield from _personal(text, _at(one))


def _quoted(html: str) -> Iterator[Finding]:
    reader = _Quotes()
    reader.feed(html)
    reader.close()
    for text in reader.texts:
        yield from _personal(text, "a quotation on the page")


def _personal(text: Any, where: str) -> Iterator[Finding]:
    """Yield what stands in a comment and may not; the finding does not repeat it."""
    for found in personal(text) if isinstance(text, str) else ():
        if found.mark in (EMAIL, TELEPHONE):
            kind = "an e-mail address" if found.mark == EMAIL else "a telephone number"
            yield Finding("personal data in a comment", f"{kind}: pass the texts through kk.privacy.scrubbed", where)


def _secrets(document: Any, html: str, secrets: Iterable[str]) -> Iterator[Finding]:
    """Yield where a secret's value stands; the finding does not repeat it."""
    wanted = [forms(secret) for secret in secrets]
    notebook = "\n".join(_texts(document))
    for where, text in (("the page", html + unescape(html)), ("the notebook", notebook)):
        if any(form in text for each in wanted for form in each):
            yield Finding("a secret's value", f"it stands in {where}")


def _at(payload: Payload) -> str:
    return f"result {payload['name']}"


class _Quotes(HTMLParser):
    """Collects what a page quotes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.depth, self.texts = 0, [""]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's signature
        if tag in QUOTING:
            self.depth += 1
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in QUOTING and self.depth > 0

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.texts[-1] += data
