"""A real roster's grades: known ones are right, and what the system wrote is kept."""

import pytest

from integration_tui.domain.roster import Collection
from integration_tui.settings import Settings
from tests.services.sync.fixtures import NO_GRACE, SECRET, District, syncing, user

C = Collection
SENT = ("5", "K", "Kindergarten", "9th", "Ninth grade", "-1", "12", "TK")


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


async def test_grades_are_normalised_and_kept_as_sent(settings: Settings) -> None:
    district = District(students=0)
    for number, grade in enumerate(SENT):
        district.put(C.USERS, user(number, grades=(grade,)))
    district.put(C.USERS, user(90, grades=("Sprouts",)))
    district.put(C.USERS, user(91, grades=("9-12",)))
    more = NO_GRACE.replace("sync: {", "sync: {grades: {sprouts: PR}, ")

    async with syncing(settings, more=more, district=district) as school:
        report = await school.sync()
        again = await school.plan()

        stored = school.rows("SELECT external_id, grades, grades_as_sent FROM users ORDER BY 1")
        (finding,) = [
            finding
            for finding in await school.services.plans.findings(report.run.id)
            if finding.rule == "users-grades"
        ]

    by_id = {row[0]: row[1:] for row in stored}
    assert [by_id[f"u{number:04}"][0] for number in range(len(SENT))] == [
        *('["05"]', '["KG"]', '["KG"]', '["09"]', '["09"]', '["PK"]', '["12"]', '["TK"]'),
    ]
    assert by_id["u0003"] == ('["09"]', '["9th"]')
    assert by_id["u0006"] == ('["12"]', "[]")
    assert by_id["u0090"] == ('["PR"]', '["Sprouts"]')
    assert by_id["u0091"] == ('["9-12"]', "[]")
    assert finding.count == 1
    assert again.changes == 0
