"""Simulated proofs of identity: renewed in time, by one for all, and never shown."""

import asyncio
from datetime import timedelta

import pytest

from integration_tui.domain.errors import CredentialsError
from integration_tui.providers.mock.auth import MockAuthenticator, MockTokenIssuer
from integration_tui.providers.mock.config import AuthKind, MockAuthConfig
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.presets import mock
from tests.providers.mock.fixtures import World


def both_sides(world: World, **options: object) -> tuple[MockTokenIssuer, MockAuthenticator]:
    config = MockAuthConfig.model_validate(options)
    context = world.context()
    issuer = MockTokenIssuer(config, context, time_scale=1)
    ours = MockAuthenticator(
        config, context, issuer, address="mock://lincoln", ask=lambda: world.clock.sleep(1)
    )
    return issuer, ours


@pytest.mark.parametrize("kind", AuthKind)
async def test_a_proof_of_every_kind_is_accepted(kind: AuthKind) -> None:
    issuer, ours = both_sides(World(), kind=kind)

    proof = await ours.authenticate()

    assert proof.kind == kind
    assert issuer.accepts(ours.token)


@pytest.mark.parametrize("kind", [AuthKind.OAUTH2, AuthKind.API_KEY, AuthKind.JWT])
async def test_a_stranger_is_refused(kind: AuthKind) -> None:
    issuer, ours = both_sides(World(), kind=kind)
    await ours.authenticate()

    assert not issuer.accepts("")
    assert not issuer.accepts(ours.token[:-1])


@pytest.mark.parametrize("kind", [AuthKind.OAUTH2, AuthKind.JWT])
async def test_a_token_is_good_for_its_lifetime(kind: AuthKind) -> None:
    world = World()
    issuer, ours = both_sides(world, kind=kind, lifetime_s=100)

    proof = await ours.authenticate()

    assert proof.expires_at == world.clock.now() + timedelta(seconds=100)
    world.clock.elapsed_s += 99.9
    assert issuer.accepts(ours.token)
    world.clock.elapsed_s += 0.1
    assert not issuer.accepts(ours.token)


async def test_a_token_is_renewed_before_it_runs_out() -> None:
    world = World()
    _issuer, ours = both_sides(world, lifetime_s=100)
    await ours.authenticate()
    first = ours.token
    world.clock.elapsed_s += 89

    await ours.authenticate()
    assert ours.token == first

    world.clock.elapsed_s += 2
    await ours.authenticate()
    assert ours.token != first


async def test_an_api_key_does_not_expire() -> None:
    world = World()
    issuer, ours = both_sides(world, kind="api_key", lifetime_s=1)

    proof = await ours.authenticate()
    world.clock.elapsed_s = 10**8

    assert proof.expires_at is None
    assert issuer.accepts(ours.token)


async def test_revoked_credentials_need_a_person() -> None:
    _issuer, ours = both_sides(World(), revoked=True)

    with pytest.raises(CredentialsError) as caught:
        await ours.authenticate()

    assert "revoked" in caught.value.message
    assert caught.value.advice


async def test_many_callers_obtain_one_token() -> None:
    world = World()
    _issuer, ours = both_sides(world, secret="env:MOCK_SECRET")

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(ours.authenticate())

    assert world.resolved == ["env:MOCK_SECRET"]


async def test_of_many_who_were_refused_the_first_renews_for_all() -> None:
    world = World()
    _issuer, ours = both_sides(world, secret="env:MOCK_SECRET")
    await ours.authenticate()
    refused = ours.token

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(ours.reauthenticate(instead_of=refused))

    assert len(world.resolved) == 2
    assert ours.token != refused


async def test_a_request_renews_a_refused_token_by_itself() -> None:
    world = World()
    config = mock(
        auth={"kind": "oauth2", "lifetime_s": 10},
        latency={"median_ms": 2000, "distribution": "constant"},
    )
    connector = MockConnector(config, world.context())
    await connector.connect()
    world.clock.elapsed_s += 8.5  # still ours to use, but run out when the request arrives

    await connector.check()

    proof = await connector.authenticate()
    assert proof.expires_at is not None
    assert proof.expires_at > world.clock.now()


async def test_time_scale_shortens_the_life_of_a_token() -> None:
    world = World()
    connector = await world.connected(
        mock(auth={"kind": "jwt", "lifetime_s": 3600}, time_scale=60, latency={"median_ms": 0})
    )

    proof = await connector.authenticate()

    assert proof.expires_at == world.clock.now() + timedelta(seconds=60)


async def test_a_json_web_token_has_three_parts() -> None:
    _issuer, ours = both_sides(World(), kind="jwt")

    await ours.authenticate()

    assert [bool(part) for part in ours.token.split(".")] == [True] * 3


async def test_a_token_is_shown_nowhere() -> None:
    world = World()
    _issuer, ours = both_sides(world, secret="env:MOCK_SECRET")

    proof = await ours.authenticate()

    assert ours.token not in repr(proof)
    assert "s3cret-value" not in repr(proof)
