"""A store and a configuration folder of its own for every test, opened as the program does."""

import faulthandler
import gc
import os
import shutil
import signal
import time
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import hypothesis
import psutil
import pytest

from integration_tui.domain.actor import Actor, Interface
from integration_tui.services import Services
from integration_tui.settings import Settings, load_settings

ANA = Actor(name="ana", door=Interface.CLI, host="here")
RAM = Path("/dev/shm")  # noqa: S108 - pytest makes a folder in it that is nobody else's
ENOUGH_BYTES = 2 * 2**30
TESTS_A_COLLECTION = 200
GROWN_BYTES = 2**27
HUNG_S = 150
"""Longer than the limit of a test: only one that its exception does not end takes so long."""
_stderr = pytest.StashKey[int]()
_process = psutil.Process()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of tests in memory where it has room: stores wait for a disk at each commit.

    Collect seldom, too: stores, servers and consoles are made and dropped by the thousand.
    """
    if RAM.is_dir() and os.access(RAM, os.W_OK) and shutil.disk_usage(RAM).free > ENOUGH_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(RAM))
    config.stash[_stderr] = os.dup(2)  # where nothing is captured yet
    gc.set_threshold(100_000, 20, 20)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As of a shell's job in the background; programs that tests start would ignore it, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long an example takes says how busy the machine is, and nothing of the program.
    hypothesis.settings.register_profile("here", deadline=None)
    hypothesis.settings.load_profile("here")


def pytest_xdist_auto_num_workers() -> int | None:
    """Have more workers than cores: whoever tests a console waits for two thirds of the time."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = os.cpu_count() or 1
    return cores + max(1, cores // 2)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End the process of a test that hangs, with its stacks; a new one goes on with the others.

    The limit of a test raises an exception. An event loop that is never idle hands it to its
    exception handler, and one that has ended may wait for a task that does not.
    """
    faulthandler.dump_traceback_later(HUNG_S, exit=True, file=item.config.stash[_stderr])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


class Garbage:
    """Collects it where it may be much: that takes a third of a second, whatever there is of it."""

    def __init__(self) -> None:
        self._tests = 0
        self._size = _process.memory_info().rss

    def test_ended(self) -> None:
        self._tests += 1
        has_grown = _process.memory_info().rss > self._size + GROWN_BYTES
        if has_grown or self._tests == TESTS_A_COLLECTION:
            gc.collect()
            self._tests, self._size = 0, _process.memory_info().rss


_garbage = Garbage()


@pytest.fixture(autouse=True)
def _nothing_stays_frozen() -> Generator[None]:
    """A console freezes what it has made, for as long as its process lives: here, for a test."""
    yield
    gc.unfreeze()
    _garbage.test_ended()


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Have local time be UTC, for what shows times."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has nothing yet."""
    return {
        "INTEGRATION_CONFIG_DIR": str(tmp_path / "config"),
        "INTEGRATION_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load_settings(environ=environ)


@pytest.fixture
async def services(settings: Settings) -> AsyncGenerator[Services]:
    """The services without a running engine: what is asked for happens, nothing else."""
    from integration_tui.bootstrap import open_services
    from tests.stores import lay_store

    lay_store(settings)
    async with open_services(settings, actor=ANA) as services:
        yield services
