"""How good the risks are: ranking, truth, lift, each with its interval and its spread over folds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.churn.modelling import MODELS, log_loss, logistic_line
from kpikit.churn.resampling import TOP, Array, Ranking, mean, once, resampled
from kpikit.churn.study import CHOSEN, Study
from kpikit.formatting import counted, interval, number, percent
from kpikit.growth.bootstrap import ends
from kpikit.intervals import normal_quantile
from kpikit.results import Result

CEILING = 0.95
FAIR_SLOPE = (0.9, 1.1)
BINS = 10
SHOWN = ("auc", "pr_auc", "brier", "log_loss", "lift", "capture")


def over_repeats(found: Study, name: str) -> dict[str, Callable[[Array], Array]]:
    """Return the scores of one predictor as functions of weights: the mean over the repeats of the folds."""
    y, risks = found.churned, found.risks[name]
    rankings = [Ranking(risk, y) for risk in risks]
    squares = ((risks - y) ** 2).mean(axis=0)
    losses = np.mean([log_loss(risk, y) for risk in risks], axis=0)

    def averaged(score: str) -> Callable[[Array], Array]:
        return lambda weights: np.mean([getattr(one, score)(weights) for one in rankings], axis=0)

    ranked = {"auc": "auc", "pr_auc": "average_precision", "lift": "lift", "capture": "capture"}
    return {short: averaged(long) for short, long in ranked.items()} | {
        "brier": lambda weights: mean(squares, weights),
        "log_loss": lambda weights: mean(losses, weights),
    }


def performance(found: Study) -> Result:
    """Return how good each model and rival is on the customers of the test: one row per predictor.

    Returns
    -------
    Result
        ``table``: ``predictor``, ``title``, ``n``, ``churned`` (counts); ``auc``, ``pr_auc``, ``brier``, ``log_loss``,
        ``lift`` and ``capture`` (of the tenth ranked highest), each with ``_low`` and ``_high`` (95 %, bootstrap over
        customers) and, for ``auc``, ``_fold_min``, ``_fold_max`` and ``_fold_sd``; ``brier_base`` and
        ``log_loss_base`` (the training rate for all); ``calibration_slope`` with its interval (1: risks as spread out
        as the truth), ``mean_risk`` and ``churn_rate``. Where folds are repeated, a value is the mean over repeats.
    """
    names = [*MODELS, CHOSEN, *found.rivals]
    table = pd.DataFrame([_row(found, name) for name in names])
    title, text, headline = _in_words(found, table.set_index("predictor"))
    facts = {"design": found.design, "chosen": found.chosen, "leak_suspected": bool(_chosen(table).auc > CEILING)}
    return Result("churn-performance", "table", title, text, headline, table=table, facts=facts, kpis=_kpis(table))


def between(low: float, high: float, decimals: int = 3) -> str:
    """Return an interval's ends as plain numbers."""
    return f"{number(low, decimals)} to {number(high, decimals)}"


def _chosen(table: pd.DataFrame) -> Any:
    return table[table.predictor == CHOSEN].iloc[0]


def _row(found: Study, name: str) -> dict[str, Any]:
    y, risks, n = found.churned, found.risks[name], len(found.rows)
    values, draws = resampled(over_repeats(found, name), n, found.seed)
    row: dict[str, Any] = {
        "predictor": name, "title": found.title(name), "n": n, "churned": int(y.sum()), "churn_rate": float(y.mean()),
        "mean_risk": float(risks.mean()),
    }  # fmt: skip
    for score in SHOWN:
        low, high = ends(draws[score], n)
        row |= {score: values[score], f"{score}_low": low, f"{score}_high": high}
    folds = fold_aucs(found, name)
    row |= {
        "auc_fold_min": folds.min(), "auc_fold_max": folds.max(),
        "auc_fold_sd": folds.std(ddof=1) if len(folds) > 1 else np.nan,
        "brier_base": float(((found.base - y) ** 2).mean()),
        "log_loss_base": float(np.mean([log_loss(base, y).mean() for base in found.base])),
    }  # fmt: skip
    lines = [logistic_line(risk, y) for risk in risks]
    slope = float(np.mean([line[1] for line, _ in lines]))
    half = normal_quantile(intervals.CONFIDENCE) * float(np.sqrt(np.mean([spread[1, 1] for _, spread in lines])))
    return row | {
        "calibration_slope": slope, "calibration_slope_low": slope - half, "calibration_slope_high": slope + half
    }  # fmt: skip


def fold_aucs(found: Study, name: str) -> Array:
    """Return the AUC within each fold and repeat that holds both kinds of customers."""
    areas = [
        Ranking(risk[fold == number], found.churned[fold == number]).auc(once(int((fold == number).sum())))[0]
        for risk, fold in zip(found.risks[name], found.fold, strict=True)
        for number in np.unique(fold)
    ]
    known = np.array([area for area in areas if np.isfinite(area)])
    return known if len(known) else np.array([np.nan])


def _in_words(found: Study, table: pd.DataFrame) -> tuple[str, str, str]:
    best: Any = table.loc[CHOSEN]
    floor: Any = table.loc["logistic"]
    gain = 1 - best.brier / best.brier_base
    if best.auc_low <= 0.5:
        title = "The models do not tell who will leave: the ranking is no better than chance"
    else:
        title = f"The tenth at highest risk holds {number(best.lift, 1)} times as many of the lost as a tenth at random"
    text = (
        f"{counted(best.n, 'customer')}, {number(best.churned)} of whom were lost ({percent(best.churn_rate)}): "
        f"{found.design}. The {best.title} ranks a lost customer above another with probability {number(best.auc, 3)} "
        f"(AUC; interval {between(best.auc_low, best.auc_high)}; over the folds {number(best.auc_fold_min, 3)}"
        f" to {number(best.auc_fold_max, 3)}); {floor.title} alone {number(floor.auc, 3)}. Its Brier score is "
        f"{number(best.brier, 4)} against {number(best.brier_base, 4)} for the same risk for all "
        f"({percent(abs(gain), 0)} {'better' if gain > 0 else 'worse'}), its log loss {number(best.log_loss, 3)} "
        f"against {number(best.log_loss_base, 3)}. {_slope_in_words(best)} The tenth ranked highest holds "
        f"{percent(best.capture)} of the lost (interval {interval(best.capture_low, best.capture_high)})."
    )
    if best.auc > CEILING:
        text += (
            f" An AUC above {number(CEILING, 2)} is more often a leak than a feat: before anybody acts on it, say for "
            "each of the most important features when it became known."
        )
    headline = f"{title} (AUC {number(best.auc, 3)}, interval {between(best.auc_low, best.auc_high)})."
    return title, text, headline


def _slope_in_words(best: Any) -> str:
    low, high = FAIR_SLOPE
    level = f"On average {percent(best.mean_risk)} were foretold and {percent(best.churn_rate)} came."
    span = f"calibration slope {number(best.calibration_slope, 2)}, interval " + interval(
        best.calibration_slope_low, best.calibration_slope_high, "decimal"
    )
    if best.calibration_slope_low > 1 or best.calibration_slope_high < 1:
        how = "spread too wide" if best.calibration_slope < 1 else "drawn too near to the average"
        kind = "somewhat" if low <= best.calibration_slope <= high else "clearly"
        return f"{level} The risks are {kind} {how} ({span})."
    return f"{level} The risks are as spread out as the truth, as far as can be told ({span})."


def _kpis(table: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    best = _chosen(table)
    return tuple(
        {"kpi": f"churn_{name}", "period": None, "segment": "all", "numerator": None, "denominator": None,
         "value": float(best[name]), "low": float(best[f"{name}_low"]), "high": float(best[f"{name}_high"]),
         "n": int(best.n), "status": "complete", "definition": 1}
        for name in ("auc", "brier", "lift")
    )  # fmt: skip


def reliability(found: Study, *, bins: int = BINS) -> Result:
    """Return foretold against actual churn in groups of equal size: one row per group, lowest risk first.

    Returns
    -------
    Result
        ``table``: ``group``, ``n``, ``foretold`` (mean risk), ``churned``, ``actual``, ``low``, ``high`` (Wilson,
        95 %), ``agrees`` (the interval holds the mean risk). Repeats are averaged per customer.
    """
    risk, y = found.risks[CHOSEN].mean(axis=0), found.churned
    group = _tenths(risk, bins)
    frame = pd.DataFrame({"group": group, "risk": risk, "churned": y})
    table = frame.groupby("group").agg(n=("churned", "size"), foretold=("risk", "mean"), churned=("churned", "sum"))
    table = table.reset_index().assign(group=lambda rows: np.arange(1, len(rows) + 1))
    low, high = intervals.wilson(table.churned, table.n)
    table = table.assign(actual=table.churned / table.n, low=low, high=high)
    table["agrees"] = table.foretold.between(table.low, table.high)
    held, of = int(table.agrees.sum()), len(table)
    title = f"Foretold and actual churn agree in {held} of {of} groups by risk"
    wrong: Any = table[~table.agrees].itertuples()
    off = [
        f"{percent(row.foretold)} foretold, {percent(row.actual)} came (interval {interval(row.low, row.high)}, "
        f"{number(row.churned)} of {number(row.n)})"
        for row in wrong
    ]
    text = (
        f"{counted(len(y), 'customer')} in {of} groups by risk; in a group the risk agrees where the 95 % interval of "
        f"the share lost holds its mean. Of true risks some {number(0.05 * of, 1)} groups in {of} would be off by "
        "chance."
    )
    text += f" Off: {'; '.join(off)}." if off else ""
    return Result("churn-reliability", "table", title, text, table=table)


def _tenths(score: Any, bins: int) -> Any:
    """Return groups of equal size by score, equal scores together."""
    rank = pd.Series(score).rank(method="average", pct=True).to_numpy()
    return np.clip(np.ceil(rank * bins), 1, bins).astype(int)


def lift(found: Study) -> Result:
    """Return what the customers ranked highest hold: one row per tenth, highest risk first.

    Returns
    -------
    Result
        ``table``: ``decile``, ``share`` (of the customers so far, 0.1 to 1), ``churned`` (in the tenth, expected where
        ties cross its edge), ``lift`` (of the tenths so far) with ``low`` and ``high`` (95 %, bootstrap over
        customers), ``capture`` (share of the lost so far) with ``capture_low`` and ``capture_high``.
    """
    y, n = found.churned, len(found.rows)
    rankings = [Ranking(risk, y) for risk in found.risks[CHOSEN]]
    shares = [round(TOP * place, 1) for place in range(1, 11)]

    def captured(share: float) -> Callable[[Array], Array]:
        return lambda weights: np.mean([one.capture(weights, share) for one in rankings], axis=0)

    values, draws = resampled({str(share): captured(share) for share in shares}, n, found.seed)
    rows, before = [], 0.0
    for place, share in enumerate(shares, start=1):
        value, (low, high) = values[str(share)], ends(draws[str(share)], n)
        rows.append(
            {"decile": place, "share": share, "churned": (value - before) * y.sum(), "lift": value / share,
             "low": low / share, "high": high / share, "capture": value, "capture_low": low, "capture_high": high}
        )  # fmt: skip
        before = value
    table = pd.DataFrame(rows)
    top, fifth = table.iloc[0], table.iloc[1]
    tenth_holds, fifth_holds = percent(top.capture, 0), percent(fifth.capture, 0)
    title = f"The tenth at highest risk holds {tenth_holds} of the lost, the top fifth {fifth_holds}"
    text = (
        f"Of {number(y.sum())} lost among {counted(n, 'customer')}: the tenth ranked highest has a lift of "
        f"{number(top.lift, 2)} (interval {interval(top.low, top.high, 'decimal')}): it would hold "
        f"{percent(TOP, 0)} of them at random and holds {percent(top.capture)}. No ranking can lift above "
        f"{number(min(1 / y.mean(), 10), 1)} here."
    )
    return Result("churn-lift", "table", title, text, table=table, facts={"churn_rate": float(y.mean())})
