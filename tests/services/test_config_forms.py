"""Documents as forms: what the console and the command line ask for."""

from __future__ import annotations

import pytest

from integration_tui.config.document import parse
from integration_tui.domain.config.version import DocumentFormat, Draft, Environment
from integration_tui.domain.errors import ConfigError, NotFoundError
from integration_tui.engine.config_loader import ConfigLoader
from integration_tui.providers.catalog import BUILT_IN, Catalog
from integration_tui.services.config_forms import FormService

YAML = DocumentFormat.YAML
SIS = """\
name: sis   # for ever
type: oneroster
base_url: https://sis.example.org
auth:
  type: oauth2_client_credentials
  token_url: https://sis.example.org/token
  client_id: console   # theirs
  client_secret: env:SIS
environments:
  staging:
    base_url: https://staging.example.org
"""


@pytest.fixture
def forms() -> FormService:
    return FormService(Catalog())


def draft(text: str, format_: DocumentFormat = YAML) -> Draft:
    return Draft(text=text, format=format_)


def test_the_fields_are_those_of_the_base_with_the_values_as_they_stand(forms: FormService) -> None:
    fields = {".".join(field.path): field.text for field in forms.fields(draft(SIS))}

    assert fields["base_url"] == "https://sis.example.org"
    assert fields["auth.client_id"] == "console"
    assert not any(path.startswith("environments") for path in fields)


@pytest.mark.parametrize("text", ["name: x", "name: x\ntype: onerostr", "name: [", "type: [a]"])
def test_a_document_without_a_known_type_has_no_fields(forms: FormService, text: str) -> None:
    with pytest.raises(ConfigError):
        forms.fields(draft(text))


def test_a_value_of_one_environment_is_set_below_it(forms: FormService) -> None:
    path = ("environments", "staging", "auth", "client_secret")

    after = forms.changed(draft(SIS), path, "env:STAGING")

    assert after.text == f"{SIS}    auth:\n      client_secret: env:STAGING\n"
    assert forms.changed(after, path, None).text == SIS


def test_another_kind_takes_out_the_keys_of_the_one_before(forms: FormService) -> None:
    after = forms.changed(draft(SIS), ("auth", "type"), "jwt")

    assert parse(after.text, YAML).data["auth"] == {"type": "jwt"}
    assert "# for ever" in after.text


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("auth.clent_id", "x", "auth.clent_id is unknown; did you mean client_id?"),
        ("health", "x", "health is a section"),
        ("health.interval_ms", "x", "health.interval_ms must be a whole number"),
        ("type", "onerostr", "did you mean oneroster?"),
        ("environments.stagin.title", "x", "environments.stagin.title is not a value"),
        ("environments.staging.name", "x", "name is the same in every environment"),
        ("environments.staging", "x", "environments.staging is not a value"),
        ("name.first", "x", "name.first is unknown"),
        ("health.maintenance.2.start", "x", "the list has 0 entries"),
    ],
)
def test_what_cannot_be_set_is_said_in_a_sentence(
    forms: FormService, path: str, text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        forms.changed(draft(SIS), tuple(path.split(".")), text)

    assert sentence in str(caught.value)


@pytest.mark.parametrize("format_", list(DocumentFormat))
@pytest.mark.parametrize("provider", BUILT_IN)
def test_a_blank_document_filled_in_is_whole(
    forms: FormService, provider: str, format_: DocumentFormat
) -> None:
    blank = forms.blank(provider, "new", format_)
    texts = {"path": "/srv/roster"}
    filled = blank

    for field in forms.fields(blank):
        if field.is_required and not field.text:
            kind = {"secret": "env:X", "mapping": "a=env:X"}.get(
                field.kind, "https://x.example.org"
            )
            filled = forms.changed(filled, field.path, texts.get(field.path[-1], kind))

    documents = ConfigLoader(Catalog(), Environment.PRODUCTION)
    assert documents.problems(filled) == ()
    descriptions = [field.description for field in forms.fields(blank) if field.is_required]
    if format_ is not DocumentFormat.JSON:
        assert all(f"# {description[:60]}" in filled.text for description in descriptions)


def test_a_type_that_there_is_not_has_no_blank_document(forms: FormService) -> None:
    with pytest.raises(NotFoundError, match="unknown provider type oneorster"):
        forms.blank("oneorster", "new")


TOML_HEAD = 'name = "a"\ntype = "oneroster"\n'
TOML_AUTH = f'{TOML_HEAD}[auth]\ntype = "jwt"\n'
YAML_AUTH = "name: a\ntype: oneroster\nauth:\n  type: jwt\n"
JSON_AUTH = '{"type": "oneroster", "auth": {"type": "jwt", |}}'


@pytest.mark.parametrize(
    ("format_", "text", "offered"),
    [
        ("yaml", "na|", ["name: "]),
        ("yaml", "type: oneroster_|", ["oneroster_csv"]),
        ("yaml", f"{YAML_AUTH}  |", ["token: "]),
        ("yaml", f"{YAML_AUTH}  token: |", ["env:", "file:", "keyring:"]),
        ("yaml", f"{YAML_AUTH}enabled: |", ["true", "false"]),
        ("yaml", f"{YAML_AUTH}hea|", ["health:"]),
        ("yaml", f"{YAML_AUTH}health:\n  maintenance:\n    - st|", ["start: "]),
        ("yaml", f"{YAML_AUTH}health:\n  maintenance:\n  - start: x\n    dur|", ["duration_min: "]),
        ("yaml", f"{YAML_AUTH}environments:\n  st|", ["staging:"]),
        ("yaml", f"{YAML_AUTH}environments:\n  staging:\n    auth:\n      tok|", ["token: "]),
        ("yaml", f"{YAML_AUTH}health: # |", []),
        ("yaml", f"{YAML_AUTH}dialect:\n  since: |", ['">="', '">"', "none"]),
        ("toml", f"{TOML_HEAD}hea|", ["health = "]),
        ("toml", f"{TOML_AUTH}|", ["token = "]),
        ("toml", f"{TOML_AUTH}token = |", ['"env:', '"file:', '"keyring:']),
        ("toml", f'{TOML_AUTH}token = "e|"', ['"env:']),
        ("toml", f"{TOML_AUTH}[sync.gu|]", ["sync.guard"]),
        ("toml", f"{TOML_AUTH}[[health.maintenance]]\ndur|", ["duration_min = "]),
        ("json", '{"type": "oneroster_|"}', ['"oneroster_csv']),
        ("json", JSON_AUTH, ['"token": ']),
        ("json", JSON_AUTH.replace("|", '"tok|'), ['"token": ']),
        ("json", JSON_AUTH.replace("|", '"token": "k|"'), ['"keyring:']),
        ("json", '{"type": "mock", "incidents": [{"kind": "out|"}]}', ['"outage']),
    ],
)
def test_what_may_stand_at_a_place_is_offered(
    forms: FormService, format_: str, text: str, offered: list[str]
) -> None:
    before, _, after = text.partition("|")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")

    found = forms.completions(draft(before + after, DocumentFormat(format_)), line, column)

    assert [found_one.text for found_one in found] == offered
    assert (
        all(before.split("\n")[-1][: found_one.start_column - 1] for found_one in found)
        or column < 20
    )
