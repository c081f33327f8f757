"""What is said about a name that a package of ckeras does not have: whether Keras has it, unlike a typo.

`keras_names.txt` lists the public names of Keras 3.15, a line for each namespace.
"""

import os

_NAMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras_names.txt")
# Name -> why it is absent. An entry that ends with a dot is of all names below it.
_REASONS = {
    "keras.layers.TFSMLayer": "it needs TensorFlow",
    "keras.layers.TorchModuleWrapper": "it needs PyTorch",
    **dict.fromkeys(("keras.layers.JaxLayer", "keras.layers.FlaxLayer"), "it needs JAX"),
    "keras.distribution": "it computes on one machine",
    "keras.distribution.": "it computes on one machine",
}


def absence(package: str, name: str) -> str | None:
    """Return a sentence that says that Keras has a name and the package of ckeras does not; None if Keras has it not.

    >>> absence("ckeras.layers", "TFSMLayer")
    'Keras has keras.layers.TFSMLayer; ckeras does not: it needs TensorFlow'
    >>> absence("ckeras.layers", "Dence")
    """
    namespace = package.removeprefix("c")
    with open(_NAMES) as file:
        names = next((line.split()[1:] for line in file if line.startswith(namespace + ":")), ())
    if not package.startswith("ckeras") or name not in names:
        return None
    path = f"{namespace}.{name}"
    reason = _REASONS.get(path) or next((r for k, r in _REASONS.items() if k.endswith(".") and path.startswith(k)), "")
    return f"Keras has {path}; ckeras does not" + (f": {reason}" if reason else "")
