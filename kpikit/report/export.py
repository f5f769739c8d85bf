"""An executed notebook as one HTML page that opens offline, prints, and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from markupsafe import Markup
from nbconvert import HTMLExporter
from traitlets.config import Config

from kpikit.notebookstyle import STYLE
from kpikit.report import payloads
from kpikit.report.audiences import Arranged, arranged
from kpikit.report.look import TEMPLATE, TEMPLATES, component, signed
from kpikit.report.manifest import Manifest
from kpikit.results import MIME, slug

IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
IN_HEADER = ("page", "status", "provenance")  # the runner shows these itself
OPENING = re.compile(r"\s*<h1\b[^>]*>.*?</h1>(.*?)(?=<h2|\Z)", re.DOTALL)
HEADING_TWO = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
GOALS = (
    ("on target", "good", "✓"),
    ("at risk", "warn", "!"),
    ("off target", "bad", "✕"),
    ("unknown", "neutral", "?"),
)
TAG = re.compile(r"<[^>]+>")
PROVENANCE = ("provenance", "Provenance")
LEFT_OUT = "left-out"
READERS = {"executive": "executives", "manager": "managers", "frontline": "the front line"}
CHECKS_IN_WORDS = {
    "PASS": "all passed",
    "REVIEW": "some need a look",
    "FAIL": "some failed: do not rely on this page yet",
}


@dataclass(frozen=True)
class Page:
    """A page, and what the notebook showed that is not on it.

    ``whole`` is the page with every part, where the reader's audience is spared some; else empty.
    """

    html: str
    notes: tuple[str, ...] = ()
    whole: str = ""


def export(document: Any, record: Manifest, *, language: str = "en") -> Page:
    """Return the page of an executed notebook, as its audience reads it (:mod:`kpikit.report.audiences`).

    Only what carries kpikit's MIME type is shown as HTML; images of other makers are shown with the text in
    ``metadata["image/png"]["alt"]``; everything else (prints, tables of other makers, JavaScript, widgets,
    Mermaid) stays in the notebook and is named in the page's notes.

    Parameters
    ----------
    document
        The executed notebook; it shows a result of the kind ``page``.
    record
        The run: its parameters, versions and fingerprints close the page.
    language
        BCP 47 tag of the page.
    """
    found = payloads.payloads(document)
    page = payloads.page(found, where=record.notebook)
    exporter = _exporter(language)
    audience = str(page["facts"].get("audience") or record.parameters.get("audience", ""))
    chosen = arranged(document, audience)
    header = {**_header(page, record), **_statuses(found, page)}
    html = _rendered(exporter, chosen, {**header, "audience": audience}, page, record)
    whole = _rendered(exporter, Arranged(document), {**header, "audience": ""}, page, record) if chosen.left_out else ""
    return Page(html, tuple(left_out(document)), whole)


def _rendered(
    exporter: HTMLExporter, chosen: Arranged, header: dict[str, Any], page: dict[str, Any], record: Manifest
) -> str:
    """Return the page of a notebook whose cells are chosen."""
    prose = _prose(chosen.document, exporter)
    for_whom = READERS.get(str(header["audience"]), "")
    parts = {
        "head": component("head.html.j2", title=record.title),
        "header": component("header.html.j2", **header, opening=Markup(opening(prose))),
        "contents": component("contents.html.j2", contents=contents(prose, _ending(chosen, for_whom))),
        "left_out": component("left-out.html.j2", names=chosen.left_out, readers=for_whom, anchor=LEFT_OUT),
        "provenance": component("provenance.html.j2", record=record, data=page.get("text", "")),
    }
    html, _ = exporter.from_notebook_node(chosen.document, resources={"kpikit": parts})
    return str(html)


def _ending(chosen: Arranged, readers: str) -> list[tuple[str, str]]:
    """Return id and heading of the sections that the page itself adds."""
    return [*([(LEFT_OUT, f"Left out for {readers}")] if chosen.left_out else []), PROVENANCE]


def shown(output: Any) -> str:
    """Return the fragment that a page shows of an output; nothing for what stays in the notebook."""
    data = output.get("data", {})
    if MIME in data:
        fragment = "" if data[MIME]["kind"] in IN_HEADER else _text(data.get("text/html", "")).removeprefix(STYLE)
        return signed(fragment)
    image = next((kind for kind in IMAGES if kind in data), None)
    return _image(image, data[image], output.get("metadata", {})) if image else ""


def left_out(document: Any) -> list[str]:
    """Return a sentence for each cell with an output that is neither a result nor an image."""
    cells = (cell for cell in document.cells if "injected-parameters" not in cell.metadata.get("tags", []))
    return [
        f"cell {number} shows something that is not a kpikit result; it stays in the notebook"
        for number, cell in enumerate(cells, start=1)
        if any(not shown(output) and MIME not in output.get("data", {}) for output in cell.get("outputs", []))
    ]


def sectioned(html: str) -> str:
    """Return rendered Markdown without the opening that the header has, and with an id on each H2."""
    rest = OPENING.sub("", html, count=1)
    return HEADING_TWO.sub(lambda found: f'<h2 id="{section_id(found[1])}">{found[1]}</h2>', rest).strip()


def section_id(heading: str) -> str:
    """Return the id of a section; the prefix keeps it apart from the names of results.

    >>> section_id("What <em>changed</em>")
    'section-what-changed'
    """
    return f"section-{slug(unescape(TAG.sub('', heading)))}"


def contents(html: str, ending: Sequence[tuple[str, str]] = (PROVENANCE,)) -> list[tuple[str, str]]:
    """Return id and heading of each section of rendered Markdown, in page order, and of what ends the page."""
    found = [(section_id(heading), unescape(TAG.sub("", heading)).strip()) for heading in HEADING_TWO.findall(html)]
    return [*found, *ending]


def opening(html: str) -> str:
    """Return what stands between the H1 and the first section: the header's words on what the study is about."""
    found = OPENING.search(html)
    return found[1].strip() if found else ""


class _PageExporter(HTMLExporter):
    """nbconvert's exporter without its repairs: an image without a text would get an invented one, past the gate."""

    def from_notebook_node(self, nb: Any, resources: Any = None, **settings: Any) -> Any:
        """Return the rendered template as it is, and the resources."""
        self.register_filter("highlight_code", escape)  # type: ignore[no-untyped-call]  # lab names it; input is not shown
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **settings)


def _prose(document: Any, exporter: HTMLExporter) -> str:
    """Return all Markdown cells, rendered as the template renders them."""
    render = exporter.environment.filters["markdown2html"]
    context = exporter.environment.get_template(exporter.template_file).new_context({"cell": {}})
    return "".join(render(context, cell.source) for cell in document.cells if cell.cell_type == "markdown")


def _exporter(language: str) -> _PageExporter:
    exporter = _PageExporter(config=_settings(language))  # type: ignore[no-untyped-call]
    exporter.register_filter("shown", shown)  # type: ignore[no-untyped-call]
    exporter.register_filter("sectioned", sectioned)  # type: ignore[no-untyped-call]
    return exporter


def _settings(language: str) -> Config:
    settings = Config()
    settings.HTMLExporter.template_name = TEMPLATE
    settings.HTMLExporter.extra_template_basedirs = [str(TEMPLATES)]
    settings.HTMLExporter.exclude_anchor_links = True
    settings.HTMLExporter.exclude_input = True
    settings.HTMLExporter.language_code = language
    settings.CSSHTMLHeaderPreprocessor.enabled = False
    return settings


def _header(page: dict[str, Any], record: Manifest) -> dict[str, Any]:
    facts = page["facts"]
    return {
        "title": record.title,
        "series": _series(record, str(page["title"])),
        "period": record.period,
        "known_up_to": payloads.known_up_to(page),
        "started": record.started,
        "data": "example data that come with kpikit" if facts.get("origin") == "embedded" else "",
    }


def _statuses(found: list[payloads.Payload], page: payloads.Payload) -> dict[str, Any]:
    """Return what the status line says: goals, data checks, and which period is not over."""
    checks, goals = payloads.status(found), payloads.goals(found)
    return {
        "goals": [(status, tone, sign, goals[status]) for status, tone, sign in GOALS if goals.get(status)],
        "checks": checks,
        "checks_in_words": CHECKS_IN_WORDS.get(checks, checks),
        "checks_section": section_id("Data quality"),
        "running": payloads.running(found, page),
    }


def _series(record: Manifest, title: str) -> str:
    """Return the line over the study's title: the business, and what the data call their reports."""
    if title in ("", record.title):
        return record.business
    return title if record.business in title else f"{record.business}: {title}"


def _image(kind: str, content: Any, metadata: Any) -> str:
    """Return an image of another maker. Without a text it gets an empty one, which the gate refuses."""
    text = metadata.get(kind, {}).get("alt") or metadata.get("alt") or ""
    body = _text(content)
    if kind == "image/svg+xml":
        from base64 import b64encode

        body = b64encode(body.encode()).decode()
    source = f"data:{kind};base64,{''.join(body.split())}"
    return f'<figure class="kk-figure"><img alt="{escape(text)}" src="{escape(source)}"></figure>'


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value)
