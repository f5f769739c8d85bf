"""The export gate: what no page may have. A refused page is never published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from kpikit.errors import GateError

BUDGET_BYTES = 1_000_000
LOADING = {"src", "srcset", "poster", "background", "data", "action", "formaction", "xlink:href", "imagesrcset", "ping"}
LINKING = {"a", "area"}
EMBEDDING = {"iframe", "object", "embed", "frame", "applet", "base", "form", "portal", "audio", "video"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
HEADING = re.compile(r"h([1-6])")
STYLING = {
    "style",
    "fill",
    "stroke",
    "filter",
    "mask",
    "clip-path",
    "cursor",
    "marker-start",
    "marker-mid",
    "marker-end",
}
HIDING = re.compile(r"<!(?!doctype\b).{0,40}", re.IGNORECASE | re.DOTALL)
CSS_LOADS = re.compile(r"@import|(?:url|src|image-set)\s*\(\s*(?![\s\"']*(?:data:image/|#))", re.IGNORECASE)
CSS_NOISE = re.compile(r"/\*.*?\*/", re.DOTALL)
CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
ALARM = re.compile(r"Traceback \(most recent call last\)|\b[A-Z]\w*Warning: ")


@dataclass(frozen=True)
class Finding:
    """One reason to refuse a page: the rule, what was seen, and where."""

    rule: str
    seen: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.seen}" + (f" ({self.where})" if self.where else "")


def check_page(html: str, budget_bytes: int = BUDGET_BYTES) -> list[Finding]:
    """Return every reason to refuse a page, in page order; nothing for a good one.

    Comments and the like are refused too: browsers and parsers do not agree on where they end, so that something
    could hide behind one.

    Parameters
    ----------
    html
        The whole page.
    budget_bytes
        Largest size of the page in UTF-8.

    >>> [finding.rule for finding in check_page("<h1>Q3</h1><img src='https://example.org/x.png' alt='x'>")]
    ['loads from outside', 'no content policy']
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    hidden = (Finding("hidden markup", repr(found[0])) for found in HIDING.finditer(html))
    findings = [*reader.findings, *reader.closing(), *hidden]
    size = len(html.encode())
    if size > budget_bytes:
        findings.append(Finding("over budget", f"{size:,} bytes, allowed are {budget_bytes:,}"))
    return findings


def check_outputs(document: Any) -> list[Finding]:
    """Return a finding for every output of an executed notebook that holds a warning or a traceback.

    Such outputs are not on the page, which is why they are looked for here: a number that was computed under a
    warning has to be looked at before it is sent out.
    """
    return [
        Finding("warning in an output", _around(found), f"cell {number}")
        for number, text in _texts(document)
        if (found := ALARM.search(text))
    ]


def enforce(findings: Sequence[Finding], page: str) -> None:
    """Raise :class:`~kpikit.errors.GateError` with the reasons, if there is one."""
    if not findings:
        return
    shown = "; ".join(map(str, findings[:5]))
    more = f" … and {len(findings) - 5} more" if len(findings) > 5 else ""
    raise GateError(
        "a page that is safe to send and open to everyone",
        got=shown + more,
        fix="Change the notebook or the result that made it.",
        where=page,
    )


def _texts(document: Any) -> Iterator[tuple[int, str]]:
    cells = [cell for cell in document.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for number, cell in enumerate(cells, start=1):
        for output in cell.get("outputs", []):
            text = output.get("text") or output.get("data", {}).get("text/plain") or ""
            yield number, "".join(text)


def _around(found: re.Match[str]) -> str:
    line_start = found.string.rfind("\n", 0, found.start()) + 1
    return found.string[line_start:].split("\n")[0][-160:].strip()


@dataclass
class _Table:
    caption: str = ""
    headers: int = 0
    unscoped: int = 0
    where: str = ""


@dataclass
class _Reader(HTMLParser):
    """Reads a page once and notes what it must not have."""

    findings: list[Finding] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)
    tables: list[_Table] = field(default_factory=list)
    level: int = 0
    anchor: str = ""
    policy: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {
            name: value or "" for name, value in reversed(attributes)
        }  # of two of a name, a browser takes the first
        if tag not in VOID:
            self.open.append(tag)
        self._identity(tag, values)
        self._loads(tag, values)
        self._runs(tag, values)
        self._images(tag, values)
        self._headings(tag)
        self._tables(tag, values)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "table" and self.tables:
            self._end_of(self.tables.pop())

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self._style(data, "style element")
        elif self.tables and "caption" in self.open:
            self.tables[-1].caption += data.strip()
        if found := ALARM.search(data):
            self._note("warning in an output", _around(found))

    def closing(self) -> Iterator[Finding]:
        """Yield what can be said only at the end of the page."""
        yield from () if self.level else (Finding("heading level skipped", "no h1 on the page"),)
        yield from () if self.policy else (Finding("no content policy", "a meta Content-Security-Policy is missing"),)

    def _note(self, rule: str, seen: str) -> None:
        self.findings.append(Finding(rule, seen[:200], f"near #{self.anchor}" if self.anchor else ""))

    def _identity(self, tag: str, values: dict[str, str]) -> None:
        name = values.get("id")
        if name is None:
            return
        if name in self.ids:
            self._note("duplicate id", f"<{tag} id={name!r}>")
        self.ids.add(name)
        self.anchor = name

    def _loads(self, tag: str, values: dict[str, str]) -> None:
        if tag in EMBEDDING:
            self._note("loads from outside", f"<{tag}>")
        if tag == "meta":
            self._meta(values)
        for name, value in values.items():
            loading = name in LOADING or (name == "href" and tag not in LINKING)
            if loading and not value.strip().casefold().startswith(("data:image/", "#")):
                self._note("loads from outside", f"<{tag} {name}={value[:80]!r}>")
        for name in STYLING & values.keys():
            self._style(values[name], f"{name} of <{tag}>")

    def _meta(self, values: dict[str, str]) -> None:
        kind = values.get("http-equiv", "").casefold()
        self.policy |= kind == "content-security-policy" and "default-src 'none'" in values.get("content", "")
        if kind == "refresh":
            self._note("loads from outside", "<meta http-equiv='refresh'>")

    def _style(self, text: str, where: str) -> None:
        """Look for what a style would load. Inside SVG a browser reads tags in a style element: there are none."""
        if "<" in text:
            self._note("hidden markup", f"{text[text.index('<') :][:40]!r} in a {where}")
        plain = CSS_ESCAPE.sub(lambda code: chr(min(int(code[1], 16), 0x10FFFF)), CSS_NOISE.sub("", text))
        if found := CSS_LOADS.search(plain):
            self._note("loads from outside", f"{plain[found.start() : found.end() + 60].strip()!r} in a {where}")

    def _runs(self, tag: str, values: dict[str, str]) -> None:
        if tag == "script":
            self._note("script", "<script>")
        for name, value in values.items():
            address = re.sub(r"[\x00-\x20]", "", value).casefold()
            if name.startswith("on"):
                self._note("event handler", f"<{tag} {name}=…>")
            if address.startswith(("javascript:", "vbscript:", "data:text/html", "data:application")):
                self._note("javascript: address", f"<{tag} {name}={value[:60]!r}>")

    def _images(self, tag: str, values: dict[str, str]) -> None:
        if tag not in {"img", "svg"} and not (tag == "input" and values.get("type") == "image"):
            return
        decorative = values.get("role") == "presentation" or values.get("aria-hidden") == "true"
        text = values.get("alt", "") if tag != "svg" else values.get("aria-label", "")
        if not decorative and not text.strip():
            self._note("image without alternative text", f"<{tag}>")

    def _headings(self, tag: str) -> None:
        if not (found := HEADING.fullmatch(tag)):
            return
        level = int(found[1])
        if level > self.level + 1:
            self._note("heading level skipped", f"<{tag}> after " + (f"<h{self.level}>" if self.level else "nothing"))
        self.level = level

    def _tables(self, tag: str, values: dict[str, str]) -> None:
        if tag == "table":
            self.tables.append(_Table(where=self.anchor))
        elif tag == "th" and self.tables:
            self.tables[-1].headers += 1
            self.tables[-1].unscoped += values.get("scope") not in {"col", "row", "colgroup", "rowgroup"}

    def _end_of(self, table: _Table) -> None:
        where = f"near #{table.where}" if table.where else ""
        name = repr(table.caption[:60]) if table.caption else "a table"
        if not table.caption:
            self.findings.append(Finding("table without caption", "a table", where))
        if not table.headers or table.unscoped:
            self.findings.append(Finding("table without header scope", name, where))
