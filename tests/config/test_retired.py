"""Keys that have no effect any more: older documents stay valid, and are told."""

from __future__ import annotations

import pytest

from integration_tui.config.document import parse
from integration_tui.config.validation import Validated, validate
from integration_tui.domain.config.document import ProviderConfig
from integration_tui.domain.config.policies import WebhookPolicy
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.providers.catalog import BUILT_IN, Catalog

OLD = """\
name: district-sis
type: oneroster
base_url: https://sis.example.org
auth:
  type: oauth2_client_credentials
  token_url: https://sis.example.org/oauth/token
  client_id: console
  client_secret: env:SIS_SECRET
cache: {enabled: true, ttl_s: 60}
features: {early: true}
environments:
  staging:
    webhook: {enabled: true}
"""


def judged(text: str) -> Validated:
    return validate(
        parse(text, DocumentFormat.YAML, file="sis.yaml"),
        environment=Environment.PRODUCTION,
        model_of=Catalog().model_of,
        types=tuple(BUILT_IN),
    )


def test_a_document_with_keys_of_old_is_valid_and_each_is_told_at_its_line() -> None:
    found = judged(OLD)

    assert found.config is not None
    assert found.problems == ()
    assert [str(note).partition(";")[0] for note in found.notes] == [
        "sis.yaml:9:1 cache: has no effect: each run is a full read",
        "sis.yaml:10:1 features: has no effect: no feature flags",
        "sis.yaml:13:5 environments.staging.webhook: has no effect: webhooks not supported",
    ]


def test_a_section_of_old_inside_another_is_left_out_and_the_rest_of_it_holds() -> None:
    found = judged(
        "name: files\ntype: oneroster_csv\npath: /srv/roster\nsync: {ahead: 2, page_size: 7}\n"
    )

    assert found.config is not None
    assert found.config.model_dump()["sync"]["page_size"] == 7
    assert [note.path for note in found.notes] == ["sync.ahead"]


def test_what_has_webhooks_keeps_its_section() -> None:
    found = judged("name: mock\ntype: mock\nwebhook: {tolerance_s: 60}\nconflict_share: 0.5\n")

    assert found.config is not None
    assert found.config.webhook_policy == WebhookPolicy(tolerance_s=60)
    assert [note.path for note in found.notes] == ["conflict_share"]


@pytest.mark.parametrize("key", BUILT_IN)
def test_nothing_is_declared_and_retired_at_once(key: str) -> None:
    model: type[ProviderConfig] = Catalog().spec(key).config_model

    # A key of the type's own comes before one that its base retired.
    assert {text for text in model.RETIRED if text in model.model_fields} <= {"webhook"}
