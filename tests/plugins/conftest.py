"""Packages that declare parts of ckeras: the example, installed by pip, and hand-made distributions."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ckeras import plugins, registry

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """A folder into which pip has installed the example, without an index."""
    source, site = tmp_path_factory.mktemp("plugin") / "source", tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(site), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return site


@pytest.fixture
def python():
    """Runs Python with folders added to its path; gives what it printed."""

    def run(*arguments, path=()):
        folders = [*map(str, path), *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def write_distribution(folder, name, entry_points, version="1.0", metadata=True):
    """Make a `*.dist-info`, as an installer would, in a folder."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(entry_points)
    if metadata:
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture
def installs(tmp_path, monkeypatch, custom):
    """Makes distributions and modules that this process finds; it forgets them afterwards.

    `installs(name, {"losses": "half = module:half"}, module="def half(a, b): ...")`
    """
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    tables = list(registry.TABLES.values())
    keys = ("_registered", "_installed", "_name_of", "_warned")
    before = [{key: getattr(table, key).copy() for key in keys} for table in tables]
    for table in tables:
        table._load()  # so that what it brings stays
    modules = set(sys.modules)

    def install(distribution, groups, folder=site, version="1.0", metadata=True, **sources):
        lines = [f"[ckeras.{table}]\n{entries}\n" for table, entries in groups.items()]
        write_distribution(folder, distribution, "\n".join(lines), version, metadata)
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(source)
        plugins.forget()

    install.site = site
    yield install
    plugins.forget()
    plugins.declared, plugins.malformed = {}, []
    for table, values in zip(tables, before, strict=True):
        for key, value in values.items():
            setattr(table, key, value)
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
