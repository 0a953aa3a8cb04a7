"""Files that others made, where they are at hand: a generator's district, a vendor's headers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from integration_tui.domain.roster import Collection, User
from integration_tui.providers.oneroster_csv.tables import Version
from integration_tui.providers.oneroster_csv.validation import Report, check
from tests.providers.oneroster_csv.damaged_files import listed
from tests.providers.oneroster_csv.fixtures import write

DATA = Path(__file__).parents[4] / "shared/data/oneroster/csv"
GENERATED = DATA / "legertom_generated"
EXAMPLE = DATA / "nicelion_example"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the data sets of others are not beside this checkout"
)


def counts(report: Report) -> dict[str, int]:
    return {file.file.removesuffix(".csv"): file.records for file in report.files}


def test_a_generated_district_is_read_whole_without_a_finding() -> None:
    report = check(GENERATED)

    assert report.findings == ()
    assert (report.version, report.system) == ("1.1", "OneRoster Sample Generator")
    assert counts(report) == {
        "orgs": 4,
        "academicSessions": 3,
        "courses": 30,
        "classes": 60,
        "users": 1230,
        "enrollments": 5504,
        "demographics": 1200,
    }


def test_its_users_have_the_roles_of_their_rows() -> None:
    users, _ = listed(GENERATED, Collection.USERS)

    roles = Counter(role.role for user in users if isinstance(user, User) for role in user.roles)
    assert roles == {"student": 1200, "teacher": 30}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_it_survives_being_written_again(tmp_path: Path, version: Version) -> None:
    read = {collection: listed(GENERATED, collection)[0] for collection in Collection}

    writer = write(tmp_path, read, version=version, delta=True)

    assert writer.findings.kept == []
    for collection, rows in read.items():
        assert listed(tmp_path, collection)[0] == rows


def test_a_vendor_s_empty_files_have_the_right_headers() -> None:
    report = check(EXAMPLE)

    assert report.is_valid
    assert {(finding.severity.value, finding.file) for finding in report.findings} == {
        ("info", "manifest.csv"),
        ("warning", "demographics.csv"),
    }
