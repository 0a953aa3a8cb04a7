"""What a screen asks of a roster again and again is answered from an index, however big it is."""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.roster_view import RecordFilter, RecordLine
from integration_tui.store.database import Database
from integration_tui.store.roster.search import spellings
from tests.store.fixtures import LINCOLN
from tests.store.sync.test_plan_view import Question, plans_of

C = Collection
USERS = RecordFilter(collection=C.USERS)
ONE = RecordId(1)
names = st.sampled_from(["Ab", "ab", "Á", "Zoë", "", "a'b", "\U0010ffff", "Ab c"])
people = st.lists(st.tuples(names, names), max_size=25)

QUESTIONS: dict[str, Question] = {
    "users": lambda rows: rows.roster.browse(USERS, after="", limit=20),
    "users further down": lambda rows: rows.roster.browse(
        USERS, after='["F10","G10",10]', limit=20
    ),
    **{
        f"all {collection}": lambda rows, value=collection: rows.roster.browse(  # type: ignore[misc]  # bound early
            RecordFilter(collection=value), after="", limit=20
        )
        for collection in ROSTER
    },
    "one line": lambda rows: rows.roster.line(C.USERS, ONE),
    "one record": lambda rows: rows.records.get(C.USERS, ONE),
    "history": lambda rows: rows.records.history(C.USERS, ONE, limit=20),
    "ids of a record": lambda rows: rows.mappings.of(C.USERS, ONE),
    "record of an id": lambda rows: rows.mappings.find(LINCOLN, C.USERS, "u1"),
    "matches": lambda rows: rows.mappings.matches(LINCOLN, limit=20),
    "conflicts of a system": lambda rows: rows.conflicts.page(
        LINCOLN, open_only=True, after=0, limit=20
    ),
    "conflicts": lambda rows: rows.conflicts.page(None, open_only=True, after=0, limit=20),
    "conflicts of a record": lambda rows: rows.conflicts.open_of(C.USERS, ONE),
}
NARROWED = {
    "by name": RecordFilter(collection=C.USERS, search="G1"),
    "by two names": RecordFilter(collection=C.USERS, search="G1 F1"),
    "seats by name": RecordFilter(collection=C.ENROLLMENTS, search="G1"),
    "of a school": RecordFilter(collection=C.USERS, org=ONE),
    "of a class": RecordFilter(collection=C.USERS, class_id=ONE),
    "seats of a class": RecordFilter(collection=C.ENROLLMENTS, class_id=ONE),
    "seats of a user": RecordFilter(collection=C.ENROLLMENTS, user_id=ONE),
    "classes of a user": RecordFilter(collection=C.CLASSES, user_id=ONE),
    "in conflict": RecordFilter(collection=C.USERS, has_conflict=True),
}


async def fill(database: Database, named: Iterable[tuple[str, str]]) -> None:
    """Hold one school and these people."""
    async with database.transaction() as transaction:
        run = transaction.roster._connection.exec_driver_sql
        for table in ("enrollments", "users", "organizations"):
            await run(f"DELETE FROM {table}")  # noqa: S608 - ours
        head = "tenant_id, id, external_system_id, external_id, status, sync_status"
        await run(
            f"INSERT INTO organizations ({head}, name, type)"  # noqa: S608 - ours
            " VALUES ('local', 1, 'lincoln', 's', 'active', 'synced', 'School', 'school')",
        )
        for number, (given_name, family_name) in enumerate(named, start=1):
            await run(
                f"INSERT INTO users ({head}, given_name, family_name, enabled,"  # noqa: S608 - ours
                " organization_id) VALUES ('local', :id, 'lincoln', 'u' || :id, 'active',"
                " 'synced', :given, :family, 1, 1)",
                {"id": number, "given": given_name, "family": family_name},
            )


@pytest.fixture
async def roster(lincoln: Database) -> Database:
    await fill(lincoln, [(f"G{number}", f"F{number}") for number in range(500)])
    return lincoln


def scans(plans: list[str]) -> list[str]:
    """Return where a table is read through; parts of lists in JSON and of answers are none."""
    return [
        plan
        for plan in plans
        if plan.startswith("SCAN") and "VIRTUAL TABLE" not in plan and plan != "SCAN CONSTANT ROW"
    ]


def walks(plans: list[str]) -> list[str]:
    """Return where all rows of the tenant are looked at."""
    few = "SEARCH i "  # integrations
    return [
        plan
        for plan in plans
        if plan.endswith("PRIMARY KEY (tenant_id=?)") and not plan.startswith(few)
    ]


@pytest.mark.parametrize("name", QUESTIONS)
async def test_no_question_reads_a_table_through(roster: Database, name: str) -> None:
    async with plans_of(roster) as plans, roster.reading() as rows:
        await QUESTIONS[name](rows)

    assert plans
    assert scans(plans) == []
    if name not in {"all enrollments", "matches", "conflicts", "conflicts of a record"}:
        assert walks(plans) == []
    sorts = [plan for plan in plans if plan.endswith("FOR ORDER BY")]
    assert len(sorts) <= 1, "no more than the page itself is sorted"


@pytest.mark.parametrize("name", NARROWED)
async def test_no_filter_reads_a_table_through(roster: Database, name: str) -> None:
    async with plans_of(roster) as plans, roster.reading() as rows:
        await rows.roster.browse(NARROWED[name], after="", limit=20)
        await rows.roster.count(NARROWED[name])

    assert plans
    assert scans(plans) + walks(plans) == []


async def walked(database: Database, wanted: RecordFilter, *, limit: int) -> list[RecordLine]:
    found: list[RecordLine] = []
    async with database.reading() as rows:
        while page := await rows.roster.browse(
            wanted, after=found[-1].place if found else "", limit=limit
        ):
            assert len(page) <= limit
            found += page
        assert await rows.roster.count(wanted) == len(found)
    return found


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(named=people, limit=st.integers(1, 7))
async def test_pages_are_the_list_whatever_people_are_called(
    lincoln: Database, named: list[tuple[str, str]], limit: int
) -> None:
    await fill(lincoln, named)

    found = await walked(lincoln, USERS, limit=limit)

    expected = sorted(
        (family.encode(), given_name.encode(), number)
        for number, (given_name, family) in enumerate(named, start=1)
    )
    assert [line.id for line in found] == [number for *_, number in expected]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(named=people, sought=st.sampled_from(["a", "A", "zo", "Á", "a'", "ab c"]))
async def test_who_is_found_is_called_so(
    lincoln: Database, named: list[tuple[str, str]], sought: str
) -> None:
    await fill(lincoln, named)

    found = await walked(lincoln, RecordFilter(collection=C.USERS, search=sought), limit=3)

    ways = spellings(sought)
    called = {
        number
        for number, (given_name, family) in enumerate(named, start=1)
        if given_name.startswith(ways) or family.startswith(ways)
    }
    assert {line.id for line in found} >= called
    words = sought.lower().split()
    for line in found:
        assert all(word in line.label.lower() for word in words)


JOINED = [
    ("شی\u200cرین", "سپیر"),
    ("ශ්\u200dරී", "ලංකා"),
    ("Anna", "Mül\u00adler"),
    ("شیرین", "شیری"),
    ("👩\u200d🚀 Ida", "Roth"),
]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("شیرین", {1, 4}),
        ("شی\u200cرین", {1, 4}),
        ("شیرین سپیر", {1}),
        ("سپیر, شی\u200cرین", {1}),
        ("ශ්රී", {2}),
        ("ශ්\u200dරී", {2}),
        ("müller", {3}),
        ("Mül\u00adler", {3}),
        ("anna müll", {3}),
        ("👩🚀", {5}),
        ("شیری", {1, 4}),
    ],
)
async def test_joiners_and_soft_hyphens_are_passed_over(
    lincoln: Database, sought: str, found: set[int]
) -> None:
    await fill(lincoln, JOINED)

    lines = await walked(lincoln, RecordFilter(collection=C.USERS, search=sought), limit=3)

    assert {line.id for line in lines} == found


async def test_names_with_joiners_are_looked_up_in_an_index_of_their_own(
    lincoln: Database,
) -> None:
    await fill(lincoln, [*JOINED, *((f"G{number}", f"F{number}") for number in range(500))])

    async with plans_of(lincoln) as plans, lincoln.reading() as rows:
        await rows.roster.browse(NARROWED["by two names"], after="", limit=20)

    assert any("COVERING INDEX ix_users_joined" in plan for plan in plans)
    assert scans(plans) + walks(plans) == []
