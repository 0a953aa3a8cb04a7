"""The roster as people look at it: found, told in full, changed by hand, and not changed back."""

from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.actor import Actor, ActorRole, Interface
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.errors import NotAllowedError, NotFoundError, UsageError
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import ROSTER, Collection, User
from integration_tui.domain.roster_view import ManualEdit, RecordFilter, RecordLine
from integration_tui.domain.sync.plan import ChangeKind, Value
from integration_tui.services import Services
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, SIS, Syncing, kinds, syncing, user

C = Collection
VIEWER = Actor(name="vic", door=Interface.CLI, role=ActorRole.VIEWER)


@pytest.fixture
async def school(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Syncing]:
    """A small district that has been synced."""
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with syncing(settings) as one:
        await one.sync()
        yield one


async def listed(
    school: Syncing, collection: Collection = C.USERS, *, limit: int = 100, **wanted: object
) -> list[RecordLine]:
    """Return a whole list, page by page."""
    asked = RecordFilter(collection=collection, **wanted)  # type: ignore[arg-type]  # fields of it
    found: list[RecordLine] = []
    after = ""
    while page := await school.services.records.browse(asked, after=after, limit=limit):
        found += page
        after = page[-1].place
    assert await school.services.records.count(asked) == len(found)
    return found


async def one(school: Syncing, search: str, collection: Collection = C.USERS) -> RecordId:
    (line,) = await listed(school, collection, search=search)
    return line.id


async def edit(school: Syncing, record_id: RecordId, field: str, value: Value) -> None:
    wanted = ManualEdit(collection=C.USERS, id=record_id, field=field, value=value, reason="a typo")
    await school.services.records.edit(wanted, actor=ANA)


async def test_the_pages_of_a_list_are_all_of_it_in_its_order(school: Syncing) -> None:
    for collection in ROSTER:
        found = await listed(school, collection, limit=3)

        assert len({line.id for line in found}) == len(found) > 0
        assert found == await listed(school, collection, limit=1000)
        assert all(line.label for line in found)


async def test_people_of_one_name_are_listed_each_once(school: Syncing) -> None:
    school.district.put(
        C.USERS, *(user(n, given_name="Ana", family_name="Lee") for n in range(200, 209))
    )
    await school.sync()

    found = await listed(school, search="lee", limit=2)

    assert [line.label for line in found] == ["Ana Lee"] * 9


async def test_somebody_is_found_by_any_name_or_id(school: Syncing) -> None:
    school.district.put(
        C.USERS,
        user(
            300,
            given_name="Zoë",
            family_name="O'Brien-Łęcki",
            email="zoe@example.org",
            username="zoe.obrien",
            identifier="4711-A",
        ),
    )
    await school.sync()
    names = ("Zoë", "zoë", "ZOË", "O'Brien-Łęcki", "o'brien", "zoë o'b", "O'Brien-Łęcki, Zoë")

    for search in (*names, "zoe@example.org", "zoe.ob", "4711-A", "u0300"):
        (found,) = await listed(school, search=search)
        assert found.label == "Zoë O'Brien-Łęcki", search

    (line,) = await listed(school, search="u0300")
    assert line.details == {
        "email": "zoe@example.org",
        "roles": "student",
        "grades": "05",
        "school": "School 1",
    }
    assert (line.family_name, line.given_name) == ("O'Brien-Łęcki", "Zoë")
    assert line.origin == SIS


async def test_somebody_is_found_by_our_number(school: Syncing) -> None:
    first = (await listed(school))[0]

    assert first.id in {line.id for line in await listed(school, search=str(first.id))}


async def test_no_search_is_more_than_words(school: Syncing) -> None:
    for search in ("%", "_", "'; --", "\udcff", "\u202e", "a" * 10_000, "9" * 40):
        assert await listed(school, search=search) == []


async def test_a_list_is_narrowed(school: Syncing) -> None:
    school_1 = await one(school, "School 1", C.ORGS)
    maths_1 = await one(school, "Maths 1", C.CLASSES)
    somebody = (await listed(school, class_id=maths_1))[0]

    assert len(await listed(school, org=school_1)) == 21
    assert len(await listed(school, C.ENROLLMENTS, class_id=maths_1)) == 21
    assert [line.id for line in await listed(school, C.CLASSES, user_id=somebody.id)] == [maths_1]
    (seat,) = await listed(school, C.ENROLLMENTS, user_id=somebody.id)
    assert seat.label == f"{somebody.label} in Maths 1 as {seat.details['role']}"
    assert seat in await listed(school, C.ENROLLMENTS, search=somebody.label)
    assert len(await listed(school, status="active")) == 42
    assert await listed(school, status="inactive") == []
    assert await listed(school, has_conflict=True) == []


async def test_a_list_is_not_narrowed_by_what_it_has_not(school: Syncing) -> None:
    with pytest.raises(UsageError, match="orgs cannot be filtered by class"):
        await listed(school, C.ORGS, class_id=RecordId(1))


@pytest.mark.parametrize("after", ["x", "[]", "[1]", '["a", "b", "c", "d"]', "\udcff"])
async def test_a_place_that_is_none_is_refused(services: Services, after: str) -> None:
    with pytest.raises(UsageError, match="invalid list position"):
        await services.records.browse(RecordFilter(collection=C.USERS), after=after)


async def test_all_that_is_known_of_a_record_is_told(school: Syncing) -> None:
    school.district.change(C.USERS, "u0003", phone="111")
    report = await school.sync()
    record_id = await one(school, "u0003")

    view = await school.services.records.get(C.USERS, record_id)

    assert view.fields["phone"] == "111"
    assert view.fields["status"] == "active"
    assert {name: one.label for name, one in view.references.items()} == {"primary_org": "School 2"}
    assert [(mapping.integration_id, mapping.external_id) for mapping in view.mappings] == [
        (SIS, "u0003")
    ]
    assert view.created_run == report.run.id - 1
    (event,) = view.history
    assert event.by == f"sis, run {report.run.id}"
    assert (event.change.kind, dict(event.change.before), dict(event.change.after)) == (
        ChangeKind.UPDATE,
        {"phone": None},
        {"phone": "111"},
    )


async def test_a_plan_is_no_history(school: Syncing) -> None:
    school.district.change(C.USERS, "u0003", phone="111")
    await school.plan()

    view = await school.services.records.get(C.USERS, await one(school, "u0003"))

    assert view.history == ()


async def test_who_is_not_there_is_said(school: Syncing) -> None:
    with pytest.raises(NotFoundError, match="no record 999"):
        await school.services.records.get(C.USERS, RecordId(999))


async def test_what_a_person_wrote_stays_until_the_system_changes_its_mind(school: Syncing) -> None:
    record_id = await one(school, "u0003")
    await edit(school, record_id, "phone", "999")

    assert (await school.sync()).changes == 0
    school.district.change(C.USERS, "u0003", grades=("06",))
    await school.sync()

    view = await school.services.records.get(C.USERS, record_id)
    assert (view.fields["phone"], view.fields["grades"]) == ("999", '["06"]')
    assert view.said[SIS]["phone"].value is None
    assert [event.by for event in view.history] == ["sis, run 3", "ana"]
    assert view.history[1].change.note == "roster.edit: a typo"
    assert (view.history[1].change.before, view.history[1].change.after) == (
        {"phone": None},
        {"phone": "999"},
    )


async def test_who_was_ended_by_hand_is_not_brought_back(school: Syncing) -> None:
    record_id = await one(school, "u0003")
    await edit(school, record_id, "status", "inactive")

    await school.sync()

    assert "u0003" not in school.active()
    assert [line.id for line in await listed(school, status="inactive")] == [record_id]


async def test_an_edit_is_recorded_and_makes_plans_stale(school: Syncing) -> None:
    school.district.change(C.USERS, "u0004", phone="111")
    planned = await school.plan()
    record_id = await one(school, "u0003")

    await edit(school, record_id, "phone", "999")

    (entry,) = await school.services.audit.page(AuditFilter(action=Action.EDIT_RECORD))
    assert (entry.act.object, entry.act.detail) == (f"users/{record_id}", "a typo")
    assert (entry.act.before, entry.act.after) == ({}, {"phone": "set"})
    done = await school.apply(planned)
    assert done.run.status == "stale"
    assert f"users/{record_id} was changed by ana" in done.run.problem


async def test_the_same_again_is_no_edit(school: Syncing) -> None:
    record_id = await one(school, "u0003")

    await edit(school, record_id, "email", "user3@example.org")

    assert await school.services.audit.page(AuditFilter(action=Action.EDIT_RECORD)) == []


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("shoe_size", "44", "users have no field 'shoe_size'"),
        ("primary_org", 1, "primary_org refers to another record"),
        ("agents", '["u1"]', "agents refers to another record"),
        ("family_name", "", "family_name cannot be empty"),
        ("family_name", "  ", "family_name must be text"),
        ("family_name", None, "family_name cannot be empty"),
        ("family_name", 7, "family_name must be text"),
        ("enabled", "yes", r"enabled must be 1 \(yes\) or 0 \(no\)"),
        ("enabled", 2, r"enabled must be 1 \(yes\) or 0 \(no\)"),
        ("grades", "05", "grades must be a JSON list"),
        ("grades", "[5]", "grades must be a JSON list"),
        ("grades", "[" * 10_000, "grades must be a JSON list"),
        ("roles", '[{"role": "student"}]', "roles must be a JSON list"),
        ("status", "gone", "status must be active or inactive"),
        ("status", None, "status must be active or inactive"),
    ],
)
async def test_what_does_not_fit_is_refused(
    services: Services, field: str, value: Value, told: str
) -> None:
    wanted = ManualEdit(collection=C.USERS, id=RecordId(1), field=field, value=value, reason="")

    with pytest.raises(UsageError, match=told):
        await services.records.edit(wanted, actor=ANA)


async def test_what_fits_is_held_as_systems_tell_it(school: Syncing) -> None:
    record_id = await one(school, "u0003")
    steps: list[tuple[str, Value, Value]] = [
        ("enabled", 0, 0),
        ("grades", '[ "05", "06" ]', '["05","06"]'),
        ("grades", "", "[]"),
        ("phone", "x\udcff", "x\ufffd"),
        ("phone", "\x1b[31m\u202e" * 1000, "\x1b[31m\u202e" * 1000),
        ("phone", "", None),
    ]

    for field, value, stored in steps:
        await edit(school, record_id, field, value)
        view = await school.services.records.get(C.USERS, record_id)
        assert view.fields[field] == stored


async def test_a_day_is_a_day(school: Syncing) -> None:
    year = (await listed(school, C.ACADEMIC_SESSIONS))[0].id
    wanted = ManualEdit(
        collection=C.ACADEMIC_SESSIONS, id=year, field="ends_on", value="2027-06-30", reason=""
    )
    await school.services.records.edit(wanted, actor=ANA)

    view = await school.services.records.get(C.ACADEMIC_SESSIONS, year)
    assert view.fields["ends_on"] == "2027-06-30"
    never = ManualEdit(
        collection=C.ACADEMIC_SESSIONS, id=year, field="ends_on", value="31 June", reason=""
    )
    with pytest.raises(UsageError, match="such as 2026-09-01"):
        await school.services.records.edit(never, actor=ANA)


async def test_who_is_pinned_is_not_deactivated(school: Syncing) -> None:
    record_id = await one(school, "u0003")
    await school.services.records.pin(C.USERS, record_id, pinned=True, actor=ANA)
    school.district.leave("u0003")

    report = await school.sync()

    assert kinds(report)[ChangeKind.PROTECTED] == 1
    assert "u0003" in school.active()
    assert (await school.services.records.get(C.USERS, record_id)).line.is_pinned
    await school.services.records.pin(C.USERS, record_id, pinned=False, actor=ANA)
    await school.sync()
    assert "u0003" not in school.active()
    assert len(await school.services.audit.page(AuditFilter(action=Action.PIN_RECORD))) == 2


async def test_a_record_stays_when_its_integration_goes(school: Syncing) -> None:
    record_id = await one(school, "u0003")
    await school.services.integrations.remove(SIS, actor=ANA)

    view = await school.services.records.get(C.USERS, record_id)

    assert view.mappings == ()
    assert view.line.origin == SIS
    await edit(school, record_id, "phone", "999")
    await school.services.records.pin(C.USERS, record_id, pinned=True, actor=ANA)
    assert len(await listed(school)) == 42


async def test_who_may_only_look_looks(school: Syncing) -> None:
    assert await listed(school)
    wanted = ManualEdit(collection=C.USERS, id=RecordId(1), field="phone", value="1", reason="")
    with pytest.raises(NotAllowedError):
        await school.services.records.edit(wanted, actor=VIEWER)
    with pytest.raises(NotAllowedError):
        await school.services.records.pin(C.USERS, RecordId(1), pinned=True, actor=VIEWER)


async def test_hostile_names_are_listed_as_they_are(school: Syncing) -> None:
    name = "\x1b]0;x\x07[red]\u202e" + "n" * 9_900
    hostile = user(400, family_name=name)
    assert isinstance(hostile, User)
    school.district.put(C.USERS, hostile)
    await school.sync()

    (line,) = await listed(school, search="user400@")

    assert line.label == f"Given400 {name}"
    pages = await listed(school, limit=1)
    assert line in pages
