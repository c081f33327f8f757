"""The names of mixed precision before Keras 3, and the optimizer that scales the loss."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.config import dtype_policy as dtype_policy, set_dtype_policy as set_dtype_policy
    from ckeras.dtype_policies import DTypePolicy as DTypePolicy
    from ckeras.optimizers import LossScaleOptimizer as LossScaleOptimizer

    Policy = DTypePolicy
    global_policy = dtype_policy
    set_global_policy = set_dtype_policy

attach(
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
