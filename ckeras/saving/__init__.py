"""Objects to configs, dicts of plain values, and back; names by which configs find classes and functions.

Every name loads on first use.
"""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CustomObjectScope": "ckeras.registry",
        "custom_object_scope": "ckeras.registry",
        "deserialize_keras_object": "serialization",
        "get_custom_objects": "ckeras.registry",
        "get_registered_name": "ckeras.registry",
        "get_registered_object": "ckeras.registry",
        "register_keras_serializable": "ckeras.registry",
        "serialize_keras_object": "serialization",
    },
)
