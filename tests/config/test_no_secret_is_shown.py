"""Whatever is wrong with a document, what stands where secrets stand is not repeated."""

from __future__ import annotations

import pytest

from integration_tui.config.validation import validate
from integration_tui.domain.config.version import Environment
from integration_tui.domain.errors import ConfigError
from tests.config.sample_models import TYPES, checked, local_model_of, yaml

CANARY = "s3cr3t-CANARY-0042"
BASE = "name: lincoln\ntype: oneroster\nbase_url: https://sis.example.org\n"

KINDS = {
    "oauth2_client_credentials": "token_url: https://x.example, client_id: a, client_secret: %",
    "oauth2_authorization_code": (
        "token_url: https://x.example, client_id: a, client_secret: %, refresh_token: %"
    ),
    "oauth2_jwt_bearer": "token_url: https://x.example, issuer: a, private_key: %",
    "api_key": "key: %",
    "basic": "username: a, password: %",
    "jwt": "token: %",
    "oauth1": "consumer_key: a, consumer_secret: %",
    "custom_headers": "headers: {X-Secret: %}",
}


def everything_said(auth: str) -> str:
    text = f"{BASE}auth: {auth}\nenvironments: {{staging: {{auth: {auth}}}}}\n"
    validated = checked(text)
    assert validated.config is None
    assert validated.problems
    assert all(problem.line for problem in validated.problems)
    return f"{validated!r} {[str(problem) for problem in validated.problems]}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_literal_secret_is_refused_and_not_repeated(kind: str) -> None:
    said = everything_said(f"{{type: {kind}, {KINDS[kind].replace('%', CANARY)}}}")

    assert "must be a reference, not the secret itself" in said
    assert CANARY not in said


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [f"[{CANARY}]", f"{{{CANARY}: {CANARY}}}", f"{{x: {CANARY}}}"])
def test_a_secret_of_the_wrong_type_is_not_repeated(kind: str, form: str) -> None:
    assert CANARY not in everything_said(f"{{type: {kind}, {KINDS[kind].replace('%', form)}}}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_where_a_secret_belongs_is_not_repeated(kind: str) -> None:
    assert "73737373" not in everything_said(
        f"{{type: {kind}, {KINDS[kind].replace('%', '73737373')}}}"
    )


@pytest.mark.parametrize(
    "auth",
    [
        f"{{type: {CANARY}}}",
        f"{{type: [{CANARY}]}}",
        f"{{type: {{a: {CANARY}}}}}",
        f"{{type: basic, username: a, password: env:A, {CANARY}: x}}",
        f"{{type: basic, username: a, password: env:A, other: {CANARY}}}",
        f"{{type: basic, username: [{CANARY}], password: env:A}}",
        f"{{type: basic, username: a, password:{CANARY}}}",
        f"{{password: {CANARY}}}",
        f"{{type: oauth2_client_credentials, token_url: 'https://u:{CANARY}@x.example', "
        "client_id: a, client_secret: env:A}",
        f"{{type: oauth2_client_credentials, token_url: 'https://x.example/?k={CANARY}', "
        "client_id: a, client_secret: env:A}",
        f"{{type: oauth1, consumer_key: a, consumer_secret: env:A, signature_method: {CANARY}}}",
        f"{{type: api_key, key: env:A, header: '{CANARY} x'}}",
        CANARY,
        f"[{CANARY}]",
        f"'{CANARY}'",
    ],
)
def test_a_secret_in_the_wrong_place_below_auth_is_not_repeated(auth: str) -> None:
    assert CANARY not in everything_said(auth)


@pytest.mark.parametrize(
    "line",
    [
        f"client_secret: {CANARY}",
        f"password: [{CANARY}]",
        f"oauth: {{secret: {CANARY}}}",
        f"base_url: https://u:{CANARY}@sis.example.org",
        f"base_url: https://a.io/?k={CANARY}",
        f"{{password:{CANARY}}}: x",
        f"retry: {{token: {CANARY}}}",
    ],
)
def test_a_secret_outside_of_auth_is_not_repeated(line: str) -> None:
    text = BASE.replace("base_url: https://sis.example.org\n", "") if "base_url" in line else BASE
    said = _everything_said_of(f"{text}{line}\n")

    assert said
    assert CANARY not in said


def _everything_said_of(text: str) -> str:
    try:
        validated = checked(text)
    except ConfigError as error:
        return f"{error!r} {error} {error.problems!r}"
    return f"{validated!r} {[str(problem) for problem in validated.problems]}"


def test_a_valid_config_shows_references_only() -> None:
    text = f"{BASE}auth: {{type: basic, username: a, password: env:PASSWORD}}\n"

    config = validate(
        yaml(text), environment=Environment.STAGING, model_of=local_model_of, types=TYPES
    ).config

    assert config is not None
    assert '"password":"env:PASSWORD"' in config.model_dump_json()
