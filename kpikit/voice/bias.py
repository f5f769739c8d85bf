"""Those who answer are no random sample: how far the score could move if the others had answered too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kpikit import intervals
from kpikit.errors import ParameterError
from kpikit.formatting import agreed, counted, joined, number, percent
from kpikit.kpis.suppression import hidden
from kpikit.results import Result
from kpikit.voice.wording import (
    checked,
    difference_text,
    interval_text,
    is_net,
    name_of,
    nothing_known,
    rows_of,
    score_text,
)

CELLS = ("pace", "score_class", "invitations")
READINGS = ["reading", "value", "low", "high", "answers", "n_effective"]
GROUPS = ["margin", "group", "invited", "answered", "rate", "of_invited", "of_answers", "value"]
FEWEST_LATE = 10  # late answers from which the score of those who did not answer is guessed
MOST_ROUNDS, CLOSE = 1000, 1e-6


def rake(counts: pd.DataFrame, targets: Mapping[str, Mapping[Any, float]]) -> pd.Series:
    """Return the weight of one answer in each cell so that its margins are those of the population.

    Iterative proportional fitting: the weights of each margin are scaled in turn until all margins fit. With one margin
    it is post-stratification.

    Parameters
    ----------
    counts
        One row per cell: a column for each margin, and ``answers`` (> 0).
    targets
        Margin → group → its size (or share) in the population. Groups without answers cannot be weighted up: they are
        left out, and the others stand for them.

    Returns
    -------
    Series
        One weight per cell, in the order of ``counts``; the mean over answers is 1.

    Raises
    ------
    ParameterError
        When the margins contradict each other, so that no weights fit both.

    References
    ----------
    Deming, W. E. and Stephan, F. F. (1940), "On a least squares adjustment of a sampled frequency table when the
    expected marginal totals are known", Annals of Mathematical Statistics 11.

    >>> cells = pd.DataFrame({"segment": ["a", "b"], "answers": [80, 20]})
    >>> rake(cells, {"segment": {"a": 0.5, "b": 0.5}}).tolist()
    [0.625, 2.5]
    """
    answers = counts.answers.to_numpy(dtype=float)
    weights, total = np.ones(len(counts)), answers.sum()
    wanted = [_places(counts[margin], sizes) for margin, sizes in targets.items()]
    with np.errstate(all="ignore"):  # where margins contradict each other, weights may run to 0 and to infinity
        for _ in range(MOST_ROUNDS):
            off = 0.0
            for place, shares in wanted:
                now = np.bincount(place, weights * answers, minlength=len(shares)) / total
                factor = (shares / now)[place]
                weights, off = weights * factor, np.maximum(off, np.abs(factor - 1).max())
            if off < CLOSE:
                return pd.Series(weights, index=counts.index)
    raise ParameterError(
        "margins that one set of weights can fit", got=f"{joined(targets)} that contradict each other",
        fix="Rake over one of them.", where="targets",
    )  # fmt: skip


def _places(column: pd.Series, sizes: Mapping[Any, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each cell's group, and the share that each group with answers shall have."""
    place, groups = pd.factorize(column)
    known = pd.Series(dict(sizes), dtype=float).reindex(groups).to_numpy()
    return place, known / known.sum()


def kish(weights: ArrayLike, answers: ArrayLike) -> float:
    """Return how many equally weighted answers are worth as much as these: (Σw)² / Σw².

    References
    ----------
    Kish, L. (1965), Survey Sampling, section 11.7.

    >>> kish([0.625, 2.5], [80, 20])
    64.0
    """
    w, n = np.asarray(weights, dtype=float), np.asarray(answers, dtype=float)
    return float((w * n).sum() ** 2 / (w**2 * n).sum())


def response_by_group(cells: pd.DataFrame, *, kind: str = "nps", min_cell: int = 1) -> Result:
    """Return who answers: one row per margin and group, with the response rate and the score.

    Parameters
    ----------
    cells
        As ``metrics.answers.invited`` returns it.
    min_cell
        Groups of fewer invitations are left out, and the next smallest where that alone is too few.

    Returns
    -------
    Result
        ``table``: ``margin``, ``group``, ``invited``, ``answered``, ``rate``, ``of_invited`` and ``of_answers``
        (shares), ``value`` (score, −1 to 1).
    """
    found = checked(cells, CELLS, "metrics.answers.invited")
    margins = _margins(found)
    if not found.invitations.sum() or not margins:
        text = "It needs survey_invites with responded_at and response_id, and a segment of the customers invited."
        return nothing_known("response-by-group", "Who does not answer is not known", text, GROUPS, kind=kind)
    table = pd.concat([_groups(found, margin, kind) for margin in margins], ignore_index=True)
    small = hidden(table.invited.to_numpy(), min_cell, list(table.margin))
    table = table[~small].reset_index(drop=True)
    if table.empty:
        text = "Every group is too small to be shown."
        return nothing_known("response-by-group", "Who does not answer is not shown", text, GROUPS, kind=kind)
    judged = table[table.invited >= FEWEST_LATE] if (table.invited >= FEWEST_LATE).any() else table
    low, high = judged.iloc[int(judged.rate.argmin())], judged.iloc[int(judged.rate.argmax())]
    total, answered = int(found.invitations.sum()), int(found[found.pace != "none"].invitations.sum())
    title = f"{percent(answered / total, 0)} of those who were asked answer"
    were = agreed(answered, "was", "were")
    text = f"{number(answered)} of {counted(total, 'delivered invitation')} {were} answered."
    elsewhere = int(found[_is_elsewhere(found)].invitations.sum())
    if elsewhere:
        are = agreed(elsewhere, "is", "are")
        text += f" {number(elsewhere)} of these answers {are} to another question or survey, or off the scale."
    if low.rate < high.rate:
        text += (
            f" {low.group} answer least ({percent(low.rate)}; {percent(low.of_invited)} of those asked, "
            f"{percent(low.of_answers)} of the answers), {high.group} most ({percent(high.rate)})."
        )
    text += " Groups with too few invitations are not shown apart." if small.any() else ""
    return Result("response-by-group", "table", title, text, table=table, facts={"kind": kind})


def survey_bias(cells: pd.DataFrame, *, kind: str = "nps") -> Result:
    """Return how far the score could move: as answered, raked to those invited, and if the silent were like the late.

    Parameters
    ----------
    cells
        As ``metrics.answers.invited`` returns it.

    Returns
    -------
    Result
        ``table``: ``reading``, ``value`` (−1 to 1), ``low``, ``high``, ``answers``, ``n_effective`` (Kish). ``facts``:
        ``lowest``, ``highest`` (of the readings), ``rate`` (response; the least it can be where
        ``rate_is_known_by_question`` is false), ``kind``.

    Notes
    -----
    Invitations that brought an answer to another question are left out: their customers are not silent. Where there
    are any, some of the silent were not asked this question either, nobody knows how many, and the rate is a lower end.

    Where no weights fit every margin (few answers, in few of the cells), the first margin alone is weighted by.

    Intervals take the effective number of answers as independent. Those who answer late stand for those who do not
    answer ("continuum of resistance"): a guess, but one that data speak to; that all of them might be promoters or
    detractors is possible and useless.

    References
    ----------
    Lin, I.-F. and Schaeffer, N. C. (1995), "Using survey participants to estimate the impact of nonparticipation",
    Public Opinion Quarterly 59.
    """
    every = checked(cells, CELLS, "metrics.answers.invited")
    found = every[~_is_elsewhere(every)]
    scored = found[found.score_class != "none"]
    if not scored.invitations.sum():
        title = "Whether those who answer speak for the others is not known"
        text = "It needs survey_invites with responded_at and response_id, and answers that carry the same response_id."
        return nothing_known("survey-bias", title, text, READINGS, kind=kind)
    rate = float(scored.invitations.sum() / found.invitations.sum())
    readings = [_reading("as answered", scored, 1.0, kind)]
    margins = fitted = _margins(found)
    if margins:
        weights, fitted = _weights(found, margins)
        readings.append(_reading(f"weighted to those invited, by {joined(fitted)}", scored, weights, kind))
    early, late = (scored[scored.pace == pace] for pace in ("early", "late"))
    if late.invitations.sum() >= FEWEST_LATE:
        readings.append(_as_the_late(readings[0], late, rate, kind))
    table = pd.DataFrame(readings, columns=READINGS)
    elsewhere = int(every.invitations.sum() - found.invitations.sum())
    facts = {
        "kind": kind, "rate": rate, "rate_is_known_by_question": not elsewhere,
        "lowest": float(table.value.min()), "highest": float(table.value.max()),
    }  # fmt: skip
    title, text = _bias_in_words(table, rate, elsewhere, kind)
    if fitted != margins:
        text += f" No weights fit {joined(margins)} together, so few are the answers: weighted by {fitted[0]} alone."
    text += _pace_in_words(early, late, kind)
    return Result("survey-bias", "table", title, text, f"{title}.", table=table, facts=facts)


def _margins(cells: pd.DataFrame) -> list[str]:
    return [str(name) for name in cells.columns if name not in CELLS]


def _is_elsewhere(cells: pd.DataFrame) -> pd.Series:
    """Say which invitations were answered, but with no score of this question."""
    return (cells.pace != "none") & (cells.score_class == "none")


def _weights(cells: pd.DataFrame, margins: list[str]) -> tuple[pd.Series, list[str]]:
    """Return the weight of each scored row, raked to all who were invited, and the margins that it fits."""
    scored = cells[cells.score_class != "none"]
    counts = scored.groupby(margins, as_index=False).agg(answers=("invitations", "sum"))
    targets: dict[str, dict[Any, float]] = {name: cells.groupby(name).invitations.sum().to_dict() for name in margins}
    try:
        counts["weight"] = rake(counts, targets)
    except ParameterError:  # one margin always fits
        return _weights(cells, margins[:1])
    return scored[margins].merge(counts, how="left").weight.set_axis(scored.index), margins


def _score(scored: pd.DataFrame, weights: pd.Series | float, kind: str) -> tuple[float, float]:
    """Return the score (−1 to 1) of weighted answers, and the share of those that are not in the middle."""
    weighted = weights * scored.invitations
    total = weighted.sum()
    up = float(weighted[scored.score_class == "top"].sum() / total) if total else float("nan")
    down = float(weighted[scored.score_class == "bottom"].sum() / total) if total else float("nan")
    return (up - down, up + down) if is_net(kind) else (up, up)


def _ends(value: float, decided: float, n: float, kind: str) -> tuple[float, float]:
    """Return the interval of a score of ``n`` independent answers."""
    if is_net(kind):
        low, high = intervals.net_score(value * n, n, decided * n, 0, n, 0, n)
    else:
        low, high = intervals.wilson(min(value, 1.0) * n, n)
    return float(low), float(high)


def _reading(name: str, scored: pd.DataFrame, weights: pd.Series | float, kind: str) -> dict[str, object]:
    value, decided = _score(scored, weights, kind)
    n = kish(np.broadcast_to(weights, len(scored)), scored.invitations)
    low, high = _ends(value, decided, n, kind)
    answers = int(scored.invitations.sum())
    return {"reading": name, "value": value, "low": low, "high": high, "answers": answers, "n_effective": n}


def _as_the_late(raw: dict[str, object], late: pd.DataFrame, rate: float, kind: str) -> dict[str, object]:
    """Return the score of all who were invited, had the silent ones answered like the late ones."""
    other = _reading("", late, 1.0, kind)
    value, low, high = (rate * float(raw[key]) + (1 - rate) * float(other[key]) for key in ("value", "low", "high"))  # type: ignore[arg-type]  # numbers
    n = int(late.invitations.sum())
    name = "if those who did not answer were like those who answered late"
    return {"reading": name, "value": value, "low": low, "high": high, "answers": n, "n_effective": float(n)}


def _groups(cells: pd.DataFrame, margin: str, kind: str) -> pd.DataFrame:
    """Return one row per group of a margin: invited, answered, their rate and score."""
    rows = []
    for group, own in cells.groupby(margin):
        scored = own[own.score_class != "none"]
        answered = own[own.pace != "none"].invitations.sum()
        rows.append((margin, str(group), int(own.invitations.sum()), int(answered), _score(scored, 1.0, kind)[0]))
    table = pd.DataFrame(rows, columns=["margin", "group", "invited", "answered", "value"])
    table["rate"] = table.answered / table.invited
    table["of_invited"] = table.invited / table.invited.sum()
    table["of_answers"] = table.answered / max(int(table.answered.sum()), 1)
    return table[GROUPS].sort_values("rate", ignore_index=True)


def _bias_in_words(table: pd.DataFrame, rate: float, elsewhere: int, kind: str) -> tuple[str, str]:
    raw, name = table.iloc[0], name_of(kind)
    low, high = (score_text(table.value.agg(end), kind) for end in ("min", "max"))
    title = f"{name[0].upper()}{name[1:]} of {score_text(raw.value, kind)} as answered"
    title += f", {low} to {high} if the silent are allowed for" if len(table) > 1 and low != high else ""
    said = [
        f"{row.reading}: {score_text(row.value, kind)} (95 % interval {interval_text(row.low, row.high, kind)}; "
        f"worth {counted(round(row.n_effective), 'independent answer')})"
        for row in rows_of(table)
    ]
    responded = f"{percent(rate)} of the invitations old enough to judge brought an answer to this question"
    if elsewhere:
        responded = (
            f"{counted(elsewhere, 'invitation')} brought an answer to another question or survey, or one off the scale:"
            " they are left out, and the response rate is not known by question, since which one the silent were asked "
            f"is not (map survey_invites.kind if it is not). It is {percent(rate)} or more"
        )
    text = (
        f"{responded}, and those who answer are no random sample. Score {'; '.join(said)}. "
        f"For every 10 points by which the silent ones' score differs from that of the others, the score of all is off "
        f"by {'up to ' if elsewhere else ''}{number(10 * (1 - rate), 1)}."
    )
    return title, text


def _pace_in_words(early: pd.DataFrame, late: pd.DataFrame, kind: str) -> str:
    """Return the sentence about late answers against early ones."""
    if min(early.invitations.sum(), late.invitations.sum()) < FEWEST_LATE:
        return ""
    first, then = _reading("", early, 1.0, kind), _reading("", late, 1.0, kind)
    v1, l1, h1, v2, l2, h2 = (float(one[key]) for one in (first, then) for key in ("value", "low", "high"))  # type: ignore[arg-type]  # numbers
    difference = v2 - v1
    low, high = (float(end) for end in intervals.mover(v2, l2, h2, v1, l1, h1))
    word = "higher" if low > 0 else "lower" if high < 0 else "not clearly different"
    return (
        f" Late answers are {word}: {score_text(v2, kind)} ({counted(int(late.invitations.sum()), 'answer')}) against "
        f"{score_text(v1, kind)} ({counted(int(early.invitations.sum()), 'answer')}) early ones, a difference of "
        f"{difference_text(difference, kind)} (interval {difference_text(low, kind)} to {difference_text(high, kind)})."
    )
