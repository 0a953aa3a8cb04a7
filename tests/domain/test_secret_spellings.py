"""A secret is found in a text however it was encoded on the way there."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.redaction import MASK, KnownSecrets, known_secrets, scrub
from integration_tui.domain.secret import Secret
from integration_tui.logging_setup import redact
from integration_tui.services.support.redactor import Redactor

TOKEN = 'tok/en+"7?~' + "\u00e9" + ">>>secret-4711"
RAW = TOKEN.encode()
FORMS = {
    "plain": TOKEN,
    "base64": base64.b64encode(RAW).decode(),
    "base64 without padding": base64.b64encode(RAW).decode().rstrip("="),
    "url-safe": base64.urlsafe_b64encode(RAW).decode(),
    "url-safe without padding": base64.urlsafe_b64encode(RAW).decode().rstrip("="),
    "base64 in an address": quote_plus(base64.b64encode(RAW).decode()),
    "behind a name": base64.b64encode(b"client:" + RAW).decode(),
    "within more": base64.urlsafe_b64encode(b'{"x":"' + RAW + b'","y":1}').decode(),
    "percent": quote(TOKEN, safe=""),
    "percent, small letters": quote(TOKEN, safe="").replace("%2B", "%2b").replace("%C3", "%c3"),
    "a form": quote_plus(TOKEN),
    "a path": quote(TOKEN),
    "json": json.dumps(TOKEN),
    "html": html.escape(TOKEN),
    "python": repr(TOKEN),
    "hex": RAW.hex(),
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_known_secret_is_masked_in_every_form_and_every_place(form: str) -> None:
    Secret(TOKEN)  # whoever resolves a secret makes one of these
    text = f"it answered x{FORMS[form]}y"
    core = FORMS[form].strip("\"'")[4:-4]

    masked = (
        scrub(text),
        str(redact({"event": text})),
        str(redact({"deep": [{"er": text}]})),
        Redactor(secrets=frozenset({TOKEN})).text(text),
    )

    assert [MASK in text for text in masked] == [True] * 4
    assert not [text for text in masked if core in text]


@given(
    st.binary(max_size=7),
    st.text(st.characters(codec="utf-8"), min_size=8, max_size=40),
    st.binary(max_size=7),
)
def test_nothing_of_a_secret_is_left_in_base64_at_any_alignment(
    before: bytes, secret: str, after: bytes
) -> None:
    known = KnownSecrets(shortest=1)
    known.remember(secret)
    whole = before + secret.encode() + after

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for text in (encode(whole).decode(), encode(whole).decode().rstrip("=")):
            left = known.mask(text)
            # What stands before and behind has a part in at most two letters at each end.
            longest = max(map(len, left.split(MASK)))
            assert not secret.strip() or longest <= (max(len(before), len(after)) * 8) // 6 + 5


def test_a_short_secret_is_not_looked_for_in_every_text() -> None:
    known_secrets.remember("abc")

    assert scrub("the abc of it") == "the abc of it"


def test_the_oldest_secrets_are_forgotten() -> None:
    known = KnownSecrets(most=2)
    for number in range(3):
        known.remember(f"secret-number-{number}")

    assert known.mask("secret-number-0 secret-number-2") == f"secret-number-0 {MASK}"
