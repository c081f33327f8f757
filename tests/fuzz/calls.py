"""Calls of public functions with extreme arguments, each a function of a seed and a number."""

import inspect
import warnings

import numpy as np

import ckeras
from ckeras import GradientTape, KerasTensor, activations, losses, ops, random

# Their arguments are functions and numbers of iterations, or objects that are no arrays.
SKIPPED = {
    "associative_scan", "cond", "custom_gradient", "fori_loop", "map", "scan", "switch", "vectorized_map", "vectorize",
    "while_loop", "jit", "grad", "vjp", "jvp", "hessian", "jacobian",
    "get", "serialize", "deserialize",
}  # fmt: skip
DTYPES = ["float32"] * 4 + ["float64", "int32", "int64", "bool", "uint8", "int8", "uint64", "float16", "complex64"]
INTEGERS = [
    -(2**63), -(2**31) - 1, -65, -2, -1, 0, 1, 2, 3, 5, 63, 64, 65, 10**6, 2**31 - 1, 2**31, 10**9, 2**40, 2**62,
    2**63 - 1, 2**64, 10**30,
]  # fmt: skip
NUMBERS = [0.0, -0.0, 0.5, -1.5, 1e308, -1e308, 1e-320, np.inf, -np.inf, np.nan]
CLAIMED = [(2**31,), (2**16, 2**16), (1, 2**33), (2**60,), (3, 1, 2**31, 1), (2,) * 40, (2**20, 1, 2**20, 5)]
EMPTY = [(0,), (0, 2**31), (2**31, 0, 3), (0, 2**40), (0,) * 64, (0, *(2,) * 40), (2, 0, 2), (2**55, 0), (5, 0, 5, 5)]
WORDS = ["valid", "same", "channels_last", "channels_first", "bilinear", "nearest", "constant", "reflect", "ij", "full"]


def functions():
    """Every public function under test, by a name that says where it is."""
    found = {}
    for module in (ops, ops.image, ops.linalg, ops.nn, ops.numpy, random, losses, activations):
        names = (n for n, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
        for name in getattr(module, "__all__", names):
            value = getattr(module, name)
            if callable(value) and not inspect.isclass(value) and name not in SKIPPED and not name.startswith("_"):
                found.setdefault(f"{value.__module__}.{value.__qualname__}", value)
    return dict(sorted(found.items()))


def shape(rng):
    """A shape of moderate size and any rank, an empty one, or one that claims more than a machine has."""
    kind = rng.random()
    if kind < 0.45:
        return tuple(rng.integers(0, 6, rng.integers(0, 5)).tolist())
    if kind < 0.6:
        dims = np.ones(rng.integers(5, 65), int)
        dims[rng.integers(0, len(dims), 6)] = 2
        return tuple(dims.tolist())
    return (EMPTY if kind < 0.8 else CLAIMED)[rng.integers(7)]


def array(rng):
    """An array of such a shape; the large ones have strides of 0."""
    dims, dtype = shape(rng), DTYPES[rng.integers(len(DTYPES))]
    try:
        if 0 in dims:
            return np.empty(dims, dtype)
        if np.prod([float(d) for d in dims]) > 1e6:
            return np.broadcast_to(np.ones((), dtype), dims)
    except ValueError:  # numpy has no array of so many bytes
        return np.ones(3, dtype)
    x = (rng.standard_normal(dims) * 3).astype(dtype)
    return x[..., ::-1] if dims and rng.random() < 0.1 else x


def axis(rng):
    kind = rng.random()
    if kind < 0.1:
        return None
    if kind < 0.3:
        return tuple(rng.integers(-3, 3, rng.integers(0, 4)).tolist())
    return int(rng.integers(-3, 3)) if kind < 0.8 else integer(rng)


def integer(rng):
    return INTEGERS[rng.integers(len(INTEGERS))]


def integers(rng):
    return tuple(integer(rng) for _ in range(rng.integers(0, 4)))


def anything(rng):
    """An argument that may be an array: mostly one, or a number, a list, a symbolic tensor."""
    kind = rng.random()
    if kind < 0.8:
        return array(rng)
    if kind < 0.87:
        return integer(rng)
    if kind < 0.92:
        return NUMBERS[rng.integers(len(NUMBERS))]
    if kind < 0.96:
        return [array(rng) for _ in range(rng.integers(0, 3))]
    return KerasTensor(tuple(None if rng.random() < 0.2 else d for d in shape(rng)), "float32")


def argument(rng, parameter):
    """A value for a parameter, by its name and its annotation."""
    name, hint = parameter.name, str(parameter.annotation)
    if "axis" in name or "axes" in name or name in ("source", "destination"):
        return axis(rng)
    if name in ("shape", "newshape"):
        return shape(rng) if rng.random() < 0.7 else integers(rng)
    if name == "dtype":
        return DTYPES[rng.integers(len(DTYPES))]
    if "size" in name or "repeat" in name or name in ("strides", "stride", "padding", "dilation", "dilation_rate"):
        return (integer, integers, lambda r: WORDS[r.integers(len(WORDS))])[rng.integers(3)](rng)
    if "bool" in hint:
        return bool(rng.integers(2))
    if "int" in hint:
        return integer(rng)
    if "float" in hint:
        return NUMBERS[rng.integers(len(NUMBERS))]
    if "str" in hint:
        return WORDS[rng.integers(len(WORDS))]
    if name in ("xs", "arrays", "tensors", "operands"):
        return [array(rng) for _ in range(rng.integers(0, 4))]
    return anything(rng)


def arguments(rng, function):
    """Positional and keyword arguments: what has no default, and some of the rest."""
    positional, named = [], {}
    for p in inspect.signature(function).parameters.values():
        if p.kind == p.VAR_POSITIONAL:
            positional += [array(rng) for _ in range(rng.integers(0, 3))]
        elif p.kind == p.VAR_KEYWORD:
            continue
        elif p.default is p.empty and p.kind != p.KEYWORD_ONLY:
            positional.append(argument(rng, p))
        elif p.default is p.empty or rng.random() < 0.35:
            named[p.name] = argument(rng, p)
    return positional, named


def call(functions, seed, number):
    """Make call ``number``; returns (name of the function, "ok" or the kind of error, its message, its arguments)."""
    rng = np.random.default_rng([seed, number])
    names = list(functions)
    name = names[rng.integers(len(names))]
    positional, named = arguments(rng, functions[name])
    way = rng.random()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(functions[name], positional, named, way)
    except Exception as error:
        return name, type(error).__name__, str(error)[:300], described(positional, named)
    return name, "ok", "", described(positional, named)


def run(function, positional, named, way):
    """Eagerly, with a gradient, or compiled."""
    arrays = [i for i, x in enumerate(positional) if isinstance(x, np.ndarray)]
    if way < 0.7 or not arrays:
        function(*positional, **named)
    elif way < 0.9:
        x = ckeras.ops.convert_to_tensor(positional[arrays[0]])
        positional[arrays[0]] = x
        with GradientTape() as tape:
            tape.watch(x)
            y = function(*positional, **named)
        tape.gradient(y, x)
    else:

        def compiled(x):
            return function(*positional[: arrays[0]], x, *positional[arrays[0] + 1 :], **named)

        ckeras.function(compiled)(positional[arrays[0]])


def described(positional, named):
    """The arguments in a line."""

    def one(x):
        if isinstance(x, (list, tuple)) and any(isinstance(v, np.ndarray) for v in x):
            return f"[{', '.join(map(one, x))}]"
        return f"{x.dtype}{x.shape}" if isinstance(x, np.ndarray) else repr(x)[:60]

    return ", ".join([*map(one, positional), *(f"{k}={one(v)}" for k, v in named.items())])[:400]
