"""What looks like a secret is taken out of a text; the rest stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.redaction import (
    MASK,
    KnownSecrets,
    is_sensitive,
    is_sensitive_path,
    scrub,
)


@pytest.mark.parametrize(
    "key",
    ["client_secret", "password", "X-Api-Key", "apiKey", "Authorization", "token", "key", "Cookie"],
)
def test_keys_of_secrets_are_sensitive(key: str) -> None:
    assert is_sensitive(key)
    assert is_sensitive_path(("a", 0, key, "b"))


@pytest.mark.parametrize("key", ["token_url", "secret_id", "client_id", "keyboard", "author", ""])
def test_keys_about_secrets_are_not_sensitive(key: str) -> None:
    assert not is_sensitive(key)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer abcdef123", "Bearer •••"),
        ("token=abc&x=1", "token=•••&x=1"),
        ('"client_secret": "a b"', '"client_secret": •••'),
        ("client_secret: env:NAME", "client_secret: env:NAME"),
        ("postgresql://u:p@h/db", "postgresql://•••@h/db"),
        ("postgresql://u:p@ss@h/db", "postgresql://•••@h/db"),
        ("2026-01-01-https://u:p@h", "2026-01-01-https://•••@h"),
        (r'{"client_secret": "a\"b c", "x": 1}', '{"client_secret": •••, "x": 1}'),
        ("mail to a@b.example", "mail to a@b.example"),
        ("https://h?mail=a@b", "https://h?mail=a@b"),
        ("https://h/a@b", "https://h/a@b"),
        ("the token has run out", "the token has run out"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, shown: str) -> None:
    assert scrub(text) == shown


@given(st.text())
def test_a_scrubbed_text_has_nothing_left_to_scrub(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize(
    "piece",
    [
        *("x", "a.", "a-", "eyJ", "token", "a:", "://", "-----BEGIN ", "bearer "),
        *("a://", "a@", "b.a@", '"', 'token="', 'token=\\"', "a+"),
    ],
)
def test_a_long_text_costs_little_whatever_it_repeats(piece: str) -> None:
    begun = time.process_time()

    scrub(piece * 8_000)

    assert time.process_time() - begun < 1


def test_a_secret_of_megabytes_costs_no_more_than_a_long_one() -> None:
    known = KnownSecrets()
    known.remember("s3cret" * 500_000)

    assert MASK in known.mask(f"before {'s3cret' * 1000} behind")
    (finder,) = known._finders.values()
    assert len(finder._pattern.pattern) < 500_000


def test_a_secret_more_does_not_have_the_others_prepared_again() -> None:
    known = KnownSecrets()
    known.remember("first-s3cret")
    known.mask("a text")
    before = known._finders["first-s3cret"]

    known.remember("second-s3cret")

    assert known.mask("first-s3cret, second-s3cret") == f"{MASK}, {MASK}"
    assert known._finders["first-s3cret"] is before
