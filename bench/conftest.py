"""Makes `bench` importable by its own tests: last on the path, so that the tree's `ckeras` hides no installed one."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
