"""Models: layers with `compile`, `fit`, `evaluate` and `predict`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.compiler.dependencies import depend, recording
from ckeras.compiler.function import compile_plan
from ckeras.layers.core.input_layer import InputLayer
from ckeras.layers.layer import Layer, map_shapes
from ckeras.saving import load_weights, save_model, save_weights
from ckeras.saving.state import holds_state
from ckeras.tensor import KerasTensor, Tensor, as_tensor
from ckeras.tensor.cache import Plans
from ckeras.tensor.eager import wrap
from ckeras.tensor.graph import inferring
from ckeras.tensor.masks import get_mask
from ckeras.trainer.arrays import as_input, is_nested_numbers, one_array
from ckeras.trainer.trainer import Trainer
from ckeras.utils.tracebacks import hides_own_frames

scope = config.scope


@holds_state(shown=["layers", "optimizer"], name="model")
@hides_own_frames("__call__", "save", "save_weights", "load_weights")
class Model(Trainer, Layer):
    """A layer that can be trained. Subclass it: make layers in `__init__`, use them in `call`.

    >>> import ckeras
    >>> class Regression(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.dense = ckeras.layers.Dense(1)
    ...     def call(self, x):
    ...         return self.dense(x)
    >>> model = Regression()
    >>> model.compile("sgd", "mse")
    >>> model.predict(ckeras.ops.ones((4, 3)), verbose=0).shape
    (4, 1)
    """

    def __init__(self, *args: Any, **kwargs: Any):
        if args:
            raise TypeError(
                f"{type(self).__name__} expects keyword arguments and a call() method in a subclass, got {args!r:.80}"
            )
        Trainer.__init__(self)
        Layer.__init__(self, **kwargs)
        self._call_plans = Plans()

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, but not those inside its layers."""
        return [x for x in self._sublayers() if isinstance(x, Layer)]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer with this name or index."""
        if (name is None) == (index is None):
            raise ValueError("get_layer expects either a name or an index")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"get_layer: index {index} is out of range, the model has {len(self.layers)} layers")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"get_layer: no layer is called {name!r}; there are {[layer.name for layer in self.layers]}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; eager calls run a compiled plan where that only affects speed."""
        if len(args) == 1 and not kwargs and self.built:
            result = self._call_compiled(args[0])
            if result is not None:
                return result
        return super().__call__(*args, **kwargs)

    def _call_compiled(self, x: Any) -> Tensor | None:
        """Compute the output with a plan; return `None` if the call has to run op by op.

        A plan is used for models that consist of shipped layers, outside tapes, traces and other layers.
        """
        transparent = self._call_plans.get("transparent")
        if transparent is None:
            with recording() as recorded:
                transparent = self._is_transparent()
            depend(self._call_plans.put("transparent", transparent, 0), recorded.reads)
        if (
            not transparent
            or getattr(scope, "trace", None) is not None
            or getattr(scope, "tapes", None)
            or getattr(scope, "in_call", False)
        ):
            return None
        if isinstance(x, (list, tuple)) and is_nested_numbers(x):
            x = as_tensor(x)
        array = one_array(x) if isinstance(x, (np.ndarray, Tensor)) else None
        if array is None or array.dtype.kind not in "biuf":
            return None
        key = (array.shape, array.dtype)
        plan = self._call_plans.get(key)
        if plan is None:
            tensor = wrap(array)
            super().__call__(tensor)  # raises for what does not fit
            plan, result = compile_plan(lambda t: super(Model, self).__call__(t), [tensor.spec], tuple)
            if not isinstance(result, Tensor) or plan.assigned or get_mask(result) is not None:
                # A plan gives one tensor, without a mask.
                depend(self._call_plans.put("transparent", False, 0), plan.reads)
                return None
            depend(self._call_plans.put(key, plan, plan.size), plan.reads)
        return Tensor(plan.native.run([as_input(array, plan.input_dtypes[0])])[0], plan.output_specs[0].dtype)

    def _is_transparent(self) -> bool:
        """Whether a plan repeats everything that a call of the model does."""
        return False

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of weights."""
        from ckeras.utils.summary import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Save the model to a `.keras` file; see `ckeras.saving.save_model`."""
        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any
    ) -> None:
        """Save the weights to a `.weights.h5` file; see `ckeras.saving.save_weights`."""
        save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size, **kwargs)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load the weights from a `.weights.h5` or `.keras` file; see `ckeras.saving.load_weights`."""
        load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Make all weights for inputs of this shape, batch included (for several inputs, a list or dict of shapes)."""
        self.built = True
        try:
            with inferring():
                self(map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), input_shape))
        except BaseException:
            self.built = False
            raise

    def _build(self, input_shape: Any, others: dict[str, Any] | None = None) -> None:
        if type(self).build is Model.build:  # a call is under way, which builds the layers as it goes
            Layer.build(self, input_shape)
        else:
            super()._build(input_shape, others)

    def __getstate__(self) -> dict[str, Any]:
        """State without compiled plans, which are recreated when needed."""
        return {
            **super().__getstate__(),
            "_call_plans": Plans(),
            "_plans": Plans(),
            **{name: None for name in self.__dict__ if name in ("train_function", "test_function", "predict_function")},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def is_input(layer: Any) -> bool:
    """Whether a layer is an input layer."""
    return isinstance(layer, InputLayer)
