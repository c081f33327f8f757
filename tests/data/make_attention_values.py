"""What layers of attention compute, their gradients, masks and configs, with Keras or ckeras.

`KERAS_BACKEND=jax python tests/data/make_attention_values.py` computes every case below with Keras 3.15 and writes
`attention_values.npz` and `attention_values.json`, as `make_layers_values.py` does for other layers.
"""

import pathlib
import sys
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import make_layers_values as layers_values
from make_layers_values import Booleans, Case, add, case

VALUES = pathlib.Path(__file__).with_suffix(".npz").with_name("attention_values.npz")
CASES: dict[str, Case] = {}
layers_values.BY_PATH |= {"MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"}

QUERY, VALUE, KEY = (2, 5, 4), (2, 3, 6), (2, 3, 4)
SCORES, CAUSAL = {"return_attention_scores": True}, {"use_causal_mask": True}
PADDED = {"value_mask": Booleans((2, 3))}
PAIR = {"attention_mask": Booleans((2, 5, 3))}
GATED = {"use_gate": True, "use_bias": False}
OTHERS = {
    "kernel_initializer": "he_normal",
    "bias_initializer": "ones",
    "kernel_regularizer": "l2",
    "bias_regularizer": "l1",
    "activity_regularizer": "l2",
    "kernel_constraint": "non_neg",
    "bias_constraint": "max_norm",
}

for name, extra in (("Attention", {"use_scale": True}), ("AdditiveAttention", {"use_scale": False})):
    add(
        case(name, [QUERY, KEY], mask=[(2, 5), (2, 3)]),
        case(name, [QUERY, VALUE, KEY], mask=[(2, 5), None]),
        case(name, [QUERY, VALUE, KEY], call={"mask": [Booleans((2, 5)), Booleans((2, 3))]}, **extra),
        case(name, [QUERY, VALUE, KEY], call=SCORES | CAUSAL, dropout=0.5, seed=3),
        case(name, [QUERY, KEY], call=SCORES | {"mask": [None, Booleans((2, 3))]}, **extra),
        case(name, [QUERY, QUERY], call=CAUSAL, dropout=0.25),
        to=CASES,
    )
add(
    case("Attention", [QUERY, VALUE, KEY], score_mode="concat"),
    case("Attention", [QUERY, KEY], score_mode="concat", use_scale=True, call=SCORES | CAUSAL),
    case("Attention", [(2, 3, 5, 4), (2, 3, 2, 4)], use_scale=True),
    to=CASES,
)

add(
    case("MultiHeadAttention", QUERY, VALUE, num_heads=2, key_dim=3),
    case("MultiHeadAttention", QUERY, VALUE, KEY, num_heads=1, key_dim=2, value_dim=5, output_shape=3, dropout=0.5),
    case("MultiHeadAttention", QUERY, VALUE, num_heads=2, key_dim=3, output_shape=(3, 2), **GATED),
    case("MultiHeadAttention", QUERY, VALUE, num_heads=2, key_dim=3, value_dim=2, use_gate=True, call=SCORES),
    case("MultiHeadAttention", QUERY, QUERY, num_heads=2, key_dim=3, call=CAUSAL, mask=(2, 5)),
    case("MultiHeadAttention", QUERY, QUERY, num_heads=2, key_dim=3, call=CAUSAL | SCORES, dropout=0.5, seed=3),
    case("MultiHeadAttention", QUERY, VALUE, num_heads=2, key_dim=3, call=PADDED),
    case("MultiHeadAttention", QUERY, VALUE, num_heads=2, key_dim=3, call=PADDED | SCORES | CAUSAL, dropout=0.25),
    case("MultiHeadAttention", QUERY, VALUE, KEY, num_heads=2, key_dim=3,
         call=PAIR | {"key_mask": Booleans((2, 3))}, dropout=0.25),
    case("MultiHeadAttention", QUERY, VALUE, num_heads=2, key_dim=3, call={"attention_mask": Booleans((2, 2, 5, 3))}),
    case("MultiHeadAttention", QUERY, QUERY, num_heads=2, key_dim=3, sliding_window=2),
    case("MultiHeadAttention", QUERY, QUERY, num_heads=2, key_dim=3, sliding_window=3, call=CAUSAL | SCORES),
    case("MultiHeadAttention", QUERY, VALUE, num_heads=2, key_dim=3, sliding_window=1, call=PADDED),
    case("MultiHeadAttention", QUERY, VALUE, num_heads=3, key_dim=1, **OTHERS),
    case("MultiHeadAttention", (2, 3, 4, 2), (2, 2, 3, 5), num_heads=2, key_dim=3, call=SCORES),
    case("MultiHeadAttention", (2, 3, 4, 2), (2, 3, 5, 3), num_heads=2, key_dim=3, attention_axes=(2,)),
    case("MultiHeadAttention", (2, 3, 4, 2), (2, 5, 4, 3), num_heads=2, key_dim=3, attention_axes=1, use_gate=True),
    case("MultiHeadAttention", (2, 3, 4, 2), (2, 3, 5, 3), num_heads=2, key_dim=3, attention_axes=-2, output_shape=3),
    to=CASES,
)  # fmt: skip

GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
OTHER = (2, 3, 4)
add(
    case("GroupQueryAttention", QUERY, OTHER, **GROUPS),
    case("GroupQueryAttention", QUERY, OTHER, (2, 3, 5), call=SCORES, use_gate=True, **GROUPS),
    case("GroupQueryAttention", QUERY, OTHER, head_dim=2, num_query_heads=3, num_key_value_heads=1, **GATED),
    case("GroupQueryAttention", QUERY, OTHER, head_dim=2, num_query_heads=2, num_key_value_heads=2, **OTHERS),
    case("GroupQueryAttention", QUERY, QUERY, call=CAUSAL, mask=(2, 5), **GROUPS),
    case("GroupQueryAttention", QUERY, QUERY, call=CAUSAL | SCORES, dropout=0.5, seed=3, **GROUPS),
    case("GroupQueryAttention", QUERY, OTHER, call=PADDED | PAIR | {"query_mask": Booleans((2, 5))}, **GROUPS),
    case("GroupQueryAttention", QUERY, OTHER, call=PADDED | SCORES | CAUSAL, dropout=0.25, **GROUPS),
    case("GroupQueryAttention", QUERY, OTHER, call={"key_mask": Booleans((2, 3))} | PAIR, dropout=0.25, **GROUPS),
    case("GroupQueryAttention", QUERY, QUERY, sliding_window=2, **GROUPS),
    case("GroupQueryAttention", QUERY, QUERY, sliding_window=2, call=CAUSAL | SCORES, **GROUPS),
    to=CASES,
)


def reference() -> Any:
    """Case -> the values and the config that Keras gave."""
    return layers_values.reference(VALUES)


def main() -> None:
    from keras.src.backend.common import dtypes

    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # or softmax of float64 is float32 on JAX
    layers_values.main(CASES, VALUES)


if __name__ == "__main__":
    main()
