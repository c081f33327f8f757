"""Default names count up as Keras's do; lazy names load and fail as a module's own would."""

import pathlib
import subprocess
import sys
import threading
import types

import pytest

import ckeras
from ckeras.lazy import attach
from ckeras.utils import naming


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(naming, "_counts", {})


@pytest.mark.parametrize(
    ("name", "expected"),  # made with Keras 3.15
    [
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("MyLSTMCell", "my_lstm_cell"),
        ("GlobalAveragePooling1D", "global_average_pooling1d"),
        ("RMSprop", "rm_sprop"),
        ("_Private", "__private"),
        ("ABC", "abc"),
        ("HTTPServer2Go", "http_server2_go"),
        ("already_snake", "already_snake"),
        ("With-Dash", "with_dash"),
        ("A.B", "ab"),
        ("BatchNormalizationV2", "batch_normalization_v2"),
        ("PReLU", "p_re_lu"),
        ("L1L2", "l1l2"),
        ("SeLU_Thing", "se_lu__thing"),
        ("", ""),
    ],
)
def test_to_snake_case(name, expected):
    assert naming.to_snake_case(name) == expected


def test_auto_names_count_up_and_start_anew_after_reset():
    assert [naming.auto_name("Dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert naming.auto_name("Dropout") == "dropout"
    naming.reset()
    assert naming.auto_name("Dense") == "dense"


def test_uniquify_counts_each_name_for_itself():
    assert [naming.uniquify(name) for name in ("foo", "foo_1", "foo", "Foo")] == ["foo", "foo_1", "foo_1", "Foo"]


def test_get_uid_shares_the_count_of_names():
    naming.auto_name("Dense")
    naming.auto_name("Dense")
    assert naming.get_uid("dense") == 3
    assert naming.get_uid("other") == 1
    assert naming.get_uid("other") == 2


def test_names_are_unique_across_threads():
    names = []
    threads = [
        threading.Thread(target=lambda: names.extend([naming.auto_name("Dense") for _ in range(200)])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 1600


def test_lazy_names_load_on_first_use():
    code = (
        "import sys, ckeras.utils, ckeras.callbacks\n"
        "assert 'ckeras.utils.progbar' not in sys.modules and 'ckeras.callbacks.callback' not in sys.modules\n"
        "assert 'Progbar' in dir(ckeras.utils) and 'Progbar' in ckeras.utils.__all__\n"
        "from ckeras.utils import Progbar\n"
        "assert Progbar is sys.modules['ckeras.utils.progbar'].Progbar is vars(ckeras.utils)['Progbar']\n"
        "assert 'rich' not in sys.modules and 'ckeras.utils.summary' not in sys.modules"
    )
    root = pathlib.Path(ckeras.__file__).parent.parent
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_lazy_table(monkeypatch):
    module = types.ModuleType("ckeras.made_up")
    module.__all__ = ["own"]
    monkeypatch.setitem(sys.modules, "ckeras.made_up", module)
    attach("ckeras.made_up", {"bar": "ckeras.utils.progbar:Progbar", "attach": "ckeras.lazy"})
    from ckeras.utils.progbar import Progbar

    assert dir(module) == module.__all__ == ["attach", "bar", "own"]
    assert module.bar is Progbar and vars(module)["bar"] is Progbar
    assert module.attach is attach
    with pytest.raises(AttributeError, match=r"module 'ckeras.made_up' has no attribute 'baz'"):
        _ = module.baz


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'ckeras.utils' has no attribute 'nothing'"):
        _ = ckeras.utils.nothing
    with pytest.raises(ImportError):
        from ckeras.utils import nothing  # noqa: F401
