"""Every op and function of ops, on the arrays of the cases of gradients, computes the same in ONNX Runtime.

`NOT_EXPRESSED` names the ops that ONNX has no operators for, and those of training, which exported models do not call.
"""

import importlib.util
import pathlib
import re

import exchange
import numpy as np
import onnx
import onnxruntime
import pytest

from ckeras import ops
from ckeras.export.endpoint import Argument, Endpoint
from ckeras.export.onnx_model import onnx_model
from ckeras.tensor.structure import flatten

NOT_EXPRESSED = {
    # decompositions of matrices
    "cholesky", "cofactors", "eig", "eigh", "inv", "lu_factor", "pinv", "qr", "singular_values", "slogdet", "solve",
    "solve_triangular", "svd",
    # complex numbers
    "conj", "imag", "real", "view_as_complex",
    # special functions
    "bessel_i", "digamma", "erfinv", "igamma", "lgamma", "ldexp", "polygamma",
    # sequences
    "correlate", "ctc_paths", "ctc_recurrence",
    # losses and gradients
    "conv_kernel_grad", "log_softmax_grad", "pool_max_route", "pool_max_take", "pool_mean_spread", "relu_grad",
    "safe_div", "safe_mul", "sigmoid_grad", "sigmoid_xent", "softmax_grad", "softmax_xent", "softmax_xent_grad",
    "softmax_xent_sparse", "softmax_xent_sparse_grad", "spread_at", "tanh_grad", "window_route", "window_take",
    "xent_prob_sparse", "xent_prob_sparse_grad",
}  # fmt: skip
WHY = re.compile(r"there is no converter to ONNX for the (op '(\w+)'|fill mode '(reflect|wrap|mirror)')")
OPTIONS = onnxruntime.SessionOptions()
OPTIONS.intra_op_num_threads = 1
OPTIONS.log_severity_level = 4
OPTIONS.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # it takes longer than a run

CASES = {}
for _path in sorted((pathlib.Path(__file__).parents[1] / "ops").glob("cases_*.py")):
    _spec = importlib.util.spec_from_file_location(_path.stem, _path)
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    CASES |= _module.CASES | {name: [case] for name, case in _module.COMPOSED.items()}


def narrow(x):
    """An array of the dtypes that ONNX Runtime has all operators for."""
    x = np.asarray(x)
    return x.astype("float32") if x.dtype == "float64" else x


@pytest.mark.parametrize("name", CASES)
def test_an_op(name):
    for function, arrays in CASES[name]:
        arrays = [narrow(x) for x in arrays]
        endpoint = Endpoint(function, [Argument(x.shape, str(x.dtype)) for x in arrays], "f", name)
        try:
            model = onnx_model(onnx, endpoint)
        except ValueError as error:
            why = WHY.search(str(error))
            assert why and (why[2] in NOT_EXPRESSED or why[3]), error
            continue
        assert name not in NOT_EXPRESSED - {"real"}  # that of a real number is the number
        expected = [np.asarray(y) for y in flatten(function(*map(ops.convert_to_tensor, arrays)))]
        session = onnxruntime.InferenceSession(model.SerializeToString(), OPTIONS)
        given = dict(zip(endpoint.names, arrays, strict=True))
        found = session.run(None, {x.name: given[x.name] for x in session.get_inputs()})
        for y, z in zip(expected, found, strict=True):
            assert y.dtype == z.dtype
            assert exchange.difference(y.astype("float64"), z) <= 2e-5
