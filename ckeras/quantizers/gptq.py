"""GPTQ: weights are rounded one input after the other, and later ones make up for the errors (Frantar et al., 2022)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.quantizers.groups import affine_parameters, to_groups

_BLOCK = 128  # inputs whose errors are added to those after them at once


class Hessian:
    """The Hessian of the squared error of a product with respect to its weights: the mean of ``2 * x x'``.

    Args:
        size: Number of inputs of the product.
    """

    def __init__(self, size: int):
        self.samples = 0
        self.values = np.zeros((size, size), np.float32)

    def update(self, x: np.ndarray) -> None:
        """Take further inputs, of shape (samples, size), into the mean."""
        x = x.astype(np.float32)
        total = self.samples + len(x)
        self.values *= np.float32(self.samples / total)
        self.values += np.float32(2 / total) * (x.T @ x)
        self.samples = total


def quantized(weights: np.ndarray, hessian: Hessian, config: Any) -> dict[str, np.ndarray]:
    """Round weights so that the error of their product is small.

    A column is rounded, and its error, divided by the diagonal of the inverse Hessian, is subtracted from the columns
    after it in proportion to its row.

    Args:
        weights: Transposed kernel, (outputs, inputs).
        hessian: Hessian over the inputs of samples.
        config: `GPTQConfig`.

    Returns:
        "quantized" (outputs, inputs), "kernel_scale" and "kernel_zero" (outputs, groups), and "g_idx" (inputs,), the
        group of each input, as a number of which the integral part counts.
    """
    damped = _damped(hessian.values, config.hessian_damping)
    inverse = np.linalg.inv(damped)
    count = weights.shape[1]
    order = np.argsort(-np.diag(damped), kind="stable") if config.activation_order else np.arange(count)
    inverse = inverse[np.ix_(order, order)]
    group = count if config.group_size == -1 else config.group_size
    integers, scales, zeros = _rounded(weights[:, order].astype(np.float32), inverse, group, config)
    back = np.argsort(order)
    g_idx = (np.arange(count) / group).astype(np.float32)
    return {
        "quantized": integers[:, back],
        "kernel_scale": np.concatenate(scales, axis=1),
        "kernel_zero": np.concatenate(zeros, axis=1),
        "g_idx": g_idx[back],
    }


def _damped(hessian: np.ndarray, damping: float) -> np.ndarray:
    """The Hessian with 1 for inputs that were always 0, and part of the mean of its diagonal added to it."""
    diagonal = np.diag(hessian)
    diagonal = np.where(diagonal == 0, np.float32(1), diagonal)
    damped = hessian.copy()
    np.fill_diagonal(damped, diagonal + np.float32(damping) * diagonal.mean())
    return damped


def _rounded(w: np.ndarray, inverse: np.ndarray, group: int, config: Any) -> tuple[np.ndarray, list, list]:
    """The integers of ``w``, which is overwritten, and the scales and zeros of its groups of columns."""
    count, bits = w.shape[1], config.weight_bits
    integers, scales, zeros = np.zeros_like(w), [], []
    for start in range(0, count, _BLOCK):
        end = min(start + _BLOCK, count)
        block, errors = w[:, start:end].copy(), np.zeros_like(w[:, start:end])
        for j in range(start, end):
            if j % group == 0:
                columns = w[:, j : j + group]
                scale, zero = affine_parameters(columns, bits, config.symmetric, config.per_channel)
                scales.append(scale)
                zeros.append(zero)
            column = block[:, j - start : j - start + 1]
            rounded = to_groups(column, scale, zero, bits)
            integers[:, j : j + 1] = rounded
            error = (column - scale * (rounded - zero.astype(w.dtype))) / inverse[j, j]
            errors[:, j - start : j - start + 1] = error
            block[:, j - start + 1 :] -= error * inverse[j, j + 1 : end]
        w[:, end:] -= errors @ inverse[start:end, end:]
    return integers, scales, zeros
