"""The confidence of every interval, and its normal quantile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from kpikit.errors import ParameterError

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


def normal_quantile(confidence: float) -> float:
    """Return the two-sided normal quantile of a confidence: 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise ParameterError("a confidence between 0 and 1", got=str(confidence), fix="Pass 0.95.", where="confidence")
    return float(stats.norm.ppf((1 + confidence) / 2))
