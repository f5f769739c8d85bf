"""The gate's rules of privacy: each is broken by a page, and a page that keeps to them passes."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit.report import disclosure
from kpikit.report.disclosure import check_disclosure, forms, redact_file, redacted, secrets_of
from kpikit.report.payloads import payloads
from kpikit.results import Result

SECRET = 'c4nary&p/ss=w"örd+'


def document(*results: Result, policy: dict[str, Any] | None = None) -> Any:
    facts = {"as_of": "2026-10-01", "privacy": {"min_cell": 5, "customer_ids": "hashed"} if policy is None else policy}
    made = nbformat.v4.new_notebook()
    for result in (Result("page", "page", "Review", facts=facts), *results):
        output = nbformat.v4.new_output("display_data", result._repr_mimebundle_())
        made.cells.append(nbformat.v4.new_code_cell("x", outputs=[output]))
    return made


def table(**columns: list[Any]) -> Result:
    return Result("t", "table", "T", table=pd.DataFrame(columns))


def rules(made: Any, html: str = "<p>x</p>", secrets: tuple[str, ...] = ()) -> list[str]:
    return [finding.rule for finding in check_disclosure(made, payloads(made), html, secrets)]


@pytest.mark.parametrize(
    "result",
    [
        table(segment=["a", "b"], customers=[4, 40]),
        table(segment=["a"], n=[1.0], value=[0.5]),
        table(cohort=["2026-01"], cohort_size=[3], active=[1], status=["complete"]),
        table(score=[3], answers=[2]),
        Result("k", "tiles", "T", kpis=({"kpi": "nps", "n": 2, "value": 50.0, "status": "complete"},)),
        Result("k", "tiles", "T", kpis=({"kpi": "nps", "n": None, "value": 50.0, "status": "suppressed"},)),
    ],
)
def test_a_small_cell_is_refused(result: Result) -> None:
    assert rules(document(result)) == ["small cell"]


def test_cells_that_are_empty_large_enough_or_suppressed_pass() -> None:
    good = (
        table(segment=["a", "b"], customers=[0, 5], answers=[1, 1]),
        table(cohort=["2026-01"], cohort_size=[None], status=["suppressed"]),
        Result("k", "tiles", "T", kpis=({"kpi": "nps", "n": None, "value": None, "status": "suppressed"},)),
    )
    assert rules(document(*good)) == []
    assert rules(document(table(segment=["a"], customers=[4]), policy={"min_cell": 4})) == []
    assert rules(document(table(segment=["a"], customers=[4]), policy={})) == []


@pytest.mark.parametrize("column", ["customer", "customer_id", "Customer ID", "client", "referred_by"])
def test_an_identifier_in_clear_is_refused(column: str) -> None:
    assert rules(document(table(**{column: ["3f9c0a1b2c3d", "C-1042"]}))) == ["customer identifier in clear"]
    assert rules(document(table(**{column: ["3f9c0a1b2c3d"]}))) == []
    assert rules(document(table(**{column: ["C-1042"]}), policy={"customer_ids": "clear"})) == []


def test_a_raw_table_of_customers_in_the_notebook_is_refused() -> None:
    made = document()
    frame = pd.DataFrame({"customer_id": ["C-1042"], "amount": [3.0]})
    data = {"text/html": frame.to_html(), "text/plain": str(frame)}
    made.cells.append(nbformat.v4.new_code_cell("frame", outputs=[nbformat.v4.new_output("display_data", data)]))
    assert rules(made) == ["customer identifier in clear"]
    made.cells[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=str(frame))]
    assert rules(made) == ["customer identifier in clear"]
    made.cells[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="12 customers")]
    assert rules(made) == []


@pytest.mark.parametrize("said", ["write to ana@example.org", "ana (at) example dot org", "call +351 912 345 678"])
def test_an_address_or_a_number_in_a_comment_is_refused(said: str) -> None:
    for result in (
        table(comment=[said]),
        table(**{"Last review": [said]}),
        Result("c", "text", "T", facts={"comments": [said]}),
    ):
        assert rules(document(result)) == ["personal data in a comment"]
    for html in (f"<blockquote><p>{said}</p></blockquote>", f"<p>He said <q>{said}</q></p>"):
        assert rules(document(), html) == ["personal data in a comment"]
    (finding,) = check_disclosure(document(table(comment=[said])), payloads(document(table(comment=[said]))), "", ())
    assert said.split()[-1] not in str(finding)


def test_a_scrubbed_comment_and_an_owners_address_pass() -> None:
    assert rules(document(table(comment=["write to [e-mail], order 4711 of 2026-09-30"]))) == []
    assert rules(document(table(owner=["support@example.org"])), "<p>support@example.org</p>") == []


@pytest.mark.parametrize(
    "written",
    [
        SECRET, quote(SECRET, safe=""), json.dumps(SECRET), SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(), base64.b64encode(f"user:{SECRET}@host".encode()).decode(),
        base64.urlsafe_b64encode(f"ab{SECRET}".encode()).decode(),
    ],
)  # fmt: skip
def test_a_secrets_value_is_refused_in_whatever_form(written: str) -> None:
    assert rules(document(), f"<p>{written}</p>", (SECRET,)) == ["a secret's value"]
    assert rules(document(Result("x", "text", "T", written)), "", (SECRET,)) == ["a secret's value"]
    assert redacted(f"<{written}>", (SECRET,)) != f"<{written}>"
    findings = check_disclosure(document(), [], written, (SECRET,))
    assert SECRET not in "".join(map(str, findings))


def test_a_page_without_the_secret_passes() -> None:
    assert rules(document(), "<p>nothing</p>", (SECRET,)) == []


@given(st.text(min_size=4, max_size=30), st.binary(max_size=7), st.binary(max_size=7))
def test_in_base64_a_secret_is_found_wherever_it_begins(secret: str, before: bytes, after: bytes) -> None:
    coded = base64.b64encode(before + secret.encode("utf-8", "replace") + after).decode()
    longest = len(secret.encode("utf-8", "replace")) >= 8  # shorter ones leave too little that is theirs alone
    assert not longest or any(form in coded for form in forms(secret.encode("utf-8", "replace").decode()))


def test_secrets_are_what_the_urls_and_parameters_refer_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "# ${NOT_SET}\nsources:\n  a: {url: postgres://${LOGIN}:${PASS}@${HOST}:5432/${BASE}}\n"
        "  b:\n    url: ${WHOLE}\n  c: {url: 'postgres://h/d?sslpassword=${QUERY}'}\n"
    )
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    values = {
        "LOGIN": "tester", "PASS": "pass-one", "HOST": "coffee", "BASE": "shop", "QUERY": "pass-three",
        "TOKEN": "tok-4", "WHOLE": "postgres://u:pass%20two@h/d", "KPIKIT_HASH_KEY": "the-key", "OTHER": "unrelated",
        "ANY": "abc",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    found = secrets_of({"config": "shop.yaml", "token": "${TOKEN}", "short": "${ANY}"}, tmp_path)
    assert found == {"pass-one", values["WHOLE"], "pass%20two", "pass two", "pass-three", "tok-4", "the-key"}


def test_a_file_that_is_kept_is_redacted(tmp_path: Path) -> None:
    path = tmp_path / "notebook.ipynb"
    redact_file(path, (SECRET,))
    path.write_text(json.dumps({"text": f"postgres://u:{SECRET}@h"}), encoding="utf-8")
    redact_file(path, (SECRET,))
    assert json.loads(path.read_text(encoding="utf-8")) == {"text": f"postgres://u:{disclosure.MASK}@h"}
