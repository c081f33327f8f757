"""``keras.export``: models in formats of other programs. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.export.onnx_model import export_onnx as export_onnx
    from ckeras.export.saved_model import export_saved_model as export_saved_model

attach(__name__, {"export_onnx": "onnx_model", "export_saved_model": "saved_model"})
