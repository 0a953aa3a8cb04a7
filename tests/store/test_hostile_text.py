"""Text from anywhere is stored as it is; only what no encoding can write is made visible."""

import pytest

from integration_tui.domain.audit.chain import LONGEST
from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.health.status import HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Problem, Trouble
from integration_tui.domain.value import replace
from integration_tui.store.column_types import storable
from integration_tui.store.database import Database
from tests.store.fixtures import ANA, LINCOLN, NOON, act, integration, report, transition, version

TEXTS = {
    "NUL": "before\0behind",
    "terminal": "\x1b]52;c;aGk=\x07\x9b2J",
    "bidi": "\u202egnp.exe\u2066",
    "lone surrogate": "a\ud800b\udfff",
    "long": "ü" * LONGEST,
    "quotes": "'; DROP TABLE integrations; --\"`",
    "astral": "😀" * 100,
    "line ends": "a\r\nb\u2028c",
    "empty": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_every_column_takes_any_text(lincoln: Database, text: str) -> None:
    kept = storable(text)
    one = replace(
        integration(f"x{text}"),
        provider=text,
        title=text,
        environment=text,
        problem=Problem(trouble=Trouble.NOT_READY, message=text, advice=text),
        source_path=text,
        source_checksum=text,
    )
    saved = replace(version(2, text=text), checksum=text, created_by=text, reason=text)
    told = replace(report(status=HealthStatus.DOWN, detail=text), advice=text)
    moved = transition(IntegrationStatus.ACTIVE, IntegrationStatus.ERROR, reason=text)
    done = act(actor=replace(ANA, name=text, host=text), detail=text, before={text: text})

    async with lincoln.transaction() as transaction:
        await transaction.integrations.add(one)
        await transaction.configs.add(saved)
        await transaction.health.save([told])
        await transaction.health.add_transitions([moved])
        await transaction.audit.add([done], at=NOON)

    async with lincoln.reading() as rows:
        stored = await rows.integrations.get(IntegrationId(f"x{text}"))
        active = await rows.configs.active(LINCOLN)
        (latest,) = await rows.health.latest()
        (change,) = await rows.health.transitions(LINCOLN, limit=1)
        (entry,) = await rows.audit.page(AuditFilter(actor=text), limit=1)
    assert {stored.provider, stored.title, stored.environment} == {kept}
    assert {stored.source_path, stored.source_checksum} == {kept}
    assert stored.problem == Problem(trouble=Trouble.NOT_READY, message=kept, advice=kept)
    assert {active.text, active.checksum, active.created_by, active.reason} == {kept}
    assert {latest.detail, latest.advice, change.reason} == {kept}
    assert {entry.act.actor.name, entry.act.actor.host, entry.act.detail} == {kept}
    assert entry.act.before == {kept: kept}
    assert (await lincoln.verify_audit()).intact


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_how_it_stands_takes_any_text(lincoln: Database, text: str) -> None:
    problem = Problem(trouble=Trouble.NOT_READY, message=text, advice=text)
    async with lincoln.transaction() as transaction:
        await transaction.integrations.save_status([replace(integration(), problem=problem)])

    async with lincoln.reading() as rows:
        stored = await rows.integrations.get(LINCOLN)
    assert stored.problem == Problem(
        trouble=Trouble.NOT_READY, message=storable(text), advice=storable(text)
    )


async def test_what_a_provider_says_without_end_is_cut(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.health.save([report(detail="x" * 1_000_000)])

    async with lincoln.reading() as rows:
        (latest,) = await rows.health.latest()
    assert latest.detail == "x" * (LONGEST - 1) + "…"


async def test_a_moment_without_a_zone_is_refused(lincoln: Database) -> None:
    naive = NOON.replace(tzinfo=None)

    async with lincoln.transaction() as transaction:
        with pytest.raises(ValueError, match="time zone"):
            await transaction.health.save([replace(report(), checked_at=naive)])
        with pytest.raises(Exception, match="time zone"):
            await transaction.integrations.save(replace(integration(), changed_at=naive))
