"""Files of documents: read with a bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from integration_tui.config.document import read
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
        == f"{path} is larger than 1 MiB, the limit of configuration files; choose another file"
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
