"""TimeBack's addresses, sign-in and page sizes; the rest is OneRoster's and tested there."""

import pytest
from pydantic import ValidationError

from integration_tui.providers.timeback.config import TimeBackConfig
from tests.providers.timeback.served import config, timeback


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
    options: dict[str, object], service_url: str
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


async def test_it_connects_and_says_what_it_is() -> None:
    async with timeback() as connector:
        await connector.connect()

        metadata = await connector.metadata()

    assert metadata.product == "TimeBack"
    assert metadata.details["orgs"] == "2"


def test_a_secret_never_goes_to_timeback_when_the_system_is_elsewhere() -> None:
    auth = {"type": "oauth2_client_credentials", "client_id": "a", "client_secret": "env:S"}
    document = {"name": "x", "type": "timeback", "base_url": "https://sis.example", "auth": auth}

    with pytest.raises(ValidationError, match="token_url"):
        TimeBackConfig.model_validate(document)
