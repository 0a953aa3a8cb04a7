"""What differs between two documents."""

from __future__ import annotations

from integration_tui.config.diff import changes, diff
from tests.config.sample_models import MINIMAL, yaml

CANARY = "s3cr3t-CANARY"


def test_the_same_text_differs_in_nothing() -> None:
    assert diff(MINIMAL, MINIMAL, before_name="a", after_name="b") == ""
    assert changes(yaml(MINIMAL), yaml(MINIMAL + "# a comment\n")) == {}


def test_a_difference_is_shown_in_unified_form_with_comments() -> None:
    shown = diff(
        "# a\nname: x\n", "# b\nname: x\n", before_name="version 1", after_name="version 2"
    )

    assert shown == "--- version 1\n+++ version 2\n@@ -1,2 +1,2 @@\n-# a\n+# b\n name: x\n"


def test_a_difference_shows_references_but_no_secret() -> None:
    before = (
        f"auth:\n  client_secret: env:OLD\n  password: {CANARY}\n  token_url: https://a.example\n"
        f"  {{key: {CANARY}}}\n"
    )
    after = f'auth:\n  client_secret: "env:NEW"\n  password = "{CANARY}2"\n"secret": {CANARY}\n'

    shown = diff(before, after, before_name="a", after_name="b")

    assert CANARY not in shown.replace(f"{{key: {CANARY}}}", "")
    assert "-  client_secret: env:OLD" in shown
    assert '+  client_secret: "env:NEW"' in shown
    assert "token_url: https://a.example" in shown


def test_changes_are_told_by_path() -> None:
    before = yaml(f"{MINIMAL}retry: {{attempts: 3}}\nlist: [1, 2]\n")
    after = yaml(f"{MINIMAL}retry: {{attempts: 4}}\nlist: [1]\nfeatures: {{}}\nenabled: false\n")

    assert changes(before, after) == {
        "retry.attempts": ("3", "4"),
        "list.1": ("2", ""),
        "features": ("", "{}"),
        "enabled": ("", "false"),
    }


def test_a_change_of_type_is_a_change() -> None:
    assert changes(yaml("a: 1\nb: 1\n"), yaml("a: true\nb: '1'\n")) == {
        "a": ("1", "true"),
        "b": ("1", "1"),
    }


def test_below_auth_only_types_ids_addresses_and_references_are_told() -> None:
    before = yaml(
        "auth: {type: basic, username: u, client_id: a, token_url: https://a.example, "
        f"password: env:A, private_key: {CANARY}, scopes: [{CANARY}]}}\n"
    )
    after = yaml(
        f"auth: {{type: jwt, client_id: b, token_url: https://b.example, password: {CANARY}}}\n"
    )

    assert changes(before, after) == {
        "auth.type": ("basic", "jwt"),
        "auth.username": ("u", ""),
        "auth.client_id": ("a", "b"),
        "auth.token_url": ("https://a.example", "https://b.example"),
        "auth.password": ("env:A", "•••"),
        "auth.private_key": ("•••", ""),
        "auth.scopes.0": ("•••", ""),
    }


def test_values_are_short_harmless_and_without_passwords() -> None:
    after = yaml(
        f'title: {"x" * 1000}\nnote: "\\e]52;c"\nurl: https://u:{CANARY}@h\napi_key: {CANARY}\n'
    )

    told = {path: value for path, (_, value) in changes(yaml("a: 1\n"), after).items()}

    assert len(told["title"]) == 200
    assert told["note"] == "␛]52;c"
    assert told["url"] == "https://•••@h"
    assert told["api_key"] == "•••"
