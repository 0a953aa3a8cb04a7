"""What is said of a plan: people apart from enrollments, in the singular and the plural."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.plan_sentences import (
    approval_parts,
    deactivation_sentence,
    likely_cause,
    safer_sentence,
    upsert_sentence,
)
from integration_tui.domain.sync.plan_tally import (
    PersonRole,
    PlanPeople,
    person_role,
    plan_tally,
    tally,
)
from integration_tui.domain.sync.run import CollectionProgress
from integration_tui.domain.sync.safety import (
    CollectionStats,
    School,
    deactivations,
    safety_holds,
)
from integration_tui.domain.sync.thresholds import Thresholds

C, K = Collection, ChangeKind


def listing(
    collection: Collection, known: int = 0, same: int = 0, **counts: int
) -> CollectionProgress:
    return CollectionProgress(
        collection=collection,
        known=known,
        same=same,
        records=same,
        is_over=True,
        complete=True,
        counts={K(kind): count for kind, count in counts.items()},
    )


HELD = (
    listing(C.CLASSES, 36, 31, update=5),
    listing(C.USERS, 300, 128, create=3, update=17, deactivate=154),
    listing(C.ENROLLMENTS, 1_160, 544, deactivate=616),
)


def test_people_stand_before_enrollments_and_are_never_added_to_them() -> None:
    assert deactivation_sentence(HELD) == "Deactivates 154 people and 616 enrollments."
    assert (
        deactivation_sentence(HELD, has_totals=True)
        == "Deactivates 154 of 300 people and 616 of 1,160 enrollments."
    )
    assert approval_parts(HELD) == "154 people + 616 enrollments"


@pytest.mark.parametrize(
    ("listings", "sentence"),
    [
        ([], "Deactivates nobody."),
        ([listing(C.USERS, 9, 9)], "Deactivates nobody."),
        ([listing(C.USERS, 9, deactivate=1)], "Deactivates 1 person."),
        ([listing(C.CLASSES, 9, deactivate=2)], "Deactivates 2 classes."),
        (
            [
                listing(C.ORGS, 3, deactivate=1),
                listing(C.CLASSES, 9, deactivate=1),
                listing(C.USERS, 9, deactivate=2),
            ],
            "Deactivates 2 people, 1 class and 1 organization.",
        ),
        ([listing(C.USERS, 9, remove=1)], "Removes 1 person (inactive)."),
        (
            [listing(C.USERS, 9, deactivate=2, remove=3)],
            "Deactivates 2 people. Removes 3 people (inactive).",
        ),
    ],
)
def test_one_and_many_and_none(listings: list[CollectionProgress], sentence: str) -> None:
    assert deactivation_sentence(listings) == sentence


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (1, "Deactivates 1 of 1 person."),
        (2, "Deactivates 1 of 2 people."),
        (0, "Deactivates 1 person."),  # known only since this run
    ],
)
def test_a_total_is_named_where_it_is_known(known: int, sentence: str) -> None:
    assert (
        deactivation_sentence([listing(C.USERS, known, deactivate=1)], has_totals=True) == sentence
    )


@given(
    st.lists(
        st.builds(
            listing,
            st.sampled_from(list(C)),
            deactivate=st.integers(0, 5_000),
            remove=st.integers(0, 5),
        ),
        max_size=7,
        unique_by=lambda one: one.collection,
    )
)
def test_the_parts_add_up_to_the_number_that_is_typed(listings: list[CollectionProgress]) -> None:
    parts = [part.split()[0] for part in approval_parts(listings).split(" + ") if part]

    assert sum(int(part.replace(",", "")) for part in parts) == deactivations(listings)
    assert plan_tally(listings).lost == deactivations(listings)


def test_what_is_safer_counts_only_changes_that_stay() -> None:
    assert safer_sentence(HELD, "A") == "Safer: A applies 25 changes and deactivates nobody."
    assert (
        safer_sentence([listing(C.USERS, create=1)], "A")
        == "Safer: A applies 1 change and deactivates nobody."
    )
    assert safer_sentence([listing(C.USERS, 9, deactivate=9)], "A") == ""


def test_what_is_created_and_updated() -> None:
    assert upsert_sentence(HELD) == "Creates 3 people. Updates 17 people and 5 classes."
    assert upsert_sentence([listing(C.USERS, **{"return": 1})]) == "Reactivates 1 person."
    assert upsert_sentence([]) == ""


def school(lost: int, known: int = 210) -> School:
    return School(org="Lincoln Elementary", known=known, lost=lost)


@pytest.mark.parametrize(
    ("people", "question"),
    [
        (
            PlanPeople(schools=(school(154),), missing=154),
            "All are from Lincoln Elementary. Is its file incomplete?",
        ),
        (
            PlanPeople(schools=(school(210),), missing=210),
            "All people of Lincoln Elementary are missing: was its file left out?",
        ),
        (PlanPeople(schools=(school(150),), missing=154), ""),
        (PlanPeople(schools=(school(100), School(org="b", known=99, lost=54)), missing=154), ""),
        (PlanPeople(schools=(school(3),), missing=3), ""),
        (PlanPeople(), ""),
    ],
)
def test_a_cause_is_asked_for_only_where_the_data_show_it(
    people: PlanPeople, question: str
) -> None:
    assert likely_cause(people) == question


def test_the_safety_check_names_share_and_limit() -> None:
    (hold,) = safety_holds([CollectionStats(listing=HELD[1])], Thresholds())

    assert hold.sentence == "154 of 300 people missing from source (51%, limit 10%)"
    assert hold.short == "51% of people missing from source, limit 10%."


def test_a_share_just_above_its_limit_reads_differently() -> None:
    people = listing(C.USERS, 3000, deactivate=312)

    (hold,) = safety_holds([CollectionStats(listing=people)], Thresholds())

    assert hold.sentence == "312 of 3,000 people missing from source (10.4%, limit 10%)"
    assert hold.short == "10.4% of people missing from source, limit 10%."


def test_an_undo_misses_nothing_from_the_source() -> None:
    (hold,) = safety_holds([CollectionStats(listing=HELD[1], is_undo=True)], Thresholds())

    assert hold.sentence == "154 of 300 people deactivated by the undo (51%, limit 10%)"


def test_people_after_a_plan() -> None:
    people = plan_tally(HELD).people

    assert (people.known, people.after, people.unchanged) == (300, 149, 128)
    assert (people.created, people.updated, people.deactivated) == (3, 17, 154)
    assert list(plan_tally(HELD).others) == [C.ENROLLMENTS, C.CLASSES]


def test_a_listing_of_changes_leaves_all_else_unchanged() -> None:
    one = tally({K.UPDATE: 2, K.CREATE: 1}, known=300)

    assert (one.unchanged, one.after) == (298, 301)


def test_where_nobody_knows_how_many_there_were_nothing_is_made_up() -> None:
    one = tally({K.DEACTIVATE: 2}, known=None)

    assert (one.unchanged, one.after, one.lost) == (None, None, 2)


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (("student",), PersonRole.STUDENT),
        (("student", "aide"), PersonRole.STUDENT),
        (("parent", "teacher"), PersonRole.TEACHER),
        (("relative",), PersonRole.GUARDIAN),
        (("principal",), PersonRole.OTHER),
        ((), PersonRole.OTHER),
    ],
)
def test_everybody_is_counted_once(roles: tuple[str, ...], role: PersonRole) -> None:
    assert person_role(set(roles)) is role
