"""Webhooks signed as Standard Webhooks 1.0.0 says, and refused when they are not."""

import base64
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import CredentialsError, ProviderError, RecordError
from integration_tui.domain.secret import Secret
from integration_tui.domain.webhook import Delivery
from integration_tui.providers.mock.connector import MockConnector
from integration_tui.providers.mock.presets import quick
from integration_tui.providers.mock.realtime import cursor_at
from integration_tui.providers.webhook_signatures import signed_headers, verified
from tests.providers.mock.fixtures import World

SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
OTHER = Secret("whsec_" + base64.b64encode(b"another secret of 32 bytes, ok?!").decode())
SENT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"type":"user.changed","n":2432232314}'
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"


def headers(body: bytes = BODY, *secrets: Secret) -> dict[str, str]:
    return signed_headers(ID, SENT, body, *(secrets or (SECRET,)))


def test_the_signature_is_the_one_of_the_reference_libraries() -> None:
    signed = headers(b'{"test": 2432232314}')

    assert signed["webhook-id"] == ID
    assert signed["webhook-timestamp"] == "1614265330"
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_good_delivery_is_read() -> None:
    delivery = verified(headers(), BODY, SECRET, now=SENT)

    assert delivery.event_id == ID
    assert delivery.event_type == "user.changed"
    assert delivery.sent_at == SENT
    assert delivery.body == BODY


def test_the_case_of_header_names_does_not_matter() -> None:
    shouted = {name.upper(): value for name, value in headers().items()}

    assert verified(shouted, BODY, SECRET, now=SENT).event_id == ID


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_either_secret_is_good_while_one_replaces_the_other(secret: Secret) -> None:
    both = headers(BODY, OTHER, SECRET)

    assert verified(both, BODY, secret, now=SENT).event_id == ID


@given(position=st.integers(0, len(BODY) * 8 - 1))
def test_a_body_with_one_bit_flipped_is_refused(position: int) -> None:
    flipped = bytearray(BODY)
    flipped[position // 8] ^= 1 << position % 8

    with pytest.raises(CredentialsError):
        verified(headers(), bytes(flipped), SECRET, now=SENT)


@given(signature=st.text(max_size=60), event_id=st.text(max_size=30), sent=st.text(max_size=12))
def test_no_forged_header_is_accepted_or_raises_anything_else(
    signature: str, event_id: str, sent: str
) -> None:
    forged = {
        "webhook-id": event_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"{signature} v1,{signature} v1a,AAAA",
    }

    with pytest.raises(CredentialsError):
        verified(forged, BODY, SECRET, now=SENT)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-signature"])
def test_a_header_that_no_encoding_knows_is_refused(name: str) -> None:
    with pytest.raises(CredentialsError):
        verified(headers() | {name: "v1,\ud800"}, BODY, SECRET, now=SENT)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    partial = {key: value for key, value in headers().items() if key != name}

    with pytest.raises(CredentialsError):
        verified(partial, BODY, SECRET, now=SENT)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_what_is_signed_includes_id_and_time(name: str) -> None:
    changed = headers() | {name: headers()[name].translate({ord("0"): "1"}) + "1"}

    with pytest.raises(CredentialsError):
        verified(changed, BODY, SECRET, now=SENT)


def test_another_secret_is_refused() -> None:
    with pytest.raises(CredentialsError, match="same webhook secret"):
        verified(headers(), BODY, OTHER, now=SENT)


def test_an_unknown_version_of_signature_is_ignored() -> None:
    signed = headers()
    newer = signed | {"webhook-signature": f"v9,AAAA {signed['webhook-signature']}"}
    only_newer = signed | {"webhook-signature": signed["webhook-signature"].replace("v1,", "v9,")}

    assert verified(newer, BODY, SECRET, now=SENT).event_id == ID
    with pytest.raises(CredentialsError):
        verified(only_newer, BODY, SECRET, now=SENT)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_off_is_still_good(seconds: int) -> None:
    now = SENT + timedelta(seconds=seconds)

    assert verified(headers(), BODY, SECRET, now=now).event_id == ID


@pytest.mark.parametrize("seconds", [-301, 301])
def test_more_than_five_minutes_off_is_refused(seconds: int) -> None:
    with pytest.raises(CredentialsError, match="300 seconds"):
        verified(headers(), BODY, SECRET, now=SENT + timedelta(seconds=seconds))


async def test_how_old_one_may_be_is_configured() -> None:
    world = World()
    connector = await world.connected(quick(webhook={"tolerance_s": 10}))
    now = world.clock.now()

    def sent(seconds_ago: int) -> Delivery:
        signed = signed_headers(ID, now - timedelta(seconds=seconds_ago), BODY, SECRET)
        return connector.verify(signed, BODY, SECRET)

    assert sent(10).event_id == ID
    with pytest.raises(CredentialsError, match="10 seconds"):
        sent(11)


@pytest.mark.parametrize("secret", ["", "whsec_not base64!"])
def test_an_unusable_secret_is_a_credentials_error_that_does_not_show_it(secret: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        verified(headers(), BODY, Secret(secret), now=SENT)

    assert "not base64!" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff\xfe", b'{"kind":"x"}', b'{"type":3}'])
def test_a_signed_body_that_is_no_event_is_skipped(body: bytes) -> None:
    with pytest.raises(RecordError):
        verified(headers(body), body, SECRET, now=SENT)


async def test_subscriptions_are_listed_until_taken_away() -> None:
    connector = await World().connected(quick())
    kept = await connector.subscribe("https://us.example/hook", ["user.*"], SECRET)
    dropped = await connector.subscribe("https://us.example/other", [], SECRET)

    await connector.unsubscribe(dropped.id)
    await connector.unsubscribe(dropped.id)

    assert await connector.subscriptions() == [kept]
    assert SECRET.reveal() not in repr(kept)


async def test_there_is_a_limit_to_subscriptions() -> None:
    connector = await World().connected(quick())
    for _ in range(100):
        await connector.subscribe("https://us.example/hook", [], SECRET)

    with pytest.raises(ProviderError, match="subscriptions, the maximum"):
        await connector.subscribe("https://us.example/hook", [], SECRET)


async def test_each_change_is_delivered_signed_to_who_wants_it() -> None:
    world = World()
    connector = await world.connected(quick(changes_per_hour=3600))
    start = cursor_at(connector.district, world.clock.now())
    await connector.subscribe("https://us.example/users", ["user.*"], SECRET)
    await connector.subscribe("https://us.example/all", [], OTHER)
    world.clock.elapsed_s += 100

    sent = [*connector.deliveries(start)]

    of_users = [
        signed_delivery for signed_delivery in sent if signed_delivery.url.endswith("users")
    ]
    of_all = [signed_delivery for signed_delivery in sent if signed_delivery.url.endswith("all")]
    assert len(of_users) == 60
    assert len(of_all) >= 100
    for user in of_users:
        delivery = connector.verify(user.headers, user.body, SECRET)
        assert delivery.event_type in {"user.changed", "user.deleted"}
        assert set(msgspec.json.decode(user.body)["data"]) == {"collection", "sourced_id"}


async def test_a_delivery_sent_again_has_the_same_id() -> None:
    world = World()
    connector = await world.connected(quick(changes_per_hour=3600))
    start = cursor_at(connector.district, world.clock.now())
    await connector.subscribe("https://us.example/all", [], SECRET)
    world.clock.elapsed_s += 20
    first = [delivery.headers["webhook-id"] for delivery in connector.deliveries(start)]
    world.clock.elapsed_s += 5

    again = [delivery.headers["webhook-id"] for delivery in connector.deliveries(start)]

    assert len(set(first)) == len(first) >= 20
    assert again[: len(first)] == first


async def test_deliveries_go_on_behind_the_last_one() -> None:
    world = World()
    connector = await world.connected(quick(changes_per_hour=3600))
    await connector.subscribe("https://us.example/all", [], SECRET)
    start = cursor_at(connector.district, world.clock.now())
    world.clock.elapsed_s += 30
    everything = [*connector.deliveries(start)]

    rest = [*connector.deliveries(everything[9].cursor)]

    assert [signed_delivery.headers["webhook-id"] for signed_delivery in rest] == [
        signed_delivery.headers["webhook-id"] for signed_delivery in everything[10:]
    ]


async def test_a_subscription_outlives_the_connector_but_not_the_program() -> None:
    world = World()
    context = world.context()
    first, second = MockConnector(quick(), context), MockConnector(quick(), context)
    await first.connect()
    await second.connect()

    made = await first.subscribe("https://here.example/hook", [], SECRET)
    await first.disconnect()

    assert await second.subscriptions() == [made]
    assert await (await World().connected(quick())).subscriptions() == []
