"""The base of the layers of images, labels, bounding boxes and segmentation masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ckeras import config, ops, random
from ckeras.layers.layer import Layer
from ckeras.layers.preprocessing.image.boxes import dense_boxes
from ckeras.utils.bounding_boxes import clip_to_image_size, convert_format
from ckeras.utils.bounding_boxes.formats import checked_format


class Sizes(NamedTuple):
    """Sizes of a batch of images."""

    batch: int
    height: int
    width: int
    channels: int
    shape: tuple[int, ...]  # of the images, as they were given


class BaseImagePreprocessingLayer(Layer):
    """Base of layers that transform images and what belongs to them.

    They are called on images of the shape (batch, height, width, channels), with the channels before the height where
    ``data_format`` is "channels_first", or on one image without the batch axis; or on a dict with ``"images"`` and any
    of ``"labels"``, ``"bounding_boxes"`` (a dict of ``"boxes"`` (batch, n, 4) and ``"labels"`` (batch, n)) and
    ``"segmentation_masks"``. They return the same structure; other entries of the dict are kept.

    A subclass samples the parameters of a call in `get_random_transformation`, and applies them in `transform_images`,
    `transform_labels`, `transform_bounding_boxes` and `transform_segmentation_masks`, which get batches.

    Args:
        bounding_box_format: format of the boxes, as for `ckeras.utils.bounding_boxes.convert_format`; needed for them.
        data_format: "channels_last", "channels_first", or `None` for the default.
    """

    _arguments: tuple[str, ...] = ()  # names of the arguments of a subclass that are in its config

    def __init__(self, bounding_box_format: str | None = None, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        kind = type(self).__name__
        if bounding_box_format is not None:
            checked_format(bounding_box_format, kind, "bounding_box_format")
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                f"{kind} expects data_format to be 'channels_last', 'channels_first' or None, got {data_format!r}"
            )
        self.bounding_box_format = bounding_box_format
        self.data_format = data_format or config.image_data_format()

    def _seed(self, seed: Any) -> None:
        """Keep the argument ``seed``, and make the generator from which transformations are sampled."""
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    # -- what a subclass says

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """Sample the parameters of one call; `None` if nothing changes.

        Args:
            data: images, or a dict with ``"images"``.
            training: whether the call trains.
            seed: an integer or a `SeedGenerator`; by default the layer's own generator.
        """
        if not training:
            return None
        return self._sample(self._sizes(data), getattr(self, "generator", None) if seed is None else seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        """Sample the parameters for a batch of images while training."""
        return None

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """Apply a transformation to a batch of images."""
        raise NotImplementedError(f"{type(self).__name__} has no transform_images()")

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """Apply a transformation to a batch of labels; by default they stay."""
        return labels

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        """Apply a transformation to a dict of ``"boxes"`` (batch, n, 4) and ``"labels"`` (batch, n)."""
        raise NotImplementedError(f"{type(self).__name__} does not transform bounding boxes")

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        """Apply a transformation to a batch of segmentation masks, whose shape is that of images."""
        raise NotImplementedError(f"{type(self).__name__} does not transform segmentation masks")

    # -- one image

    def transform_single_image(self, image: Any, transformation: Any, training: bool = True) -> Any:
        """Apply a transformation to one image."""
        return self._single(self.transform_images, image, transformation, training)

    def transform_single_label(self, label: Any, transformation: Any, training: bool = True) -> Any:
        """Apply a transformation to the label of one image."""
        return self._single(self.transform_labels, label, transformation, training)

    def transform_single_bounding_box(self, bounding_box: Any, transformation: Any, training: bool = True) -> Any:
        """Apply a transformation to the boxes of one image."""
        batch = {k: ops.expand_dims(v, 0) if k in ("boxes", "labels") else v for k, v in bounding_box.items()}
        found = self.transform_bounding_boxes(batch, transformation=transformation, training=training)
        return {k: ops.squeeze(v, 0) if k in ("boxes", "labels") else v for k, v in found.items()}

    def transform_single_segmentation_mask(
        self, segmentation_mask: Any, transformation: Any, training: bool = True
    ) -> Any:
        """Apply a transformation to the mask of one image."""
        return self._single(self.transform_segmentation_masks, segmentation_mask, transformation, training)

    @staticmethod
    def _single(transform: Callable[..., Any], one: Any, transformation: Any, training: bool) -> Any:
        found = transform(ops.expand_dims(one, 0), transformation=transformation, training=training)
        return ops.squeeze(found, 0)

    # -- calls

    def call(self, data: Any, training: bool = True) -> Any:
        single = len(self._images(data).shape) == 3
        transformation = self.get_random_transformation(data, training=training)
        images = self.transform_single_image if single else self.transform_images
        if not isinstance(data, dict):
            return images(data, transformation=transformation, training=training)
        transforms = {
            "images": images,
            "bounding_boxes": self.transform_single_bounding_box if single else self.transform_bounding_boxes,
            "labels": self.transform_single_label if single else self.transform_labels,
            "segmentation_masks": (
                self.transform_single_segmentation_mask if single else self.transform_segmentation_masks
            ),
        }
        found = dict(data)
        for name, transform in transforms.items():
            if name in data:
                given = self._checked_boxes(data[name]) if name == "bounding_boxes" else data[name]
                found[name] = transform(given, transformation=transformation, training=training)
        return found

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in self._arguments}
        if self.bounding_box_format is not None:
            own["bounding_box_format"] = self.bounding_box_format
        return {**super().get_config(), "data_format": self.data_format, **own}

    # -- inputs

    def _images(self, data: Any) -> Any:
        """The images of the data.

        Raises:
            ValueError: if there are none, or they have another rank or no elements.
        """
        if isinstance(data, dict) and "images" not in data:
            raise ValueError(f"layer {self.name!r} expects a dict with 'images', got the keys {sorted(data)}")
        images = data["images"] if isinstance(data, dict) else data
        shape = tuple(getattr(images, "shape", ()))
        if len(shape) not in (3, 4) or 0 in shape[-3:]:
            raise ValueError(
                f"layer {self.name!r} expects images of the shape (batch, height, width, channels), or one image, "
                f"with sizes of 1 or more, got the shape {shape}"
            )
        return images

    def _sizes(self, data: Any) -> Sizes:
        shape = self._images(data).shape
        last = self.data_format == "channels_last"
        height, width, channels = shape[-3:] if last else (*shape[-2:], shape[-3])
        return Sizes(shape[0] if len(shape) == 4 else 1, height, width, channels, tuple(shape))

    def _computes_wider(self) -> bool:
        """As that of `Layer`, also if it is made of layers, since those give what they compute in the wider dtype."""
        return self._compute_dtype != self._dtype and self.autocast

    def _floats(self, images: Any) -> Any:
        """Images in the dtype of the layer's computation."""
        return ops.cast(images, self.variable_dtype)

    def _checked_boxes(self, bounding_boxes: Any) -> dict[str, Any]:
        if self.bounding_box_format is None:
            raise ValueError(
                f"layer {self.name!r} got 'bounding_boxes', which need the argument bounding_box_format of "
                f"{type(self).__name__}, such as bounding_box_format='xyxy'"
            )
        return dense_boxes(bounding_boxes, self.name)

    # -- for subclasses

    @property
    def _plane(self) -> tuple[int, int]:
        """The axes of height and width."""
        return (-3, -2) if self.data_format == "channels_last" else (-2, -1)

    def _size_in(self, transformation: Any) -> tuple[Any, Any]:
        """Height and width of the images for which a transformation was sampled."""
        return tuple(transformation["input_shape"][axis] for axis in self._plane)

    def _move_boxes(
        self, bounding_boxes: Any, before: tuple[Any, Any], after: tuple[Any, Any], move: Callable[..., Any]
    ) -> dict[str, Any]:
        """Apply ``move`` to boxes in pixels; clip them, and label those of which nothing is left -1.

        Args:
            bounding_boxes: dict of "boxes" and "labels", in the layer's format.
            before, after: (height, width) of the images before and after the transformation.
            move: function of left, top, right and bottom, each (batch, n, 1), that returns their new values.
        """
        given = self.bounding_box_format
        boxes = convert_format(bounding_boxes["boxes"], given, "xyxy", *before)
        moved = ops.concatenate(move(*(boxes[..., i : i + 1] for i in range(4))), axis=-1)
        found = clip_to_image_size({**bounding_boxes, "boxes": moved}, *after, bounding_box_format="xyxy")
        return {**found, "boxes": convert_format(found["boxes"], "xyxy", given, *after)}


def chosen(batch: int, probability: tuple[float, float], seed: Any) -> Any:
    """Sample for each image of a batch whether it is changed; its probability is sampled from a range."""
    limits = random.uniform((batch,), *map(float, probability), seed=seed)
    return random.uniform((batch,), seed=seed) < limits


def per_image(values: Any, images: Any) -> Any:
    """Reshape one value for each image so that it broadcasts to images, or to one image without the batch axis."""
    return ops.reshape(values, (-1, *(1,) * (len(images.shape) - 1)))


def within(values: Any, source: tuple[float, float], target: tuple[float, float]) -> Any:
    """Map values linearly from one range to another."""
    if tuple(source) == tuple(target):
        return values
    scale = (target[1] - target[0]) / (source[1] - source[0])
    return (values - source[0]) * scale + target[0]
