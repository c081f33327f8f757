"""``keras.export``: models in formats of other programs. Names load on first use."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.export.formats import export_model as export_model, export_openvino as export_openvino
    from ckeras.export.onnx_model import export_onnx as export_onnx
    from ckeras.models.export_archive import ExportArchive as ExportArchive

attach(
    __name__,
    {
        "ExportArchive": "ckeras.models.export_archive:ExportArchive",
        "export_model": "formats",
        "export_onnx": "onnx_model",
        "export_openvino": "formats",
    },
)
