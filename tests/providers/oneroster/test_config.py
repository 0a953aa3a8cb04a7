"""Where a OneRoster service is, by what a config says."""

import pytest
from pydantic import ValidationError

from integration_tui.providers.oneroster import SPEC
from integration_tui.providers.oneroster.config import OneRosterConfig

AUTH = {"type": "jwt", "token": "env:A"}


def config(**fields: object) -> OneRosterConfig:
    return OneRosterConfig.model_validate(
        {"name": "a", "type": "oneroster", "base_url": "https://a.test", "auth": AUTH, **fields}
    )


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({}, "https://a.test/ims/oneroster/rostering/v1p2"),
        ({"version": "1.1"}, "https://a.test/ims/oneroster/v1p1"),
        ({"base_url": "https://a.test/x/"}, "https://a.test/x/ims/oneroster/rostering/v1p2"),
        ({"base_url": "https://a.test/ims/oneroster/v1p1"}, "https://a.test/ims/oneroster/v1p1"),
        ({"base_path": ""}, "https://a.test"),
        ({"base_path": "/"}, "https://a.test"),
        ({"base_path": "/rostering/1.0"}, "https://a.test/rostering/1.0"),
    ],
)
def test_the_service_is_below_the_base(fields: dict[str, object], address: str) -> None:
    assert config(**fields).service_url == address


@pytest.mark.parametrize("path", ["rostering", "/a?b", "/a#b", "/a b", "/a\n"])
def test_a_base_path_is_a_path(path: str) -> None:
    with pytest.raises(ValidationError, match="base_path"):
        config(base_path=path)


def test_the_least_scope_is_asked_for() -> None:
    assert config().default_scopes == (
        "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly",
    )
    assert config(version="1.1").default_scopes == (
        "https://purl.imsglobal.org/spec/or/v1p1/scope/roster-core.readonly",
    )


def test_a_page_is_as_large_as_the_config_says() -> None:
    assert config().page_size == SPEC.limits.page_size
    assert config(sync={"page_size": 7}).page_size == 7
