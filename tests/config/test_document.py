"""Reading a document: its values, and where each of them is written."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.config.document import Document, parse
from integration_tui.config.nodes import Json, Key
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.config.version import DocumentFormat, Environment
from integration_tui.domain.errors import ConfigError
from tests.config.sample_models import yaml

YAML = DocumentFormat.YAML
TOML = DocumentFormat.TOML
JSON = DocumentFormat.JSON

OVERLAID = """\
name: lincoln
base_url: https://a.example
auth:
  type: basic
  username: u
list: [1, {deep: 2}]
environments:
  staging:
    base_url: https://b.example
    auth:
      username: v
    list: []
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("2026-01-01", "2026-01-01"),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("017", 17),
        ("1e3", 1000.0),
        ("~", None),
        ("TRUE", True),
        ("'true'", "true"),
    ],
)
def test_yaml_values_are_those_of_yaml_1_2(text: str, value: Json) -> None:
    assert yaml(f"a: {text}").data == {"a": value}


def test_toml_dates_are_text_as_in_the_other_formats() -> None:
    assert parse("a = 2025-01-01T00:00:00Z", TOML).data == {"a": "2025-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("base_url",), (2, 1)),
        (("auth", "username"), (5, 3)),
        (("list", 1, "deep"), (6, 12)),
        (("auth", "missing"), (3, 1)),
        (("missing",), (1, 1)),
    ],
)
def test_a_position_is_that_of_the_key_or_of_its_nearest_parent(
    path: tuple[Key, ...], place: tuple[int, int]
) -> None:
    assert yaml(OVERLAID).position(path) == place


def test_positions_in_toml_are_those_of_the_keys() -> None:
    document = parse(
        'name = "x"\na.b = 1\ntext = """\n[no]\nkey = 1"""\narray = [ 1, # one\n  {x = 2}, ]\n'
        '[auth]\n"client id" = "c"\n[[windows]]\nstart = "a"\n[[windows]]\n  start = "b"\n',
        TOML,
    )

    assert document.position(("a", "b")) == (2, 1)
    assert document.position(("array", 1, "x")) == (7, 4)
    assert document.position(("auth", "client id")) == (9, 1)
    assert document.position(("windows", 1, "start")) == (13, 3)


def test_positions_in_json_are_those_of_the_keys() -> None:
    document = parse('{"a": [1, {"b": null}],\n "\\u00e9": {"c": "{\\""}}', JSON)

    assert document.position(("a", 1, "b")) == (1, 12)
    assert document.position(("é", "c")) == (2, 13)


def test_an_overlay_is_laid_over_the_base_section_by_section() -> None:
    resolved = yaml(OVERLAID).resolved(Environment.STAGING)

    assert resolved == {
        "name": "lincoln",
        "base_url": "https://b.example",
        "auth": {"type": "basic", "username": "v"},
        "list": [],
    }


def test_without_an_overlay_the_base_holds() -> None:
    document = yaml(OVERLAID)

    resolved = document.resolved(Environment.PRODUCTION)

    assert document.environments == (Environment.STAGING,)
    assert resolved == {key: value for key, value in document.data.items() if key != "environments"}


def test_a_position_in_an_environment_is_in_the_overlay_where_that_holds() -> None:
    document = yaml(OVERLAID)

    assert document.position(("auth", "username"), Environment.STAGING) == (11, 7)
    assert document.position(("auth", "type"), Environment.STAGING) == (4, 3)
    assert document.position(("auth", "missing"), Environment.STAGING) == (3, 1)


def test_a_value_of_an_overlay_is_named_by_its_path_in_the_document() -> None:
    document = yaml(OVERLAID)

    assert document.written(("base_url",), Environment.STAGING) == (
        "environments",
        "staging",
        "base_url",
    )
    assert document.written(("auth", "type"), Environment.STAGING) == ("auth", "type")


def test_yaml_sections_can_be_shared_by_anchor_and_merge_key() -> None:
    document = yaml("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n")

    assert document.data["b"] == {"x": 1, "y": 3}
    assert document.data["c"] == {"x": 1, "y": 2}


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert yaml("\ufeffname: x").data == {"name": "x"}
    assert parse('\ufeff{"name": "x"}', JSON).data == {"name": "x"}


@pytest.mark.parametrize("format_", list(DocumentFormat))
@given(text=st.text())
def test_any_text_is_read_or_refused_as_a_config_error(format_: DocumentFormat, text: str) -> None:
    _read_or_refused(text, format_)


@given(text=st.text(alphabet=" \n:-[]{}&*!|>'\"#%@,?<a1\t=.~"))
def test_any_text_of_signs_is_read_or_refused_as_a_config_error(text: str) -> None:
    for format_ in DocumentFormat:
        _read_or_refused(text, format_)


def _read_or_refused(text: str, format_: DocumentFormat) -> None:
    problems: tuple[ConfigProblem, ...] = ()
    try:
        document = parse(text, format_, file="x")
    except ConfigError as error:
        problems = error.problems
        document = None
    assert bool(document) != bool(problems)
    assert all(problem.file == "x" for problem in problems)


names = st.text(alphabet="abcdefgh_", min_size=1, max_size=6)
basic = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
scalars = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(basic, max_size=8)
sections = st.dictionaries(
    names,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=5,
)


@given(data=sections, indent=st.integers(0, 3))
def test_every_position_points_at_its_key(data: dict[str, Json], indent: int) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=True)
    document = parse(text, JSON)

    assert document.data == data
    _assert_keys_in_place(document, document.data, ())
    _assert_keys_in_place(parse(text, YAML), data, ())  # YAML 1.2 takes JSON


def _assert_keys_in_place(
    document: Document, value: Json | Mapping[str, Json], path: tuple[Key, ...]
) -> None:
    if isinstance(value, Mapping):
        for key, child in value.items():
            line, column = document.position((*path, key))
            assert document.text.split("\n")[line - 1][column - 1 :].startswith(json.dumps(key))
            _assert_keys_in_place(document, child, (*path, key))


toml_values = (
    st.booleans() | st.integers(-(2**31), 2**31) | st.text(alphabet="a#\"'=[]{},. ", max_size=6)
)


@given(data=st.dictionaries(names, st.dictionaries(names, toml_values, max_size=4), min_size=1))
def test_every_position_in_toml_points_at_its_key(data: dict[str, dict[str, Json]]) -> None:
    lines = [
        line
        for table, entries in data.items()
        for line in [
            f"[{table}]",
            *(f"  {key} = {json.dumps(value)}" for key, value in entries.items()),
        ]
    ]

    document = parse("\n".join(lines), TOML)

    assert document.data == data
    for table, entries in data.items():
        for key in entries:
            line, column = document.position((table, key))
            assert lines[line - 1].startswith(f"{key} = ", column - 1)


@given(base=sections, overlay=sections)
def test_an_overlay_is_merged_as_the_simplest_reference_does(
    base: dict[str, Json], overlay: dict[str, Json]
) -> None:
    document = parse(json.dumps({**base, "environments": {"staging": overlay}}), JSON)

    assert document.resolved(Environment.STAGING) == _merged(base, overlay)


def _merged(base: dict[str, Json], overlay: dict[str, Json]) -> dict[str, Json]:
    result = dict(base)
    for key, value in overlay.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = (
            _merged(old, value)
            if both and isinstance(old, dict) and isinstance(value, dict)
            else value
        )
    return result
