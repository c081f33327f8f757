"""What a model has to have before its steps run: weights, resolved metrics, the optimizer's variables."""

from __future__ import annotations

from typing import Any

from ckeras.compiler.dependencies import depend, recording, structure
from ckeras.compiler.rewrite import index_limits
from ckeras.compiler.trace import trace
from ckeras.layers.input_spec import fitted_shape
from ckeras.tensor import KerasTensor, NeedsValue, Spec
from ckeras.tensor.cache import Plans
from ckeras.tensor.graph import inferring
from ckeras.tensor.structure import flatten, map_structure, pack
from ckeras.trainer.data import DataSet, Form, unpack_x_y_sample_weight
from ckeras.trainer.hooks import overrides
from ckeras.trainer.trainability import as_compiled, flagged

_UNKNOWN = [KerasTensor((None,), "string")]  # inputs of a model that is no graph, or not one yet


class Building:
    """Makes one model, which is given to each method, ready for data.

    Owns what was found when the model was called on data: whether all layers are built, whether lists of numbers are
    given to it as columns, whether it takes strings, the ranges of indices in the data, and the layers and variables
    that may be trainable.
    """

    def __init__(self) -> None:
        self.takes_columns: bool | None = None  # None: not seen yet
        self._takes_strings = False  # whether a call has shown it
        self._sampled = False  # whether a call has shown which layers are in use
        self._limits = Plans()
        self._flagged: tuple[int, list[Any]] = (-1, [])  # version of all structures, layers and variables

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_limits": Plans(), "_flagged": (-1, [])}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def forget(self) -> None:
        """Drop what depends on losses and metrics."""
        self._limits.clear()

    def prepare(self, model: Any, data: DataSet, kind: str, where: str) -> None:
        """Make the weights, metrics and the optimizer's variables, checking the data's shapes on the way."""
        form, outputs = data.form, None
        if "string" in form.dtypes and not any(x.dtype == "string" for x in getattr(model, "inputs", None) or _UNKNOWN):
            raise _no_strings(data, where)
        check_input(model, form, data.rows, where)
        # A model of several others, such as a GAN, may have steps of its own and no call.
        own_steps = overrides(model, f"{kind}_step", f"make_{kind}_function", "compute_metrics")
        called = model._has_call() or (kind != "predict" and not own_steps)
        sampled = self._sampled or all(layer.built for layer in model._flatten_layers())
        new_strings = not self._takes_strings and "string" in form.dtypes
        undecided = self.takes_columns is None and _has_lists(form)
        if called and (not model.built or not sampled or undecided or new_strings):
            with as_compiled(model, kind):
                outputs = self._outputs(model, data) if not new_strings else self._of_strings(model, data, where)
            self._sampled = True
        if kind == "predict":
            return
        if kind == "train":
            _build_optimizer(model, where)
        compiled = model._compiled
        if called and len(form.structure) > 1 and not compiled.metrics.built:
            outputs = self._outputs(model, data) if outputs is None else outputs
            compiled.build_metrics(form.symbols()[1], outputs)

    def flagged(self, model: Any) -> list[Any]:
        """`flagged`, kept until an object anywhere gets or loses a layer or a variable."""
        if self._flagged[0] != structure.version:
            self._flagged = structure.version, flagged(model)
        return self._flagged[1]

    def as_columns(self, x: Any) -> Any:
        """``x``, in which lists of numbers are columns if the model has been seen to need that."""
        if not self.takes_columns:
            return x
        return map_structure(lambda a: _column(a) if len(a.shape) == 1 else a, x)

    def _outputs(self, model: Any, data: DataSet) -> Any:
        """Outputs for data like this: symbolic, or for models whose `call` needs values, those of the first rows.

        A model that does not take lists of numbers, but columns, is given columns from now on.
        """
        x = self.as_columns(data.form.symbols()[0])
        undecided = self.takes_columns is None and _has_lists(data.form)
        outputs, error = _symbolic_outputs(model, x)
        if undecided and (isinstance(error, ValueError) or (error is not None and "string" in data.form.dtypes)):
            self.takes_columns = True
            again, other = _symbolic_outputs(model, self.as_columns(x))
            if other is None:
                return again
            self.takes_columns = None
        if error is not None:  # which the first rows raise too, if it was not for their values
            rows = data.sample(0, min(data.rows, 32))[0]
            outputs = model(self.as_columns(rows), training=False)
            if outputs is None:
                raise error
            return outputs
        if undecided:
            self.takes_columns = False
        return outputs

    def _of_strings(self, model: Any, data: DataSet, where: str) -> Any:
        """Outputs for data with strings; raises TypeError if the model takes none."""
        try:
            outputs = self._outputs(model, data)
        except (TypeError, NeedsValue) as error:
            raise _no_strings(data, where) from error
        self._takes_strings = True
        return outputs

    def index_limits(self, model: Any, data: DataSet, kind: str, batch: int) -> list[tuple[int, int, str]]:
        """What in the data must be in which range, where no compilation has found that out; as a plan's ``limits``.

        Raises for targets and weights that do not fit the model. Parts of the user's own are not called for it: they
        may ask for values, or be what is being debugged.
        """
        if kind == "predict" or overrides(model, f"{kind}_step", "compute_loss", "compute_metrics"):
            return []
        losses, metrics = model._compiled.losses, model._compiled.metrics
        if not all(map(_is_ours, [*([] if losses is None else losses.parts), *metrics.metrics])):
            return []
        key = (kind, data.form.key(batch))
        limits = self._limits.get(key)
        if limits is None:
            with recording() as recorded:
                limits = _traced_limits(model, data.form, self._outputs(model, data), batch)
            depend(self._limits.put(key, limits, 0), recorded.reads)
        return limits


def _no_strings(data: DataSet, where: str) -> TypeError:
    """The error for data with strings of a model that takes none."""
    described = data.arrays[data.form.dtypes.index("string")].described
    return TypeError(f"{where} expects x to be an array of numbers, got {described}")


def _column(x: Any) -> Any:
    """A list of numbers or strings as a column."""
    if type(x) is KerasTensor and x.dtype == "string":  # of which ops know nothing
        return KerasTensor((*x.shape, 1), "string")
    return x[:, None]


def check_input(model: Any, form: Form, rows: int, where: str) -> None:
    """Raise for an x of another shape than the model's input."""
    expects = getattr(model, "expected_input", None)
    if expects is None or form.inputs != 1:
        return
    shape = (rows, *form.shapes[0])
    expected = expects(len(shape))
    if expected is not None and fitted_shape(shape, expected) is None:
        if len(shape) == len(expected) - 1:
            raise ValueError(
                f"{where} expects x of shape {expected}, whose first axis is that of the samples, got {shape}; "
                "x[None] is a batch of one sample x"
            )
        raise ValueError(f"{where} expects x of shape {expected}, got {(None, *shape[1:])}")


def _build_optimizer(model: Any, where: str) -> None:
    if model.optimizer is None:
        raise ValueError(f"{where} expects a model that was compiled with an optimizer, got None")
    if not model.optimizer.built:
        with as_compiled(model, "train"):
            model.optimizer.build(model.trainable_variables)


def _symbolic_outputs(model: Any, x: Any) -> tuple[Any, Exception | None]:
    """The outputs for symbolic inputs, or the error that there was."""
    try:
        with inferring():
            return model(x), None
    except (TypeError, ValueError, AttributeError) as error:
        return None, error


def _traced_limits(model: Any, form: Form, outputs: Any, batch: int) -> list[tuple[int, int, str]]:
    """Trace loss and metrics, which raises if they do not fit; what in the data must be in which range."""
    inputs = form.specs(batch)
    specs = [Spec((batch, *y.shape[1:]), y.dtype) for y in flatten(outputs)]

    def check(values: list[Any]) -> None:
        x, y, sample_weight = unpack_x_y_sample_weight(pack(form.structure, values[: len(inputs)]))
        y_pred = pack(outputs, values[len(inputs) :])
        if model._compiled.losses is not None:
            model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        model.compute_metrics(x, y, y_pred, sample_weight)

    graph, _ = trace(check, [*inputs, *specs], lambda values: (values,))
    return [limit for limit in index_limits(graph) if limit[0] < len(inputs)]


def _is_ours(part: Any) -> bool:
    """Whether a loss or metric, and the function it wraps, are ckeras's own."""
    wrapped = getattr(part, "_fn", getattr(part, "fn", None))
    return str(part.__module__).startswith("ckeras.") and (wrapped is None or _is_ours(wrapped))


def _has_lists(form: Form) -> bool:
    """Whether an array of x has no axis but that of the samples."""
    return any(not shape for shape in form.shapes[: form.inputs])
