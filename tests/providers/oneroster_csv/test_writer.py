"""What is written: the specification's headers to the letter, inert, private, repeatable."""

from __future__ import annotations

import csv
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration_tui.domain.errors import UsageError
from integration_tui.domain.roster import Collection, Org, Role, User, UserId
from integration_tui.domain.text_damage import LONGEST_ID, LONGEST_TEXT
from integration_tui.providers.oneroster_csv.tables import LISTED, TABLES, Version
from integration_tui.providers.oneroster_csv.validation import check
from integration_tui.providers.oneroster_csv.writer import CsvWriter, zipped
from tests.providers.oneroster_csv.damaged_files import (
    ENROLLMENTS,
    ORGS,
    ROLES,
    SESSIONS,
    USERS,
    USERS_1_1,
)
from tests.providers.oneroster_csv.fixtures import NOW, roster, write

STEMS = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
SIX = {f"{stem}.csv" for stem in STEMS}


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize(
    ("version", "stem", "header"),
    [
        ("1.2", "orgs", ORGS),
        ("1.2", "academicSessions", SESSIONS),
        ("1.2", "enrollments", ENROLLMENTS),
        ("1.2", "roles", ROLES),
        ("1.2", "users", USERS),
        ("1.1", "users", USERS_1_1),
    ],
)
def test_a_header_is_the_specification_s(version: Version, stem: str, header: str) -> None:
    assert ",".join(TABLES[version][stem].header) == header.strip()


@pytest.mark.parametrize(("version", "files"), [("1.1", SIX), ("1.2", SIX | {"roles.csv"})])
def test_an_empty_roster_has_all_its_files(
    tmp_path: Path, version: Version, files: set[str]
) -> None:
    write(tmp_path, {}, version=version)

    assert {path.name for path in tmp_path.iterdir()} == files | {"manifest.csv"}
    assert all(len(cells(tmp_path / name)) == 1 for name in files)
    assert check(tmp_path).counts["error"] == 0  # type: ignore[index]  # its values are these words


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_manifest_says_something_of_every_file(tmp_path: Path, version: Version) -> None:
    write(tmp_path, roster(), version=version)

    told = dict(cells(tmp_path / "manifest.csv"))

    assert {f"file.{stem}" for stem in LISTED[version]} <= told.keys()
    assert told["oneroster.version"] == version
    assert told["file.demographics"] == "bulk"
    assert told["file.results"] == "absent"
    assert told["source.systemName"] == "Test SIS"


def test_demographics_are_absent_where_none_are_written(tmp_path: Path) -> None:
    write(tmp_path, {})

    assert dict(cells(tmp_path / "manifest.csv"))["file.demographics"] == "absent"
    assert not (tmp_path / "demographics.csv").exists()


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("delta", [False, True])
def test_what_is_written_is_sound(tmp_path: Path, version: Version, *, delta: bool) -> None:
    records = {**roster()}
    if version == "1.1":
        records[Collection.USERS] = []
        records[Collection.ENROLLMENTS] = []
        records[Collection.DEMOGRAPHICS] = []

    write(tmp_path, records, version=version, delta=delta)

    assert check(tmp_path).findings == ()


def test_a_delta_has_status_and_moment_in_every_row(tmp_path: Path) -> None:
    write(tmp_path, roster(), delta=True)

    for name in ("orgs.csv", "users.csv", "roles.csv", "enrollments.csv"):
        rows = cells(tmp_path / name)[1:]
        assert {(row[1], row[2]) for row in rows} == {("active", "2026-11-02T08:00:00.000Z")}


def test_every_cell_is_in_quotes_and_inert(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", " @SUM(A1)", "\t=1", "\uff1d1+1", "-1", "plain"]
    orgs = [Org(sourced_id=f"+{n}", name=name, type="school") for n, name in enumerate(names)]

    write(tmp_path, {Collection.ORGS: orgs})

    rows = cells(tmp_path / "orgs.csv")[1:]
    assert [row[3] for row in rows] == [*(f"'{name}" for name in names[:-1]), "plain"]
    assert [row[0] for row in rows] == [f"'+{number}" for number in range(len(names))]
    text = (tmp_path / "orgs.csv").read_text()
    assert text.count('"') == 2 * 7 * (len(names) + 1)


def test_without_the_guard_cells_are_as_they_are(tmp_path: Path) -> None:
    writer = CsvWriter(tmp_path, source="x", written_at=NOW, guard=False)
    writer.write(Collection.ORGS, [Org(sourced_id="a", name="=1", type="school")])
    writer.finish()

    assert cells(tmp_path / "orgs.csv")[1][3] == "=1"


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    write(tmp_path / "new", roster())
    zipped(tmp_path / "new", tmp_path / "roster.zip")

    for path in [*(tmp_path / "new").iterdir(), tmp_path / "roster.zip"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize("link", [False, True])
def test_nothing_is_written_over_a_file_or_through_a_link(tmp_path: Path, *, link: bool) -> None:
    (tmp_path / "mine").write_text("mine")
    there = tmp_path / "orgs.csv"
    if link:
        there.symlink_to(tmp_path / "mine")
    else:
        there.write_text("mine")
    writer = CsvWriter(tmp_path, source="x", written_at=NOW)

    with pytest.raises(UsageError, match="already exists") as caught:
        writer.write(Collection.ORGS, [])

    writer.close()
    assert caught.value.advice
    assert there.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="cannot be written"):
        CsvWriter(tmp_path / "file" / "new", source="x", written_at=NOW)


def test_an_export_that_was_not_finished_has_no_manifest(tmp_path: Path) -> None:
    writer = CsvWriter(tmp_path, source="x", written_at=NOW)
    writer.write(Collection.ORGS, roster()[Collection.ORGS])

    writer.close()

    assert [path.name for path in tmp_path.iterdir()] == ["orgs.csv"]
    writer.close()


def test_the_same_roster_makes_the_same_zip(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, roster())
        zipped(tmp_path / name, tmp_path / f"{name}.zip")

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def user(**more: object) -> User:
    return User(sourced_id="u", given_name="Ada", family_name="L", **more)  # type: ignore[arg-type]  # a test's


@pytest.mark.parametrize(
    ("one", "columns"),
    [
        (user(roles=(Role(role="aide", org="a"), Role(role="parent", org="b"))), ["role"]),
        (user(roles=(Role(role="aide", org="a"),), pronouns="she"), ["pronouns"]),
        (
            user(preferred_given_name="A", primary_org="s"),
            ["preferredGivenName", "primaryOrgSourcedId"],
        ),
        (user(roles=(Role(role="aide", org="a", begins_on=NOW.date()),)), ["role"]),
        (user(user_ids=(UserId(type="a:b", identifier="1"),)), ["userIds"]),
        (user(roles=(Role(role="aide", org="a"),)), []),
    ],
)
def test_1_1_tells_what_it_cannot_carry(tmp_path: Path, one: User, columns: list[str]) -> None:
    writer = write(tmp_path, {Collection.USERS: [one]}, version="1.1")

    assert [finding.column for finding in writer.findings.kept] == columns


def test_of_several_roles_1_1_has_the_first_primary_one(tmp_path: Path) -> None:
    roles = (
        Role(role="parent", org="a", type="secondary"),
        Role(role="teacher", org="b", type="secondary"),
        Role(role="teacher", org="c"),
    )

    write(tmp_path, {Collection.USERS: [user(roles=roles)]}, version="1.1")

    row = cells(tmp_path / "users.csv")[1]
    assert (row[4], row[5]) == ("c,b", "teacher")


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_record_that_no_csv_can_carry_is_left_out_and_told(tmp_path: Path, name: str) -> None:
    writer = write(tmp_path, {Collection.ORGS: [Org(sourced_id="a", name=name, type="school")]})

    assert len(cells(tmp_path / "orgs.csv")) == 1
    assert [finding.severity for finding in writer.findings.kept] == ["error"]


def test_a_name_without_end_is_cut_as_it_would_be_read_and_told(tmp_path: Path) -> None:
    long = Org(sourced_id="a", name="x" * 200_000, type="school")

    writer = write(tmp_path, {Collection.ORGS: [long]})

    assert [len(row[3]) for row in cells(tmp_path / "orgs.csv")[1:]] == [LONGEST_TEXT]
    assert [(finding.severity, finding.column) for finding in writer.findings.kept] == [
        ("warning", "name")
    ]


@pytest.mark.parametrize("sourced_id", ["x" * (LONGEST_ID + 1), "", " ", "#N/A"])
def test_a_record_without_a_usable_id_is_left_out_and_told(tmp_path: Path, sourced_id: str) -> None:
    writer = write(
        tmp_path, {Collection.ORGS: [Org(sourced_id=sourced_id, name="A", type="school")]}
    )

    assert len(cells(tmp_path / "orgs.csv")) == 1
    assert (writer.left_out, [finding.severity for finding in writer.findings.kept]) == (
        1,
        ["error"],
    )


def test_passwords_are_never_written(tmp_path: Path) -> None:
    write(tmp_path, {Collection.USERS: [user()]})

    header, row = cells(tmp_path / "users.csv")
    assert row[header.index("password")] == ""


def test_a_moment_of_another_zone_is_written_in_utc(tmp_path: Path) -> None:
    moment = datetime.fromisoformat("2026-08-31T12:00:00.123456+02:00")
    org = Org(sourced_id="a", name="A", type="school", modified_at=moment.astimezone(UTC))

    write(tmp_path, {Collection.ORGS: [org]}, delta=True)

    assert cells(tmp_path / "orgs.csv")[1][2] == "2026-08-31T10:00:00.123456Z"
