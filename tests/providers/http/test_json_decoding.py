"""A list in its envelope: a whole one is cut once, and never searched byte by byte."""

import pytest

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
    body = b'{"users":[{"sourcedId":"1"},{"sourcedId":"2"}],%b}' % total

    found = read_list(response(body), REQUEST, "users")

    assert found is not None
    assert found.total == b"2"
    assert found.body == body, "the list was searched for instead"
