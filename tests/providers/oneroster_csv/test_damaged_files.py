"""Rows and headers as people send them: read as far as they can be, and told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from integration_tui.domain.roster import AcademicSession, Collection, Enrollment, Role, User
from integration_tui.providers.oneroster_csv.findings import KEPT, KEPT_ALIKE, FindingSeverity
from integration_tui.providers.oneroster_csv.validation import check
from tests.providers.oneroster_csv.damaged_files import (
    ENROLLMENTS,
    ORGS,
    ROLES,
    SESSIONS,
    USERS,
    USERS_1_1,
    listed,
    manifest,
    names,
    one,
    only,
    orgs,
    places,
    put,
)
from tests.providers.oneroster_csv.fixtures import roster, write

GOOD = "a,,,One,school,,\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("dataLastModified", "dateLastModified"),
        ("DATELASTMODIFIED", "dateLastModified"),
        (" name ", "name"),
        ("parent_sourced_id", "parentSourcedId"),
        ("SourcedID", "sourcedId"),
    ],
)
def test_a_misspelled_column_is_taken_for_what_it_means(
    tmp_path: Path, wrong: str, right: str
) -> None:
    report = orgs(tmp_path, GOOD, header=ORGS.replace(right, wrong))

    assert (only(report).severity, only(report).line) == ("warning", 1)
    assert right in only(report).advice
    assert names(tmp_path) == ["One"]


def test_what_json_calls_a_preferred_name_is_understood(tmp_path: Path) -> None:
    header = USERS.replace("preferredGivenName", "preferredFirstName")
    row = "u,,,true,ada,,Ada,L,,,,,,,,,,Addie,,,,\n"

    report = one(tmp_path, "users", header + row)

    records, _ = listed(tmp_path, Collection.USERS)
    assert [record.preferred_given_name for record in records if isinstance(record, User)] == [
        "Addie"
    ]
    assert any("preferredFirstName" in finding.message for finding in report.findings)


def test_metadata_is_passed_over_in_silence_and_other_columns_are_told(tmp_path: Path) -> None:
    header = ORGS.replace("\r\n", ",metadata.city,shoeSize\r\n")

    report = orgs(tmp_path, "a,,,One,school,,,Rome,43\n", header=header)

    assert only(report).severity == "info"
    assert "shoeSize" in only(report).message


def test_nameless_columns_at_the_end_are_told_once(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,,,One,school,,,,\n", header=ORGS.replace("\r\n", ",,\r\n"))

    assert places(report) == [("info", 1, "", "2 columns have no name")]


def test_columns_in_another_order_are_read_by_their_names(tmp_path: Path) -> None:
    report = orgs(tmp_path, "One,a\n", header="name,sourcedId\n")

    missing = {finding.column for finding in report.findings if "missing" in finding.message}
    assert missing == {"status", "dateLastModified", "type", "identifier", "parentSourcedId"}


def test_a_file_without_a_column_that_is_needed_is_not_read(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,One\n", header="sourcedId,name\n")

    assert "cannot be read" in next(
        finding.message for finding in report.findings if finding.severity is FindingSeverity.ERROR
    )
    assert names(tmp_path) == []


def test_a_file_without_a_header_repeats_nothing_of_its_first_line(tmp_path: Path) -> None:
    report = one(tmp_path, "users", "u1,hunter2,Ada\nu2,hunter3,Bob\n")

    assert "no header" in report.findings[-1].message
    assert "hunter" not in repr(report)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    assert "empty" in only(one(tmp_path, "orgs", b"")).message


def test_too_few_cells_are_blank_ones(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,,,One,school\n")

    assert places(report) == [("warning", 2, "", "the row has fewer cells than the header")]
    assert names(tmp_path) == ["One"]


@pytest.mark.parametrize("row", ["a,,,One, Two,school,,\n", "a,,,One, Two,school,,b\n"])
def test_a_row_that_has_slipped_is_put_aside(tmp_path: Path, row: str) -> None:
    report = orgs(tmp_path, f"{row}{GOOD.replace('a', 'b', 1)}")

    assert (only(report).severity, only(report).line) == ("error", 2)
    assert names(tmp_path) == ["One"]


@pytest.mark.parametrize("row", [",,,One,school,,\n", "  ,,,One,school,,\n"])
def test_a_row_without_an_id_is_put_aside(tmp_path: Path, row: str) -> None:
    report = orgs(tmp_path, row)

    assert (only(report).severity, only(report).column) == ("error", "sourcedId")
    _, rejected = listed(tmp_path, Collection.ORGS)
    assert [item.reason.startswith("orgs.csv:2: sourcedId") for item in rejected] == [True]


def test_blank_status_is_fine_in_bulk_and_told_in_a_delta(tmp_path: Path) -> None:
    assert orgs(tmp_path, GOOD).findings == ()

    put(tmp_path, {"manifest.csv": manifest(orgs="delta")})

    assert [finding.column for finding in check(tmp_path).findings] == [
        "status",
        "dateLastModified",
    ]


def test_an_equal_row_again_is_told_and_listed_once(tmp_path: Path) -> None:
    report = orgs(tmp_path, GOOD + GOOD)

    assert (only(report).severity, only(report).line) == ("info", 3)
    assert report.files[0].records == 1


def test_of_two_rows_with_one_id_the_first_counts_and_the_other_is_put_aside(
    tmp_path: Path,
) -> None:
    report = orgs(tmp_path, GOOD + GOOD.replace("One", "Two"))

    assert (only(report).severity, only(report).line) == ("error", 3)
    assert (report.files[0].records, report.files[0].put_aside) == (1, 1)
    assert names(tmp_path) == ["One"]


def test_a_thousand_ids_are_told_apart(tmp_path: Path) -> None:
    rows = "".join(f"o{number},,,N,school,,\n" for number in range(5000))

    report = orgs(tmp_path, rows + rows)

    assert report.files[0].records == 5000
    assert report.counts[FindingSeverity.INFO] == 5000


def test_blanks_around_an_id_are_taken_off(tmp_path: Path) -> None:
    report = orgs(tmp_path, " a ,,,One,school,,a\n")

    assert (only(report).severity, only(report).column) == ("warning", "sourcedId")


@pytest.mark.parametrize(
    ("cell", "severity"),
    [("School", "warning"), ("academy", "warning"), ("ext:academy", None)],
)
def test_a_word_that_is_not_oneroster_s_is_kept(
    tmp_path: Path, cell: str, severity: str | None
) -> None:
    report = orgs(tmp_path, f"a,,,One,{cell},,\n")

    records, _ = listed(tmp_path, Collection.ORGS)
    assert [finding.severity for finding in report.findings] == ([severity] if severity else [])
    kept = "school" if cell == "School" else cell
    assert [getattr(record, "type", "") for record in records] == [kept]


@pytest.mark.parametrize(
    ("cell", "value"), [("TRUE", True), ("0", False), ("yes", True), ("maybe", None)]
)
def test_a_boolean_that_is_written_otherwise_is_told(
    tmp_path: Path, cell: str, value: bool | None
) -> None:
    report = one(tmp_path, "enrollments", f"{ENROLLMENTS}e,,,c,s,u,student,{cell},,\n")

    records, _ = listed(tmp_path, Collection.ENROLLMENTS)
    assert (only(report).severity, only(report).column) == ("warning", "primary")
    assert [record.primary for record in records if isinstance(record, Enrollment)] == [value]


@pytest.mark.parametrize(
    ("cells", "found", "words"),
    [
        ("31/08/2026", ["2026-08-31"], ["otherwise"]),
        ("8/31/2026", ["2026-08-31"], ["otherwise"]),
        ("9/08/2026", ["2026-09-08"], ["read as month/day"]),
        ("5/05/2026", ["2026-05-05"], ["otherwise"]),
        (
            "31/08/2026 9/08/2026",
            ["2026-08-31", "2026-08-09"],
            ["otherwise", "the file's other dates"],
        ),
        ("09.08.2026", ["2026-08-09"], ["otherwise"]),
        ("2026-08-31T00:00:00Z", ["2026-08-31"], ["otherwise"]),
        ("2026/8/1", ["2026-08-01"], ["otherwise"]),
        ("31/31/2026", [], ["no date"]),
        ("1/2/26", [], ["no date"]),
        ("soon", [], ["no date"]),
        ("2026-02-30", [], ["no date"]),
    ],
)
def test_dates_of_spreadsheets_are_read_and_told_and_others_put_their_row_aside(
    tmp_path: Path, cells: str, found: list[str], words: list[str]
) -> None:
    rows = [
        f"t{number},,,Term,term,{cell},2027-01-01,,2027\n"
        for number, cell in enumerate(cells.split(" "))
    ]

    report = one(tmp_path, "academicSessions", SESSIONS + "".join(rows))

    records, _ = listed(tmp_path, Collection.ACADEMIC_SESSIONS)
    starts = [record.starts_on for record in records if isinstance(record, AcademicSession)]
    assert starts == [date.fromisoformat(found_one) for found_one in found]
    assert [finding.column for finding in report.findings] == ["startDate"] * len(words)
    assert all(word in one.message for word, one in zip(words, report.findings, strict=True))


def test_an_unknown_status_puts_its_row_aside_and_1_0_s_word_is_understood(
    tmp_path: Path,
) -> None:
    report = orgs(tmp_path, "a,gone,,One,school,,\nb,inactive,,Two,school,,\n")

    assert [(finding.severity, finding.line) for finding in report.findings] == [
        ("error", 2),
        ("warning", 3),
    ]
    records, _ = listed(tmp_path, Collection.ORGS)
    assert [record.status for record in records] == ["tobedeleted"]


def test_a_moment_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,,yesterday,One,school,,\n")

    assert only(report).column == "dateLastModified"
    assert names(tmp_path) == ["One"]


def test_references_that_lead_nowhere_are_told_and_kept(tmp_path: Path) -> None:
    write(tmp_path, roster(2))
    with (tmp_path / "enrollments.csv").open("a") as file:
        file.write("x,,,nowhere,s,u0,student,,,\ny,,,c,s,nobody,student,,,\n")

    report = check(tmp_path)

    assert [(finding.line, finding.column) for finding in report.findings] == [
        (4, "classSourcedId"),
        (5, "userSourcedId"),
    ]
    assert len(listed(tmp_path, Collection.ENROLLMENTS)[0]) == 4


def test_a_reference_to_a_row_further_down_leads_somewhere(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,,,One,school,,b\nb,,,Two,district,,c\n")

    assert [(finding.line, finding.column) for finding in report.findings] == [
        (3, "parentSourcedId")
    ]


def test_a_file_that_is_not_whole_makes_no_orphans(tmp_path: Path) -> None:
    files = {"manifest.csv": manifest(orgs="delta", enrollments="bulk"), "orgs.csv": ORGS}
    put(tmp_path, {**files, "enrollments.csv": f"{ENROLLMENTS}e,,,c,s,u,student,,,\n"})

    assert check(tmp_path).findings == ()


def test_roles_may_come_in_any_order(tmp_path: Path) -> None:
    users = f"{USERS}u1,,,true,a,,A,A,,,,,,,,,,,,,,\nu2,,,true,b,,B,B,,,,,,,,,,,,,,\n"
    rows = (
        "r1,,,u2,primary,aide,,,s,\nr2,,,u1,primary,teacher,,,s,\nr3,,,u2,secondary,parent,,,s,\n"
    )
    kinds = manifest(users="bulk", roles="bulk")

    report = check(
        put(tmp_path, {"manifest.csv": kinds, "users.csv": users, "roles.csv": ROLES + rows})
    )

    records, _ = listed(tmp_path, Collection.USERS)
    assert report.findings == ()
    assert [record.roles for record in records if isinstance(record, User)] == [
        (Role(role="teacher", org="s"),),
        (Role(role="aide", org="s"), Role(role="parent", org="s", type="secondary")),
    ]


def test_roles_of_nobody_and_users_without_roles_are_told(tmp_path: Path) -> None:
    users = f"{USERS}u1,,,true,a,,A,A,,,,,,,,,,,,,,\n"
    kinds = manifest(users="bulk", roles="bulk")
    row = "r1,,,ghost,primary,aide,,,s,\n"

    report = check(
        put(tmp_path, {"manifest.csv": kinds, "users.csv": users, "roles.csv": ROLES + row})
    )

    assert [finding.file for finding in report.findings] == ["users.csv", "roles.csv"]


def test_a_user_of_1_1_has_one_role_at_each_org(tmp_path: Path) -> None:
    row = 'u,,,true,"s1,s2",teacher,ada,"{SIS:7},{AD:x:y}",Ada,L,,,,,,,,\n'

    report = one(tmp_path, "users", USERS_1_1 + row, version="1.1")

    (user,), _ = listed(tmp_path, Collection.USERS)
    assert isinstance(user, User)
    assert report.findings == ()
    assert user.roles == (
        Role(role="teacher", org="s1"),
        Role(role="teacher", org="s2", type="secondary"),
    )
    assert [(record_id.type, record_id.identifier) for record_id in user.user_ids] == [
        ("SIS", "7"),
        ("AD", "x:y"),
    ]


def test_users_of_1_2_without_roles_csv_are_read_as_in_1_1(tmp_path: Path) -> None:
    report = one(tmp_path, "users", f"{USERS_1_1}u,,,true,s,teacher,ada,,Ada,L,,,,,,,,\n")

    (user,), _ = listed(tmp_path, Collection.USERS)
    assert "roles.csv" in report.findings[0].message
    assert isinstance(user, User)
    assert user.roles == (Role(role="teacher", org="s"),)


@pytest.mark.parametrize("name", ["password", "Password", "passwrd", " PASSWORD "])
def test_a_password_is_nowhere(tmp_path: Path, name: str) -> None:
    header = USERS.replace("password", name)
    rows = "u,,,maybe,ada,,Ada,L,,,,,,,,hunter2,,,,,,\nv,,soon,hunter2,x,hunter2,hunter2\n"
    rows += "w,hunter2,,true,x,,A,B,,,,,,,,,,,,,,\nx,,,true,x,,A,B, Jr,,,,,,,,hunter2,,,,,,\n"

    report = one(tmp_path, "users", header + rows)

    records, rejected = listed(tmp_path, Collection.USERS)
    assert [record.sourced_id for record in records] == ["u"]
    assert len(rejected) == 3
    assert "hunter2" not in repr(report) + repr(records) + repr(rejected)


def test_user_profiles_are_never_opened(tmp_path: Path) -> None:
    files = {"manifest.csv": manifest(orgs="bulk", userProfiles="bulk"), "orgs.csv": ORGS + GOOD}

    report = check(put(tmp_path, {**files, "userprofiles.csv": "x,password\n1,hunter2\n"}))

    assert "hunter2" not in repr(report)
    assert {finding.file for finding in report.findings} == {"manifest.csv", "userprofiles.csv"}


def test_a_file_name_in_other_letters_is_found_and_told(tmp_path: Path) -> None:
    put(tmp_path, {"Manifest.CSV": manifest(orgs="bulk"), "ORGS.csv": ORGS + GOOD})

    report = check(tmp_path)

    assert {finding.file for finding in report.findings} == {"Manifest.CSV", "ORGS.csv"}
    assert names(tmp_path) == ["One"]


def test_findings_are_bounded_and_the_rest_is_counted(tmp_path: Path) -> None:
    rows = "".join(f"o{number},,,N,academy,,\n" for number in range(1000))

    report = orgs(tmp_path, rows)

    assert len(report.findings) == KEPT_ALIKE
    assert report.more == 1000 - KEPT_ALIKE
    assert report.counts[FindingSeverity.WARNING] == 1000


def test_findings_of_many_kinds_are_bounded_too(tmp_path: Path) -> None:
    header = ORGS.replace("\r\n", "".join(f",column{number}" for number in range(2000)) + "\r\n")

    report = orgs(tmp_path, "", header=header)

    assert len(report.findings) == KEPT
    assert report.more == 2000 - KEPT
