"""Which fields a listing lacks, and what its silence does to a record."""

from datetime import UTC, datetime

import pytest

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Collection, User
from integration_tui.domain.sync.absent_fields import Absence, absent, with_page
from integration_tui.domain.sync.merge import (
    STATUS,
    BaseValue,
    FieldOwnership,
    FieldPrecedence,
    LocalRecord,
    RemoteRecord,
    SaidBy,
    difference,
)
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress
from integration_tui.domain.sync.safety import CollectionStats, safety_holds
from integration_tui.domain.sync.thresholds import Thresholds

C = Collection
SIS = IntegrationId("sis")
NOW = datetime(2026, 9, 1, tzinfo=UTC)
ANNA = User(sourced_id="u1", given_name="A", family_name="B")


def page(fields: frozenset[str] | None, *, rows: int = 1) -> Page[User]:
    return Page(rows=(ANNA,) * rows, fields=fields)


def test_a_listing_has_the_fields_of_all_its_pages() -> None:
    found = with_page(with_page(frozenset(), page(frozenset({"email"}))), page(frozenset({"sms"})))

    assert found == frozenset({"email", "sms"})


@pytest.mark.parametrize(("rows", "found"), [(1, None), (0, frozenset({"email"}))])
def test_a_page_that_cannot_tell_leaves_all_unknown(
    rows: int, found: frozenset[str] | None
) -> None:
    assert with_page(frozenset({"email"}), page(None, rows=rows)) == found


def test_what_became_unknown_stays_so() -> None:
    assert with_page(None, page(frozenset({"email"}))) is None


@pytest.mark.parametrize("fields", [None, frozenset[str]()])
def test_nothing_is_absent_where_nobody_can_tell(fields: frozenset[str] | None) -> None:
    assert absent(C.USERS, fields) == frozenset()


def test_the_first_role_names_the_first_org() -> None:
    assert "primary_org" not in absent(C.USERS, frozenset({"roles"}))
    assert {"primary_org", "roles"} <= absent(C.USERS, frozenset({"email"}))


@pytest.mark.parametrize("spelling", ["class", "class_"])
def test_a_class_is_spelled_either_way(spelling: str) -> None:
    assert "class_" not in absent(C.ENROLLMENTS, frozenset({spelling, "user"}))


def test_the_status_is_absent_only_where_columns_are_told_one_by_one() -> None:
    assert STATUS in absent(C.USERS, frozenset({"sourced_id", "email"}))
    assert STATUS not in absent(C.USERS, frozenset({"email"}))


def rules(owner: str | None = None) -> FieldOwnership:
    return FieldOwnership(
        system=SIS, owner=lambda _: owner, precedence=lambda _: FieldPrecedence.SYSTEM
    )


def remote(*, is_new: bool = False) -> RemoteRecord:
    return RemoteRecord(
        values={"email": None, "phone": "2"},
        modified_at=None,
        is_new=is_new,
        absent=frozenset({"email"}),
    )


HELD = LocalRecord(values={"email": "a@example.org", "phone": "1"}, base_values={})


def test_silence_changes_nothing() -> None:
    found = difference(HELD, remote(), rules(), now=NOW)

    assert (found.kind, found.set, found.base_values) == (ChangeKind.UPDATE, {"phone": "2"}, {})


def test_silence_keeps_what_the_system_said_last() -> None:
    said: SaidBy = {SIS: {"email": BaseValue("old@example.org", NOW)}}
    held = LocalRecord(values=HELD.values, base_values=said)

    assert difference(held, remote(), rules(), now=NOW).base_values == said


@pytest.mark.parametrize("owner", [SIS, None])
def test_a_system_that_comes_to_know_a_record_takes_nothing_away(owner: str | None) -> None:
    found = difference(HELD, remote(is_new=True), rules(owner), now=NOW)

    assert "email" not in found.set
    assert found.base_values[SIS]["email"] == BaseValue(None, NOW)


def sentence(absence: Absence) -> str:
    judged = CollectionStats(
        listing=CollectionProgress(collection=C.USERS, known=10), vanished=absence.held
    )
    return " | ".join(hold.sentence for hold in safety_holds([judged], Thresholds()))


def test_a_field_that_vanished_holds_where_a_value_is_kept() -> None:
    vanished = frozenset({"email", "sms"})

    found = sentence(Absence(fields=vanished, vanished=vanished, kept={"email": 1}))

    assert found == (
        "field email of people missing from this listing, present in the last one; 1 record keeps"
        " its local value. Approve the plan to continue without the field"
    )


def test_a_field_that_was_never_there_holds_nothing() -> None:
    assert not sentence(Absence(fields=frozenset({"email"}), kept={"email": 9}))


def test_who_may_sign_in_is_always_told_of() -> None:
    vanished = frozenset({"enabled"})

    assert "field enabled of people missing" in sentence(
        Absence(fields=vanished, vanished=vanished)
    )
