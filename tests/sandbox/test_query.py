"""Filters, orders and fields, against a plain reading of the same rules."""

import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.roster import Collection
from integration_tui.sandbox.query import QueryError, parsed, sort_key
from tests.sandbox.fixtures import asking, district

VALUES = st.text(max_size=8)
OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "~": operator.contains,
}


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@given(st.sampled_from([*OPERATORS]), VALUES, VALUES)
def test_a_clause_means_what_its_operator_says(word: str, ours: str, asked: str) -> None:
    found = parsed(f"name{word}{quoted(asked)}")

    assert found.matches({"name": ours}) == OPERATORS[word](ours, asked)


@given(VALUES, VALUES, st.booleans(), VALUES)
def test_two_clauses_are_joined_by_one_word(a: str, b: str, is_any: bool, ours: str) -> None:
    word = "OR" if is_any else "AND"

    found = parsed(f"name={quoted(a)} {word} name={quoted(b)}")

    both = (ours == a, ours == b)
    assert found.matches({"name": ours}) == (any(both) if is_any else all(both))


@pytest.mark.parametrize(
    "text",
    [
        "name=x", "name='x", "name='x'y'", "='x'", "name=='x'", "(name='x')", "name='x' and b='y'",
        "name='x' AND", "AND name='x'", "name='x' b='y'", "a='1' AND b='2' OR c='3'", "name = x'",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parsed(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(QueryError):
        assert parsed(text).clauses


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("roles.role='teacher'", True),
        ("roles.role='student'", False),
        ("grades='9'", True),
        ("enabled='true'", True),
        ("dateLastModified>='2026-08-27'", True),
        ("dateLastModified>'2026-08-27T00:00:00.000Z'", False),
        ("dateLastModified>='2026-08-27T02:00:00+02:00'", True),
        ("phone='1'", False),
        ("phone!='1'", True),
    ],
)
def test_lists_booleans_and_moments_are_compared_as_what_they_are(text: str, matches: bool) -> None:
    record = {
        "roles": [{"role": "teacher"}],
        "grades": ["9", "10"],
        "enabled": True,
        "dateLastModified": "2026-08-27T00:00:00.000Z",
    }

    assert parsed(text).matches(record) is matches


@pytest.mark.parametrize("path", ["familyName", "roles.role", "username"])
async def test_an_order_is_that_of_the_field_and_its_pages_fit_together(path: str) -> None:
    source = district()

    async with asking(roster=source) as one:
        body = await one.json("users?limit=400")
        up = await one.all_ids(f"users?sort={path}", limit=90)
        down = await one.all_ids(f"users?sort={path}&orderBy=desc", limit=90)

    keys = {row["sourcedId"]: sort_key(row, path) for row in body["users"]}
    assert [keys[name] for name in up] == sorted(keys.values())
    assert [keys[name] for name in down] == sorted(keys.values(), reverse=True)
    assert set(up) == set(down) == set(keys)


async def test_sourced_ids_can_be_listed_backwards() -> None:
    async with asking(roster=district()) as one:
        up = await one.all_ids("users?sort=sourcedId&orderBy=asc", limit=70)
        down = await one.all_ids("users?sort=sourcedId&orderBy=desc", limit=70)

    assert down == up[::-1] == sorted(up, reverse=True)


async def test_only_the_fields_that_were_named_are_told() -> None:
    async with asking() as one:
        body = await one.json("users?limit=1&fields=sourcedId,givenName")

    assert body["users"] == [{"sourcedId": "user-00", "givenName": "Ann"}]


@pytest.mark.parametrize(
    ("query", "minor"),
    [
        ("sort=shoeSize", "invaliddata"),
        ("fields=shoeSize", "invalid_selection_field"),
        ("orderBy=up", "invaliddata"),
        ("filter=shoe.size%3D%279%27", "invalid_filter_field"),
        ("limit=1.5", "invaliddata"),
    ],
)
async def test_a_field_that_is_none_is_refused(query: str, minor: str) -> None:
    async with asking() as one:
        answer = await one.get(f"users?{query}")

    (told,) = msgspec.json.decode(answer.body)["imsx_CodeMinor"]["imsx_codeMinorField"]
    assert answer.status == 400
    assert told["imsx_codeMinorFieldValue"] == minor


async def test_a_filter_finds_and_counts_the_same_as_looking_at_everybody() -> None:
    source = district()
    query = quote("role='teacher' AND primary='true'")

    async with asking(roster=source) as one:
        answer = await one.get(f"enrollments?limit=5&filter={query}")

    expected = [
        record.sourced_id
        for record in source.district.records(Collection.ENROLLMENTS)
        if getattr(record, "role", "") == "teacher"
    ]
    assert answer.headers["x-total-count"] == str(len(expected))
