"""`get_file` keeps whole files with the right hash, and archives never leave their folder."""

import hashlib
import io
import os
import pathlib
import tarfile
import zipfile

import pytest
from served import Served

from ckeras.utils import downloads, get_file

TEXT = b"some text " * 20_000
SHA256, MD5 = hashlib.sha256(TEXT).hexdigest(), hashlib.md5(TEXT).hexdigest()


def tar(members, mode="w:gz"):
    """A tar archive; a member is its content, or a `TarInfo`."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            data = b"" if content is info else content
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def zipped(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def special(kind, target=""):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


TREE = {"a.txt": b"a", "sub/b.txt": b"b", "sub/deep/c.txt": b"c"}


def tree(folder):
    """The files below a folder with their content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in pathlib.Path(folder).rglob("*") if p.is_file()}


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server; files are kept in the folder "cache"."""
    monkeypatch.setenv("KERAS_HOME", "cache")
    with Served({"text.txt": TEXT, "tree.tar.gz": tar(TREE), "tree.zip": zipped(TREE)}) as made:
        yield made


def test_a_file_is_downloaded_once(server, capsys):
    path = get_file(origin=f"{server.address}text.txt?query=1")
    assert path == os.path.join("cache", "datasets", "text.txt") and pathlib.Path(path).read_bytes() == TEXT
    assert f"Downloading data from {server.address}text.txt" in capsys.readouterr().out
    assert get_file("text.txt", f"{server.address}text.txt", file_hash=SHA256) == path
    assert server.requests == ["text.txt"] and capsys.readouterr().out == ""
    get_file("text.txt", f"{server.address}text.txt", force_download=True)
    assert len(server.requests) == 2


def test_where_files_are_kept(server, tmp_path):
    origin = f"{server.address}text.txt"
    assert get_file("n", origin, cache_subdir="s", cache_dir="other") == os.path.join("other", "s", "n")
    assert get_file("n", origin, cache_subdir=tmp_path / "absolute") == str(tmp_path / "absolute" / "n")


def test_a_folder_that_cannot_be_written(server, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    pathlib.Path("file").touch()
    path = get_file(origin=f"{server.address}text.txt", cache_dir="file/below")
    assert path == str(tmp_path / ".keras" / "datasets" / "text.txt")


@pytest.mark.parametrize(
    "options",
    [
        {"file_hash": SHA256},
        {"file_hash": SHA256.upper()},
        {"file_hash": MD5},
        {"md5_hash": MD5},
        {"file_hash": MD5, "hash_algorithm": "md5"},
        {"file_hash": SHA256, "hash_algorithm": "sha256"},
    ],
)
def test_a_file_of_another_hash_is_downloaded_again(options, server, capsys):
    path = pathlib.Path("cache/datasets/text.txt")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")
    assert get_file(origin=f"{server.address}text.txt", **options) == str(path) and path.read_bytes() == TEXT
    assert "incomplete or outdated" in capsys.readouterr().out


def kept():
    return sorted(tree("cache").items())


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_download_of_another_hash_is_not_kept(old, server):
    if old is not None:
        pathlib.Path("cache/datasets").mkdir(parents=True)
        pathlib.Path("cache/datasets/text.txt").write_bytes(old)
    with pytest.raises(ValueError, match=f"expects a file of md5 hash {'0' * 32} .*{MD5}"):
        get_file(origin=f"{server.address}text.txt", file_hash="0" * 32)
    assert kept() == ([] if old is None else [("datasets/text.txt", old)])


def test_a_download_that_ends_early_is_not_kept(server):
    server.files["text.txt"] = TEXT, len(TEXT) + 1
    with pytest.raises(OSError, match=r"URL fetch failure on .*text.txt"):
        get_file(origin=f"{server.address}text.txt")
    assert kept() == []


def test_a_download_of_unknown_length(server):
    server.files["text.txt"] = TEXT, None
    assert pathlib.Path(get_file(origin=f"{server.address}text.txt")).read_bytes() == TEXT


def test_an_interrupted_download_is_not_kept(server, monkeypatch):
    class Interrupt:
        def __init__(self, target):
            pass

        def update(self, *args, **options):
            raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "Progbar", Interrupt)
    with pytest.raises(KeyboardInterrupt):
        get_file(origin=f"{server.address}text.txt")
    assert kept() == []


@pytest.mark.parametrize("status", [404, 500])
def test_an_answer_that_is_an_error(status, server):
    server.files["text.txt"] = status
    with pytest.raises(OSError, match=rf"URL fetch failure on .*text.txt: {status}"):
        get_file(origin=f"{server.address}text.txt")
    assert kept() == []


def test_no_server(server):
    with Served() as other:
        address = other.address
    with pytest.raises(OSError, match=r"URL fetch failure on http://127.0.0.1"):
        get_file(origin=f"{address}text.txt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, None), "expects origin"),
        ((None, "http://localhost/"), "name without folders, got ''"),
        ((None, "http://localhost/.."), r"name without folders, got '..'"),
        (("a/b", "http://localhost/x"), "name without folders, got 'a/b'"),
        (("..", "http://localhost/x"), r"name without folders, got '..'"),
    ],
)
def test_other_names(arguments, message):
    with pytest.raises(ValueError, match=message):
        get_file(*arguments)


def test_other_arguments(server):
    with pytest.raises(ValueError, match="hash_algorithm"):
        get_file(origin=f"{server.address}text.txt", hash_algorithm="sha1")
    with pytest.raises(ValueError, match="archive_format"):
        get_file(origin=f"{server.address}tree.zip", extract=True, archive_format="rar")


# -- archives


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tree.tar.gz", {"extract": True}),
        ("tree.tar.gz", {"untar": True}),
        ("tree.zip", {"extract": True}),
        ("tree.zip", {"extract": True, "archive_format": "zip"}),
        ("tree.zip", {"extract": True, "archive_format": ["tar", "zip"]}),
    ],
)
def test_archives_are_unpacked(name, options, server):
    folder = get_file(origin=f"{server.address}{name}", **options)
    assert folder == os.path.join("cache", "datasets", name) and tree(folder) == TREE
    assert sorted(os.listdir("cache/datasets")) == [name, f"{name}_archive"]


@pytest.mark.parametrize(
    ("fname", "archive", "folder"),
    [("t.tar.gz", "t.tar.gz", "t_extracted"), ("t", "t_archive", "t")],
)
def test_the_names_of_archive_and_folder(fname, archive, folder, server):
    assert get_file(fname, f"{server.address}tree.tar.gz", extract=True) == os.path.join("cache", "datasets", folder)
    assert sorted(os.listdir("cache/datasets")) == sorted([archive, folder])


def test_an_archive_is_unpacked_once(server):
    def inode():
        return os.stat(get_file(origin=f"{server.address}tree.zip", extract=True)).st_ino

    first = inode()
    assert inode() == first
    pathlib.Path("cache/datasets/tree.zip/a.txt").unlink()  # so the folder is not what was unpacked
    inode()
    assert tree("cache/datasets/tree.zip") == TREE
    server.files["tree.zip"] = zipped({"new.txt": b"new"})
    get_file(origin=f"{server.address}tree.zip", extract=True, force_download=True)
    assert tree("cache/datasets/tree.zip") == {"new.txt": b"new"}


@pytest.mark.parametrize("archive_format", ["zip", None, []])
def test_a_file_of_another_format(archive_format, server):
    with pytest.warns(UserWarning, match="cannot unpack"):
        folder = get_file(origin=f"{server.address}tree.tar.gz", extract=True, archive_format=archive_format)
    assert not os.path.exists(folder)


OUTSIDE = ["../out", "a/../../out", "/out", "..\\out", "c:\\out"]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("pack", [tar, zipped])
def test_members_that_leave_their_folder_are_left_out(name, pack, server):
    server.files["bad"] = pack({"good": b"1", name: b"2"})
    with pytest.warns(UserWarning, match="is left out, as it does not lie in the folder"):
        folder = get_file(origin=f"{server.address}bad", extract=True)
    assert tree(folder) == {"good": b"1"}
    assert not os.path.exists("/out") and not list(pathlib.Path().rglob("out"))


def test_links_become_copies_of_files_of_the_archive(server):
    pathlib.Path("secret").write_text("secret")
    members = {
        "a": b"1",
        "sub/soft": special(tarfile.SYMTYPE, "../a"),
        "hard": special(tarfile.LNKTYPE, "a"),
        "secret": special(tarfile.SYMTYPE, str(pathlib.Path("secret").absolute())),
        "outside": special(tarfile.LNKTYPE, "../../../secret"),
        "folder": special(tarfile.SYMTYPE, ".."),
        "folder/x": b"2",
        "device": special(tarfile.CHRTYPE),
        "fifo": special(tarfile.FIFOTYPE),
    }
    server.files["links"] = tar(members)
    with pytest.warns(UserWarning, match="is left out, as it is no regular file"):
        folder = get_file(origin=f"{server.address}links", extract=True)
    assert tree(folder) == {"a": b"1", "sub/soft": b"1", "hard": b"1", "folder/x": b"2"}
    assert not any(path.is_symlink() for path in pathlib.Path(folder).rglob("*"))
    assert [p.name for p in pathlib.Path("cache/datasets").iterdir() if p.name == "x"] == []


@pytest.mark.parametrize("pack", [tar, zipped])
def test_a_damaged_archive_leaves_the_folder_as_it_was(pack, server):
    content = {"a": os.urandom(200_000)}
    server.files["data"] = pack(content)
    folder = get_file(origin=f"{server.address}data", extract=True)
    whole = pack({"b": os.urandom(200_000)})
    server.files["data"] = whole[:1000] + bytes(100) + whole[1100:] if pack is zipped else whole[:100_000]
    with pytest.raises(OSError, match="cannot unpack"):
        get_file(origin=f"{server.address}data", extract=True, force_download=True)
    assert tree(folder) == content and len(os.listdir("cache/datasets")) == 2
