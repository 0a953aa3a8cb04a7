"""What is said about a document that its model does not take."""

from __future__ import annotations

import pytest
from pydantic import model_validator

from integration_tui.config.document import parse
from integration_tui.config.validation import validate
from integration_tui.domain.config.version import DocumentFormat, Environment
from tests.config.sample_models import MINIMAL, TYPES, RosterConfig, checked, local_model_of, yaml


def problems(text: str, environment: Environment = Environment.PRODUCTION) -> list[str]:
    validated = checked(text, environment)
    assert (validated.config is None) == bool(validated.problems)
    return [str(problem) for problem in validated.problems]


def test_the_minimal_document_is_valid() -> None:
    validated = checked(MINIMAL)

    assert validated.problems == ()
    assert isinstance(validated.config, RosterConfig)
    assert str(validated.config.auth.model_dump()["client_secret"]) == "env:SIS_SECRET"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "base_url",
            "bse_url",
            "roster.yaml:3:1 bse_url: unknown key 'bse_url'; did you mean 'base_url'?",
        ),
        ("name: lincoln\n", "", "roster.yaml:1:1 name: is missing"),
        (
            "name: lincoln",
            "name: Lincoln High",
            "roster.yaml:1:1 name: must match the pattern ^[a-z0-9][a-z0-9_-]{0,62}$, "
            "found 'Lincoln High'",
        ),
        (
            "type: oneroster",
            "type: onerostr",
            "roster.yaml:2:1 type: 'onerostr' is not a known provider type; "
            "did you mean 'oneroster'? known types are oneroster, canvas",
        ),
        (
            "type: oneroster\n",
            "",
            "roster.yaml:1:1 type: is missing; known types are oneroster, canvas",
        ),
        (
            "type: oneroster",
            "type: [a]",
            "roster.yaml:2:1 type: must be text; known types are oneroster, canvas",
        ),
        (
            "oauth2_client_credentials",
            "oauth2_client_credential",
            "roster.yaml:5:3 auth.type: must be one of api_key, basic, custom_headers, jwt, "
            "oauth1, oauth2_authorization_code, oauth2_client_credentials, oauth2_jwt_bearer; "
            "did you mean 'oauth2_client_credentials'?",
        ),
        (
            "  client_id: console\n",
            "",
            "roster.yaml:4:1 auth.client_id: is missing",
        ),
        (
            "env:SIS_SECRET",
            "hunter2",
            "roster.yaml:8:3 auth.client_secret: must be a reference, not the secret itself; "
            "write env:NAME, file:PATH or keyring:NAME",
        ),
        (
            "https://sis.example.org/ims/oneroster",
            "http://sis.example.org",
            "roster.yaml:3:1 base_url: must start with https:// (http:// only for this machine)",
        ),
        (
            "auth:\n",
            "retry: {attempts: 33}\nauth:\n",
            "roster.yaml:4:9 retry.attempts: must be 20 or less, found 33",
        ),
        (
            "auth:\n",
            "health: {interval_ms: soon}\nauth:\n",
            "roster.yaml:4:10 health.interval_ms: must be a whole number, found 'soon'",
        ),
        (
            "auth:\n",
            "health: {maintenance: [{start: 1, duration_min: 1}]}\nauth:\n",
            "roster.yaml:4:25 health.maintenance.0.start: must be text, found 1",
        ),
        (
            "auth:\n",
            "sync: []\nauth:\n",
            "roster.yaml:4:1 sync: must be a section of keys, found a list",
        ),
        (
            "auth:\n",
            "sync: {demographics: perhaps}\nauth:\n",
            "roster.yaml:4:8 sync.demographics: must be true or false, found 'perhaps'",
        ),
        (
            "auth:\n",
            "title:\nauth:\n",
            "roster.yaml:4:1 title: must be text, found nothing",
        ),
        (
            "auth:\n",
            "health: {maintenance: [{start: weekly, duration_min: 1}]}\nauth:\n",
            "roster.yaml:4:25 health.maintenance.0.start: must be a cron expression of five "
            "fields, such as 0 2 * * sun, found 'weekly'",
        ),
        (
            "auth:\n",
            "sync: {schedule: 0 2 * * *, timezone: Chicago}\nauth:\n",
            "roster.yaml:4:29 sync.timezone: must be a time zone such as America/Chicago, "
            "found 'Chicago'",
        ),
        (
            "client_id: console",
            "client_id: console\n  client_auth: bdy",
            "roster.yaml:8:3 auth.client_auth: must be one of basic, body; did you mean 'body'?",
        ),
    ],
)
def test_a_problem_names_place_path_finding_and_way_out(
    before: str, after: str, problem: str
) -> None:
    assert problems(MINIMAL.replace(before, after))[-1] == problem


def test_all_problems_are_told_in_the_order_of_the_document() -> None:
    problems = checked(
        "retry: {attempts: x}\nnme: a\ntype: oneroster\nbase_url: 5\nauth: {}\n"
    ).problems

    assert [(problem.line, problem.path) for problem in problems] == [
        (1, "name"),
        (1, "retry.attempts"),
        (2, "nme"),
        (4, "base_url"),
        (5, "auth.type"),
    ]


def test_overlays_are_checked_whichever_environment_is_in_force() -> None:
    overlay = "    base_url: 5\n    bse: 1\n    retry: {attempts: x}\n"
    text = f"{MINIMAL}environments:\n  staging:\n{overlay}"

    for environment in Environment:
        assert [problem.split(":", 3)[1:] for problem in problems(text, environment)] == [
            ["11", "5 environments.staging.base_url", " must be text, found 5"],
            [
                "12",
                "5 environments.staging.bse",
                f" unknown key 'bse'; known keys are {', '.join(RosterConfig.model_fields)}",
            ],
            ["13", "13 environments.staging.retry.attempts", " must be a whole number, found 'x'"],
        ]


def test_what_only_an_overlay_provides_is_missing_elsewhere() -> None:
    base = "".join(line for line in MINIMAL.splitlines(True) if not line.startswith("base_url"))
    text = f"{base}environments:\n  staging:\n    base_url: https://x.example\n"

    assert problems(text) == ["roster.yaml:1:1 base_url: is missing, in production"]
    assert problems(text, Environment.STAGING) == []


def test_a_problem_of_the_base_is_told_once() -> None:
    text = f"{MINIMAL}retry: {{attempts: x}}\nenvironments: {{staging: {{}}, development: {{}}}}\n"

    assert len(problems(text)) == 1


def test_what_environments_cannot_do_is_said() -> None:
    text = f"{MINIMAL}environments:\n  prod: {{}}\n  staging: {{name: other}}\n  development: 4\n"

    assert problems(text) == [
        "roster.yaml:10:3 environments: unknown environment 'prod'; did you mean 'production'?",
        "roster.yaml:11:13 environments.staging.name: name is the same in every environment; "
        "set it outside of environments",
        "roster.yaml:12:3 environments.development: must be a section of keys",
    ]
    assert problems(f"{MINIMAL}environments: []\n") == [
        "roster.yaml:9:1 environments: must be a section of keys"
    ]


def test_the_overlay_in_force_is_in_the_config() -> None:
    text = f"{MINIMAL}environments:\n  staging:\n    auth: {{client_id: other}}\n"

    config = checked(text, Environment.STAGING).config

    assert isinstance(config, RosterConfig)
    assert config.auth.model_dump()["client_id"] == "other"


def test_positions_are_told_in_toml_and_json_as_well() -> None:
    toml = parse(
        'name = "a"\ntype = "oneroster"\n[auth]\ntype = "basic"\nuser = 1\n', DocumentFormat.TOML
    )
    json = parse(
        '{"name": "a", "type": "oneroster",\n "auth": {"type": "basic",\n  "user": 1}}',
        DocumentFormat.JSON,
    )

    for document, place in ((toml, (5, 1)), (json, (3, 3))):
        problems = validate(
            document, environment=Environment.PRODUCTION, model_of=local_model_of, types=TYPES
        ).problems
        assert place in [(problem.line, problem.column) for problem in problems]


def test_a_validators_own_text_is_told_unless_it_repeats_what_was_entered() -> None:
    class Careful(RosterConfig):
        @model_validator(mode="before")
        @classmethod
        def _reads_badly(cls, document: dict[str, str]) -> dict[str, str]:
            raise ValueError(f"cannot do that with {document['title']}")

    class Quiet(RosterConfig):
        @model_validator(mode="before")
        @classmethod
        def _reads_badly(cls, document: dict[str, str]) -> dict[str, str]:
            raise ValueError("cannot do that" if document else "")

    text = f"{MINIMAL}title: CANARY\n"
    found = [
        validate(
            yaml(text),
            environment=Environment.PRODUCTION,
            model_of={"oneroster": model}.get,
            types=TYPES,
        )
        .problems[0]
        .message
        for model in (Careful, Quiet)
    ]

    assert found == ["is invalid, found a section", "cannot do that, found a section"]
