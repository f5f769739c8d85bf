"""What answers say and how far they may be trusted: hand-computed weights, scores, comparisons, and their words."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from kpikit import intervals, voice
from kpikit.config import Config
from kpikit.errors import ContractError, ParameterError
from kpikit.kpis.suppression import protected
from kpikit.plots.voice import score_distribution

SUMS = ["numerator", "denominator", "n", "sum_xx", "sum_yy", "sum_xy", "sum_ww"]


def cells(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    """Return invitations from (segment, pace, class of score, number)."""
    return pd.DataFrame(rows, columns=["segment", "pace", "score_class", "invitations"])


# 100 young (40 answer: 30 up, 10 down) and 100 old (10 answer: 2 up, 8 down)
young_and_old = cells(
    ("young", "early", "top", 20), ("young", "late", "top", 10), ("young", "early", "bottom", 5),
    ("young", "late", "bottom", 5), ("young", "none", "none", 60),
    ("old", "early", "top", 2), ("old", "early", "bottom", 3), ("old", "late", "bottom", 5),
    ("old", "none", "none", 90),
)  # fmt: skip


def split(*rows: tuple[str, int, int, int], kind: str = "nps") -> pd.DataFrame:
    """Return sums from (segment, up, between, down), one answer per customer."""
    made = []
    for segment, up, between, down in rows:
        n, x = up + between + down, up - down if kind == "nps" else up
        w = up + down
        made.append((kind, "net" if kind == "nps" else "top_two_box", segment, x, n, n,
                     w if kind == "nps" else up, n, x, w))  # fmt: skip
    return pd.DataFrame(made, columns=["kind", "statistic", "segment", *SUMS]).astype({"numerator": float})


# weights


def test_one_margin_is_post_stratification():
    counts = pd.DataFrame({"segment": ["young", "old"], "answers": [40, 10]})
    assert voice.rake(counts, {"segment": {"young": 100, "old": 100}}).tolist() == pytest.approx([0.625, 2.5])


def test_two_margins_fit_both():
    counts = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["u", "v", "u", "v"], "answers": [10, 20, 30, 40]})
    weights = voice.rake(counts, {"a": {"x": 0.5, "y": 0.5}, "b": {"u": 0.6, "v": 0.4}})
    weighted = weights * counts.answers / counts.answers.sum()
    assert weighted.groupby(counts.a).sum().to_dict() == pytest.approx({"x": 0.5, "y": 0.5})
    assert weighted.groupby(counts.b).sum().to_dict() == pytest.approx({"u": 0.6, "v": 0.4})
    odds = weighted[0] * weighted[3] / (weighted[1] * weighted[2])
    assert odds == pytest.approx(10 * 40 / (20 * 30))  # raking keeps how the margins go together


def test_a_group_without_answers_cannot_be_weighted_up():
    counts = pd.DataFrame({"segment": ["young"], "answers": [40]})
    assert voice.rake(counts, {"segment": {"young": 100, "old": 100}}).tolist() == [1.0]


def test_margins_that_contradict_each_other():
    counts = pd.DataFrame({"a": ["x", "y"], "b": ["u", "v"], "answers": [10, 10]})
    with pytest.raises(ParameterError, match="contradict"):
        voice.rake(counts, {"a": {"x": 0.9, "y": 0.1}, "b": {"u": 0.1, "v": 0.9}})


def test_margins_that_go_closely_together_fit_slowly():
    counts = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["u", "v", "u", "v"], "answers": [1000, 1, 1, 1000]})
    weights = voice.rake(counts, {"a": {"x": 0.5, "y": 0.5}, "b": {"u": 0.51, "v": 0.49}})
    weighted = weights * counts.answers / 2002
    assert weighted.groupby(counts.a).sum()["x"] == pytest.approx(0.5, abs=1e-6)
    assert weighted.groupby(counts.b).sum()["u"] == pytest.approx(0.51, abs=1e-6)


def test_kishs_effective_number():
    assert voice.kish([1, 1], [50, 50]) == 100
    assert voice.kish([0.625, 2.5], [40, 10]) == pytest.approx(50**2 / (40 * 0.625**2 + 10 * 2.5**2))


# bias


def test_survey_bias_by_hand():
    found = voice.survey_bias(young_and_old)
    raw, weighted, like_late = found.table.value
    assert raw == pytest.approx((32 - 18) / 50)
    assert weighted == pytest.approx(0.5 * 20 / 40 + 0.5 * -6 / 10)  # half young, half old
    assert like_late == pytest.approx(0.25 * 14 / 50 + 0.75 * (10 - 10) / 20)
    assert found.table.n_effective.tolist() == pytest.approx([50, 32, 20])
    assert found.facts["rate"] == 0.25
    assert (found.facts["lowest"], found.facts["highest"]) == pytest.approx((weighted, raw))


def test_survey_bias_says_how_far_the_score_could_move():
    found = voice.survey_bias(young_and_old)
    assert found.title == "Net Promoter Score of 28.0 as answered, −5.0 to 28.0 if the silent are allowed for"
    assert "no random sample" in found.text
    assert "differs from that of the others, the score of all is off by 7.5" in found.text
    assert "Late answers are" in found.text


def test_intervals_of_the_readings_are_those_of_their_effective_answers():
    row = voice.survey_bias(young_and_old).table.iloc[0]
    low, high = intervals.net_score(14, 50, 50, 50, 50, 14, 50)
    assert (row.low, row.high) == pytest.approx((float(low), float(high)))


def test_shares_instead_of_net_scores():
    found = voice.survey_bias(young_and_old, kind="csat")
    assert found.table.value[0] == pytest.approx(32 / 50)
    assert (found.table.low[0], found.table.high[0]) == pytest.approx(tuple(float(x) for x in intervals.wilson(32, 50)))
    assert "64.0 %" in found.title


def test_too_few_late_answers_stand_for_nobody():
    few = cells(("a", "early", "top", 20), ("a", "late", "bottom", 9), ("a", "none", "none", 71))
    found = voice.survey_bias(few)
    assert len(found.table) == 2
    assert "Late answers" not in found.text


def test_few_answers_that_no_weights_fit_are_weighted_by_the_first_margin():
    # only a on the web and b on the phone answer; half of those asked are a, 3 of 4 were asked on the web
    sparse = cells(
        ("a", "early", "top", 20), ("b", "early", "bottom", 5), ("a", "none", "none", 30), ("b", "none", "none", 45)
    ).assign(channel=["web", "phone", "web", "web"])
    found = voice.survey_bias(sparse)
    weighted = found.table.iloc[1]
    assert weighted.reading == "weighted to those invited, by segment"
    assert weighted.value == pytest.approx(0.5 - 0.5)  # half a (all up), half b (all down)
    assert "No weights fit segment and channel together" in found.text
    assert "weighted by segment alone" in found.text


def test_without_invitations_it_says_what_is_needed():
    empty = pd.DataFrame({"pace": [], "score_class": [], "invitations": []})
    for found in (voice.survey_bias(empty), voice.response_by_group(empty)):
        assert found.table.empty
        assert "survey_invites" in found.text
        assert not found.headline


def test_response_by_group_by_hand():
    table = voice.response_by_group(young_and_old).table.set_index("group")
    assert table.rate.to_dict() == {"old": 0.1, "young": 0.4}
    assert table.of_invited.to_dict() == {"old": 0.5, "young": 0.5}
    assert table.of_answers.to_dict() == {"old": 0.2, "young": 0.8}
    assert table.value.to_dict() == pytest.approx({"old": -0.6, "young": 0.5})


def test_an_answer_to_another_question_is_a_response_but_no_score():
    other = cells(("a", "early", "top", 20), ("a", "early", "none", 10), ("a", "none", "none", 70))
    found = voice.response_by_group(other)
    assert found.table.rate[0] == 0.3
    assert "10 of these answers are to another question" in found.text


def test_those_who_answered_another_question_are_not_silent():
    # 100 invitations without a kind, half of them for another question: 25 answer each
    other = cells(("a", "early", "top", 25), ("a", "early", "none", 25), ("a", "none", "none", 50))
    found = voice.survey_bias(other)
    assert found.facts["rate"] == pytest.approx(25 / 75)
    assert not found.facts["rate_is_known_by_question"]
    assert "25 invitations brought an answer to another question" in found.text
    assert "not known by question" in found.text
    assert "It is 33.3 % or more" in found.text
    assert "off by up to 6.7" in found.text


def test_a_rate_is_known_where_every_answer_is_to_the_question():
    found = voice.survey_bias(young_and_old)
    assert found.facts["rate_is_known_by_question"]
    assert "25.0 % of the invitations old enough to judge brought an answer to this question" in found.text


# distribution, segments, touchpoints


def test_every_point_of_the_scale_is_shown():
    counts = pd.DataFrame({"score": [10.0, 0.0, 8.0], "score_class": ["top", "bottom", "middle"], "low": 0.0,
                           "high": 10.0, "answers": [6, 3, 1]})  # fmt: skip
    found = voice.score_distribution(counts)
    assert found.table.score.tolist() == list(range(11))
    assert found.table.answers.sum() == 10
    assert found.table.share.sum() == pytest.approx(1)
    assert found.title == "60 % promoters and 30 % detractors: a score of 30.0"
    assert "the mean is 6.80" in found.text


def test_a_score_that_one_of_forty_gave_is_shown_and_four_answers_are_not():
    """Who counts is the base: one detractor of 40 cannot be told from the others."""
    counts = pd.DataFrame({"score": [10.0, 0.0], "score_class": ["top", "bottom"], "low": 0.0, "high": 10.0,
                           "answers": [39, 1]})  # fmt: skip
    data = SimpleNamespace(config=Config())
    (found,) = protected(data, voice.score_distribution(counts))
    assert found.table.answers.tolist() == [1, *[0] * 9, 39]
    assert found.title == "98 % promoters and 2 % detractors: a score of 95.0"
    (few,) = protected(data, voice.score_distribution(counts.assign(answers=[3, 1])))
    assert few.table.empty
    assert few.facts == {"kind": "nps", "classes": ["promoters", "passives", "detractors"]}
    assert score_distribution(few).html


def test_groups_of_few_invitations_are_not_shown_and_not_named():
    silent = [(name, "none", "none", n) for name, n in (("a", 90), ("b", 60), ("c", 7))]
    answered = [(name, "early", "top", n) for name, n in (("a", 9), ("b", 8), ("d", 2))]
    found = voice.response_by_group(cells(*silent, *answered), min_cell=5)
    assert found.table.group.tolist() == ["a", "b"]
    assert "d answer" not in found.text
    assert found.text.startswith("19 of 176 delivered invitations")  # d with c, 9 people: the total tells neither
    assert found.text.endswith("Groups with too few invitations are not shown apart.")


def test_one_segment_that_is_left_is_not_said_to_be_the_only_one():
    data = SimpleNamespace(config=Config())
    (counts,) = protected(data, split(("a", 60, 20, 20), ("b", 6, 1, 0), ("c", 2, 0, 0)))
    found = voice.by_segment(counts, by="segment")
    assert found.title == "One segment has enough answers to be shown"
    assert found.text == "Nothing can be compared. 2 small groups are left out, of every count here."


def test_without_answers_nothing_is_claimed():
    counts = pd.DataFrame(columns=["score", "score_class", "low", "high", "answers"])
    found = voice.score_distribution(counts, kind="csat")
    assert found.title == "No answers on satisfaction yet"
    assert found.table.empty


def test_a_segment_is_set_against_all_the_others():
    found = voice.by_segment(split(("a", 60, 20, 20), ("b", 120, 60, 20), ("c", 10, 30, 60)), by="segment")
    table = found.table.set_index("segment")
    assert table.value.to_dict() == pytest.approx({"a": 0.4, "b": 0.5, "c": -0.5})
    assert table.rest["c"] == pytest.approx((40 + 100) / 300)
    assert table.verdict.to_dict() == {"c": "below the rest", "a": "above the rest", "b": "above the rest"}
    assert found.title == "Net Promoter Score: c below the others and a and b above the others"


def test_differences_of_shares_are_newcombes():
    sums = split(("a", 7, 0, 27), ("b", 1, 0, 33), kind="csat")  # published: 0.019 to 0.340
    row = voice.by_segment(sums, by="shop").table.set_index("segment").loc["a"]
    assert (row.difference_low, row.difference_high) == pytest.approx((0.019, 0.340), abs=5e-4)


def test_chance_findings_are_held_down():
    rows = [(f"s{place}", 50, 30, 20) for place in range(19)]
    found = voice.by_segment(split(*rows, ("s19", 39, 30, 31)), by="segment")
    row = found.table.set_index("segment").loc["s19"]
    assert row.difference_high < 0  # clear if it were the only one
    assert row.p_adjusted > 0.05
    assert row.verdict == "no clear difference"
    assert not found.headline


def test_too_few_answers_are_shown_and_not_judged():
    table = voice.by_segment(split(("a", 0, 0, 9), ("b", 100, 0, 0)), by="segment").table
    assert table.verdict.tolist() == ["too few answers"] * 2
    assert (table.low <= table.value).all()
    assert (table.value <= table.high).all()


def test_one_segment_or_none():
    assert "nothing can be compared" in voice.by_segment(split(("a", 5, 5, 5)), by="segment").text
    nothing = voice.by_segment(split().astype(object), by="store")
    assert nothing.title == "Scores by store are not known"
    with pytest.raises(ContractError, match="one kind"):
        voice.by_segment(pd.concat([split(("a", 5, 5, 5)), split(("a", 5, 5, 5), kind="csat")]), by="segment")


def test_touchpoints_stand_side_by_side():
    both = pd.concat([split(("order", 30, 10, 10)), split(("call", 20, 0, 30), kind="csat")])
    found = voice.by_touchpoint(both)
    assert found.table.value.tolist() == pytest.approx([0.4, 0.4])
    assert "Net Promoter Score, order: 40.0" in found.text
    assert "not averaged" in found.text
    assert voice.by_touchpoint(split().astype(object)).table.empty


def test_comments_and_what_is_set_aside():
    spoken = pd.DataFrame({"score_class": ["bottom", "top"], "answers": [10, 40], "with_comment": [8, 4]})
    found = voice.comments(spoken)
    assert found.title == "12 answers of 50 come with a comment"
    assert found.text == "A comment stands beside 10 % of promoters and 80 % of detractors."
    assert voice.comments(spoken.head(0)).table.empty
    aside = pd.DataFrame({"kind": ["csat", "nps"], "rows": [3, 0], "missing": [1, 1], "used": [7, 9]})
    assert voice.set_aside(aside).title == "3 scores lie off their scale"
    assert "csat (3 of 10)" in voice.set_aside(aside).text
    assert voice.set_aside(aside.assign(rows=0)).title == "Every score lies on its scale"


# what came next


def followed(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["group", "customers", "bought"])


def test_after_a_contact_is_newcombes_difference():
    found = voice.after_contact(followed(("contacted", 34, 7), ("not contacted", 34, 1)))
    assert found.facts["low"] == pytest.approx(0.019, abs=5e-4)  # published: 0.019 to 0.340
    assert found.facts["high"] == pytest.approx(0.340, abs=5e-4)
    assert found.title == "Detractors who were contacted bought more often afterwards"
    assert "This is an association" in found.text


@pytest.mark.parametrize("rows", [(), (("contacted", 34, 7),)])
def test_without_both_groups_nothing_is_said(rows):
    found = voice.after_contact(followed(*rows))
    assert found.table.empty
    assert "cannot be said yet" in found.title


def test_actions_carry_their_number():
    values = pd.DataFrame({
        "kpi": "closed_loop", "status": ["complete", "complete", "partial"], "numerator": [6.0, 4.0, 0.0],
        "denominator": [10.0, 10.0, 5.0], "period": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]),
    })  # fmt: skip
    segments = voice.by_segment(split(("home", 10, 30, 60), ("office", 60, 30, 10)), by="segment")
    table = voice.actions(values, segments, voice.response_by_group(young_and_old)).table
    assert table.action.tolist() == [
        "Contact every detractor in time", "Find out what home customers miss", "Hear more of old customers",
    ]  # fmt: skip
    assert table.value.tolist() == [10, 100, 90]
    assert "10 of 20 unhappy answers (50.0 %)" in table.reason[0]
    assert "in the last complete period 6 of 10" in table.reason[0]


def test_no_number_no_action():
    nothing = pd.DataFrame(columns=["kpi", "status", "numerator", "denominator", "period"])
    empty = pd.DataFrame({"pace": [], "score_class": [], "invitations": []})
    none = voice.actions(nothing, voice.by_segment(split().astype(object), by="x"), voice.response_by_group(empty))
    assert none.table.empty


READERS = (
    voice.survey_bias, voice.response_by_group, voice.score_distribution, voice.comments, voice.by_touchpoint,
    voice.set_aside, voice.after_contact,
)  # fmt: skip


@pytest.mark.parametrize("function", READERS)
def test_another_table_is_refused_with_the_one_that_is_meant(function):
    with pytest.raises(ContractError, match="Pass metrics"):
        function(pd.DataFrame({"x": [1]}))
