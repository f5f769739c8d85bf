"""What changed between runs: restated, moved, defined otherwise; from the files that runs leave, and nothing else."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import PAGE, notebook
from hypothesis import given
from hypothesis import strategies as st

from kpikit.errors import ParameterError
from kpikit.report import changes, differing, gate, history, store
from kpikit.report.comparing import Comparison, compare
from kpikit.report.decomposing import mix_and_rate
from kpikit.report.export import export
from kpikit.report.history import Told, Value
from kpikit.report.manifest import Manifest
from kpikit.report.store import Run, Store
from kpikit.results import MIME

AUGUST, SEPTEMBER = "2026-08-01", "2026-09-01"
CARD = {"id": "repeat_rate", "title": "Repeat rate", "style": "percent", "formula": "again / all", "version": 1}


def rate(period: str | None, k: float, n: float, segment: str = "all", **facts: Any) -> dict[str, Any]:
    """Return a share of whole customers with its Wilson interval, as kpis.json has it."""
    p, z2 = k / n, 1.959964**2
    middle, half = (p + z2 / 2 / n) / (1 + z2 / n), (z2 * (p * (1 - p) / n + z2 / 4 / n**2)) ** 0.5 / (1 + z2 / n)
    own = {"kpi": "repeat_rate", "segment": segment, "period": period, "value": p, "numerator": k, "denominator": n}
    return {**own, "low": middle - half, "high": middle + half, "n": n, "status": "complete", "definition": 1} | facts


def said(*values: dict[str, Any], as_of: str = "2026-10-01", run_id: str = "run1", **facts: Any) -> Told:
    own = {"run_id": run_id, "notebook": "toy", "as_of": as_of, "period_unit": "month", "definitions": [CARD]}
    return Told.model_validate({**own, "kpis": list(values), **facts})


def words(comparison: Comparison) -> str:
    rows = [" | ".join(row) for table in changes.tables(comparison) for row in (table.columns, *table.rows)]
    return "\n".join([*changes.sentences(comparison), *rows])


def test_late_rows_restate_a_value_by_their_amount() -> None:
    found = compare(said(rate(AUGUST, 30, 100)), said(rate(AUGUST, 32, 104)))
    (one,) = found.restated
    assert one.amount == pytest.approx(32 / 104 - 0.30)
    assert found.unchanged == 0
    told = words(found)
    assert "1 value of Repeat rate is restated" in told
    assert "Repeat rate | 2026-08 | 30.0 % | 30.8 % | +0.8 points | 30 of 100 | 32 of 104" in told


def test_what_restated_a_value_is_said_as_far_as_it_is_known() -> None:
    then, now = rate(AUGUST, 30, 100), rate(AUGUST, 32, 104)
    late = compare(said(then, data_fingerprint="a"), said(now, data_fingerprint="b"))
    assert "Rows that came late" in words(late)
    recoded = compare(said(then, data_fingerprint="a"), said(now, data_fingerprint="a"))
    assert "The data are the same, so the notebook, the code, the packages or the settings did this." in words(recoded)
    for known in ({}, {"data_fingerprint": "a"}):
        unknown = words(compare(said(then), said(now, **known)))
        assert "It is not known whether the data are the same." in unknown
        assert "did this" not in unknown
        assert "Rows that came late" not in unknown
    other_rows = compare(said(then, rows={"orders": 100}), said(now, rows={"orders": 104}))
    assert "Rows that came late" in words(other_rows)


@pytest.mark.parametrize("count", [30, 32])
def test_the_page_names_no_cause_that_another_sentence_denies(shelf: Store, count: int) -> None:
    """A ``kpis.json`` of an older kpikit says nothing of the data; the manifest beside it may."""
    keep(shelf, "run1", rate(AUGUST, 30, 100), data_fingerprint="a")
    assert history.read(shelf.runs("toy")[0]).data_fingerprint == "a"
    document = page((rate(AUGUST, count, 100),))
    same = since(shelf, document, record("run2", data_fingerprint="a"))
    assert "The data are those of then." in same
    assert ("The data are the same, so" in same) == (count == 32)
    other = since(shelf, document, record("run2", data_fingerprint="b"))
    assert "The data are not those of then." in other
    assert "The data are the same" not in other
    assert ("Rows that came late" in other) == (count == 32)
    unknown = since(shelf, document, record("run2"))
    assert unknown.count("It is not known whether the data are the same.") == 1
    assert "of then." not in unknown


def test_counts_alone_are_restated_too() -> None:
    assert compare(said(rate(AUGUST, 30, 100)), said(rate(AUGUST, 60, 200))).restated


def test_last_digits_of_a_sum_restate_nothing() -> None:
    then, now = rate(AUGUST, 0.1 + 0.2, 1), rate(AUGUST, 0.3, 1)
    assert then["value"] != now["value"]
    assert compare(said(then), said(now)).restated == ()


def test_what_reads_the_same_is_not_restated() -> None:
    """A model that is fitted anew differs in digits that nobody sees."""

    def told(auc: float, n: int = 500, **facts: Any) -> Told:
        return said({"kpi": "churn_auc", "value": auc, "n": n, "definition": 1}, **facts)

    assert compare(told(0.80853268), told(0.80853355)).restated == ()
    assert len(compare(told(0.80853268), told(0.81853355)).restated) == 1
    assert len(compare(told(0.80853268), told(0.80853355, n=501)).restated) == 1
    months = [rate(AUGUST, 30 + digit, 100, numerator=30, kpi="churn_auc") for digit in (0, 1e-6)]
    later = compare(said(months[0]), said(months[1], rate(SEPTEMBER, 40, 100, kpi="churn_auc")))
    assert (later.restated, later.unchanged) == ((), 1)
    assert "(restated)" not in words(later)


@pytest.mark.parametrize("status", ["partial", "not_yet_observed"])
def test_a_period_that_was_not_over_is_not_restated_when_it_is(status: str) -> None:
    found = compare(said(rate(AUGUST, 3, 10, status=status)), said(rate(AUGUST, 32, 104)))
    assert (found.restated, found.moved, found.unchanged) == ((), (), 0)


def test_a_value_that_is_not_known_any_more_is_said() -> None:
    found = compare(said(rate(AUGUST, 30, 100)), said(rate(AUGUST, 30, 100, status="suppressed", value=None)))
    assert found.restated == ()
    assert "1 value reported then is not known now." in changes.sentences(found)


@pytest.mark.parametrize(
    ("value", "card"),
    [({"definition": 2}, {}), ({}, {"formula": "again within 90 days / all"}), ({}, {"settings": {"within_days": 60}})],
)
def test_what_is_defined_otherwise_is_said_and_not_compared(value: dict[str, Any], card: dict[str, Any]) -> None:
    now = said(rate(AUGUST, 50, 100, **value), rate(SEPTEMBER, 90, 100, **value), definitions=[{**CARD, **card}])
    found = compare(said(rate(AUGUST, 30, 100), definitions=[CARD]), now)
    assert (found.redefined, found.restated, found.moved, found.unchanged) == (("repeat_rate",), (), (), 0)
    assert "Defined otherwise" in changes.tables(found)[0].caption


def test_a_change_is_claimed_only_where_its_interval_leaves_out_zero() -> None:
    def verdict(k: int, n: int) -> str:
        then, now = said(rate(AUGUST, 300, 1000)), said(rate(AUGUST, 300, 1000), rate(SEPTEMBER, k, n))
        return compare(then, now).moved[0].verdict

    assert [verdict(400, 1000), verdict(200, 1000), verdict(33, 100)] == ["up", "down", "no clear change"]
    bare = rate(SEPTEMBER, 400, 1000, low=None, high=None)
    assert compare(said(rate(AUGUST, 3, 10)), said(rate(AUGUST, 3, 10), bare)).moved[0].verdict == "not tested"


def test_the_interval_of_two_shares_is_newcombes() -> None:
    """Newcombe (1998), Statistics in Medicine 17, method 10: 56/70 less 48/80 is 0.2, 0.0524 to 0.3339."""
    now = said(rate(AUGUST, 48, 80), rate(SEPTEMBER, 56, 70))
    (one,) = compare(said(rate(AUGUST, 48, 80)), now).moved
    assert (one.change, one.low, one.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_many_claims_widen_each_interval() -> None:
    others = [rate(month, 50, 100, kpi=f"kpi{i}") for i in range(9) for month in (AUGUST, SEPTEMBER)]
    then = said(rate(AUGUST, 48, 80), *others[::2])
    one = compare(then, said(rate(AUGUST, 48, 80), rate(SEPTEMBER, 56, 70), *others)).moved[0]
    assert one.verdict == "no clear change"
    assert one.low == pytest.approx(0.2 - (0.2 - 0.0524) * 2.807 / 1.96, abs=1e-3)  # z at 1 − 0.05 / 10


def test_what_was_restated_is_no_change_of_the_business() -> None:
    found = compare(said(rate(AUGUST, 300, 1000)), said(rate(AUGUST, 400, 1000), rate(SEPTEMBER, 400, 1000)))
    assert found.restated[0].amount == pytest.approx(0.1)
    assert found.moved[0].change == 0
    assert "40.0 % (restated)" in words(found)


def test_the_notebooks_own_interval_is_taken_where_it_is_of_the_same_two_periods() -> None:
    own = {"kpi": "repeat_rate", "period": f"{SEPTEMBER}T00:00:00.000", "previous_period": f"{AUGUST}T00:00:00.000"}
    judged = {**own, "change": 0.1, "change_low": -0.01, "change_high": 0.21, "verdict": "no clear change"}
    values = rate(AUGUST, 300, 1000), rate(SEPTEMBER, 400, 1000)
    (one,) = compare(said(values[0]), said(*values, changes=[judged])).moved
    assert (one.low, one.high, one.verdict) == (-0.01, 0.21, "no clear change")
    other = said(*values, changes=[{**judged, "previous_period": "2026-07-01"}])
    assert compare(said(values[0]), other).moved[0].verdict == "up"


def test_a_value_of_the_whole_run_is_restated_on_one_day_and_moves_to_a_later_one() -> None:
    then, now = rate(None, 300, 1000), rate(None, 400, 1000)
    of_one_day = compare(said(then), said(now))
    assert (len(of_one_day.restated), len(of_one_day.moved)) == (1, 0)
    later = compare(said(then, as_of="2026-09-01"), said(now))
    assert (len(later.restated), [one.verdict for one in later.moved]) == (0, ["up"])


def test_figures_that_came_and_went_and_rows_are_said() -> None:
    then = said(rate(AUGUST, 30, 100, kpi="old_one"), rows={"orders": 100})
    found = compare(then, said(rate(AUGUST, 30, 100), rows={"orders": 104, "tickets": 3}))
    assert found.rows == {"orders": (100, 104), "tickets": (0, 3)}
    told = changes.sentences(found)
    assert "New on this page: Repeat rate." in told
    assert "No longer on this page: Old one." in told


def test_of_two_values_with_one_key_the_first_on_the_page_counts() -> None:
    assert said(rate(AUGUST, 1, 10), rate(AUGUST, 2, 10)).values["repeat_rate", "all", AUGUST, 0.0].numerator == 1


# Every segment rises by two points, and the whole falls by four: more customers are where fewer return.
PARADOX = ([rate(AUGUST, 200, 500, "web"), rate(AUGUST, 100, 500, "shop")],
           [rate(SEPTEMBER, 84, 200, "web"), rate(SEPTEMBER, 176, 800, "shop")])  # fmt: skip


def test_mix_and_rate_tell_a_paradox_apart() -> None:
    whole = rate(AUGUST, 300, 1000), rate(SEPTEMBER, 260, 1000)
    now = said(whole[0], whole[1], *PARADOX[0], *PARADOX[1])
    moved = next(one for one in compare(said(whole[0], *PARADOX[0]), now).moved if one.now.segment == "all")
    assert moved.change == pytest.approx(-0.04)
    assert moved.parts is not None
    assert (moved.parts.mix, moved.parts.rate) == pytest.approx((-0.06, 0.02))
    told = words(compare(said(whole[0], *PARADOX[0]), now))
    assert "Repeat rate | web | −12.3 points | +0.7 points | −11.6 points" in told
    assert "Repeat rate | all together | −6.0 points | +2.0 points | −4.0 points" in told


def test_what_does_not_add_up_is_not_decomposed() -> None:
    before, now = (Value.model_validate(rate(month, k, 1000)) for month, k in ((AUGUST, 300), (SEPTEMBER, 260)))
    then_by, now_by = ([Value.model_validate(one) for one in part] for part in PARADOX)
    assert mix_and_rate(before, now, then_by, now_by) is not None
    assert mix_and_rate(before, now, then_by[:1], now_by) is None  # a segment is missing
    median = now.model_copy(update={"value": 5.5})
    assert mix_and_rate(before, median, then_by, now_by) is None  # no ratio of its counts
    assert mix_and_rate(before, now, [], []) is None
    alone = said(rate(AUGUST, 3, 10)), said(rate(AUGUST, 3, 10), rate(SEPTEMBER, 4, 10))
    assert "not split by segment, so the changes are not split by mix and rate" in words(compare(*alone))


def test_two_splits_of_a_page_are_told_apart() -> None:
    """Each adds up by itself, and the segments of both together count everybody twice."""
    whole = rate(AUGUST, 300, 1000), rate(SEPTEMBER, 260, 1000)
    regions = [rate(AUGUST, 150, 600, "north"), rate(AUGUST, 150, 400, "web"),
               rate(SEPTEMBER, 130, 500, "north"), rate(SEPTEMBER, 130, 500, "web")]  # fmt: skip
    channels = [*PARADOX[0], *PARADOX[1]]

    def told(first: str | None, second: str | None) -> Comparison:
        own = [one | {"by": by} for rows, by in ((channels, first), (regions, second)) for one in rows]
        return compare(said(whole[0]), said(*whole, *own))

    (one,) = told("channel", "region").moved
    assert one.parts is not None
    assert [part.segment for part in one.parts.segments] == ["web", "shop"]
    pooled = told(None, None)
    assert pooled.moved[0].parts is None
    assert "The segments do not add up to the whole in both periods, so" in words(pooled)
    assert "not split by segment" not in words(pooled)


COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 400)), min_size=2, max_size=5)


@given(COUNTS, COUNTS)
def test_mix_and_rate_add_up_to_the_change_exactly(first: list[Any], second: list[Any]) -> None:
    def month(period: str, pairs: list[Any]) -> tuple[Value, list[Value]]:
        parts = [Value.model_validate(rate(period, min(k, n), n, f"s{i}")) for i, (k, n) in enumerate(pairs)]
        tops, bottoms = (sum(getattr(part, name) for part in parts) for name in ("numerator", "denominator"))
        return Value.model_validate(rate(period, tops, bottoms)), parts

    (before, then_by), (now, now_by) = month(AUGUST, first), month(SEPTEMBER, second)
    parts = mix_and_rate(before, now, then_by, now_by)
    if parts is None:
        assert 0 in (before.numerator, now.numerator)  # of nothing there is no scale
    else:
        assert parts.mix + parts.rate == pytest.approx(now.value - before.value, abs=1e-12)


def record(run_id: str, as_of: str = "2026-10-01", **facts: Any) -> Manifest:
    moment = f"2026-11-0{run_id[-1]}T08:00:00+00:00"
    own = {"notebook": "toy", "status": "succeeded", "title": "Toy study", "started": moment, "finished": moment}
    return Manifest.model_validate({"run_id": run_id, "as_of": as_of, **own, **facts})


def keep(shelf: Store, run_id: str, *values: dict[str, Any], as_of: str = "2026-10-01", **facts: Any) -> Run:
    made = record(run_id, as_of, **facts)
    with shelf.building(made.notebook, run_id) as building:
        told = said(*values, as_of=as_of, run_id=run_id).model_dump()
        store.write_artefacts(building, html=run_id, kpis=told.pop("kpis"), tables={}, facts=told)
        return Run(shelf.keep(building, made), made)


@pytest.fixture
def shelf(tmp_path: Path) -> Store:
    return Store(tmp_path / "reports")


def test_the_comparable_run_asked_for_the_same_but_for_dates(shelf: Store) -> None:
    asked = {"parameters": {"unit": "month", "period": "2026-Q2"}, "business": "Harbor Coffee"}
    keep(shelf, "run1", as_of="2026-07-01", **asked)
    keep(shelf, "run2", as_of="2026-08-01", **asked)
    keep(shelf, "run3", as_of="2026-09-01", **{**asked, "parameters": {"unit": "week"}})
    keep(shelf, "run4", as_of="2026-09-01", **{**asked, "business": "Another"})
    keep(shelf, "run5", as_of="2026-12-01", **asked)

    def before(as_of: str, **given: Any) -> str:
        facts = {**asked, "parameters": {"unit": "month", "period": "2026-Q3", "audience": "", **given}}
        found = history.comparable(shelf, record("run9", as_of, **facts))
        return found[0].manifest.run_id if found else "none"

    assert before("2026-10-01") == "run2"
    assert before("2026-08-01") == "run2"  # the same day, made before
    assert before("2026-07-15") == "run1"  # what knew more is later, whenever it was made
    assert before("2026-10-01", audience="executive") == "run2"  # who reads it changes no number
    assert before("2026-10-01", unit="quarter") == "none"
    (shelf.folder("toy") / "2026-08-01" / "run2" / store.KPIS).write_text("{half")
    assert before("2026-10-01") == "run1"


def page(kpis: tuple[dict[str, Any], ...] = (), title: str = "Repeat rate", **facts: Any) -> Any:
    """Return an executed toy notebook: page, key figures with their definition, a section."""
    document = notebook([PAGE, "## Summary", "tiles", "definitions", "## Segments", "1"])
    shown = {
        2: {"kind": "page", "facts": {"as_of": "2026-10-01", "business": "", "tables": {"orders": 104}, **facts}},
        4: {"kind": "tiles", "facts": {"period": "month"}, "kpis": list(kpis)},
        5: {"kind": "definitions", "table": {"columns": list(CARD), "rows": [[*({**CARD, "title": title}.values())]]}},
    }
    for place, own in shown.items():
        payload = {"schema_version": 1, "name": f"r{place}", "title": "T", "text": "", "headline": "", "table": None,
                   "kpis": [], "facts": {}, **own}  # fmt: skip
        html = f"<p>shown {place}</p>"
        document.cells[place]["outputs"] = [
            {"output_type": "display_data", "metadata": {}, "data": {MIME: payload, "text/html": html}}
        ]
    return document


def since(shelf: Store, document: Any, run: Manifest) -> str:
    from kpikit.report.payloads import payloads

    section = changes.since(payloads(document), run, shelf)
    return export(changes.with_section(document, section), run).html


def test_the_first_report_says_that_there_is_none_before(shelf: Store) -> None:
    html = since(shelf, page((rate(AUGUST, 30, 100),)), record("run1"))
    assert "This is the first report of this study with these parameters" in html
    assert gate.check_page(html) == []


def test_the_section_stands_between_key_figures_and_case_and_passes_the_gate(shelf: Store) -> None:
    keep(shelf, "run1", rate(AUGUST, 30, 100), data_fingerprint="a")
    hostile = "<script>alert(1)</script>"
    html = since(shelf, page((rate(AUGUST, 32, 104),), title=hostile), record("run2", data_fingerprint="b"))
    order = [html.index(mark) for mark in ("shown 4", ">Since the last report</h2>", "restated", ">Segments</h2>")]
    assert order == sorted(order)
    assert "made 1 November 2026, 08:00 UTC from the data up to the same day (run run1)" in html
    assert "The data are not those of then." in html
    assert "&lt;script&gt;alert(1)" in html
    assert gate.check_page(html) == []


@pytest.mark.parametrize("heading", ["## Since the last report", "## Since the *last* report\n\nWhat is new below."])
def test_a_heading_of_the_notebook_is_the_place_of_the_section(shelf: Store, heading: str) -> None:
    document = page()
    document.cells += notebook([PAGE, heading, "2", "## Ending"]).cells[-3:]
    html = since(shelf, document, record("run1"))
    assert html.count('id="section-since-the-last-report"') == 1
    order = [
        html.index(mark) for mark in (">Segments</h2>", 'id="section-since', "This is the first report", ">Ending</h2>")
    ]
    assert order == sorted(order)
    assert gate.check_page(html) == []


def test_every_cell_is_escaped(shelf: Store) -> None:
    hostile = "<b onclick=alert(1)>x"
    keep(shelf, "run1", rate(hostile, 30, 100, segment=hostile))
    html = since(shelf, page((rate(hostile, 32, 104, segment=hostile),)), record("run2"))
    assert html.count("&lt;b onclick=alert(1)&gt;x") == 2  # segment and period
    assert "<b onclick" not in html


def test_nothing_is_hidden_on_the_kept_notebook(shelf: Store) -> None:
    document = page()
    before = len(document.cells)
    assert len(changes.with_section(document, changes.Since("<p>x</p>")).cells) == before + 2
    assert len(document.cells) == before


def test_kpis_json_says_what_its_values_mean_and_of_which_data_they_are(shelf: Store) -> None:
    from kpikit.report.payloads import payloads

    facts = history.facts(
        payloads(page((rate(AUGUST, 30, 100),), currency="EUR")), record("run1", data_fingerprint="ab")
    )
    assert (facts["currency"], facts["period_unit"], facts["rows"], facts["data_fingerprint"]) == (
        "EUR", "month", {"orders": 104}, "ab"
    )  # fmt: skip
    assert facts["definitions"] == [CARD]


def test_diff_names_runs_by_id_folder_and_place(shelf: Store) -> None:
    first = keep(shelf, "20261101-run1", rate(AUGUST, 30, 100))
    second = keep(shelf, "20261102-run2", rate(AUGUST, 32, 104))
    ids = ("20261101-run1", "20261102-run2")
    for names in (ids, ids[::-1], ("20261101", "20261102"), ("latest", "previous"), ("toy:previous", "toy:latest"),
                  (str(first.folder), str(second.folder)), ("previous", "20261102")):  # fmt: skip
        assert tuple(run.manifest.run_id for run in differing.find(shelf, names)) == ids


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("20261109-run1", "latest"), "Did you mean '20261101-run1'?"),
        (("zzz", "latest"), "The newest are 20261103-run3, 20261102-run2, 20261101-run1."),
        (("2026", "latest"), "found '2026', with which 3 runs begin"),
        (("latest", "previous"), "Write one of other:latest, toy:latest"),
        (("tox:latest", "toy:previous"), "Did you mean 'toy'?"),
        (("other:latest", "other:previous"), "expected two runs of other; found 1"),
        (("20261101", "20261103"), "found one of toy and one of other"),
    ],
)
def test_diff_of_what_is_not_there_names_what_is(shelf: Store, names: tuple[str, str], message: str) -> None:
    keep(shelf, "20261101-run1")
    keep(shelf, "20261102-run2")
    keep(shelf, "20261103-run3", notebook="other")
    with pytest.raises(ParameterError) as refusal:
        differing.find(shelf, names)
    assert message in str(refusal.value)
    assert refusal.value.exit_code == 2


def test_diff_in_an_empty_folder_says_what_to_do(shelf: Store) -> None:
    with pytest.raises(ParameterError, match="Run kpikit run first"):
        differing.find(shelf, ("latest", "previous"))


def test_diff_shows_parameters_versions_values_checks_and_files(shelf: Store) -> None:
    then = {"parameters": {"unit": "month"}, "versions": {"pandas": "3.0"}, "artefacts": {"a.csv": "1", "b.csv": "1"}}
    now = {"parameters": {}, "versions": {"pandas": "3.1"}, "artefacts": {"a.csv": "2", "c.csv": "1"}}
    first = keep(shelf, "run1", rate(AUGUST, 30, 100), **then, checks="PASS")
    second = keep(shelf, "run2", rate(AUGUST, 32, 104), **now, checks="REVIEW")
    _, tables = differing.difference(first, second)
    found = {table.caption: table.rows for table in tables}
    assert ("data checks", "PASS", "REVIEW") in found["Runs"]
    assert found["Parameters"] == (("unit", "month", "–"),)
    assert found["Versions"] == (("pandas", "3.0", "3.1"),)
    assert set(found["Files"]) == {("a.csv", "changed"), ("b.csv", "gone"), ("c.csv", "new")}
    assert found["Restated values"][0][:5] == ("Repeat rate", "2026-08", "30.0 %", "30.8 %", "+0.8 points")


def test_the_trend_has_each_period_as_the_latest_run_tells_it() -> None:
    old = said(rate("2026-07-01", 5, 10), rate(AUGUST, 3, 10), as_of="2026-09-01")
    new = said(rate(AUGUST, 4, 10), rate(SEPTEMBER, 6, 10), rate("2026-10-01", 1, 10, status="partial"))
    assert history.trend([new, old]) == [("2026-07", 0.5), ("2026-08", 0.4), ("2026-09", 0.6)]
    runs = [said(rate(None, k, 10), as_of=f"2026-0{k}-01") for k in (9, 8)]
    assert history.trend(runs) == [("2026-08-01", 0.8), ("2026-09-01", 0.9)]
    assert history.trend([]) == []
    redefined = said(rate("2026-07-01", 5, 10, definition=2), rate(AUGUST, 4, 10, definition=2))
    assert history.trend([redefined, old]) == [("2026-07", 0.5), ("2026-08", 0.4)]
    assert history.trend([new, redefined]) == [("2026-08", 0.4), ("2026-09", 0.6)]


@pytest.mark.parametrize("card", [{"formula": "again within 90 days / all"}, {"settings": {"within_days": 60}}])
def test_the_trend_and_the_comparison_leave_out_the_same_definitions(card: dict[str, Any]) -> None:
    old, new = said(rate(AUGUST, 3, 10), definitions=[{**CARD, **card}]), said(rate(SEPTEMBER, 6, 10))
    assert compare(old, new).redefined == ("repeat_rate",)
    assert history.trend([new, old]) == [("2026-09", 0.6)]
    without_cards = said(rate(AUGUST, 3, 10), definitions=[])
    assert history.trend([new, without_cards]) == [("2026-08", 0.3), ("2026-09", 0.6)]


@pytest.mark.parametrize("status", ["suppressed", "partial", "complete"])
def test_the_trend_shows_no_period_that_the_latest_run_does_not_know(status: str) -> None:
    old = said(rate("2026-07-01", 5, 10), rate(AUGUST, 3, 10), as_of="2026-09-01")
    new = said(rate(AUGUST, 3, 10, status=status, value=None), rate(SEPTEMBER, 6, 10))
    assert history.trend([new, old]) == [("2026-07", 0.5), ("2026-09", 0.6)]
    whole = [said(rate(None, k, 10, status=status), as_of="2026-09-01") for k in (9, 8)]
    assert history.trend(whole) == ([("2026-09-01", 0.9)] if status == "complete" else [])


def sales(path: Path, late: int) -> None:
    """Write 40 customers who buy every 20 days in 2025, and rows of November that came late."""
    days = [(f"c{i}", date(2025, 1, 1) + timedelta(days=i + 20 * visit)) for i in range(40) for visit in range(17)]
    days = [(who, day) for who, day in days if day < date(2025, 12, 1)]
    days += [("c1", date(2025, 11, 2 + extra)) for extra in range(late)]
    lines = [f"{who},{day},10.00" for who, day in days]
    path.write_text("\n".join(["customer_id,ordered_at,amount", *lines]) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_late_rows_are_seen_on_the_page_and_by_diff_and_a_parameter_changes_the_page(tmp_path, monkeypatch, capsys):
    import sys

    from kpikit import cli

    monkeypatch.chdir(tmp_path)

    def kpikit(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["kpikit", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        assert not end.value.code, said.err
        return said.out + said.err

    (tmp_path / "kpikit.yaml").write_text("business: {name: Shop}\ntables: {orders: {from: sales.csv}}\n")
    sales(tmp_path / "sales.csv", late=0)
    assert "notebooks/late_rows.ipynb" in kpikit("new", "Late rows")
    assert "late_rows" in kpikit("list")
    run = ("run", "late_rows", "--as-of", "2025-12-01")
    kpikit(*run)
    latest = tmp_path / "reports/late_rows/latest.html"
    first = latest.read_text()
    assert "This is the first report of this study" in first
    assert "nothing has changed since" in kpikit(*run)

    sales(tmp_path / "sales.csv", late=3)
    kpikit(*run, "--force")
    html = " ".join(latest.read_text().split())
    orders = [len((tmp_path / "sales.csv").read_text().splitlines()) - 1 - late for late in (3, 0)]
    assert "orders {} → {} (+3)".format(*orders) in html
    november = [line for line in (tmp_path / "sales.csv").read_text().splitlines() if ",2025-11-" in line]
    counts = [f"{10 * (len(november) - late)} of {len(november) - late}" for late in (3, 0)]
    period = '<td class="kk-short">2025-11</td>'
    cells = f"{period}<td>10.00</td><td>10.00</td><td>+0.00</td><td>{counts[0]}</td><td>{counts[1]}</td>"
    assert cells in html
    told = kpikit("diff", "late_rows:previous", "latest")
    assert all(words in told for words in ("restated", *counts, "data fingerprint", "tables/key-figures.csv"))

    kpikit(*run, "-p", "unit=quarter", "--force")
    other = latest.read_text()
    assert "This is the first report of this study with these parameters" in other
    assert other != first
    assert "2025-Q3" in other


def test_a_kpis_json_of_an_older_kpikit_is_read() -> None:
    old = {
        "schema_version": 1,
        "run_id": "run1",
        "notebook": "toy",
        "as_of": "2026-10-01",
        "kpis": [rate(AUGUST, 3, 10)],
    }
    told = Told.model_validate_json(json.dumps(old))
    assert told.title("repeat_rate") == "Repeat rate"
    assert compare(told, said(rate(AUGUST, 3, 10), rows={"orders": 5})).rows == {}
