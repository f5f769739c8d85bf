"""Scores of a ranking over customers drawn again: a weight per customer and resample, all scores on the same draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
RESAMPLES = 500
CELLS = 4_000_000  # weights held at once
TOP = 0.10


class Ranking:
    """Scores of one ranking under weights; ties count half, or at their average.

    Parameters
    ----------
    score
        Higher: more likely lost.
    churned
        1 where lost.
    """

    def __init__(self, score: Any, churned: Any) -> None:
        score, self.churned = np.asarray(score, dtype=float), np.asarray(churned, dtype=float)
        self._last: tuple[Array, Array, Array] | None = None
        self.order = np.argsort(-score, kind="stable")
        ranked = score[self.order]
        self.starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])  # of each group of equal scores

    def _grouped(self, weights: Array) -> tuple[Array, Array]:
        """Return the weight of all and of the lost in each group of equal scores, the highest first."""
        if self._last is not None and self._last[0] is weights:  # each score of the same draws asks for them
            return self._last[1], self._last[2]
        ranked = weights[:, self.order]
        everyone = np.add.reduceat(ranked, self.starts, axis=1)
        lost = np.add.reduceat(ranked * self.churned[self.order], self.starts, axis=1)
        self._last = (weights, everyone, lost)
        return everyone, lost

    def auc(self, weights: Array) -> Array:
        """Return P(a lost customer ranks above another), ties half; NaN where there is one kind only."""
        everyone, lost = self._grouped(weights)
        kept = everyone - lost
        below = kept.sum(axis=1, keepdims=True) - np.cumsum(kept, axis=1)
        pairs = lost.sum(axis=1) * kept.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            area: Array = (lost * (below + kept / 2)).sum(axis=1) / pairs
        return area

    def average_precision(self, weights: Array) -> Array:
        """Return the area under precision and recall, as the sum of precision over the steps of recall."""
        everyone, lost = self._grouped(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.cumsum(lost, axis=1) / np.cumsum(everyone, axis=1)
            area: Array = np.nansum(lost * precision, axis=1) / lost.sum(axis=1)
        return area

    def capture(self, weights: Array, top: float = TOP) -> Array:
        """Return the share of the lost among the ``top`` share ranked highest; ties at the edge count in part."""
        everyone, lost = self._grouped(weights)
        wanted = top * everyone.sum(axis=1, keepdims=True)
        before = np.cumsum(everyone, axis=1) - everyone
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.clip(np.nan_to_num((wanted - before) / everyone), 0, 1)
            share: Array = (part * lost).sum(axis=1) / lost.sum(axis=1)
        return share

    def lift(self, weights: Array, top: float = TOP) -> Array:
        """Return how many times as many are lost among the ``top`` share ranked highest as among all."""
        return self.capture(weights, top) / top


def mean(values: Any, weights: Array) -> Array:
    """Return the weighted mean of one value per customer."""
    found: Array = weights @ np.asarray(values, dtype=float) / weights.sum(axis=1)
    return found


def once(n: int) -> Array:
    """Return the weights of the customers as they are: each once."""
    return np.ones((1, n))


def drawn(n: int, seed: int, resamples: int = RESAMPLES) -> Iterator[Array]:
    """Yield weights of customers drawn with replacement, in blocks: the same for the same seed."""
    random = np.random.default_rng(seed)
    block = max(1, CELLS // max(n, 1))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        yield np.stack([np.bincount(random.integers(0, n, n), minlength=n) for _ in range(size)]).astype(float)


def resampled(
    scores: dict[str, Callable[[Array], Array]], n: int, seed: int, resamples: int = RESAMPLES
) -> tuple[dict[str, float], dict[str, Array]]:
    """Return each score as it is and in each resample; all scores of one resample are of the same customers."""
    values = {name: float(score(once(n))[0]) for name, score in scores.items()}
    parts: dict[str, list[Array]] = {name: [] for name in scores}
    for weights in drawn(n, seed, resamples):
        for name, score in scores.items():
            parts[name].append(score(weights))
    return values, {name: np.concatenate(found) for name, found in parts.items()}
