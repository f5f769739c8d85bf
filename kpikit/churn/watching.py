"""The watch list, with the control arm that makes its effect measurable, and the measurement in a later run.

A risk says whom to watch, not whom an offer would keep: only customers left alone at random can tell.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.churn.explaining import reasons
from kpikit.churn.profit import Economics
from kpikit.churn.splitting import SEED
from kpikit.churn.study import Model
from kpikit.errors import ContractError, MachineError, ParameterError, listed
from kpikit.formatting import counted, interval, money, number, percent, points
from kpikit.privacy import hashed
from kpikit.results import Result
from kpikit.spreadsheets import csv_text

CONTACT, CONTROL = ARMS = ("contact", "control")
COLUMNS = ["customer", "risk", "value", "expected_gain", "arm", "reasons", "listed_on", "horizon_days"]
MOST = 200
POWER = 0.8


def watch_list(
    model: Model, current: Any, economics: Economics, *, value: str = "", cut_off: float = 0.0, most: int = MOST,
    control_share: float = 0.5, seed: int = SEED, customer_id: str = "customer_id", customer_ids: str = "hashed",
    currency: str = "", as_of: str = "",
) -> Result:  # fmt: skip
    """Return whom to watch, split at random into those to contact and a control arm: one row per customer.

    Parameters
    ----------
    model
        From :func:`final_model`.
    current
        Customers whose future is open, with ``customer_id`` and the model's features (snapshots at ``as_of``).
    economics
        Who is on the list: customers with an expected gain of ``cut_off`` or more, the largest first.
    value
        Column of what a customer is worth if kept; empty: ``economics.value`` for all.
    cut_off
        Least expected gain of a contact, in money; ``profit(…).facts["list_from"]``, or 0. Below 0 counts as 0;
        infinite lists nobody.
    most
        Longest list.
    control_share
        Chance of each customer to be left alone, above 0 and below 1: the share of the list is near it.
    seed
        Of the draw. The arm follows from the seed and the customer alone: whom one list leaves alone, the next one does
        not contact.
    customer_ids
        ``hashed`` or ``clear``, as ``privacy.customer_ids`` says.
    as_of
        The day of the list, kept with it.

    Returns
    -------
    Result
        ``table``: ``customer``, ``risk``, ``value``, ``expected_gain``, ``arm`` (``contact`` or ``control``),
        ``reasons``, ``listed_on``, ``horizon_days``. Keep it: :func:`measure` needs the arms. ``facts``: ``seed``,
        ``control_share``, ``detectable`` (least difference in churn that arms of this size would show four times in
        five).
    """
    if not 0 < control_share < 1:
        raise ParameterError(
            "a share above 0 and below 1: without a control arm nothing can be measured", got=str(control_share),
            fix="Pass 0.5.", where="control_share",
        )  # fmt: skip
    frame = (current if isinstance(current, pd.DataFrame) else current.to_pandas()).reset_index(drop=True)
    missing = [name for name in (customer_id, *([value] if value else [])) if name not in frame.columns]
    if missing:
        raise ContractError(f"columns {missing}", got=f"[{listed(frame.columns)}]", where="current")
    risk = model.risk(frame)
    worth = economics.worth(pd.to_numeric(frame[value]) if value else np.full(len(frame), np.nan))
    gain = economics.gain(risk, worth)
    ranked = pd.DataFrame({"row": np.arange(len(frame)), "id": frame[customer_id].astype(str), "gain": gain})
    reached = ranked[ranked.gain >= max(0.0, cut_off)].sort_values(["gain", "id"], ascending=[False, True])
    ranked = reached.head(most)
    rows = ranked.row.to_numpy()
    table = pd.DataFrame(
        {
            "customer": hashed(ranked.id, mode=customer_ids), "risk": risk[rows], "value": worth[rows],
            "expected_gain": gain[rows], "arm": arms(ranked.id, control_share, seed),
            "reasons": reasons(model, frame.iloc[rows]) if len(rows) else [],
            "listed_on": as_of, "horizon_days": model.sample.horizon_days,
        },
        columns=COLUMNS,
    )  # fmt: skip
    title, text, facts = _listed(table, len(frame), len(reached), control_share, currency, cut_off == float("inf"))
    facts |= {"seed": seed, "control_share": control_share, "customer_ids": customer_ids, "currency": currency}
    return Result("watch-list", "table", title, text, f"{title}.", table=table, facts=facts)


def arms(customers: Iterable[object], control_share: float, seed: int) -> list[str]:
    """Return the arm of each customer: a hash of seed and customer against the share, the same in every list."""
    return [CONTROL if _place(customer, seed) < control_share else CONTACT for customer in customers]


def _place(customer: object, seed: int) -> float:
    """Return a number from 0 up to 1 that is as good as drawn, and always the same for a customer and a seed."""
    drawn = hmac.new(f"arm {seed}".encode(), str(customer).encode(), sha256).digest()
    return int.from_bytes(drawn[:8], "big") / 2**64


def _listed(
    table: pd.DataFrame, n: int, reached: int, control_share: float, currency: str, tested_out: bool
) -> tuple[str, str, dict[str, Any]]:
    left = int((table.arm == CONTROL).sum())
    if table.empty:
        title = "Nobody is worth a contact at these costs"
        why = (
            "where it was tested, contacting did not pay"
            if tested_out
            else f"no expected gain of {counted(n, 'customer')} reaches the cut-off"
        )
        return title, f"{title}: {why}.", {"detectable": None}
    to_contact, rate = len(table) - left, float(table.risk.mean())
    detectable = _detectable(rate, to_contact, left)
    title = f"{counted(len(table), 'customer')} to watch: contact {number(to_contact)}, leave {number(left)} alone"
    text = (
        f"Of {counted(n, 'customer')} {number(reached)} reach the cut-off; the list holds those whose contact is "
        f"expected to bring most "
        f"(mean risk {percent(rate)}, mean value {money(float(table.value.mean()), currency)}). "
        f"Each was drawn with a chance of {percent(control_share, 0)} into a control arm: risk is not effect, and what "
        "contacting changes shows only against customers left alone. Contact nobody of the control arm, and keep this "
        "list: the effect is measured with it. A customer keeps the arm in later lists too. "
    )
    text += (
        "One arm is empty: with so few customers nothing can be measured."
        if detectable is None
        else f"Arms of this size show a difference in churn of {_bare(detectable)} four times in five."
    )
    return title, text, {"detectable": detectable}


def _bare(difference: float | None) -> str:
    return points(difference).removeprefix("+")


def _detectable(rate: float, first: int, second: int) -> float | None:
    if not first or not second:
        return None
    z = intervals.normal_quantile(intervals.CONFIDENCE) + intervals.normal_quantile(2 * POWER - 1)
    return float(min(1.0, z * np.sqrt(rate * (1 - rate) * (1 / first + 1 / second))))


def write_csv(result: Result, path: str | Path) -> Path:
    """Write the watch list as CSV that a spreadsheet reads as data; return the path.

    A text that begins with ``=``, ``+``, ``-``, ``@`` or a tab gets a leading apostrophe.
    """
    table, target = result.table, Path(path)
    rows = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    try:
        target.write_bytes(csv_text([str(name) for name in table.columns], rows).encode())
    except OSError as problem:
        raise MachineError(
            "a file that can be written", got=problem.strerror or str(problem), fix="Pass a path in a folder of yours.",
            where=str(target),
        ) from None  # fmt: skip
    return target


def measure(
    kept: pd.DataFrame, outcomes: pd.DataFrame, *, customer_ids: str = "hashed", currency: str = "",
    columns: Sequence[str] = ("customer_id", "churned"),
) -> Result:  # fmt: skip
    """Return what contacting the watch list changed: one row per arm, and their difference in churn.

    Everybody counts in the arm they were drawn into, reached or not (intention to treat).

    Parameters
    ----------
    kept
        The watch list of an earlier run: ``customer`` and ``arm``, for example from its ``tables/watch-list.csv``.
    outcomes
        What became of the customers since: ``customer_id`` and ``churned`` (1: lost), as
        ``kpikit.features.inactivity_labels`` gives it for the day of the list.
    customer_ids
        How the list names customers: ``hashed`` (with the same key) or ``clear``.
    columns
        Names of the two columns of ``outcomes``.

    Returns
    -------
    Result
        ``table``: ``arm``, ``n``, ``churned``, ``rate``, ``low``, ``high`` (Wilson, 95 %). ``facts``: ``difference``
        (churn of the control arm less that of those contacted, above 0: contacting kept some), ``low``, ``high``
        (Newcombe, 95 %), ``verdict`` (``contacting kept customers``, ``contacting lost customers``,
        ``no clear change``), ``not_found``.

    Raises
    ------
    ContractError
        When a column is missing, an arm is unknown or empty, or nobody of the list is among the outcomes.
    """
    for name, frame, needed in (("kept", kept, ("customer", "arm")), ("outcomes", outcomes, tuple(columns))):
        missing = [one for one in needed if one not in frame.columns]
        if missing:
            raise ContractError(f"columns {missing}", got=f"[{listed(frame.columns)}]", where=name)
    unknown = sorted(set(kept.arm.astype(str)) - set(ARMS))
    if unknown:
        raise ContractError(f"the arms {CONTACT} and {CONTROL}", got=listed(unknown), where="kept")
    who, what = columns
    names = kept.customer.astype(str).str.removeprefix("'")
    after = pd.Series(outcomes[what].to_numpy(float), index=hashed(outcomes[who], mode=customer_ids))
    if after.index.duplicated().any() or names.duplicated().any():
        raise ContractError("one row per customer", got="customers that stand twice", where="outcomes or kept")
    both = pd.DataFrame({"arm": kept.arm.astype(str), "churned": names.map(after)})
    known = both[both.churned.notna()]
    counts = known.groupby("arm").churned.agg(["size", "sum"]).reindex(ARMS, fill_value=0)
    if (counts["size"] == 0).any():
        raise ContractError(
            "customers of both arms among the outcomes", got=f"{len(known)} of {len(kept)} found",
            fix="Was the list made with another hash key? Set KPIKIT_HASH_KEY to the same text.", where="outcomes",
        )  # fmt: skip
    return _measured(counts, len(both) - len(known), currency, kept)


def _measured(counts: pd.DataFrame, not_found: int, currency: str, kept: pd.DataFrame) -> Result:
    (n_contact, n_control), (lost_contact, lost_control) = (counts[name].to_numpy(float) for name in ("size", "sum"))
    low, high = (float(end) for end in intervals.newcombe(lost_control, n_control, lost_contact, n_contact))
    table = counts.rename(columns={"size": "n", "sum": "churned"}).rename_axis("arm").reset_index()
    ends = intervals.wilson(table.churned, table.n)
    table = table.assign(rate=table.churned / table.n, low=ends[0], high=ends[1]).astype({"churned": int})
    difference = lost_control / n_control - lost_contact / n_contact
    verdict = "contacting kept customers" if low > 0 else "contacting lost customers" if high < 0 else "no clear change"
    title = {
        "contacting kept customers": f"Contacting kept {points(difference).removeprefix('+')} more customers",
        "contacting lost customers": f"Contacting lost {points(-difference).removeprefix('+')} more customers",
    }.get(verdict, "Contacting made no clear change")
    first, second = (table[table.arm == arm].iloc[0] for arm in ARMS)
    text = (
        f"{percent(first.rate)} of those contacted were lost ({number(first.churned)} of {number(first.n)}; interval "
        f"{interval(first.low, first.high)}) and {percent(second.rate)} of those left alone ({number(second.churned)} "
        f"of {number(second.n)}; {interval(second.low, second.high)}): a difference of {points(difference)} (interval "
        f"{points(low)} to {points(high)}): {verdict}. Everybody counts in the arm they were drawn into."
    )
    if "value" in kept.columns and verdict == "contacting kept customers":
        worth = float(pd.to_numeric(kept.value).mean()) * difference * 1000
        text += f" At the list's mean value that is {money(worth, currency)} per 1,000 contacts, before their cost."
    if not_found:
        text += f" {counted(not_found, 'customer')} of the list had no outcome and are left out."
    facts = {"difference": float(difference), "low": low, "high": high, "verdict": verdict, "not_found": not_found}
    return Result("contact-effect", "table", title, text, f"{title}.", table=table, facts=facts)
