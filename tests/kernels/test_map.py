"""Fused elementwise kernels: each instruction compared with numpy in a wider type, broadcasting, fusion, threads."""

import ctypes
import ctypes.util
import functools
import math

import numpy as np
import pytest
from fused_kernel import CODES, DTYPES, FusedKernel, adam, apply

REAL = {"f32": np.float32, "f64": np.float64}
ARITHMETIC = {**REAL, "i32": np.int32, "i64": np.int64}
LONG = np.longdouble
BLOCK = 2048  # the longest block
libm = ctypes.CDLL(ctypes.util.find_library("m"))


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def libm_long(name):
    """A function of libm for long double over arrays; argument and result pass through double."""
    function = getattr(libm, name + "l")
    function.restype, function.argtypes = ctypes.c_longdouble, [ctypes.c_longdouble]
    return np.vectorize(function, otypes=[np.float64])


def gelu(x):
    x = x.astype(LONG)
    return x / 2 * libm_long("erfc")(-x / np.sqrt(LONG(2)))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


# Reference, and the largest error in ulps allowed for float32 and for float64.
FUNCTIONS = {
    "exp": (np.exp, 1.2, 1.2),
    "exp2": (np.exp2, 1.3, 1.3),
    "expm1": (np.expm1, 2, 2),
    "log": (np.log, 1, 1),
    "log2": (np.log2, 1.3, 1.3),
    "log10": (np.log10, 1.3, 1.3),
    "log1p": (np.log1p, 1.2, 1.2),
    "sin": (np.sin, 1.8, 1),
    "cos": (np.cos, 1.8, 1),
    "tan": (np.tan, 3.5, 2.5),
    "tanh": (np.tanh, 2.7, 2.7),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 2.6, 2.6),
    "softplus": (softplus, 2, 2),
    "erf": (lambda x: libm_long("erf")(x), 1.7, 1.7),
    "gelu": (gelu, 12, 12),
    "silu": (lambda x: x / (1 + np.exp(-x)), 4, 4),
    "sqrt": (np.sqrt, 0.501, 0.501),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 1.6, 1.6),
    "reciprocal": (lambda x: 1 / x, 0.501, 0.501),
    "sinh": (np.sinh, 2.5, 2.5),
    "cosh": (np.cosh, 2.5, 2.5),
    "asin": (np.arcsin, 1.5, 1.5),
    "acos": (np.arccos, 1.5, 1.5),
    "atan": (np.arctan, 2, 2),
    "asinh": (np.arcsinh, 2.5, 2.5),
    "acosh": (np.arccosh, 2.5, 2.5),
    "atanh": (np.arctanh, 2.5, 2.5),
    "cbrt": (np.cbrt, 1.2, 1.2),
}
SLOW_REFERENCE = ("erf", "gelu")
EDGES = [0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, -2.5, np.inf, -np.inf, np.nan, 1e-30, -1e-30, 1e30, -1e30]


@functools.cache
def points(dtype, n=12000):
    """Every binade with both signs, the ranges where functions bend, and the edges."""
    rng = np.random.default_rng(7)
    info = np.finfo(dtype)
    low = info.minexp - info.nmant
    mantissas = rng.uniform(1, 2, n) * rng.choice([-1, 1], n)
    binades = mantissas * np.exp2(rng.integers(low, info.maxexp, n).astype(np.float64))
    limit = 90 if dtype == np.float32 else 712
    parts = [binades, rng.normal(size=n), rng.normal(size=n) * 10, rng.uniform(-1.2 * limit, 1.2 * limit, n)]
    parts += [1 + rng.normal(size=n // 4) * 1e-3, rng.uniform(-1, 1, n // 2), np.pi / 2 * np.arange(-500, 500), EDGES]
    parts += [[info.max, info.min, info.tiny, -info.tiny, info.smallest_subnormal]]
    return np.concatenate(parts).astype(dtype)


@functools.cache
def reference(name, dtype):
    x = points(dtype)
    if name in SLOW_REFERENCE:
        x = np.concatenate([x[::8], np.array(EDGES, dtype)])
    with np.errstate(all="ignore"):
        return x, FUNCTIONS[name][0](x.astype(LONG))


def check_ulps(got, want, bound, x, floor=0.0):
    """|got - want| <= bound ulps of want, or <= floor; what is not finite must be equal, signs of zero too."""
    rounded = want.astype(got.dtype)
    finite = np.isfinite(rounded) & np.isfinite(got)
    error = np.where(finite, np.abs(got.astype(LONG) - want), 0)
    ulps = np.where(finite & (error > floor), error / np.spacing(np.abs(rounded)), 0)
    worst = np.argmax(ulps)
    assert ulps[worst] <= bound, f"{ulps[worst]} ulp at {x[worst]!r}: {got[worst]!r}, not {want[worst]!r}"
    same = finite | (np.isnan(got) & np.isnan(rounded)) | (got == rounded)
    assert same.all(), f"at {x[~same][:5]}: {got[~same][:5]}, not {want[~same][:5]}"


# By instruction: its formula, and its bound in ulp
ROOTS = {
    "div_root": (lambda x, y, z: x / (np.sqrt(y) + z), 2.5),
    "div_root_of_sum": (lambda x, y, z: x / np.sqrt(y + z), 2.5),
}


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize("dtype", REAL)
def test_quotient_by_a_root(level, dtype, name):
    """At every binade, against the same in twice the digits, and the ends against numpy."""
    formula, bound = ROOTS[name]
    t = REAL[dtype]
    info = np.finfo(t)
    wide = points(t)
    x, y = wide[:-1], np.abs(wide[1:])
    for z in (t(1e-7), t(0), t(3)):
        z_all = np.full_like(x, z)
        got = apply(level, f"{name}.{dtype}", x, y, z_all)
        with np.errstate(all="ignore"):
            want = formula(x.astype(LONG), y.astype(LONG), LONG(z))
        finite = np.isfinite(want)
        check_ulps(
            got[finite], want[finite], bound, np.stack([x, y], 1)[finite], floor=2 * float(info.smallest_subnormal)
        )
        np.testing.assert_array_equal(got[~finite], want[~finite])
    ends = np.array([0, -0.0, 1, -2, np.inf, -np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal], t)
    x, y, z = (v.ravel() for v in np.meshgrid(ends, ends, ends))
    with np.errstate(all="ignore"):
        want = formula(x, y, z)
    np.testing.assert_allclose(apply(level, f"{name}.{dtype}", x, y, z), want, rtol=4 * info.eps)


@pytest.mark.parametrize("dtype", REAL)
def test_sum_with_the_product_of_a_square(level, dtype):
    x, y, z = np.random.default_rng(3).uniform(-2, 2, (3, 77)).astype(REAL[dtype])
    y[:3] = np.nan, np.inf, 0
    found = apply(level, f"muladd_square.{dtype}", x, y, z)
    np.testing.assert_allclose(
        found, x * (y * y) + z, rtol=8 * np.finfo(REAL[dtype]).eps, atol=np.finfo(REAL[dtype]).eps
    )


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(level, name, dtype):
    x, want = reference(name, REAL[dtype])
    got = apply(level, f"{name}.{dtype}", x)
    assert got.dtype == REAL[dtype]
    bound = FUNCTIONS[name][1 + (dtype == "f64")]
    floor = 0.0
    if name in ("gelu", "silu"):  # the left tail loses digits once a factor is denormal; -inf gives -0 or nan
        floor = {"f32": 1e-37, "f64": 1e-306}[dtype]
        keep = x != -np.inf
        x, got, want = x[keep], got[keep], want[keep]
    if name == "gelu" and dtype == "f64":
        # the reference's argument passes through double, which costs it x^2/2 ulps
        floor = np.maximum(floor, np.where((x < -3) & np.isfinite(want), np.abs(want) * 2e-13, 0))
    check_ulps(got, want, bound, x, floor)


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("name", ["exp", "expm1", "log1p", "sin", "tan", "tanh", "erf", "softplus", "sqrt", "relu"])
def test_zero_keeps_its_sign(level, name, dtype):
    got = apply(level, f"{name}.{dtype}", np.array([-0.0, 0.0], REAL[dtype]))
    want = {"exp": [1, 1], "softplus": [np.log(2)] * 2, "relu": [0, 0]}.get(name, [-0.0, 0.0])
    np.testing.assert_array_equal(got, np.array(want, REAL[dtype]))
    if want == [-0.0, 0.0] and name != "relu":
        np.testing.assert_array_equal(np.signbit(got), [True, False])


@pytest.mark.parametrize("dtype", REAL)
def test_gelu_tail(level, dtype):
    # relative precision far to the left, where 0.5 x (1 + erf) has none
    x = np.array([-0.5, -1, -2, -4, -6, -8, -10, -12], REAL[dtype])
    want = np.array([float(v) / 2 * math.erfc(-float(v) / math.sqrt(2)) for v in x])
    np.testing.assert_allclose(apply(level, f"gelu.{dtype}", x), want, rtol={"f32": 1e-6, "f64": 3e-14}[dtype])
    assert apply(level, f"gelu.{dtype}", np.array([-np.inf], REAL[dtype]))[0] == 0


@pytest.mark.parametrize("dtype", REAL)
def test_pow(level, dtype):
    t = REAL[dtype]
    rng = np.random.default_rng(3)
    x = np.abs(points(t)[::3])
    y = (rng.normal(size=x.size) * rng.choice([1, 30, 1000], x.size)).astype(t)
    y[::5] = np.rint(y[::5])
    x[::3] *= -1
    near = (1 + rng.normal(size=4000) * 1e-5).astype(t)
    x = np.concatenate([x, near])
    y = np.concatenate([y, (rng.normal(size=4000) * 1e6).astype(t)])
    check_ulps(apply(level, f"pow.{dtype}", x, y), np.power(x.astype(LONG), y.astype(LONG)), 1.5, x)
    a, b = (v.ravel().astype(t) for v in np.meshgrid(EDGES, EDGES))
    got, want = apply(level, f"pow.{dtype}", a, b), np.power(a.astype(LONG), b.astype(LONG)).astype(t)
    np.testing.assert_allclose(got, want, rtol=1e-6)
    number = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got)[number], np.signbit(want)[number])


def operands(dtype):
    t = ARITHMETIC[dtype]
    if dtype in REAL:
        values = np.array([*EDGES, 0.1, 7.25, -7.25, 100, np.finfo(t).max], t)
    else:
        info = np.iinfo(t)
        values = np.array([0, 1, -1, 2, -2, 3, -3, 5, 7, -7, 31, 33, 63, 64, 100, info.max, info.min, info.min + 1], t)
    x, y = (v.ravel() for v in np.meshgrid(values, values))
    rng = np.random.default_rng(1)
    extra = (rng.normal(size=(2, 500)) * 1000).astype(t)
    return np.concatenate([x, extra[0]]), np.concatenate([y, extra[1]])


BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "maximum": np.maximum, "minimum": np.minimum,
    "floor_divide": np.floor_divide, "mod": np.mod,
}  # fmt: skip
COMPARE = {n: getattr(np, n) for n in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")}
UNARY = {"neg": np.negative, "abs": np.abs, "sign": np.sign, "square": np.square, "copy": np.copy}


@pytest.mark.parametrize("dtype", ARITHMETIC)
@pytest.mark.parametrize("name", [*BINARY, *COMPARE, *UNARY])
def test_arithmetic(level, name, dtype):
    x, y = operands(dtype)
    if name in UNARY:
        got, want = apply(level, f"{name}.{dtype}", x), UNARY[name](x)
    elif name in COMPARE:
        got, want = apply(level, f"{name}.{dtype}", x, y, result=np.bool_), COMPARE[name](x, y)
    else:
        got, want = apply(level, f"{name}.{dtype}", x, y), BINARY[name](x, y)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want, err_msg=f"{x[:5]} {y[:5]}")


@pytest.mark.parametrize("dtype", REAL)
def test_float_instructions(level, dtype):
    t = REAL[dtype]
    x, y = operands(dtype)
    for name, f in [("floor", np.floor), ("ceil", np.ceil), ("round", np.rint), ("trunc", np.trunc)]:
        v = np.concatenate([x, np.array([0.5, 1.5, -0.5, -1.5, 2.5, 8388607.5, 4503599627370495.5], t)])
        np.testing.assert_array_equal(apply(level, f"{name}.{dtype}", v), f(v), err_msg=name)
    for name in ("isnan", "isinf", "isfinite"):
        np.testing.assert_array_equal(apply(level, f"{name}.{dtype}", x, result=np.bool_), getattr(np, name)(x))
    np.testing.assert_array_equal(apply(level, f"div.{dtype}", x, y), x / y)
    products = np.where((x == 0) | ((y == 0) & ~np.isnan(x)), 0, x * y)
    np.testing.assert_array_equal(apply(level, f"safe_mul.{dtype}", x, y), products)
    np.testing.assert_array_equal(apply(level, f"safe_div.{dtype}", x, y), np.where(x == 0, 0, x / y))
    np.testing.assert_array_equal(apply(level, f"relu.{dtype}", x), np.where(np.isnan(x), x, np.maximum(x, 0)))
    np.testing.assert_array_equal(apply(level, f"relu_grad.{dtype}", x, y), np.where(y > 0, x, 0))
    rng = np.random.default_rng(2)
    g, s = rng.normal(size=(2, 999)).astype(t)
    z = rng.integers(0, 2, 999).astype(t)
    tol = {"rtol": 16 * np.finfo(t).eps, "atol": 4 * np.finfo(t).eps}
    np.testing.assert_allclose(apply(level, f"sigmoid_grad.{dtype}", g, s), g * s * (1 - s), **tol)
    np.testing.assert_allclose(apply(level, f"tanh_grad.{dtype}", g, s), g * (1 - s * s), **tol)
    np.testing.assert_allclose(apply(level, f"muladd.{dtype}", g, s, z), g * s + z, **tol)
    np.testing.assert_allclose(apply(level, f"submul.{dtype}", g, s, z), z - g * s, **tol)
    np.testing.assert_allclose(apply(level, f"lerp.{dtype}", g, s, z), g + (s - g) * z, **tol)
    logits = g.astype(LONG) * 20
    want = np.maximum(logits, 0) - logits * z + np.log1p(np.exp(-abs(logits)))
    np.testing.assert_allclose(apply(level, f"sigmoid_xent.{dtype}", (g * 20).astype(t), z), want.astype(t), **tol)
    p, q = (np.concatenate([v, points(t)[: points(t).size // 2 * 2].reshape(2, -1)[i]]) for i, v in enumerate((x, y)))
    for name, f in (("atan2", np.arctan2), ("hypot", np.hypot)):
        want = f(p.astype(LONG), q.astype(LONG))
        check_ulps(apply(level, f"{name}.{dtype}", p, q), want, 2.5, np.stack([p, q], 1))
    np.testing.assert_array_equal(apply(level, f"fmod.{dtype}", x, y), np.fmod(x, y))
    p, q = np.array([0, 0, 2, 0, np.nan, 0], t), np.array([0, 1, 3, np.nan, 1, np.inf], t)
    want = np.array([0, 0, 2 * np.log(3), np.nan, np.nan, 0], t)
    np.testing.assert_allclose(apply(level, f"xlogy.{dtype}", p, q), want, rtol=4 * np.finfo(t).eps)
    assert np.isnan(apply(level, f"sigmoid_xent.{dtype}", np.array([np.nan], t), np.array([1], t)))[0]


@pytest.mark.parametrize("dtype", ["i32", "i64"])
def test_integer_instructions(level, dtype):
    x, y = operands(dtype)
    named = [("bitwise_and", np.bitwise_and), ("bitwise_or", np.bitwise_or), ("bitwise_xor", np.bitwise_xor)]
    named += [("left_shift", np.left_shift), ("right_shift", np.right_shift)]
    for name, f in named:
        np.testing.assert_array_equal(apply(level, f"{name}.{dtype}", x, y), f(x, y), err_msg=name)
    np.testing.assert_array_equal(apply(level, f"bitwise_invert.{dtype}", x), ~x)
    got = apply(level, f"pow.{dtype}", x, y)
    positive = y >= 0
    np.testing.assert_array_equal(got[positive], np.power(x[positive], y[positive]))
    b, e = x[~positive], y[~positive]
    np.testing.assert_array_equal(got[~positive], np.where(b == 1, 1, np.where(b == -1, np.where(e % 2, -1, 1), 0)))


def test_bool_instructions(level):
    x, y = np.array([0, 0, 1, 1] * 9, bool), np.array([0, 1, 0, 1] * 9, bool)
    for name in ("logical_and", "logical_or", "logical_xor", "equal", "not_equal"):
        np.testing.assert_array_equal(apply(level, f"{name}.bool", x, y), getattr(np, name)(x, y), err_msg=name)
    np.testing.assert_array_equal(apply(level, "logical_not.bool", x), ~x)
    np.testing.assert_array_equal(apply(level, "copy.bool", x), x)


@pytest.mark.parametrize("dtype", [*ARITHMETIC, "bool"])
@pytest.mark.parametrize("n", [1, 17, 3000])
def test_where(level, dtype, n):
    rng = np.random.default_rng(n)
    c = rng.random(n) < 0.5
    x, y = (rng.normal(size=(2, n)) * 10).astype(DTYPES[dtype])
    np.testing.assert_array_equal(apply(level, f"where.{dtype}", c, x, y), np.where(c, x, y))


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("n", [1, 1000])
def test_cast(level, source, n):
    rng = np.random.default_rng(5)
    for target, t in DTYPES.items():
        if source == "bool":
            x = rng.random(n) < 0.5
        else:
            low, high = -1e5, 1e5
            for one in (source, target):
                if one[0] in "iu":
                    info = np.iinfo(DTYPES[one])
                    low, high = max(low, info.min), min(high, info.max)
                elif one == "f16":
                    low, high = max(low, -65504), min(high, 65504)
            x = rng.uniform(low, high, n).astype(DTYPES[source])
            x[: n // 3] = (x[: n // 3] / 3).astype(DTYPES[source])
        got = apply(level, f"cast.{source}.{target}", x, result=t)
        np.testing.assert_array_equal(got, x.astype(t), err_msg=target)


def test_cast_half(level):
    # every half, and every way a float can lie between two of them
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    wide = apply(level, "cast.f16.f32", every, result=np.float32)
    np.testing.assert_array_equal(wide, every.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(wide), np.signbit(every))
    finite = every[np.isfinite(every)]
    middle = (np.sort(finite)[:-1].astype(np.float64) + np.sort(finite)[1:].astype(np.float64)) / 2
    edges = np.array([65519.99, 65520, 65536, 1e30, np.inf, -np.inf, np.nan, 2**-25, 2**-24, 1e-30, 0, -0.0])
    for nudge in (0, 1e-7, -1e-7, 1e-12, -1e-12):
        x = np.concatenate([middle * (1 + nudge), edges])
        np.testing.assert_array_equal(apply(level, "cast.f64.f16", x, result=np.float16), x.astype(np.float16))
        x = x.astype(np.float32)
        np.testing.assert_array_equal(apply(level, "cast.f32.f16", x, result=np.float16), x.astype(np.float16))


def test_cast_special(level):
    x = np.array([np.nan, 0, -0.0, 0.3, -np.inf], np.float32)
    np.testing.assert_array_equal(apply(level, "cast.f32.bool", x, result=np.bool_), [True, False, False, True, True])
    x = np.array([2.9, -2.9, 0.5, -0.5], np.float64)
    np.testing.assert_array_equal(apply(level, "cast.f64.i32", x, result=np.int32), [2, -2, 0, 0])
    x = np.array([2**63 - 1, -(2**63), 2**53 + 1], np.int64)
    np.testing.assert_array_equal(apply(level, "cast.i64.f32", x, result=np.float32), x.astype(np.float32))
    np.testing.assert_array_equal(apply(level, "cast.i64.u8", x, result=np.uint8), x.astype(np.uint8))
    x = np.array([2**64 - 1, 2**63, 0], np.uint64)
    np.testing.assert_array_equal(apply(level, "cast.u64.f64", x, result=np.float64), x.astype(np.float64))


# ---- the interpreter ----


SIZES = [0, 1, 3, 7, 17, 63, 64, 65, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5]


@pytest.mark.parametrize("n", SIZES)
def test_sizes_and_canaries(threaded, n):
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=(2, n)).astype(np.float32)
    guarded = np.full(n + 32, 777, np.float32)
    out = guarded[16 : 16 + n]
    kernel = FusedKernel(n)
    a, b, two = kernel.input(x), kernel.input(y), kernel.constant(2, "f32")
    t = kernel.instruction("mul.f32", kernel.instruction("add.f32", a, b), two)
    kernel.output(kernel.instruction("sub.f32", t, b), out)
    kernel.run(threaded)
    np.testing.assert_array_equal(out, (x + y) * np.float32(2) - y)
    assert (guarded[:16] == 777).all() and (guarded[16 + n :] == 777).all()


def test_unaligned(threaded):
    raw = np.zeros(4 * 5000 + 3, np.uint8)
    x = raw[1 : 1 + 4 * 2500].view(np.float32)
    x[:] = np.arange(2500)
    np.testing.assert_array_equal(apply(threaded, "neg.f32", x), -x)


SHAPES = [
    [(128, 512), (512,)], [(128, 512), (128, 1)], [(128, 10), (10,)], [(700, 10), (700, 1)], [(65, 100), (100,)],
    [(3, 5000), (5000,)], [(5000, 3), (3,)], [(5000, 3), (5000, 1)], [(2, 3, 4, 5), (3, 1, 5)], [(1,), (7,)],
    [(8, 1, 60), (1, 30, 60)], [(8, 1, 60), (8, 30, 1)], [(9, 1, 11, 1), (1, 10, 1, 12)], [(4, 1), (1, 3)],
    [(), (5, 6)], [(33, 64), (1, 1)], [(1, 1, 2100), (3, 1, 1)], [(6, 5, 4, 3, 2), (5, 1, 3, 1)],
]  # fmt: skip


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["u8", "i16", "f32", "f64"])
def test_broadcasting(threaded, shapes, dtype):
    rng = np.random.default_rng(0)
    x, y = (rng.integers(0, 100, s).astype(DTYPES[dtype]) for s in shapes)
    for collapsed in (True, False):
        kernel = FusedKernel(np.broadcast_shapes(*shapes), collapsed)
        a, b = kernel.input(x), kernel.input(y)
        guarded = np.full(math.prod(kernel.shape) + 64, 77, np.float32)
        out = guarded[32:-32].reshape(kernel.shape)
        a, b = (kernel.instruction(f"cast.{dtype}.f32", r) for r in (a, b))
        kernel.output(kernel.instruction("sub.f32", a, b), out)
        kernel.run(threaded, cost=40)
        np.testing.assert_array_equal(out, x.astype(np.float32) - y.astype(np.float32))
        assert (guarded[:32] == 77).all() and (guarded[-32:] == 77).all()


@pytest.mark.parametrize("dtype", ["u8", "i16", "i32", "i64"])
def test_strided_views(threaded, dtype):
    base = np.arange(90 * 110).reshape(90, 110).astype(DTYPES[dtype])
    views = {
        "transposed": base.T,
        "reversed": base[::-1, ::-1],
        "sliced": base[3:80, 5:15],
        "narrow": base[:, 5:8],
        "stepped": base[::3, ::2],
        "permuted": base.reshape(9, 10, 10, 11).transpose(2, 0, 3, 1),
        "reversed rows": base[::-1],
    }
    for name, x in views.items():
        got = apply(threaded, f"cast.{dtype}.i64", x, result=np.int64, cost=40)
        np.testing.assert_array_equal(got, x.astype(np.int64), err_msg=name)


@pytest.mark.parametrize("n", [1, 17, 500, 100_003])
@pytest.mark.parametrize("dtype", REAL)
def test_adam_in_place(threaded, n, dtype):
    t = REAL[dtype]
    rng = np.random.default_rng(n)
    w, m, v, g = rng.normal(size=(4, n)).astype(t)
    v = np.abs(v)
    m64, v64, g64 = (a.astype(np.float64) for a in (m, v, g))
    want_m = m64 + (g64 - m64) * (1 - 0.9)
    want_v = v64 + (g64**2 - v64) * (1 - 0.999)
    want_w = w - 1e-3 * want_m / (np.sqrt(want_v) + 1e-7)
    kernel = FusedKernel(n)
    adam(kernel, w, m, v, g)
    kernel.run(threaded)
    for got, want in ((m, want_m), (v, want_v), (w, want_w)):
        np.testing.assert_allclose(got, want, rtol=1e-4 if dtype == "f32" else 1e-12, atol=8 * np.finfo(t).eps)


@pytest.mark.parametrize("n", [1, 100, 5000])
def test_output_over_an_input_read_later(threaded, n):
    # x = x + y written over x while x is still needed: direct=0
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, n)).astype(np.float32)
    old, second = x.copy(), np.empty(n, np.float32)
    kernel = FusedKernel(n)
    a, b = kernel.input(x), kernel.input(y)
    s = kernel.instruction("add.f32", a, b)
    kernel.output(s, x, direct=False)
    kernel.output(kernel.instruction("mul.f32", s, a), second)
    kernel.run(threaded)
    np.testing.assert_array_equal(x, old + y)
    np.testing.assert_array_equal(second, (old + y) * old)


@pytest.mark.parametrize("n", [1, 100, 5000])
def test_one_register_many_outputs(threaded, n):
    x = np.arange(n, dtype=np.float32)
    outs = [np.full(n, -1, np.float32) for _ in range(4)]
    kernel = FusedKernel(n)
    a = kernel.input(x)
    r = kernel.instruction("neg.f32", a)
    kernel.output(r, outs[0])
    kernel.output(r, outs[1])  # asks for the same register again
    kernel.output(r, outs[2], direct=False)
    kernel.output(a, outs[3], direct=False)  # an input, unchanged
    kernel.run(threaded)
    for out, want in zip(outs, (-x, -x, -x, x), strict=True):
        np.testing.assert_array_equal(out, want)


@pytest.mark.parametrize("n", [1, 100, 5000])
def test_registers_of_inputs_and_constants_may_be_overwritten(threaded, n):
    x, row, one = np.arange(n, dtype=np.float32), np.arange(n, dtype=np.float32).reshape(1, n), np.float32([3])
    out = np.empty((2, n), np.float32)
    kernel = FusedKernel((2, n))
    full = np.stack([x, -x])
    a, b, s, c = kernel.input(full), kernel.input(row), kernel.input(one), kernel.constant(5, "f32")
    kernel.instruction("add.f32", a, b, dst=a)
    kernel.instruction("add.f32", b, s, dst=b)
    kernel.instruction("add.f32", s, c, dst=s)
    kernel.instruction("mul.f32", c, c, dst=c)
    for reg in (b, s, c):
        kernel.instruction("add.f32", a, reg, dst=a)
    kernel.output(a, out, direct=True)
    before = full.copy()
    kernel.run(threaded, cost=40)
    np.testing.assert_array_equal(out, before + row + (row + 3) + 8 + 25)
    np.testing.assert_array_equal(full, before)
    np.testing.assert_array_equal(row, x[None])
    assert one[0] == 3


@pytest.mark.parametrize("n", [1, 9, 2100])
@pytest.mark.parametrize("dtype", DTYPES)
def test_constant(threaded, dtype, n):
    out = np.zeros(n, DTYPES[dtype])
    kernel = FusedKernel(n)
    kernel.output(kernel.constant(1.0 if dtype == "bool" else 100, dtype), out, direct=False)
    kernel.run(threaded)
    np.testing.assert_array_equal(out, np.full(n, 1 if dtype == "bool" else 100, DTYPES[dtype]))


def test_most_registers(threaded):
    # 128 registers of float64 alive at once: the shortest block
    n = 700
    x = np.arange(n, dtype=np.float64)
    kernel = FusedKernel(n)
    regs = [kernel.input(x)]
    for _ in range(126):
        regs.append(kernel.instruction("add.f64", regs[-1], regs[0]))
    out = np.empty(n)
    kernel.output(kernel.instruction("add.f64", regs[-1], regs[63]), out)
    assert kernel.n_reg == 128
    kernel.run(threaded)
    np.testing.assert_array_equal(out, x * 127 + x * 64)


@pytest.mark.parametrize("n", [1000, 20_000, 70_000, 300_001])
@pytest.mark.parametrize("cost", [1, 50, 100_000])
def test_threads_change_nothing(level, n, cost):
    rng = np.random.default_rng(n)
    x, bias = rng.normal(size=(n // 100, 100)).astype(np.float32), rng.normal(size=100).astype(np.float32)
    column = rng.normal(size=(n // 100, 1)).astype(np.float32)
    results = []
    for threads in (1, 2, 3):
        level.set_threads(threads)
        out = np.empty_like(x)
        kernel = FusedKernel(x.shape)
        a, b, c = (kernel.input(v) for v in (x, bias, column))
        r = kernel.instruction("sigmoid.f32", kernel.instruction("mul.f32", kernel.instruction("add.f32", a, b), c))
        kernel.output(kernel.instruction("pow.f32", r, a), out)
        kernel.run(level, cost)
        results.append(out)
    level.set_threads(1)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0].view(np.uint32), other.view(np.uint32))


def test_nan_flows(level):
    x = np.array([np.nan, 1.0], np.float32)
    for name in level.opcodes:
        op, *dtype = name.split(".")
        if dtype != ["f32"] or op in ("where", *COMPARE, "isnan", "isinf", "isfinite"):
            continue
        if op in ("relu_grad", "pow"):  # the gradient where y is nan is 0; nan ** 0 is 1
            continue
        got = apply(level, name, x, np.ones(2, np.float32), np.ones(2, np.float32))
        assert np.isnan(got[0]), name
        assert not np.isnan(got[1]) or op in ("atanh",), name


def test_opcodes_agree_between_levels(level):
    names = list(level.opcodes)
    assert len(set(names)) == len(names) and list(level.opcodes.values()) == list(range(len(names)))
    assert {f"cast.{a}.{b}" for a in CODES for b in CODES} <= set(names)
    assert all(cost >= 1 for cost in level.costs.values())
