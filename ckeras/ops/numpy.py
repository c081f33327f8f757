"""The namespace `keras.ops.numpy`: the functions of `ckeras.ops` that do what numpy's of the same name do."""

from ckeras.ops.control.transformations import (
    vectorize as vectorize,
)
from ckeras.ops.elementwise.arithmetic import (
    bitwise_left_shift as bitwise_left_shift,
    bitwise_right_shift as bitwise_right_shift,
    cbrt as cbrt,
    fabs as fabs,
    fmax as fmax,
    fmin as fmin,
    fmod as fmod,
    gcd as gcd,
    heaviside as heaviside,
    lcm as lcm,
    ldexp as ldexp,
    left_shift as left_shift,
    right_shift as right_shift,
)
from ckeras.ops.elementwise.bessel import (
    i0 as i0,
)
from ckeras.ops.elementwise.comparison import (
    allclose as allclose,
    isclose as isclose,
    isin as isin,
    isneginf as isneginf,
    isposinf as isposinf,
)
from ckeras.ops.elementwise.complex_numbers import (
    vdot as vdot,
)
from ckeras.ops.elementwise.complex_parts import (
    angle as angle,
    conj as conj,
    conjugate as conjugate,
    imag as imag,
    isreal as isreal,
    real as real,
)
from ckeras.ops.elementwise.core import (
    abs as abs,
    absolute as absolute,
    add as add,
    bitwise_and as bitwise_and,
    bitwise_invert as bitwise_invert,
    bitwise_not as bitwise_not,
    bitwise_or as bitwise_or,
    bitwise_xor as bitwise_xor,
    broadcast_to as broadcast_to,
    ceil as ceil,
    clip as clip,
    cos as cos,
    divide as divide,
    divide_no_nan as divide_no_nan,
    equal as equal,
    exp as exp,
    exp2 as exp2,
    expm1 as expm1,
    floor as floor,
    floor_divide as floor_divide,
    greater as greater,
    greater_equal as greater_equal,
    isfinite as isfinite,
    isinf as isinf,
    isnan as isnan,
    less as less,
    less_equal as less_equal,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    maximum as maximum,
    minimum as minimum,
    mod as mod,
    multiply as multiply,
    negative as negative,
    not_equal as not_equal,
    power as power,
    reciprocal as reciprocal,
    round as round,
    sign as sign,
    sin as sin,
    sqrt as sqrt,
    square as square,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
    true_divide as true_divide,
    trunc as trunc,
    where as where,
)
from ckeras.ops.elementwise.special import (
    logaddexp as logaddexp,
    logaddexp2 as logaddexp2,
    nextafter as nextafter,
    signbit as signbit,
)
from ckeras.ops.elementwise.trigonometry import (
    arccos as arccos,
    arccosh as arccosh,
    arcsin as arcsin,
    arcsinh as arcsinh,
    arctan as arctan,
    arctan2 as arctan2,
    arctanh as arctanh,
    cosh as cosh,
    deg2rad as deg2rad,
    hypot as hypot,
    rad2deg as rad2deg,
    sinc as sinc,
    sinh as sinh,
)
from ckeras.ops.indexing.core import (
    flip as flip,
    fliplr as fliplr,
    flipud as flipud,
    get_item as get_item,
    take as take,
    take_along_axis as take_along_axis,
)
from ckeras.ops.indexing.search import (
    nonzero as nonzero,
    searchsorted as searchsorted,
    select as select,
    unique as unique,
    unravel_index as unravel_index,
)
from ckeras.ops.linalg.diagonals import (
    diag as diag,
    diagflat as diagflat,
    diagonal as diagonal,
)
from ckeras.ops.linalg.einsum import (
    einsum as einsum,
)
from ckeras.ops.linalg.inner_products import (
    cross as cross,
    inner as inner,
    kron as kron,
)
from ckeras.ops.linalg.linear_systems import (
    slogdet as slogdet,
)
from ckeras.ops.linalg.matrix_products import (
    dot as dot,
    matmul as matmul,
    outer as outer,
    tensordot as tensordot,
)
from ckeras.ops.linalg.triangles import (
    trace as trace,
    tri as tri,
    tril as tril,
    triu as triu,
)
from ckeras.ops.manipulation.concat import (
    concatenate as concatenate,
    pad as pad,
    repeat as repeat,
    roll as roll,
    split as split,
    stack as stack,
    tile as tile,
)
from ckeras.ops.manipulation.creation import (
    arange as arange,
    array as array,
    copy as copy,
    empty as empty,
    empty_like as empty_like,
    eye as eye,
    full as full,
    full_like as full_like,
    identity as identity,
    ndim as ndim,
    ones as ones,
    ones_like as ones_like,
    size as size,
    zeros as zeros,
    zeros_like as zeros_like,
)
from ckeras.ops.manipulation.grids import (
    logspace as logspace,
    meshgrid as meshgrid,
    rot90 as rot90,
    trapezoid as trapezoid,
    vander as vander,
)
from ckeras.ops.manipulation.layout import (
    expand_dims as expand_dims,
    moveaxis as moveaxis,
    ravel as ravel,
    reshape as reshape,
    squeeze as squeeze,
    swapaxes as swapaxes,
    transpose as transpose,
)
from ckeras.ops.manipulation.linspace import (
    geomspace as geomspace,
    linspace as linspace,
)
from ckeras.ops.manipulation.named_axes import (
    view as view,
)
from ckeras.ops.manipulation.split import (
    append as append,
    array_split as array_split,
    dsplit as dsplit,
    dstack as dstack,
    hsplit as hsplit,
    hstack as hstack,
    vsplit as vsplit,
    vstack as vstack,
)
from ckeras.ops.public import publish as _publish
from ckeras.ops.reduction.core import (
    all as all,
    amax as amax,
    amin as amin,
    any as any,
    argmax as argmax,
    argmin as argmin,
    count_nonzero as count_nonzero,
    max as max,
    mean as mean,
    min as min,
    prod as prod,
    std as std,
    sum as sum,
    var as var,
)
from ckeras.ops.reduction.counting import (
    bincount as bincount,
    digitize as digitize,
    histogram as histogram,
)
from ckeras.ops.reduction.cumulative import (
    cumprod as cumprod,
    cumsum as cumsum,
    diff as diff,
)
from ckeras.ops.reduction.nan_reductions import (
    nan_to_num as nan_to_num,
    nanargmax as nanargmax,
    nanargmin as nanargmin,
    nancumprod as nancumprod,
    nancumsum as nancumsum,
    nanmax as nanmax,
    nanmean as nanmean,
    nanmin as nanmin,
    nanprod as nanprod,
    nanstd as nanstd,
    nansum as nansum,
    nanvar as nanvar,
)
from ckeras.ops.reduction.order_statistics import (
    median as median,
    nanmedian as nanmedian,
    nanpercentile as nanpercentile,
    nanquantile as nanquantile,
    percentile as percentile,
    ptp as ptp,
    quantile as quantile,
    sort as sort,
)
from ckeras.ops.reduction.sorting import (
    argpartition as argpartition,
    argsort as argsort,
)
from ckeras.ops.reduction.statistics import (
    average as average,
    corrcoef as corrcoef,
    correlate as correlate,
)
from ckeras.ops.signal.window_functions import (
    bartlett as bartlett,
    blackman as blackman,
    hamming as hamming,
    hanning as hanning,
    kaiser as kaiser,
)

_publish(globals())
