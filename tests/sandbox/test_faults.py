"""Scripted trouble: it strikes where and as often as it is told to, and as it says."""

import asyncio

import msgspec
import pytest

from integration_tui.domain.errors import IncompatibleError, RetryableError
from integration_tui.sandbox.faults import Fault, FaultRule
from tests.providers.http.fixtures import client
from tests.sandbox.fixtures import Asker, asking

USERS = [f"user-{number:02}" for number in range(25)]


async def statuses(one: Asker, *paths: str) -> list[int]:
    return [(await one.get(path)).status for path in paths]


async def test_a_rule_strikes_on_its_path_only_and_so_many_times() -> None:
    async with asking() as one:
        one.sandbox.faults.play(
            FaultRule(fault=Fault.STATUS, status=503, path="*/users", after=1, times=2)
        )
        found = await statuses(one, "users", "orgs", "users", "users", "users", "users/user-00")

        assert one.sandbox.faults.struck() == [2]

    assert found == [200, 200, 503, 503, 200, 200]


async def test_a_rule_for_a_page_strikes_on_that_page() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.STATUS, offset=10, times=None))
        found = await statuses(one, "users", "users?offset=10", "users?offset=20&limit=10")

    assert found == [200, 500, 200]


async def test_the_token_endpoint_is_struck_only_where_it_is_named() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.LOGIN_PAGE, times=None))
        spared = await one.token()
        one.sandbox.faults.play(FaultRule(fault=Fault.LOGIN_PAGE, path="*/token"))
        struck = await one.token()

    assert spared.headers["content-type"] == "application/json"
    assert struck.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ({"expires_in": None}, None),
        ({"expires_in": "3600"}, "3600"),
        ({"expires_in": -5}, -5),
    ],
)
async def test_a_token_is_told_to_live_as_long_as_a_patch_says(
    patch: dict[str, object], told: object
) -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.PATCHED, path="*/token", patch=patch))
        answer = msgspec.json.decode((await one.token()).body)

    assert answer.get("expires_in") == told
    assert answer["access_token"]


async def test_rules_strike_together() -> None:
    async with asking() as one:
        one.sandbox.faults.play(
            FaultRule(fault=Fault.CLAMPED, rows=4, times=None),
            FaultRule(fault=Fault.STATUS, status=429, retry_after="7", after=1),
        )
        first, second = await one.get("users"), await one.get("users")

    assert len(msgspec.json.decode(first.body)["users"]) == 4
    assert (second.status, second.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(
    ("fault", "status", "media_type", "start"),
    [
        (Fault.LOGIN_PAGE, 200, "text/html; charset=utf-8", b"<!DOCTYPE"),
        (Fault.TRUNCATED, 200, "application/json", b'{"orgs":[{'),
        (Fault.INVALID_JSON, 200, "application/json", b"{'orgs"),
        (Fault.EMPTY, 200, "application/json", b""),
        (Fault.FAILURE_200, 200, "application/json", b'{"imsx_codeMajor":"failure"'),
        (Fault.CONTENT_TYPE, 200, "text/plain", b'{"orgs":[{'),
        (Fault.STATUS, 500, "text/plain", b'{"imsx_codeMajor"'),
    ],
)
async def test_an_answer_is_wrong_in_the_way_it_is_told_to_be(
    fault: Fault, status: int, media_type: str, start: bytes
) -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=fault, media_type="text/plain"))
        wrong, right = await one.get("orgs"), await one.get("orgs")

    assert (wrong.status, wrong.headers["content-type"]) == (status, media_type)
    assert wrong.body.startswith(start)
    assert (wrong.body == b"") == (start == b"")
    assert right.status == 200


async def test_an_answer_drips() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.DRIP, rows=5, delay_s=0.02))
        loop = asyncio.get_running_loop()
        before = loop.time()
        found = await one.ids("users")

        assert loop.time() - before >= 0.09
    assert found == USERS


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (FaultRule(fault=Fault.DROP), RetryableError),
        (FaultRule(fault=Fault.ENDLESS), IncompatibleError),
        (FaultRule(fault=Fault.BOMB), IncompatibleError),
        (FaultRule(fault=Fault.REDIRECT, times=None), IncompatibleError),
        (FaultRule(fault=Fault.REDIRECT, location="https://elsewhere.test/"), IncompatibleError),
        (FaultRule(fault=Fault.SLOW, delay_s=30), RetryableError),
    ],
    ids=lambda value: str(value.fault) if isinstance(value, FaultRule) else "",
)
async def test_a_connection_goes_wrong_and_the_server_goes_on(
    rule: FaultRule, error: type[Exception]
) -> None:
    async with asking() as one, client(timeout_s=2.0) as http:
        one.sandbox.faults.play(rule)
        impatient = Asker(
            sandbox=one.sandbox,
            here=one.here,
            address=one.address,
            http=http,
            headers=one.headers,
        )
        with pytest.raises(error):
            await impatient.get("users")
        one.sandbox.faults.play()
        after = await one.get("users")

    assert after.status == 200


async def test_an_offset_is_ignored() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.REPEATED_PAGE, offset=10))
        found = await one.ids("users?limit=10&offset=10")

    assert found == USERS[:10]


async def test_records_are_missing_and_nothing_says_so() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.MISSING_ROWS, rows=3))
        answer = await one.get("users?limit=10")

    rows = msgspec.json.decode(answer.body)["users"]
    assert [row["sourcedId"] for row in rows] == USERS[3:10]
    assert answer.headers["x-total-count"] == "25"


@pytest.mark.parametrize("by", [-5, 7])
async def test_a_total_is_wrong_wherever_it_is_told(by: int) -> None:
    rule = FaultRule(fault=Fault.WRONG_TOTAL, by=by)
    async with asking() as one, asking("timeback_beyond_ai") as other:
        for each in (one, other):
            each.sandbox.faults.play(rule)
        header = (await one.get("users")).headers["x-total-count"]
        body = await other.json("users")

    assert header == str(25 + by)
    assert body["totalCount"] == 25 + by


async def test_a_total_grows_from_answer_to_answer() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.GROWING_TOTAL, by=2, times=None))
        totals = [(await one.get("users")).headers["x-total-count"] for _ in range(3)]

    assert totals == ["27", "29", "31"]


async def test_pages_are_clamped_from_the_middle_on() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.CLAMPED, rows=2, after=2, times=None))
        sizes = [len(await one.ids(f"users?limit=5&offset={at}")) for at in (0, 5, 10, 12)]

    assert sizes == [5, 5, 2, 2]


async def test_records_come_again_on_the_next_page_when_others_came_in_front() -> None:
    async with asking() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.SHIFTED, rows=3, after=1, times=None))
        pages = [await one.ids(f"users?limit=10&offset={at}") for at in (0, 10, 20)]

    assert pages == [USERS[:10], USERS[7:17], USERS[17:]]
