"""What ConvLSTM1D, ConvLSTM2D and ConvLSTM3D compute, their gradients, masks and configs, with Keras or ckeras.

`KERAS_BACKEND=jax python tests/data/make_conv_lstm_values.py` computes every case below with Keras 3.15 and writes
`conv_lstm_values.npz` and `conv_lstm_values.json`, as `make_layers_values.py` does for other layers.
"""

import pathlib
import sys
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import make_layers_values as layers_values
from make_layers_values import Booleans, Case, add, case

VALUES = pathlib.Path(__file__).with_suffix(".npz").with_name("conv_lstm_values.npz")
CASES: dict[str, Case] = {}

SIGNALS, IMAGES, VOLUMES = (2, 3, 5, 2), (2, 3, 4, 3, 2), (2, 2, 2, 3, 2, 1)
ALL = {"return_sequences": True, "return_state": True}
SAME = {"padding": "same", "kernel_size": 2}
OTHERS = {
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_uniform",
    "bias_initializer": "ones",
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "l2",
    "kernel_constraint": "non_neg",
    "bias_constraint": "max_norm",
    "activity_regularizer": "l2",
}

for name, shape in (("ConvLSTM1D", SIGNALS), ("ConvLSTM2D", IMAGES), ("ConvLSTM3D", VOLUMES)):
    state = (2, *shape[2:-1], 2)
    add(
        case(name, shape, filters=2, kernel_size=2, mask=(2, 3)),
        case(name, shape, [state] * 2, filters=2, **SAME, **ALL),
        case(name, shape, filters=2, unroll=True, call={"mask": Booleans(shape[:2])}, **SAME, **ALL),
        case(name, shape, filters=1, strides=2, go_backwards=True, dropout=0.25, seed=3, **SAME, **ALL),
        case(name, shape, filters=2, use_bias=False, data_format="channels_first", return_sequences=True, **SAME),
        to=CASES,
    )
add(
    case("ConvLSTM1D", SIGNALS, filters=2, kernel_size=2, dilation_rate=2, unit_forget_bias=False),
    case("ConvLSTM1D", SIGNALS, filters=2, kernel_size=3, activation="relu", recurrent_activation="hard_sigmoid"),
    case("ConvLSTM2D", IMAGES, filters=2, kernel_size=(2, 1), strides=(1, 2), recurrent_dropout=0.5),
    case("ConvLSTM2D", IMAGES, filters=1, kernel_size=2, mask=(2, 3), return_sequences=True, **OTHERS),
    case("ConvLSTM2D", (2, 3, 2, 3, 4), [(2, 2, 3, 4)] * 2, filters=2, data_format="channels_first", **SAME, **ALL),
    to=CASES,
)


def reference() -> Any:
    """Case -> the values and the config that Keras gave."""
    return layers_values.reference(VALUES)


def main() -> None:
    from keras.src.backend.common import dtypes

    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # or tanh of float64 is float32 on JAX
    layers_values.main(CASES, VALUES)


if __name__ == "__main__":
    main()
