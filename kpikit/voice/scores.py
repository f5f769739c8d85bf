"""How answers spread over the scale, by touchpoint and by segment, and how many come with words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from kpikit import intervals
from kpikit.cells import left_out, left_out_text
from kpikit.errors import ContractError, listed
from kpikit.formatting import agreed, counted, joined, number, percent
from kpikit.results import Result
from kpikit.voice.wording import (
    checked,
    classes_of,
    difference_text,
    interval_text,
    is_net,
    name_of,
    nothing_known,
    rows_of,
    score_text,
)

SUMS = ["numerator", "denominator", "n", "sum_xx", "sum_yy", "sum_xy", "sum_ww"]
SIGNIFICANT = 0.05
FEWEST_ANSWERS = 10  # a segment with fewer is shown, and not judged
SCORED = ["segment", "answers", "n", "value", "low", "high"]
JUDGED = [*SCORED, "rest", "difference", "difference_low", "difference_high", "p_adjusted", "verdict"]


def score_distribution(counts: pd.DataFrame, *, kind: str = "nps") -> Result:
    """Return how many answers gave each score: one row per score of the scale.

    Parameters
    ----------
    counts
        As ``metrics.answers.distribution`` returns it.

    Returns
    -------
    Result
        ``table``: ``score``, ``score_class``, ``answers`` (0 where nobody gave it), ``n`` (all answers: a score's share
        rests on them, however few gave it), ``share``.
    """
    checked(counts, ("score", "score_class", "low", "high", "answers"), "metrics.answers.distribution")
    names, total = classes_of(kind), int(counts.answers.sum())
    if not total:
        title = f"No answers on {name_of(kind)} yet"
        text = "Nobody has answered this question with a score on its scale."
        return nothing_known("score-distribution", title, text, ("score", "score_class", "answers", "share"), kind=kind)
    each = counts.groupby("score", as_index=False).agg(answers=("answers", "sum"), score_class=("score_class", "first"))
    scale = np.arange(counts.low.min(), counts.high.max() + 1)
    every = pd.DataFrame({"score": np.union1d(scale, each.score)}).merge(each, how="left")
    every["answers"] = every.answers.fillna(0).astype(int)
    every["score_class"] = every.score_class.ffill().bfill().map(names)
    every["n"] = total
    every["share"] = every.answers / total
    shares = counts.groupby("score_class").answers.sum().reindex(list(names), fill_value=0) / total
    said = joined(f"{percent(shares[key])} {names[key]}" for key in names)
    mean = float((counts.score * counts.answers).sum() / total)
    if is_net(kind):
        score = f"a score of {score_text(shares['top'] - shares['bottom'], kind)}"
        title = f"{percent(shares['top'], 0)} promoters and {percent(shares['bottom'], 0)} detractors: {score}"
    else:
        title = f"{percent(shares['top'])} of answers on {name_of(kind)} lie in the top boxes"
    text = f"{counted(total, 'answer')}: {said}; the mean is {number(mean, 2)}."
    facts = {"kind": kind, "classes": list(names.values())}
    return Result("score-distribution", "table", title, text, table=every, facts=facts)


def comments(counts: pd.DataFrame, *, kind: str = "nps") -> Result:
    """Return how many answers come with a comment, by class of score, from ``metrics.answers.spoken``.

    Returns
    -------
    Result
        ``table``: ``score_class``, ``answers``, ``with_comment``, ``share``.
    """
    checked(counts, ("score_class", "answers", "with_comment"), "metrics.answers.spoken")
    columns, names = ("score_class", "answers", "with_comment", "share"), classes_of(kind)
    if counts.empty:
        text = "Map tables.survey_responses.columns.comment in kpikit.yaml, and the page counts who explains a score."
        return nothing_known("comments", "No comments in these data", text, columns)
    order = [name for name in names if name in set(counts.score_class)]
    table = counts.set_index("score_class").loc[order].reset_index()
    table["share"] = table.with_comment / table.answers
    said = joined(f"{percent(row.share, 0)} of {names[row.score_class]}" for row in rows_of(table))
    total = int(table.with_comment.sum())
    come = agreed(total, "comes", "come")
    title = f"{counted(total, 'answer')} of {number(table.answers.sum())} {come} with a comment"
    table["score_class"] = table.score_class.map(names)
    return Result("comments", "table", title, f"A comment stands beside {said}.", table=table)


def estimated(sums: pd.DataFrame) -> pd.DataFrame:
    """Return sums with ``value``, ``low`` and ``high`` (−1 to 1), whole customers as clusters."""
    x, y, n, xx, yy, xy, ww = (sums[name].to_numpy(dtype=float) for name in SUMS)
    net = (sums.statistic == "net").to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        value = x / y
    low, high = intervals.net_score(x, y, ww, xx, yy, xy, n)
    positive = np.where(net, 0, x)  # Wilson's interval knows no net score
    share_low, share_high = intervals.clustered_wilson(positive, y, xx, yy, np.where(net, 0, xy), n)
    low, high = np.where(net, low, share_low), np.where(net, high, share_high)
    return sums.assign(value=value, low=low, high=high, answers=sums.denominator.astype(int))


def by_touchpoint(sums: pd.DataFrame) -> Result:
    """Return scores by kind and touchpoint: relational and transactional surveys side by side, never mixed.

    Parameters
    ----------
    sums
        As ``metrics.answers.split(…, by="touchpoint")`` returns it.

    Returns
    -------
    Result
        ``table``: ``kind``, ``segment`` (the touchpoint), ``answers``, ``n`` (customers), ``value`` (−1 to 1), ``low``,
        ``high``.
    """
    checked(sums, ("kind", "statistic", "segment", *SUMS), "metrics.answers.split")
    found, columns, gone = sums[sums.denominator > 0], ["kind", *SCORED], left_out(sums)
    if found.empty and gone:
        text = "Every touchpoint has too few answers to be shown."
        return nothing_known("touchpoints", "Scores by touchpoint are not shown", text, columns)
    if found.empty:
        text = "Map tables.survey_responses.columns.touchpoint in kpikit.yaml: empty for surveys about all in all."
        return nothing_known("touchpoints", "No touchpoint is known of any answer", text, columns)
    table = estimated(found)[columns].sort_values(["kind", "value"], ignore_index=True)
    said = [
        f"{name_of(row.kind)}, {row.segment}: {score_text(row.value, row.kind)} "
        f"({interval_text(row.low, row.high, row.kind)}; {counted(row.answers, 'answer')})"
        for row in rows_of(table)
    ]
    title = f"Scores at {counted(table.segment.nunique(), 'touchpoint')}"
    text = f"{'; '.join(said[:6])}. Surveys at different touchpoints ask different moments: they are not averaged."
    text += left_out_text(gone, "touchpoint")
    return Result("touchpoints", "table", title, text[0].upper() + text[1:], table=table)


def by_segment(sums: pd.DataFrame, *, by: str) -> Result:
    """Return each segment's score beside that of all the others together.

    Parameters
    ----------
    sums
        Of one kind, as ``metrics.answers.split`` returns it.

    Returns
    -------
    Result
        ``table``: ``segment``, ``answers``, ``n`` (customers), ``value`` (−1 to 1), ``low``, ``high``, ``rest`` (score
        of all other answers), ``difference``, ``difference_low``, ``difference_high`` (95 %), ``p_adjusted``,
        ``verdict`` (``above the rest``, ``below the rest``, ``no clear difference``, ``too few answers``).

    Notes
    -----
    Differences recover the two variances from the two intervals (Zou and Donner, 2008), whole customers as clusters;
    p-values are adjusted for the number of segments by Benjamini and Hochberg.
    """
    checked(sums, ("kind", "statistic", "segment", *SUMS), "metrics.answers.split")
    found, gone = sums[sums.denominator > 0], left_out(sums)
    kinds = list(found.kind.unique())
    if len(kinds) > 1:
        raise ContractError("scores of one kind", got=listed(kinds), fix="Pass split(…, kinds=[one]).", where="sums")
    kind = str(kinds[0]) if kinds else ""
    if found.empty:
        title, text = f"Scores by {by} are not known", f"Neither the answers nor the customers have a column {by}."
        if gone:
            title, text = f"Scores by {by} are not shown", f"Every {by} has too few answers to be shown."
        return nothing_known("segments", title, text, JUDGED, by=by, kind=kind)
    own = estimated(found)
    if len(own) == 1:
        title, text = f"One {by} only", "There is one segment only: nothing can be compared."
        if gone:
            title = f"One {by} has enough answers to be shown"
            text = f"Nothing can be compared.{left_out_text(gone)}"
        return Result("segments", "table", title, text, table=own[SCORED], facts={"by": by, "kind": kind})
    rest = estimated(found.assign(**(found[SUMS].sum() - found[SUMS])))
    difference = own.value - rest.value
    low, high = intervals.mover(own.value, own.low, own.high, rest.value, rest.low, rest.high)
    error = np.hypot(own.high - own.low, rest.high - rest.low) / (2 * intervals.normal_quantile(intervals.CONFIDENCE))
    enough = np.minimum(own.answers, rest.answers) >= FEWEST_ANSWERS
    p_values = np.where(enough, 2 * stats.norm.sf(np.abs(difference / error)), np.nan)
    adjusted = intervals.benjamini_hochberg(p_values)
    clear = adjusted < SIGNIFICANT
    verdict = np.select(
        [~enough, clear & (difference > 0), clear & (difference < 0)],
        ["too few answers", "above the rest", "below the rest"],
        "no clear difference",
    )
    judged = own.assign(
        rest=rest.value, difference=difference, difference_low=low, difference_high=high,
        p_adjusted=adjusted, verdict=verdict,
    )  # fmt: skip
    table = judged[JUDGED].sort_values("value", ignore_index=True)
    title, text = _segments_in_words(table, by, kind)
    text += left_out_text(gone)
    headline = f"{title}." if (table.verdict.isin(["above the rest", "below the rest"])).any() else ""
    return Result("segments", "table", title, text, headline, table=table, facts={"by": by, "kind": kind})


def _segments_in_words(table: pd.DataFrame, by: str, kind: str) -> tuple[str, str]:
    low, high = table.iloc[0], table.iloc[-1]
    name = name_of(kind)
    text = (
        f"{name[0].upper()}{name[1:]} by {by}: between {score_text(low.value, kind)} ({low.segment}, "
        f"{counted(low.answers, 'answer')}) and {score_text(high.value, kind)} ({high.segment}, "
        f"{counted(high.answers, 'answer')})."
    )
    clear = table[table.verdict.isin(["above the rest", "below the rest"])]
    said = [
        f"{row.segment} against the others {difference_text(row.difference, kind)} "
        f"(interval {difference_text(row.difference_low, kind)} to {difference_text(row.difference_high, kind)})"
        for row in rows_of(clear)
    ]
    how = f"Each {by} is set against all the others; chance findings are held down over {len(table)} comparisons."
    if not said:
        return f"No {by} differs clearly from the others in {name}", f"{text} {how}"
    below, above = (list(clear[clear.verdict == f"{way} the rest"].segment) for way in ("below", "above"))
    parts = [f"{joined(who)} {way} the others" for who, way in ((below, "below"), (above, "above")) if who]
    return f"{name[0].upper()}{name[1:]}: {joined(parts)}", f"{text} Clear differences: {joined(said)}. {how}"


def set_aside(counts: pd.DataFrame) -> Result:
    """Return how many answers are not counted since their score is off its scale, from ``metrics.surveys.off_scale``.

    Returns
    -------
    Result
        ``table``: ``kind``, ``used``, ``rows`` (off the scale, or on one that is not known), ``missing`` (no score).
    """
    checked(counts, ("kind", "rows", "missing", "used"), "metrics.surveys.off_scale")
    table, off = counts[["kind", "used", "rows", "missing"]], int(counts["rows"].sum())
    if not off:
        title = "Every score lies on its scale"
        return Result("off-scale", "table", title, "No answer is set aside for its score.", table=table)
    some = rows_of(table[table["rows"] > 0])
    kinds = joined(f"{row.kind} ({number(row.rows)} of {number(row.used + row.rows)})" for row in some)
    text = (
        f"Set aside, not clipped: {kinds}. If their scale is another one, map scale_min and scale_max in kpikit.yaml "
        "(NPS 0–10, CSAT 1–5 and effort 1–7, or what kpis: declares, are taken for granted where they are not there)."
    )
    verb = agreed(off, "lies off its", "lie off their")
    return Result("off-scale", "table", f"{counted(off, 'score')} {verb} scale", text, table=table)
