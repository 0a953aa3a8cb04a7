"""Links to the next page: followed on the origin that was asked; of all others it is told."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.providers.http.models import Response
from integration_tui.providers.paging.links import LinkFollower, NextPage, next_page

HERE = "https://sis.test/orgs?limit=5&offset=5"


def answer(link: str, url: str = HERE) -> Response:
    return Response(status=200, headers={"link": link}, body=b"", url=url)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<https://sis.test/orgs?offset=10>; rel="next"', "https://sis.test/orgs?offset=10"),
        ("<https://sis.test/a>; rel=prev, <https://sis.test/b>; rel=next", "https://sis.test/b"),
        ('https://sis.test/orgs?offset=10; rel="next"', "https://sis.test/orgs?offset=10"),
        ('</orgs?offset=10>; title="x"; rel="last next"', "https://sis.test/orgs?offset=10"),
        ('<?page=2>; rel="next last"', "https://sis.test/orgs?page=2"),
        ('<https://sis.test/a>; REL="Next"', "https://sis.test/a"),
        ("<https://sis.test/a>;rel='next'", "https://sis.test/a"),
        ("<https://sis.test/a> ; rel = next", "https://sis.test/a"),
        ('<https://sis.test/a>; title="a, b; rel=prev"; rel="next"', "https://sis.test/a"),
        ("<https://sis.test/a,b;c?d=e,f>; rel=next, <x>; rel=last", "https://sis.test/a,b;c?d=e,f"),
        ("<https://SIS.test:443/a#part>; rel=next", "https://sis.test/a"),
        ("<http://sis.test/a?b=c>; rel=next", "https://sis.test/a?b=c"),
        ("<http://sis.test:80/a>; rel=next", "https://sis.test/a"),
        ("<http://sis.test:443/a>; rel=next", "https://sis.test/a"),
        ("<//sis.test/a>; rel=next", "https://sis.test/a"),
    ],
    ids=lambda text: str(text)[:60],
)
def test_a_link_on_this_host_is_asked_for_where_the_answer_came_from(
    link: str, expected: str
) -> None:
    assert next_page(answer(link)) == NextPage(url=expected)


def test_what_a_link_asks_for_is_left_as_it_is() -> None:
    query = "as_user_id=7&include%5B%5D=email&state[]=a&page=bookmark:WyJ1c2Vy%c3%b3+x~'!*()"
    link = f'<https://sis.test/api//v1/users/%2f?{query}>; rel="next"'

    assert next_page(answer(link)) == NextPage(url=f"https://sis.test/api//v1/users/%2f?{query}")


@pytest.mark.parametrize(
    "link",
    [
        "",
        '<https://sis.test/a>; rel="prev"',
        '<https://sis.test/a>; rel="nextish"',
        '<https://sis.test/a>; title="rel=next"',
        "<https://sis.test/a>; rel=prev; rel=next",  # the first one counts (RFC 8288, 3.3)
        '<>; rel="next"',
        "<" * 10_000,
    ],
    ids=lambda text: str(text)[:40],
)
def test_no_link_to_a_next_page_is_the_end(link: str) -> None:
    assert next_page(answer(link)) is None


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("https://canvas.internal/a?email=ana@school.test", "https://canvas.internal"),
        ("https://sis.test:8443/a", "https://sis.test:8443"),
        ("http://sis.test:8080/a", "http://sis.test:8080"),
        ("https://ana:secret@sis.test/a", "https://sis.test"),
        ("https://sis.test@evil.test/a", "https://evil.test"),
        ("https://sis.test.evil.test/a", "https://sis.test.evil.test"),
        ("//evil.test/a", "https://evil.test"),
        ("file:///etc/passwd", "file://"),
        (f"https://{'a' * 300}.test/", f"https://{'a' * 91}…"),
        ("https://e\x1bvil.test/", "https://e␛vil.test"),
    ],
    ids=lambda text: str(text)[:40],
)
def test_a_link_to_elsewhere_is_not_followed_but_told(link: str, there: str) -> None:
    found = next_page(answer(f"<{link}>; rel=next"), system="Canvas")

    assert found == NextPage(
        refused=f"the next page is at {there}, which is not https://sis.test: the listing is not"
        " complete; set base_url to the address that Canvas calls itself"
    )


def test_a_line_without_tls_is_not_led_to_one_with() -> None:
    here = "http://127.0.0.1:8000/users"

    found = next_page(answer("<https://127.0.0.1:8000/users?page=2>; rel=next", here))

    assert found is not None
    assert "https://127.0.0.1:8000, which is not http://127.0.0.1:8000" in found.refused


@pytest.mark.parametrize(
    "link", ["<https://[>; rel=next", "<https://sis.test:x/>; rel=next", "," * 16_001]
)
def test_a_link_that_cannot_be_read_is_no_end(link: str) -> None:
    found = next_page(answer(link))

    assert found is not None
    assert not found.url
    assert found.refused.endswith("the listing is not complete")


@pytest.mark.parametrize("unit", [" ", ";", "<", "\\", '"', "<a>;", "x=", "; rel"])
def test_no_header_takes_long_to_read(unit: str) -> None:
    header = f'<a>; rel{unit * (15_900 // len(unit))}"'

    began = time.process_time()
    next_page(answer(header))

    assert time.process_time() - began < 1


@given(st.text(max_size=200), st.text(max_size=40))
def test_whatever_a_link_says_only_this_origin_is_asked(target: str, parameters: str) -> None:
    found = next_page(answer(f"<{target}>; rel=next{parameters}"))

    if found is not None:
        assert bool(found.url) != bool(found.refused)
        assert not found.url or found.url.startswith(("https://sis.test/", "https://sis.test?"))
        assert len(found.refused) < 300


def test_each_page_of_a_listing_is_asked_for_once() -> None:
    links = LinkFollower(system="Canvas")
    second = "https://sis.test/orgs?page=2"

    first = links.next_page(answer(f"<{second}>; rel=next"))
    again = links.next_page(answer(f"<{HERE}>; rel=next", second))

    assert first == NextPage(url=second)
    assert again is not None
    assert not again.url
    assert "read before: the listing is not complete" in again.refused


def test_a_page_that_names_itself_as_the_next_one_is_not_asked_for_again() -> None:
    found = LinkFollower(system="Canvas").next_page(answer(f"<{HERE}>; rel=next"))

    assert found is not None
    assert found.refused


def test_a_circle_through_a_redirect_is_found() -> None:
    links = LinkFollower(system="Canvas")
    link = "<https://sis.test/orgs?page=2>; rel=next"

    links.next_page(answer(link))
    found = links.next_page(answer(link, "https://sis.test/orgs/moved?page=2"))

    assert found is not None
    assert found.refused
