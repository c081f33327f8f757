"""One-hot encoding of labels, and normalization of vectors."""

import numpy as np


def to_categorical(x: object, num_classes: int | None = None) -> np.ndarray:
    """Encode integer class labels as one-hot rows: ``result[i, x[i]] = 1``, zeros elsewhere.

    Args:
        x: class labels from 0 to ``num_classes - 1``, of any shape; a last dimension of 1 is dropped. Floats are
            truncated towards zero.
        num_classes: number of classes; `None` takes the largest class label plus one.

    Returns:
        A float64 array of shape ``x.shape + (num_classes,)``.

    Raises:
        IndexError: a class label is negative or not below `num_classes`.
        ValueError: `x` holds something that is not a number, or is empty and `num_classes` is not given.

    Example:
        >>> to_categorical([0, 2, 1])
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]])
    """
    given = np.asarray(x)
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise ValueError("to_categorical expects integer class labels in x, but got NaN or infinity")
    try:
        if given.dtype.kind not in "biufOUS":
            raise TypeError
        classes = given.astype(np.int64)
    except (TypeError, ValueError):
        raise ValueError(
            f"to_categorical expects integer class labels in x, but got an array of {given.dtype}"
        ) from None
    shape = classes.shape[:-1] if classes.ndim > 1 and classes.shape[-1] == 1 else classes.shape
    classes = classes.reshape(-1)
    if not num_classes:
        if not classes.size:
            raise ValueError("to_categorical expects num_classes when x is empty, but got num_classes=None")
        num_classes = int(classes.max()) + 1
    if classes.size and (classes.min() < 0 or classes.max() >= num_classes):
        wrong = classes.min() if classes.min() < 0 else classes.max()
        raise IndexError(f"to_categorical expects class labels from 0 to {num_classes - 1} in x, but got {wrong}")
    rows = np.zeros((classes.size, num_classes))
    rows[np.arange(classes.size), classes] = 1.0
    return rows.reshape((*shape, num_classes))


def normalize(x: object, axis: int = -1, order: float = 2) -> np.ndarray:
    """Divide by the norm along an axis: ``x / (sum(abs(x) ** order) ** (1 / order))``. Vectors of zeros are unchanged.

    Args:
        x: numbers of any shape. Of a NumPy array, the floating dtype is kept and integers become float64; anything
            else becomes a float32 array.
        axis: the axis along which the norm is taken.
        order: the order of the norm; ``numpy.inf`` uses the maximum absolute value.

    Returns:
        An array of the shape of `x`, except that a one-dimensional NumPy array becomes a single row, ``(1, n)``.

    Raises:
        ValueError: `x` holds something that is not a number, or has no such axis, or the order is unknown.

    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]])
        array([[0.6, 0.8],
               [0. , 0. ]], dtype=float32)
    """
    array = np.asarray(x)
    if array.dtype.kind not in "biufc":
        raise ValueError(f"normalize expects numbers in x, but got an array of {array.dtype}")
    if not isinstance(x, np.ndarray):
        array = array.astype(np.complex64 if array.dtype.kind == "c" else np.float32)
    elif array.dtype.kind == "b":
        array = array.astype(np.float64)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis))
    norm[norm == 0] = 1
    result = array / np.expand_dims(norm, axis)
    return result if isinstance(x, np.ndarray) else result.reshape(array.shape)
