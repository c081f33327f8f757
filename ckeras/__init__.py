"""Keras on compiled kernels of its own: the Keras API for the CPU, with no framework underneath.

Every name loads on first use, so that importing the package costs next to nothing.
"""

from ckeras._version import number as __version__  # noqa: F401
from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        **dict.fromkeys(
            [
                "activations", "backend", "callbacks", "config", "constraints", "datasets", "dtype_policies",
                "initializers", "layers", "losses", "metrics", "mixed_precision", "models", "ops", "optimizers",
                "random", "registry", "regularizers", "saving", "tree", "utils",
            ]
        ),
        "DTypePolicy": "dtype_policies",
        "FloatDTypePolicy": "dtype_policies",
        "Function": "ops.control.function:Function",
        "GradientTape": "autograd.tape",
        "Input": "layers",
        "InputSpec": "layers",
        "Initializer": "initializers",
        "KerasTensor": "ops.tensors",
        "Layer": "layers",
        "Loss": "losses",
        "Metric": "metrics",
        "Model": "models",
        "Operation": "ops.control.operation:Operation",
        "Optimizer": "optimizers",
        "RematScope": "ops.control.remat_scope",
        "Regularizer": "regularizers",
        "Sequential": "models",
        "StatelessScope": "tensor.stateless_scope",
        "SymbolicScope": "tensor.scopes",
        "Tensor": "ops.tensors",
        "Variable": "ops.tensors",
        "device": "tensor.scopes",
        "function": "compiler.function",
        "name_scope": "tensor.scopes",
        "remat": "ops.control.remat:remat",
        "show_config": "utils.show_config:show_config",
        "version": "_version",
    },
)  # fmt: skip
