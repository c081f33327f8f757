"""Bounding boxes compared with Keras, and their errors."""

import importlib.util
import json
import pathlib

import numpy as np
import pytest

from ckeras.utils import bounding_boxes

DATA = pathlib.Path(__file__).parents[1] / "data"
spec = importlib.util.spec_from_file_location("make_bounding_boxes_values", DATA / "make_bounding_boxes_values.py")
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
CASES = script.cases(bounding_boxes)
EXPECTED = json.loads((DATA / "bounding_boxes_values.json").read_text())
BOXES = np.array([[1.0, 2.0, 5.0, 9.0]])


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_values(name):
    got, expected = script.plain(CASES[name]()), EXPECTED[name]
    for key in expected if isinstance(expected, dict) else [None]:
        a, b = (got, expected) if key is None else (got[key], expected[key])
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5, err_msg=str(key))


@pytest.mark.parametrize("name", sorted(set(CASES) - set(EXPECTED)))
def test_formats_that_keras_refuses_agree_with_corners(name):
    what, box_format = name.split(" ", 1)
    sizes = {"height": 40, "width": 60}
    given = bounding_boxes.convert_format(BOXES, "xyxy", box_format, **sizes)
    if what == "clip":
        labels = np.array([3])
        got = bounding_boxes.clip_to_image_size(
            {"boxes": given, "labels": labels}, **sizes, bounding_box_format=box_format
        )
        expected = bounding_boxes.clip_to_image_size({"boxes": BOXES, "labels": labels}, **sizes)
        got, expected = got["boxes"], expected["boxes"]
    else:
        function = getattr(bounding_boxes, what)
        got = function(given, 2, 1, **sizes, bounding_box_format=box_format)
        expected = function(BOXES, 2, 1, **sizes)
    got = bounding_boxes.convert_format(got, box_format, "xyxy", **sizes)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda b: b.convert_format(BOXES, "xyxz", "xyxy"), "source to be one of .*'xyxz'"),
        (lambda b: b.convert_format(BOXES, "xyxy", 3), "target to be one of"),
        (lambda b: b.convert_format(BOXES, "xyxy", "rel_xyxy"), "height and width to convert"),
        (lambda b: b.convert_format(BOXES[:, :3], "xyxy", "xywh"), r"boxes of shape \(..., n, 4\), got \(1, 3\)"),
        (lambda b: b.convert_format(BOXES, "xyxy", "xywh", dtype="int32"), "float dtype"),
        (lambda b: b.clip_to_image_size({"boxes": BOXES, "labels": [1]}), "expects height and width"),
        (lambda b: b.encode_box_to_deltas(BOXES, BOXES, "xyxy", "xyxy", "xyxy"), "encoding to be one of"),
        (lambda b: b.decode_deltas_to_boxes(BOXES, BOXES, "xyxy", "xyxy", variance=[1, 2]), "4 elements, got 2"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call(bounding_boxes)


def test_levels_of_anchors():
    anchors = {"p3": BOXES, "p4": BOXES * 2}
    deltas = {level: bounding_boxes.encode_box_to_deltas(a, a + 1, "xyxy", "xyxy") for level, a in anchors.items()}
    found = bounding_boxes.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy")
    for level, boxes in anchors.items():
        np.testing.assert_allclose(found[level], boxes + 1, rtol=1e-5)
