"""Files of documents: read with a bound, written whole or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from integration_tui.config.document import read, write
from integration_tui.domain.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "name: x"),
        ("a.YML", "name: x"),
        ("a.toml", "name = 'x'"),
        ("a.json", '{"name": "x"}'),
    ],
)
def test_the_ending_says_how_a_file_is_written(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)

    document = read(tmp_path / name)

    assert document.data == {"name": "x"}
    assert (document.file, document.text) == (name, text)


def test_line_ends_are_kept_and_a_byte_order_mark_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\r\ntype: y\r\n")

    assert read(path).text == "name: x\r\ntype: y\r\n"


def _sentence(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read(path)
    return str(caught.value)


def test_a_file_of_fifty_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    read_before = _bytes_read()

    said = _sentence(path)

    assert (
        said
        == f"{path} is larger than 1 MiB, which no configuration file is; is it the right file?"
    )
    assert _bytes_read() - read_before < 1 << 20


def _bytes_read() -> int:
    """Return how much this process has read so far; 0 where the system does not say."""
    try:
        counters = Path("/proc/self/io").read_text()
    except OSError:
        return 0
    return int(counters.split("rchar: ")[1].split()[0])


@pytest.mark.parametrize("content", [b"\x7fELF\x00\x01", b"\xff\xfen\x00a\x00", b"name: \xe9"])
def test_a_binary_file_gets_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)

    assert _sentence(path) == f"{path} is not a text file; save it as UTF-8 text"


def test_what_is_no_file_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")

    assert "cannot be read: is a directory" in _sentence(tmp_path / "folder.yaml")
    assert "is not a file" in _sentence(tmp_path / "pipe.yaml")
    assert "cannot be read: no such file or directory" in _sentence(tmp_path / "missing.yaml")
    assert "cannot be read: too many levels" in _sentence(tmp_path / "loop.yaml")
    assert "name it .yaml, .yml, .toml, .json" in _sentence(tmp_path / "a.txt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_gets_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.touch(mode=0o000)

    assert "cannot be read: permission denied" in _sentence(path)


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

    with pytest.raises(ConfigError, match="leads out of its folder"):
        write(folder / "a.yaml", "name: x\n")

    assert outside.read_text() == "untouched"


def test_what_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("old")

    with pytest.raises(ConfigError, match="not Unicode"):
        write(path, "\ud800")
    with pytest.raises(ConfigError, match="cannot be written: no such file or directory"):
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
