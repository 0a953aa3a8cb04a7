"""A file is there whole or not at all, and what somebody else wrote is not written over."""

import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration_tui.domain.errors import ConflictError, FileThereError, UsageError
from integration_tui.files.atomic import AtomicFile, rename_new, replacing, snapshot, write


def test_a_written_file_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.touch(mode=0o644)

    write(path, "name: é\n")

    assert path.read_text(encoding="utf-8") == "name: é\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_inside_its_folder_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("real.yaml")

    write(tmp_path / "a.yaml", "name: x\n")

    assert (tmp_path / "a.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "name: x\n"


def test_a_link_out_of_its_folder_is_not_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("untouched")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.yaml").symlink_to(outside)

    with pytest.raises(UsageError, match="is a link out of its folder"):
        write(folder / "a.yaml", "name: x\n")

    assert outside.read_text() == "untouched"


def test_what_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("old")

    with pytest.raises(UsageError, match="not Unicode"):
        write(path, "\ud800")
    with pytest.raises(UsageError, match="cannot be written: no such file or directory"):
        write(tmp_path / "missing" / "a.yaml", "x")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


_WRITER = """
import sys
from pathlib import Path
from integration_tui.files.atomic import write
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    write(path, "a" * 300_000)
    write(path, "b" * 300_000)
"""


def test_a_writer_killed_at_any_moment_leaves_the_old_or_the_new_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a" * 300_000)
    whole = {"a" * 300_000, "b" * 300_000}
    for reads in range(1, 9):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(reads * 3):
            assert path.read_text() in whole
        writer.send_signal(signal.SIGKILL)
        writer.communicate()

        assert path.read_text() in whole


_LARGE = 64 * 1024


@contextmanager
def short_files() -> Generator[None]:
    """Have a disk that takes no file above a kilobyte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _write_all(path: Path) -> None:
    write(path, "x" * _LARGE)


def _write_pieces(path: Path) -> None:
    with replacing(path, replaces=True) as file:
        for _ in range(64):
            file.write(b"x" * 1024)


@pytest.mark.parametrize("writing", [_write_all, _write_pieces])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, writing: Callable[[Path], None]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    with short_files(), pytest.raises(UsageError, match="cannot be written: file too large"):
        writing(path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _grow(path: Path) -> None:
    path.write_text("theirs")


def _put_another(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("theirs")
    other.replace(path)


@pytest.mark.parametrize("change", [_grow, _put_another])
def test_a_file_that_is_changed_meanwhile_is_not_written_over(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    file = AtomicFile(path, replaces=True)
    file.write(b"ours")
    change(path)

    with pytest.raises(ConflictError, match="changed on disk; not overwritten") as caught:
        file.commit()
    file.discard()

    assert caught.value.advice
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_changed_since_it_was_read_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    seen = snapshot(path)
    _grow(path)

    with pytest.raises(ConflictError), replacing(path, replaces=True, seen=seen) as file:
        file.write(b"ours")

    assert path.read_text() == "theirs"


@pytest.mark.parametrize(("replaces", "error"), [(False, FileThereError), (True, ConflictError)])
def test_a_file_that_comes_meanwhile_is_not_written_over(
    tmp_path: Path, replaces: bool, error: type[Exception]
) -> None:
    path = tmp_path / "a.csv"

    def interfere() -> None:
        with replacing(path, replaces=replaces) as file:
            file.write(b"ours")
            path.write_text("theirs")

    with pytest.raises(error):
        interfere()

    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_there_is_replaced_only_where_that_is_said(tmp_path: Path) -> None:
    path, link = tmp_path / "a.csv", tmp_path / "link.csv"
    path.write_text("old")
    link.symlink_to("nowhere")

    for there in (path, link):
        with pytest.raises(FileThereError, match="already exists"):
            AtomicFile(there)
    with replacing(path, replaces=True) as file:
        file.write(b"new")

    assert path.read_text() == "new"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [(Path.mkdir, "is a folder"), (os.mkfifo, "is not a regular file")],
)
def test_what_is_no_file_is_not_replaced(
    tmp_path: Path, make: Callable[[Path], None], sentence: str
) -> None:
    make(tmp_path / "a.csv")

    with pytest.raises(UsageError, match=sentence):
        write(tmp_path / "a.csv", "x")

    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_what_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with replacing(tmp_path / "a.csv", replaces=False) as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_a_new_file_is_its_owners_only_and_its_name_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250)

    with replacing(path, replaces=False) as file:
        file.write(b"new")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_renamed_to_no_name_that_is_taken(tmp_path: Path) -> None:
    path, taken = tmp_path / "a", tmp_path / "b"
    path.write_text("a")
    taken.write_text("b")

    with pytest.raises(FileExistsError):
        rename_new(path, taken)
    rename_new(path, tmp_path / "c")

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "b", "c": "a"}
