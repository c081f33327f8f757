"""Tools around models: progress bar, labels to one-hot rows, seeds, logging. Every name loads on first use."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Config": "config",
        "CustomObjectScope": "ckeras.registry",
        "Progbar": "progbar",
        "PyDataset": "py_dataset",
        "Sequence": "py_dataset",
        "clear_session": "session",
        "custom_object_scope": "ckeras.registry",
        "deserialize_keras_object": "ckeras.saving",
        "disable_interactive_logging": "ckeras.config",
        "enable_interactive_logging": "ckeras.config",
        "get_custom_objects": "ckeras.registry",
        "get_registered_name": "ckeras.registry",
        "get_registered_object": "ckeras.registry",
        "get_source_inputs": "symbols",
        "is_interactive_logging_enabled": "ckeras.config",
        "is_keras_tensor": "symbols",
        "normalize": "numerical",
        "np_utils": None,
        "pack_x_y_sample_weight": "ckeras.trainer.data",
        "register_keras_serializable": "ckeras.registry",
        "serialize_keras_object": "ckeras.saving",
        "set_random_seed": "ckeras.random",
        "standardize_dtype": "ckeras.backend",
        "to_categorical": "numerical",
        "unpack_x_y_sample_weight": "ckeras.trainer.data",
    },
)
