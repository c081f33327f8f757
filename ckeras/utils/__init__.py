"""Tools around models: progress bar, labels to one-hot rows, seeds, logging. Every name loads on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.backend import standardize_dtype as standardize_dtype
    from ckeras.config import (
        disable_interactive_logging as disable_interactive_logging,
        enable_interactive_logging as enable_interactive_logging,
        is_interactive_logging_enabled as is_interactive_logging_enabled,
    )
    from ckeras.preprocessing import (
        image_dataset_from_directory as image_dataset_from_directory,
        text_dataset_from_directory as text_dataset_from_directory,
        timeseries_dataset_from_array as timeseries_dataset_from_array,
    )
    from ckeras.preprocessing.audio_dataset import audio_dataset_from_directory as audio_dataset_from_directory
    from ckeras.preprocessing.feature_space import FeatureSpace as FeatureSpace
    from ckeras.preprocessing.image import (
        array_to_img as array_to_img,
        img_to_array as img_to_array,
        load_img as load_img,
        save_img as save_img,
    )
    from ckeras.preprocessing.sequence import pad_sequences as pad_sequences
    from ckeras.preprocessing.splitting import split_dataset as split_dataset
    from ckeras.random import set_random_seed as set_random_seed
    from ckeras.registry import (
        CustomObjectScope as CustomObjectScope,
        custom_object_scope as custom_object_scope,
        get_custom_objects as get_custom_objects,
        get_registered_name as get_registered_name,
        get_registered_object as get_registered_object,
        register_keras_serializable as register_keras_serializable,
    )
    from ckeras.saving import (
        deserialize_keras_object as deserialize_keras_object,
        serialize_keras_object as serialize_keras_object,
    )
    from ckeras.trainer.data import (
        pack_x_y_sample_weight as pack_x_y_sample_weight,
        unpack_x_y_sample_weight as unpack_x_y_sample_weight,
    )
    from ckeras.utils import bounding_boxes as bounding_boxes, np_utils as np_utils
    from ckeras.utils.config import Config as Config
    from ckeras.utils.downloads import get_file as get_file
    from ckeras.utils.numerical import normalize as normalize, to_categorical as to_categorical
    from ckeras.utils.progbar import Progbar as Progbar
    from ckeras.utils.py_dataset import PyDataset as PyDataset, Sequence as Sequence
    from ckeras.utils.session import clear_session as clear_session
    from ckeras.utils.symbols import get_source_inputs as get_source_inputs, is_keras_tensor as is_keras_tensor
    from ckeras.visualization.model_graph import model_to_dot as model_to_dot, plot_model as plot_model

attach(
    __name__,
    {
        "Config": "config",
        "CustomObjectScope": "ckeras.registry",
        "FeatureSpace": "ckeras.preprocessing.feature_space",
        "Progbar": "progbar",
        "PyDataset": "py_dataset",
        "Sequence": "py_dataset",
        "array_to_img": "ckeras.preprocessing.image",
        "audio_dataset_from_directory": "ckeras.preprocessing.audio_dataset",
        "bounding_boxes": None,
        "clear_session": "session",
        "custom_object_scope": "ckeras.registry",
        "deserialize_keras_object": "ckeras.saving",
        "disable_interactive_logging": "ckeras.config",
        "enable_interactive_logging": "ckeras.config",
        "get_custom_objects": "ckeras.registry",
        "get_file": "downloads",
        "get_registered_name": "ckeras.registry",
        "get_registered_object": "ckeras.registry",
        "get_source_inputs": "symbols",
        "image_dataset_from_directory": "ckeras.preprocessing",
        "img_to_array": "ckeras.preprocessing.image",
        "is_interactive_logging_enabled": "ckeras.config",
        "is_keras_tensor": "symbols",
        "load_img": "ckeras.preprocessing.image",
        "model_to_dot": "ckeras.visualization.model_graph",
        "normalize": "numerical",
        "np_utils": None,
        "pack_x_y_sample_weight": "ckeras.trainer.data",
        "pad_sequences": "ckeras.preprocessing.sequence",
        "plot_model": "ckeras.visualization.model_graph",
        "register_keras_serializable": "ckeras.registry",
        "save_img": "ckeras.preprocessing.image",
        "serialize_keras_object": "ckeras.saving",
        "set_random_seed": "ckeras.random",
        "split_dataset": "ckeras.preprocessing.splitting",
        "standardize_dtype": "ckeras.backend",
        "text_dataset_from_directory": "ckeras.preprocessing",
        "timeseries_dataset_from_array": "ckeras.preprocessing",
        "to_categorical": "numerical",
        "unpack_x_y_sample_weight": "ckeras.trainer.data",
    },
)
