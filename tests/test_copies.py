"""A copy is a copy: what is done with it stays in its own folder, and looking needs no right."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
from integration_tui.settings import load_settings

Call = Callable[..., tuple[int, str, str]]
DOCUMENT = "name: lincoln\ntype: mock\ntitle: Lincoln\nlatency: {median_ms: 0}\n"


def environ(folder: Path) -> dict[str, str]:
    return {
        "INTEGRATION_CONFIG_DIR": str(folder / "config"),
        "INTEGRATION_DATA_DIR": str(folder / "data"),
        "INTEGRATION_STATE_DIR": str(folder / "state"),
    }


def document_of(folder: Path) -> Path:
    return folder / "config" / "integrations" / "lincoln.yaml"


def store_of(folder: Path) -> Path:
    return folder / "data" / "integration-tui.db"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(folder: Path, *words: str) -> tuple[int, str, str]:
        for name, value in environ(folder).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        code = run(show_console)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


@pytest.fixture
def original(tmp_path: Path, call: Call) -> Path:
    folder = tmp_path / "original"
    document_of(folder).parent.mkdir(parents=True)
    document_of(folder).write_text(DOCUMENT)
    assert call(folder, "provider", "list")[0] == 0
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edit(call: Call, folder: Path) -> None:
    words = ("title=Another", "--untested", "--reason", "another name")
    code, _, err = call(folder, "config", "set", "lincoln", *words)
    assert code == 0, err


def test_an_edit_of_a_copy_is_written_into_the_copy(
    original: Path, tmp_path: Path, call: Call
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    before = contents(original)

    edit(call, copy)

    assert "Another" in document_of(copy).read_text()
    assert contents(original) == before
    assert call(copy, "provider", "list")[2] == ""


def test_a_file_that_the_copy_lacks_is_made_in_the_copy(
    original: Path, tmp_path: Path, call: Call
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    document_of(copy).unlink()
    before = contents(original)

    edit(call, copy)

    assert "Another" in document_of(copy).read_text()
    assert contents(original) == before


def test_the_store_knows_no_whole_path(original: Path) -> None:
    for path in original.rglob("integration-tui.db*"):
        assert bytes(original) not in path.read_bytes()


def test_a_store_from_before_is_told_once_where_it_belongs(
    original: Path, tmp_path: Path, call: Call
) -> None:
    with closing(sqlite3.connect(store_of(original))) as store:
        store.execute("UPDATE integrations SET source_path = ?", (str(document_of(original)),))
        store.commit()
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    before = contents(original)

    _, _, told = call(copy, "provider", "list")
    _, _, told_again = call(copy, "provider", "list")
    edit(call, copy)

    assert f"the files in {document_of(original).parent}, which are left alone" in told
    assert told_again == ""
    assert contents(original) == before
    assert call(original, "provider", "list")[2] == ""  # its own paths are no news


def test_relative_paths_of_the_settings_are_seen_from_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "settings.toml").write_text(
        'store = "own.db"\ndata_dir = "data"\nlog_file = "log/own.log"\n'
    )

    settings = load_settings(environ={}, config_dir=folder)

    assert settings.store_url == f"sqlite:///{folder}/own.db"
    assert settings.data_dir == folder / "data"
    assert settings.log_path == folder / "log" / "own.log"


LOOKING: Sequence[Sequence[str]] = (
    ("health",),
    ("provider", "list"),
    ("provider", "show", "lincoln"),
    ("audit", "verify"),
    ("audit", "list"),
    ("sync", "list"),
    ("sync", "show", "1"),
    ("config", "show", "lincoln"),
    ("doctor",),
    ("roster", "find", "users"),
)
SCRIPT = """
import os, sys
from integration_tui.__main__ import show_console
from integration_tui.cli.main import run
for words in {looking!r}:
    sys.argv = ["integration-tui", "--readonly", *words]
    print("==", *words, run(show_console), flush=True)
"""


def on_read_only_media(folder: Path, *words: str) -> list[str]:
    """Return a call for whom this folder is on read-only media. Skips where that cannot be had."""
    if os.geteuid():
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        return list(words)
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"'
    inside = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', str(folder)]
    if subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("root may write everywhere, and may not mount anything here")
    return [*inside, *words]


@pytest.mark.parametrize("leaves_wal", [False, True], ids=["closed", "with -wal and -shm"])
def test_who_may_only_look_needs_no_right_to_write(
    original: Path, tmp_path: Path, call: Call, leaves_wal: bool
) -> None:
    call(original, "sync", "plan", "lincoln")
    copy = tmp_path / "copy"
    with closing(sqlite3.connect(store_of(original))) as other:
        if leaves_wal:  # as where the engine was killed
            other.execute("UPDATE integration_revisions SET revision = revision + 1")
            other.commit()
            shutil.copytree(original, copy)
    if not leaves_wal:
        shutil.copytree(original, copy)
    script, before = SCRIPT.format(looking=LOOKING), contents(copy)

    done = subprocess.run(
        on_read_only_media(copy, sys.executable, "-c", script),
        env={**os.environ, **environ(copy)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    ends = [line for line in done.stdout.splitlines() if line.startswith("== ")]
    assert len(ends) == len(LOOKING)
    assert "lincoln" in done.stdout
    assert "read-only" not in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    verified = next(line for line in ends if "verify" in line)
    assert verified.endswith(" 0"), done.stdout
    assert contents(copy) == before


def test_newest_changes_that_cannot_be_read_there_are_told(original: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with closing(sqlite3.connect(store_of(original))) as other:
        other.execute("UPDATE integration_revisions SET revision = revision + 1")
        other.commit()
        shutil.copytree(original, copy)
    Path(f"{store_of(copy)}-shm").unlink()

    done = subprocess.run(
        on_read_only_media(
            copy, sys.executable, "-m", "integration_tui", "--readonly", "provider", "list"
        ),
        env={**os.environ, **environ(copy)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "copy both files to a writable folder and pass that with --store" in done.stderr
