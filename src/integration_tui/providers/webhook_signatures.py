"""Signatures of deliveries as in Standard Webhooks 1.0.0, the symmetric kind (`v1`).

Source: https://www.standardwebhooks.com. What is signed is `id.timestamp.body` over the raw
bytes; a header may hold several signatures, so that a secret can be changed without a gap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from integration_tui.domain.errors import CredentialsError, RecordError
from integration_tui.domain.secret import Secret
from integration_tui.domain.webhook import Delivery

TOLERANCE_S: Final = 300
_PREFIX: Final = "whsec_"
_MOST_SIGNATURES: Final = 20
_ADVICE: Final = "check that both sides use the same webhook secret"


class _Envelope(msgspec.Struct):
    type: str


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


def signed_headers(
    event_id: str, sent_at: datetime, body: bytes, *secrets: Secret
) -> dict[str, str]:
    """Return the headers of a delivery, with a signature for each secret."""
    timestamp = str(int(sent_at.timestamp()))
    signatures = [_signature(event_id, timestamp, body, _key(secret)) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def verified(
    headers: Mapping[str, str],
    body: bytes,
    secret: Secret,
    *,
    now: datetime,
    tolerance_s: int = TOLERANCE_S,
) -> Delivery:
    """Return the delivery. Nothing of the body is read before its signature is good.

    Raises `CredentialsError` for a bad or missing signature and for one that is more than
    `tolerance_s` off `now`; `RecordError` where a well-signed body is no event.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    event_id = lowered.get("webhook-id", "")
    timestamp = lowered.get("webhook-timestamp", "")
    sent_at = _sent_at(timestamp)
    if not event_id or sent_at is None:
        raise CredentialsError("the delivery is not signed", advice=_ADVICE)
    expected = _signature(event_id, timestamp, body, _key(secret)).encode()
    offered = lowered.get("webhook-signature", "").split()[:_MOST_SIGNATURES]
    if not any(hmac.compare_digest(expected, _bytes(text)) for text in offered):
        raise CredentialsError("the signature of the delivery does not match", advice=_ADVICE)
    require_recent(sent_at, now=now, tolerance_s=tolerance_s)
    return Delivery(event_id=event_id, event_type=_event_type(body), sent_at=sent_at, body=body)


def require_recent(sent_at: datetime, *, now: datetime, tolerance_s: int) -> None:
    """Raise `CredentialsError` for a delivery that is further than `tolerance_s` from `now`."""
    if abs((now - sent_at).total_seconds()) > tolerance_s:
        raise CredentialsError(
            f"the delivery was sent more than {tolerance_s} seconds from now",
            advice="check the clocks of both systems; old deliveries may be replays",
        )


def _event_type(body: bytes) -> str:
    try:
        return _ENVELOPE.decode(body).type
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise RecordError(
            "the delivery is signed, but is no event: it has no type",
            advice="skipped; report it to the server's administrator",
        ) from None


def _sent_at(timestamp: str) -> datetime | None:
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11
    return datetime.fromtimestamp(int(timestamp), UTC) if is_number else None


def _signature(event_id: str, timestamp: str, body: bytes, key: bytes) -> str:
    content = b".".join((_bytes(event_id), timestamp.encode(), body))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _bytes(text: str) -> bytes:
    """Headers are a stranger's: lone surrogates must neither raise nor become equal."""
    return text.encode("utf-8", "surrogatepass")


def _key(secret: Secret) -> bytes:
    """Return the key of a `whsec_` secret; any other text is the key itself."""
    text = secret.reveal()
    if not text:
        raise CredentialsError(
            "the webhook secret is empty", advice="set a secret of 24 bytes or more"
        )
    if not text.startswith(_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise CredentialsError(
            "the webhook secret is not base64 after whsec_", advice="copy the full secret again"
        ) from None
