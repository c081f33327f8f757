"""`Input` and `InputLayer`: the inputs of models."""

from typing import Any

from ckeras import registry
from ckeras.layers.layer import Layer
from ckeras.tensor import KerasTensor, dtypes
from ckeras.tensor.graph import Node, node_of


@registry.layers.ship()
class InputLayer(Layer):
    """Layer that holds the symbolic input tensor of a model.

    Args:
        shape: of one sample, without the batch.
        batch_size: `None` for any.
        dtype: of the data; the default float type if not given.
        sparse, ragged: must be false; tensors are dense.
        batch_shape: the shape with the batch, instead of ``shape``.
        input_tensor: a symbolic tensor to take instead.
        optional: whether `None` may be given for it.
        name: of the layer.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ):
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        given_name = name
        super().__init__(name=name, **kwargs)
        if sparse or ragged:
            raise ValueError(f"InputLayer {self.name!r} holds dense tensors: got sparse={sparse}, ragged={ragged}")
        if input_tensor is not None:
            if not isinstance(input_tensor, KerasTensor):
                raise TypeError(f"InputLayer expects input_tensor to be symbolic, got {type(input_tensor).__name__}")
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        elif (shape is None) == (batch_shape is None):
            raise ValueError(f"InputLayer {self.name!r} expects either shape or batch_shape")
        if batch_shape is None:
            shape = (shape,) if isinstance(shape, int) else tuple(shape)
            batch_shape = (batch_size, *shape)
        for d in batch_shape:
            if d is not None and (not hasattr(d, "__index__") or d < 0):
                raise ValueError(
                    f"InputLayer {self.name!r} expects sizes of 0 or more, or None, got shape {batch_shape}"
                )
        self.batch_shape = tuple(None if d is None else int(d) for d in batch_shape)
        self.optional = optional
        self._dtype = self._compute_dtype = dtypes.symbolic(dtype)
        self.built = True
        tensor = (
            input_tensor if input_tensor is not None else KerasTensor(self.batch_shape, self._dtype, name=given_name)
        )
        self._output = tensor
        if node_of(tensor) is None:
            Node(self, outputs=tensor)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Node(self, outputs=self._output)

    @property
    def output(self) -> KerasTensor:
        """The symbolic tensor."""
        return self._output

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"InputLayer {self.name!r} cannot be called; it represents an input")

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": self._dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> KerasTensor:
    """Create a symbolic tensor that represents an input of a model.

    Args:
        shape: of one sample, without the batch; `None` for sizes that are not known.
        batch_size: `None` for any.
        dtype: of the data; the default float type if not given.
        sparse, ragged: must be false; tensors are dense.
        batch_shape: the shape with the batch, instead of ``shape``.
        name: of the input.
        tensor: a symbolic tensor to take instead.
        optional: whether `None` may be given for it.

    >>> Input((28, 28)).shape
    (None, 28, 28)
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name).output
