"""What is left after further renewals: sBG with its interval, and the same forecast made earlier and held to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import betaln

from kpikit import clv
from kpikit.clv import Fit
from kpikit.errors import ParameterError
from kpikit.formatting import counted, interval, number, percent
from kpikit.kpis.suppression import hidden
from kpikit.periods import Period
from kpikit.renewals.histories import with_renewals
from kpikit.renewals.uncertainty import parameter_draws
from kpikit.results import Result

SEED = 20260101
DRAWS = 1000
LEVEL = 0.95
ENDS = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
FEWEST_LEFT = 10  # subscriptions due: below this a point says nothing
HOLDS, OFF, UNLIKE, UNTESTED = "holds", "total is off", "cohorts differ", "cannot be tested"

Array = NDArray[Any]


def fit_renewals(histories: pd.DataFrame, *, seed: int = SEED) -> Fit:
    """Return sBG fitted to the renewals of all cohorts together (``came_up``, ``renewed``, ``n``)."""
    made = histories.renewed.astype(float)
    rows = {"frequency": made, "recency": made, "T": histories.came_up.astype(float), "n_customers": histories.n}
    return clv.fit(pd.DataFrame(rows), "sbg", unit="month", seed=seed)


def stays(params: Array, made: Array, further: Array | int) -> Array:
    """Return P(still there after so many further renewals): a row per draw of the parameters, a column per history."""
    alpha, beta = params[:, :1], params[:, 1:]
    later: Array = np.exp(betaln(alpha, beta + made + further) - betaln(alpha, beta + made))
    return later


def seen(histories: pd.DataFrame) -> pd.DataFrame:
    """Return who renewed, all cohorts together: one row per renewal.

    Returns
    -------
    DataFrame
        ``renewal`` (1, 2, …), ``due`` (there before it, and it has come up), ``lost`` (did not renew), ``share`` (left
        after it, Kaplan–Meier).
    """
    rows, share = [], 1.0
    for renewal in range(1, int(histories.came_up.max()) + 1 if len(histories) else 0):
        up = histories[(histories.came_up >= renewal) & (histories.renewed >= renewal - 1)]
        due, lost = float(up.n.sum()), float(up.n[up.renewed < renewal].sum())
        share = share * (1 - lost / due) if due else float("nan")
        rows.append((renewal, due, lost, share))
    return pd.DataFrame(rows, columns=["renewal", "due", "lost", "share"])


def projection(
    lengths: Any, *, period: str = "month", term_months: int = 1, ahead: int = 12, seed: int = SEED
) -> Result:
    """Return how many of those who start are left after each renewal, seen and projected: one row per renewal.

    Parameters
    ----------
    lengths
        As :func:`kpikit.features.subscription_lengths` returns it.
    period, term_months
        As in :func:`kpikit.renewals.renewal_table`.
    ahead
        Renewals to project beyond the last one seen, 1 or more.
    seed
        Of the draws.

    Returns
    -------
    Result
        ``table``: ``renewal`` (0 is the start), ``due`` and ``seen`` (share left by Kaplan–Meier; missing where nobody
        was due), ``expected`` (sBG), ``low``, ``high`` (95 %, the noise of the two parameters; what a market does is
        not in it). Of kind ``text`` and without table where too few have ended.
        ``facts``: ``alpha``, ``beta``, ``verdict``, ``last_seen`` (renewal), ``term_months``.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2007), "How to project customer retention", Journal of Interactive Marketing 21.
    """
    _whole("ahead", ahead)
    histories = with_renewals(lengths, period=period, term_months=term_months)
    found = fit_renewals(histories, seed=seed)
    why = too_few(histories, found)
    if why:
        return Result("renewal-projection", "text", "No projection yet", why, facts={"verdict": found.verdict})
    past = seen(histories)
    last = int(past.renewal[past.due >= min(FEWEST_LEFT, past.due.max())].max())
    renewal = np.arange(last + ahead + 1)
    values = np.array([[found.params["alpha"], found.params["beta"]]])
    low, high = np.quantile(stays(parameter_draws(histories, DRAWS, seed=seed), np.zeros(1), renewal), ENDS, axis=0)
    table = pd.DataFrame({"renewal": renewal}).merge(
        past[["renewal", "due", "share"]].rename(columns={"share": "seen"}), on="renewal", how="left"
    )
    table = table.assign(expected=stays(values, np.zeros(1), renewal)[0], low=low, high=high)
    far: Any = table.iloc[-1]
    term = counted(term_months, "month")
    title = f"Of those who start, some {percent(far.expected, 0)} are expected to be left after renewal {last + ahead}"
    text = (
        f"sBG (α {number(found.params['alpha'], 3)}, β {number(found.params['beta'], 3)}) fitted to "
        f"{counted(histories.n.sum(), 'subscription')} of all cohorts, a term of {term}: "
        f"{percent(far.expected)} are left after renewal {last + ahead} (interval {interval(far.low, far.high)}, 95 %: "
        f"the noise of the two parameters). Up to renewal {last} it is seen, beyond it is projected; prices, products "
        "and rivals are taken to stay as they are."
    )
    facts = {**found.params, "verdict": found.verdict, "last_seen": last, "term_months": term_months}
    headline = f"{title} (interval {interval(far.low, far.high)})."
    return Result("renewal-projection", "table", title, text, headline, table=table, facts=facts)


def too_few(histories: pd.DataFrame, found: Fit) -> str:
    """Return why nothing can be projected, or nothing."""
    n, up = counted(histories.n.sum(), "subscription"), histories[histories.came_up > 0]
    lost = float(up.n[up.renewed < up.came_up].sum())
    if up.empty:
        return f"None of {n} has had a renewal come up: the oldest are younger than a term."
    if lost == 0:
        return f"Every renewal that came up was made ({n}): nothing has ended, so nothing tells how long they last."
    if found.verdict == "too little data":
        return (
            f"Of {n} only {number(lost)} did not renew, {number((up.n * up.renewed).sum())} renewals were made: fewer "
            "than 20 of either are too few for a projection."
        )
    return ""


def outlook(
    lengths: Any,
    *,
    period: str = "month",
    term_months: int = 1,
    ahead: int = 12,
    min_cell: int = 1,
    seed: int = SEED,
) -> Result:
    """Return how many of each cohort's running subscriptions are expected to stay: one row per cohort, then all.

    Parameters
    ----------
    lengths, period, term_months, seed
        As in :func:`projection`.
    ahead
        Further renewals of each subscription, 1 or more.
    min_cell
        Cohorts of fewer subscriptions, and what would reveal them, have no row of their own.

    Returns
    -------
    Result
        ``table``: ``cohort`` (text; the last row is ``all``), ``started``, ``running`` (there after the last renewal
        that came up), ``expected`` (of them, after ``ahead`` more), ``low``, ``high`` (95 %: the parameters' noise and
        each subscription's own chance).
    """
    _whole("ahead", ahead)
    histories = with_renewals(lengths, period=period, term_months=term_months)
    found = fit_renewals(histories, seed=seed)
    why = too_few(histories, found)
    if why:
        return Result("renewal-outlook", "text", "No outlook yet", why)
    running = histories[histories.renewed == histories.came_up]
    if running.empty:
        return Result("renewal-outlook", "text", "No outlook", "No subscription is running: every one has ended.")
    draws = parameter_draws(histories, DRAWS, seed=seed)
    table = _forecast(running, found, draws, ahead, period, seed)
    started = histories.groupby("cohort").n.sum()
    sizes = [*started.reindex(sorted(running.cohort.unique())), started.sum()]
    table.insert(1, "started", sizes)
    table, note = _without_small(table.rename(columns={"there": "running"}), sizes, min_cell)
    if table.empty:
        return Result("renewal-outlook", "text", "No outlook", f"There are fewer than {min_cell} subscriptions.")
    whole: Any = table.iloc[-1]
    title = f"{number(whole.expected)} of {number(whole.running)} running subscriptions are expected to renew "
    title += f"{number(ahead)} more times" if ahead > 1 else "once more"
    text = (
        f"{title} (interval {interval(whole.low, whole.high, 'count')}, 95 %), "
        f"{percent(whole.expected / whole.running)} of them. By sBG those who have renewed often are less likely to "
        f"leave, since those who were likely to are gone.{note}"
    )
    return Result("renewal-outlook", "table", title, text, table=table, facts={"ahead": ahead})


def _without_small(table: pd.DataFrame, sizes: list[float], min_cell: int) -> tuple[pd.DataFrame, str]:
    """Return cohorts, and all in the last row, without those too small to be shown, and the sentence that says so."""
    gone = hidden(sizes, min_cell, totals=[*[False] * (len(sizes) - 1), True])
    note = " Cohorts of too few subscriptions are in the last row only." if gone.any() else ""
    return table[~gone].reset_index(drop=True), note


def held_out(
    lengths: Any,
    *,
    period: str = "month",
    term_months: int = 1,
    back: int = 6,
    min_cell: int = 1,
    seed: int = SEED,
) -> Result:
    """Return the projection made ``back`` renewals ago against what came: one row per older cohort, then all.

    The model is fitted to what was known then, of all cohorts that had begun, and each cohort's running subscriptions
    are projected to today. Where fewer renewals are known than twice ``back``, half of them are held out.

    Parameters
    ----------
    lengths, period, term_months, seed
        As in :func:`projection`.
    back
        Renewals held out, 1 or more.
    min_cell
        Cohorts of fewer subscriptions, and what would reveal them, count and have no row of their own.

    Returns
    -------
    Result
        ``table``: ``cohort`` (text; the last row is ``all``), ``there`` (at that time), ``expected`` (left now),
        ``low``, ``high`` (95 %: the parameters' noise and each one's own chance), ``actual``, ``inside``.
        ``facts["verdict"]``: ``holds``, ``total is off``, ``cohorts differ`` (more of them outside than the 5 % that
        chance puts there) or ``cannot be tested``; of kind ``text`` then.
    """
    _whole("back", back)
    histories = with_renewals(lengths, period=period, term_months=term_months)
    back = max(1, min(back, int(histories.came_up.max()) // 2))
    older = histories[histories.came_up >= back]
    known = older.assign(came_up=older.came_up - back, renewed=np.minimum(older.renewed, older.came_up - back))
    facts = {"verdict": UNTESTED, "back": back}
    why = _untestable(histories, known, back, period)
    found = None if why else fit_renewals(known, seed=seed)
    few = too_few(known, found) if found else ""
    if found is None or few:
        why = why or f"As of {counted(back, 'renewal')} ago: {few}"
        return Result("renewal-test", "text", "The projection cannot be tested yet", why, facts=facts)
    there = older[older.renewed >= older.came_up - back]
    draws = parameter_draws(known, DRAWS, seed=seed)
    table = _forecast(there.assign(came_up=there.came_up - back), found, draws, back, period, seed)
    stayed = there[there.renewed == there.came_up].groupby("cohort").n.sum()
    actual = stayed.reindex(sorted(there.cohort.unique())).fillna(0.0)
    table["actual"] = [*actual, actual.sum()]
    table["inside"] = (table.actual >= table.low) & (table.actual <= table.high)
    told = _told(table, {"verdict": _verdict(table), "back": back}, period)
    sizes = older.groupby("cohort").n.sum().reindex(sorted(there.cohort.unique()))
    shown, note = _without_small(table, [*sizes, older.n.sum()], min_cell)
    if shown.empty:
        why = f"There are fewer than {min_cell} subscriptions."
        return Result("renewal-test", "text", "The projection cannot be tested yet", why, facts=facts)
    return replace(told, table=shown, text=told.text + note)


def _untestable(histories: pd.DataFrame, known: pd.DataFrame, back: int, period: str) -> str:
    """Return why the projection cannot be held against older cohorts, or nothing."""
    if histories.cohort.nunique() < 2:
        return f"All subscriptions began in one {period}: a test needs older cohorts beside newer ones."
    if known.empty:
        return f"No cohort is old enough to hold out {counted(back, 'renewal')}."
    if known.cohort.nunique() < 2:
        return f"Only one cohort had begun {counted(back, 'renewal')} ago: a test needs two or more."
    return ""


def _forecast(running: pd.DataFrame, found: Fit, params: Array, ahead: int, period: str, seed: int) -> pd.DataFrame:
    """Return the subscriptions of each cohort that are there after ``ahead`` more renewals, and of all in the end."""
    groups = running.groupby(["cohort", "came_up"], as_index=False).n.sum()
    made, n = groups.came_up.to_numpy(dtype=float), groups.n.to_numpy(dtype=float)
    values = np.array([[found.params["alpha"], found.params["beta"]]])
    expected = stays(values, made, ahead)[0] * n
    rng = np.random.default_rng(seed)
    draws = rng.binomial(n.astype("int64"), stays(params, made, ahead)).astype(float)
    names, place = np.unique(groups.cohort.to_numpy(), return_inverse=True)
    member = np.append(place[:, None] == np.arange(len(names)), np.ones((len(groups), 1), dtype=bool), axis=1)
    low, high = np.quantile(draws @ member, ENDS, axis=0)
    labels = [Period.parse(period).label(pd.Timestamp(name).date()) for name in names]
    return pd.DataFrame(
        {"cohort": [*labels, "all"], "there": n @ member, "expected": expected @ member, "low": low, "high": high}
    )


def _verdict(table: pd.DataFrame) -> str:
    each = table.iloc[:-1]
    if not table.inside.iloc[-1]:
        return OFF
    outside = int((~each.inside).sum())
    surprise = stats.binom.sf(outside - 1, len(each), 1 - LEVEL)
    return UNLIKE if surprise < 1 - LEVEL else HOLDS


def _told(table: pd.DataFrame, facts: dict[str, Any], period: str) -> Result:
    whole: Any = table.iloc[-1]
    each, verdict, ago = table.iloc[:-1], facts["verdict"], f"{counted(facts['back'], 'renewal')} ago"
    inside = f"{number(each.inside.sum())} of {counted(len(each), 'cohort')} lie in their 95 % interval"
    titles = {
        HOLDS: f"Made {ago}, the projection would have held",
        OFF: f"Made {ago}, the projection would have been off",
        UNLIKE: f"Made {ago}, the projection would have held in total, not for single cohorts",
    }
    text = (
        f"Of {number(whole.there)} subscriptions that ran then, {number(whole.expected)} were expected to be left now "
        f"(interval {interval(whole.low, whole.high, 'count')}), {number(whole.actual)} are; {inside}. "
    )
    text += {
        HOLDS: "Nothing speaks against the projection; one look back is no proof.",
        OFF: "Renewal has changed since, or sBG does not fit: do not budget on the projection.",
        UNLIKE: f"Cohorts differ by more than chance: what was sold in one {period} is not what was sold in another.",
    }[verdict]
    title = titles[verdict]
    return Result("renewal-test", "table", title, text, f"{title}: {inside}.", table=table, facts=facts)


def _whole(name: str, value: int) -> None:
    if isinstance(value, bool) or int(value) != value or value < 1:
        raise ParameterError("1 renewal or more", got=str(value), fix="Pass 6.", where=name)
