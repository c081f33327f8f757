"""What recurrent layers compute, their gradients, masks and configs, with Keras or ckeras.

`KERAS_BACKEND=jax python tests/data/make_recurrent_values.py` computes every case below with Keras 3.15 and writes
`recurrent_values.npz` and `recurrent_values.json`, as `make_layers_values.py` does for other layers.
"""

import pathlib
import sys
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import make_layers_values as layers_values
from make_layers_values import Booleans, Case, Of, add, case

VALUES = pathlib.Path(__file__).with_suffix(".npz").with_name("recurrent_values.npz")
CASES: dict[str, Case] = {}

X, MASK = (3, 5, 4), Booleans((3, 5))
LENGTHS = {"mask": MASK}
SEQUENCES = {"return_sequences": True}
ALL = {"return_sequences": True, "return_state": True}
OTHERS = {
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_uniform",
    "bias_initializer": "ones",
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "l2",
    "kernel_constraint": "non_neg",
    "recurrent_constraint": "unit_norm",
    "bias_constraint": "max_norm",
}


def made(layer: str, *args: Any, **options: Any) -> Of:
    """A layer inside another."""
    return Of(lambda k, dtype: getattr(k.layers, layer)(*args, **{"dtype": dtype, "name": "inner", **options}))


def stack(*cells: tuple[Any, ...]) -> Of:
    """A stack of cells, each as its class, units and options."""

    def make(k: Any, dtype: str) -> Any:
        inner = [getattr(k.layers, c)(units, dtype=dtype, name=f"cell{i}", **options[0] if options else {})
                 for i, (c, units, *options) in enumerate(cells)]  # fmt: skip
        return k.layers.StackedRNNCells(inner, dtype=dtype, name="stack")

    return Of(make)


for name, states in (("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1)):
    initial = [(3, 2)] * states
    add(
        case(name, X, units=2, mask=(3, 5)),
        case(name, X, units=2, call=LENGTHS, **SEQUENCES),
        case(name, X, units=2, call=LENGTHS, mask=(3, 5), zero_output_for_mask=True, **SEQUENCES),
        case(name, X, initial, units=2, **ALL),
        case(name, X, initial, units=2, call=LENGTHS, return_state=True),
        case(name, X, units=2, go_backwards=True, call=LENGTHS, **ALL),
        case(name, X, units=3, unroll=True, go_backwards=True, use_bias=False, **SEQUENCES),
        case(name, X, units=3, unroll=True, call=LENGTHS, return_state=True),
        case(name, X, units=1, activation="softsign", **OTHERS),
        case(name, (2, 1, 3), units=2, activation=None, dropout=0.5, recurrent_dropout=0.25, seed=3),
        case(f"{name}Cell", (3, 4), initial, units=2),
        case(f"{name}Cell", (3, 4), initial, units=2, use_bias=False, dropout=0.5, seed=1, **OTHERS),
        to=CASES,
    )
    if name != "SimpleRNN":
        functions = {"recurrent_activation": "hard_sigmoid", "activation": "relu", "activity_regularizer": "l2"}
        add(case(name, X, units=2, **functions), to=CASES)

add(
    case("LSTM", X, units=2, unit_forget_bias=False),
    case("GRU", X, units=2, reset_after=False, **SEQUENCES),
    case("GRU", X, units=2, reset_after=False, use_bias=False, call=LENGTHS),
    case("GRUCell", (3, 4), [(3, 2)], units=2, reset_after=False),
    case("RNN", X, cell=made("LSTMCell", 2), call=LENGTHS, **ALL),
    case("RNN", X, cell=made("GRUCell", 3, reset_after=False), go_backwards=True, mask=(3, 5)),
    case("RNN", X, cell=stack(("LSTMCell", 3), ("GRUCell", 2)), call=LENGTHS, **SEQUENCES),
    case("RNN", X, cell=stack(("SimpleRNNCell", 3), ("LSTMCell", 2, {"use_bias": False})), **ALL),
    case("RNN", X, cell=stack(("GRUCell", 2), ("GRUCell", 2)), unroll=True, zero_output_for_mask=True),
    case("StackedRNNCells", (3, 4), [(3, 2), (3, 3)],
         cells=Of(lambda k, dtype: [k.layers.GRUCell(2, dtype=dtype, name="a"),
                                    k.layers.SimpleRNNCell(3, dtype=dtype, name="b")])),
    to=CASES,
)  # fmt: skip

for mode in ("concat", "sum", "mul", "ave", None):
    add(
        case("Bidirectional", X, layer=made("LSTM", 2, **SEQUENCES), merge_mode=mode, call=LENGTHS),
        case("Bidirectional", X, layer=made("GRU", 2), merge_mode=mode, mask=(3, 5) if mode else None),
        to=CASES,
    )
add(
    case("Bidirectional", X, [(3, 2)] * 4, layer=made("LSTM", 2, **ALL)),
    case("Bidirectional", X, [(3, 2)] * 2, layer=made("GRU", 2, **ALL), merge_mode=None),
    case("Bidirectional", X, layer=made("SimpleRNN", 2, **SEQUENCES), mask=(3, 5),
         backward_layer=made("SimpleRNN", 3, go_backwards=True, name="other", **SEQUENCES)),
    case("TimeDistributed", X, layer=made("Dense", 3, activation="tanh"), mask=(3, 5)),
    case("TimeDistributed", (2, 3, 5, 4), layer=made("LSTM", 2)),
    case("TimeDistributed", (2, 3, 5, 4), layer=made("Conv1D", 2, 2)),
    case("TimeDistributed", X, layer=made("BatchNormalization"), call={"training": True}),
    to=CASES,
)  # fmt: skip


def reference() -> Any:
    """Case -> the values and the config that Keras gave."""
    return layers_values.reference(VALUES)


def main() -> None:
    from keras.src.backend.common import dtypes

    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # or tanh of float64 is float32 on JAX
    layers_values.main(CASES, VALUES)


if __name__ == "__main__":
    main()
