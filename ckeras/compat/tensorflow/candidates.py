"""Sampled classes of ``tensorflow.random``, and the losses of ``tensorflow.nn`` on them instead of on all classes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ckeras import ops as _ops
from ckeras.random import host_seed
from ckeras.tensor import Tensor


class Candidates(NamedTuple):
    """Sampled classes, and how often the true and the sampled ones are expected among them."""

    sampled_candidates: Tensor
    true_expected_count: Tensor
    sampled_expected_count: Tensor


def _candidates(
    probabilities: np.ndarray, true_classes: Any, num_sampled: int, unique: bool, seed: int | None
) -> Candidates:
    generator = np.random.default_rng(host_seed() if seed is None else seed)
    count, tries = len(probabilities), int(num_sampled)
    if unique:
        if num_sampled > count:
            raise ValueError(f"expected at most {count} unique candidates, the number of classes, got {num_sampled}")
        # Of the order of the first occurrences in endless sampling; exponential clocks give it at once.
        order = np.argsort(generator.exponential(size=count) / probabilities)
        sampled = order[:num_sampled]
        tries = _tries(probabilities, sampled, generator)
    else:
        sampled = generator.choice(count, num_sampled, p=probabilities)

    def expected(classes: np.ndarray) -> np.ndarray:
        p = probabilities[classes]
        return (-np.expm1(tries * np.log1p(-p)) if unique else p * num_sampled).astype("float32")

    true = np.asarray(true_classes, "int64")
    found = sampled.astype("int64"), expected(true), expected(sampled)
    return Candidates(*map(_ops.convert_to_tensor, found))


def _tries(probabilities: np.ndarray, sampled: np.ndarray, generator: np.random.Generator) -> int:
    """How many samples it took to see as many different classes: a wait for each."""
    left, total = 1.0, 0
    for p in probabilities[sampled]:
        total += int(generator.geometric(min(max(left, 1e-12), 1.0)))
        left -= p
    return total


def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Sample classes of the approximate distribution of words by frequency, ``log((c + 2) / (c + 1)) / log(n + 1)``.

    Args:
        true_classes: (batch, num_true).
        num_true: number of true classes of a sample.
        num_sampled: number of classes to sample, for the whole batch.
        unique: whether they differ.
        range_max: number of classes n.
        seed: equal seeds give equal classes.
        name: no effect.
    """
    classes = np.arange(int(range_max))
    return _candidates(np.log1p(1 / (classes + 1)) / np.log(range_max + 1), true_classes, num_sampled, unique, seed)


def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Sample classes uniformly; arguments as of `log_uniform_candidate_sampler`."""
    return _candidates(np.full(int(range_max), 1 / range_max), true_classes, num_sampled, unique, seed)


def _logits(
    weights: Any, biases: Any, labels: Any, inputs: Any, values: Any, num_true: int, remove_hits: bool
) -> tuple[Tensor, Tensor]:
    """Logits of true and sampled classes, less the logarithms of their expected counts, and their labels."""
    sampled, true_count, sampled_count = values
    inputs, labels = _ops.convert_to_tensor(inputs), _ops.reshape(_ops.cast(labels, "int64"), (-1, num_true))
    of_labels = _ops.take(weights, labels, axis=0)
    true = _ops.sum(of_labels * _ops.expand_dims(inputs, 1), axis=-1) + _ops.take(biases, labels)
    others = _ops.matmul(inputs, _ops.transpose(_ops.take(weights, sampled, axis=0))) + _ops.take(biases, sampled)
    if remove_hits:
        hit = _ops.any(_ops.equal(_ops.expand_dims(labels, -1), sampled), axis=1)
        others = _ops.where(hit, -np.finfo("float32").max, others)
    true, others = true - _ops.log(true_count), others - _ops.log(sampled_count)
    ones = _ops.ones_like(true) / num_true
    return _ops.concatenate([true, others], axis=1), _ops.concatenate([ones, _ops.zeros_like(others)], axis=1)


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str | None = None,
) -> Tensor:
    """Noise-contrastive estimation loss (Gutmann and Hyvärinen, 2010) of each sample.

    Args:
        weights, biases: (classes, size) and (classes,).
        labels: integers (batch, num_true).
        inputs: (batch, size).
        num_sampled, num_classes: numbers of sampled and of all classes.
        num_true: number of true classes of a sample.
        sampled_values: what a candidate sampler returned; by default, of a log-uniform one.
        remove_accidental_hits: whether sampled classes that are true do not count.
        name: no effect.
    """
    values = sampled_values or log_uniform_candidate_sampler(labels, num_true, num_sampled, True, num_classes)
    logits, targets = _logits(weights, biases, labels, inputs, values, num_true, remove_accidental_hits)
    return _ops.sum(_ops.binary_crossentropy(targets, logits, from_logits=True), axis=1)


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Softmax cross-entropy of each sample over true and sampled classes (Jean et al., 2014); see `nce_loss`."""
    values = sampled_values or log_uniform_candidate_sampler(labels, num_true, num_sampled, True, num_classes, seed)
    logits, targets = _logits(weights, biases, labels, inputs, values, num_true, remove_accidental_hits)
    return _ops.categorical_crossentropy(_ops.stop_gradient(targets), logits, from_logits=True)
