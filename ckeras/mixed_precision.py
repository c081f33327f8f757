"""The names of mixed precision before Keras 3, and the optimizer that scales the loss."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "DTypePolicy": "ckeras.dtype_policies",
        "LossScaleOptimizer": "ckeras.optimizers",
        "Policy": "ckeras.dtype_policies:DTypePolicy",
        "dtype_policy": "ckeras.config",
        "global_policy": "ckeras.config:dtype_policy",
        "set_dtype_policy": "ckeras.config",
        "set_global_policy": "ckeras.config:set_dtype_policy",
    },
)
