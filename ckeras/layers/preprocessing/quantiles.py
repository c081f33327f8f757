"""Approximate quantiles of values that come in batches, as summaries of values with weights.

Greenwald and Khanna, "Space-efficient online computation of quantile summaries" (2001), in the simple form of Keras.
"""

from __future__ import annotations

import numpy as np


def summary_of(values: np.ndarray, epsilon: float) -> np.ndarray:
    """Return about 1 / epsilon of the sorted values, and the number that each stands for: (2, n)."""
    values = np.sort(values)
    increment = len(values) * epsilon
    step = max(increment, 1)
    kept = values[max(int(increment - 1), 0) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def merged(first: np.ndarray, second: np.ndarray, epsilon: float) -> np.ndarray:
    """Return the summary of the values of two."""
    both = np.concatenate([first, second], axis=1)
    return _compressed(both[:, np.argsort(both[0])], epsilon)


def quantiles(summary: np.ndarray, count: int) -> np.ndarray:
    """Return ``count - 1`` boundaries that separate ``count`` parts of equal weight."""
    return _compressed(summary, 1 / count)[0, :-1]


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """At most 1 / epsilon values, interpolated between those of a summary."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    weights = summary[1].cumsum()
    given = weights / weights[-1]
    kept = np.interp(shares, given, summary[0])
    weights = np.interp(shares, given, weights)
    return np.stack([kept, np.diff(weights, prepend=0)]).astype(summary.dtype)
