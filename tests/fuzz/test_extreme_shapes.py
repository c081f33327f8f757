"""A fixed sample of calls with extreme shapes; `extreme_shapes.py --calls` makes any number of them."""

import extreme_shapes
from processes import fuzz


def test_no_call_ends_its_process():
    results, deaths, stuck = fuzz(extreme_shapes.work, 240, seed=7, chunk=120, slow=120.0)
    assert not deaths and not stuck
    assert len(results) == 240
    assert {"ok", "ValueError", "MemoryError"} <= {kind for _, kind, _, _ in results.values()}
