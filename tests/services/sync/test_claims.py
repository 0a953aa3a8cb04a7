"""Records that systems themselves say are the same: linked, asked about, or left apart."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.store.roster.fields import LONGEST_CLAIM, MOST_CLAIMS
from tests.services.sync.fixtures import kinds
from tests.services.sync.listed_system import (
    ListedSystem,
    course,
    office,
    person,
    room,
    school,
    seat,
)

C, K = Collection, ChangeKind
HELD_AS = "SELECT claims FROM users ORDER BY id"


def sis() -> ListedSystem:
    """A student system: its ids are what others claim."""
    system = ListedSystem("sis")
    system.put(C.ORGS, school())
    system.put(C.COURSES, course("M7", title="Mathematics 7"))
    system.put(C.CLASSES, room("SEC 12/3 é", title="Mathematics 7, 3rd period"), room("SEC 2"))
    system.put(C.USERS, person("S1", "Ann Lee"), person("S2", "Bo Diaz"))
    system.put(C.ENROLLMENTS, seat("S1", "SEC 12/3 é"), seat("S2", "SEC 12/3 é"))
    return system


def lms() -> ListedSystem:
    """A learning system with ids of its own, that names those of the student system."""
    system = ListedSystem("lms")
    system.put(C.ORGS, school("s1", sourced_id="1", name="LHS"))
    system.put(C.COURSES, course("9", "M7", title="Math"))
    system.put(C.CLASSES, room("401", "SEC 12/3 é", title="Math", of="1"), room("402", of="1"))
    system.put(C.USERS, person("61", "Ann Lee", "S1", of="1"), person("62", "Bo Díaz", of="1"))
    system.put(C.ENROLLMENTS, seat("61", "401", of="1"))
    return system


async def test_records_are_linked_by_what_the_system_says_of_them(tmp_path: Path) -> None:
    first, second = sis(), lms()
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        await someone.bring(second)

        assert await someone.known_as(C.ORGS) == {frozenset({"sis:s1", "lms:1"})}
        assert await someone.known_as(C.COURSES) == {frozenset({"sis:M7", "lms:9"})}
        assert await someone.known_as(C.CLASSES) == {
            frozenset({"sis:SEC 12/3 é", "lms:401"}),
            frozenset({"sis:SEC 2"}),
            frozenset({"lms:402"}),
        }
        assert await someone.known_as(C.USERS) == {
            frozenset({"sis:S1", "lms:61"}),
            frozenset({"sis:S2"}),
            frozenset({"lms:62"}),
        }
        assert frozenset({"sis:SEC 12/3 é:S1", "lms:401:61"}) in await someone.known_as(
            C.ENROLLMENTS
        )
        assert await someone.questions() == []


async def test_the_system_that_is_claimed_may_come_later(tmp_path: Path) -> None:
    first, second = lms(), sis()
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        await someone.bring(second)

        assert frozenset({"sis:S1", "lms:61"}) in await someone.known_as(C.USERS)
        assert frozenset({"sis:SEC 12/3 é", "lms:401"}) in await someone.known_as(C.CLASSES)
        assert frozenset({"sis:SEC 12/3 é:S1", "lms:401:61"}) in await someone.known_as(
            C.ENROLLMENTS
        )
        assert await someone.questions() == []


async def test_a_person_of_another_name_is_asked_about(tmp_path: Path) -> None:
    first, second = sis(), lms()
    second.change(C.USERS, "61", given_name="Quite", family_name="Another")
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        report = await someone.bring(second)

        assert kinds(report)[K.CREATE] == 2
        ((who, rule, _),) = await someone.questions()
        assert (who, rule) == ("lms:61", "claim")


async def test_two_who_claim_one_id_are_asked_about(tmp_path: Path) -> None:
    first, second = sis(), lms()
    second.put(C.USERS, person("63", "Ann Lee", "S1", of="1"))
    second.put(C.CLASSES, room("403", "SEC 2", of="1"), room("404", "SEC 2", of="1"))
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        await someone.bring(second)

        asked = [(who, rule) for who, rule, _ in await someone.questions()]
        assert asked == [(f"lms:{one}", "claim") for one in ("403", "404", "61", "63")]
        assert all(len(ids) == 1 for ids in await someone.known_as(C.USERS))


async def test_who_claims_the_ids_of_two_is_asked_about_both(tmp_path: Path) -> None:
    first, second = sis(), lms()
    first.put(C.USERS, person("S3", "Ann Lee"))
    second.change(C.USERS, "61", claims=("S1", "S3"))
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        await someone.bring(second)

        assert [who for who, _, _ in await someone.questions()] == ["lms:61", "lms:61"]
        assert all(len(ids) == 1 for ids in await someone.known_as(C.USERS))


async def test_two_logins_of_one_person_are_two_claims_of_one_record(tmp_path: Path) -> None:
    first, second = sis(), lms()
    second.change(C.USERS, "61", claims=("OLD-9", "S1"))
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        await someone.bring(second)

        assert frozenset({"sis:S1", "lms:61"}) in await someone.known_as(C.USERS)


async def test_an_id_of_ones_own_system_is_not_meant(tmp_path: Path) -> None:
    """`sis_user_id` 62 is not the user 62 of the same system."""
    first, second = sis(), lms()
    second.change(C.USERS, "61", claims=("62",))
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        await someone.bring(second)

        assert all(len(ids) == 1 for ids in await someone.known_as(C.USERS))
        assert await someone.questions() == []


async def test_who_was_found_already_is_not_found_again(tmp_path: Path) -> None:
    """A claim says who one is, not who else has such an id: here are two with the same numbers."""
    first, second, third = sis(), lms(), ListedSystem("camp")
    third.put(C.ORGS, school(sourced_id="s1", name="Summer camp"))
    third.put(C.CLASSES, room("SEC 12/3 é", title="Swimming"))
    third.put(C.USERS, person("S1", "Ann Lee"))
    async with office(tmp_path, first, second, third) as someone:
        await someone.bring(first)
        await someone.bring(second)

        await someone.bring(third)

        assert frozenset({"camp:SEC 12/3 é"}) in await someone.known_as(C.CLASSES)
        assert frozenset({"camp:S1"}) in await someone.known_as(C.USERS)


async def test_a_new_record_that_claims_what_an_old_one_claims_is_asked_about(
    tmp_path: Path,
) -> None:
    first, second = sis(), lms()
    second.change(C.USERS, "61", given_name="Quite", family_name="Another")
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)
        await someone.bring(second)
        second.put(C.USERS, person("65", "Ann Lee", "S1", of="1"))

        await someone.bring(second)

        assert [who for who, _, _ in await someone.questions()] == ["lms:61", "lms:65"]
        assert all(len(ids) == 1 for ids in await someone.known_as(C.USERS))


@pytest.mark.parametrize("more", [{"identifier": "10077"}, {"username": "10077"}])
async def test_people_are_found_by_their_number_and_by_their_user_name(
    tmp_path: Path, more: dict[str, str]
) -> None:
    first, second = sis(), lms()
    first.change(C.USERS, "S1", **more)
    second.change(C.USERS, "61", claims=("10077",))
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)
        await someone.bring(second)
        assert frozenset({"sis:S1", "lms:61"}) in await someone.known_as(C.USERS)
    other = tmp_path / "the other way round"
    other.mkdir()
    async with office(other, first, second) as someone:
        await someone.bring(second)
        await someone.bring(first)
        assert frozenset({"sis:S1", "lms:61"}) in await someone.known_as(C.USERS)


async def test_an_id_goes_before_a_number_that_is_the_same(tmp_path: Path) -> None:
    first, second = sis(), lms()
    first.change(C.USERS, "S2", identifier="S1", given_name="Ann", family_name="Lee")
    async with office(tmp_path, first, second) as someone:
        await someone.bring(first)

        await someone.bring(second)

        assert frozenset({"sis:S1", "lms:61"}) in await someone.known_as(C.USERS)
        assert await someone.questions() == []


async def test_three_systems_are_one_record_each_in_any_order(tmp_path: Path) -> None:
    first, second, third = sis(), lms(), ListedSystem("classroom")
    third.put(C.ORGS, school("s1", sourced_id="g", name="Lincoln"))
    third.put(C.CLASSES, room("c7", "SEC 12/3 é", title="7th grade", of="g"))
    third.put(C.USERS, person("1000001", "Ann Lee", "S1", "ann@x.org", of="g"))
    for number, order in enumerate([(first, second, third), (third, first, second)]):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        async with office(folder, *order) as someone:
            for system in order:
                await someone.bring(system)

            one = frozenset({"sis:S1", "lms:61", "classroom:1000001"})
            assert one in await someone.known_as(C.USERS)
            same = frozenset({"sis:SEC 12/3 é", "lms:401", "classroom:c7"})
            assert same in await someone.known_as(C.CLASSES)
            for system in order:  # what others say of them is nothing that anybody decides
                assert not any(listing.counts for listing in (await someone.plan(system)).listings)
            assert await someone.rows("SELECT field FROM sync_conflicts") == []


async def test_claims_that_change_are_taken_and_nobody_is_asked(tmp_path: Path) -> None:
    second, third = lms(), ListedSystem("classroom")
    third.put(C.ORGS, school(sourced_id="s1"))
    third.put(C.USERS, person("S1", "Ann Lee", "x"))
    async with office(tmp_path, second, third) as someone:
        await someone.bring(second)
        await someone.bring(third)
        second.change(C.USERS, "61", claims=("S1", "S9"))
        await someone.bring(second)
        third.change(C.USERS, "S1", claims=("y",))

        await someone.bring(third)

        assert await someone.rows("SELECT field FROM sync_conflicts") == []
        assert (await someone.rows(HELD_AS))[0] == ('["y"]',)


async def test_without_the_rule_a_claim_says_nothing(tmp_path: Path) -> None:
    first, second = sis(), lms()
    rules = {"lms": "sync: {grace: {sweeps: 1, days: 0}, match: {rules: []}}"}
    async with office(tmp_path, first, second, more=rules) as someone:
        await someone.bring(first)

        await someone.bring(second)

        assert all(len(ids) == 1 for ids in await someone.known_as(C.USERS))


async def test_claims_are_bounded_and_what_is_no_text_is_left_out(tmp_path: Path) -> None:
    second = ListedSystem("lms")
    many = tuple(f"id-{number:03}" for number in range(50))
    bad = ("", "x" * (LONGEST_CLAIM + 1), "a\0b", "\ud800", 7, None)
    second.put(C.ORGS, school())
    second.put(
        C.USERS,
        person("1", "Ann Lee", *many),
        person("2", "Bo Diaz", *bad),  # type: ignore[arg-type]  # as a connector may have it
        person("3", "Cy Ito", "b", "a", "b"),
    )
    async with office(tmp_path, second) as someone:
        await someone.bring(second)

        held = [eval(row[0]) for row in await someone.rows(HELD_AS)]  # noqa: S307 - a list of texts
        assert [len(claims) for claims in held] == [MOST_CLAIMS, 0, 2]
        assert held[2] == ["a", "b"]
        again = await someone.plan(second)
        assert not any(listing.counts for listing in again.listings)


NAMES = ("Ann Lee", "Bo Diaz", "Cy Ito", "Dee Okafor", "Eli Novak")
IDS = ("S1", "S2", "S3", "S4", "S5")
CLAIMED = st.tuples(st.sampled_from(NAMES), st.sets(st.sampled_from((*IDS, "X9")), max_size=2))


@settings(max_examples=4, deadline=None)
@given(st.lists(CLAIMED, min_size=3, max_size=12), st.booleans())
def test_no_two_people_become_one(claimed: list[tuple[str, set[str]]], is_sis_first: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_play(Path(folder), claimed, is_sis_first=is_sis_first))


async def _play(folder: Path, claimed: list[tuple[str, set[str]]], *, is_sis_first: bool) -> None:
    """Nobody is linked to a person of another name, and no two of one system become one."""
    first, second = ListedSystem("sis"), ListedSystem("lms")
    for system in (first, second):
        system.put(C.ORGS, school(name=system.key))
    names = {f"sis:{one}": name for one, name in zip(IDS, NAMES, strict=True)}
    first.put(C.USERS, *(person(one, name) for one, name in zip(IDS, NAMES, strict=True)))
    for number, (name, ids) in enumerate(claimed):
        second.put(C.USERS, person(f"{number}", name, *ids))
        names[f"lms:{number}"] = name
    certain = {
        frozenset({f"sis:{IDS[NAMES.index(name)]}", f"lms:{number}"})
        for number, (name, ids) in enumerate(claimed)
        if ids - {"X9"} == {IDS[NAMES.index(name)]}
        and not any(ids & others for place, (_, others) in enumerate(claimed) if place != number)
    }
    order = (first, second) if is_sis_first else (second, first)
    async with office(folder, *order) as someone:
        for system in order:
            await someone.bring(system)
        records = await someone.known_as(C.USERS)
    for known in records:
        assert len({names[one] for one in known}) == 1, known
        assert len({one.split(":")[0] for one in known}) == len(known), known
    assert certain <= records
