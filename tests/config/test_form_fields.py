"""A model and a document as the fields of a form, and what is typed into them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.config.form_fields import fields_of, label_of
from integration_tui.config.model_schema import ModelField
from integration_tui.config.nodes import Json
from integration_tui.config.value_parsing import read_typed, typed
from integration_tui.domain.config.form import FieldKind, FormField
from integration_tui.domain.errors import ConfigError
from tests.config.sample_models import TYPES, model_of


def field(type_: str, path: str, data: dict[str, Json]) -> FormField:
    model = model_of(type_)
    assert model
    found = {
        ".".join(form_field.path): form_field
        for form_field in fields_of(model, {"type": type_, **data})
    }
    return found[path]


def place(path: str) -> ModelField:
    model = model_of("oneroster")
    assert model
    data: Json = {"auth": {"type": "oauth2_client_credentials"}}
    found = ModelField.top(model, data).at(path.split("."))
    assert found
    return found


@pytest.mark.parametrize("type_", TYPES)
def test_every_value_of_every_type_has_a_field(type_: str) -> None:
    model = model_of(type_)
    assert model

    fields = fields_of(model, {"name": "x", "type": type_})

    tops = list(dict.fromkeys(form_field.path[0] for form_field in fields))
    assert tops == list(model.model_fields)
    assert all(form_field.section == ".".join(form_field.path[:-1]) for form_field in fields)


@pytest.mark.parametrize("type_", TYPES)
def test_every_field_has_a_description_of_a_line_or_two(type_: str) -> None:
    model = model_of(type_)
    assert model

    fields = fields_of(model, {"name": "x", "type": type_})

    assert [form_field.path for form_field in fields if not form_field.description] == []
    assert [form_field.path for form_field in fields if len(form_field.description) > 120] == []


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("base_url", "Base URL"),
        ("client_id", "Client ID"),
        ("interval_ms", "Interval, ms"),
        ("max_class_size", "Maximum class size"),
        ("tls", "TLS"),
        ("off", "Disabled rules"),
        ("title", "Title"),
    ],
)
def test_a_key_is_called_as_people_call_its_value(key: str, label: str) -> None:
    assert label_of(key) == label


def test_a_field_has_a_label_and_its_section_a_heading() -> None:
    shown = field("oneroster", "sync.guard.loss_share", {})

    assert (shown.heading, shown.label) == ("Sync · Guard", "Loss share")


@pytest.mark.parametrize("type_", TYPES)
def test_a_label_fits_its_column_and_names_one_value_of_its_section(type_: str) -> None:
    model = model_of(type_)
    assert model

    fields = fields_of(model, {"name": "x", "type": type_})

    assert [form_field.label for form_field in fields if len(form_field.label) > 21] == []
    names = [(form_field.heading, form_field.label) for form_field in fields]
    assert len(set(names)) == len(names)


def test_a_field_tells_what_is_set_what_else_holds_and_what_may_be() -> None:
    data: dict[str, Json] = {"health": {"interval_ms": 60000}, "sync": {"demographics": False}}

    interval = field("oneroster", "health.interval_ms", data)
    demographics = field("oneroster", "sync.demographics", data)
    failures = field("oneroster", "health.failures_before_down", data)

    assert (interval.kind, interval.text) == (FieldKind.INTEGER, "60000")
    assert (interval.minimum, interval.maximum) == ("1000", "86400000")
    assert interval.description == "Time between checks, in ms. Empty: the program setting."
    assert (demographics.kind, demographics.text, demographics.is_set) == (
        FieldKind.SWITCH,
        "false",
        True,
    )
    assert (failures.text, failures.default, failures.is_set) == ("", "3", False)


def test_the_fields_of_a_section_follow_its_kind() -> None:
    model = model_of("oneroster")
    assert model

    def auth(data: Json) -> list[str]:
        return [
            form_field.path[1]
            for form_field in fields_of(model, data)
            if form_field.section == "auth"
        ]

    assert auth({}) == ["type"]
    assert auth({"auth": {"type": "no such"}}) == ["type"]
    assert auth({"auth": {"type": "jwt"}}) == ["type", "token"]
    assert "jwt" in field("oneroster", "auth.type", {"auth": {"type": "basic"}}).choices
    assert field("oneroster", "auth.password", {"auth": {"type": "basic"}}).is_required
    assert field("oneroster", "auth.password", {"auth": {"type": "basic"}}).kind is FieldKind.SECRET


def test_only_what_is_needed_is_required() -> None:
    needed = {"name", "type", "base_url", "auth.type"}
    model = model_of("oneroster")
    assert model

    assert {
        ".".join(form_field.path) for form_field in fields_of(model, {}) if form_field.is_required
    } == needed
    assert not field("mock", "auth.secret", {"auth": {}}).is_required


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("title", "yes", "yes"),
        ("title", "", ""),
        ("enabled", "No", False),
        ("health.interval_ms", " 60000 ", 60000),
        ("health.degraded_latency_ms", "2000", 2000),
        ("health.degraded_latency_ms", "0.5", 0.5),
        ("auth.scopes", "https://a/b, c", ["https://a/b", "c"]),
        ("auth.scopes", '"a, b"', ["a, b"]),
        ("auth.scopes", "", []),
        ("auth.client_secret", "env:X", "env:X"),
        ("sync.conflicts.fields", "users.email=newest", {"users.email": "newest"}),
        (
            "health.maintenance",
            "{start: 0 2 * * sun, duration_min: 120}",
            [{"start": "0 2 * * sun", "duration_min": 120}],
        ),
    ],
)
def test_what_is_typed_is_read_as_the_keys_own_kind(path: str, text: str, value: Json) -> None:
    assert read_typed(text, place(path), path) == value


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("enabled", "maybe"),
        ("health.interval_ms", "1.5"),
        ("health.interval_ms", ""),
        ("health.degraded_latency_ms", "inf"),
        ("sync.approval", "never"),
        ("auth.client_secret", "hunter2-the-secret"),
        ("sync.conflicts.fields", "users.email"),
        ("health.maintenance", "sunday"),
        ("health.maintenance", "{start: 1"),
        ("health.maintenance", "{start: *x}"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence_that_names_the_path(
    path: str, text: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_typed(text, place(path), path)

    assert caught.value.message.startswith(path)
    assert "hunter2" not in str(caught.value)


items = st.text(alphabet="ab ,=\"'[]{}#:\\\né", max_size=6)


@settings(max_examples=40)
@given(value=st.lists(items, max_size=4))
def test_a_list_is_read_as_it_is_shown(value: list[Json]) -> None:
    assert read_typed(typed(value), place("auth.scopes"), "auth.scopes") == value


@settings(max_examples=40)
@given(value=st.dictionaries(items.filter(bool), items, max_size=3))
def test_a_mapping_is_read_as_it_is_shown(value: dict[str, Json]) -> None:
    assert read_typed(typed(value), place("sync.conflicts.owners"), "owners") == value
