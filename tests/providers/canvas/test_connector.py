"""Canvas: tokens of both kinds, the check, and how Canvas says no."""

import pytest
from starlette.responses import JSONResponse

from integration_tui.domain.errors import CredentialsError, ForbiddenError, ThrottledError
from integration_tui.sandbox.faults import Fault
from tests.providers.canvas.fixtures import School, school
from tests.providers.canvas.small_canvas import account


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


async def looked_at(one: School) -> str:
    """Return what the last step of a test says; each step relies on those before."""
    said = [await step.run() for step in one.connector.steps()]
    return said[-1]


async def test_a_test_says_what_the_token_sees() -> None:
    async with school() as one:
        whole = await looked_at(one)
        await one.connector.disconnect()
        one.sandbox.tables.accounts = [account(5, "Lincoln High", 1)]
        for row in one.sandbox.tables.users:
            del row["sis_user_id"]
        one.sandbox.refused["accounts/5/reports"] = lambda: JSONResponse([])

        part = await looked_at(one)
        metadata = await one.connector.metadata()

    assert whole == (
        "Lincoln and all below it; SIS IDs are shown; no reports: the roster is read by listing"
    )
    assert part == (
        "Lincoln High only, a part of the district;"
        ' SIS IDs are hidden: give its role "SIS data: read"; reports may be ordered'
    )
    assert metadata.details["account"] == "Lincoln High only, a part of the district"


async def test_lines_with_the_same_token_share_what_may_be_asked() -> None:
    async with school(rate_limit={"requests": 2, "period_s": 600}) as one:
        other = one.another()
        await one.connector.connect()
        await other.connect()
        assert one.here.clock.slept == []

        await other.check()

        assert sum(one.here.clock.slept) > 100
        await other.disconnect()
