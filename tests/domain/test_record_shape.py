"""The shape of a record shows what is odd about it, and nothing of what is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.record_shape import LONGEST_SHAPE, shape_of


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ({"sourcedId": "u1", "givenName": None}, "{sourcedId: text, givenName: null}"),
        ({"email": " ", "on": True, "grade": 9}, "{email: blank, on: flag, grade: number}"),
        (
            {"roles": [{"role": "student", "org": None}, {"role": "aide", "org": None}]},
            "{roles: [{role: text, org: null}]}",
        ),
        ({"grades": [None, "9", 9, {}, []]}, "{grades: [null, text, number, 2 more]}"),
        ({"Anna Müller": "x", "Anna": {"anna.m@example.org": 1}}, "{?: text, ?: {?: number}}"),
        ("Anna", "text"),
        (object(), "unreadable"),
    ],
)  # fmt: skip
def test_a_shape_has_names_and_kinds(value: object, shape: str) -> None:
    assert shape_of(value) == shape


@given(st.recursive(
    st.text(st.characters(categories=["Lo"]), min_size=3),
    lambda inner: st.dictionaries(st.text(min_size=1), inner) | st.lists(inner),
))  # fmt: skip
def test_no_value_is_in_a_shape_and_it_is_bounded(value: object) -> None:
    shape = shape_of(value)

    assert shape.replace("…", "").isascii()
    assert len(shape) <= LONGEST_SHAPE
