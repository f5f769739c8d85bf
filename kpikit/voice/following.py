"""What unhappy customers did after they were contacted, or not."""

from __future__ import annotations

import pandas as pd

from kpikit import intervals
from kpikit.formatting import number, percent, points
from kpikit.results import Result
from kpikit.voice.wording import checked, nothing_known

GROUPS = ("contacted", "not contacted")


def after_contact(counts: pd.DataFrame, *, within_days: int = 7, follow_days: int = 90) -> Result:
    """Return whether detractors who were contacted in time bought more often later: an association, not an effect.

    Parameters
    ----------
    counts
        As ``metrics.answers.after_contact`` returns it, made with the same ``within_days`` and ``follow_days``.

    Returns
    -------
    Result
        ``table``: ``group``, ``customers``, ``bought``, ``share``, ``low``, ``high`` (Wilson). ``facts``:
        ``difference``, ``low``, ``high`` (contacted minus not; Newcombe), or nothing where a group is empty.
    """
    checked(counts, ("group", "customers", "bought"), "metrics.answers.after_contact")
    name, columns = "after-contact", ("group", "customers", "bought", "share", "low", "high")
    sizes = counts.set_index("group")[["customers", "bought"]].astype(float).reindex(list(GROUPS), fill_value=0.0)
    if not sizes.customers.all():
        title = "What detractors did after a contact cannot be said yet"
        text = (
            f"It needs detractors who were contacted within {within_days} days (survey_responses.contacted_at) and "
            f"others who were not, each watched for {follow_days} days after that."
        )
        return nothing_known(name, title, text, columns)
    low, high = intervals.wilson(sizes.bought, sizes.customers)
    table = sizes.assign(share=sizes.bought / sizes.customers, low=low, high=high).reset_index()
    yes, no = table.iloc[0], table.iloc[1]
    ends = intervals.newcombe(yes.bought, yes.customers, no.bought, no.customers)
    difference, below, above = float(yes.share - no.share), float(ends[0]), float(ends[1])
    said = (
        f"{percent(yes.share)} ({number(yes.bought)} of {number(yes.customers)}) of the detractors who were contacted "
        f"within {within_days} days ordered in the {follow_days} days after those, {percent(no.share)} "
        f"({number(no.bought)} of {number(no.customers)}) of the others"
    )
    word = "more often" if below > 0 else "less often" if above < 0 else "neither clearly more nor less often"
    title = f"Detractors who were contacted bought {word} afterwards"
    text = (
        f"{said}: a difference of {points(difference)} (95 % interval {points(below)} to {points(above)}). "
        "This is an association: who was contacted was not drawn by lot. Contact a random half to learn the effect."
    )
    facts = {"difference": difference, "low": below, "high": above}
    return Result(name, "table", title, text, f"{title} ({points(difference)}).", table=table, facts=facts)
