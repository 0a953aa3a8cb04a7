"""Files and store come together: what a person wrote wins, what is behind is written again."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import ConfigError
from integration_tui.domain.ids import IntegrationId
from integration_tui.engine.config_loader import Draft
from integration_tui.services import Services
from integration_tui.services.config import ConfigEdit
from integration_tui.services.config_file_findings import FileState
from integration_tui.settings import Settings
from tests.conftest import ANA

LINCOLN = IntegrationId("lincoln")
PLAIN = "name: lincoln\ntype: mock\n"
TITLED = f"{PLAIN}title: Lincoln High\n"


@pytest.fixture
def file(settings: Settings) -> Path:
    settings.integrations_dir.mkdir(parents=True)
    path = settings.integrations_dir / "lincoln.yaml"
    path.write_text(PLAIN)
    return path


@pytest.fixture
async def opened(settings: Settings, file: Path) -> AsyncGenerator[Services]:
    async with open_services(settings, actor=ANA) as services:
        yield services


async def states(services: Services) -> list[FileState]:
    return [finding.state for finding in await services.files.bring_in(actor=ANA)]


def edit(text: str, expected: int) -> ConfigEdit:
    draft = Draft(text=text, format=DocumentFormat.YAML)
    return ConfigEdit(
        integration_id=LINCOLN,
        draft=draft,
        expected=expected,
        reason="in the console",
        actor=ANA,
    )


async def test_a_new_file_becomes_an_integration(opened: Services) -> None:
    assert [finding.state for finding in opened.files.findings] == [FileState.ADDED]
    assert (await opened.config.active(LINCOLN)).text == PLAIN
    assert await states(opened) == [FileState.SAME]


async def test_a_changed_file_becomes_a_version(opened: Services, file: Path) -> None:
    file.write_text(TITLED)

    assert await states(opened) == [FileState.CHANGED]

    version = await opened.config.active(LINCOLN)
    assert (version.number, version.text) == (2, TITLED)
    assert await states(opened) == [FileState.SAME]


async def test_a_save_in_the_console_is_written_to_the_file(opened: Services, file: Path) -> None:
    await opened.config.save(edit(TITLED, expected=1))

    assert file.read_text() == TITLED
    assert await states(opened) == [FileState.SAME]


async def test_a_save_in_the_console_is_not_written_over_an_edit_of_the_file(
    opened: Services, file: Path
) -> None:
    edited = f"{PLAIN}title: By hand\n"
    file.write_text(edited)

    with pytest.raises(ConfigError, match=r"version 2 is active, but .*changed on disk"):
        await opened.config.save(edit(TITLED, expected=1))

    assert file.read_text() == edited
    assert await states(opened) == [FileState.CHANGED]
    assert [version.text for version in await opened.config.history(LINCOLN)] == [
        edited,
        TITLED,
        PLAIN,
    ]


async def test_a_file_that_is_behind_is_written_again(opened: Services, file: Path) -> None:
    await opened.config.save(edit(TITLED, expected=1))
    integration = await opened.integrations.get(LINCOLN)
    file.write_text(PLAIN)  # as if killed between the commit and the file...
    checksum = Draft(text=PLAIN, format=DocumentFormat.YAML).checksum
    await opened.files.dependencies.sources.save_source(LINCOLN, integration.source_path, checksum)

    assert await states(opened) == [FileState.RESTORED]

    assert file.read_text() == TITLED


async def test_a_broken_file_hurts_nobody(opened: Services, file: Path) -> None:
    file.write_text(f"{PLAIN}titel: x\n")
    (file.parent / "second.yaml").write_text("name: second\ntype: mock\n")

    assert await states(opened) == [FileState.BROKEN, FileState.ADDED]

    (problem,) = opened.files.findings[0].problems
    assert "lincoln.yaml:3:1" in str(problem)
    assert (await opened.config.active(LINCOLN)).text == PLAIN


async def test_two_files_of_one_name_are_refused_by_name(opened: Services, file: Path) -> None:
    (file.parent / "zwilling.yaml").write_text(TITLED)

    assert await states(opened) == [FileState.SAME, FileState.BROKEN]

    (problem,) = opened.files.findings[1].problems
    assert "two files: lincoln.yaml and zwilling.yaml" in problem.message


async def test_a_renamed_file_is_followed(opened: Services, file: Path) -> None:
    file.rename(file.parent / "renamed.yaml")

    assert await states(opened) == [FileState.RENAMED]
    assert await states(opened) == [FileState.SAME]

    integration = await opened.integrations.get(LINCOLN)
    assert integration.source_path.endswith("renamed.yaml")
