"""Parts of a roster: the best way that the server takes, and never a record of others."""

from collections.abc import Sequence
from urllib.parse import quote

import pytest

from integration_tui.domain.errors import IncompatibleError, RetryableError
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import PARTS, Collection, Owner, Record
from integration_tui.testing.http_server import Reply
from tests.providers.oneroster.fake_servers import (
    ROWS,
    Asked,
    Quirk,
    Quirky,
    World,
    enrollment,
    ids,
    refuse,
    world,
)

C = Collection

PAIRS = [
    (C.ORGS, "s1", C.COURSES, ["k1"]),
    (C.ORGS, "s1", C.CLASSES, ["c1", "c3"]),
    (C.ORGS, "s1", C.ENROLLMENTS, ["e1", "e3", "e4"]),
    (C.ACADEMIC_SESSIONS, "t2", C.CLASSES, ["c2", "c3"]),
    (C.COURSES, "k2", C.CLASSES, ["c2", "c3"]),
    (C.CLASSES, "c1", C.ENROLLMENTS, ["e1", "e4"]),
    (C.USERS, "u00", C.ENROLLMENTS, ["e1", "e3"]),
]
STUDENTS = [f"u{number:02}" for number in range(0, 20, 2)]


async def part(one: World, kind: Collection, owner: str, of: Collection) -> list[Page[Record]]:
    pages = one.connector.subset(of, of=Owner(collection=kind, sourced_id=owner))
    return [page async for page in pages]


def no_nested(status: int) -> Quirk:
    return lambda asked: refuse(status) if "/" in asked.path else None


def no_filter(status: int) -> Quirk:
    return lambda asked: refuse(status, "filter") if asked.filter else None


def ignoring(asked: Asked) -> Reply | None:
    """Answer to every filter, and to every part of a school, with everything."""
    name = asked.path.split("/")[-1]
    if not (asked.filter or "/" in asked.path) or name not in ROWS:
        return None
    query = {k: v for k, v in asked.query.items() if k != "filter"}
    whole = asked.whole.replace(asked.path, name)
    return Quirky()._answer(Asked(whole=whole, path=name, query=query))


def silent(asked: Asked) -> Reply | None:
    """Take every filter, and find nothing."""
    return Reply(200, f'{{"{asked.path}":[]}}'.encode()) if asked.filter else None


def flat(asked: Asked) -> Reply | None:
    """Know `userSourcedId` and no dotted names."""
    if not asked.filter:
        return None
    if "." in asked.filter.partition("=")[0]:
        return refuse(400, "filtering by nested relations is not supported")
    name, _, value = asked.filter.partition("SourcedId=")
    query = {**asked.query, "filter": f"{name}.sourcedId={value}"}
    return Quirky()._answer(Asked(whole=asked.whole, path=asked.path, query=query))


WORLDS: dict[str, Sequence[Quirk]] = {
    "everything": (),
    "no nested routes": (no_nested(404),),
    "nested routes forbidden": (no_nested(403),),
    "nested routes broken": (no_nested(500),),
    "no filters": (no_filter(400),),
    "neither": (no_nested(400), no_filter(422)),
    "broken filters": (no_nested(404), no_filter(500)),
    "filters ignored": (ignoring,),
    "filters find nothing": (silent, no_nested(404)),
    "flat filters": (flat,),
}


def test_every_pair_is_tried() -> None:
    pairs = {(kind, of) for kind, some in PARTS.items() for of in some}

    assert {(kind, of) for kind, _, of, _ in PAIRS} == pairs - {(C.ORGS, C.USERS)}


@pytest.mark.parametrize("name", WORLDS)
async def test_a_part_is_what_names_its_owner_whatever_the_server_takes(name: str) -> None:
    async with world(Quirky(*WORLDS[name]), sync={"page_size": 2}) as one:
        for kind, owner, of, expected in PAIRS:
            pages = await part(one, kind, owner, of)

            assert ids(pages) == expected, (kind, of)
            assert pages[-1].complete, pages[-1].reason
            assert pages[-1].next is None


@pytest.mark.parametrize("name", WORLDS)
async def test_people_of_a_school_are_those_of_that_school(name: str) -> None:
    async with world(Quirky(*WORLDS[name])) as one:
        pages = await part(one, C.ORGS, "s1", C.USERS)

    guardians = {"g1"} & set(ids(pages))
    assert set(ids(pages)) - guardians == {*STUDENTS, "t1"}
    # Complete only where the others of the school were listed as well.
    assert pages[-1].complete == bool(guardians)


async def test_the_nested_route_is_the_first_choice() -> None:
    async with world(Quirky()) as one:
        await part(one, C.ORGS, "s1", C.CLASSES)
        await part(one, C.ACADEMIC_SESSIONS, "t1", C.CLASSES)
        await part(one, C.COURSES, "k1", C.CLASSES)
        await part(one, C.CLASSES, "c1", C.ENROLLMENTS)

    assert one.server.paths == [
        "schools/s1/classes",
        "terms/t1/classes",
        "courses/k1/classes",
        "enrollments?class.sourcedId='c1'",
    ]


async def test_nested_routes_that_are_pinned_away_are_not_asked_for() -> None:
    async with world(Quirky(), dialect={"nested": False, "references": "none"}) as one:
        pages = await part(one, C.ORGS, "s1", C.CLASSES)

    assert ids(pages) == ["c1", "c3"]
    assert one.server.paths == ["classes"]


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_what_is_refused_is_remembered(status: int) -> None:
    async with world(Quirky(no_nested(status), no_filter(400))) as one:
        await part(one, C.ORGS, "s1", C.CLASSES)
        one.server.asked.clear()
        await part(one, C.ORGS, "s2", C.CLASSES)

    assert one.server.paths == ["classes"]


async def test_a_route_that_misses_one_owner_is_not_given_up() -> None:
    async with world(Quirky()) as one:
        # A district is no school to this server.
        assert ids(await part(one, C.ORGS, "d", C.CLASSES)) == []
        one.server.asked.clear()

        assert ids(await part(one, C.ORGS, "s1", C.CLASSES)) == ["c1", "c3"]

    assert one.server.paths == ["schools/s1/classes"]


async def test_a_filter_that_finds_nothing_is_believed_once_it_has_found_something() -> None:
    async with world(Quirky()) as one:
        await part(one, C.CLASSES, "c1", C.ENROLLMENTS)
        one.server.asked.clear()

        pages = await part(one, C.CLASSES, "nobody's", C.ENROLLMENTS)
        empty = await part(one, C.CLASSES, "empty", C.ENROLLMENTS)

    assert ids(pages) == ids(empty) == []
    assert empty[-1].complete
    assert one.server.paths == ["enrollments", "enrollments?class.sourcedId='empty'"]


async def test_a_filter_that_hides_what_is_there_is_not_asked_again() -> None:
    async with world(Quirky(silent)) as one:
        assert ids(await part(one, C.CLASSES, "c1", C.ENROLLMENTS)) == ["e1", "e4"]
        one.server.asked.clear()

        await part(one, C.CLASSES, "c2", C.ENROLLMENTS)

    assert one.server.paths == ["enrollments"]


@pytest.mark.parametrize("owner", ["a/../b", "ü &=?#%", "..", "x'y", "' OR name!='"])
async def test_an_id_stays_an_id(owner: str) -> None:
    rows = {**ROWS, "enrollments": [*ROWS["enrollments"], enrollment("odd", owner, owner, owner)]}
    async with world(Quirky(rows=rows)) as one:
        of_class = await part(one, C.CLASSES, owner, C.ENROLLMENTS)
        of_org = await part(one, C.ORGS, owner, C.ENROLLMENTS)

    assert ids(of_class) == ids(of_org) == ["odd"]
    nested = [asked.whole for asked in one.server.asked if "/schools/" in asked.whole]
    assert all(f"/schools/{quote(owner, safe='')}/enrollments" in whole for whole in nested)
    assert not any("'" in owner and asked.filter for asked in one.server.asked)


async def test_a_flat_filter_is_pinned() -> None:
    async with world(Quirky(flat), dialect={"references": "flat"}) as one:
        pages = await part(one, C.USERS, "u00", C.ENROLLMENTS)

    assert ids(pages) == ["e1", "e3"]
    assert one.server.paths == ["enrollments?userSourcedId='u00'"]


async def test_a_pair_that_is_none_is_refused_before_anything_is_asked() -> None:
    async with world(Quirky()) as one:
        with pytest.raises(IncompatibleError, match="orgs do not belong to users"):
            await part(one, C.USERS, "u00", C.ORGS)

    assert one.server.asked == []


async def test_a_failure_of_the_plain_listing_is_told_as_it_is() -> None:
    async with world(
        Quirky(lambda asked: refuse(500) if asked.path else None), connect=False
    ) as one:
        one.connector._line.open()
        with pytest.raises(RetryableError):
            await part(one, C.ORGS, "s1", C.CLASSES)
