"""How layers receive the masks of their inputs, and how outputs get theirs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ckeras.ops.manipulation import layout
from ckeras.tensor import Tensor, Variable
from ckeras.tensor.masks import get_mask, has_mask, masks_of, set_mask
from ckeras.tensor.structure import flatten, map_structure, pack
from ckeras.utils.tracebacks import warn


def attached(inputs: Any, masks: Any) -> Any:
    """A structure of tensors with these masks (None keeps a tensor's own); the caller's tensors stay as they are."""

    def attach(x: Any, mask: Any) -> Any:
        if mask is None or get_mask(x) is mask:
            return x
        x = layout.alias(x)
        set_mask(x, mask)
        return x

    leaves, given = flatten(inputs), flatten(masks)
    if masks is None or len(leaves) != len(given):
        return inputs
    return pack(inputs, [attach(x, mask) for x, mask in zip(leaves, given, strict=True)])


@lru_cache(maxsize=4096)
def mask_parameters(parameters: tuple[str, ...]) -> tuple[str, ...]:
    """The parameters of a `call` that receive masks: ``mask``, and ``<name>_mask`` for another parameter ``name``."""
    return tuple(p for p in parameters if p == "mask" or (p.endswith("_mask") and p[: -len("_mask")] in parameters))


def fill_masks(parameters: tuple[str, ...], args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Add the masks that tensor arguments carry to ``kwargs``, where none was given.

    A call with one tensor argument (or structure of tensors) takes its mask as ``mask``, one with several takes those
    of each argument ``name`` as ``<name>_mask``.
    """
    wanted = mask_parameters(parameters)
    if not wanted:
        return kwargs
    given = {**dict(zip(parameters[1:], args, strict=False)), **kwargs}
    tensors = {k: v for k, v in given.items() if any(isinstance(x, Tensor) for x in flatten(v)) and k not in wanted}
    found = {}
    for name, value in tensors.items():
        target = "mask" if len(tensors) == 1 else f"{name}_mask"
        if target in wanted and given.get(target) is None:
            found[target] = masks_of(value)
    positions = {name: i for i, name in enumerate(parameters[1:])}
    return {**kwargs, **{k: v for k, v in found.items() if positions[k] >= len(args)}}


def pass_masks(layer: Any, inputs: Any, given: Any, outputs: Any) -> Any:
    """Attach to ``outputs`` the masks that the layer computes, from ``given`` or else from the masks of the inputs.

    A layer that does not support masking drops the masks of its inputs, and warns.
    """
    if not layer.supports_masking:
        if has_mask(inputs) and not has_mask(outputs):
            warn(
                f"Layer '{layer.name}' (of type {type(layer).__name__}) was passed an input with a mask attached to "
                "it. However, this layer does not support masking and will therefore destroy the mask information. "
                "Downstream layers will not see the mask."
            )
        return outputs
    leaves = flatten(outputs)
    if leaves and all(get_mask(y) is not None for y in leaves):
        return outputs
    masks = layer.compute_mask(inputs, masks_of(inputs) if given is None else given)
    if masks is None:
        return outputs
    known = {id(x) for x in flatten(inputs)}
    remaining = iter(flatten(masks))

    def attach(y: Any) -> Any:
        mask = next(remaining, None)
        if mask is None or not isinstance(y, Tensor) or get_mask(y) is not None:
            return y
        if id(y) in known:  # the caller's tensor stays without a mask
            y = layout.alias(y)
        set_mask(y, mask.value if isinstance(mask, Variable) else mask)
        return y

    return map_structure(attach, outputs)
