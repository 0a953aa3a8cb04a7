"""An export that is called whole is whole: nothing in it names somebody who is not."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_tui.domain.roster import (
    AcademicSession,
    Class,
    Collection,
    Demographics,
    Enrollment,
    Org,
    Record,
    RecordStatus,
    Role,
    User,
)
from integration_tui.providers.oneroster_csv.findings import FindingSeverity
from integration_tui.providers.oneroster_csv.tables import Version
from integration_tui.providers.oneroster_csv.validation import Report, check
from integration_tui.providers.oneroster_csv.writer import CsvWriter, zipped
from tests.providers.oneroster_csv.damaged_files import listed
from tests.providers.oneroster_csv.fixtures import roster, write

VERSIONS: list[Version] = ["1.1", "1.2"]
BOTH = pytest.mark.parametrize("version", VERSIONS)


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def is_clean(report: Report) -> bool:
    return not report.counts[FindingSeverity.ERROR] and not report.counts[FindingSeverity.WARNING]


def changed(records: Mapping[Collection, list[Record]]) -> dict[Collection, list[Record]]:
    return {**{name: list(rows) for name, rows in roster(3).items()}, **records}


def person(sourced_id: str, **more: object) -> User:
    return User(sourced_id=sourced_id, given_name="A", family_name="B", **more)  # type: ignore[arg-type]  # a test's


@BOTH
def test_whoever_cannot_be_written_takes_enrollments_and_demographics_with_them(
    tmp_path: Path, version: Version
) -> None:
    people = [*roster(3)[Collection.USERS][:2], person("u2", middle_name="a\0b")]

    writer = write(tmp_path, changed({Collection.USERS: people}), version=version)

    assert {row["userSourcedId"] for row in cells(tmp_path / "enrollments.csv")} == {"u0", "u1"}
    assert {row["sourcedId"] for row in cells(tmp_path / "demographics.csv")} == {"u0", "u1"}
    assert writer.left_out == 3
    assert not check(tmp_path).counts[FindingSeverity.ERROR]


@BOTH
def test_whoever_is_to_be_deleted_takes_them_along_and_the_export_is_whole(
    tmp_path: Path, version: Version
) -> None:
    gone = person("u2", roles=(Role(role="student", org="s"),), status=RecordStatus.TO_BE_DELETED)
    people = [*roster(3)[Collection.USERS][:2], gone]

    writer = write(tmp_path, changed({Collection.USERS: people}), version=version)

    assert len(cells(tmp_path / "enrollments.csv")) == 2
    assert writer.left_out == 0
    assert is_clean(check(tmp_path))


def test_an_enrollment_of_a_class_that_is_not_there_is_left_out_and_counted(tmp_path: Path) -> None:
    stray = Enrollment(sourced_id="x", user="u0", class_="nowhere", school="s", role="student")

    writer = write(tmp_path, changed({Collection.ENROLLMENTS: [stray]}))

    assert cells(tmp_path / "enrollments.csv") == []
    assert writer.left_out == 1
    assert [finding.column for finding in writer.findings.kept] == ["classSourcedId"]


def test_a_class_of_a_school_that_is_not_there_is_left_out_with_its_enrollments(
    tmp_path: Path,
) -> None:
    classes: list[Record] = [Class(sourced_id="c", title="C", course="k", school="?", terms=("y",))]

    writer = write(tmp_path, changed({Collection.CLASSES: classes}))

    assert writer.left_out == 4
    assert next(finding.column for finding in writer.findings.kept) == "schoolSourcedId"
    assert not check(tmp_path).counts[FindingSeverity.ERROR]


@BOTH
def test_a_role_at_an_org_that_was_not_listed_is_left_out_and_told(
    tmp_path: Path, version: Version
) -> None:
    roles = (Role(role="teacher", org="s"), Role(role="teacher", org="?", type="secondary"))
    people: list[Record] = [person("u0", roles=roles)]
    records = {**changed({}), Collection.USERS: people, Collection.ENROLLMENTS: []}

    writer = write(tmp_path, {**records, Collection.DEMOGRAPHICS: []}, version=version)

    (user,), _ = listed(tmp_path, Collection.USERS)
    assert isinstance(user, User)
    assert user.roles == (Role(role="teacher", org="s"),)
    assert writer.left_out == 0
    assert len(writer.findings.kept) == 1
    assert is_clean(check(tmp_path))


@BOTH
def test_references_that_may_be_missing_are_cut_and_told(tmp_path: Path, version: Version) -> None:
    role = (Role(role="parent", org="s"),)
    people: list[Record] = [
        person("u0", roles=role, agents=("u1", "ghost")),
        person("u1", roles=role, agents=("=ghost",)),
        person("u2", roles=role, agents=("a,b", "u0")),
        person("a,b", roles=role),
    ]
    orgs = [*roster()[Collection.ORGS], Org(sourced_id="o", name="O", type="school", parent="?")]

    writer = write(
        tmp_path, changed({Collection.USERS: people, Collection.ORGS: orgs}), version=version
    )

    agents = {row["sourcedId"]: row["agentSourcedIds"] for row in cells(tmp_path / "users.csv")}
    assert agents == {"u0": "u1", "u1": "", "u2": '"a,b",u0', "a,b": ""}
    assert cells(tmp_path / "orgs.csv")[2]["parentSourcedId"] == ""
    assert writer.left_out == 0
    assert {finding.column for finding in writer.findings.kept} >= {
        "agentSourcedIds",
        "parentSourcedId",
    }
    assert is_clean(check(tmp_path))


def test_only_what_was_written_counts_as_known(tmp_path: Path) -> None:
    writer = CsvWriter(tmp_path, source="x", written_at=_now())

    writer.write(Collection.ENROLLMENTS, roster(3)[Collection.ENROLLMENTS])
    writer.finish([Collection.ENROLLMENTS])

    assert (writer.left_out, writer.findings.kept) == (0, [])


def _now() -> datetime:
    return datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("org", "word"), [("d", "districtAdministrator"), ("s", "siteAdministrator")]
)
def test_an_administrator_is_in_1_2_one_of_the_district_or_of_a_school(
    tmp_path: Path, org: str, word: str
) -> None:
    people: list[Record] = [person("u0", roles=(Role(role="administrator", org=org),))]

    writer = write(tmp_path / "new", changed({Collection.USERS: people}))
    write(tmp_path / "old", changed({Collection.USERS: people}), version="1.1")

    assert [row["role"] for row in cells(tmp_path / "new" / "roles.csv")] == [word]
    assert any(word in finding.message for finding in writer.findings.kept)
    assert [row["role"] for row in cells(tmp_path / "old" / "users.csv")] == ["administrator"]


@pytest.mark.parametrize("word", ["districtAdministrator", "siteAdministrator", "principal"])
def test_1_1_knows_but_one_administrator(tmp_path: Path, word: str) -> None:
    people = [person("u0", roles=(Role(role=word, org="s"),))]

    writer = write(tmp_path, {Collection.USERS: people}, version="1.1")

    assert [row["role"] for row in cells(tmp_path / "users.csv")] == ["administrator"]
    assert [finding.column for finding in writer.findings.kept] == ["role"]


@pytest.mark.parametrize(
    ("year", "written"),
    [("2027", "2027"), ("2026-2027", "2027"), ("2026/27", "2027"), ("SY 27", ""), (None, "")],
)
def test_a_school_year_is_the_year_in_which_it_ends(
    tmp_path: Path, year: str | None, written: str
) -> None:
    session = AcademicSession(
        sourced_id="y", title="Y", type="term", starts_on=date(2026, 8, 1),
        ends_on=date(2027, 7, 1), school_year=year,
    )  # fmt: skip

    writer = write(tmp_path, changed({Collection.ACADEMIC_SESSIONS: [session]}))

    assert [row["schoolYear"] for row in cells(tmp_path / "academicSessions.csv")] == [written]
    assert bool(writer.findings.kept) is (written != (year or ""))
    assert is_clean(check(tmp_path))


def test_two_records_under_one_id_are_not_both_written(tmp_path: Path) -> None:
    twins = [Org(sourced_id="a", name=name, type="school") for name in ("One", "Two")]

    writer = write(tmp_path, {Collection.ORGS: twins})

    assert [row["name"] for row in cells(tmp_path / "orgs.csv")] == ["One"]
    assert writer.left_out == 1


IDS = st.sampled_from(
    ["a", "b", "c", "=1", "-x", "'q", " a ", "a\u200b", "\u00e9", 'say "x"', "x,y", "NULL", "#N/A",
     "1E+5", "x" * 1001, "", "a\nb"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["school", "district", "student", "teacher", "administrator", "coach", "", "x y"]
)
NAMES = st.sampled_from(
    ["Ada", "", " ", 'O"x', "=1+1", "Null", "a\nb", "\u0645\u200c\u062e", "x" * 10_001, "a\0b"]
)
REFS = st.lists(IDS, max_size=3, unique=True).map(tuple)
TEXT = st.none() | st.sampled_from(["", "x@example.org", "a\u200b@b", "N/A", "#REF!", "7"])
STATUS = st.sampled_from(RecordStatus)
ROLES = st.lists(st.builds(Role, role=WORDS, org=IDS), max_size=2).map(tuple)
DAY = st.just(date(2026, 8, 31))
ANY: Mapping[Collection, st.SearchStrategy[Record]] = {
    Collection.ORGS: st.builds(
        Org, sourced_id=IDS, name=NAMES, type=WORDS, parent=st.none() | IDS, status=STATUS
    ),
    Collection.ACADEMIC_SESSIONS: st.builds(
        AcademicSession, sourced_id=IDS, title=NAMES, type=WORDS, starts_on=DAY, ends_on=DAY,
        school_year=TEXT, parent=st.none() | IDS, status=STATUS,
    ),
    Collection.CLASSES: st.builds(
        Class, sourced_id=IDS, title=NAMES, course=st.none() | IDS, school=IDS, terms=REFS,
        class_type=WORDS, status=STATUS, grades=REFS,
    ),
    Collection.USERS: st.builds(
        User, sourced_id=IDS, given_name=NAMES, family_name=NAMES, email=TEXT, username=TEXT,
        roles=ROLES, agents=REFS, primary_org=st.none() | IDS, status=STATUS,
    ),
    Collection.ENROLLMENTS: st.builds(
        Enrollment, sourced_id=IDS, user=IDS, class_=IDS, school=IDS, role=WORDS, status=STATUS
    ),
    Collection.DEMOGRAPHICS: st.builds(Demographics, sourced_id=IDS, sex=TEXT, status=STATUS),
}  # fmt: skip
ROSTERS = st.fixed_dictionaries(
    {
        collection: st.lists(ANY[collection], max_size=4) if collection in ANY else st.just([])
        for collection in Collection
    }
)


def is_of_the_source(message: str) -> bool:
    """Return whether a finding is about a text that the source sent so."""
    return "scientific notation" in message


@settings(max_examples=60, deadline=None)
@given(records=ROSTERS, version=st.sampled_from(VERSIONS), packed=st.booleans())
def test_a_check_of_any_export_finds_nothing(
    records: Mapping[Collection, list[Record]], version: Version, *, packed: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "files"
        in_order = {collection: records[collection] for collection in Collection}
        write(path, in_order, version=version)
        written = {record: len(listed(path, record)[0]) for record in records}
        if packed:
            zipped(path, Path(folder) / "roster.zip")
            path = Path(folder) / "roster.zip"
        report = check(path)

    wrong = [
        str(finding)
        for finding in report.findings
        if finding.severity is not FindingSeverity.INFO and not is_of_the_source(finding.message)
    ]
    assert not wrong
    assert all(not file.put_aside and not file.duplicates for file in report.files)
    counted = {file.file: file.records for file in report.files}
    assert counted["users.csv"] == written[Collection.USERS]
