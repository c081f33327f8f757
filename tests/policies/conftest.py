"""Arrays of bfloat16 and float8 are tested where the package that has them is installed."""

import importlib.util

collect_ignore = [] if importlib.util.find_spec("ml_dtypes") else ["test_bfloat16.py", "test_float8.py"]
