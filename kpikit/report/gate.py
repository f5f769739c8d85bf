"""The export gate: what no page may have. A refused page is never published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from kpikit.errors import GateError
from kpikit.report.alarms import PageText, alarms
from kpikit.report.colours import ColourOnly
from kpikit.report.styles import loaded_by

BUDGET_BYTES = 1_000_000
LOADING = {"src", "srcset", "poster", "background", "data", "action", "formaction", "xlink:href", "imagesrcset", "ping"}
LINKING = {"a", "area"}
EMBEDDING = {"iframe", "object", "embed", "frame", "applet", "base", "form", "portal", "audio", "video"}
UNREAD = {"noscript", "noembed", "noframes", "xmp", "plaintext", "textarea"}  # read as tags here, as text there
ANIMATING = {"set", "animate", "animatecolor", "animatemotion", "animatetransform"}
POLICY = [("default-src", "'none'"), ("img-src", "data:"), ("style-src", "'unsafe-inline'")]
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
WORDS = {"alt", "aria-label", "title"}  # attributes that a browser reads out and never follows
HEADING = re.compile(r"h([1-6])")
SAYS_NOTHING = re.compile(
    r"(?:an? |the )?(?:image|figure|chart|graph|plot|picture|photo|diagram)?[\s\d.:]*|\S+\.(?:png|svg|jpe?g|gif|webp)",
    re.IGNORECASE,
)
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
        Finding("warning in an output", line, f"cell {number}")
        for number, text in _texts(document)
        for _, line in alarms(text)
    ]


def enforce(findings: Sequence[Finding], page: str) -> None:
    """Raise :class:`~kpikit.errors.GateError` with the reasons, each named once, if there is one."""
    if not findings:
        return
    reasons = list(dict.fromkeys(map(str, findings)))
    shown = "; ".join(reasons[:5])
    more = f" … and {len(reasons) - 5} more" if len(reasons) > 5 else ""
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


@dataclass
class _Table:
    caption: str = ""
    headers: int = 0
    unscoped: int = 0
    where: str = ""


@dataclass
class _Drawing:
    """An SVG element that is open; its name may be a title that comes later."""

    titled: bool  # a title counts as its name
    named: bool
    where: str = ""


@dataclass
class _Reader(HTMLParser):
    """Reads a page once and notes what it must not have."""

    findings: list[Finding] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)
    tables: list[_Table] = field(default_factory=list)
    drawings: list[_Drawing] = field(default_factory=list)
    text: PageText = field(default_factory=PageText)
    colours: ColourOnly = field(default_factory=ColourOnly)
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
        if tag not in VOID:
            self.colours.begin(tag, values, len(self.open), self.anchor)
        self.text.part(tag, self.anchor)
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
            self.findings += self._by_colour_alone(len(self.open) + 1)
        self.text.part(tag, self.anchor)
        if tag == "table" and self.tables:
            self._end_of(self.tables.pop())
        if tag == "svg" and self.drawings:
            self._end_of_drawing(self.drawings.pop())

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self._style(data, "style element")
            return
        self.text.add(data, self.anchor)
        self.colours.add(data)
        if self.tables and "caption" in self.open:
            self.tables[-1].caption += data.strip()
        if self.drawings and "title" in self.open:
            self._drawing_title(data)

    def closing(self) -> Iterator[Finding]:
        """Yield what can be said only at the end of the page."""
        yield from self._by_colour_alone(0)
        yield from (Finding("status by colour alone", *found) for found in self.colours.end(0))
        yield from (_unnamed(drawing) for drawing in self.drawings if not drawing.named)
        yield from (Finding("warning in an output", line, _near(anchor)) for line, anchor in self.text.alarms())
        yield from () if self.level else (Finding("heading level skipped", "no h1 on the page"),)
        yield from () if self.policy else (Finding("no content policy", "its meta is missing in the head"),)

    def _note(self, rule: str, seen: str) -> None:
        self.findings.append(Finding(rule, seen[:200], _near(self.anchor)))

    def _by_colour_alone(self, depth: int) -> list[Finding]:
        return [Finding("status by colour alone", seen, _near(anchor)) for seen, anchor in self.colours.end(depth)]

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
        if kind == "content-security-policy" and self.open[-1:] == ["head"]:  # elsewhere a browser passes it over
            self.policy = True
            if _directives(values.get("content", "")) != POLICY:
                self._note("other content policy", repr(values.get("content", "")))
        if kind == "refresh":
            self._note("loads from outside", "<meta http-equiv='refresh'>")

    def _style(self, text: str, where: str) -> None:
        """Look for what a style would load. Inside SVG a browser reads tags in a style element: there are none."""
        if "<" in text:
            self._note("hidden markup", f"{text[text.index('<') :][:40]!r} in a {where}")
        if seen := loaded_by(text):
            self._note("loads from outside", f"{seen!r} in a {where}")

    def _runs(self, tag: str, values: dict[str, str]) -> None:
        if tag == "script":
            self._note("script", "<script>")
        if tag in ANIMATING:
            self._note("animation", f"<{tag}>")
        if tag in UNREAD:
            self._note("hidden markup", f"<{tag}>")
        for name, value in values.items():
            address = re.sub(r"[\x00-\x20]", "", value).casefold()
            if name.startswith("on"):
                self._note("event handler", f"<{tag} {name}=…>")
            if name not in WORDS and address.startswith(
                ("javascript:", "vbscript:", "data:text/html", "data:application")
            ):
                self._note("javascript: address", f"<{tag} {name}={value[:60]!r}>")

    def _images(self, tag: str, values: dict[str, str]) -> None:
        decorative = values.get("role") == "presentation" or values.get("aria-hidden") == "true"
        if tag == "svg":
            named = decorative or bool(values.get("aria-label", "").strip())
            self.drawings.append(_Drawing(values.get("role") == "img", named, _near(self.anchor)))
            return
        image = tag == "img" or (tag == "input" and values.get("type", "").casefold() == "image")
        text = values.get("alt", "").strip()
        if image and not decorative and SAYS_NOTHING.fullmatch(text):
            self._note("image without alternative text", f"<{tag} alt={text!r}>" if text else f"<{tag}>")

    def _drawing_title(self, data: str) -> None:
        """Take a title as the name of the drawing it is a child of. A browser reads tags in it: there are none."""
        if "<" in data:
            self._note("hidden markup", f"{data[data.index('<') :][:40]!r} in a title of <svg>")
        if self.open[-2:] == ["svg", "title"] and data.strip():
            self.drawings[-1].named |= self.drawings[-1].titled

    def _end_of_drawing(self, drawing: _Drawing) -> None:
        if not drawing.named:
            self.findings.append(_unnamed(drawing))

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
        where = _near(table.where)
        name = repr(table.caption[:60]) if table.caption else "a table"
        if not table.caption:
            self.findings.append(Finding("table without caption", "a table", where))
        if not table.headers or table.unscoped:
            self.findings.append(Finding("table without header scope", name, where))


def _near(anchor: str) -> str:
    return f"near #{anchor}" if anchor else ""


def _unnamed(drawing: _Drawing) -> Finding:
    return Finding("image without alternative text", "<svg>", drawing.where)


def _directives(policy: str) -> list[tuple[str, ...]]:
    """Return the directives of a content policy, sorted; blanks are those that a browser knows."""
    split = (re.split(r"[ \t\n\f\r]+", directive.strip(" \t\n\f\r")) for directive in policy.split(";"))
    return sorted((name.casefold(), *sources) for name, *sources in split if name)
