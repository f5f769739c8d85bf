"""Is a model worth its trouble? Its ranking against simpler ones, on the same customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kpikit.churn.modelling import MODELS
from kpikit.churn.profit import Economics, contacted
from kpikit.churn.resampling import Array, mean, resampled
from kpikit.churn.scoring import between, over_repeats
from kpikit.churn.study import CHOSEN, Study
from kpikit.formatting import counted, joined, number
from kpikit.growth.bootstrap import ends, widened
from kpikit.results import Result

SCORES = {"auc": "AUC", "lift": "lift in the top tenth", "profit": "profit per 1,000"}
WINS, LOSES, NO_CLEAR = "better", "worse", "no clear difference"


def rivals(found: Study, economics: Economics | None = None) -> Result:
    """Return the chosen model against every rival: one row per rival and score.

    Rivals are the logistic floor and the sample's rival scores, each turned into a risk by a curve fitted and
    calibrated on the same rows as the model. Differences are paired: model and rival are scored on the same resampled
    customers. Intervals are widened (Bonferroni) for the number of rivals, so that the claims on AUC hold together.

    Parameters
    ----------
    economics
        For the profit at each one's own cut-off; None: without profit.

    Returns
    -------
    Result
        ``table``: ``rival``, ``title``, ``score``, ``model`` and ``other`` (the score of each), ``difference``
        (model less rival), ``low``, ``high``, ``verdict`` (``better``, ``worse``, ``no clear difference``).
    """
    names = [*(name for name in MODELS if name == "logistic" and found.chosen != name), *found.rivals]
    title, n = "There is no rival to compare with", len(found.rows)
    if not names:
        return Result("churn-rivals", "table", title, f"{title}.", table=pd.DataFrame())
    rows = []
    functions = {name: _scores(found, name, economics) for name in (CHOSEN, *names)}
    flat = {f"{name}/{score}": function for name, own in functions.items() for score, function in own.items()}
    values, draws = resampled(flat, n, found.seed)
    for name in names:
        for score in functions[name]:
            model, other = values[f"{CHOSEN}/{score}"], values[f"{name}/{score}"]
            low, high = ends(draws[f"{CHOSEN}/{score}"] - draws[f"{name}/{score}"], n)
            low, high = widened(model - other, low, high, len(names))
            verdict = WINS if low > 0 else LOSES if high < 0 else NO_CLEAR
            rows.append(
                {"rival": name, "title": found.title(name), "score": SCORES[score], "model": model, "other": other,
                 "difference": model - other, "low": float(low), "high": float(high), "verdict": verdict}
            )  # fmt: skip
    table = pd.DataFrame(rows)
    title, text = _in_words(table, n)
    return Result("churn-rivals", "table", title, text, f"{title}.", table=table)


def _scores(found: Study, name: str, economics: Economics | None) -> dict[str, Callable[[Array], Array]]:
    own = {score: function for score, function in over_repeats(found, name).items() if score in ("auc", "lift")}
    if economics is None:
        return own
    value = economics.worth(found.value)
    brought = 1000 * economics.gain(found.churned, value) * contacted(found, economics, name)
    return own | {"profit": lambda weights: mean(brought, weights)}


def _in_words(table: pd.DataFrame, n: int) -> tuple[str, str]:
    ranked = table[table.score == SCORES["auc"]]
    told = {verdict: ranked.title[ranked.verdict == verdict].tolist() for verdict in (WINS, LOSES, NO_CLEAR)}
    parts = [
        f"better than {joined(told[WINS])}" if told[WINS] else "",
        f"worse than {joined(told[LOSES])}" if told[LOSES] else "",
        f"not clearly different from {joined(told[NO_CLEAR])}" if told[NO_CLEAR] else "",
    ]
    title = f"The model ranks {joined(part for part in parts if part)}"
    every: Any = ranked.itertuples()
    lines = [
        f"{row.title} {number(row.other, 3)} (difference {number(row.difference, 3)}, interval "
        f"{between(row.low, row.high)}: {row.verdict})"
        for row in every
    ]
    strongest: Any = ranked.iloc[int(np.argmax(ranked.other))]
    how = "better" if strongest.verdict == LOSES else "as well, as far as can be told"
    advice = (
        f" {strongest.title[:1].upper()}{strongest.title[1:]} is simpler and ranks {how}: prefer it, unless the "
        "model's risks themselves are needed."
        if strongest.verdict != WINS
        else ""
    )
    others = table[table.score != SCORES["auc"]]
    rest = "; ".join(f"by {score}: {_verdicts(part)}" for score, part in others.groupby("score", sort=False))
    text = (
        f"On the same {counted(n, 'customer')}, paired, the model's AUC is {number(ranked.model.iloc[0], 3)} against: "
        f"{'; '.join(lines)}. {rest[:1].upper()}{rest[1:]}.{advice}"
    )
    return title, text


def _verdicts(part: pd.DataFrame) -> str:
    told = {verdict: part.title[part.verdict == verdict].tolist() for verdict in (WINS, LOSES)}
    clear = [f"{verdict} than {joined(titles)}" for verdict, titles in told.items() if titles]
    return joined(clear) if clear else "no clear difference to any"
