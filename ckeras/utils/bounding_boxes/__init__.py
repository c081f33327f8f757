"""Bounding boxes: formats, overlap, and what transformations of an image do to them."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.utils.bounding_boxes.anchors import (
        decode_deltas_to_boxes as decode_deltas_to_boxes,
        encode_box_to_deltas as encode_box_to_deltas,
    )
    from ckeras.utils.bounding_boxes.formats import convert_format as convert_format
    from ckeras.utils.bounding_boxes.overlap import compute_ciou as compute_ciou, compute_iou as compute_iou
    from ckeras.utils.bounding_boxes.placement import (
        affine_transform as affine_transform,
        clip_to_image_size as clip_to_image_size,
        crop as crop,
        pad as pad,
    )

attach(
    __name__,
    {
        "affine_transform": "placement",
        "clip_to_image_size": "placement",
        "compute_ciou": "overlap",
        "compute_iou": "overlap",
        "convert_format": "formats",
        "crop": "placement",
        "decode_deltas_to_boxes": "anchors",
        "encode_box_to_deltas": "anchors",
        "pad": "placement",
    },
)
