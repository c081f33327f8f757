"""Names to classes: a hit, and the first miss, with 200 distributions of ours compared with those that are installed.

python -m pytest bench/test_registry.py --benchmark-only -o addopts=
"""

import subprocess
import sys

import pytest

from ckeras import plugins, registry

INSTALLED = 200
DECLARING = 20  # of them


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on Python's path in which 200 distributions are installed, 20 of which declare parts of ckeras."""
    for number in range(INSTALLED):
        info = tmp_path / f"package_{number}-1.0.dist-info"
        info.mkdir()
        long = "A line of the text that most packages have here.\n" * 200
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: package-{number}\nVersion: 1.0\n\n{long}")
        entries = f"[console_scripts]\npackage-{number} = package_{number}:main\n"
        if number < DECLARING:
            entries += f"[ckeras.losses]\nloss_{number} = package_{number}:loss\n"
        (info / "entry_points.txt").write_text(entries)
        (tmp_path / f"package_{number}.py").write_text("def loss(y_true, y_pred):\n    return y_true - y_pred\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.forget()
    yield tmp_path
    plugins.forget()
    registry.losses._installed.clear()


def test_first_miss(benchmark, site):
    """One scan, in a process that has scanned before: the folders' contents are in the system's cache."""
    benchmark.group = "miss"
    found = benchmark.pedantic(registry.losses.find, args=["nothing"], setup=plugins.forget, rounds=20, warmup_rounds=1)
    assert found is None
    assert len(plugins.names_in("losses")) >= DECLARING


def test_first_miss_of_a_process(benchmark, site):
    """The same in new processes, where `importlib.metadata` is imported too."""
    benchmark.group = "miss"
    code = (
        f"import sys, time; sys.path.insert(0, {str(site)!r}); from ckeras import registry\n"
        "registry.losses.resolve('mse'); start = time.perf_counter(); registry.losses.find('nothing')\n"
        "print(time.perf_counter() - start)"
    )
    times = []
    benchmark.pedantic(lambda: times.append(float(subprocess.check_output([sys.executable, "-c", code]))), rounds=7)
    benchmark.extra_info["ms"] = round(sorted(times)[len(times) // 2] * 1e3, 2)
    print(f"\nmedian of the first miss alone: {benchmark.extra_info['ms']} ms")


def test_later_miss(benchmark, site):
    benchmark.group = "miss"
    registry.losses.find("nothing")
    benchmark(registry.losses.find, "nothing")


@pytest.mark.parametrize("name", ["mse", "MeanSquaredError", "loss_3"])
def test_hit(benchmark, site, name):
    benchmark.group = "hit"
    registry.losses.find("nothing")
    assert callable(benchmark(registry.losses.resolve, name))
