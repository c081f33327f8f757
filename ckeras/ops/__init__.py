"""The operations of `keras.ops`: on tensors, variables, arrays and numbers, eagerly or in a compiled function.

Each is one op of the op table, or a composition of ops.
"""

from ckeras.ops import image as image, linalg as linalg, nn as nn, numpy as numpy
from ckeras.ops.control import remat as _remat  # noqa: F401  (registers what a RematScope does)
from ckeras.ops.control.associative_scan import (
    associative_scan as associative_scan,
)
from ckeras.ops.control.cond import (
    cond as cond,
    switch as switch,
)
from ckeras.ops.control.differentiation import (
    custom_gradient as custom_gradient,
)
from ckeras.ops.control.loops import (
    fori_loop as fori_loop,
    while_loop as while_loop,
)
from ckeras.ops.control.scan import (
    map as map,
    scan as scan,
    vectorized_map as vectorized_map,
)
from ckeras.ops.elementwise.complex_numbers import (
    view_as_complex as view_as_complex,
    view_as_real as view_as_real,
)
from ckeras.ops.elementwise.core import (
    cast as cast,
    erf as erf,
    rsqrt as rsqrt,
)
from ckeras.ops.elementwise.special import (
    erfc as erfc,
    erfinv as erfinv,
)
from ckeras.ops.indexing.core import (
    getitem as getitem,
)
from ckeras.ops.indexing.scatter import (
    saturate_cast as saturate_cast,
    scatter as scatter,
    scatter_update as scatter_update,
    unstack as unstack,
)
from ckeras.ops.indexing.slicing import (
    slice as slice,
    slice_update as slice_update,
)
from ckeras.ops.linalg import *  # noqa: F403
from ckeras.ops.linalg.norms import (
    cdist as cdist,
)
from ckeras.ops.manipulation.creation import (
    convert_to_numpy as convert_to_numpy,
    convert_to_tensor as convert_to_tensor,
    dtype as dtype,
    is_tensor as is_tensor,
    shape as shape,
)
from ckeras.ops.manipulation.layout import (
    stop_gradient as stop_gradient,
)
from ckeras.ops.manipulation.named_axes import (
    rearrange as rearrange,
)
from ckeras.ops.nn import *  # noqa: F403
from ckeras.ops.numpy import *  # noqa: F403
from ckeras.ops.public import publish as _publish
from ckeras.ops.reduction.core import (
    logsumexp as logsumexp,
)
from ckeras.ops.reduction.order_statistics import (
    in_top_k as in_top_k,
    top_k as top_k,
)
from ckeras.ops.reduction.segments import (
    segment_max as segment_max,
    segment_min as segment_min,
    segment_prod as segment_prod,
    segment_sum as segment_sum,
)
from ckeras.ops.signal.fourier import (
    extract_sequences as extract_sequences,
    fft as fft,
    fft2 as fft2,
    ifft2 as ifft2,
    irfft as irfft,
    istft as istft,
    rfft as rfft,
    stft as stft,
)
from ckeras.tensor import operators as _operators

_names = _publish(globals(), "image", "linalg", "nn", "numpy")
vars(linalg).update({name: globals()[name] for name in linalg.__all__})  # which loads them itself, without recording
_operators.functions.update({name: globals()[name] for name in _names})  # what operators and methods of tensors call
