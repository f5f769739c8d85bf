"""Each rule of the gate is proved by a page that breaks it, and a good page passes."""

from __future__ import annotations

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit.errors import GateError
from kpikit.report.gate import Finding, check_outputs, check_page, enforce
from kpikit.report.look import POLICY

TABLE = '<table><caption>Sales</caption><thead><tr><th scope="col">Month</th></tr></thead><tr><td>1</td></tr></table>'


def page(body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<style>p {{ color: red }}</style></head><body><h1>Title</h1>{body}</body></html>"
    )


def rules(body: str) -> set[str]:
    return {finding.rule for finding in check_page(page(body))}


def test_a_good_page_passes() -> None:
    body = f"""<h2 id="a">A</h2><p style="background:url(data:image/png;base64,AA)">see
    <a href="https://example.org/method">the method</a> and <a href="#a">above</a></p>
    <img alt="A line that rises" src="data:image/png;base64,AA">
    <img alt="" role="presentation" src="data:image/png;base64,A">
    <h3>B</h3><h2 id="b">C</h2>{TABLE}<p>A warning sign; traceback is a word.</p>"""
    assert check_page(page(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        '<img alt="x" src="https://example.org/x.png">',
        '<img alt="x" src="//example.org/x.png">',
        '<img alt="x" src="x.png">',
        '<IMG ALT="x" SRC="HTTPS://example.org/x.png">',
        '<img alt="x" src="data:image/png;base64,A" srcset="https://example.org/x.png 2x">',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        '<video poster="https://example.org/x.png"></video>',
        '<p style="background: url(https://example.org/x.png)">x</p>',
        r'<p style="background: \75rl(https://example.org/x.png)">x</p>',
        '<p style="background: u/**/rl(x)">x</p><style>@import "https://example.org/x.css";</style>',
        "<style>p { background: url( 'https://example.org/x.png' ) }</style>",
        '<iframe srcdoc="x"></iframe>',
        '<object data="https://example.org/x"></object>',
        '<meta http-equiv="refresh" content="0; url=https://example.org">',
        '<base href="https://example.org/">',
        '<form action="https://example.org/"></form>',
        '<svg aria-label="x"><image xlink:href="https://example.org/x.png"/></svg>',
        '<img alt="x" src="https://example.org/x.png" src="data:image/png;base64,A">',
        '<svg aria-label="x"><rect fill="url(https://example.org/x.svg#a)"/></svg>',
        '<svg aria-label="x"><use href="https://example.org/x.svg#a"/></svg>',
        """<p style="background: image-set('https://example.org/x.png' 1x)">x</p>""",
        """<p style="background: image-set('data:image/png;base64,A' 1x, 'https://example.org/x.png' 2x)">x</p>""",
        """<p style="background: image-set('x.avif' type('image/avif'))">x</p>""",
        "<style>p { background: -webkit-image-set(url(data:image/png;base64,A) 1x, 'x.png' 2x) }</style>",
        "<style>p { background: image(ltr 'x.png', red) }</style>",
        "<style>p::before { content: '/*'; background: url(x.png); quotes: '*/' }</style>",
    ],
)
def test_what_would_load_from_outside_is_refused(body: str) -> None:
    assert "loads from outside" in rules(body)


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("script", "<script>1</script>"),
        ("script", "<svg aria-label='x'><script>1</script></svg>"),
        ("event handler", '<p onclick="x()">x</p>'),
        ("event handler", '<img alt="x" src="data:image/png;base64,A" OnError=x()>'),
        ("javascript: address", '<a href="javascript:x()">x</a>'),
        ("javascript: address", '<a href=" java&#10;script:x()">x</a>'),
        ("javascript: address", '<a href="data:text/html,x">x</a>'),
        ("image without alternative text", '<img src="data:image/png;base64,A">'),
        ("image without alternative text", '<img alt="" src="data:image/png;base64,A">'),
        ("image without alternative text", "<svg></svg>"),
        ("image without alternative text", "<svg>"),
        ("image without alternative text", "<svg role='img'><title> </title></svg>"),
        ("image without alternative text", "<svg role='img'><g><title>one bar of many</title></g></svg>"),
        ("image without alternative text", "<input type=IMAGE>"),
        ("image without alternative text", '<img alt="Figure 2" src="data:image/png;base64,A">'),
        ("image without alternative text", '<img alt="A chart" src="data:image/png;base64,A">'),
        ("image without alternative text", '<img alt="sales.png" src="data:image/png;base64,A">'),
        ("status by colour alone", '<p class="kk-fail"></p>'),
        ("status by colour alone", '<p>Sales <b class="kk-change kk-bad">12 %</b></p>'),
        ("status by colour alone", '<p class="kk-good">▲'),
        ("status by colour alone", '<p><span style="color: #a00">−3</span> on May</p>'),
        ("status by colour alone", '<p>On time: <i style="width: 1em; background: green"></i></p>'),
        ("table without caption", TABLE.replace("<caption>Sales</caption>", "")),
        ("table without caption", TABLE.replace("Sales", " ")),
        ("table without header scope", TABLE.replace(' scope="col"', "")),
        ("table without header scope", TABLE.replace("th", "td")),
        ("duplicate id", '<p id="a">x</p><p id="a">y</p>'),
        ("heading level skipped", "<h3>x</h3>"),
        ("heading level skipped", "<h2>x</h2><h4>y</h4>"),
        ("hidden markup", "<!-- --!><img src=https://example.org/x.png alt=x> -->"),
        ("hidden markup", "<!--><img src=https://example.org/x.png alt=x>-->"),
        ("hidden markup", "<![CDATA[ ><img src=https://example.org/x.png alt=x>]]>"),
        ("hidden markup", "<svg aria-label=x><style><img src=https://example.org/x.png alt=x></style></svg>"),
        ("hidden markup", "<noscript>x</noscript>"),
        ("hidden markup", "<xmp>x</xmp>"),
        ("animation", "<svg aria-label=x><set attributeName=href to=https://example.org/></svg>"),
        ("animation", "<svg aria-label=x><animate attributeName=x /></svg>"),
        ("animation", "<svg aria-label=x><animateMotion path=x /></svg>"),
        ("animation", "<svg aria-label=x><animateTransform type=scale /></svg>"),
        ("warning in an output", "<pre>Traceback (most recent call last)</pre>"),
        ("warning in an output", "<pre><span>Trace</span>back <b>(most</b> recent call last)</pre>"),
        ("warning in an output", "<p>Traceback&nbsp;(most  recent\ncall last)</p>"),
        ("warning in an output", "<p>Trace&shy;back</p><p>(most recent call last)</p>"),
        ("warning in an output", "<pre>Cell In[3], line 1\n----> 1 1 / 0</pre>"),
        ("warning in an output", "<pre>ZeroDivisionError: division by zero</pre>"),
        ("warning in an output", '<p>File "/x/toy.py", line 3, in f</p>'),
        ("warning in an output", "<pre>x.py:3: RuntimeWarning: divide by zero</pre>"),
    ],
)
def test_each_rule_is_broken_by_a_page(rule: str, body: str) -> None:
    assert rule in rules(body)
    assert len(rules(body) - {"loads from outside"}) == 1


def test_a_status_in_words_may_have_its_colour() -> None:
    said = '<p class="kk-status kk-fail">✕ Data checks failed</p><p class="kk-bad"><span>▼</span> <b>down</b>: 3 %</p>'
    shaded = '<p style="color: #a00">missed</p><p><span style="background: #eee">12</span></p>'
    assert check_page(page(said + shaded)) == []


def test_a_mark_that_the_page_never_closes_is_found() -> None:
    cut = page('<b class="kk-bad">▼').removesuffix("</body></html>")
    assert [finding.rule for finding in check_page(cut)] == ["status by colour alone"]


def test_a_page_without_h1_or_policy_is_refused() -> None:
    assert {finding.rule for finding in check_page("<p>x</p>")} == {"heading level skipped", "no content policy"}


@pytest.mark.parametrize(
    "policy",
    [
        "default-src 'none'",
        f"{POLICY}; script-src 'unsafe-inline'",
        POLICY.replace("data:", "data: https:"),
        POLICY.replace("img-src", "x default-src 'none'; img-src"),
        POLICY.replace("default-src 'none'", "default-src 'none' https:"),
        POLICY.replace("; img-src", "; default-src *; img-src"),
    ],
)
def test_a_policy_that_allows_anything_else_is_refused(policy: str) -> None:
    (finding,) = check_page(page("<p>x</p>").replace(POLICY, policy))
    assert finding.rule == "other content policy"


def test_a_policy_is_read_as_a_browser_reads_it() -> None:
    assert check_page(page("").replace(POLICY, " Style-Src 'unsafe-inline';default-src  'none' ;img-src data:;")) == []
    in_the_body = page("").replace("<style>", "</head><body><style>", 1).replace("<head>", "</head><body>", 1)
    assert [finding.rule for finding in check_page(in_the_body)] == ["no content policy"]


def test_images_that_a_style_chooses_from_inside_the_page_pass() -> None:
    choice = "image-set('data:image/png;base64,A' type('image/png') 1x, url(data:image/png;base64,B) 2x), url(#a)"
    assert check_page(page(f"<p style=\"background-image: {choice}; quotes: '«' '»'\">x</p>")) == []


def test_a_drawing_is_named_by_its_title() -> None:
    assert check_page(page('<svg role="img"><title>Sales rose</title><rect/></svg>')) == []


def test_an_image_in_the_title_of_a_drawing_is_refused() -> None:
    body = "<svg role=img><title>t<img alt=x src=https://example.org/x.png></title></svg>"
    assert {"hidden markup", "loads from outside"} & rules(body)  # Python's releases differ in how they read a title


def test_words_that_are_not_an_alarm_pass() -> None:
    assert (
        check_page(
            page(
                "<p>Standard error: 3 %. Warning: low stock.</p><table><caption>Error: x</caption>"
                '<tr><th scope="col">Q3</th><td>Error: 3 %</td></tr></table>'
            )
        )
        == []
    )


def test_an_alarm_is_shown_from_the_start_of_its_line_in_whole_words() -> None:
    line = "/srv/toy.py:3: RuntimeWarning: divide by zero " + "encountered " * 30
    (finding,) = check_page(page(f'<p id="a">Before.</p><pre>first line\n{line}\nlast line</pre>'))
    assert finding.seen.startswith("/srv/toy.py:3: RuntimeWarning: divide by zero encountered")
    assert finding.seen.endswith("encountered …")
    assert len(finding.seen) <= 160
    assert finding.where == "near #a"
    (far,) = check_page(page("<p>" + "word " * 90 + "ValueError: bad</p>"))
    assert far.seen == "… ValueError: bad"


def test_a_page_over_budget_is_refused_by_its_bytes_not_its_letters() -> None:
    html = page("é" * 300)
    assert check_page(html, budget_bytes=len(html.encode())) == []
    assert [finding.rule for finding in check_page(html, budget_bytes=len(html))] == ["over budget"]


def test_the_refusal_says_what_and_where() -> None:
    with pytest.raises(GateError, match=r"toy: .*script: <script> \(near #retention\)") as refusal:
        enforce(check_page(page('<p id="retention">x</p><script>1</script>')), "toy")
    assert refusal.value.exit_code == 8


def test_nothing_found_is_no_error() -> None:
    enforce([], "toy")


def test_many_findings_are_counted_not_listed() -> None:
    with pytest.raises(GateError, match="and 4 more"):
        enforce([Finding("script", str(number)) for number in range(9)], "toy")


def test_equal_findings_are_named_once() -> None:
    with pytest.raises(GateError) as refusal:
        enforce([Finding("script", "x")] * 9, "toy")
    assert refusal.value.got == "script: x"


def test_a_warning_that_the_page_leaves_out_is_still_found() -> None:
    stream = nbformat.v4.new_output("stream", name="stderr", text="/x.py:3: FutureWarning: soon gone\n  f()\n")
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("f()", outputs=[stream])])
    (finding,) = check_outputs(document)
    assert (finding.where, finding.seen) == ("cell 1", "/x.py:3: FutureWarning: soon gone")


@given(st.text(alphabet="<>/=\"' abcimgsrontyle!-&;:()\x00", max_size=60))
def test_no_text_breaks_the_gate(text: str) -> None:
    check_page(text)


def test_a_name_that_looks_like_an_address_is_a_name_where_it_is_only_read_out() -> None:
    body = (
        '<div role="region" aria-label="javascript:x"><img alt="data:text/html,x" src="data:image/png;base64,AA"></div>'
    )
    assert check_page(page(body)) == []
    assert rules('<a href="javascript:x">x</a>') == {"javascript: address"}
