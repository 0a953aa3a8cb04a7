"""Each rule finds what breaks it, and nothing else, wherever the record stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from msgspec.structs import replace as changed

from integration_tui.domain.config.sync_policy import CustomQualityRule, QualityPolicy
from integration_tui.domain.errors import ConflictError
from integration_tui.domain.roster import Class, Collection, Enrollment, Org, Record, Role
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.quality import SAMPLES, Sample, SchoolCount, Severity
from integration_tui.domain.sync.quality_rules import KEPT_OUT, RULES
from integration_tui.domain.sync.run import RunStatus
from integration_tui.store.database import Database
from integration_tui.store.quality.rules import CHECKS
from tests.store.roster_fixtures import TEACHER, WINTER, Desk, school, seat, user


@dataclass(frozen=True)
class Case:
    """A school with these records in it, or in place of its own; what is found there."""

    rule: str
    ids: set[str]
    records: tuple[Record, ...]
    also: frozenset[str] = frozenset()


def own(sourced_id: str, **changes: object) -> Record:
    return changed(school()[sourced_id], **changes)


MANY = tuple(user(f"s{number}") for number in range(40))
CASES = (
    Case(
        "orgs-same",
        {"org-1", "org-2"},
        (Org(sourced_id="org-2", name="Lincoln", type="school", identifier="1"),),
    ),
    Case(
        "orgs-reference",
        {"org-2"},
        (Org(sourced_id="org-2", name="Annex", type="school", parent="org-9"),),
    ),
    Case(
        "sessions-dates",
        {"ses-1"},
        (own("ses-1", ends_on=date(2026, 8, 1)),),
        frozenset({"enrollments-term"}),
    ),
    Case("sessions-reference", {"ses-1"}, (own("ses-1", parent="ses-9"),)),
    Case("courses-grades", {"crs-1"}, (own("crs-1", grades=("07", "7th")),)),
    Case("courses-reference", {"crs-1"}, (own("crs-1", school_year="ses-9"),)),
    Case("classes-no-teacher", {"cls-1"}, (own("enr-1", role="proctor"),)),
    Case(
        "classes-no-student",
        {"cls-2"},
        (
            Class(sourced_id="cls-2", title="Music", course=None, school="org-1"),
            seat("enr-4", "tea", "teacher", "cls-2"),
        ),
    ),
    Case(
        "classes-size",
        {"cls-1"},
        (*MANY, *(seat(f"e-{student.sourced_id}", student.sourced_id) for student in MANY)),
    ),
    Case("classes-grades", {"cls-1"}, (own("cls-1", grades=("seven",)),)),
    Case("classes-reference", {"cls-1"}, (own("cls-1", terms=("ses-1", "ses-9")),)),
    Case("users-same-email", {"ann", "bob"}, (own("bob", email="ANN@school.example"),)),
    Case("users-same-identifier", {"ann", "bob"}, (own("bob", identifier="no-ann"),)),
    Case("users-same-username", {"ann", "bob"}, (own("bob", username="Ann"),)),
    Case("users-no-email", {"tea"}, (own("tea", email=None),)),
    Case("users-email", {"ann"}, (own("ann", email="ann at school"),)),
    Case("users-grades", {"ann"}, (own("ann", grades=("7",)),)),
    Case("users-no-grade", {"ann"}, (own("ann", grades=()),)),
    Case("users-no-role", {"ann"}, (own("ann", roles=()),)),
    Case(
        "users-no-org",
        {"ann"},
        (own("ann", primary_org=None, roles=()),),
        frozenset({"users-no-role"}),
    ),
    Case("users-not-enrolled", {"cid"}, (user("cid"),)),
    Case("users-reference", {"ann"}, (own("ann", primary_org="org-9"),)),
    Case("users-reference", {"ann"}, (own("ann", agents=("nobody",)),)),
    Case("users-reference", {"ann"}, (own("ann", roles=(Role(role="student", org="org-9"),)),)),
    Case("enrollments-same", {"enr-2", "enr-4"}, (seat("enr-4", "ann"),)),
    Case(
        "enrollments-dates",
        {"enr-2"},
        (own("enr-2", begins_on=date(2026, 10, 1), ends_on=date(2026, 9, 1)),),
    ),
    Case("enrollments-term", {"enr-2"}, (own("enr-2", begins_on=WINTER),)),
    Case("enrollments-role", {"enr-2"}, (own("ann", roles=(TEACHER,)),)),
    Case("enrollments-role", {"enr-4"}, (seat("enr-4", "bob", "teacher"),)),
)  # fmt: skip


@pytest.fixture
def desk(lincoln: Database) -> Desk:
    return Desk(lincoln)


async def test_nothing_is_found_in_a_school_where_nothing_is_wrong(desk: Desk) -> None:
    run = await desk.read(school().values())

    await desk.judge(run)

    assert await desk.found(run) == {}
    async with desk.database.reading() as rows:
        scores = await rows.quality.scores(run.id)
    assert [(score.records, score.percent) for score in scores] == [
        *((1, 100), (1, 100), (1, 100), (1, 100)),
        *((3, 100), (3, 100)),
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda value: value.rule)
async def test_a_rule_finds_what_a_run_brings(desk: Desk, case: Case) -> None:
    run = await desk.read({**school(), **_by_id(case)}.values())

    await desk.judge(run)

    _is_just(case, await desk.found(run))


@pytest.mark.parametrize(
    "case",
    [graded_run for graded_run in CASES if not graded_run.rule.endswith("-reference")],
    ids=lambda value: value.rule,
)
async def test_a_rule_finds_what_is_held(desk: Desk, case: Case) -> None:
    first = await desk.read({**school(), **_by_id(case)}.values())
    await desk.apply(first)
    second = await desk.read([])

    await desk.judge(second)

    _is_just(case, await desk.found(second))


@pytest.mark.parametrize("case", CASES, ids=lambda value: value.rule)
async def test_a_rule_finds_what_a_run_changes(desk: Desk, case: Case) -> None:
    await desk.apply(await desk.read(school().values()))
    run = await desk.read({**school(), **_by_id(case)}.values())
    await desk.decide(run)

    await desk.judge(run)

    _is_just(case, await desk.found(run))


async def test_a_seat_of_somebody_who_is_gone_leads_nowhere(desk: Desk) -> None:
    await desk.apply(await desk.read(school().values()))
    run = await desk.read([])
    await desk.mark(run, Collection.USERS, "ann", ChangeKind.DEACTIVATE)

    await desk.judge(run)

    assert await desk.found(run) == {"enrollments-reference": {"enr-2"}}


def _by_id(case: Case) -> dict[str, Record]:
    return {record.sourced_id: record for record in case.records}


def _is_just(case: Case, found: dict[str, set[str]]) -> None:
    assert found.pop(case.rule) == case.ids
    assert set(found) <= case.also


def test_every_rule_has_a_case_and_a_condition() -> None:
    assert {case.rule for case in CASES} | {"enrollments-reference"} == set(RULES)
    assert {(name, one) for one, rules in CHECKS.items() for name in rules} == {
        (name, one.collection) for name, one in RULES.items()
    }


async def test_what_is_kept_out_is_an_error_and_costs_its_point(desk: Desk) -> None:
    run = await desk.read([*school().values(), seat("enr-9", "nobody")])

    await desk.judge(run)

    (finding,) = await desk.findings(run)
    assert (finding.rule, finding.severity, finding.count) == ("orphan", Severity.ERROR, 1)
    (record,) = await desk.records(run, finding)
    assert (record.external_id, record.detail) == ("enr-9", "user nobody is not known")
    async with desk.database.reading() as rows:
        score = (await rows.quality.scores(run.id))[-1]
    assert (score.records, score.percent) == (4, 75)


async def test_a_finding_names_some_records_and_their_schools(desk: Desk) -> None:
    lost = [user(f"s{number:02d}") for number in range(12)]
    run = await desk.read([*school().values(), *lost])

    await desk.judge(run)

    (finding,) = await desk.findings(run)
    assert finding.rule == "users-not-enrolled"
    assert finding.count == 12
    assert len(finding.samples) == SAMPLES
    assert finding.samples[0] == Sample(external_id="s00", label="S00 Doe")
    assert finding.schools == (SchoolCount(school="Lincoln", count=12),)


async def test_an_enrollment_is_called_by_its_person_and_class(desk: Desk) -> None:
    run = await desk.read([*school().values(), seat("enr-4", "ann")])

    await desk.judge(run)

    (finding,) = await desk.findings(run)
    assert [sample.label for sample in finding.samples] == ["Ann Doe in Art 7 as student"] * 2


async def test_a_rule_can_be_switched_off(desk: Desk) -> None:
    run = await desk.read([*school().values(), user("cid")])

    await desk.judge(run, QualityPolicy(off=("users-not-enrolled",)))

    assert await desk.found(run) == {}


async def test_nobody_misses_a_class_where_no_classes_are_read(desk: Desk) -> None:
    run = await desk.read(
        record for record in school().values() if not isinstance(record, Enrollment)
    )

    await desk.judge(run)

    assert await desk.found(run) == {}


ALL = {"ann", "bob", "tea"}
OWN_RULES: tuple[tuple[str, dict[str, object], set[str]], ...] = (
    ("users.identifier", {"matches": "no-a.*"}, {"bob", "tea"}),
    ("users.phone", {"required": True}, ALL),
    ("users.phone", {"matches": "[0-9]+"}, set()),
    ("users.grades", {"required": True}, {"tea"}),
    ("users.roles", {"matches": "student"}, {"tea"}),
    ("users.primary_org", {"matches": "org-2"}, ALL),
    ("users.enabled", {"matches": "true"}, set()),
    ("users.status", {"matches": "none"}, set()),
    ("enrollments.class", {"matches": "cls-1"}, set()),
    ("classes.terms", {"matches": "fall"}, {"cls-1"}),
    ("enrollments.begins_on", {"matches": "2025-.*"}, {"enr-1", "enr-2", "enr-3"}),
)


@pytest.mark.parametrize(("field", "demand", "ids"), OWN_RULES)
@pytest.mark.parametrize("is_held", [False, True])
async def test_a_rule_of_ones_own_is_looked_at(
    desk: Desk, field: str, demand: dict[str, object], ids: set[str], *, is_held: bool
) -> None:
    rule = CustomQualityRule.model_validate({"name": "own", "field": field, **demand})
    run = await desk.read(school().values())
    if is_held:
        await desk.apply(run)
        run = await desk.read([])

    await desk.judge(run, QualityPolicy(rules=(rule,)))

    assert (await desk.found(run)).get("own", set()) == ids


async def test_a_rule_of_ones_own_tells_what_it_demands(desk: Desk) -> None:
    rule = CustomQualityRule(
        name="own", field="users.phone", required=True, matches="[0-9]+", severity="error"
    )
    run = await desk.read(school().values())

    await desk.judge(run, QualityPolicy(rules=(rule,)))

    (finding,) = await desk.findings(run)
    assert finding.severity is Severity.ERROR
    assert finding.told == "phone is required and must match [0-9]+"


async def test_where_nothing_changed_the_findings_are_taken_over(desk: Desk) -> None:
    first = await desk.read([*school().values(), user("cid")])
    await desk.judge(first)
    await desk.apply(first)
    second = await desk.read([], base=1)
    with_other_means = "UPDATE users SET email = 'none' WHERE external_id = 'ann'"
    await desk.change(with_other_means)  # nobody may do that: it shows who has looked

    await desk.judge(second)

    assert await desk.found(second) == {"users-not-enrolled": {"cid"}}
    async with desk.database.reading() as rows:
        scores = await rows.quality.scores(second.id)
    assert [(score.records, score.percent, score.before) for score in scores] == [
        *(((1, 100, 100),) * 4),
        *((4, 100, 100), (3, 100, 100)),
    ]


@pytest.mark.parametrize("why", ["moved", "policy", "cancelled"])
async def test_nothing_is_taken_over_of_what_may_be_otherwise(desk: Desk, why: str) -> None:
    first = await desk.read(school().values())
    await desk.judge(first)
    await desk.apply(first)
    if why == "cancelled":
        halfway = await desk.read([], base=1)
        await desk.change("UPDATE sync_listings SET applied = 1 WHERE run_id = ?", halfway.id)
        await desk.end(halfway, RunStatus.CANCELLED)
    await desk.change("UPDATE users SET email = 'none' WHERE external_id = 'ann'")
    second = await desk.read([], base=2 if why == "moved" else 1)

    await desk.judge(second, QualityPolicy(max_class_size=41 if why == "policy" else 40))

    assert await desk.found(second) == {"users-email": {"ann"}}


async def test_a_change_of_seats_has_people_looked_at_again(desk: Desk) -> None:
    first = await desk.read(school().values())
    await desk.judge(first)
    await desk.apply(first)
    second = await desk.read([], base=1)
    await desk.mark(second, Collection.ENROLLMENTS, "enr-3", ChangeKind.DEACTIVATE)

    await desk.judge(second)

    assert await desk.found(second) == {"users-not-enrolled": {"bob"}}


async def test_only_the_last_runs_keep_their_records(desk: Desk) -> None:
    first = await desk.read([*school().values(), user("cid")])
    await desk.judge(first)
    await desk.apply(first)
    for base in (7, 8):
        later = await desk.read([], base=base)
        await desk.judge(later)
        await desk.end(later)

    (finding,) = await desk.findings(first)
    with pytest.raises(ConflictError, match="are no longer stored"):
        await desk.records(first, finding)


async def test_records_of_a_finding_come_in_pages(desk: Desk) -> None:
    run = await desk.read([*school().values(), user("cid"), user("dan"), user("eve")])
    await desk.judge(run)
    (finding,) = await desk.findings(run)

    async with desk.database.reading() as rows:
        page = await rows.quality.found(run.id, finding, after="cid", limit=1)

    assert [found_record.external_id for found_record in page] == ["dan"]


async def test_the_trend_is_newest_first(desk: Desk) -> None:
    first = await desk.read([*school().values(), seat("enr-9", "nobody")])
    await desk.judge(first)
    await desk.apply(first)
    second = await desk.read(school().values(), base=1)
    await desk.judge(second)

    async with desk.database.reading() as rows:
        trend = await rows.quality.trend(desk.integration_id)

    assert [
        (graded.run.id, graded.scores[-1].percent, graded.scores[-1].before) for graded in trend
    ] == [
        (second.id, 100, 75),
        (first.id, 75, None),
    ]


async def test_names_of_hostile_systems_are_only_text(desk: Desk) -> None:
    name = "Robert'); DROP TABLE users;--\ud800" + "x" * 10_000
    odd = changed(user("cid"), given_name=name, grades=('"]', "'"))
    run = await desk.read([*school().values(), odd])

    await desk.judge(run)

    found = await desk.found(run)
    assert found["users-grades"] == {"cid"}


def test_what_is_kept_out_is_told_by_the_same_words() -> None:
    from integration_tui.store.sync.quarantine import ORPHAN, UNREADABLE

    assert set(KEPT_OUT) == {ORPHAN, UNREADABLE}
