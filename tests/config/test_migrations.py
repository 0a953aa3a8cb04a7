"""Documents in the form of an older schema are read as if they were written today."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tui.config.document import read
from integration_tui.config.migrations import upgrade
from integration_tui.config.validation import validate
from integration_tui.domain.auth import ClientCredentialsAuth
from integration_tui.domain.config.version import Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.providers.oneroster.config import migrate_1_to_2
from tests.config.sample_models import (
    MINIMAL,
    TYPES,
    RosterConfig,
    checked,
    local_model_of,
    model_of,
    yaml,
)

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("key", TYPES)
def test_every_old_version_of_every_type_has_a_migration_and_a_sample_that_validates(
    key: str,
) -> None:
    model = model_of(key)

    assert model is not None
    assert sorted(model.MIGRATIONS) == list(range(1, model.SCHEMA_VERSION))
    for version in model.MIGRATIONS:
        document = read(SAMPLES / key / f"v{version}.yaml")
        validated = validate(
            document, environment=Environment.PRODUCTION, model_of=model_of, types=TYPES
        )
        assert document.data["schema_version"] == version
        assert validated.problems == ()
        assert validated.config is not None
        assert validated.config.schema_version == model.SCHEMA_VERSION


def test_an_old_overlay_is_upgraded_with_its_base() -> None:
    validated = validate(
        read(SAMPLES / "oneroster" / "v1.yaml"),
        environment=Environment.STAGING,
        model_of=local_model_of,
        types=TYPES,
    )

    assert isinstance(validated.config, RosterConfig)
    assert validated.config.base_url == "https://staging.sis.example.org/ims/oneroster"
    assert isinstance(validated.config.auth, ClientCredentialsAuth)
    assert validated.config.auth.client_id == "console-staging"
    assert validated.config.auth.token_url == "https://sis.example.org/token"


def test_a_document_that_does_not_say_its_version_may_be_of_any() -> None:
    old = (
        MINIMAL.replace("base_url", "url")
        .replace("auth:", "oauth:")
        .replace("client_secret", "secret")
    )
    old = old.replace("client_id", "key").replace("  type: oauth2_client_credentials\n", "")

    assert checked(MINIMAL).problems == ()
    assert checked(old).config == checked(MINIMAL).config


def test_a_migration_leaves_the_newer_form_and_its_argument_alone() -> None:
    old: dict[str, object] = {"url": "https://x", "oauth": {"key": "k", "odd": 1}}

    new = migrate_1_to_2(old)

    assert old == {"url": "https://x", "oauth": {"key": "k", "odd": 1}}
    assert new["auth"] == {"type": "oauth2_client_credentials", "client_id": "k", "odd": 1}
    assert migrate_1_to_2(new) == new


def test_what_is_in_neither_form_is_reported_as_it_stands() -> None:
    validated = checked("name: l\ntype: oneroster\nbase_url: https://x.example\noauth: 5\n")

    assert [str(problem) for problem in validated.problems][1] == (
        "roster.yaml:4:1 oauth: unknown key 'oauth'; did you mean 'auth'?"
    )


def test_a_problem_in_an_older_form_says_that_it_is_one_and_keeps_the_secret() -> None:
    old = (
        "name: l\ntype: oneroster\nurl: https://x.example\n"
        "oauth: {token_url: https://x.example, key: k, secret: CANARY}\n"
    )

    problems = checked(old).problems

    assert len(problems) == 1
    assert problems[0].path == "auth.client_secret"
    assert "(the document has an older form of it)" in problems[0].message
    assert "CANARY" not in repr(problems)


def test_a_document_newer_than_the_program_says_so_at_its_version() -> None:
    (problem,) = checked(MINIMAL + "schema_version: 9\n").problems

    assert str(problem) == (
        "roster.yaml:9:1 schema_version: was written for schema version 9, but this program knows "
        "2 and older; install a newer integration-tui, or write the older form"
    )


@pytest.mark.parametrize("version", ["0", "x", "1.5", "true"])
def test_a_version_that_is_none_is_a_problem_of_the_document(version: str) -> None:
    problems = checked(f"{MINIMAL}schema_version: {version}\n").problems

    assert [problem.path for problem in problems] == ["schema_version"]


def test_a_migration_that_fails_does_not_say_on_what() -> None:
    class Broken(RosterConfig):
        MIGRATIONS = {1: lambda document: {"x": document["CANARY"]}}  # noqa: RUF012 - ClassVar in the base

    with pytest.raises(ConfigError) as caught:
        upgrade(dict(yaml(MINIMAL).data), model=Broken)

    assert "cannot be brought from schema version 1 to 2" in str(caught.value)
    assert "CANARY" not in str(caught.value)
