"""Absent is not empty: a column that is not in a listing says nothing, and its loss is told."""

import csv
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.ids import IntegrationId, RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import ManualEdit
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import District, Syncing, kinds, sentences, serving, write

C, K = Collection, ChangeKind
FILES = IntegrationId("files")
PEOPLE = tuple(f"u{number}" for number in range(6))
DOCUMENT = """
name: {name}
type: oneroster_csv
path: {path}
sync: {{grace: {{sweeps: 1, days: 0}}, quality: {{max_drop: 100}}{more}}}
"""
MANIFEST = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n" + "".join(
    f"file.{name},bulk\n"
    for name in ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
)


def roster() -> dict[str, list[dict[str, str]]]:
    return {
        "orgs": [
            {"sourcedId": "d", "name": "District", "type": "district", "parentSourcedId": ""},
            {"sourcedId": "s", "name": "School", "type": "school", "parentSourcedId": "d"},
        ],
        "academicSessions": [
            {
                "sourcedId": "y",
                "title": "2026",
                "type": "schoolYear",
                "startDate": "2026-08-01",
                "endDate": "2027-07-01",
                "schoolYear": "2027",
            }
        ],
        "courses": [{"sourcedId": "k", "title": "Maths", "orgSourcedId": "s"}],
        "classes": [
            {
                "sourcedId": "c",
                "title": "Maths 1",
                "courseSourcedId": "k",
                "schoolSourcedId": "s",
                "termSourcedIds": "y",
                "classType": "scheduled",
                "location": "Room 1",
            }
        ],
        "users": [
            {
                "sourcedId": name,
                "status": "",
                "enabledUser": "false" if name == "u0" else "true",
                "orgSourcedIds": "s",
                "role": "student",
                "username": f"user-{name}",
                "givenName": f"Given {name}",
                "familyName": f"Family {name}",
                "identifier": f"id-{name}",
                "email": f"{name}@example.org",
                "phone": "555-0100",
                "agentSourcedIds": "u5" if name == "u1" else "",
                "grades": "05",
            }
            for name in PEOPLE
        ],
        "enrollments": [
            {
                "sourcedId": f"e-{name}",
                "classSourcedId": "c",
                "schoolSourcedId": "s",
                "userSourcedId": name,
                "role": "student",
                "primary": "",
                "beginDate": "2026-08-01",
                "endDate": "",
            }
            for name in PEOPLE
        ],
    }


@dataclass
class Folder(Syncing):
    """The same, with files instead of a server."""

    path: Path = field(default_factory=Path)
    files: dict[str, list[dict[str, str]]] = field(default_factory=roster)
    manifest: str = MANIFEST

    def publish(self) -> None:
        self.path.mkdir(exist_ok=True)
        (self.path / "manifest.csv").write_text(self.manifest)
        for name, rows in self.files.items():
            with (self.path / f"{name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    def drop(self, column: str, *, of: str = "users") -> None:
        for row in self.files[of]:
            del row[column]

    def rename(self, column: str, name: str, *, of: str = "users") -> None:
        self.files[of] = [
            {name if key == column else key: value for key, value in row.items()}
            for row in self.files[of]
        ]

    def set(self, column: str, value: str, *ids: str, of: str = "users") -> None:
        for row in self.files[of]:
            if not ids or row["sourcedId"] in ids:
                row[column] = value

    def held(self, column: str, table: str = "users") -> dict[str, object]:
        found = self.rows(f"SELECT external_id, {column} FROM {table}")  # noqa: S608 - ours
        return dict(found)


@pytest.fixture
async def folder(settings: Settings) -> AsyncGenerator[Folder]:
    path = settings.data_dir.parent / "files"
    path.mkdir(exist_ok=True)
    write(settings, {FILES: DOCUMENT.format(name=FILES, path=path, more="")})
    district = District(students=0)
    async with serving(district) as (sandbox, _), open_services(settings, actor=ANA) as services:
        assert not services.files.problems, services.files.problems
        one = Folder(district, sandbox, services, settings, name=FILES, path=path)
        await one.sync()
        yield one


async def findings(folder: Folder, report: RunReport) -> dict[tuple[str, str], int]:
    """Return by collection and field how many records keep what is held."""
    found = folder.rows(
        "SELECT collection, field, count FROM sync_read_findings"
        " WHERE run_id = ? AND rule = 'field-not-listed'",
        report.run.id,
    )
    return {(row[0], row[1]): row[2] for row in found}


COLUMNS = {
    "email": ("email", 6, "u0@example.org"),
    "username": ("username", 6, "user-u0"),
    "identifier": ("identifier", 6, "id-u0"),
    "phone": ("phone", 6, "555-0100"),
    "grades": ("grades", 6, '["05"]'),
    "agentSourcedIds": ("agents", 1, "[]"),
    "enabledUser": ("enabled", 1, 0),
}


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_column_that_vanishes_holds_the_plan_and_what_is_held_stays(
    folder: Folder, column: str
) -> None:
    name, count, value = COLUMNS[column]
    before = folder.held(name)
    folder.drop(column)

    report = await folder.plan(applies=True)

    assert report.run.status is RunStatus.HELD
    kept = "1 record keeps its" if count == 1 else f"{count} records keep their"
    assert sentences(report) == (
        f"field {name} of people missing from this listing, present in the last one; {kept}"
        " local value. Approve the plan to continue without the field"
    )
    assert kinds(report).get(K.UPDATE, 0) == 0
    assert await findings(folder, report) == {("users", name): count}
    with pytest.raises(ConflictError, match="is held"):
        await folder.apply(report, spares=True)
    await folder.approve(report)
    await folder.apply(report)
    assert folder.held(name) == before
    assert before["u0"] == value


async def test_a_renamed_column_is_one_that_vanished(folder: Folder) -> None:
    folder.rename("email", "contactAddress")

    report = await folder.plan()

    assert "field email of people missing from this listing" in sentences(report)


async def test_what_was_approved_is_not_asked_again_but_is_reported(folder: Folder) -> None:
    folder.drop("phone")
    await folder.sync()

    report = await folder.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds
    assert await findings(folder, report) == {("users", "phone"): 6}
    listing = next(listing for listing in report.listings if listing.collection is C.USERS)
    assert listing.same == 6  # nobody is looked at again in every run


async def test_only_a_value_that_is_there_and_empty_clears(folder: Folder) -> None:
    folder.drop("phone")
    await folder.sync()
    for row in folder.files["users"]:
        row["phone"] = ""

    report = await folder.plan()

    assert kinds(report)[K.UPDATE] == 6
    assert "6 of 6 people of School lose their phone number" in sentences(report)
    await folder.approve(report)
    await folder.apply(report)
    assert set(folder.held("phone").values()) == {None}


async def test_a_column_that_is_back_with_its_values_changes_nothing(folder: Folder) -> None:
    folder.drop("phone")
    await folder.sync()
    for row in folder.files["users"]:
        row["phone"] = "555-0100"

    report = await folder.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds
    assert kinds(report).get(K.UPDATE, 0) == 0
    assert await findings(folder, report) == {}


async def test_a_column_that_is_back_with_other_values_is_taken(folder: Folder) -> None:
    folder.drop("phone")
    await folder.sync()
    for row in folder.files["users"]:
        row["phone"] = "555-0199" if row["sourcedId"] == "u0" else "555-0100"

    await folder.sync()

    assert folder.held("phone")["u0"] == "555-0199"


async def test_other_fields_change_while_a_column_is_away(folder: Folder) -> None:
    folder.drop("phone")
    folder.set("email", "new@example.org", "u0")

    await folder.sync()

    assert folder.held("phone")["u0"] == "555-0100"
    assert folder.held("email")["u0"] == "new@example.org"


async def test_an_enrollment_has_a_role_of_its_own(folder: Folder) -> None:
    folder.set("role", "teacher", "e-u0", of="enrollments")

    await folder.sync()

    assert folder.held("role", "enrollments")["e-u0"] == "teacher"


def split_roles(folder: Folder) -> None:
    """Write the people as OneRoster 1.2 does: roles in a file of their own, no first org."""
    folder.manifest = MANIFEST.replace("1.1", "1.2") + "file.roles,bulk\n"
    folder.files["roles"] = [
        {
            "sourcedId": f"r-{row['sourcedId']}",
            "userSourcedId": row["sourcedId"],
            "roleType": "primary",
            "role": row.pop("role"),
            "orgSourcedId": row.pop("orgSourcedIds"),
        }
        for row in folder.files["users"]
    ]
    for row in folder.files["users"]:
        row["primaryOrgSourcedId"] = ""


async def test_without_the_file_of_roles_everybody_keeps_role_and_school(folder: Folder) -> None:
    split_roles(folder)
    await folder.sync()
    before = folder.held("roles"), folder.held("organization_id")
    del folder.files["roles"]
    (folder.path / "roles.csv").unlink()
    folder.manifest = folder.manifest.replace("file.roles,bulk", "file.roles,absent")

    report = await folder.plan()

    assert "field roles of people missing from this listing" in sentences(report)
    assert kinds(report).get(K.UPDATE, 0) == 0
    await folder.approve(report)
    await folder.apply(report)
    assert (folder.held("roles"), folder.held("organization_id")) == before
    assert None not in before[1].values()


async def test_roles_that_cannot_be_told_stay(folder: Folder) -> None:
    folder.drop("role")

    report = await folder.plan()

    assert "field roles of people missing from this listing" in sentences(report)
    assert "field primary_org of people missing from this listing" in sentences(report)
    assert kinds(report).get(K.UPDATE, 0) == 0


async def test_a_column_that_nobody_used_may_go(folder: Folder) -> None:
    folder.drop("endDate", of="enrollments")

    report = await folder.plan()

    assert report.run.status is RunStatus.PLANNED, report.run.holds


@pytest.mark.parametrize(
    ("of", "column", "name"),
    [
        ("classes", "location", "location"),
        ("classes", "termSourcedIds", "terms"),
        ("enrollments", "beginDate", "begins_on"),
        ("orgs", "parentSourcedId", "parent"),
        ("academicSessions", "schoolYear", "school_year"),
        ("courses", "orgSourcedId", "org"),
    ],
)
async def test_columns_of_every_file_are_looked_at(
    folder: Folder, of: str, column: str, name: str
) -> None:
    folder.drop(column, of=of)

    report = await folder.plan()

    assert f"field {name} of " in sentences(report)
    assert all(listing.count(K.UPDATE) == 0 for listing in report.listings)


async def test_who_was_called_gone_stays_so_without_the_column_of_the_status(
    folder: Folder,
) -> None:
    folder.set("status", "tobedeleted", "u1")
    await folder.sync()
    folder.drop("status")

    report = await folder.plan()

    assert "field status of people missing from this listing" in sentences(report)
    await folder.approve(report)
    await folder.apply(report)
    assert folder.held("status")["u1"] == "inactive"


async def test_who_was_not_listed_comes_back_without_the_column_of_the_status(
    folder: Folder,
) -> None:
    away = folder.files["users"].pop(1)
    await folder.sync()
    assert folder.held("status")["u1"] == "inactive"
    folder.files["users"].insert(1, away)
    folder.drop("status")

    await folder.sync()

    assert folder.held("status")["u1"] == "active"


async def test_who_returns_without_a_column_keeps_what_was_held(folder: Folder) -> None:
    away = folder.files["users"].pop(1)
    await folder.sync()
    folder.files["users"].insert(1, away)
    folder.drop("email")

    await folder.sync()

    assert folder.held("status")["u1"] == "active"
    assert folder.held("email")["u1"] == "u1@example.org"


async def test_a_question_stays_open_while_its_column_is_away(folder: Folder) -> None:
    edit = ManualEdit(
        collection=C.USERS,
        id=RecordId(int(str(folder.held("id")["u0"]))),
        field="email",
        value="ours@example.org",
        reason="right",
    )
    await folder.services.records.edit(edit, actor=ANA)
    folder.set("email", "theirs@example.org", "u0")
    await folder.sync()
    folder.drop("email")

    await folder.sync()

    asked = folder.rows("SELECT field, side FROM sync_conflicts")
    assert asked == [("email", None)]
    assert folder.held("sync_status")["u0"] == "conflict"
    assert folder.held("email")["u0"] == "ours@example.org"


async def test_a_run_is_taken_back_though_its_columns_are_away_now(folder: Folder) -> None:
    folder.set("email", "new@example.org", "u0")
    done = await folder.sync()
    folder.drop("email")
    await folder.sync()

    run = await folder.services.sync.undo(done.run.id, actor=ANA)
    report = await folder.services.sync.wait(run.id)
    await folder.apply(report)

    assert folder.held("email")["u0"] == "u0@example.org"


async def test_another_system_that_lacks_a_column_takes_nothing_away(
    folder: Folder, settings: Settings
) -> None:
    path = folder.path.parent / "others"
    owns = ", match: {rules: [identifier]}, conflicts: {owners: {users.phone: others}}"
    document = DOCUMENT.format(name="others", path=path, more=owns)
    write(settings, {IntegrationId("others"): document})
    async with open_services(settings, actor=ANA) as services:
        other = Folder(
            folder.district,
            folder.sandbox,
            services,
            settings,
            name=IntegrationId("others"),
            path=path,
        )
        other.drop("phone")
        await other.sync()
        assert len(folder.held("phone")) == len(PEOPLE)
        assert set(folder.held("phone").values()) == {"555-0100"}
        for row in other.files["users"]:
            row["phone"] = "555-0177"

        await other.sync()

    assert set(folder.held("phone").values()) == {"555-0177"}
