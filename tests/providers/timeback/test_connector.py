"""TimeBack's addresses, sign-in and page sizes; the rest is OneRoster's and tested there."""

from typing import Any

import pytest
from pydantic import ValidationError

from integration_tui.domain.auth import ClientCredentialsAuth
from integration_tui.providers.timeback.config import TimeBackConfig
from integration_tui.sandbox.timeback import CREATE_SCOPE
from tests.providers.timeback.fixtures import config, timeback


@pytest.mark.parametrize(
    ("options", "service_url"),
    [
        ({}, "https://api.alpha-1edtech.ai/ims/oneroster/rostering/v1p2"),
        ({"stage": "staging"}, "https://api.staging.alpha-1edtech.ai/ims/oneroster/rostering/v1p2"),
        ({"platform": "learnwith_ai"}, "https://platform.timeback.com/rostering/1.0"),
        (
            {"platform": "learnwith_ai", "stage": "staging"},
            "https://platform.dev.timeback.com/rostering/1.0",
        ),
        (
            {"base_url": "https://api.alpha-1edtech.com", "base_path": "/or"},
            "https://api.alpha-1edtech.com/or",
        ),
    ],
)
def test_platform_and_stage_say_where_it_is_unless_the_file_does(
    options: dict[str, Any], service_url: str
) -> None:
    assert config(**options).service_url == service_url


def test_beyond_ai_is_asked_for_no_scopes_and_learnwith_ai_for_the_least() -> None:
    assert config().default_scopes == ()
    assert config(platform="learnwith_ai").default_scopes[0].endswith("/roster-core.readonly")


def test_learnwith_ai_gives_a_hundred_records_at_once() -> None:
    assert config(platform="learnwith_ai").page_size == 100
    assert config(platform="learnwith_ai", sync={"page_size": 20}).page_size == 20


def test_an_unknown_platform_is_the_only_thing_that_is_told() -> None:
    with pytest.raises(ValidationError) as caught:
        config(platform="elsewhere")

    assert [error["loc"] for error in caught.value.errors()] == [("platform",)]


def test_editors_do_not_ask_for_an_address() -> None:
    schema = TimeBackConfig.model_json_schema()

    assert "base_url" not in schema["required"]
    assert "default" not in schema["properties"]["base_url"]
    auth = schema["$defs"]["TimeBackCredentialsAuth"]
    assert auth["required"] == ["type", "client_id", "client_secret"]
    assert "default" not in auth["properties"]["token_url"]


@pytest.mark.parametrize(
    ("stage", "token_host"),
    [
        ("production", "prod-beyond-timeback-api-2-idp.auth.us-east-1.amazoncognito.com"),
        ("staging", "staging-beyond-timeback-api-2-idp.auth.us-east-1.amazoncognito.com"),
    ],
)
def test_the_token_endpoint_follows_from_the_stage_unless_the_file_names_one(
    stage: str, token_host: str
) -> None:
    auth = {"type": "oauth2_client_credentials", "client_id": "a", "client_secret": "env:S"}

    filled = config(stage=stage, auth=auth).auth
    named = config(stage=stage, auth={**auth, "token_url": "https://older.example/token"}).auth

    assert isinstance(filled, ClientCredentialsAuth)
    assert isinstance(named, ClientCredentialsAuth)
    assert filled.token_url == f"https://{token_host}/oauth2/token"
    assert named.token_url == "https://older.example/token"


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ({}, "https://caliper.alpha-1edtech.ai"),
        ({"stage": "staging"}, "https://caliper.staging.alpha-1edtech.ai"),
        ({"platform": "learnwith_ai"}, "https://platform.timeback.com"),
        ({"base_url": "https://older.example"}, "https://older.example"),
        ({"webhooks_url": "https://caliper.example"}, "https://caliper.example"),
    ],
)
def test_webhooks_are_where_the_events_are_unless_the_file_says_it(
    options: dict[str, Any], address: str
) -> None:
    assert config(**options).webhooks_address == address


def test_writing_asks_learnwith_ai_for_one_scope_more() -> None:
    reading = config(platform="learnwith_ai").default_scopes
    writing = config(platform="learnwith_ai", writes=True).default_scopes

    assert set(writing) - set(reading) == {CREATE_SCOPE}
    assert config(writes=True).default_scopes == ()


async def test_it_connects_and_says_what_it_is() -> None:
    async with timeback() as connector:
        await connector.connect()

        metadata = await connector.metadata()

    assert metadata.product == "TimeBack"
    assert metadata.details["orgs"] == "2"


def test_a_secret_never_goes_to_timeback_when_the_system_is_elsewhere() -> None:
    auth = {"type": "oauth2_client_credentials", "client_id": "a", "client_secret": "env:S"}
    document = {"name": "x", "type": "timeback", "base_url": "https://sis.example", "auth": auth}

    with pytest.raises(ValidationError) as caught:
        TimeBackConfig.model_validate(document)

    assert [error["loc"][-1] for error in caught.value.errors()] == ["token_url"]
