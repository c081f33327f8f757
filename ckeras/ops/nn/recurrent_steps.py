"""One step of the recurrent cells, in ops: the formulas that their kernels compute for whole sequences.

Each takes the inputs of the step, already multiplied by their kernel and with their bias, of shape (batch, gates *
units); the states; ``recur(state, first, last)``, the product of a state with the recurrent kernel's columns for the
gates from ``first`` to ``last``; and the activations. It returns the states after the step, the first of which is the
output.
"""

from collections.abc import Callable
from typing import Any

from ckeras.ops.manipulation.concat import split

Activation = Callable[[Any], Any]


def simple_rnn(x: Any, states: list[Any], recur: Callable[..., Any], activation: Activation) -> list[Any]:
    """h' = activation(x + h u)"""
    return [activation(x + recur(states[0], 0, None))]


def lstm(x: Any, states: list[Any], recur: Callable[..., Any], activation: Activation, gate: Activation) -> list[Any]:
    """c' = f c + i activation(z_c), h' = o activation(c')"""
    h, c = states
    z_i, z_f, z_c, z_o = split(x + recur(h, 0, None), 4, axis=-1)
    c = gate(z_f) * c + gate(z_i) * activation(z_c)
    return [gate(z_o) * activation(c), c]


def gru(
    x: Any,
    states: list[Any],
    recur: Callable[..., Any],
    activation: Activation,
    gate: Activation,
    bias: Any = None,
    reset_after: bool = True,
) -> list[Any]:
    """h' = z h + (1 - z) activation(x_h + r h_h), or with (r h) u_h instead of r h_h unless ``reset_after``

    ``bias``, of shape (3 * units,), is added to the product of h if ``reset_after``.
    """
    h = states[0]
    x_z, x_r, x_h = split(x, 3, axis=-1)
    if reset_after:
        y = recur(h, 0, None)
        h_z, h_r, h_h = split(y if bias is None else y + bias, 3, axis=-1)
    else:
        h_z, h_r = split(recur(h, 0, 2), 2, axis=-1)
    z, r = gate(x_z + h_z), gate(x_r + h_r)
    h_h = r * h_h if reset_after else recur(r * h, 2, None)
    return [z * h + (1 - z) * activation(x_h + h_h)]
