"""Table of TensorFlow names and their ckeras counterparts, resolved on first use.

An entry is the path of an object in ``ckeras``. A function has parentheses with TensorFlow's parameters in
TensorFlow's order, each followed by ckeras's parameter name if that differs:

    "reduce_sum": "ops.sum(input_tensor=x, axis, keepdims)"
"""

import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

# Name -> what to use where TensorFlow's name is not there.
_INSTEAD = {
    "layers": "use keras.layers",
    "contrib": "its layers are in keras.layers",
    "estimator": "use keras.Model.fit",
    "lite": "use model.save and keras.saving.load_model",
    "saved_model": "use model.save and keras.saving.load_model",
    **dict.fromkeys(("train.Coordinator", "train.ClusterDef", "train.Server"), "it computes in one process"),
    "distribute.TPUStrategy": "it computes on the CPU; use tf.distribute.get_strategy()",
    "distribute.ParameterServerStrategy": "it computes on one machine; use tf.distribute.get_strategy()",
    **dict.fromkeys(("distribute.cluster_resolver", "distribute.Server"), "it computes on one machine"),
    **dict.fromkeys(
        ("data.Dataset.save", "data.Dataset.load", "data.Dataset.snapshot"),
        "use tf.io.TFRecordWriter and TFRecordDataset",
    ),
    **dict.fromkeys(
        ("nn.all_candidate_sampler", "random.all_candidate_sampler"),
        "use keras.losses on all classes",
    ),
    "linalg.experimental": "use tf.linalg.solve",
    "image.decode_jxl": "convert the images to PNG",
    "autodiff": "use tf.GradientTape, or keras.ops",
    "quantization": "use model.quantize",
    "queue": "use tf.data",
    "graph_util": "use model.save and keras.saving.load_model",
    "xla": "functions are always compiled",
    "train.ExponentialMovingAverage": "use use_ema=True of an optimizer, or keras.callbacks.SwapEMAWeights",
    "train.Optimizer": "use keras.optimizers",
    "summary.graph": "use keras.callbacks.TensorBoard",
    "summary.trace_on": "use model.profile",
    "SparseTensorSpec": "use tf.TensorSpec",
    "RaggedTensorSpec": "use tf.TensorSpec",
    "linalg.LinearOperator": "use the functions of tf.linalg on dense matrices",
    "io.decode_proto": "use tf.train.Example.FromString",
    "hessians": "use tf.GradientTape within another",
    "raw_ops": "use the functions of tensorflow",
    "tpu": "it computes on the CPU",
    "Graph": "computations run at once",
    "profiler": "use model.profile",
    "feature_column": "use keras.utils.FeatureSpace",
}


def resolve(path: str) -> Any:
    """Return the object at ``path`` in ``ckeras``; an empty path is ckeras itself.

    >>> resolve("config.floatx")()
    'float32'
    """
    module, _, name = f"ckeras.{path}".rstrip(".").rpartition(".")
    return getattr(importlib.import_module(module), name) if module else importlib.import_module(name)


def renamed(name: str, row: str) -> Callable[..., Any]:
    """Return the function of an entry with TensorFlow's name and parameters.

    >>> renamed("reduce_sum", "ops.sum(input_tensor=x, axis, keepdims)").__signature__
    <Signature (input_tensor=None, axis=None, keepdims=None, name=None)>
    """
    path, _, listed = row.rstrip(")").partition("(")
    target = resolve(path)
    pairs = [p.strip().partition("=") for p in listed.split(",")]
    ours = {theirs: new or theirs for theirs, _, new in pairs}
    parameters = [inspect.Parameter(p, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None) for p in [*ours, "name"]]
    signature = inspect.Signature(parameters)

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        return target(**{ours[p]: value for p, value in given.items() if p != "name"})

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"TensorFlow's spelling of `ckeras.{path}`."
    call.__signature__ = signature
    return call


def missing(module: str, name: str) -> str:
    """What is said about a name that a module of TensorFlow's names does not have."""
    public = f"{module.rpartition('ckeras.compat.')[2]}.{name}"
    instead = _INSTEAD.get(
        public.removeprefix("tensorflow."), "in a Keras script, use keras.ops and keras.random instead"
    )
    return f"{public} is not one of the TensorFlow names that ckeras provides; {instead}"


def names_of(
    module: str, rows: dict[str, str], wrap: Callable[[str, Any], Any] = lambda name, value: value
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a module of the names ``rows``; ``wrap`` may replace what they are."""

    def load(name: str) -> Any:
        row = rows.get(name)
        if row is None:
            raise AttributeError(missing(module, name))
        value = wrap(name, renamed(name, row) if row.endswith(")") else resolve(row))
        setattr(sys.modules[module], name, value)  # the next access finds it directly
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[module]), *rows})

    return load, names
