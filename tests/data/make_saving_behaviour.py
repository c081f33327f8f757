"""What Keras does in small cases of serialization, registration, and files: results, or the kinds of errors.

`KERAS_BACKEND=jax python tests/data/make_saving_behaviour.py` (Keras 3.15) runs the cases of `saving_cases_*.py` next
to this file, and writes what comes of them into `saving_behaviour.json`; `tests/saving/test_behaviour.py` compares it
with what ckeras does. `PYTHONPATH=. python tests/data/make_saving_behaviour.py ckeras` prints the differences.
"""

import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import warnings

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER))

import saving_cases_files  # noqa: E402
import saving_cases_objects  # noqa: E402
import saving_cases_weights  # noqa: E402

VALUES = FOLDER / "saving_behaviour.json"
CASES = {**saving_cases_objects.CASES, **saving_cases_files.CASES, **saving_cases_weights.CASES}


def plain(value):
    """A value as JSON has it; numbers are rounded, and objects become the names of their classes."""
    import numpy as np

    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, bytes):
        return ["bytes", value.decode()]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [*(["tuple"] if isinstance(value, tuple) else []), *map(plain, value)]
    if isinstance(value, (np.ndarray, np.generic)):
        return [str(value.dtype), plain(value.tolist())]
    if hasattr(value, "__name__"):
        return f"the {type(value).__name__} {value.__name__}"
    if hasattr(value, "__array__"):
        return ["tensor", plain(np.asarray(value).tolist())]
    return f"a {type(value).__name__}"


def outcome(k, case):
    """What comes of a case in an empty folder: {"value": ...} or {"error": name of its class}."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        os.chdir(folder)
        registered = dict(k.saving.get_custom_objects())
        k.saving.get_custom_objects().clear()
        try:
            return {"value": plain(case(k))}
        except Exception as error:
            return {"error": next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")}
        finally:
            os.chdir(before)
            k.saving.get_custom_objects().clear()
            k.saving.get_custom_objects().update(registered)


def main():
    if sys.argv[1:] == ["ckeras"]:
        import ckeras as k
    else:
        import keras as k
    found = {name: json.loads(json.dumps(outcome(k, case))) for name, case in CASES.items()}
    if k.__name__ == "keras":
        lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(found[name], separators=(',', ':'))}" for name in found)
        VALUES.write_text("{" + lines + "}\n")
        print(f"{len(found)} cases, {sum('error' in one for one in found.values())} errors")
        return
    expected = json.loads(VALUES.read_text())
    apart = [name for name in CASES if expected[name] != found[name]]
    for name in apart:
        print(f"{name}\n  Keras  {expected[name]}\n  ckeras {found[name]}")
    print(f"{len(CASES)} cases, {len(apart)} differ")


if __name__ == "__main__":
    main()
