"""A list in its envelope: a whole one is cut once, and never searched byte by byte."""

import pytest

from integration_tui.domain.errors import IncompatibleError
from integration_tui.providers.http.json_decoding import read_list
from integration_tui.providers.http.models import Request, Response

REQUEST = Request.get("https://sis.example/users")


def response(body: bytes) -> Response:
    return Response(
        status=200,
        headers={"content-type": "application/json"},
        body=body,
        url="https://sis.example/users",
    )


@pytest.mark.parametrize("total", [b'"totalCount":2', b'"total":2', b'"totalCount":null,"total":2'])
def test_a_page_with_a_total_is_taken_as_it_came(total: bytes) -> None:
    # Whoever searches a body byte by byte does not take a member that comes twice.
    body = b'{"note":1,"note":2,"users":[{"sourcedId":"1"},{"sourcedId":"2"}],%b}' % total

    found = read_list(response(body), REQUEST, "users")

    assert found is not None
    assert found.total == b"2"
    assert found.texts == [b'{"sourcedId":"1"}', b'{"sourcedId":"2"}']


LISTS = (b"[1]", b"[2]", b"[]", b'["users"]')


@pytest.mark.parametrize("first", LISTS)
@pytest.mark.parametrize("second", LISTS)
def test_a_list_that_comes_twice_is_never_taken(first: bytes, second: bytes) -> None:
    body = b'{"users":%b,"total":1,"users":%b}' % (first, second)

    with pytest.raises(IncompatibleError, match="duplicate member"):
        read_list(response(body), REQUEST, "users")


@pytest.mark.parametrize(
    "before", [b'"a":[]', b'"a":[1]', b'"a":[1,2]', b'"a":"[1,"', b'"a":"users"']
)
def test_what_stands_in_front_of_a_list_is_not_taken_for_it(before: bytes) -> None:
    found = read_list(response(b'{%b,"users":[1,2]}' % before), REQUEST, "users")

    assert found is not None
    assert found.texts == [b"1", b"2"]


def test_a_list_is_found_behind_many_beginnings_of_it() -> None:
    decoys = b"[" + b",".join([b'"[[1,2]"'] * 50) + b"]"
    found = read_list(response(b'{"a":%b,"users":[[1,2]]}' % decoys), REQUEST, "users")

    assert found is not None
    assert found.listed == b"[[1,2]]"
