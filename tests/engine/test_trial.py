"""A trial: leg by leg, over a line of its own, leaving nothing behind."""

import asyncio
from dataclasses import replace
from pathlib import Path

from integration_tui.domain.config import ProviderConfig
from integration_tui.domain.errors import CredentialsError, SecretError
from integration_tui.domain.health import Leg, LegStatus
from integration_tui.domain.provider import Connector, ProviderContext
from integration_tui.domain.secret import SecretRef
from integration_tui.engine.factory import ConnectorFactory
from integration_tui.engine.registry import Registry
from integration_tui.engine.trial import Trial, secrets_in
from integration_tui.providers.catalog import Catalog
from integration_tui.providers.mock.factories import mock, quick
from integration_tui.settings import load_settings
from tests.engine.puppets import Puppet, PuppetConnector, host, spec

PASSED, FAILED, SKIPPED = LegStatus.PASSED, LegStatus.FAILED, LegStatus.SKIPPED


async def tried(config: ProviderConfig, folder: Path, puppet: Puppet | None = None) -> list[Leg]:
    def build(_config: ProviderConfig, _context: ProviderContext) -> Connector:
        return PuppetConnector(puppet or Puppet())

    def no_secret(ref: SecretRef) -> None:
        raise SecretError(f"the secret {ref} cannot be had", advice="export it")

    environ = {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder)}
    machine = replace(host(), secret=no_secret)  # type: ignore[arg-type]  # it never returns
    catalog = Catalog(extra=[spec("puppet", build)])
    factory = ConnectorFactory(catalog, load_settings(environ=environ), machine)
    registry = Registry(factory, close_s=0.2)
    legs = await Trial(registry, machine).run(config)
    await registry.settled()
    assert len(registry) == 0
    return legs


def puppet_config(**more: object) -> ProviderConfig:
    return ProviderConfig.model_validate({"name": "lincoln", "type": "puppet", **more})


def results(legs: list[Leg]) -> list[tuple[str, LegStatus]]:
    return [(leg.name, leg.status) for leg in legs]


async def test_all_legs_of_a_roster_pass(tmp_path: Path) -> None:
    legs = await tried(quick(), tmp_path)

    names = ["configuration", "connect", "authenticate", "check", "metadata", "roster"]
    assert results(legs) == [(name, PASSED) for name in names]
    assert all(leg.latency_ms is not None for leg in legs[1:])
    assert "orgs on the first page" in legs[-1].detail


async def test_what_a_type_does_not_declare_is_no_leg(tmp_path: Path) -> None:
    legs = await tried(puppet_config(), tmp_path)

    assert [leg.name for leg in legs] == ["configuration", "connect", "check", "metadata"]


async def test_what_follows_a_failed_leg_is_skipped(tmp_path: Path) -> None:
    puppet = Puppet()
    puppet.fails_with(CredentialsError("refused", advice="renew them"))

    legs = await tried(puppet_config(), tmp_path, puppet)

    assert results(legs)[1:] == [("connect", FAILED), ("check", SKIPPED), ("metadata", SKIPPED)]
    assert (legs[1].detail, legs[1].advice) == ("refused", "renew them")
    assert puppet.disconnects == 1


async def test_a_secret_that_is_not_there_fails_before_anything_is_asked(tmp_path: Path) -> None:
    legs = await tried(mock(auth={"secret": "env:NOT_THERE"}), tmp_path)

    assert legs[0].status is FAILED
    assert legs[0].detail == "the secret env:NOT_THERE cannot be had"
    assert {leg.status for leg in legs[1:]} == {SKIPPED}


async def test_a_type_that_is_not_there_fails_the_first_leg(tmp_path: Path) -> None:
    config = ProviderConfig.model_validate({"name": "lincoln", "type": "abacus"})

    legs = await tried(config, tmp_path)

    assert legs[0].status is FAILED
    assert "no provider type called abacus" in legs[0].detail


async def test_a_leg_that_hangs_ends(tmp_path: Path) -> None:
    puppet = Puppet(connect=lambda: asyncio.sleep(3600))

    legs = await tried(puppet_config(health={"timeout_ms": 100}), tmp_path, puppet)

    assert legs[1].detail == "no answer within 0.1 s"


def test_secrets_are_found_however_deep_they_are() -> None:
    config = mock(auth={"secret": "env:DEEP"})

    assert [str(ref) for ref in secrets_in(config)] == ["env:DEEP"]
    assert [str(ref) for ref in secrets_in({"a": (SecretRef.parse("file:/x"),)})] == ["file:/x"]
