"""Keras on compiled kernels of its own: the Keras API for the CPU, with no framework underneath.

Every name loads on first use, so that importing the package costs next to nothing.
"""

from ckeras import _version as _version
from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras import (
        activations as activations,
        applications as applications,
        backend as backend,
        callbacks as callbacks,
        config as config,
        constraints as constraints,
        datasets as datasets,
        dtype_policies as dtype_policies,
        export as export,
        initializers as initializers,
        layers as layers,
        losses as losses,
        metrics as metrics,
        mixed_precision as mixed_precision,
        models as models,
        ops as ops,
        optimizers as optimizers,
        preprocessing as preprocessing,
        quantizers as quantizers,
        random as random,
        registry as registry,
        regularizers as regularizers,
        saving as saving,
        tree as tree,
        utils as utils,
        visualization as visualization,
        wrappers as wrappers,
    )
    from ckeras._version import version as version
    from ckeras.autograd.tape import GradientTape as GradientTape
    from ckeras.compat.imports import install as install, load_ipython_extension as load_ipython_extension
    from ckeras.compiler.function import function as function
    from ckeras.dtype_policies import DTypePolicy as DTypePolicy, FloatDTypePolicy as FloatDTypePolicy
    from ckeras.initializers import Initializer as Initializer
    from ckeras.layers import Input as Input, InputSpec as InputSpec, Layer as Layer
    from ckeras.losses import Loss as Loss
    from ckeras.metrics import Metric as Metric
    from ckeras.models import Model as Model, Sequential as Sequential
    from ckeras.ops.control.function import Function as Function
    from ckeras.ops.control.operation import Operation as Operation
    from ckeras.ops.control.remat import remat as remat
    from ckeras.ops.control.remat_scope import RematScope as RematScope
    from ckeras.ops.tensors import KerasTensor as KerasTensor, Tensor as Tensor, Variable as Variable
    from ckeras.optimizers import Optimizer as Optimizer
    from ckeras.quantizers import Quantizer as Quantizer
    from ckeras.regularizers import Regularizer as Regularizer
    from ckeras.tensor.scopes import SymbolicScope as SymbolicScope, device as device, name_scope as name_scope
    from ckeras.tensor.stateless_scope import StatelessScope as StatelessScope
    from ckeras.utils.show_config import show_config as show_config

__version__ = _version.number

attach(
    __name__,
    {
        **dict.fromkeys(
            [
                "activations", "applications", "backend", "callbacks", "config", "constraints", "datasets",
                "dtype_policies", "export", "initializers", "layers", "losses", "metrics", "mixed_precision", "models",
                "ops", "optimizers", "preprocessing", "quantizers", "random", "registry", "regularizers", "saving",
                "tree", "utils", "visualization", "wrappers",
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
        "Quantizer": "quantizers",
        "RematScope": "ops.control.remat_scope",
        "Regularizer": "regularizers",
        "Sequential": "models",
        "StatelessScope": "tensor.stateless_scope",
        "SymbolicScope": "tensor.scopes",
        "Tensor": "ops.tensors",
        "Variable": "ops.tensors",
        "device": "tensor.scopes",
        "install": "compat.imports",
        "load_ipython_extension": "compat.imports",
        "function": "compiler.function",
        "name_scope": "tensor.scopes",
        "remat": "ops.control.remat:remat",
        "show_config": "utils.show_config:show_config",
        "version": "_version",
    },
)  # fmt: skip
