"""Connectionist temporal classification, compared with a sum over all alignments of the labels."""

import itertools

import numpy as np
import pytest

from ckeras import losses


def by_counting(labels, logits):
    """Minus the logarithm of the sum over all paths that give the labels when repeats, then blanks, are dropped."""
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    wanted, total = [label for label in labels if label], 0.0
    for path in itertools.product(range(p.shape[1]), repeat=p.shape[0]):
        if [c for c, _ in itertools.groupby(path) if c] == wanted:
            total += np.prod([p[step, c] for step, c in enumerate(path)])
    return -np.log(total)


LABELS = np.array([[1, 2, 0], [2, 2, 0], [1, 0, 0], [3, 1, 2]])
LOGITS = np.random.default_rng(0).standard_normal((4, 5, 4)).astype("float32")


def test_values():
    expected = [by_counting(t, p.astype("float64")) for t, p in zip(LABELS, LOGITS, strict=True)]
    np.testing.assert_allclose(losses.ctc(LABELS, LOGITS), expected, rtol=1e-5)
    assert float(losses.CTC()(LABELS, LOGITS)) == pytest.approx(np.mean(expected), rel=1e-5)
    assert float(losses.CTC(reduction="sum")(LABELS, LOGITS, np.arange(4.0))) == pytest.approx(
        np.dot(expected, np.arange(4)), rel=1e-5
    )


@pytest.mark.parametrize(("true", "predicted"), [((4,), (4, 5, 3)), ((4, 2), (4, 5))])
def test_ranks(true, predicted):
    with pytest.raises(ValueError, match="ctc: expected y_true of shape"):
        losses.ctc(np.zeros(true), np.zeros(predicted))
