"""Models from the JSON of their configuration."""

from __future__ import annotations

import json
from typing import Any

from ckeras import registry
from ckeras.models.model import Model
from ckeras.saving.older_configs import is_older, renewed


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Model:
    """Create the model that the JSON of `Model.to_json` describes, with new weights.

    Args:
        json_string: the JSON.
        custom_objects: names to classes and functions, looked at before all others.

    Raises:
        ValueError: if it is no JSON, or not that of a model.
    """
    try:
        config = json.loads(json_string)
    except ValueError as error:
        raise ValueError(f"model_from_json expects JSON, got {json_string!r:.80}: {error}") from error
    model = registry.layers.deserialize(renewed(config) if is_older(config) else config, custom_objects)
    if not isinstance(model, Model):
        raise ValueError(f"model_from_json expects the JSON of a model, got that of {registry.source(type(model))}")
    return model
