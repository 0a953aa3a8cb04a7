"""Files as spreadsheets, databases and people damage them: read, and told by file, line, column."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from integration_tui.domain.roster import AcademicSession, Collection, Enrollment, User
from integration_tui.domain.text_damage import LONGEST_ID, LONGEST_TEXT
from integration_tui.providers.oneroster_csv.validation import Report, check
from tests.providers.oneroster_csv.damaged_files import (
    ENROLLMENTS,
    ORGS,
    SESSIONS,
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
from tests.providers.oneroster_csv.test_listing import of_pages, pages

INVISIBLE = ["\u200b", "\ufeff", "\u00ad", "\u2060", "\u200e", "\u200f"]
PASSED_OVER = "are passed over"


def users(folder: Path, rows: str) -> Report:
    return one(folder, "users", USERS_1_1 + rows, version="1.1")


def person(given: str = "Ada", email: str = "", identifier: str = "", username: str = "ada") -> str:
    return f"u,,,true,s,student,{username},,{given},Lee,,{identifier},{email},,,,,\n"


def user(folder: Path) -> User:
    (record,), _ = listed(folder, Collection.USERS)
    assert isinstance(record, User)
    return record


@pytest.mark.parametrize("sign", INVISIBLE)
def test_invisible_characters_are_taken_off_ids_references_and_addresses(
    tmp_path: Path, sign: str
) -> None:
    rows = f"{sign}a,,,One,school,,b{sign}\nb,,,Two,school,,\n"

    report = orgs(tmp_path, rows)

    records, _ = listed(tmp_path, Collection.ORGS)
    assert [record.sourced_id for record in records] == ["a", "b"]
    assert [(place[0], place[1], place[2]) for place in places(report)] == [
        ("warning", 2, "sourcedId"),
        ("warning", 2, "parentSourcedId"),
    ]
    users(tmp_path, person(email=f"ada{sign}@example.org"))
    assert user(tmp_path).email == "ada@example.org"


def test_joiners_in_names_stay_and_are_not_told(tmp_path: Path) -> None:
    report = users(tmp_path, person(given="\u0645\u06cc\u200c\u062e"))

    assert report.findings == ()
    assert user(tmp_path).given_name == "\u0645\u06cc\u200c\u062e"


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        ('"Bob "Bobby" Ray"', 'Bob "Bobby" Ray'),
        ('"Ann" Lee', '"Ann" Lee'),
        ('"Bob "Bobby, Jr" Ray"', 'Bob "Bobby, Jr" Ray'),
        ('"Bob \\"Bobby\\" Ray"', 'Bob "Bobby" Ray'),
        ('"Bob \\"Bobby\\", Ray"', 'Bob "Bobby", Ray'),
        ('"12\\""', '12"'),
        ('12" ruler', '12" ruler'),
    ],
)
def test_quotes_out_of_place_are_told_by_line_and_the_text_stays(
    tmp_path: Path, quoted: str, name: str
) -> None:
    report = orgs(tmp_path, f'"b","","","Two","school","",""\n"a","","",{quoted},"school","",""\n')

    assert (only(report).severity, only(report).line) == ("warning", 3)
    assert names(tmp_path) == ["Two", name]


def test_quotes_that_can_be_read_in_no_way_put_their_row_aside(tmp_path: Path) -> None:
    report = orgs(tmp_path, 'a,,,"Bob "B", Jr",school,,\nb,,,Two,school,,\n')

    assert (only(report).severity, only(report).line) == ("error", 2)
    assert names(tmp_path) == ["Two"]


async def test_a_repaired_row_has_a_finding_on_its_page(tmp_path: Path) -> None:
    orgs(tmp_path, 'a,,,"Ann" Lee,school,,\n')

    (page,) = await pages(of_pages(tmp_path), Collection.ORGS)

    assert [(finding.sourced_id, finding.rule) for finding in page.findings] == [
        ("a", "stray-quote")
    ]
    assert "Ann" not in repr(page.findings)


@pytest.mark.parametrize("word", ["NULL", "null", "\\N", "N/A", "#N/A", "#REF!", "########"])
def test_what_stands_for_nothing_is_read_as_nothing_and_told(tmp_path: Path, word: str) -> None:
    report = users(tmp_path, person(email=word, identifier=word))

    assert (user(tmp_path).email, user(tmp_path).identifier) == (None, None)
    assert {place[:3] for place in places(report)} == {
        ("warning", 2, "identifier"),
        ("warning", 2, "email"),
    }


def test_a_person_may_be_called_null_but_not_ref(tmp_path: Path) -> None:
    report = users(tmp_path, person(given="NULL"))
    assert user(tmp_path).given_name == "NULL"
    assert only(report).column == "givenName"

    users(tmp_path, person(given="#REF!"))
    assert user(tmp_path).given_name == ""


@pytest.mark.parametrize("word", ["NULL", "#N/A", "\\N"])
def test_an_id_that_stands_for_nothing_puts_its_row_aside(tmp_path: Path, word: str) -> None:
    report = orgs(tmp_path, f"{word},,,One,school,,\n{word},,,Two,school,,\n")

    assert [place[:3] for place in places(report)] == [
        ("error", 2, "sourcedId"),
        ("error", 3, "sourcedId"),
    ]


@pytest.mark.parametrize("name", ["Jos\u00c3\u00a9", "Jos\ufffd"])
def test_letters_that_were_decoded_wrongly_are_told_and_kept(tmp_path: Path, name: str) -> None:
    report = users(tmp_path, person(given=name))

    assert (only(report).severity, only(report).line, only(report).column) == (
        "warning", 2, "givenName",
    )  # fmt: skip
    assert user(tmp_path).given_name == name


def test_an_identifier_in_scientific_notation_is_told(tmp_path: Path) -> None:
    report = users(tmp_path, person(identifier="1.00235E+11"))

    assert (only(report).severity, only(report).column) == ("warning", "identifier")
    assert "as text" in only(report).advice


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("sep_line", ["", "sep={}\r\n", '"sep={}"\r\n'])
def test_other_separators_are_read_with_a_warning(
    tmp_path: Path, separator: str, sep_line: str
) -> None:
    text = f'{ORGS}a,,,"One, Two",school,,\n'
    text = text.replace('"One, Two"', "COMMA").replace(",", separator).replace("COMMA", "One, Two")
    kinds = manifest(orgs="bulk").replace(",", separator)
    put(tmp_path, {"manifest.csv": kinds, "orgs.csv": sep_line.format(separator) + text})

    report = check(tmp_path)

    assert report.is_valid
    assert names(tmp_path) == ["One, Two"]
    assert {(place[0], place[1]) for place in places(report)} == {("warning", 1)}


def test_a_blank_behind_each_separator_is_taken_off(tmp_path: Path) -> None:
    report = orgs(tmp_path, 'a, , , "One, Two", school, , \n', header=ORGS.replace(",", ", "))

    assert report.is_valid
    assert names(tmp_path) == ["One, Two"]


@pytest.mark.parametrize("order", permutations(["01/09/2026", "02/09/2026", "15/09/2026"]))
def test_one_date_decides_for_its_whole_column_wherever_it_stands(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    rows = "".join(f"e{day},,,c,s,u,student,,{day},\n" for day in order)

    report = one(tmp_path, "enrollments", ENROLLMENTS + rows)

    records, _ = listed(tmp_path, Collection.ENROLLMENTS)
    found = {row.sourced_id: row.begins_on for row in records if isinstance(row, Enrollment)}
    assert found == {
        "e01/09/2026": date(2026, 9, 1),
        "e02/09/2026": date(2026, 9, 2),
        "e15/09/2026": date(2026, 9, 15),
    }
    assert {place[0] for place in places(report)} == {"warning"}


def test_a_column_without_a_sure_date_follows_the_others_of_its_file(tmp_path: Path) -> None:
    row = "t,,,Term,term,01/02/2026,15/06/2026,,2026\n"

    one(tmp_path, "academicSessions", SESSIONS + row)

    (record,), _ = listed(tmp_path, Collection.ACADEMIC_SESSIONS)
    assert isinstance(record, AcademicSession)
    assert record.starts_on == date(2026, 2, 1)


def test_where_a_column_has_both_habits_what_is_unclear_is_put_aside(tmp_path: Path) -> None:
    days = ["15/09/2026", "9/16/2026", "1/2/2026"]
    rows = "".join(f"e{day},,,c,s,u,student,,{day},\n" for day in days)

    report = one(tmp_path, "enrollments", ENROLLMENTS + rows)

    records, rejected = listed(tmp_path, Collection.ENROLLMENTS)
    assert [record.sourced_id for record in records] == ["e15/09/2026", "e9/16/2026"]
    assert [item.sourced_id for item in rejected] == ["e1/2/2026"]
    assert not report.is_valid


@pytest.mark.parametrize("day", ["0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "1/0/1900"])
def test_a_zero_date_is_none_where_none_may_be(tmp_path: Path, day: str) -> None:
    report = one(tmp_path, "enrollments", f"{ENROLLMENTS}e,,,c,s,u,student,,{day},\n")

    (record,), _ = listed(tmp_path, Collection.ENROLLMENTS)
    assert isinstance(record, Enrollment)
    assert record.begins_on is None
    assert (only(report).severity, only(report).column) == ("warning", "beginDate")


@pytest.mark.parametrize("year", ["2026-2027", "27", "now"])
def test_a_school_year_that_is_no_year_is_told_and_kept(tmp_path: Path, year: str) -> None:
    report = one(
        tmp_path, "academicSessions", f"{SESSIONS}t,,,T,term,2026-08-01,2027-06-30,,{year}\n"
    )

    (record,), _ = listed(tmp_path, Collection.ACADEMIC_SESSIONS)
    assert getattr(record, "school_year", "") == year
    assert (only(report).severity, only(report).column) == ("warning", "schoolYear")


def test_a_header_that_is_there_again_is_passed_over(tmp_path: Path) -> None:
    report = orgs(tmp_path, f"a,,,One,school,,\r\n{ORGS}b,,,Two,school,,\r\n")

    assert names(tmp_path) == ["One", "Two"]
    assert (only(report).severity, only(report).line) == ("warning", 3)


@pytest.mark.parametrize("title", ["# exported by us\n", "Roster of Lincoln\n", "Title,,,\n# x\n"])
def test_titles_above_the_header_are_passed_over(tmp_path: Path, title: str) -> None:
    report = orgs(tmp_path, "a,,,One,school,,\n", header=title + ORGS)

    assert names(tmp_path) == ["One"]
    assert [place[0] for place in places(report)] == ["warning"]


def test_a_comment_among_the_rows_is_passed_over(tmp_path: Path) -> None:
    report = orgs(tmp_path, "# page 2\na,,,One,school,,\n")

    assert names(tmp_path) == ["One"]
    assert (only(report).severity, only(report).line) == ("warning", 2)


def test_separators_at_the_end_of_every_row_are_passed_over(tmp_path: Path) -> None:
    report = users(tmp_path, "".join(person().replace("\n", ",,\n")))

    assert user(tmp_path).username == "ada"
    assert [place[0] for place in places(report)] == ["warning"]


async def test_a_file_that_ends_in_the_middle_of_a_row_is_not_complete(tmp_path: Path) -> None:
    report = orgs(tmp_path, "a,,,One,school,,\nb,,,Tw")

    (page,) = await pages(of_pages(tmp_path), Collection.ORGS)
    assert not report.is_valid
    assert not page.complete


@pytest.mark.parametrize(
    "row", ["{long},,,One,school,,\n", "a,,,One,school,,\n{long},,,Two,school,,\n"]
)
def test_an_id_without_end_puts_its_row_aside(tmp_path: Path, row: str) -> None:
    report = orgs(tmp_path, row.format(long="x" * (LONGEST_ID + 1)))

    assert (only(report).severity, only(report).column) == ("error", "sourcedId")
    _, rejected = listed(tmp_path, Collection.ORGS)
    assert [item.sourced_id for item in rejected] == [""]


def test_a_name_without_end_is_cut_and_told(tmp_path: Path) -> None:
    report = users(tmp_path, person(given="x" * (LONGEST_TEXT + 5)))

    assert len(user(tmp_path).given_name) == LONGEST_TEXT
    assert (only(report).severity, only(report).column) == ("warning", "givenName")


@pytest.mark.parametrize("text", ["x" * 79 + "\n", "\n", 'say ""hi"" now\n', "a,b,c\n"])
def test_a_cell_of_megabytes_is_one_finding_and_costs_no_other_row(
    tmp_path: Path, text: str
) -> None:
    long = text * (300_000 // len(text))

    report = orgs(tmp_path, f'a,,,"{long}",school,,\nb,,,Two,school,,\n')

    assert (only(report).severity, only(report).line) == ("error", 2)
    assert names(tmp_path) == ["Two"]


@pytest.mark.parametrize("stem", ["users", "enrollments"])
async def test_a_page_says_which_fields_its_header_has(tmp_path: Path, stem: str) -> None:
    header, gone = {
        "users": (USERS_1_1.replace("phone,", ""), "phone"),
        "enrollments": (ENROLLMENTS.replace("beginDate,", ""), "begins_on"),
    }[stem]
    put(tmp_path, {"manifest.csv": manifest("1.1", **{stem: "bulk"}), f"{stem}.csv": header})

    (page,) = await pages(of_pages(tmp_path), Collection(stem))

    assert page.fields is not None
    assert gone not in page.fields
    assert {"sourced_id", "status"} <= page.fields
    assert not page.fields & {"orgs", "role"} or stem != "users"


@pytest.mark.parametrize("gone", ["role,", "orgSourcedIds,"])
async def test_roles_of_1_1_need_both_their_columns(tmp_path: Path, gone: str) -> None:
    header = USERS_1_1.replace(gone, "")
    put(tmp_path, {"manifest.csv": manifest("1.1", users="bulk"), "users.csv": header})

    (page,) = await pages(of_pages(tmp_path))

    assert page.fields is not None
    assert "roles" not in page.fields


async def test_nothing_of_a_cell_is_in_what_is_said_of_it(tmp_path: Path) -> None:
    rows = "".join(
        f"u{number},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell}\n"
        for number, cell in enumerate(["Hunterson", 'Hunter"son', "Hunterson\ufffd", "#Hunterson"])
    )
    rows += "Hunterson,x\n" + '"Hunterson "x", y",a,b\n'

    report = users(tmp_path, rows)

    found = await pages(of_pages(tmp_path))
    rejected = [rejected for page in found for rejected in page.rejected]
    assert rejected
    assert all(item.raw for item in rejected)
    assert "Hunter" not in repr(report) + repr([(item.reason, item.raw) for item in rejected])


@pytest.mark.parametrize("blank", [",,,,,,\n", "   \n", " , ,\n", "\x1a"])
def test_a_row_without_any_text_is_no_row(tmp_path: Path, blank: str) -> None:
    report = orgs(tmp_path, f"a,,,One,school,,\n{blank}")

    assert report.is_valid
    assert (report.files[0].records, report.files[0].put_aside) == (1, 0)


def test_a_separator_at_the_end_of_the_header_alone_shortens_no_row(tmp_path: Path) -> None:
    header = USERS_1_1.replace("\n", ",,\n")

    report = one(tmp_path, "users", header + person(), version="1.1")

    assert user(tmp_path).username == "ada"
    assert {place[0] for place in places(report)} == {"info"}


def test_lines_that_are_in_quotes_as_a_whole_are_told_so(tmp_path: Path) -> None:
    report = one(tmp_path, "orgs", f'"{ORGS.strip()}"\n"a,,,One,school,,"\n')

    assert "in quotes as a whole" in only(report).message


def test_utf_32_is_read_with_a_warning(tmp_path: Path) -> None:
    report = one(tmp_path, "orgs", f"{ORGS}a,,,One,school,,\r\n".encode("utf-32"))

    assert "UTF-32" in only(report).message
    assert names(tmp_path) == ["One"]


@pytest.mark.parametrize(
    "cell", ["31-Aug-2026", "31 aug 2026", "8/31/2026 12:00:00 AM", "31/08/2026 0:00"]
)
def test_days_as_spreadsheets_write_them_are_read(tmp_path: Path, cell: str) -> None:
    one(tmp_path, "enrollments", f"{ENROLLMENTS}e,,,c,s,u,student,,{cell},\n")

    (record,), _ = listed(tmp_path, Collection.ENROLLMENTS)
    assert isinstance(record, Enrollment)
    assert record.begins_on == date(2026, 8, 31)
