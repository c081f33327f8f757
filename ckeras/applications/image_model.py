"""What all applications share: their signature, the checks of arguments, the input, and weights from files."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from ckeras import activations, config
from ckeras.applications.weight_files import fetched
from ckeras.layers import Input
from ckeras.models import Functional, Model
from ckeras.tensor import KerasTensor, arguments
from ckeras.utils.symbols import get_source_inputs, is_keras_tensor
from ckeras.utils.tracebacks import warn

Shape = tuple[int | None, ...]
Weights = str | os.PathLike | None
Activation = str | Callable[[Any], Any] | None

_ARGUMENTS = """
    Args:
        include_top: Whether the classifier is part of the model.
        weights: None for random weights; ``"imagenet"`` for weights trained on ImageNet, which are downloaded on first
            use; or the path of a file with weights.
        input_tensor: Symbolic batch of images; a new `Input` if not given.
        input_shape: Shape of an image. With the top its sizes must be known, and for ``weights="imagenet"`` be the
            default ones.
        pooling: Without the top, ``"avg"`` or ``"max"`` for the average or maximum of each feature map; None for the
            maps themselves.
        classes: Number of classes, with the top; 1000 for ``weights="imagenet"``.
        classifier_activation: Activation of the top; None for logits. With weights from a file, softmax or none.
        name: Name of the model.{more}

    Raises:
        ValueError: if an argument has another value, images are too small, or weights do not fit the model.
        OSError: if a file cannot be downloaded or read.
"""


class Arguments(NamedTuple):
    """The arguments that all applications have, and the name of the application for messages."""

    title: str
    include_top: bool
    weights: Weights
    input_tensor: KerasTensor | None
    input_shape: Shape | None
    pooling: str | None
    classes: int
    classifier_activation: Activation
    name: str | None


class Application(Protocol):
    """The function of an application that has the common arguments alone."""

    def __call__(
        self,
        include_top: bool = ...,
        weights: Weights = ...,
        input_tensor: KerasTensor | None = ...,
        input_shape: Shape | None = ...,
        pooling: str | None = ...,
        classes: int = ...,
        classifier_activation: Activation = ...,
        name: str | None = ...,
    ) -> Model: ...


def application(module: str, title: str, name: str, about: str, build: Callable[[Arguments], Model]) -> Application:
    """Make the public function of an application that has the common arguments alone.

    Args:
        module, title: Where the function is, and its name.
        name: Default name of models.
        about: First paragraphs of the docstring.
        build: Function of the arguments that makes a model.
    """

    def function(
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: KerasTensor | None = None,
        input_shape: Shape | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Activation = "softmax",
        name: str | None = name,
    ) -> Model:
        return build(
            Arguments(
                title, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
            )
        )

    return published(function, module, title, documentation(about))


def documentation(about: str, *more: str) -> str:
    """The docstring of an application: first paragraphs, the common arguments, and lines on further ones."""
    lines = "".join(f"\n        {line}" for line in more)
    return f"{about}\n{_ARGUMENTS.format(more=lines)}"


Function = TypeVar("Function", bound=Callable[..., Model])


def published(function: Function, module: str, title: str, text: str) -> Function:
    """Give a function its public name and docstring."""
    function.__module__, function.__doc__ = module, text
    function.__name__ = function.__qualname__ = title
    return function


def image_input(
    given: Arguments,
    default_size: int,
    min_size: int = 32,
    static_top: bool = True,
    channels_first: bool = True,
) -> KerasTensor:
    """Check the arguments of an application, and return the symbolic images.

    Args:
        given: The arguments.
        default_size: Height and width of images on which the weights of Keras were trained.
        min_size: Minimum height and width.
        static_top: Whether the top needs images of a known size.
        channels_first: Whether the model supports this format.

    Raises:
        ValueError: if an argument has a wrong value.
    """
    title = given.title
    if not channels_first and config.image_data_format() == "channels_first":
        raise ValueError(f"{title} expects the image data format 'channels_last', got 'channels_first'")
    arguments.flag(given.include_top, title, "include_top")
    arguments.integer(given.classes, title, "classes", minimum=1)
    if given.pooling not in (None, "avg", "max"):
        raise ValueError(f"{title} expects pooling to be None, 'avg' or 'max', got {given.pooling!r}")
    _check_weights(given)
    if given.input_tensor is not None:
        _check_tensor(given)
        return given.input_tensor
    return Input(_checked_shape(given, default_size, min_size, static_top))


def _check_weights(given: Arguments) -> None:
    title, weights = given.title, given.weights
    if weights is None:
        return
    if weights != "imagenet" and not (isinstance(weights, (str, os.PathLike)) and os.path.exists(weights)):
        raise ValueError(
            f"{title} expects weights to be None, 'imagenet' or the path of a file, got {arguments.shown(weights)}"
        )
    if not given.include_top:
        return
    if weights == "imagenet" and given.classes != 1000:
        raise ValueError(f"{title} with weights='imagenet' and the top expects classes=1000, got {given.classes!r}")
    if activations.get(given.classifier_activation) not in (activations.softmax, activations.linear):
        raise ValueError(
            f"{title} with weights and the top expects classifier_activation to be 'softmax' or None, "
            f"got {given.classifier_activation!r}"
        )


def sizes_and_channels(shape: Shape) -> tuple[Shape, int | None]:
    """Height and width, and channels, of the shape of an image."""
    return (shape[:2], shape[2]) if config.image_data_format() == "channels_last" else (shape[1:], shape[0])


def mobile_size(
    given: Arguments, alpha: float, alphas: tuple[float, ...], known: tuple[int, ...]
) -> tuple[int | None, int]:
    """Return the height of images for the name of a mobile network, and the size for which its weights were trained.

    Args:
        given: The arguments of the application.
        alpha: Factor of the numbers of filters.
        alphas: Factors for which there are weights.
        known: Sizes of images for which there are weights; for others, those of 224 are taken.

    Raises:
        ValueError: if there are no weights for ``alpha``.
    """
    arguments.number(alpha, given.title, "alpha")
    imagenet = given.weights == "imagenet"
    if imagenet and alpha not in alphas:
        raise ValueError(f"{given.title} with weights='imagenet' expects alpha to be one of {alphas}, got {alpha!r}")
    shape = given.input_tensor.shape[1:] if is_keras_tensor(given.input_tensor) else given.input_shape
    if shape is None and given.include_top:
        return 224, 224
    sizes: Shape = (None, None)
    if isinstance(shape, (tuple, list)) and len(shape) == 3:
        sizes = sizes_and_channels(tuple(shape))[0]
    is_known = sizes[0] in known and sizes[0] == sizes[1]
    if imagenet and not is_known:
        warn(f"{given.title} loads weights that were trained on images of 224 x 224; there are others for {known}")
    trained = sizes[0] if is_known else 224
    return (trained if imagenet else sizes[0]), trained


def _check_tensor(given: Arguments) -> None:
    x, shape = given.input_tensor, given.input_shape
    if not is_keras_tensor(x) or len(x.shape) != 4:
        raise ValueError(
            f"{given.title} expects input_tensor to be a symbolic tensor of rank 4, got {arguments.shown(x)}"
        )
    if shape is None:
        return
    if len(shape) != 3 or any(None not in (a, b) and a != b for a, b in zip(shape, x.shape[1:], strict=True)):
        raise ValueError(
            f"{given.title} expects input_shape to be that of an image of input_tensor, {x.shape[1:]}, got {shape!r}"
        )


def _checked_shape(given: Arguments, default_size: int, min_size: int, static_top: bool) -> Shape:
    title, shape, needs_sizes = given.title, given.input_shape, given.include_top and static_top
    if shape is None:
        size = default_size if needs_sizes else None
        return (size, size, 3) if config.image_data_format() == "channels_last" else (3, size, size)
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise ValueError(f"{title} expects input_shape to be three integers, got {arguments.shown(shape)}")
    sizes, channels = sizes_and_channels(tuple(shape))
    imagenet = given.weights == "imagenet"
    if imagenet and channels != 3:
        raise ValueError(f"{title} with weights='imagenet' expects images of 3 channels, got input_shape={shape}")
    if any(size is not None and size < min_size for size in sizes):
        raise ValueError(f"{title} expects images of at least {min_size} x {min_size}, got input_shape={shape}")
    if needs_sizes and None in sizes:
        raise ValueError(f"{title} with the top expects input_shape to have known sizes, got {shape}")
    if needs_sizes and imagenet and sizes != (default_size, default_size):
        raise ValueError(
            f"{title} with weights='imagenet' and the top expects images of {default_size} x {default_size}, "
            f"got input_shape={shape}"
        )
    if channels not in (1, 3):
        warn(f"{title} usually expects images of 1 or 3 channels, got input_shape={shape}")
    return tuple(shape)


def finished(
    given: Arguments, inputs: KerasTensor, outputs: KerasTensor, name: str | None = None, file: str | None = None
) -> Model:
    """Make the model, and load its weights.

    Args:
        given: The arguments of the application.
        inputs: What `image_input` returned; the model starts at what it was computed from.
        outputs: What the model computes.
        name: Name of the model if none is given.
        file: Name of the weights in the table of files; that of the application by default.

    Raises:
        ValueError: if the weights do not fit.
        OSError: if a file cannot be downloaded or read.
    """
    sources = get_source_inputs(inputs)
    model = Functional(sources[0] if len(sources) == 1 else sources, outputs, name=given.name or name)
    if given.weights == "imagenet":
        model.load_weights(fetched(file or given.title, given.include_top))
    elif given.weights is not None:
        model.load_weights(given.weights)
    return model
