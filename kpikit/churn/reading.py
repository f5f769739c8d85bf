"""What a churn page says first and last: key figures, the effect of an earlier list, what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.churn.case import Case, read
from kpikit.churn.profit import LOSES, NOBODY
from kpikit.churn.study import CHOSEN, Model
from kpikit.churn.watching import CONTROL, measure
from kpikit.errors import ContractError
from kpikit.formatting import counted, interval, money, number, percent
from kpikit.keyfigures import Tile, key_figures
from kpikit.periods import as_date
from kpikit.results import Result

AGREES_SHARE = 0.7  # of the groups: with fewer the risks are for ranking only


def expected_losses(case: Case, model: Model) -> Result:
    """Return how many of today's customers are expected to be lost: one row.

    Returns
    -------
    Result
        ``table``: ``n``, ``expected`` (sum of the risks), ``low``, ``high`` (95 %: each customer's own chance at the
        risks as they are; what hits all at once is not in it), ``mean_risk``, ``value_at_risk`` (Σ risk × value).
    """
    risk = model.risk(case.current)
    expected, spread = float(risk.sum()), float(np.sqrt((risk * (1 - risk)).sum()))
    half = intervals.normal_quantile(intervals.CONFIDENCE) * spread
    value = float((risk * case.current[case.value].to_numpy(float)).sum()) if case.value else float("nan")
    low, high = max(0.0, expected - half), min(float(len(risk)), expected + half)
    table = pd.DataFrame(
        [{"n": len(risk), "expected": expected, "low": low, "high": high, "mean_risk": float(risk.mean()),
          "value_at_risk": value}]
    )  # fmt: skip
    ahead = (
        f"in {number(case.sample.horizon_days)} days" if case.sample.horizon_days else "in another period like the last"
    )
    title = f"Some {number(expected)} of {counted(len(risk), 'customer')} are expected to be lost {ahead}"
    text = f"{title} ({interval(low, high, 'count')} by each one's own chance alone, 95 %)."
    if case.is_table:
        text += " They are those who have not left, and the model has learnt from them too."
    return Result("expected-losses", "table", title, text, text, table=table)


def key_values(case: Case, performance: Result, profit: Result, losses: Result) -> Result:
    """Return the key figures of a churn page.

    Parameters
    ----------
    performance, profit, losses
        From :func:`performance`, :func:`profit` and :func:`expected_losses`.
    """
    best: Any = performance.table.set_index("predictor").loc[CHOSEN]
    ahead: Any = losses.table.iloc[0]
    facts, currency = profit.facts, case.currency
    low, high = (float(end) for end in intervals.wilson(best.churned, best.n))
    tested = f"n = {counted(best.n, 'customer')} of the test"
    what = f"no order in {number(case.sample.horizon_days)} days" if case.sample.horizon_days else "by the label"
    tiles = [
        Tile("Lost in the test", percent(best.churn_rate), what, interval=f"{interval(low, high)} (95 %)",
             count=f"{number(best.churned)} of {counted(best.n, 'customer')}"),
        Tile("Ranking (AUC)", number(best.auc, 3), "0.5 is chance, 1 is perfect",
             interval=f"{number(best.auc_low, 3)} to {number(best.auc_high, 3)} (95 %)", count=tested),
        Tile("Lift of the top tenth", number(best.lift, 2), "times as many lost as at random",
             interval=f"{number(best.lift_low, 2)} to {number(best.lift_high, 2)} (95 %)", count=tested),
        Tile("Expected to be lost", number(ahead.expected), "of today's customers",
             interval=f"by chance alone {interval(ahead.low, ahead.high, 'count')} (95 %)",
             count=f"n = {counted(ahead.n, 'customer')}"),
        Tile("Profit per 1,000 customers", money(facts["profit"], currency),
             f"if {percent(facts['success_rate'], 0)} can be kept: supposed, not measured",
             interval=f"{interval(facts['low'], facts['high'], 'money', currency)} (95 %)", count=tested),
    ]  # fmt: skip
    return key_figures(tiles, text=losses.text, headline=losses.headline, kpis=performance.kpis)


def kept_list(path: str, data: Any) -> pd.DataFrame:
    """Return the watch list of an earlier run, or an empty one where no path is named.

    Parameters
    ----------
    path
        ``tables/watch-list.csv`` of an earlier run, relative to the configuration; empty: none.

    Returns
    -------
    DataFrame
        ``customer``, ``arm``, ``value``, ``listed_on`` (the run's ``as_of``), ``horizon_days``.

    Raises
    ------
    ContractError
        When the file is no watch list, or one of a ready table: its effect is measured from a new label.
    """
    columns = ["customer", "arm", "value", "listed_on", "horizon_days"]
    if not path:
        return pd.DataFrame(columns=columns)
    frame = read(data.config.resolve(path), text="customer")
    missing = [name for name in columns if name not in frame.columns]
    if missing or frame.empty:
        raise ContractError(
            f"a watch list with the columns {columns}", got=f"[{', '.join(map(str, frame.columns))}]",
            fix="Pass tables/watch-list.csv of an earlier run.", where=path,
        )  # fmt: skip
    if (frame.horizon_days < 1).any():
        raise ContractError(
            "a watch list made from orders, with its horizon", got="one of a ready table (horizon_days 0)",
            fix="Measure it from a new label: kk.churn.measure(list, outcomes), outcomes with customer_id and churned.",
            where=path,
        )  # fmt: skip
    return frame


def listed_on(kept: pd.DataFrame, as_of: Any, horizon_days: int) -> dict[str, Any]:
    """Return ``cutoffs``, ``horizon_days`` and ``as_of`` for the labels of an earlier list: its own day and horizon."""
    end = as_date(as_of)
    if kept.empty:  # the labels are not read then; any day that is known will do
        return {"cutoffs": end - timedelta(days=horizon_days), "horizon_days": horizon_days, "as_of": end}
    first = kept.iloc[0]
    return {"cutoffs": str(first.listed_on), "horizon_days": int(first.horizon_days), "as_of": end}


def contact_effect(
    kept: pd.DataFrame, outcomes: Any, *, case: Case | None = None, customer_ids: str = "hashed", currency: str = ""
) -> Result:
    """Return what contacting an earlier list changed, or how to find out where no list is named.

    Parameters
    ----------
    kept
        From :func:`kept_list`.
    outcomes
        ``features.inactivity_labels`` for :func:`listed_on`; read only where there is a list.
    case
        What the page is about: of a ready table nothing says what came after, so no later run is promised.
    """
    if kept.empty:
        title = "What contacting changes is not known yet"
        then = "when the horizon is over run this page with earlier_list=…/tables/watch-list.csv"
        if case is not None and case.is_table:
            then = (
                "measure the effect from a new label: when it is known who of the list was lost since, "
                "kk.churn.measure(list, outcomes) compares the arms"
            )
        text = (
            "No earlier watch list was named. Risk is not effect: contact one arm of a watch list, leave the other "
            f"alone, and {then}."
        )
        return Result("contact-effect", "text", title, text)
    after = outcomes.to_pandas() if hasattr(outcomes, "to_pandas") else outcomes
    return measure(kept, after, customer_ids=customer_ids, currency=currency)


def actions(
    watched: Result, compared: Result, reliable: Result, effect: Result, profit: Result | None = None, *,
    currency: str = "",
) -> Result:  # fmt: skip
    """Return ranked things to do about churn, each with the number behind it.

    Parameters
    ----------
    watched, compared, reliable, effect
        From :func:`watch_list`, :func:`rivals`, :func:`reliability` and :func:`contact_effect`.
    profit
        From :func:`profit`: where contacts lost money in the test none is advised; None: not looked at.
    """
    rows: list[tuple[str, str, float]] = []
    table, verdict = watched.table, effect.facts.get("verdict")
    if verdict == "contacting lost customers":
        rows.append(("Stop contacting the watch list", effect.text, float("nan")))
    elif profit is not None and profit.facts["verdict"] in (LOSES, NOBODY):
        facts = profit.facts
        reason = f"{profit.title}. Tested on customers whose outcome is known"
        if facts["verdict"] == LOSES:
            brought, span = money(facts["profit"], currency), interval(facts["low"], facts["high"], "money", currency)
            reason += f", contacts brought {brought} per 1,000 customers (interval {span})"
        rows.append(
            ("Contact nobody at these costs: find a cheaper contact or a better offer", f"{reason}.", float("nan"))
        )
    elif len(table):
        left = int((table.arm == CONTROL).sum())
        gain = float(table.expected_gain[table.arm != CONTROL].sum())
        reason = (
            f"{number(len(table) - left)} customers with the largest expected gain, together {money(gain, currency)} "
            f"if the supposed success rate holds; the {number(left)} of the control arm are left alone, so that the "
            "effect can be measured."
        )
        rows.append(("Contact the contact arm of the watch list, and nobody else on it", reason, gain))
    if verdict == "no clear change":
        rows.append(("Change what is offered, or measure for longer", effect.text, float("nan")))
    ranked = compared.table[compared.table.score == "AUC"] if len(compared.table) else compared.table
    simpler = ranked[ranked.verdict != "better"] if len(ranked) else ranked
    if len(simpler):
        best: Any = simpler.iloc[int(np.argmax(simpler.other))]
        reason = (
            f"Its AUC is {number(best.other, 3)} against {number(best.model, 3)} of the model (difference "
            f"{number(best.difference, 3)}, interval {number(best.low, 3)} to {number(best.high, 3)})."
        )
        how = "ranks better" if best.verdict == "worse" else "does as well"
        rows.append((f"Rank by {best.title}: it {how} and is simpler", reason, float("nan")))
    if reliable.table.agrees.mean() < AGREES_SHARE:
        held, of = int(reliable.table.agrees.sum()), len(reliable.table)  # of those shown: its title may be withheld
        reason = (
            f"Foretold and actual churn agree in {held} of {of} groups by risk. Use the ranking, and do not budget on "
            "the risks themselves."
        )
        rows.append(("Do not budget on the risks yet", reason, float("nan")))
    return Result(
        "what-to-do", "actions", "What to do", table=pd.DataFrame(rows, columns=["action", "reason", "value"])
    )
