"""The demo's five districts behave as their characters say, and move within ten seconds."""

import pytest
from ruamel.yaml import YAML

from integration_tui.domain.errors import CredentialsError, ProviderError, RetryableError
from integration_tui.domain.provider import Capability
from integration_tui.domain.roster import Collection
from integration_tui.providers.mock import SPEC
from integration_tui.providers.mock.config import MockConfig
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.presets import DEMO_DOCUMENTS, document, mock
from tests.providers.mock.fixtures import World


def config_of(text: str) -> MockConfig:
    return MockConfig.model_validate(YAML(typ="safe").load(text))


async def seen(name: str, seconds: int) -> list[str]:
    """Return what a check a second finds, by the name of its error, in a world of its own."""
    world = World()
    connector = MockConnector(config_of(DEMO_DOCUMENTS[name]), world.context())
    found: list[str] = []
    while world.clock.elapsed_s < seconds:
        try:
            await connector.connect()
            await connector.check()
            found.append("ok")
        except ProviderError as error:
            found.append(type(error).__name__)
        world.clock.elapsed_s += 1
    return found


def test_there_are_five_and_each_is_called_as_its_document_says() -> None:
    assert len(DEMO_DOCUMENTS) == 5
    for name, text in DEMO_DOCUMENTS.items():
        config = config_of(text)
        assert config.name == name
        assert config.title
        assert config.health.interval_ms is not None
        assert 1000 <= config.health.interval_ms <= 3000
        assert text.startswith("# ")


async def test_the_healthy_one_is_always_there() -> None:
    assert set(await seen("lincoln-sis", 60)) == {"ok"}


async def test_the_slow_one_answers_slower_than_it_should() -> None:
    world = World()
    config = config_of(DEMO_DOCUMENTS["roosevelt-lms"])
    connector = await world.connected(config)
    world.clock.slept.clear()

    for _ in range(100):
        await connector.check()

    limit_ms = config.health.degraded_latency_ms
    assert limit_ms is not None
    assert sum(number * 1000 > limit_ms for number in world.clock.slept) > 80
    assert max(world.clock.slept) < 10


async def test_the_flapping_one_is_away_and_back_within_fifteen_seconds() -> None:
    found = await seen("washington-sis", 60)

    assert found[0] == "ok"
    assert "RetryableError" in found[:10]
    assert "ok" in found[10:15]


async def test_the_expired_one_needs_a_person_at_once() -> None:
    assert set(await seen("jefferson-roster", 20)) == {CredentialsError.__name__}


async def test_the_one_that_is_down_stays_down() -> None:
    assert set(await seen("madison-legacy", 20)) == {RetryableError.__name__}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"title": 'Quotes " and: colons # and é'},
        {"latency": {"median_ms": 5, "spread": 0.1}, "enabled": False},
        {"incidents": [{"kind": "outage", "start_s": 3}], "health": {"interval_ms": 1000}},
    ],
)
def test_a_document_is_yaml_of_what_was_asked_for(options: dict[str, object]) -> None:
    text = document("lincoln", **options)  # type: ignore[arg-type]  # plain data of several kinds

    assert config_of(text) == MockConfig.model_validate(
        {"name": "lincoln", "type": "mock", **options}
    )


def test_the_spec_declares_every_capability() -> None:
    assert SPEC.key == "mock"
    assert SPEC.capabilities == frozenset(Capability)


async def test_metadata_names_what_the_district_is() -> None:
    connector = await World().connected(mock(seed=9, scenario="slow_drip"))

    metadata = await connector.metadata()

    assert metadata.address == "mock://mock-district"
    assert metadata.details["seed"] == "9"
    assert metadata.details["scenario"] == "slow_drip"
    assert metadata.details[Collection.USERS] == "300"
