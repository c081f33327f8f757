"""``tensorflow.bitwise``: on integers."""

from ckeras.compat.tensorflow.table import names_of

ROWS = {
    **{f"bitwise_{name}": f"ops.bitwise_{name}(x, y)" for name in ("and", "or", "xor")},
    "invert": "ops.bitwise_not(x)",
    "left_shift": "ops.left_shift(x, y)",
    "right_shift": "ops.right_shift(x, y)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)
