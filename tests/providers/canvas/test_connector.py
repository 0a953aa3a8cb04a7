"""Canvas: tokens of both kinds, the check, and how Canvas says no."""

import pytest

from integration_tui.domain.errors import CredentialsError, ForbiddenError, ThrottledError
from integration_tui.sandbox.faults import Fault
from tests.providers.canvas.fixtures import school


@pytest.mark.parametrize("api", ["", "/api/v1"])
async def test_a_check_asks_for_the_tokens_own_user(api: str) -> None:
    async with school(api=api) as one:
        await one.connector.connect()
        one.sandbox.seen.clear()

        await one.connector.check()

    assert len(one.sandbox.seen) == 1
    assert one.sandbox.seen[0].startswith("application/json+canvas-string-ids")


async def test_metadata_tells_the_user_by_id_and_not_by_name() -> None:
    async with school() as one:
        await one.connector.connect()

        metadata = await one.connector.metadata()

    assert "21070000000000565" in metadata.details.values()
    assert "Ada" not in repr(metadata)


async def test_a_refresh_token_is_kept_when_canvas_gives_no_new_one() -> None:
    async with school(refreshing=True) as one:
        await one.connector.connect()

        await one.connector.reauthenticate()
        await one.connector.reauthenticate()

        assert one.sandbox.issuer.minted == 3


async def test_an_expired_token_is_renewed_once() -> None:
    async with school(refreshing=True) as one:
        await one.connector.connect()
        one.sandbox.issuer.revoke()

        await one.connector.check()

    assert one.sandbox.issuer.minted == 2


async def test_a_missing_scope_is_told_and_no_token_is_renewed_for_it() -> None:
    async with school(refreshing=True) as one:
        await one.connector.connect()
        one.sandbox.has_scope = False

        with pytest.raises(ForbiddenError) as caught:
            await one.connector.check()

    assert "(HTTP 401" in caught.value.message
    assert "Insufficient scopes on access token." not in str(caught.value)
    assert one.sandbox.issuer.minted == 1


async def test_a_refused_token_is_told_without_the_token() -> None:
    async with school() as one:
        one.here.secrets["SIS_SECRET"] = "canary-of-another"

        with pytest.raises(CredentialsError) as caught:
            await one.connector.connect()

    assert type(caught.value) is CredentialsError
    assert "(HTTP 401" in caught.value.message
    assert "Invalid access token." not in str(caught.value)
    assert "canary" not in str(caught.value)


async def test_a_dead_refresh_token_is_told_without_the_token() -> None:
    async with school(refreshing=True) as one:
        one.sandbox.refresh_tokens = ()

        with pytest.raises(CredentialsError) as caught:
            await one.connector.connect()

    assert "(invalid_request)" in caught.value.message
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("status", [403, 429])
async def test_a_spent_share_is_told_as_throttling(status: int) -> None:
    async with school() as one:
        await one.connector.connect()
        faults = one.sandbox.faults
        faults.now, faults.status = Fault.STATUS, status
        faults.body, faults.media_type = b"403 Forbidden (Rate Limit Exceeded)\n", "text/plain"

        with pytest.raises(ThrottledError):
            await one.connector.check()
