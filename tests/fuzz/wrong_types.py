"""Gives each parameter of each public function values of wrong kinds; no error may be one of numpy's or Python's own.

    python tests/fuzz/wrong_types.py

prints how many calls there were and how many ended in an error that no ``raise`` of the package made, by function and
parameter. ``--show one_hot`` prints these calls of one function, ``--show all`` those of all.
"""

import argparse
import collections
import inspect
import itertools
import linecache
import os
import sys
import warnings

import calls
import numpy as np

import ckeras
from ckeras import KerasTensor

PACKAGE = os.path.dirname(ckeras.__file__)
WRONG = {
    "a word": "abc",
    "an empty tuple": (),
    "None": None,
    "an object": object(),
    "a dict": {"a": 1},
    "a function": len,
    "bytes": b"abc",
    "a fraction": 1.5,
    "a negative integer": -3,
    "a large integer": 2**70,
    "NaN": float("nan"),
    "a complex number": 1 + 2j,
    "a matrix": np.ones((2, 3), np.float32),
    "a vector": np.ones(3, np.float32),
    "an empty array": np.ones((0,), np.float32),
    "an array of strings": np.array(["a", "b"]),
    "an array of objects": np.array([object(), None]),
    "a list of None": [None, None],
    "a list of words": ["a", "b"],
    "a ragged list": [[1], [1, 2]],
    "a range": range(3),
    "a symbolic tensor": KerasTensor((2, None), "float32"),
}
# What a parameter without a default may be, in the order in which the values are tried.
FLOATS = [np.linspace(0.1, 0.9, n, dtype="float32").reshape(s) for n, s in ((4, (2, 2)), (3, (3,)), (16, (2, 4, 2)))]
IMAGE = np.linspace(0.1, 0.9, 48, dtype="float32").reshape(1, 4, 4, 3)
INTEGERS = [np.array([1, 0, 1], np.int32), np.array([[1, 0], [0, 1]], np.int32)]
ARRAYS = [FLOATS[0], FLOATS[1], INTEGERS[0], IMAGE, INTEGERS[1], FLOATS[2]]
BY_NAME = {
    "shape": [(2, 2), (4,), (1, 4, 4, 3)], "newshape": [(4,)], "axis": [0], "axes": [(0,), 1], "dtype": ["float32"],
    "xs": [[FLOATS[0], FLOATS[0]]], "size": [2, (2, 2)], "k": [1], "num_classes": [3], "repeats": [2],
    "subscripts": ["ij,jk->ik"], "pattern": ["a b -> b a"], "equation": ["ij,jk->ik"], "num": [4], "depth": [3],
    "permutation": [(1, 0)], "perm": [(1, 0)], "pad_width": [1], "source": [0], "destination": [1], "shift": [1],
    "pool_size": [2], "block_size": [2], "fft_length": [4], "sequence_length": [2], "sequence_stride": [1],
    "n": [2], "N": [2], "start": [0], "stop": [4], "step": [1], "reps": [2], "condlist": [[FLOATS[0] > 0.5]],
    "choicelist": [[FLOATS[0]]], "start_indices": [(0, 0)], "slice_shape": [(1, 1)], "indices_or_sections": [2, (1,)],
}  # fmt: skip


def candidates(parameter):
    """Values that may suit a parameter."""
    hint = str(parameter.annotation)
    if parameter.name in BY_NAME:
        return BY_NAME[parameter.name]
    if "Any" not in hint and "int" in hint:
        return [2]
    if "Any" not in hint and "float" in hint:
        return [0.5]
    return ARRAYS


def attempt(function, positional, named):
    """The error of a call, or `None`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(*positional, **named)
    except Exception as error:
        return error
    return None


def valid(function, most=400):
    """Arguments by parameter that the function accepts, and whether such were found."""
    wanted = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    first = None
    for values in itertools.islice(itertools.product(*map(candidates, wanted)), most):
        given = {p.name: value for p, value in zip(wanted, values, strict=True)}
        first = first or given
        if attempt(*_call(function, given)) is None:
            return given, True
    return first or {}, False


def _call(function, given):
    """The function with its arguments, as positional and named ones."""
    positional, named = [], {}
    for p in inspect.signature(function).parameters.values():
        if p.kind == p.VAR_POSITIONAL:
            positional += given.get(p.name, [FLOATS[0], FLOATS[0]])
        elif p.name in given:
            if p.kind == p.POSITIONAL_ONLY:
                positional.append(given[p.name])
            else:
                named[p.name] = given[p.name]
    if any(p.kind == p.VAR_POSITIONAL for p in inspect.signature(function).parameters.values()):
        before = list(itertools.takewhile(lambda p: p.kind != p.VAR_POSITIONAL, _parameters(function)))
        positional = [named.pop(p.name) for p in before if p.name in named] + positional
    return function, positional, named


def _parameters(function):
    return inspect.signature(function).parameters.values()


def is_internal(error):
    """Whether no statement of the package raised this error."""
    frame = error.__traceback__
    while frame.tb_next:
        frame = frame.tb_next
    file = frame.tb_frame.f_code.co_filename
    if not os.path.isabs(file):  # that of a Cython module
        file = os.path.join(os.path.dirname(PACKAGE), file)
    line = linecache.getline(file, frame.tb_lineno).strip()
    return not (file.startswith(PACKAGE) and line.startswith("raise"))


def wrong_calls(function):
    """Yield (parameter, kind of value, error or `None`) for each wrong value of each parameter."""
    given, _ = valid(function)
    for p in _parameters(function):
        if p.kind == p.VAR_KEYWORD:
            continue
        for kind, value in WRONG.items():
            if p.default is not p.empty and value is p.default:
                continue
            value = [value] if p.kind == p.VAR_POSITIONAL else value
            yield p.name, kind, attempt(*_call(function, {**given, p.name: value}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", default="", help="the functions whose calls are printed")
    parser.add_argument("--unreached", action="store_true", help="print the functions for which no valid call is found")
    given = parser.parse_args()
    total, internal, kinds = 0, collections.Counter(), collections.Counter()
    for name, function in calls.functions().items():
        if given.unreached and not valid(function)[1]:
            print("no valid call:", name)
        for parameter, kind, error in wrong_calls(function):
            total += 1
            kinds[type(error).__name__] += 1
            if error is not None and is_internal(error):
                internal[name, parameter] += 1
                if given.show == "all" or given.show == function.__name__:
                    print(f"{name}({parameter}={kind}): {type(error).__name__}: {str(error)[:200]}")
    for (name, parameter), count in internal.most_common():
        print(f"{count:4d} {name} {parameter}")
    print(f"{total} calls, {internal.total()} internal messages over {len(internal)} function/parameter pairs")
    print(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    return bool(internal)


if __name__ == "__main__":
    sys.exit(main())
