"""Bounding boxes of Keras 3.15, converted, compared, moved.

`KERAS_BACKEND=jax python tests/data/make_bounding_boxes_values.py` writes `bounding_boxes_values.json` next to this
file. The tests call the same cases of ckeras and compare.
"""

import json
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("bounding_boxes_values.json")
FORMATS = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")


def cases(boxes):
    """Name -> a function without arguments, of the module ``boxes``."""
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 40, (2, 3, 2))
    xyxy = np.concatenate([start, start + rng.uniform(1, 30, (2, 3, 2))], -1).astype("float32")
    labels = np.arange(6).reshape(2, 3)
    outside = (xyxy - 20) * 2
    found = {}
    for source in FORMATS:
        for target in FORMATS:
            given = xyxy / 100 if source.startswith("rel_") else xyxy
            found[f"convert {source} {target}"] = lambda g=given, s=source, t=target: boxes.convert_format(
                g, source=s, target=t, height=50, width=80
            )
    for name in FORMATS:
        given = (outside / 60 if name.startswith("rel_") else outside).astype("float32")
        found[f"clip {name}"] = lambda g=given, n=name: boxes.clip_to_image_size(
            {"boxes": g, "labels": labels}, height=40, width=50, bounding_box_format=n
        )
    for name in ("xyxy", "xywh", "center_yxhw"):
        found[f"crop {name}"] = lambda n=name: boxes.crop(xyxy, 5, 10, 30, 35, bounding_box_format=n)
        found[f"pad {name}"] = lambda n=name: boxes.pad(xyxy, 5, 10, height=60, width=70, bounding_box_format=n)
        found[f"iou {name}"] = lambda n=name: boxes.compute_iou(xyxy, xyxy[0, ::-1], n)
        found[f"ciou {name}"] = lambda n=name: boxes.compute_ciou(xyxy, xyxy[:, ::-1] + 3, n)
    masked = xyxy.copy()
    masked[0, 1] = -1
    found["iou masked"] = lambda: boxes.compute_iou(masked, xyxy, "xyxy", use_masking=True, mask_val=-2)
    found["iou relative"] = lambda: boxes.compute_iou(xyxy / 99, xyxy / 90, "rel_xyxy", image_shape=(40, 60, 3))
    for encoding in ("center_xywh", "center_yxhw"):
        for variance in (None, [0.1, 0.1, 0.2, 0.2]):
            options = {"variance": variance, "image_shape": (40, 60, 3)}
            found[f"encode {encoding} {variance}"] = lambda e=encoding, o=options: boxes.encode_box_to_deltas(
                xyxy[0], xyxy, "xyxy", "xywh", encoding_format=e, **o
            )
            found[f"decode {encoding} {variance}"] = lambda e=encoding, o=options: boxes.decode_deltas_to_boxes(
                xyxy[0], xyxy / 100, "xywh", "yxyx", encoded_format=e, **o
            )
    transforms = {
        "rotate": (30.0, 0.0, 0.0, 1.0, 0.0, 0.0), "move": (0.0, 0.1, -0.2, 1.0, 0.0, 0.0),
        "scale": (0.0, 0.0, 0.0, 1.5, 0.0, 0.0), "shear x": (0.0, 0.0, 0.0, 1.0, 20.0, 0.0),
        "shear y": (0.0, 0.0, 0.0, 1.0, 0.0, 20.0), "all": (10.0, 0.1, 0.2, 0.8, 5.0, 15.0),
    }  # fmt: skip
    for name, numbers in transforms.items():
        found[f"affine {name}"] = lambda v=numbers: boxes.affine_transform(
            xyxy, *(np.array([x, x / 2 if x != 1.0 else x], "float32") for x in v), 40, 60
        )
    found["affine center"] = lambda: boxes.affine_transform(
        xyxy, *(np.array([x, x], "float32") for x in transforms["all"]), 40, 60, 0.25, 0.75
    )
    return found


def plain(value):
    """A result as plain values."""
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    return np.asarray(value, "float64").round(6).tolist()


def main():
    """Write the values of Keras."""
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    made = {}
    for name, function in cases(keras.utils.bounding_boxes).items():
        try:
            made[name] = plain(function())
        except Exception as error:  # what Keras refuses is not compared
            print(name, type(error).__name__, str(error)[:150])
    VALUES.write_text(json.dumps(made, sort_keys=True, separators=(",", ":")) + "\n")
    print(f"{len(made)} results")


if __name__ == "__main__":
    main()
