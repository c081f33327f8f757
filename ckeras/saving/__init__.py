"""Files of models and weights, serialization of objects to configs and back, and registration of classes and functions.

Each name is imported on first use.
"""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.registry import (
        CustomObjectScope as CustomObjectScope,
        custom_object_scope as custom_object_scope,
        get_custom_objects as get_custom_objects,
        get_registered_name as get_registered_name,
        get_registered_object as get_registered_object,
        register_keras_serializable as register_keras_serializable,
    )
    from ckeras.saving.file_editor import KerasFileEditor as KerasFileEditor
    from ckeras.saving.model_files import load_model as load_model, save_model as save_model
    from ckeras.saving.serialization import (
        deserialize_keras_object as deserialize_keras_object,
        serialize_keras_object as serialize_keras_object,
    )
    from ckeras.saving.weights import (
        export_weights as export_weights,
        load_weights as load_weights,
        save_weights as save_weights,
    )

attach(
    __name__,
    {
        "CustomObjectScope": "ckeras.registry",
        "KerasFileEditor": "file_editor",
        "custom_object_scope": "ckeras.registry",
        "deserialize_keras_object": "serialization",
        "export_weights": "weights",
        "get_custom_objects": "ckeras.registry",
        "get_registered_name": "ckeras.registry",
        "get_registered_object": "ckeras.registry",
        "load_model": "model_files",
        "load_weights": "weights",
        "register_keras_serializable": "ckeras.registry",
        "save_model": "model_files",
        "save_weights": "weights",
        "serialize_keras_object": "serialization",
    },
)
