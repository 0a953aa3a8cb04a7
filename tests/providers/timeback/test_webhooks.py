"""Subscriptions on both platforms, and who may be believed."""

import hashlib
import hmac
import json
from collections.abc import Mapping

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
from integration_tui.providers.standard_webhooks import signed_headers
from integration_tui.sandbox.faults import Fault, Rule
from integration_tui.sandbox.timeback import SIGNING_SECRET
from tests.providers.http.here import NOW
from tests.providers.timeback.served import platform

BOTH = pytest.mark.parametrize("name", ["beyond_ai", "learnwith_ai"])
HOOK = "https://roster.school.example/hooks"
OURS = Secret("our-own-webhook-secret-canary")
EVENT = b'{"id":"urn:uuid:1","type":"ActivityEvent"}'


def signature(body: bytes, secret: Secret = OURS) -> Mapping[str, str]:
    digest = hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
    return {"X-TimeBack-Signature": f"sha256={digest}"}


@BOTH
async def test_a_subscription_is_made_listed_and_taken_away(name: str) -> None:
    async with platform(name) as one:
        made = await one.connector.subscribe(HOOK, ["ActivityEvent", "TimeSpentEvent"], OURS)
        listed = await one.connector.subscriptions()
        await one.connector.unsubscribe(made.id)

        assert [(each.id, each.url, each.event_types) for each in listed] == [
            (made.id, HOOK, ("ActivityEvent", "TimeSpentEvent"))
        ]
        assert await one.connector.subscriptions() == []
        await one.connector.unsubscribe(SubscriptionId("nobody"))


async def test_learnwith_ai_signs_with_a_secret_of_its_own_that_is_told_once() -> None:
    async with platform("learnwith_ai") as one:
        made = await one.connector.subscribe(HOOK, [], OURS)
        (listed,) = await one.connector.subscriptions()

        assert made.issued_secret is not None
        assert made.issued_secret.reveal() == SIGNING_SECRET
        assert SIGNING_SECRET not in repr(made)
        assert listed.issued_secret is None


async def test_our_secret_is_in_no_error() -> None:
    async with platform() as one:
        echo = Rule(
            fault=Fault.STATUS, status=422, body=json.dumps({"imsx_description": OURS.reveal()})
        )
        one.sandbox.faults.play(echo)

        with pytest.raises(ProviderError) as caught:
            await one.connector.subscribe(HOOK, [], OURS)

        assert OURS.reveal() not in str(caught.value)


@pytest.mark.parametrize("url", ["http://roster.school.example", "ftp://x", "hooks", "https://"])
async def test_an_address_that_is_not_safe_is_refused_before_anything_is_sent(url: str) -> None:
    async with platform() as one:
        with pytest.raises(UsageError, match="https://"):
            await one.connector.subscribe(url, [], OURS)

        assert one.sent("POST") == []


async def test_learnwith_ai_needs_the_id_of_the_application() -> None:
    async with platform("learnwith_ai", app_id="") as one:
        with pytest.raises(ConfigError, match="app_id"):
            await one.connector.subscriptions()


async def test_a_delivery_of_beyond_ai_is_believed_by_its_signature_only() -> None:
    async with platform() as one:
        delivery = one.connector.verify(signature(EVENT), EVENT, OURS)

        assert (delivery.event_id, delivery.event_type) == ("urn:uuid:1", "ActivityEvent")
        for headers in ({}, signature(b"{}"), signature(EVENT, Secret("another")), {"x": "\udc80"}):
            with pytest.raises(CredentialsError):
                one.connector.verify(headers, EVENT, OURS)
        with pytest.raises(RecordError):
            one.connector.verify(signature(b"[]"), b"[]", OURS)


async def test_a_delivery_of_learnwith_ai_is_signed_as_standard_webhooks_says() -> None:
    async with platform("learnwith_ai") as one:
        secret = Secret(SIGNING_SECRET)
        headers = signed_headers("msg_1", NOW, EVENT, secret)

        delivery = one.connector.verify(headers, EVENT, secret)

        assert (delivery.event_id, delivery.event_type) == ("msg_1", "ActivityEvent")
        with pytest.raises(CredentialsError):
            one.connector.verify(headers, EVENT + b" ", secret)
