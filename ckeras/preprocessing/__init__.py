"""``keras.preprocessing``: texts, sequences and images as arrays, and data sets of files. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.preprocessing import image as image, sequence as sequence, text as text
    from ckeras.preprocessing.image_dataset import image_dataset_from_directory as image_dataset_from_directory
    from ckeras.preprocessing.text_dataset import text_dataset_from_directory as text_dataset_from_directory
    from ckeras.preprocessing.timeseries_dataset import timeseries_dataset_from_array as timeseries_dataset_from_array

attach(
    __name__,
    {
        "image": None,
        "image_dataset_from_directory": "image_dataset",
        "sequence": None,
        "text": None,
        "text_dataset_from_directory": "text_dataset",
        "timeseries_dataset_from_array": "timeseries_dataset",
    },
)
