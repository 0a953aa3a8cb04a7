"""Changing one value of a document changes nothing else in it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from integration_tui.config.document import parse, read
from integration_tui.config.editing import same, with_value, without
from integration_tui.config.nodes import Json, Key, value_at
from integration_tui.domain.config.version import DocumentFormat
from integration_tui.domain.errors import ConfigError
from tests.config.builders import written

YAML = DocumentFormat.YAML
TOML = DocumentFormat.TOML
JSON = DocumentFormat.JSON
SAMPLES = sorted(
    path
    for path in (Path(__file__).parents[2] / "sample_configs").iterdir()
    if path.name != "settings.toml"
)

names = st.sampled_from(["a", "b", "c", "auth", "sync", "page_size", "x.y", "on", "1"])
TRICKY = (
    "yes null ~ 1e3 007 0x1f 1_000 1:30 2026-01-01 .5 .inf << = #x a#b a: a:b x,y [x] {x} *x &x"
    " !x |x >x @x `x %x -x ?x \"x' it's \\n - -- --- ... https://h/p?q=1#f env:NAME"
)
SPACED = ["a: b", "a #b", " a", "a ", "two\nlines", "two\nlines\n", "é ☃ 😀", "\u2028", "\x7f"]
texts = st.text(max_size=8) | st.sampled_from([*TRICKY.split(" "), *SPACED])
texts = texts.filter(lambda text: not re.search("[\ud800-\udfff]", text))
scalars = st.booleans() | st.integers(-(2**31), 2**31) | st.floats(-1e9, 1e9, width=32) | texts
flat = st.lists(scalars, max_size=3) | st.dictionaries(names, scalars, max_size=3)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
sections = st.dictionaries(names, values, min_size=1, max_size=5)
seeds = st.integers(0, 2**16)
formats = st.sampled_from(list(DocumentFormat))


def put(data: Json, path: Sequence[Key], value: Json) -> Json:
    """The simplest reference there is."""
    if not path:
        return value
    if isinstance(data, list):
        longer: list[Json] = [*data, None] if path[0] == len(data) else data
        return [
            put(one, path[1:], value) if at == path[0] else one for at, one in enumerate(longer)
        ]
    base = dict(data) if isinstance(data, dict) else {}
    return {**base, str(path[0]): put(base.get(str(path[0])), path[1:], value)}


def cut(data: Json, path: Sequence[Key]) -> Json:
    """The same, for what is taken out, with what is left empty by it."""
    if isinstance(data, dict):
        rest = {key: one for key, one in data.items() if key != path[0]}
        below = cut(data[str(path[0])], path[1:]) if len(path) > 1 else None
        return {
            key: below if key == path[0] else one
            for key, one in data.items()
            if key in rest or below
        }
    assert isinstance(data, list)
    below = cut(data[int(path[0])], path[1:]) if len(path) > 1 else None
    changed = [below if at == path[0] else one for at, one in enumerate(data)]
    return [one for at, one in enumerate(changed) if at != path[0] or below]


def paths(data: Json, above: tuple[Key, ...] = ()) -> list[tuple[Key, ...]]:
    """Every path there is."""
    pairs: list[tuple[Key, Json]] = []
    if isinstance(data, dict):
        pairs = list(data.items())
    elif isinstance(data, list):
        pairs = list(enumerate(data))
    return [path for key, child in pairs for path in [(*above, key), *paths(child, (*above, key))]]


def comments(text: str) -> Counter[str]:
    return Counter(re.findall(r"# note \d+", text))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, DocumentFormat, Json]:
    format_ = draw(formats)
    data: dict[str, Json] = {**draw(sections)}
    text = written(data, format_, draw(seeds))
    assert same(dict(parse(text, format_).data), data)
    return text, format_, data


@settings(max_examples=40)
@given(document=documents(), value=values, pick=seeds)
def test_a_changed_value_is_the_only_change(
    document: tuple[str, DocumentFormat, Json], value: Json, pick: int
) -> None:
    text, format_, data = document
    known = paths(data)
    path = known[pick % len(known)]
    # One of TOML's tables in a list can only be another table.
    assume(format_ is not TOML or not any(isinstance(key, int) for key in path))

    after = with_value(text, format_, path, value)

    assert same(dict(parse(after, format_).data), put(data, path, value))
    assert with_value(after, format_, path, value) == after
    back = with_value(after, format_, path, value_at(data, path))
    assert same(dict(parse(back, format_).data), data)


@settings(max_examples=40)
@given(document=documents(), value=scalars, pick=seeds)
def test_a_changed_scalar_leaves_every_other_byte(
    document: tuple[str, DocumentFormat, Json], value: Json, pick: int
) -> None:
    text, format_, data = document
    known = [path for path in paths(data) if not isinstance(value_at(data, path), dict | list)]
    assume(known)
    path = known[pick % len(known)]

    after = with_value(text, format_, path, value)

    assert comments(after) == comments(text)
    assert with_value(text, format_, path, value_at(data, path)) == text
    once = with_value(after, format_, path, value_at(data, path))
    twice = with_value(with_value(once, format_, path, value), format_, path, value_at(data, path))
    assert twice == once


@settings(max_examples=40)
@given(
    document=documents(),
    value=scalars | flat,
    rest=st.lists(names, min_size=1, max_size=3),
    pick=seeds,
)
def test_a_new_value_is_the_only_change(
    document: tuple[str, DocumentFormat, Json], value: Json, rest: list[str], pick: int
) -> None:
    text, format_, data = document
    parents = [(), *(path for path in paths(data) if isinstance(value_at(data, path), dict))]
    path = (*parents[pick % len(parents)], *rest)
    parent = value_at(data, path[: -len(rest)])
    assume(isinstance(parent, dict) and rest[0] not in parent)

    after = with_value(text, format_, path, value)

    assert same(dict(parse(after, format_).data), put(data, path, value))
    assert comments(after) == comments(text)
    assert text.endswith("\n") == after.endswith("\n")
    if parent:
        assert without(after, format_, path) == text


@settings(max_examples=40)
@given(document=documents(), pick=seeds)
def test_what_is_taken_out_is_the_only_change(
    document: tuple[str, DocumentFormat, Json], pick: int
) -> None:
    text, format_, data = document
    known = paths(data)
    path = known[pick % len(known)]
    assume(cut(data, path))

    after = without(text, format_, path)

    assert same(dict(parse(after, format_).data), cut(data, path))
    if not any(isinstance(key, int) for key in path):  # other positions move up
        assert without(after, format_, path) == after
    assert comments(after) <= comments(text)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_every_value_of_the_samples_is_changed_on_its_own_line(sample: Path) -> None:
    document = read(sample)
    text, format_ = document.text, document.format

    for path in paths(dict(document.data)):
        value = value_at(dict(document.data), path)
        if isinstance(value, dict | list):
            continue
        after = with_value(text, format_, path, "another value")
        changed = [
            (old, new)
            for old, new in zip(text.split("\n"), after.split("\n"), strict=True)
            if old != new
        ]

        assert len(changed) == 1
        assert changed[0][0].partition("#")[2] == changed[0][1].partition("#")[2]
        assert with_value(after, format_, path, value) == text or '"' in changed[0][0]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_what_is_added_to_a_sample_and_taken_out_leaves_no_trace(sample: Path) -> None:
    text, format_ = read(sample).text, read(sample).format
    path = ("environments", "production", "cache", "ttl_s")

    after = with_value(text, format_, path, 60)

    assert value_at(dict(parse(after, format_).data), path) == 60
    assert without(after, format_, path) == text


def test_a_list_keeps_the_comments_of_the_entries_that_stay() -> None:
    text = "scopes:   # all of them\n  - a  # one\n  - b  # two\n\n  # the last\n  - c\n"

    assert with_value(text, YAML, ["scopes"], ["a", "c"]) == text.replace("  - b  # two\n", "")
    assert with_value(text, YAML, ["scopes"], ["a", "b", "d", "e"]) == text.replace(
        "- c\n", "- d\n  - e\n"
    )


def test_sections_are_added_as_the_document_is_written() -> None:
    yaml = "a:\n    b: 1\r\n".replace("\n    ", "\r\n    ")
    minified = '{"a":{"b":1}}'

    assert with_value(yaml, YAML, ["c", "d"], 2) == f"{yaml}c:\r\n    d: 2\r\n"
    assert with_value(minified, JSON, ["c", "d"], 2) == '{"a":{"b":1},"c":{"d":2}}'
    assert with_value("a.b = 1\n\n[c]\n", TOML, ["a", "d"], 2) == "a.b = 1\na.d = 2\n\n[c]\n"
    assert with_value("a = {b = 1}\n", TOML, ["a", "d"], 2) == "a = {b = 1, d = 2}\n"


def test_quotes_that_somebody_chose_are_kept() -> None:
    assert with_value("a: 'b'  # c\n", YAML, ["a"], "d") == "a: 'd'  # c\n"
    assert with_value("a: |- # c\n  b\n# d\n", YAML, ["a"], "e") == "a: e # c\n# d\n"
    assert with_value("a: b\n", YAML, ["a"], "yes") == 'a: "yes"\n'
    assert with_value('a: "yes"\n', YAML, ["a"], "b") == "a: b\n"
    assert with_value("a = 'b'\n", TOML, ["a"], "d") == "a = 'd'\n"


def test_a_byte_order_mark_stays() -> None:
    assert with_value("\ufeffa: 1\n", YAML, ["a"], 2) == "\ufeffa: 2\n"


@pytest.mark.parametrize(
    ("text", "path", "sentence"),
    [
        ("a: &x {b: 1}\nc: *x\n", "c.b", "c is an alias (*)"),
        ("a: &x {b: 1}\nc: *x\n", "c.d", "c is an alias"),
        ("a: &x {b: 1}\nc: *x\n", "a.b", "an anchor (&) shares it"),
        ("a: &x 1\nc: *x\n", "a", "an anchor (&) shares it"),
        ("a: &x {b: {d: 1}}\nc:\n  <<: *x\n", "c.b.d", "merge key (<<)"),
        ("a: &x {b: {d: 1}}\nc:\n  <<: *x\n", "c.b.e", "an anchor (&) shares it"),
        ("a: 1\n", "a.b", "a value stands where a section is needed"),
        ("a: [1]\n", "a.7", "the list has 1 entries; set 1 next"),
        ("a: [", "a", "is not valid YAML here"),
        ("a: 1\na: 2\n", "a", "the same key stands in line 1 already"),
        ("- 1\n", "a", "must be a section"),
    ],
)
def test_a_document_that_would_be_damaged_is_refused_in_a_sentence(
    text: str, path: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        with_value(text, YAML, path.split("."), 5)

    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("format_", DocumentFormat)
def test_a_long_list_is_refused_rather_than_changed_for_minutes(format_: DocumentFormat) -> None:
    new: Json = [f"{number}" for number in range(300)]
    text = written({"a": [f"x{number}" for number in range(300)]}, format_, 1)
    begun = time.process_time()

    with pytest.raises(ConfigError, match="100 values change at once"):
        with_value(text, format_, ["a"], new)

    assert time.process_time() - begun < 5


def test_what_a_merge_key_brings_can_be_overridden_but_not_taken_out() -> None:
    text = "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n"

    assert with_value(text, YAML, ["c", "b"], 3) == f"{text}  b: 3\n"
    with pytest.raises(ConfigError, match="merge key"):
        without(text, YAML, ["c", "b"])


@settings(max_examples=40)
@given(
    text=st.text(alphabet=" \n:-[]{}&*|>'\"#,?<a1"), path=st.lists(names, min_size=1, max_size=3)
)
def test_any_text_is_changed_rightly_or_refused(text: str, path: list[str]) -> None:
    for format_ in DocumentFormat:
        try:
            after = with_value(text, format_, path, "x")
        except ConfigError:
            continue
        assert value_at(dict(parse(after, format_).data), path) == "x"
