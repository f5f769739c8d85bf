"""Accessible HTML for results: tables with caption and scope, figures with text, tiles, lists. All text is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from numbers import Real
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from kpikit.formatting import number, percent
from kpikit.results import Result, slug

Format = Callable[[Any], str]
MOST_ROWS = 200

TEMPLATES = {
    "table": """\
<div class="kk-scroll" tabindex="0" role="region" aria-label="{{ caption }}">
<table class="kk-table"><caption>{{ caption }}</caption>
<thead><tr>{% for column in columns -%}
<th scope="col"{% if column.numeric %} class="kk-num"{% endif %}>{{ column.label }}</th>
{%- endfor %}</tr></thead>
<tbody>
{% for row in rows %}<tr>{% for cell in row %}{% if loop.first %}<th scope="row">{{ cell }}</th>{% else -%}
<td{% if columns[loop.index0].numeric %} class="kk-num"{% endif %}>{{ cell }}</td>{% endif %}{% endfor %}</tr>
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
    "summary": """\
<section class="kk-summary" aria-label="Summary">
{%- for sentence in sentences %}<p>{{ sentence }}</p>{% endfor %}</section>""",
    "actions": """\
<section class="kk-actions">{% if rows %}<ol>{% for row in rows -%}
<li><h3>{{ row.action }}</h3><p>{{ row.reason }}</p></li>{% endfor %}</ol>
{% else %}<p>Nothing in these numbers calls for an action.</p>{% endif %}</section>""",
    "definitions": """\
<section class="kk-definitions">{% for card in cards %}<h3 id="definition-{{ card.id }}">{{ card.title }}</h3>
<p class="kk-question">{{ card.question }}</p>
<dl class="kk-card"><dt>Formula</dt><dd>{{ card.formula }}</dd><dt>Unit</dt><dd>{{ card.unit }}</dd>
<dt>Interval</dt><dd>{{ card.interval }}</dd><dt>Caveat</dt><dd>{{ card.caveat }}</dd>
<dt>Source</dt><dd>{{ card.source }}</dd></dl>
{% endfor %}</section>""",
    "quality": """\
<section class="kk-quality"><p class="kk-status kk-{{ status|lower }}">Data checks: {{ status }}</p>
<p>{{ text }}</p>{{ table }}</section>""",
    "tiles": """\
<section class="kk-tiles" aria-label="Key figures">
{% for tile in tiles %}<article class="kk-tile"><h3>{{ tile.title }}</h3>
<p class="kk-value">{{ tile.value }}</p>
{% if tile.period %}<p class="kk-period">{{ tile.period }}</p>{% endif %}
{% if tile.change %}<p class="kk-change kk-{{ tile.tone }}">{{ tile.change }}</p>{% endif %}
{% if tile.interval %}<p class="kk-interval">{{ tile.interval }}</p>{% endif %}
{% if tile.count %}<p class="kk-count">{{ tile.count }}</p>{% endif %}
{% if tile.spark %}<img class="kk-spark" src="{{ tile.spark }}" alt="{{ tile.history_text }}">{% endif %}
</article>
{% endfor %}</section>""",
}


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.DictLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False
    )


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
    columns = [{"label": label, "numeric": pd.api.types.is_numeric_dtype(table[name])} for name, label in named.items()]
    if columns:
        columns[0]["numeric"] = False
    texts = [[formats.get(name, _text)(value) for value in table[name].head(MOST_ROWS)] for name in named]
    rows = list(zip(*texts, strict=True))
    return render("table", caption=caption, columns=columns, rows=rows, left_out=max(0, len(table) - MOST_ROWS))


def show(
    result: Result,
    *,
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    kind: str = "table",
) -> Result:
    """Return a result drawn as a section: heading, paragraph, table."""
    table = Markup() if result.table is None else table_html(result.table, result.title, labels=labels, formats=formats)
    html = render("section", name=slug(result.name), title=result.title, text=result.text, table=table)
    return result.with_html(html, kind)


def summary(result: Result) -> Result:
    """Return the summary drawn."""
    return result.with_html(render("summary", sentences=result.facts["sentences"]))


def actions(result: Result) -> Result:
    """Return the list of things to do drawn."""
    return result.with_html(render("actions", rows=result.table.to_dict("records")))


def definitions(result: Result) -> Result:
    """Return definition cards drawn."""
    return result.with_html(render("definitions", cards=result.table.to_dict("records")))


def quality(result: Result) -> Result:
    """Return the audit drawn: status in words, what it says, one row per check."""
    table = table_html(result.table, "Data checks")
    return result.with_html(render("quality", status=result.facts["status"], text=result.text, table=table))


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


def _label(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _text(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool) or not isinstance(value, Real):  # numpy's numbers are Real too
        return "–" if value is None or value is pd.NA or value is pd.NaT else str(value)
    return number(float(value), 0 if float(value).is_integer() else 3)
