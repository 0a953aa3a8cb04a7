"""A small roster, as records and as files, and a connector to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from integration_tui.domain.provider import Connector
from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Course,
    Demographics,
    Enrollment,
    Org,
    Record,
    Role,
    User,
    UserId,
)
from integration_tui.providers.oneroster_csv import SPEC
from integration_tui.providers.oneroster_csv.config import OneRosterCsvConfig
from integration_tui.providers.oneroster_csv.tables import Version
from integration_tui.providers.oneroster_csv.writer import CsvWriter
from integration_tui.testing.host import FakeHost

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
USERS = 25

Roster = Mapping[Collection, Sequence[Record]]


def roster(users: int = USERS) -> Roster:
    """Return one school with one class, and as many users as asked for."""
    people = [_user(number) for number in range(users)]
    return {
        Collection.ORGS: [
            Org(sourced_id="d", name="District", type="district"),
            Org(sourced_id="s", name="Lincoln, High", type="school", identifier="7", parent="d"),
        ],
        Collection.ACADEMIC_SESSIONS: [
            AcademicSession(
                sourced_id="y",
                title="2026/27",
                type="schoolYear",
                starts_on=date(2026, 8, 1),
                ends_on=date(2027, 8, 1),
                school_year="2027",
            )
        ],
        Collection.COURSES: [
            Course(sourced_id="k", title="Algebra", org="s", grades=("09", "10"), school_year="y")
        ],
        Collection.CLASSES: [
            Class(sourced_id="c", title="Algebra 1", course="k", school="s", terms=("y",))
        ],
        Collection.USERS: people,
        Collection.ENROLLMENTS: [
            Enrollment(sourced_id=f"e{person.sourced_id}", user=person.sourced_id, class_="c",
                       school="s", role="student", primary=False)
            for person in people
        ],
        Collection.DEMOGRAPHICS: [
            Demographics(sourced_id=person.sourced_id, birth_date=date(2010, 1, 31), asian=True)
            for person in people[:3]
        ],
    }  # fmt: skip


def _user(number: int) -> User:
    return User(
        sourced_id=f"u{number}",
        given_name="Ada",
        family_name=f"Nr. {number}",
        username=f"ada{number}",
        roles=(Role(role="student", org="s"), Role(role="aide", org="d", type="secondary")),
        user_ids=(UserId(type="SIS", identifier=str(number)),),
        grades=("09",),
    )


def write(
    folder: Path, records: Roster, *, version: Version = "1.2", delta: bool = False
) -> CsvWriter:
    """Write a roster, and say so in a manifest."""
    writer = CsvWriter(folder, version=version, delta=delta, source="Test SIS", written_at=NOW)
    for collection, rows in records.items():
        writer.write(collection, rows)
    writer.finish()
    return writer


def config(path: Path, **more: object) -> OneRosterCsvConfig:
    return OneRosterCsvConfig.model_validate(
        {"name": "files", "type": "oneroster_csv", "path": str(path), **more}
    )


def connector(path: Path, **more: object) -> Connector:
    return SPEC.build(config(path, **more), FakeHost().context(name="files"))


@asynccontextmanager
async def csv_files(*, bad_records: bool = False) -> AsyncGenerator[Connector]:
    """Yield a connector to files with more than one page of users."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        write(path, roster())
        if bad_records:
            with (path / "users.csv").open("a") as file:
                file.write("one,two\r\n")
        yield connector(path, sync={"page_size": 10})
