"""A store that is emptied, replaced or removed under the running program stops it, unharmed."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration_tui.engine.lock import StoreLock
from tests.tui.terminal import Terminal


def environ(folder: Path) -> dict[str, str]:
    return {
        "INTEGRATION_CONFIG_DIR": str(folder / "config"),
        "INTEGRATION_DATA_DIR": str(folder / "data"),
    }


def store_of(folder: Path) -> Path:
    return folder / "data" / "integration-tui.db"


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders, each with a store of its own; the second store has seen more."""
    folders = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    for folder in folders:
        documents = folder / "config" / "integrations"
        documents.mkdir(parents=True)
        (documents / "lincoln.yaml").write_text(
            "name: lincoln\ntype: mock\nhealth: {interval_ms: 1000}\n"
        )
        subprocess.run(
            [sys.executable, "-m", "integration_tui", "health", "--once"],
            env={**os.environ, **environ(folder)},
            capture_output=True,
            check=True,
        )
    for _ in range(50):
        other = sqlite3.connect(store_of(folders[1]))
        other.execute("CREATE TABLE more (x)")
        other.execute("DROP TABLE more")
        other.close()
    return folders


@contextmanager
def running(folder: Path, command: str) -> Generator[subprocess.Popen[str]]:
    """Run the program until its integration is up; it never outlives the test."""
    with subprocess.Popen(
        [sys.executable, "-m", "integration_tui", command],
        env={**os.environ, **environ(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout
        try:
            for line in program.stdout:
                if "healthy" in line:
                    break
            else:
                pytest.fail("it ended before its integration was healthy")
            yield program
        finally:
            program.kill()


def emptied(store: Path, _other: Path) -> None:
    os.truncate(store, 0)


def cut(store: Path, _other: Path) -> None:
    os.truncate(store, store.stat().st_size // 2)


def overwritten_by_text(store: Path, _other: Path) -> None:
    store.write_text("nothing of yours" * 100_000)


def overwritten_by_another_store(store: Path, other: Path) -> None:
    store.write_bytes(other.read_bytes())


def replaced(store: Path, other: Path) -> None:
    new = store.with_name("new")
    shutil.copy(other, new)
    new.rename(store)


def removed(store: Path, _other: Path) -> None:
    store.unlink()


def folder_renamed(store: Path, _other: Path) -> None:
    store.parent.rename(store.parent.with_name("elsewhere"))


def wal_deleted(store: Path, _other: Path) -> None:
    store.with_name(f"{store.name}-wal").unlink()


HARMS = (
    emptied,
    cut,
    overwritten_by_text,
    overwritten_by_another_store,
    replaced,
    removed,
    folder_renamed,
    wal_deleted,
)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_a_lost_store_stops_the_engine_with_one_sentence(
    two_stores: tuple[Path, Path], tmp_path: Path, harm: Callable[[Path, Path], None]
) -> None:
    one, other = two_stores
    place = tmp_path / "place"
    shutil.copytree(one, place)
    store = store_of(place)
    with running(place, "run") as engine:
        harm(store, store_of(other))
        after = store.read_bytes() if store.exists() else b""
        _, told = engine.communicate(timeout=30)

    sentences = [line for line in told.splitlines() if "Ctrl-C" not in line]
    assert engine.returncode == 1
    assert len(sentences) == 1, told
    assert "while it was open" in sentences[0]
    if harm is wal_deleted:  # what was in it is saved
        saved = sqlite3.connect(store)
        assert saved.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        saved.close()
    elif harm is not folder_renamed:
        assert (store.read_bytes() if store.exists() else b"") == after


def test_a_lost_store_ends_the_console_with_one_sentence(
    two_stores: tuple[Path, Path], tmp_path: Path
) -> None:
    place = tmp_path / "place"
    shutil.copytree(two_stores[0], place)
    store = store_of(place)
    environment = {**environ(place), "INTEGRATION_STATE_DIR": str(tmp_path / "state")}
    with Terminal(["-m", "integration_tui"], environ=environment) as terminal:
        # What was checked a moment ago is shown before the store is open.
        terminal.wait_for(lambda: bool(StoreLock(store).holder()))
        terminal.wait_for_text("● Healthy")

        os.truncate(store, 0)

        assert terminal.wait_for_end() == 1
    assert "emptied or overwritten while it was open" in terminal.raw.decode()
    assert store.stat().st_size == 0


def test_a_lost_store_ends_the_linear_twin(two_stores: tuple[Path, Path], tmp_path: Path) -> None:
    place = tmp_path / "place"
    shutil.copytree(two_stores[0], place)
    with running(place, "--plain") as twin:
        store_of(place).unlink()
        told = "".join(twin.communicate(timeout=30))

    assert twin.returncode == 1
    assert "moved, deleted or replaced while it was open" in told
    assert "Traceback" not in told
