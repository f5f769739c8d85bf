"""What is known of customers beside their purchases: static covariates, and the parameters that follow from them.

A customer with purchase covariates x and dropout covariates z has

- α_i = α₀ exp(−g'x): one more of x multiplies the purchase rate by exp(g);
- Pareto/NBD: β_i = β₀ exp(−d'z): one more of z multiplies the rate of leaving by exp(d);
- BG/NBD and MBG/NBD: a_i = a₀ exp(d'z) and b_i = b₀ exp(d'z). The mean chance to leave at a purchase, a / (a + b), is
  the same for all. A larger d makes customers more alike: those who stayed so far are likelier to leave later. What
  goes with *how many* leave at once is seen by Pareto/NBD, not by these two.

r and s, the variation that covariates leave open, are common to all.

References
----------
Fader, P. S. and Hardie, B. G. S. (2007), "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD
models", brucehardie.com/notes/019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.clv.formulas import Array, Params
from kpikit.errors import ContractError, ParameterError, one_of

PURCHASE, DROPOUT = PROCESSES = ("purchase", "dropout")
Covariates = Sequence[str] | Mapping[str, Sequence[str]]
# which process moves a parameter, and the sign of its coefficients in the parameter's logarithm
EFFECTS = {"alpha": (PURCHASE, -1), "a": (DROPOUT, 1), "b": (DROPOUT, 1), "beta": (DROPOUT, -1)}


@dataclass(frozen=True)
class Asked:
    """The columns that go with each process."""

    purchase: tuple[str, ...] = ()
    dropout: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Each column once."""
        return tuple(dict.fromkeys((*self.purchase, *self.dropout)))

    def of(self, process: str, params: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of a process, none where no parameter of the model is moved by it."""
        moved = any(EFFECTS.get(name, ("", 0))[0] == process for name in params)
        return (self.purchase if process == PURCHASE else self.dropout) if moved else ()

    def without(self, columns: Sequence[str]) -> Asked:
        """Return what is asked but for some columns."""
        return Asked(*(tuple(name for name in names if name not in columns) for names in (self.purchase, self.dropout)))


def parsed(covariates: Covariates) -> Asked:
    """Return which columns go with purchases and which with dropout: a list is for both.

    >>> parsed({"purchase": ["is_web"]})
    Asked(purchase=('is_web',), dropout=())
    """
    if isinstance(covariates, str):
        fix = f"Pass [{covariates!r}]."
        raise ParameterError("a list of columns", got=repr(covariates), fix=fix, where="covariates")
    if not isinstance(covariates, Mapping):
        return Asked(*(tuple(dict.fromkeys(covariates)),) * 2)
    for name in covariates:
        one_of("covariates", name, PROCESSES)
    return Asked(*(parsed(list(covariates.get(process, ()))).purchase for process in PROCESSES))


def constant_columns(groups: pd.DataFrame, asked: Asked) -> list[str]:
    """Return the covariates that are the same for all customers: nothing can be learned of them.

    Raises
    ------
    ContractError
        When the others are not free of one another: as with a column for each of all channels, which sum to 1.
    """
    constant = [name for name in asked.columns if np.ptp(groups[name].to_numpy()) == 0]
    names = [name for name in asked.columns if name not in constant]
    values = groups[names].to_numpy(dtype=float)
    centred = (values - values.mean(axis=0)) / np.where(values.std(axis=0) > 0, values.std(axis=0), 1.0)
    if names and np.linalg.matrix_rank(centred, tol=1e-8 * max(values.shape) ** 0.5) < len(names):
        raise ContractError(
            "covariates that do not follow from one another",
            got=f"{names}, of which one is a sum of others",
            fix="Leave one out: of a column for each channel, the channel that the others are compared with.",
            where="covariates",
        )
    return constant


def columns_of(coefficients: Mapping[str, float]) -> list[str]:
    """Return the columns that coefficients belong to, each once."""
    return list(dict.fromkeys(name.split(":", 1)[1] for name in coefficients))


def own_params(params: Mapping[str, float], coefficients: Mapping[str, float], rows: pd.DataFrame) -> Params:
    """Return the parameters of each row: a number where all share it, else an array."""
    own: dict[str, float | Array] = dict(params)
    for name, value in params.items():
        process, sign = EFFECTS.get(name, ("", 0))
        terms = {key.split(":", 1)[1]: one for key, one in coefficients.items() if key.split(":", 1)[0] == process}
        if terms:
            total = sum(one * rows[column].to_numpy(dtype=float) for column, one in terms.items())
            own[name] = value * np.exp(sign * np.asarray(total))
    return own
