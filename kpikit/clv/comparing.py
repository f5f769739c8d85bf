"""Models side by side: what each found, how well it fits, and how it did in the holdout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.fitter import fits
from kpikit.clv.model import Fit
from kpikit.clv.models import CONTINUOUS, COUNTED, NAMES, TITLES
from kpikit.errors import ParameterError, one_of
from kpikit.formatting import joined, number
from kpikit.results import Result

NEAR = 4.0  # of AIC: less tells no model from another
FAMILIES = (CONTINUOUS, ("bg_bb", "bb"), ("sbg",))
HOLDOUT = {"bias": "holdout_bias", "mae": "holdout_mae", "poisson_deviance": "holdout_deviance"}


def fits_of(data: Any, models: tuple[str, ...], *, unit: str = "", seed: int | None = None) -> dict[str, Fit]:
    """Return fits by name: those given (a mapping, or a sequence of them), or the models fitted to histories."""
    given = list(data.values()) if isinstance(data, Mapping) else data if isinstance(data, (list, tuple)) else None
    if given is None:
        return fits(data, models, unit=unit) if seed is None else fits(data, models, unit=unit, seed=seed)
    if not given or not all(isinstance(found, Fit) for found in given):
        raise ParameterError(
            "fits, or histories to fit",
            got=f"{len(given)} of {joined(sorted({type(one).__name__ for one in given})) or 'nothing'}",
            fix="Pass kpikit.clv.fits(histories), or histories.",
            where="fits",
        )
    if len({found.fingerprint for found in given}) > 1:
        raise ParameterError(
            "fits of the same histories", got="different histories", fix="Use kpikit.clv.fits.", where="fits"
        )
    return {found.model: found for found in given}


def same_family(models: Iterable[str]) -> tuple[str, ...]:
    """Return the models unless their likelihoods speak of different things: times, sequences or renewals."""
    names = tuple(models)
    for name in names:
        one_of("models", name, (*CONTINUOUS, *COUNTED))
    if not any(set(names) <= set(family) for family in FAMILIES):
        raise ParameterError(
            "models of one kind: " + "; or ".join(", ".join(family) for family in FAMILIES),
            got=", ".join(names),
            fix="Compare within a kind: the likelihoods of different kinds speak of different data.",
            where="models",
        )
    return names


def compare(
    histories: Any, models: tuple[str, ...] = CONTINUOUS, *, unit: str = "", proof: Result | None = None
) -> Result:
    """Put models side by side: one row per model, as it was asked for (a fallback is another row's model).

    Parameters
    ----------
    histories
        The fits of :func:`kpikit.clv.fits` (nothing is fitted again), or histories to fit.
    models
        Which to fit where histories are given.
    unit
        As in :func:`kpikit.clv.fit`.
    proof
        What :func:`kpikit.clv.holdout` returned; None for none.

    Returns
    -------
    Result
        ``.table``: ``model``, ``title``, the parameters, ``log_likelihood``, ``aic``, ``verdict``, ``used``; with
        ``proof`` also ``holdout_bias``, ``holdout_mae`` and ``holdout_deviance`` (of the model that forecast). Choose
        before looking at the holdout.

    Raises
    ------
    ParameterError
        When a model is unknown, the models are not of one kind, or the fits are not of the same histories.
    """
    fits_given = isinstance(histories, (Mapping, list, tuple))
    found = fits_of(histories, models if fits_given else same_family(models), unit=unit)
    same_family(found)
    names = list(dict.fromkeys(name for model in found for name in NAMES[model]))
    rows = [
        {
            "model": one.model,
            "title": TITLES[one.model],
            **{name: one.asked["params"].get(name, np.nan) for name in names},
            "log_likelihood": one.asked["log_likelihood"],
            "aic": one.asked["aic"],
            "verdict": one.verdict,
            "used": one.used,
        }
        for one in found.values()
    ]
    table = pd.DataFrame(rows)
    if proof is not None:
        scores = proof.table.set_index("used")[list(HOLDOUT)].rename(columns=HOLDOUT)
        table = table.join(scores[~scores.index.duplicated()], on="used")
    return Result("clv-models", "table", "Models side by side", _text(table), table=table)


def _text(table: pd.DataFrame) -> str:
    usable = table[np.isfinite(table["aic"])].sort_values("aic")
    if usable.empty:
        return "Too little data: none of the models can be fitted."
    best = usable.iloc[0]
    near = [str(title) for title in usable["title"][1:][usable["aic"][1:] - best.aic < NEAR]]
    text = f"By AIC {best.title} fits best ({number(best.aic, 1)})."
    text += f" {joined(near)} cannot be told from it (within 4)." if near else ""
    unsound = table[table["verdict"] != "sound"]
    text += "".join(f" {row.title}: {row.verdict}." for row in unsound.itertuples())
    tested = table[np.isfinite(table["holdout_deviance"])] if "holdout_deviance" in table else table.head(0)
    if len(tested):
        first = tested.sort_values("holdout_deviance").iloc[0]
        text += f" In the holdout {TITLES[first.used]} came nearest by Poisson deviance."
    return text
