"""OneRoster 1.1 staff with one row a school: one person with all schools, wherever pages end."""

import pytest

from integration_tui.domain.paging import Cursor
from integration_tui.domain.roster import Collection, Role, User
from tests.providers.oneroster.fake_servers import ROWS, Json, Quirky, listed, ref, world

OLD = "/ims/oneroster/v1p1"


def row(name: str, school: str, role: str = "teacher", family: str = "B") -> Json:
    return {"sourcedId": name, "givenName": "A", "familyName": family, "role": role,
            "orgs": [ref(school)]}  # fmt: skip


PEOPLE = [
    row("a", "s1", "student"), row("b", "s1"), row("b", "s2"), row("b", "s3", "principal"),
    row("c", "s1", "student"), row("d", "s1"), row("e", "s2"), row("e", "s1"),
]  # fmt: skip
ALL = {
    "b": (
        Role(role="teacher", org="s1"),
        Role(role="teacher", org="s2", type="secondary"),
        Role(role="principal", org="s3", type="secondary"),
    ),
    "e": (Role(role="teacher", org="s2"), Role(role="teacher", org="s1", type="secondary")),
}


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8, 100])
async def test_staff_keep_all_schools_wherever_a_page_ends(size: int) -> None:
    server = Quirky(rows={**ROWS, "users": PEOPLE}, base=OLD)
    async with world(server, version="1.1", sync={"page_size": size}) as one:
        pages = await listed(one, Collection.USERS)

    people = [user for page in pages for user in page.rows if isinstance(user, User)]
    assert [user.sourced_id for user in people] == ["a", "b", "c", "d", "e"]
    assert {user.sourced_id: user.roles for user in people if user.sourced_id in ALL} == ALL
    assert sorted(d.sourced_id for page in pages for d in page.duplicates) == ["b", "b", "e"]
    assert pages[-1].complete, pages[-1].reason


@pytest.mark.parametrize("size", [2, 3, 4])
async def test_a_listing_that_goes_on_at_such_an_end_has_them_as_well(size: int) -> None:
    server = Quirky(rows={**ROWS, "users": PEOPLE}, base=OLD)
    async with world(server, version="1.1", sync={"page_size": size}) as one:
        pages = [page async for page in one.connector.pages(Collection.USERS)]
        for number, page in enumerate(pages[:-1]):
            rest = one.connector.pages(Collection.USERS, after=Cursor(page.next or ""))
            found = [user async for later in rest for user in later.rows]
            seen = [user for earlier in pages[: number + 1] for user in earlier.rows]
            roles = {user.sourced_id: user.roles for user in seen + found
                     if isinstance(user, User)}  # fmt: skip

            assert {name: roles[name] for name in ALL} == ALL


async def test_two_people_under_one_id_are_not_made_one() -> None:
    people = [row("a", "s1"), row("b", "s1"), row("b", "s2", family="Other"), row("c", "s1")]
    server = Quirky(rows={**ROWS, "users": people}, base=OLD)
    async with world(server, version="1.1", sync={"page_size": 2}) as one:
        pages = await listed(one, Collection.USERS)

    assert not pages[-1].complete
    assert [d.differs for page in pages for d in page.duplicates] == [True]
