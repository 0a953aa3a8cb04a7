"""A running engine notices edited files within seconds, and nothing that it wrote itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.config.version import DocumentFormat, Draft
from integration_tui.domain.events import Event, FilesChanged
from integration_tui.domain.ids import IntegrationId
from integration_tui.services import Services
from integration_tui.services.config import ConfigEdit
from integration_tui.services.config_file_watch import FileWatcher
from integration_tui.settings import Settings
from tests.conftest import ANA

LINCOLN = IntegrationId("lincoln")
PLAIN = "name: lincoln\ntype: mock\nauth: {kind: none}\n"


@pytest.fixture
def file(settings: Settings) -> Path:
    settings.integrations_dir.mkdir(parents=True)
    path = settings.integrations_dir / "lincoln.yaml"
    path.write_text(PLAIN)
    return path


class Watch:
    """A watcher whose looks come when they are asked for."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.events: list[Event] = []
        self._turns = asyncio.Semaphore(0)
        self._resting = asyncio.Event()
        self.watcher = FileWatcher(services.files, self.events.append, sleep=self._sleep)

    async def _sleep(self, _seconds: float) -> None:
        self._resting.set()
        await self._turns.acquire()
        self._resting.clear()

    async def look(self, times: int = 4) -> None:
        """Let it look so often: what changes is looked at again before it is brought in."""
        for _ in range(times):
            await self._resting.wait()
            self._resting.clear()
            self._turns.release()
            await self._resting.wait()

    @property
    def news(self) -> list[str]:
        """What was noticed since the beginning, oldest first."""
        return [finding.sentence for finding in self.services.files.findings_since(0)[1]]


@asynccontextmanager
async def watching(settings: Settings) -> AsyncGenerator[Watch]:
    async with open_services(settings, actor=ANA) as services:
        watch = Watch(services)
        task = asyncio.create_task(watch.watcher.run())
        try:
            yield watch
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_a_running_engine_takes_up_an_edit_within_five_seconds(
    settings: Settings, file: Path
) -> None:
    async with open_services(settings, actor=ANA, with_engine=True) as services:
        with services.events.subscribe(FilesChanged) as changes:
            file.write_text(f"{PLAIN}title: Lincoln High\n")

            async with asyncio.timeout(5):
                await changes.batch()

        version = await services.config.active(LINCOLN)
        assert (version.number, version.created_by) == (2, "engine")
        assert (await services.integrations.get(LINCOLN)).title == "Lincoln High"


async def test_a_half_written_file_breaks_nothing_and_is_taken_when_it_is_whole(
    settings: Settings, file: Path
) -> None:
    async with watching(settings) as watch:
        file.write_text(f"{PLAIN}title: [Linc")
        await watch.look()
        assert (await watch.services.config.active(LINCOLN)).text == PLAIN
        (told,) = watch.news
        assert told.startswith(
            "lincoln.yaml is invalid; lincoln continues with version 1: lincoln.yaml:4:"
        )

        await watch.look()
        assert len(watch.news) == 1

        file.write_text(f"{PLAIN}title: Lincoln\n")
        await watch.look()
        assert watch.news[1:] == ["lincoln.yaml was changed: version 2 of lincoln is active"]
        assert watch.events == [FilesChanged()] * 2


async def test_what_is_being_written_is_left_alone_until_it_rests(
    settings: Settings, file: Path
) -> None:
    async with watching(settings) as watch:
        await watch.look(1)
        for length in (20, 24):
            file.write_text(PLAIN[:length])
            await watch.look(1)
            assert watch.news == []
        file.write_text(f"{PLAIN}title: Whole\n")
        await watch.look()

        assert watch.news == ["lincoln.yaml was changed: version 2 of lincoln is active"]


async def test_a_file_that_is_taken_away_is_told_and_its_integration_goes_on(
    settings: Settings, file: Path
) -> None:
    async with watching(settings) as watch:
        file.unlink()
        await watch.look()
        (told,) = watch.news
        assert told.startswith("lincoln.yaml was removed; lincoln continues with version 1")
        assert (await watch.services.integrations.get(LINCOLN)).enabled

        file.write_text(PLAIN)
        await watch.look()
        assert len(watch.news) == 1
        assert watch.services.files.findings[0].is_bad is False


async def test_a_renamed_file_and_a_new_one_are_told(settings: Settings, file: Path) -> None:
    async with watching(settings) as watch:
        file.rename(file.with_name("renamed.yaml"))
        (file.parent / "adams.json").write_text('{"name": "adams", "type": "mock"}')
        (file.parent / ".#adams.yaml").symlink_to("nowhere")
        (file.parent / ".adams.yaml.swp.yaml").write_text("half")
        await watch.look()

        assert sorted(watch.news) == [
            "adams.json was added: adams is registered",
            "renamed.yaml is now the file of lincoln; its content is unchanged",
        ]


async def test_what_we_write_ourselves_is_no_news_and_leads_to_nothing(
    settings: Settings, file: Path
) -> None:
    async with watching(settings) as watch:
        draft = Draft(text=f"{PLAIN}title: Saved here\n", format=DocumentFormat.YAML)
        edit = ConfigEdit(
            integration_id=LINCOLN, draft=draft, expected=1, reason="here", actor=ANA, untested=True
        )
        await watch.services.config.save(edit)
        await watch.look(8)

        assert file.read_text() == draft.text
        assert [
            config_version.number for config_version in await watch.services.config.history(LINCOLN)
        ] == [2, 1]
        assert watch.news == []


async def test_a_removed_integration_does_not_come_back(settings: Settings, file: Path) -> None:
    async with watching(settings) as watch:
        await watch.services.integrations.remove(LINCOLN, actor=ANA)
        await watch.look()

        assert watch.news == []
        assert await watch.services.integrations.overview() == []
        assert not file.exists()


async def test_a_folder_that_cannot_be_read_changes_nothing(settings: Settings, file: Path) -> None:
    async with watching(settings) as watch:
        folder = file.parent
        folder.rename(folder.with_name("away"))
        folder.write_text("a file")
        await watch.look()
        assert len(watch.news) == 1
        assert "cannot be read" in watch.news[0]
        assert (await watch.services.integrations.get(LINCOLN)).enabled

        folder.unlink()
        folder.with_name("away").rename(folder)
        await watch.look()
        assert [finding.is_bad for finding in watch.services.files.findings] == [False]
