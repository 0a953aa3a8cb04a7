"""Pages: opaque links, a size that is clamped, pages without rows, and links that lead astray."""

import pytest

from integration_tui.sandbox.canvas.system import CLOUD, SELF_HOSTED, CanvasKind
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.served_system import SECRET
from tests.sandbox.canvas.fixtures import campus, links

USERS = "/accounts/1/users?sort=id"


async def test_bookmarks_are_opaque_absolute_and_keep_every_parameter() -> None:
    async with campus() as one:
        answer = await one.ask(f"{USERS}&include[]=email&include[]=last_login&as_user_id=self")

    found = links(answer)
    assert found.keys() == {"current", "next", "first"}
    assert found["next"].startswith(f"{one.address}/api/v1/accounts/1/users?")
    assert "page=bookmark:" in found["next"]
    for kept in ("sort=id", "include%5B%5D=email&include%5B%5D=last_login", "as_user_id=self"):
        assert kept in found["next"]


async def test_a_token_in_the_query_is_taken_and_never_repeated() -> None:
    async with campus() as one:
        answer = await one.ask(f"{USERS}&access_token={SECRET}", token="")

    assert answer.status == 200
    assert SECRET not in answer.headers["link"]


@pytest.mark.parametrize(
    ("asked", "rows"), [("", 10), ("&per_page=3", 3), ("&per_page=0", 1), ("&per_page=5000", 100),
                        ("&per_page=x", 10)]
)  # fmt: skip
async def test_a_page_has_what_is_asked_for_within_bounds(asked: str, rows: int) -> None:
    async with campus() as one:
        assert len(await one.read(f"{USERS}{asked}")) == rows


@pytest.mark.parametrize(("kind", "most"), [(CLOUD, 100), (SELF_HOSTED, 50)])
async def test_pages_are_clamped_in_silence(kind: CanvasKind, most: int) -> None:
    async with campus(kind) as one:
        pages = await one.pages(f"{USERS}&per_page=100")
        one.control("PUT", "settings", {"per_page": 7, "empty_after": 0})
        smaller = await one.pages(f"{USERS}&per_page=100")

    assert {len(page) for page in pages[:-1]} <= {most, 0}
    assert {len(page) for page in smaller[:-1]} == {7}
    assert [row for page in pages for row in page] == [row for page in smaller for row in page]


async def test_a_page_without_rows_has_a_next_one() -> None:
    async with campus() as one:
        pages = await one.pages(f"{USERS}&per_page=10")
        ids = [row["id"] for page in pages for row in page]

    empty = [number for number, page in enumerate(pages) if not page]
    assert empty
    assert len(pages) - 1 not in empty
    assert ids == sorted({*ids})


async def test_who_leaves_meanwhile_does_not_push_others_off_a_page() -> None:
    async with campus(extras=False) as one:
        first = await one.ask(f"{USERS}&per_page=100")
        before = {row["id"] for row in await one.listed(f"{USERS}&per_page=100")}
        one.control("POST", "advance", {"changes": 2_000})
        rest = await one.listed(links(first)["next"])
        after = {row["id"] for row in await one.listed(f"{USERS}&per_page=100")}

    stayed = (before & after) - {number for number in before if number <= 21070000000000100}
    assert before - after
    assert stayed <= {row["id"] for row in rest}


async def test_a_link_can_be_made_to_lead_elsewhere() -> None:
    async with campus() as one:
        one.system.faults.play(
            FaultRule(fault=Fault.FOREIGN_LINK, location="https://elsewhere.example", times=1)
        )
        answer = await one.ask(USERS)
        after = await one.ask(USERS)

    assert {found.partition("/api")[0] for found in links(answer).values()} == {
        "https://elsewhere.example"
    }
    assert links(after)["next"].startswith(one.address)


async def test_a_link_can_be_made_to_lead_round_in_circles() -> None:
    async with campus() as one:
        one.system.faults.play(FaultRule(fault=Fault.LOOPING_LINK, times=None))
        answer = await one.ask(USERS)
        followed = await one.ask(links(answer)["next"])

    assert links(answer)["next"] == links(answer)["current"]
    assert followed.body == answer.body


async def test_faults_leave_parameters_with_several_values_alone() -> None:
    async with campus() as one:
        one.system.faults.play(FaultRule(fault=Fault.DRIP, rows=2, delay_s=0.0, times=None))
        listed = await one.listed(
            "/courses/11000/enrollments?per_page=100&state[]=deleted&state[]=active"
        )

    assert "active" in {row["enrollment_state"] for row in listed}
