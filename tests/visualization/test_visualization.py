"""Drawings on images, galleries and curves: pixels, grids, files, and errors."""

import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image

import ckeras
from ckeras import visualization

matplotlib.use("Agg")

BLACK = np.zeros((2, 20, 30, 3), "uint8")
BOXES = {"boxes": np.array([[[2, 3, 12, 13], [0, 0, 5, 5]]] * 2, "float32"), "labels": np.array([[1, -1]] * 2)}


def test_boxes_are_drawn_where_they_are():
    found = visualization.draw_bounding_boxes(BLACK, BOXES, "xyxy", color=(255, 0, 9), line_thickness=1)
    assert found.shape == BLACK.shape and found.dtype == np.uint8
    lines = np.zeros((20, 30), bool)
    lines[[3, 13], 2:13] = lines[3:14, [2, 12]] = True
    np.testing.assert_array_equal(found[0][lines], [[255, 0, 9]] * lines.sum())
    assert not found[0][~lines].any() and not BLACK.any()


def test_relative_boxes_and_gray_images():
    boxes = {"boxes": np.array([[[0.1, 0.2, 0.5, 0.6]]]), "labels": np.array([[0]])}
    found = visualization.draw_bounding_boxes(np.zeros((1, 20, 30, 1)), boxes, "rel_xyxy", line_thickness=1)
    rows, columns = np.nonzero(found[0, :, :, 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 12, 3, 15)


def test_names_and_confidences_change_the_picture():
    plain = visualization.draw_bounding_boxes(BLACK, BOXES, "xyxy")
    named = visualization.draw_bounding_boxes(BLACK, BOXES, "xyxy", class_mapping={1: "cat"}, font_scale=0.5)
    sure = visualization.draw_bounding_boxes(
        BLACK, {**BOXES, "confidences": np.ones((2, 2))}, "xyxy", class_mapping={1: "cat"}, font_scale=0.5
    )
    assert (named != plain).any() and (sure != named).any()


def test_masks_color_pixels_by_class():
    images, masks = np.full((1, 2, 2, 3), 100), np.array([[[0, 1], [2, 3]]])
    colors = {1: (200, 0, 0), 2: (0, 200, 0)}
    found = visualization.draw_segmentation_masks(images, masks, color_mapping=colors, alpha=0.5, ignore_index=3)
    np.testing.assert_array_equal(found[0], [[[100] * 3, [150, 50, 50]], [[50, 150, 50], [100] * 3]])
    found = visualization.draw_segmentation_masks(images, masks[..., None], blend=False)
    assert len(np.unique(found.reshape(-1, 3), axis=0)) == 4


@pytest.mark.parametrize(
    ("count", "grid", "expected"),
    [(5, {}, (2, 3)), (5, {"rows": 1}, (1, 5)), (5, {"cols": 2}, (3, 2)), (1, {}, (1, 1))],
)
def test_the_grid_of_a_gallery(count, grid, expected):
    figure = visualization.plot_image_gallery(np.zeros((count, 4, 4, 3)), show=False, **grid)
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == expected
    assert sum(len(axis.images) for axis in figure.axes) == count


def test_a_gallery_has_titles_and_values_of_its_range(tmp_path):
    images = np.stack([np.zeros((4, 4, 1)), np.ones((4, 4, 1))])
    figure = visualization.plot_image_gallery(
        images, [0, 1], [1, 1], {0: "no", 1: "yes"}, value_range=(0, 1), path=tmp_path / "gallery.png"
    )
    assert [axis.get_title() for axis in figure.axes] == ["Truth: no\nPred: yes", "Truth: yes\nPred: yes"]
    assert figure.axes[1].images[0].get_array().min() == 255
    assert Image.open(tmp_path / "gallery.png").size[0] > 10


def test_galleries_of_boxes_and_masks():
    figure = visualization.plot_bounding_box_gallery(BLACK, "xyxy", BOXES, BOXES, legend=True, show=False)
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["Ground Truth", "Predictions"]
    assert figure.axes[0].images[0].get_array().any()
    masks = np.ones((2, 20, 30), int)
    figure = visualization.plot_segmentation_mask_gallery(BLACK, 2, y_true=masks, y_pred=masks * 2, show=False)
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == (2, 3)
    assert not figure.axes[0].images[0].get_array().any() and figure.axes[1].images[0].get_array().any()


def test_curves_of_a_training(tmp_path):
    model = ckeras.Sequential([ckeras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(np.ones((4, 2)), np.ones(4), epochs=3, validation_split=0.5, verbose=0)
    figure = visualization.plot_history(history, path=tmp_path / "curves.png")
    assert {axis.get_title() for axis in figure.axes} == {"loss", "mae"}
    for axis in figure.axes:
        training, validation = axis.lines
        np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(training.get_ydata(), history.history[axis.get_title()])
        np.testing.assert_array_equal(validation.get_ydata(), history.history[f"val_{axis.get_title()}"])
    assert len(visualization.plot_history(history.history, ["mae"]).axes) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: v.draw_bounding_boxes(BLACK[0], BOXES, "xyxy"), r"expects images of shape \(batch, "),
        (lambda v: v.draw_bounding_boxes(BLACK[..., :2], BOXES, "xyxy"), "1 or 3 channels, got 2"),
        (lambda v: v.draw_bounding_boxes(BLACK, {"boxes": 1}, "xyxy"), r"'boxes' and 'labels', got \['boxes'\]"),
        (lambda v: v.draw_bounding_boxes(BLACK[:1], BOXES, "xyxy"), r"boxes of shape \(1, n, 4\)"),
        (lambda v: v.draw_segmentation_masks(BLACK, np.ones((2, 3, 4), int)), r"of shape \(2, 20, 30\)"),
        (lambda v: v.draw_segmentation_masks(BLACK, np.ones((2, 20, 30), int), alpha=2), "alpha between 0 and 1"),
        (lambda v: v.draw_segmentation_masks(BLACK, np.ones((2, 20, 30), int), color_mapping={}), "none for 1"),
        (lambda v: v.plot_image_gallery(BLACK, y_true=[1, 2]), "expects label_map"),
        (lambda v: v.plot_image_gallery(BLACK, rows=1, cols=1), "2 or more, got 1"),
        (lambda v: v.plot_image_gallery(BLACK, path="x.png", show=True), "either path or show"),
        (lambda v: v.plot_image_gallery(BLACK, [1], label_map={}), "2 labels, one for each image, got 1"),
        (lambda v: v.plot_bounding_box_gallery(BLACK, "xyxy", legend=True, legend_handles=[]), "got both"),
        (lambda v: v.plot_image_gallery(BLACK, value_range=(1, 1)), r"a larger maximum, got \(1, 1\)"),
        (lambda v: v.plot_history({}), "expects what fit returned"),
        (lambda v: v.plot_history({"loss": [1.0]}, ["mae"]), r"among \['loss'\], got \['mae'\]"),
        (lambda v: v.draw_bounding_boxes(BLACK, BOXES, "xyxy", data_format="x"), "data_format to be"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call(visualization)


def test_masks_of_floats():
    with pytest.raises(TypeError, match="an integer dtype, got float64"):
        visualization.draw_segmentation_masks(BLACK, np.ones((2, 20, 30)))


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("PIL", lambda: visualization.draw_bounding_boxes(BLACK, BOXES, "xyxy")),
        ("matplotlib", lambda: visualization.plot_image_gallery(BLACK)),
    ],
)
def test_a_missing_package_is_named(monkeypatch, module, call):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"pip install 'ckeras\["):
        call()
