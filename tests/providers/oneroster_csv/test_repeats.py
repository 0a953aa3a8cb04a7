"""Rows under one id: none goes in silence, and every row of a file is accounted for."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.paging import Duplicate
from integration_tui.domain.roster import Collection, Enrollment, Role, User
from integration_tui.providers.oneroster_csv.validation import check
from tests.providers.oneroster_csv.damaged_files import (
    ENROLLMENTS,
    ORGS,
    ROLES,
    USERS,
    USERS_1_1,
    listed,
    manifest,
    one,
    only,
    orgs,
    places,
    put,
)
from tests.providers.oneroster_csv.test_listing import of_pages, pages

ONE = "a,,,One,school,,\n"
EARLY, LATE = "2026-11-29T10:00:00.000Z", "2026-11-29T12:00:00.000Z"


def person(org: str, *, role: str = "teacher", family: str = "L", moment: str = "") -> str:
    status = "active" if moment else ""
    return f"t,{status},{moment},true,{org},{role},ada,,Ada,{family},,,,,,,,\n"


async def test_two_people_under_one_id_are_an_error_and_the_listing_is_not_complete(
    tmp_path: Path,
) -> None:
    report = orgs(tmp_path, ONE + ONE.replace("One", "Two"))

    (page,) = await pages(of_pages(tmp_path), Collection.ORGS)
    assert (only(report).severity, only(report).line, only(report).file) == ("error", 3, "orgs.csv")
    assert not report.is_valid
    assert page.duplicates == (Duplicate(sourced_id="a", differs=True),)
    assert not page.complete
    assert "same id" in page.reason


def test_an_id_that_a_spreadsheet_shortened_has_a_sentence_of_its_own(tmp_path: Path) -> None:
    row = "1.00235E+11,,,One,school,,\n"

    report = orgs(tmp_path, row + row.replace("One", "Two"))

    (found,) = [finding for finding in report.findings if finding.severity == "error"]
    assert "spreadsheet" in found.message
    assert "as text" in found.advice


def test_equal_rows_differ_neither_by_their_moment_nor_by_what_is_not_read(tmp_path: Path) -> None:
    header = ORGS.replace("\r\n", ",metadata.x\r\n")
    rows = f"a,,{EARLY},One,school,,,1\na,,{LATE},One,school,,,2\n"

    report = orgs(tmp_path, rows, header=header)

    assert report.is_valid
    assert (report.files[0].records, report.files[0].duplicates) == (1, 1)


def test_a_value_in_another_column_is_another_row(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,,,One,school,7,\na,,,One,school,,7\n")

    assert report.files[0].put_aside == 1


@pytest.mark.parametrize("moments", [(EARLY, LATE), (LATE, EARLY)])
def test_in_a_delta_the_row_that_was_changed_last_counts(
    tmp_path: Path, moments: tuple[str, str]
) -> None:
    cells = {EARLY: "tobedeleted", LATE: "active"}
    rows = "".join(f"e,{cells[moment]},{moment},c,s,u,student,false,,\n" for moment in moments)
    put(tmp_path, {"manifest.csv": manifest(enrollments="delta")})
    put(tmp_path, {"enrollments.csv": f"{ENROLLMENTS}{rows}"})

    report = check(tmp_path)

    (record,), _ = listed(tmp_path, Collection.ENROLLMENTS)
    assert isinstance(record, Enrollment)
    assert record.status == "active"
    assert report.is_valid
    assert "changed last" in only(report).message


@pytest.mark.parametrize("moment", [EARLY, ""])
def test_in_a_delta_without_an_order_the_last_row_counts_and_is_told(
    tmp_path: Path, moment: str
) -> None:
    rows = f"a,active,{moment},One,school,,\na,active,{moment},Two,school,,\n"
    put(tmp_path, {"manifest.csv": manifest(orgs="delta"), "orgs.csv": ORGS + rows})

    report = check(tmp_path)

    (record,), _ = listed(tmp_path, Collection.ORGS)
    assert getattr(record, "name", "") == "Two"
    assert ("warning", 3, "sourcedId") in [place[:3] for place in places(report)]


def test_rows_of_one_person_at_several_schools_become_one_person(tmp_path: Path) -> None:
    rows = person("s1") + person("s2") + person("s3", role="administrator") + person("s1")

    report = one(tmp_path, "users", USERS_1_1 + rows, version="1.1")

    (record,), _ = listed(tmp_path, Collection.USERS)
    assert isinstance(record, User)
    assert record.roles == (
        Role(role="teacher", org="s1"),
        Role(role="teacher", org="s2", type="secondary"),
        Role(role="administrator", org="s3", type="secondary"),
    )
    assert report.is_valid
    assert {finding.severity for finding in report.findings} == {"info"}
    (counts,) = [file for file in report.files if file.file == "users.csv"]
    assert (counts.records, counts.put_aside, counts.duplicates) == (1, 0, 3)


def test_another_person_among_the_rows_of_one_is_an_error(tmp_path: Path) -> None:
    rows = person("s1") + person("s2", family="Other") + person("s3")

    report = one(tmp_path, "users", USERS_1_1 + rows, version="1.1")

    (record,), _ = listed(tmp_path, Collection.USERS)
    assert isinstance(record, User)
    assert [role.org for role in record.roles] == ["s1", "s3"]
    (counts,) = [file for file in report.files if file.file == "users.csv"]
    assert (counts.records, counts.put_aside, counts.duplicates) == (1, 1, 1)
    assert not report.is_valid


def test_a_person_with_thousands_of_rows_costs_no_more_than_as_many_people(tmp_path: Path) -> None:
    rows = "".join(person(f"s{number}") for number in range(5000))

    report = one(tmp_path, "users", USERS_1_1 + rows, version="1.1")

    (record,), _ = listed(tmp_path, Collection.USERS)
    assert isinstance(record, User)
    assert len(record.roles) == 5000
    assert report.is_valid


def test_merged_schools_are_followed_as_references(tmp_path: Path) -> None:
    files = {
        "manifest.csv": manifest("1.1", orgs="bulk", users="bulk"),
        "orgs.csv": f"{ORGS}s1,,,One,school,,\n",
        "users.csv": USERS_1_1 + person("s1") + person("nowhere"),
    }

    report = check(put(tmp_path, files))

    assert ("warning", "orgSourcedIds") in [
        (finding.severity, finding.column) for finding in report.findings
    ]


def test_roles_with_one_id_are_both_kept(tmp_path: Path) -> None:
    users = f"{USERS}u1,,,true,a,,A,A,,,,,,,,,,,,,,\n"
    rows = "1E+11,,,u1,primary,aide,,,s,\n1E+11,,,u1,secondary,teacher,,,s2,\n"
    kinds = manifest(users="bulk", roles="bulk")
    put(tmp_path, {"manifest.csv": kinds, "users.csv": users, "roles.csv": ROLES + rows})

    report = check(tmp_path)

    (record,), _ = listed(tmp_path, Collection.USERS)
    assert isinstance(record, User)
    assert [role.org for role in record.roles] == ["s", "s2"]
    assert report.is_valid


def test_in_a_delta_a_role_s_id_that_others_share_takes_nobody_s_role(tmp_path: Path) -> None:
    person_ = ",active,2026-11-29T10:00:00.000Z,true,a,,A,A,,,,,,,,,,,,,,\n"
    users = f"{USERS}u1{person_}u2{person_}"
    rows = "".join(
        f"1E+11,{status},{moment},{user},primary,aide,,,{org},\n"
        for user, org, status, moment in [
            ("u1", "s1", "tobedeleted", EARLY), ("u2", "s2", "active", EARLY),
            ("u1", "s1", "active", LATE),
        ]
    )  # fmt: skip
    kinds = manifest(users="delta", roles="delta")
    put(tmp_path, {"manifest.csv": kinds, "users.csv": users, "roles.csv": ROLES + rows})

    records, _ = listed(tmp_path, Collection.USERS)

    roles = {record.sourced_id: record.roles for record in records if isinstance(record, User)}
    assert {one: [role.org for role in found] for one, found in roles.items()} == {
        "u1": ["s1"],
        "u2": ["s2"],
    }
    assert check(tmp_path).is_valid


async def test_a_listing_of_merged_people_resumes_from_every_cursor(tmp_path: Path) -> None:
    rows = "".join(
        person(f"s{number % 3}").replace("t,", f"t{number % 7},", 1) for number in range(30)
    )
    files = {"manifest.csv": manifest("1.1", users="bulk"), "users.csv": USERS_1_1 + rows}
    whole = await pages(of_pages(put(tmp_path, files), 3))

    assert sum(len(page.rows) + len(page.duplicates) for page in whole) == 30
    for number, page in enumerate(whole[:-1], start=1):
        assert await pages(of_pages(tmp_path, 3), after=page.next) == whole[number:]


ROW = st.tuples(
    st.sampled_from(["a", "b", "c", "1E+5", "", "x" * 1001, "a\u200b"]),
    st.sampled_from(["", EARLY, LATE]),
    st.sampled_from(["s1", "s2"]),
    st.sampled_from(["teacher", "", "#N/A"]),
    st.sampled_from(["Lee", 'L "x" y', "#REF!", "NULL"]),
)


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(ROW, max_size=12), kind=st.sampled_from(["bulk", "delta"]), size=st.integers(1, 5)
)
async def test_every_row_is_a_record_or_rejected_or_a_duplicate(
    rows: list[tuple[str, str, str, str, str]], kind: str, size: int
) -> None:
    text = "".join(
        f'{sourced_id},active,{moment},true,{org},{role},ada,,Ada,"{family}",,,,,,,,\n'
        for sourced_id, moment, org, role, family in rows
    )
    with TemporaryDirectory() as folder:
        files = {"manifest.csv": manifest("1.1", users=kind), "users.csv": USERS_1_1 + text}
        found = await pages(of_pages(put(Path(folder), files), size))
        (report,) = [file for file in check(Path(folder)).files if file.file == "users.csv"]

    counts = [(len(page.rows), len(page.rejected), len(page.duplicates)) for page in found]
    assert sum(map(sum, counts)) == len(rows)
    assert report.records + report.put_aside + report.duplicates == len(rows)
    ids = [record.sourced_id for page in found for record in page.rows]
    assert len(ids) == len(set(ids))
