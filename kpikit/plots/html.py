"""Accessible HTML for results: tables with caption and scope, figures with text, tiles, lists. All text is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from numbers import Real
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from kpikit.formatting import MINUS, number, percent
from kpikit.legible import LONGEST_TEXT, legible
from kpikit.results import Result, slug

Format = Callable[[Any], str]
MOST_ROWS = 200
SHORT = 12
AMOUNT = re.compile(rf"[{MINUS}+-]?\d[\d,.]*(?: ?%| [A-Z]{{3}}| points| hours| days)?")
IMAGE = "data:image/"  # the figures that we draw: not a text to cut
DAY = re.compile(r"\d{4}-(?:\d\d(?:-\d\d)?|Q\d)")

TEMPLATES = {
    "table": """\
<div class="kk-scroll" tabindex="0" role="region" aria-label="{{ caption }}">
<table class="kk-table"><caption>{{ caption }}</caption>
<thead><tr>{% for column in columns -%}
<th scope="col"{% if column.css %} class="{{ column.css }}"{% endif %}>{{ column.label }}</th>
{%- endfor %}</tr></thead>
<tbody>
{% for row in rows %}<tr>{% for cell in row %}{% if loop.first %}<th scope="row">{{ cell }}</th>{% else -%}
{% set css = columns[loop.index0].css -%}
<td{% if css %} class="{{ css }}"{% endif %}>{{ cell }}</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% if left_out %}<p class="kk-note">{{ left_out }} more rows are in the CSV file beside this page.</p>{% endif %}""",
    "figure": """\
<figure class="kk-figure" id="{{ name }}">
<h3>{{ title }}</h3>
<picture>{% if narrow %}<source media="(max-width: 640px)" srcset="{{ narrow }}">{% endif -%}
<img src="{{ image }}" alt="{{ alt }}"></picture>
<figcaption>{{ text }}</figcaption>
{% if table %}<details class="kk-data"><summary>Show the numbers</summary>{{ table }}</details>{% endif %}
</figure>""",
    "section": """\
<section class="kk-result" id="{{ name }}">
<h3>{{ title }}</h3>
{% if text %}<p>{{ text }}</p>{% endif %}
{{ table }}
</section>""",
    "folded": """\
<section class="kk-result" id="{{ name }}">{% if title %}<h3>{{ title }}</h3>{% endif %}
<p>{{ text }}</p>
{{ table }}
{% if more %}<details class="kk-data"><summary>{{ ask }}</summary>{{ more }}</details>{% endif %}</section>""",
    "sentence": """\
<p class="kk-result" id="{{ name }}">{{ title }}.</p>""",
    "summary": """\
<section class="kk-summary" aria-label="Summary">
{%- for sentence in sentences %}<p>{{ sentence|dated }}</p>{% endfor %}</section>""",
    "actions": """\
<section class="kk-actions">{% if rows %}<ol>{% for row in rows -%}
<li><h3>{{ row.action }}</h3><p>{{ row.reason|dated }}</p>
{%- if row.get("owner") %}<p class="kk-owner">Owner: {{ row.owner }}</p>{% endif %}</li>{% endfor %}</ol>
{% if text %}<p class="kk-note">{{ text }}</p>{% endif %}
{% else %}<p>Nothing in these numbers calls for an action.</p>{% endif %}</section>""",
    "definitions": """\
<section class="kk-definitions">{% for card in cards %}<h3 id="definition-{{ card.id }}">{{ card.title }}</h3>
<p class="kk-question">{{ card.question }}</p>
<dl class="kk-card"><dt>Formula</dt><dd>{{ card.formula }}</dd><dt>Grain</dt><dd>{{ card.grain }}</dd>
<dt>Unit</dt><dd>{{ card.unit }}{% if card.direction in ("up", "down") %}; {{ card.direction }} is good{% endif %}</dd>
<dt>Interval</dt><dd>{{ card.interval }}</dd><dt>Caveat</dt><dd>{{ card.caveat }}</dd>
<dt>Source</dt><dd>{{ card.source }}</dd></dl>
{% endfor %}</section>""",
    "quality": """\
<section class="kk-quality"><p class="kk-status kk-{{ status|lower }}">Data checks: {{ status }}</p>
<p>{{ text }}</p>{{ open }}
{% if all %}<details class="kk-data"><summary>Show all {{ size }} checks</summary>{{ all }}</details>{% endif %}
</section>""",
    "tiles": """\
<section class="kk-key-figures" aria-label="Key figures">
{% for group, tiles in groups -%}
{% set heading = "h4" if group else "h3" -%}
{% if group %}<h3 class="kk-group">{{ group }}</h3>{% endif %}
<div class="kk-tiles">
{% for tile in tiles %}<article class="kk-tile"><{{ heading }}>{{ tile.title }}</{{ heading }}>
<p class="kk-value">{{ tile.value }}</p>
{% if tile.period %}<p class="kk-period">{{ tile.period }}</p>{% endif %}
{% if tile.goal %}<p class="kk-goal"><strong class="kk-{{ tile.status_tone }}">{{ tile.status }}</strong><br>
{{- tile.goal|dated }}</p>{% endif %}
{% if tile.change or tile.year_change %}<div class="kk-changes">
{%- if tile.change %}<p class="kk-change kk-{{ tile.tone }}">{{ tile.change|dated }}
{%- if tile.noise %} <span class="kk-noise">({{ tile.noise }})</span>{% endif %}</p>{% endif %}
{%- if tile.year_change %}<p class="kk-change">{{ tile.year_change|dated }}</p>{% endif %}</div>{% endif %}
{% if tile.interval %}<p class="kk-interval">{{ tile.interval }}</p>{% endif %}
{% if tile.count %}<p class="kk-count">{{ tile.count }}</p>{% endif %}
{% if tile.spark %}<img class="kk-spark" src="{{ tile.spark }}" alt="{{ tile.history_text }}">{% endif %}
</article>
{% endfor %}</div>
{% endfor %}</section>""",
    "counts": """\
<section class="kk-goal-status" aria-label="Goals"><p>{{ text }}</p>
{% if counts %}<ul class="kk-counts">{% for one in counts -%}
<li class="kk-{{ one.tone }}"><span aria-hidden="true">{{ one.sign }}</span> <b>{{ one.size }}</b> {{ one.status }}</li>
{%- endfor %}</ul>{% endif %}</section>""",
    "statuses": """\
<section class="kk-result" id="{{ name }}"><h3>{{ title }}</h3>
{%- macro listed(rows) %}<ul class="kk-statuses">{% for row in rows -%}
<li><p class="kk-state kk-{{ row.tone }}"><span aria-hidden="true">{{ row.sign }}</span> {{ row.status }}</p>
<div><h4>{{ row.title }}{% if row.owner %} <span class="kk-owner">· {{ row.owner }}</span>{% endif %}</h4>
<p>{{ row.text|dated }}</p>{% if row.context %}<p class="kk-context">{{ row.context }}</p>{% endif %}</div></li>
{%- endfor %}</ul>{% endmacro %}
{% if goals %}{{ listed(goals) }}{% endif %}
{% if others and goals %}<details class="kk-data"><summary>Figures without a goal ({{ others|length }})</summary>
{{ listed(others) }}</details>{% elif others %}{{ listed(others) }}{% endif %}</section>""",
    "changes": """\
<section class="kk-result" id="{{ name }}"><h3>{{ title }}</h3>
<p>{{ text }}</p>
{{ clear }}
{% if every %}<details class="kk-data"><summary>Show every change judged</summary>{{ every }}</details>{% endif %}
</section>""",
    "charts": """\
<section class="kk-charts" id="{{ name }}"><h3>{{ title }}</h3>
<p>{{ text }}</p>
<div class="kk-multiples">{% for chart in charts %}{{ chart }}{% endfor %}</div>
{% if table %}<details class="kk-data"><summary>Show the numbers</summary>{{ table }}</details>{% endif %}</section>""",
    "small figure": """\
<figure class="kk-figure kk-small" id="{{ name }}">
<h4>{{ title }}</h4>
<img src="{{ image }}" alt="{{ alt }}">
<figcaption>{{ text }}</figcaption></figure>""",
}


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.DictLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False,
        finalize=_legible,
    )  # fmt: skip
    made.filters["dated"] = dated
    return made


def _legible(value: Any) -> Any:
    """Return a value as it is inserted: text from outside neither hides nor floods what stands around it."""
    inserted = not isinstance(value, str) or isinstance(value, Markup) or value.startswith(IMAGE)
    return value if inserted else legible(value, LONGEST_TEXT)


def dated(text: str) -> Markup:
    """Return a text, escaped, whose dates and periods (2026-09, 2026-Q3) stay on one line.

    >>> str(dated("<b> in 2026-09"))
    '&lt;b&gt; in <span class="kk-day">2026-09</span>'
    """
    shown = str(escape(legible(text, LONGEST_TEXT)))
    return Markup(DAY.sub(lambda found: f'<span class="kk-day">{found[0]}</span>', shown))


def render(template: str, **values: Any) -> Markup:
    """Return a fragment; every text in ``values`` is escaped unless it is itself a rendered fragment."""
    return Markup(_environment().get_template(template).render(**values))  # the template escapes


def table_html(
    table: pd.DataFrame,
    caption: str,
    *,
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
) -> Markup:
    """Return an accessible table: caption, column scopes, the first column as row heads, right-aligned numbers.

    Parameters
    ----------
    labels
        Column → heading; columns that are not named are left out where ``labels`` is given.
    formats
        Column → function from a value to text.
    """
    named: dict[Any, str] = dict(labels) if labels else {name: _label(str(name)) for name in table.columns}
    formats = formats or {}
    texts = [[formats.get(name, _text)(value) for value in table[name].head(MOST_ROWS)] for name in named]
    kinds = [
        _css(table[name], written, is_first=i == 0) for i, (name, written) in enumerate(zip(named, texts, strict=True))
    ]
    columns = [{"label": label, "css": css} for label, css in zip(map(legible, named.values()), kinds, strict=True)]
    rows = list(zip(*texts, strict=True))
    return render("table", caption=caption, columns=columns, rows=rows, left_out=max(0, len(table) - MOST_ROWS))


def show(
    result: Result,
    *,
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    kind: str = "table",
) -> Result:
    """Return a result drawn as a section: heading, paragraph, and the table where it has rows."""
    has_rows = result.table is not None and len(result.table) > 0
    if not has_rows and not result.text:  # a heading with nothing below it says less than the same words as a sentence
        return result.with_html(render("sentence", name=slug(result.name), title=result.title), kind)
    table = table_html(result.table, result.title, labels=labels, formats=formats) if has_rows else Markup()
    html = render("section", name=slug(result.name), title=result.title, text=result.text, table=table)
    return result.with_html(html, kind)


def table(
    data: pd.DataFrame,
    caption: str,
    *,
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
) -> Result:
    """Return any DataFrame as an accessible table; ``labels`` and ``formats`` as :func:`table_html` takes them."""
    html = table_html(data, caption, labels=labels, formats=formats)
    return Result(slug(caption), "table", caption, table=data).with_html(html)


def summary(result: Result) -> Result:
    """Return the summary drawn."""
    return result.with_html(render("summary", sentences=result.facts["sentences"]))


def actions(result: Result) -> Result:
    """Return the list of things to do drawn."""
    return result.with_html(render("actions", rows=result.table.to_dict("records"), text=result.text))


def definitions(result: Result) -> Result:
    """Return definition cards drawn."""
    return result.with_html(render("definitions", cards=result.table.to_dict("records")))


def quality(result: Result) -> Result:
    """Return the audit drawn: status in words, what it says, the checks to look at, and all of them behind a fold."""
    checks = result.table
    to_do = checks[checks.status != "PASS"] if "status" in checks.columns else checks.head(0)
    html = render(
        "quality", status=result.facts["status"], text=result.text, size=len(checks),
        open=table_html(to_do, "Data checks to look at") if len(to_do) else Markup(),
        all=table_html(checks, "All data checks") if len(checks) else Markup(),
    )  # fmt: skip
    return result.with_html(html)


def set_aside(result: Result) -> Result:
    """Return the rows that were set aside, by reason; only the sentence where there are none."""
    formats = {"rows": number, "amount": lambda value: number(value, 2), "share": percent}
    return (
        show(result, formats=formats)
        if len(result.table)
        else result.with_html(
            render("section", name=slug(result.name), title=result.title, text=result.text, table=Markup()), "table"
        )
    )


def _css(column: pd.Series[Any], texts: list[str], *, is_first: bool) -> str:
    """Return how a column is set: numbers, written ones too, to the right; short texts on one line."""
    if is_first:
        return ""
    told = [text for text in map(str, texts) if text != "–"]
    if pd.api.types.is_numeric_dtype(column) or (told and all(AMOUNT.fullmatch(text) for text in told)):
        return "kk-num"
    is_short = told and all(DAY.fullmatch(text) or len(text) <= SHORT for text in told)
    return "kk-short" if is_short else ""


def _label(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool) or not isinstance(value, Real):  # numpy's numbers are Real too
        return "–" if value is None or value is pd.NA or value is pd.NaT else legible(str(value))
    return number(float(value), 0 if float(value).is_integer() else 3)
