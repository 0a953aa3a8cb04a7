"""A store that cannot be used is refused in one sentence, and not a byte of it is changed."""

import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from integration_tui.domain.errors import StoreError
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, World, integration

# Everything is imported first: whoever the child becomes may not be allowed to read Python.
OPEN_AS_SOMEBODY = """
import asyncio, os, sys, tempfile
from integration_tui.domain.errors import StoreError
from integration_tui.store.database import Database

async def main():
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/store.db", publish=print, clock=print)
        await database.open()
        async with database.reading() as rows:
            await rows.integrations.all()
        await database.close()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    for path in sys.argv[2:]:
        await look(f"sqlite:///{path}", sys.argv[1] == "ro")

async def look(url, read_only):
    database = Database(url, publish=print, clock=print, read_only=read_only)
    try:
        await database.open()
        async with database.reading() as rows:
            print("opened", len(await rows.integrations.all()))
    except StoreError as error:
        print(error)
    finally:
        await database.close()

asyncio.run(main())
"""


def database(url: str, *, read_only: bool = False) -> Database:
    return Database(url, publish=print, clock=lambda: NOON, read_only=read_only)


async def made(world: World) -> None:
    """Make a store with one integration, and close it."""
    store = world.database()
    await store.open()
    async with store.transaction() as transaction:
        await transaction.integrations.add(integration())
    await store.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def as_somebody(mode: str, *paths: Path) -> list[str]:
    """Open stores as a user who is not root, who may do everything; return a line for each."""
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AS_SOMEBODY, mode, *map(str, paths)],
        capture_output=True,
        text=True,
    )
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A folder that another user can reach."""
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    return folder


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@h/db", "mysql+asyncmy://h/db", "nonsense"])
def test_only_sqlite_can_be_used_for_now(url: str) -> None:
    with pytest.raises(StoreError, match="SQLite") as caught:
        database(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_store_is_a_file(url: str) -> None:
    with pytest.raises(StoreError, match="the store URL has no file name"):
        database(url)


async def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    path = tmp_path / "a b" / "50% #1?mode=ro&x.db"
    store = database(f"sqlite:///{path}")

    await store.open()
    async with store.transaction() as transaction:
        await transaction.integrations.add(integration())
    await store.close()

    assert path.exists()
    assert [item.name for item in path.parent.iterdir()] == [path.name]


async def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        await database(f"sqlite:///{tmp_path}").open()


async def test_a_file_in_the_way_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")

    with pytest.raises(StoreError, match="cannot be created"):
        await database(f"sqlite:///{tmp_path}/data/store.db").open()


async def test_there_is_nothing_to_look_at_where_no_store_is(world: World) -> None:
    with pytest.raises(StoreError, match="no store at"):
        await world.database(read_only=True).open()

    assert not world.path.parent.exists()


async def test_a_newer_schema_is_refused_and_nothing_is_touched(world: World) -> None:
    await made(world)
    with world.by_other_means() as other:
        other.execute("PRAGMA user_version = 99")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = contents(world.path.parent)

    with pytest.raises(StoreError, match=r"newer version of this program.* 99") as caught:
        await world.database().open()

    after = contents(world.path.parent)
    assert "install the newer version" in caught.value.advice
    assert after["store.db"] == before["store.db"]


async def test_a_newer_schema_that_was_not_yet_moved_from_its_log_is_not_touched(
    world: World,
) -> None:
    await made(world)
    keeper = sqlite3.connect(world.path, isolation_level=None)
    keeper.execute("PRAGMA user_version = 99")
    before = contents(world.path.parent)

    with pytest.raises(StoreError, match="newer version"):
        await world.database().open()

    after = contents(world.path.parent)
    keeper.close()
    assert before["store.db-wal"]
    assert (after["store.db"], after["store.db-wal"]) == (
        before["store.db"],
        before["store.db-wal"],
    )


async def test_the_database_of_another_program_is_not_touched(world: World) -> None:
    world.path.parent.mkdir()
    with world.by_other_means() as other:
        other.execute("CREATE TABLE bookmarks (url)")
    before = contents(world.path.parent)

    with pytest.raises(StoreError, match="another program"):
        await world.database().open()

    assert contents(world.path.parent) == before


@pytest.mark.parametrize(
    "content", [b"name: lincoln\n" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
async def test_what_is_no_database_is_not_touched(world: World, content: bytes) -> None:
    world.path.parent.mkdir()
    world.path.write_bytes(content)

    with pytest.raises(StoreError, match=r"is not a store|is damaged") as caught:
        await world.database().open()

    assert contents(world.path.parent) == {"store.db": content}
    assert "backup" in caught.value.advice


async def test_an_empty_file_becomes_a_store(world: World) -> None:
    world.path.parent.mkdir()
    world.path.touch()

    await made(world)

    with world.by_other_means() as other:
        assert other.execute("SELECT id FROM integrations").fetchall() == [(LINCOLN,)]


async def test_a_new_store_that_another_process_is_making_is_waited_for(world: World) -> None:
    await made(world)
    first, second = world.database(), world.database()

    await first.open()
    await second.open()

    async with second.reading() as rows:
        assert await rows.integrations.find(LINCOLN)
    await first.close()
    await second.close()


async def test_what_the_file_system_does_not_allow_is_told(open_folder: Path) -> None:
    world = World(open_folder.parent)
    await made(world)
    world.path.chmod(0o644)
    for name, mode in {"read-only.db": 0o444, "closed.db": 0o000, "writable.db": 0o666}.items():
        (open_folder / name).touch()
        (open_folder / name).chmod(mode)

    names = ("read-only.db", "closed.db", "missing.db", "writable.db")
    told = as_somebody("rw", world.path, *(open_folder / name for name in names))

    assert "is read-only; grant write permission (chmod u+w " in told[0]
    assert "is read-only" in told[1]
    assert "cannot be read" in told[2]
    assert "cannot be created: Permission denied" in told[3]
    assert f"the folder {open_folder} is read-only" in told[4]


async def test_who_may_read_but_not_write_can_look(open_folder: Path) -> None:
    world = World(open_folder.parent)
    await made(world)
    open_folder.chmod(0o777)
    world.path.chmod(0o644)

    assert as_somebody("ro", world.path) == ["opened 1"]


async def test_a_folder_that_may_not_be_entered_is_told(open_folder: Path) -> None:
    world = World(open_folder.parent)
    await made(world)
    open_folder.chmod(0o700)

    (told,) = as_somebody("rw", world.path)

    assert "cannot be reached: Permission denied" in told
