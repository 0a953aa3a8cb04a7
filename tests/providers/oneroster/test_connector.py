"""The OneRoster connector against a sandbox, over real sockets."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
    ThrottledError,
)
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.oneroster.connector import OneRosterConnector
from integration_tui.sandbox.faults import Fault, FaultRule, Faults
from integration_tui.sandbox.oneroster import Dialect
from tests.engine.fake_connectors import until
from tests.providers.http.fixtures import CANARY
from tests.providers.oneroster.fixtures import BAD_USERS, ROSTER, USERS, district


async def users(connector: OneRosterConnector) -> list[Page[Record]]:
    return [page async for page in connector.pages(Collection.USERS)]


def ids(pages: list[Page[Record]]) -> list[str]:
    return [row.sourced_id for page in pages for row in page.rows]


async def test_a_check_is_one_request_for_one_org() -> None:
    async with district() as one:
        await one.connector.connect()
        one.sandbox.seen.clear()

        finding = await one.connector.check()

    assert [*one.sandbox.seen] == ["/ims/oneroster/rostering/v1p2/orgs?limit=1&offset=0"]
    assert finding.detail == "2 orgs"
    assert one.sandbox.issuer.minted == 1


async def test_metadata_tells_the_address_and_the_scopes() -> None:
    async with district() as one:
        await one.connector.connect()

        metadata = await one.connector.metadata()

    assert metadata.version == "OneRoster 1.2"
    assert metadata.address == f"{one.address}/ims/oneroster/rostering/v1p2"
    assert metadata.details["scopes"].endswith("/roster-core.readonly")


@pytest.mark.parametrize("collection", ROSTER)
async def test_what_the_server_has_is_what_we_read(collection: Collection) -> None:
    async with district(sync={"demographics": True}) as one:
        await one.connector.connect()

        pages = [page async for page in one.connector.pages(collection)]

    read = [row for page in pages for row in page.rows]
    assert [row.sourced_id for row in read] == sorted(row.sourced_id for row in ROSTER[collection])
    assert [type(row) for row in read] == [type(row) for row in ROSTER[collection]]
    assert pages[-1].complete


async def test_a_silent_clamp_loses_nobody() -> None:
    async with district(dialect=Dialect(max_limit=4), sync={"page_size": 10}) as one:
        await one.connector.connect()

        pages = await users(one.connector)

    assert len(ids(pages)) == len(set(ids(pages))) == USERS
    assert pages[-1].complete


async def test_without_totals_an_empty_page_is_the_end() -> None:
    async with district(dialect=Dialect(totals=False), sync={"page_size": 10}) as one:
        await one.connector.connect()

        pages = await users(one.connector)

    assert len(ids(pages)) == USERS
    assert [len(page.rows) for page in pages] == [10, 10, 5, 0]
    assert pages[-1].next is None


async def test_a_bad_record_is_rejected_and_its_password_is_not_kept() -> None:
    async with district(dialect=Dialect(raw={Collection.USERS: BAD_USERS})) as one:
        await one.connector.connect()

        pages = await users(one.connector)

    rejected = pages[0].rejected
    assert [item.sourced_id for item in rejected] == ["user-98"]
    assert "canary-password" not in repr(pages)
    assert "status must be active or tobedeleted" in rejected[0].reason
    assert len(ids(pages)) == USERS + 1


async def test_a_token_revoked_in_the_middle_is_renewed_at_the_same_page() -> None:
    async with district(sync={"page_size": 10}) as one:
        await one.connector.connect()
        listing = one.connector.pages(Collection.USERS)
        first = await anext(listing)
        one.sandbox.issuer.revoke()

        rest = [page async for page in listing]

    assert len(ids([first, *rest])) == USERS
    assert rest[-1].complete
    assert one.sandbox.issuer.minted == 2


async def test_a_short_lived_token_is_renewed_before_it_runs_out() -> None:
    async with district() as one:
        one.sandbox.issuer.lifetime_s = one.sandbox.issuer.expires_in = 100
        await one.connector.connect()
        one.here.clock.elapsed_s += 95
        one.sandbox.seen.clear()

        await one.connector.check()

    assert one.sandbox.issuer.minted == 2
    assert len(one.sandbox.seen) == 1  # nothing was refused first


async def test_since_asks_the_server_for_what_changed() -> None:
    async with district() as one:
        await one.connector.connect()
        one.sandbox.seen.clear()

        since = datetime(2026, 1, 1, tzinfo=UTC)
        pages = [page async for page in one.connector.pages(Collection.USERS, since=since)]

    # From a while before, as sync.overlap_s says: what was being written then may be seen only now.
    assert "dateLastModified%3E%3D%272025-12-31T23%3A55%3A00.000Z%27" in one.sandbox.seen[0]
    assert ids(pages) == []
    assert (
        pages[-1].reason
        == "only what changed since 2025-12-31T23:55:00.000Z; absence means nothing"
    )


async def test_an_id_is_one_segment_of_the_path() -> None:
    async with district() as one:
        await one.connector.connect()

        assert await one.connector.find(Collection.USERS, "../orgs/school") is None
        assert await one.connector.find(Collection.USERS, "user-03?x=1#y") is None
        found = await one.connector.find(Collection.USERS, "user-03")

    assert found is not None
    assert found.sourced_id == "user-03"


async def test_a_listing_is_repeated_after_a_passing_fault_and_not_sooner_than_told() -> None:
    async with district() as one:
        patient = one.other(max_retries=2)
        await patient.connect()
        one.sandbox.faults.now, one.sandbox.faults.left = Fault.STATUS, 1
        one.sandbox.faults.status, one.sandbox.faults.retry_after = 429, "7"

        pages = await users(patient)

        await patient.disconnect()
    assert len(ids(pages)) == USERS
    assert len(one.here.clock.slept) == 1
    assert one.here.clock.slept[0] >= 7


async def test_a_check_is_not_repeated() -> None:
    async with district() as one:
        patient = one.other(max_retries=5)
        await patient.connect()
        one.sandbox.faults.now, one.sandbox.faults.status = Fault.STATUS, 503
        one.sandbox.seen.clear()

        with pytest.raises(RetryableError):
            await patient.check()

        await patient.disconnect()
    assert one.here.clock.slept == []


def status(number: int, body: bytes = b"", retry_after: str = "") -> Callable[[Faults], None]:
    def switch(faults: Faults) -> None:
        faults.now, faults.status, faults.retry_after = Fault.STATUS, number, retry_after
        faults.body = body or faults.body

    return switch


def fault(which: Fault, location: str = "") -> Callable[[Faults], None]:
    def switch(faults: Faults) -> None:
        faults.now, faults.location = which, location

    return switch


SENTENCES = [
    (
        status(500, b'{"imsx_description":"disk \\u001b[31mfull"}'),
        RetryableError,
        "HOST returned a server error (HTTP 500)",
    ),
    (status(503), RetryableError, "HOST returned a server error (HTTP 503)"),
    (status(429, retry_after="3"), ThrottledError, "HOST is rate limiting requests (HTTP 429)"),
    (
        status(
            401, b'{"imsx_StatusInfo":{"imsx_description":"token sandbox-token-2 is worn out"}}'
        ),
        CredentialsError,
        "HOST refused the credentials (HTTP 401)",
    ),
    (
        status(403),
        ForbiddenError,
        "HOST denied access (HTTP 403)",
    ),
    (status(404), RemoteNotFoundError, "HOST found nothing at this URL (HTTP 404)"),
    (status(422), IncompatibleError, "HOST rejected the request (HTTP 422)"),
    (
        fault(Fault.LOGIN_PAGE),
        IncompatibleError,
        "HOST returned a web page instead of data",
    ),
    (
        fault(Fault.TRUNCATED),
        IncompatibleError,
        "HOST returned invalid JSON: cut off after 30 bytes",
    ),
    (
        fault(Fault.DROP),
        RetryableError,
        "HOST closed the connection before the answer was complete",
    ),
    (
        fault(Fault.BOMB),
        IncompatibleError,
        "HOST returned a response that expands more than 100 times",
    ),
    (fault(Fault.SLOW), RetryableError, "no answer from HOST within 0.3 s"),
    (
        fault(Fault.REDIRECT, "https://evil.example/login"),
        IncompatibleError,
        "HOST redirects to evil.example; credentials not sent",
    ),
]


@pytest.mark.parametrize(
    ("switch", "error", "sentence"), SENTENCES, ids=[value[2] for value in SENTENCES]
)
async def test_every_fault_has_its_sentence_and_its_way_out(
    switch: Callable[[Faults], None], error: type[ProviderError], sentence: str
) -> None:
    async with district() as one:
        hasty = one.other(timeout_s=0.3)
        await hasty.connect()
        switch(one.sandbox.faults)

        with pytest.raises(ProviderError) as caught:
            await hasty.check()

        await hasty.disconnect()
    assert type(caught.value) is error
    assert caught.value.message == sentence.replace("HOST", one.address.removeprefix("http://"))
    assert caught.value.advice
    assert CANARY not in f"{caught.value!r} {caught.value}"


async def test_after_a_fault_it_answers_again() -> None:
    async with district() as one:
        await one.connector.connect()
        for which, times in ((Fault.DROP, 1), (Fault.BOMB, 1), (Fault.TRUNCATED, 2)):
            one.sandbox.faults.now, one.sandbox.faults.left = which, times
            with pytest.raises(ProviderError):
                await one.connector.check()

        finding = await one.connector.check()

    assert finding.detail == "2 orgs"


async def test_a_wrong_secret_is_told_with_the_endpoint_and_without_the_secret() -> None:
    async with district() as one:
        one.here.secrets["SIS_SECRET"] = "canary-of-another"

        with pytest.raises(CredentialsError) as caught:
            await one.connector.connect()

    assert "refused the credentials (invalid_client)" in caught.value.message
    assert "canary" not in str(caught.value)


async def test_a_scope_that_is_not_granted_is_told() -> None:
    async with district() as one:
        one.sandbox.issuer.scopes = ()

        with pytest.raises(ForbiddenError) as caught:
            await one.connector.connect()

    assert "auth.scopes" in caught.value.advice


async def test_an_empty_secret_is_not_sent() -> None:
    async with district() as one:
        one.here.secrets["SIS_SECRET"] = ""

        with pytest.raises(CredentialsError) as caught:
            await one.connector.connect()

    assert caught.value.message == "the secret env:SIS_SECRET is empty"
    assert one.sandbox.issuer.asked == []


async def test_checks_that_were_given_up_do_not_use_connections_up() -> None:
    async with district() as one:
        await one.connector.connect()
        one.sandbox.faults.play(FaultRule(fault=Fault.SLOW, times=None, delay_s=3600))
        for number in range(1, 11):
            check = asyncio.ensure_future(one.connector.check())
            await until(lambda number=number: one.sandbox.faults.struck() == [number])
            check.cancel()
            with pytest.raises(asyncio.CancelledError):
                await check
        for _ in range(5):
            cancelled = asyncio.ensure_future(one.connector.check())
            await asyncio.sleep(0)
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        one.sandbox.faults.play()

        finding = await one.connector.check()

    assert finding.detail == "2 orgs"


async def test_many_checks_refused_at_once_ask_for_one_token() -> None:
    async with district() as one:
        await one.connector.connect()
        one.sandbox.issuer.revoke()

        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(one.connector.check())

    assert one.sandbox.issuer.minted == 2


async def test_who_waited_for_a_token_that_was_given_up_asks_for_another() -> None:
    async with district() as one:
        one.here.secrets["SIS_SECRET"] = "wrong"
        with pytest.raises(CredentialsError):
            await one.connector.connect()
        one.here.secrets["SIS_SECRET"] = CANARY

        first = asyncio.ensure_future(one.connector.check())
        second = asyncio.ensure_future(one.connector.check())
        await asyncio.sleep(0)
        first.cancel()

        assert (await second).detail == "2 orgs"
