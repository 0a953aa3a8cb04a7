"""A config changes by versions: tried before, active after, undone when it does not come up."""

import asyncio

import pytest

from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import (
    ConfigError,
    ConflictError,
    NotFoundError,
    ProviderError,
    UsageError,
)
from integration_tui.domain.ids import IntegrationId
from integration_tui.engine.config_loader import Draft
from integration_tui.services import Services
from integration_tui.services.config import ConfigEdit
from tests.conftest import ANA

LINCOLN = IntegrationId("lincoln")
PLAIN = "name: lincoln\ntype: mock\n"
TITLED = f"{PLAIN}title: Lincoln High  # as on the letterhead\n"
REVOKED = f"{PLAIN}auth: {{kind: oauth2, revoked: true}}\n"


def draft(text: str) -> Draft:
    return Draft(text=text, format=DocumentFormat.YAML, file="lincoln.yaml")


def edit(text: str, *, expected: int = 1, untested: bool = False) -> ConfigEdit:
    return ConfigEdit(
        integration_id=LINCOLN,
        draft=draft(text),
        expected=expected,
        reason="as asked for",
        actor=ANA,
        untested=untested,
    )


@pytest.fixture
async def lincoln(services: Services) -> Services:
    await services.integrations.register(draft(PLAIN), actor=ANA)
    return services


async def test_a_save_is_the_next_version_with_its_comments(lincoln: Services) -> None:
    version = await lincoln.config.save(edit(TITLED))

    assert (version.number, version.text, version.created_by) == (2, TITLED, "ana")
    assert await lincoln.config.active(LINCOLN) == version
    assert (await lincoln.integrations.get(LINCOLN)).title == "Lincoln High"


async def test_a_save_tells_the_audit_log_what_changed(lincoln: Services) -> None:
    first = await lincoln.config.active(LINCOLN)
    second = await lincoln.config.save(edit(TITLED))

    (entry,) = await lincoln.audit.page(AuditFilter(action=Action.SAVE_CONFIG))
    assert entry.act.before == {"sha256": first.checksum}
    assert entry.act.after == {"title": "set", "sha256": second.checksum}
    assert "as asked for" in entry.act.detail


async def test_an_edit_made_from_an_older_version_is_refused(lincoln: Services) -> None:
    await lincoln.config.save(edit(TITLED))

    with pytest.raises(ConflictError, match="changed by ana: version 2 is active"):
        await lincoln.config.save(edit(f"{PLAIN}title: Other\n", expected=1))

    assert (await lincoln.config.active(LINCOLN)).number == 2


async def test_of_two_saves_at_once_one_wins(lincoln: Services) -> None:
    titles = [f"{PLAIN}title: T{number}\n" for number in range(5)]
    saves = (lincoln.config.save(edit(text, untested=True)) for text in titles)

    results = await asyncio.gather(*saves, return_exceptions=True)

    assert sum(isinstance(result, ConflictError) for result in results) == 4
    assert [config_version.number for config_version in await lincoln.config.history(LINCOLN)] == [
        2,
        1,
    ]


async def test_what_does_not_work_is_not_saved(lincoln: Services) -> None:
    with pytest.raises(ProviderError, match="was not saved"):
        await lincoln.config.save(edit(REVOKED))

    assert (await lincoln.config.active(LINCOLN)).number == 1


async def test_what_does_not_work_is_saved_untested_when_somebody_insists(
    lincoln: Services,
) -> None:
    version = await lincoln.config.save(edit(REVOKED, untested=True))

    assert version.active


async def test_what_cannot_be_read_is_not_saved(lincoln: Services) -> None:
    with pytest.raises(ConfigError) as caught:
        await lincoln.config.save(edit(f"{PLAIN}titel: Lincoln\n"))

    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 1)
    assert "title" in str(problem)


async def test_a_config_keeps_its_name(lincoln: Services) -> None:
    with pytest.raises(ConfigError, match="this is the configuration of lincoln"):
        await lincoln.config.save(edit("name: other\ntype: mock\n"))


async def test_the_same_text_is_no_new_version(lincoln: Services) -> None:
    with pytest.raises(UsageError, match="nothing to save"):
        await lincoln.config.save(edit(PLAIN))


async def test_a_roll_back_is_one_more_version(lincoln: Services) -> None:
    await lincoln.config.save(edit(TITLED))

    version = await lincoln.config.roll_back(LINCOLN, 1, reason="looked better", actor=ANA)

    assert (version.number, version.text) == (3, PLAIN)
    assert [config_version.active for config_version in await lincoln.config.history(LINCOLN)] == [
        True,
        False,
        False,
    ]


async def test_two_versions_are_compared_line_by_line(lincoln: Services) -> None:
    await lincoln.config.save(edit(TITLED))

    text = await lincoln.config.diff(LINCOLN, 1, 2)

    assert "+title: Lincoln High  # as on the letterhead" in text.splitlines()
    assert await lincoln.config.diff(LINCOLN, 1, 1) == ""


async def test_a_version_that_never_was_is_named(lincoln: Services) -> None:
    with pytest.raises(NotFoundError, match="7"):
        await lincoln.config.version(LINCOLN, 7)
