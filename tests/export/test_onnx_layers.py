"""Every layer, with the options of its reference cases, computes the same in ONNX Runtime, for any batch size."""

import exchange
import numpy as np
import onnx
import onnxruntime
import pytest
import reference

import ckeras
from ckeras.export.endpoint import Argument, Endpoint
from ckeras.export.onnx_model import onnx_model
from ckeras.tensor.structure import flatten, map_structure

parts = [reference.script(f"make_{part}_values") for part in ("recurrent", "attention", "conv_lstm")]
script = parts[0].layers_values
CASES = {name: case for part in (script, *parts) for name, case in part.CASES.items()}
NAMES = [name for name, case in CASES.items() if not case.call.get("training")]  # which changes variables
OPTIONS = onnxruntime.SessionOptions()
OPTIONS.intra_op_num_threads = 1
OPTIONS.log_severity_level = 3
OPTIONS.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # it takes longer than a run
pytestmark = pytest.mark.filterwarnings("ignore:under 'mixed")


@pytest.mark.parametrize("name", NAMES)
def test_a_layer(name):
    args, call = script.arguments(CASES[name], "float32")
    layer = script.make_layer(ckeras, CASES[name], "float32")
    layer(*args, **call)
    script.fill(layer)
    expected = [np.asarray(y) for y in flatten(layer(*args, **call))]
    is_fixed = any(np.ndim(x) for x in flatten(list(call.values())))  # arrays among the options have a batch size

    def argument(x):
        return Argument((x.shape[0] if is_fixed else None, *x.shape[1:]), str(x.dtype))

    endpoint = Endpoint(lambda *x: layer(*x, **call), map_structure(argument, list(args)), name, name)
    model = onnx_model(onnx, endpoint)
    session = onnxruntime.InferenceSession(model.SerializeToString(), OPTIONS)
    given = {name: np.asarray(x) for name, x in zip(endpoint.names, flatten(list(args)), strict=True)}
    found = session.run(None, {x.name: given[x.name] for x in session.get_inputs()})
    for y, z in zip(expected, found, strict=True):
        assert y.dtype == z.dtype
        assert exchange.difference(y, z) <= 1e-5
