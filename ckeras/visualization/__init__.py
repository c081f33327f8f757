"""Pictures of models and trainings, and images with boxes and masks drawn on them.

Names load on first use, and so do the packages that they need.
"""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.visualization.drawing import (
        draw_bounding_boxes as draw_bounding_boxes,
        draw_segmentation_masks as draw_segmentation_masks,
    )
    from ckeras.visualization.galleries import (
        plot_bounding_box_gallery as plot_bounding_box_gallery,
        plot_image_gallery as plot_image_gallery,
        plot_segmentation_mask_gallery as plot_segmentation_mask_gallery,
    )
    from ckeras.visualization.training import plot_history as plot_history

attach(
    __name__,
    {
        "draw_bounding_boxes": "drawing",
        "draw_segmentation_masks": "drawing",
        "plot_bounding_box_gallery": "galleries",
        "plot_history": "training",
        "plot_image_gallery": "galleries",
        "plot_segmentation_mask_gallery": "galleries",
    },
)
