"""Subscriptions on both platforms, and who may be believed."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from integration_tui.domain.errors import (
    ConfigError,
    CredentialsError,
    ProviderError,
    RecordError,
    UsageError,
)
from integration_tui.domain.ids import SubscriptionId
from integration_tui.domain.secret import Secret
from integration_tui.providers.timeback.connector import TimeBackConnector
from integration_tui.providers.webhook_signatures import signed_headers
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.timeback import SIGNING_SECRET
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.fixtures import NOW, Here
from tests.providers.timeback.fixtures import config, platform

BOTH = pytest.mark.parametrize("name", ["beyond_ai", "learnwith_ai"])
HOOK = "https://roster.school.example/hooks"
OURS = Secret("our-own-webhook-secret-canary")
EVENT = b'{"id":"urn:uuid:1","type":"ActivityEvent"}'


TOKEN = {"access_token": "canary-token", "expires_in": 3600, "token_type": "Bearer"}


@asynccontextmanager
async def opened(address: str, **options: Any) -> AsyncGenerator[TimeBackConnector]:
    """Yield a connector whose line is open; nothing is asked but what a test asks."""
    connector = TimeBackConnector(config(address, **options), Here().context())
    for step in list(connector.steps())[:1]:
        await step.run()
    try:
        yield connector
    finally:
        await connector.disconnect()


def beyond_ai() -> TimeBackConnector:
    return TimeBackConnector(config(), Here().context())


def signature(body: bytes, secret: Secret = OURS) -> Mapping[str, str]:
    digest = hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
    return {"X-TimeBack-Signature": f"sha256={digest}"}


@BOTH
async def test_a_subscription_is_made_listed_and_taken_away(name: str) -> None:
    async with platform(name) as one:
        both = ("ActivityEvent", "TimeSpentEvent")
        made = [await one.connector.subscribe(HOOK, types, OURS) for types in (both, both[:1])]
        listed = await one.connector.subscriptions()
        for each in made:
            await one.connector.unsubscribe(each.id)

        assert [(each.id, each.url, each.event_types, each.active) for each in listed] == [
            (made[0].id, HOOK, both, True),
            (made[1].id, HOOK, both[:1], True),
        ]
        assert await one.connector.subscriptions() == []
        await one.connector.unsubscribe(SubscriptionId("nobody"))


async def test_learnwith_ai_signs_with_a_secret_of_its_own_that_is_told_once() -> None:
    async with platform("learnwith_ai") as one:
        made = await one.connector.subscribe(HOOK, ["insight.created"], OURS)
        (listed,) = await one.connector.subscriptions()

        assert made.issued_secret is not None
        assert made.issued_secret.reveal() == SIGNING_SECRET
        assert SIGNING_SECRET not in repr(made)
        assert listed.issued_secret is None


async def test_without_types_of_events_beyond_ai_sends_all() -> None:
    async with platform() as one:
        made = await one.connector.subscribe(HOOK, [], OURS)
        (listed,) = await one.connector.subscriptions()

        assert listed == made
        assert (listed.event_types, listed.active) == ((), True)


@pytest.mark.parametrize("path", ["*/webhook-filters/", "*/activate"])
async def test_a_subscription_that_cannot_be_narrowed_is_taken_away_again(path: str) -> None:
    async with platform() as one:
        one.sandbox.faults.play(FaultRule(fault=Fault.STATUS, path=path, times=None, status=422))

        with pytest.raises(ProviderError, match="422"):
            await one.connector.subscribe(HOOK, ["ActivityEvent"], OURS)

        one.sandbox.faults.play()
        assert await one.connector.subscriptions() == []


async def test_a_subscription_that_cannot_be_taken_away_is_named_and_sends_nothing() -> None:
    async with platform() as one:
        broken = FaultRule(fault=Fault.STATUS, path="*/webhook*/*", after=1, times=None, status=422)
        one.sandbox.faults.play(broken)

        with pytest.raises(ProviderError, match="hook-1 exists") as caught:
            await one.connector.subscribe(HOOK, ["ActivityEvent"], OURS)

        assert "unsubscribe" in caught.value.advice
        one.sandbox.faults.play()
        assert [each.active for each in await one.connector.subscriptions()] == [False]


async def test_a_subscription_of_which_nobody_knows_is_not_asked_for_twice() -> None:
    async with platform() as one:
        one.cut.method, one.cut.left = "POST", 1

        with pytest.raises(ProviderError, match="may exist") as caught:
            await one.connector.subscribe(HOOK, [], OURS)

        assert "list the subscriptions" in caught.value.advice
        assert len(await one.connector.subscriptions()) == 1


async def test_a_subscription_without_its_secret_is_taken_away_again() -> None:
    async with platform("learnwith_ai") as one:
        silent = FaultRule(
            fault=Fault.PATCHED, path="*/subscriptions", patch={"signingSecret": None}
        )
        one.sandbox.faults.play(silent)

        with pytest.raises(ProviderError, match="does not tell the secret"):
            await one.connector.subscribe(HOOK, ["insight.created"], OURS)

        assert await one.connector.subscriptions() == []


@pytest.mark.parametrize(
    ("name", "url", "types", "sentence"),
    [
        ("learnwith_ai", HOOK, [], "events that are named"),
        ("learnwith_ai", "https://192.0.2.1/hooks", ["insight.created"], "no IP address"),
        ("beyond_ai", HOOK, ["Activity|Event"], "one word"),
    ],
)
async def test_what_a_platform_would_refuse_is_not_sent(
    name: str, url: str, types: list[str], sentence: str
) -> None:
    async with platform(name) as one:
        before = len(one.sandbox.visits)

        with pytest.raises(UsageError, match=sentence):
            await one.connector.subscribe(url, types, OURS)

        assert len(one.sandbox.visits) == before


@BOTH
@pytest.mark.parametrize("subscription", ["", ".", ".."])
async def test_nothing_is_taken_away_without_an_id(name: str, subscription: str) -> None:
    async with platform(name) as one:
        with pytest.raises(UsageError, match="id is required"):
            await one.connector.unsubscribe(SubscriptionId(subscription))

        assert one.sent("DELETE") == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/hook", "http://localhost/hook"])
async def test_http_on_this_machine_is_for_the_sandbox_only(url: str) -> None:
    async with platform() as one:
        assert (await one.connector.subscribe(url, [], OURS)).active

    real = TimeBackConnector(config(), Here().context())
    with pytest.raises(UsageError, match="https://"):
        await real.subscribe(url, [], OURS)


HOOKS = {
    "webhooks": [
        {"id": "a", "targetUrl": HOOK, "active": True, "secret": "s", "sensor": None},
        {"id": "b", "targetUrl": HOOK, "active": False, "deleted_at": None},
        {"id": "gone", "targetUrl": HOOK, "active": True, "deletedAt": "2026-01-01T00:00:00Z"},
        {"id": "gone-too", "targetUrl": HOOK, "active": True, "deleted_at": "2026-01-01"},
    ]
}
FILTERS = {
    "filters": [
        {"webhookId": "a", "filterKey": "type", "filterOperator": "eq", "filterValue": "A"},
        {"webhookId": "a", "filterKey": "type", "filterOperation": "eq", "filterValue": "B"},
        {"webhookId": "a", "filterKey": "n", "filterOperation": "gt", "filterValue": 5},
        {"webhookId": "a", "filterKey": "type", "filterValue": "C", "active": False},
        {"webhookId": "b", "filterKey": "type", "filterValue": "D", "deleted_at": "2026-01-01"},
    ]
}


async def test_filters_of_others_are_told_as_they_are_in_either_spelling() -> None:
    app = ScriptedServer(
        *(Reply(body=json.dumps(item).encode()) for item in (TOKEN, HOOKS, FILTERS))
    )
    async with serve(app) as address, opened(address) as connector:
        found = await connector.subscriptions()

    assert [(found_one.id, found_one.event_types, found_one.active) for found_one in found] == [
        ("a", ("A", "B", "n gt 5"), True),
        ("b", (), False),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "7", "signingSecret": "whsec_AAAA"},
        {"subscription": {"id": "7", "eventTypes": None}, "signingSecret": "whsec_AAAA"},
        {"subscription": {"id": "7", "signingSecret": "whsec_AAAA", "status": "active"}},
    ],
)
async def test_a_secret_is_found_wherever_learnwith_ai_tells_it(answer: object) -> None:
    app = ScriptedServer(*(Reply(body=json.dumps(item).encode()) for item in (TOKEN, answer)))
    async with (
        serve(app) as address,
        opened(address, platform="learnwith_ai", app_id="app") as connector,
    ):
        made = await connector.subscribe(HOOK, ["insight.created"], OURS)

    assert made.id == "7"
    assert made.event_types == ("insight.created",)
    assert made.issued_secret is not None
    assert made.issued_secret.reveal() == "whsec_AAAA"


async def test_a_subscription_without_an_id_is_told() -> None:
    app = ScriptedServer(*(Reply(body=json.dumps(item).encode()) for item in (TOKEN, {})))
    async with serve(app) as address, opened(address) as connector:
        with pytest.raises(ProviderError, match="returned no ID"):
            await connector.subscribe(HOOK, [], OURS)


async def test_our_secret_is_in_no_error() -> None:
    async with platform() as one:
        echo = FaultRule(
            fault=Fault.STATUS, status=422, body=json.dumps({"imsx_description": OURS.reveal()})
        )
        one.sandbox.faults.play(echo)

        with pytest.raises(ProviderError) as caught:
            await one.connector.subscribe(HOOK, [], OURS)

        assert OURS.reveal() not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://roster.school.example",
        "ftp://x",
        "hooks",
        "https://",
        "https://[",
        "https://a@b.example",
    ],
)
async def test_an_address_that_is_not_safe_is_refused_before_anything_is_sent(url: str) -> None:
    async with platform() as one:
        with pytest.raises(UsageError, match="https://"):
            await one.connector.subscribe(url, [], OURS)

        assert one.sent("POST") == []


async def test_learnwith_ai_needs_the_id_of_the_application() -> None:
    async with platform("learnwith_ai", app_id="") as one:
        with pytest.raises(ConfigError, match="app_id"):
            await one.connector.subscriptions()


def bearer(secret: Secret = OURS) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {secret.reveal()}"}


OTHER = Secret("another")


@pytest.mark.parametrize("headers", [signature(EVENT), bearer(), {**signature(EVENT), **bearer()}])
def test_a_delivery_of_beyond_ai_is_believed_by_its_proof(headers: Mapping[str, str]) -> None:
    delivery = beyond_ai().verify(headers, EVENT, OURS)

    assert (delivery.event_id, delivery.event_type) == ("urn:uuid:1", "ActivityEvent")
    assert delivery.sent_at == NOW


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signature(b"{}"),
        signature(EVENT, OTHER),
        bearer(OTHER),
        {**signature(EVENT), **bearer(OTHER)},
        {**signature(EVENT, OTHER), **bearer()},
        {"Authorization": OURS.reveal()},
        {"Authorization": f"Digest {OURS.reveal()}"},
        {"X-TimeBack-Signature": "\udc80"},
        {"X-TimeBack-Signature": ""},
    ],
)
def test_a_delivery_of_beyond_ai_with_a_proof_that_does_not_fit_is_refused(
    headers: Mapping[str, str],
) -> None:
    with pytest.raises(CredentialsError):
        beyond_ai().verify(headers, EVENT, OURS)


def test_an_empty_secret_believes_nobody() -> None:
    with pytest.raises(CredentialsError, match="empty"):
        beyond_ai().verify(signature(EVENT, Secret("")), EVENT, Secret(""))


def test_a_delivery_of_beyond_ai_that_tells_an_age_may_not_be_old() -> None:
    def sent(moment: str) -> bytes:
        return json.dumps({"id": "urn:uuid:1", "type": "A", "sendTime": moment}).encode()

    fresh = sent("2026-11-02T07:58:00.000Z")
    assert beyond_ai().verify(signature(fresh), fresh, OURS).sent_at == NOW - timedelta(minutes=2)
    for old in (sent("2026-11-02T07:50:00Z"), sent("2026-11-02T08:10:00")):
        with pytest.raises(CredentialsError, match="300 seconds"):
            beyond_ai().verify(signature(old), old, OURS)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"\xff"])
def test_a_signed_delivery_that_is_no_event_is_told(body: bytes) -> None:
    with pytest.raises(RecordError, match="no event"):
        beyond_ai().verify(signature(body), body, OURS)


async def test_a_delivery_of_learnwith_ai_is_signed_as_standard_webhooks_says() -> None:
    async with platform("learnwith_ai") as one:
        secret = Secret(SIGNING_SECRET)
        headers = signed_headers("msg_1", NOW, EVENT, secret)

        delivery = one.connector.verify(headers, EVENT, secret)

        assert (delivery.event_id, delivery.event_type) == ("msg_1", "ActivityEvent")
        with pytest.raises(CredentialsError):
            one.connector.verify(headers, EVENT + b" ", secret)
