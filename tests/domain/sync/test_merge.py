"""Who decides a field: every combination of what we hold, what was said, and what is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.merge import (
    BaseValue,
    FieldDecision,
    FieldOwnership,
    FieldPrecedence,
    FieldValues,
    LocalRecord,
    RemoteRecord,
    base_values_after,
    difference,
    link_field,
    merge_field,
)
from integration_tui.domain.sync.plan import ChangeKind

SIS, LMS = IntegrationId("sis"), IntegrationId("lms")
NOW = datetime(2026, 9, 1, tzinfo=UTC)
Bases = dict[str, dict[str, BaseValue]]
values = st.sampled_from(["a", "b", "c", None])


def rules(
    precedence: FieldPrecedence = FieldPrecedence.ASK,
    owner: str | None = None,
    system: IntegrationId = SIS,
) -> FieldOwnership:
    return FieldOwnership(system=system, owner=lambda _: owner, precedence=lambda _: precedence)


def field(ours: str | None, theirs: str | None, said: BaseValue | None = None) -> FieldValues:
    return FieldValues(local=ours, remote=theirs, base=said, modified_at=NOW)


@given(values, values)
def test_who_says_what_he_said_has_not_changed_his_mind(ours: str | None, base: str | None) -> None:
    verdict = merge_field(
        field(ours, base, BaseValue(base)), is_owner=None, rule=FieldPrecedence.SYSTEM
    )

    assert verdict is (FieldDecision.AGREE if ours == base else FieldDecision.SAME)


@given(values, values)
def test_a_change_of_one_side_alone_is_taken(ours: str | None, theirs: str | None) -> None:
    for precedence in FieldPrecedence:
        verdict = merge_field(field(ours, theirs), is_owner=None, rule=precedence)
        assert verdict is (FieldDecision.SAME if ours == theirs else FieldDecision.TAKE)


@pytest.mark.parametrize(
    ("precedence", "verdict"),
    [
        (FieldPrecedence.SYSTEM, FieldDecision.TAKE),
        (FieldPrecedence.LOCAL, FieldDecision.KEEP),
        (FieldPrecedence.ASK, FieldDecision.ASK),
    ],
)
def test_what_both_sides_changed_goes_by_the_rule(
    precedence: FieldPrecedence, verdict: FieldDecision
) -> None:
    assert (
        merge_field(field("ours", "theirs", BaseValue("base")), is_owner=None, rule=precedence)
        is verdict
    )


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(-1, FieldDecision.TAKE), (0, FieldDecision.KEEP), (1, FieldDecision.KEEP)],
)
def test_the_later_change_stays(minutes: int, verdict: FieldDecision) -> None:
    said = BaseValue("base", NOW + timedelta(minutes=minutes))

    assert (
        merge_field(field("ours", "theirs", said), is_owner=None, rule=FieldPrecedence.NEWEST)
        is verdict
    )


def test_what_tells_no_time_is_older() -> None:
    one = FieldValues(local="o", remote="t", base=BaseValue("b", NOW), modified_at=None)

    assert merge_field(one, is_owner=None, rule=FieldPrecedence.NEWEST) is FieldDecision.KEEP


@given(values, values, values)
def test_an_owner_decides_what_he_changes_and_nobody_else_does(
    ours: str | None, base: str | None, theirs: str | None
) -> None:
    one = field(ours, theirs, BaseValue(base))
    if theirs not in {ours, base}:
        assert merge_field(one, is_owner=True, rule=FieldPrecedence.LOCAL) is FieldDecision.TAKE
        assert merge_field(one, is_owner=False, rule=FieldPrecedence.SYSTEM) is FieldDecision.KEEP


def test_a_newly_found_system_fills_gaps_and_changes_nothing_else() -> None:
    assert link_field(field(None, "t"), is_owner=None) is FieldDecision.TAKE
    assert link_field(field("o", "t"), is_owner=None) is FieldDecision.KEEP
    assert link_field(field("o", "t"), is_owner=True) is FieldDecision.TAKE
    assert link_field(field(None, "t"), is_owner=False) is FieldDecision.KEEP


@given(st.dictionaries(st.sampled_from(["x", "y", "status"]), values, min_size=1), st.data())
def test_decided_once_is_decided(held: dict[str, str | None], data: st.DataObject) -> None:
    """What was decided and is told again just so changes nothing more."""
    theirs = {name: data.draw(values) for name in held}
    drawn = {name: BaseValue(data.draw(values)) for name in held if data.draw(st.booleans())}
    said: Bases = {SIS: {name: one for name, one in drawn.items() if one.value != held[name]}}
    before = LocalRecord(values=held, base_values=said)
    told = RemoteRecord(values=theirs, modified_at=NOW)
    precedence = data.draw(st.sampled_from([FieldPrecedence.SYSTEM, FieldPrecedence.LOCAL]))

    first = difference(before, told, rules(precedence), now=NOW)
    after = LocalRecord(values={**held, **first.set}, base_values=first.base_values)
    second = difference(after, told, rules(precedence), now=NOW)

    assert not second.set
    assert second.base_values == first.base_values


@given(values, values, values)
def test_the_others_said_what_was_held_before(
    held: str | None, other: str | None, theirs: str | None
) -> None:
    said: Bases = {LMS: {"x": BaseValue(other, NOW)}} if other != held else {}
    before = LocalRecord(values={"x": held}, base_values=said, others=(LMS,))

    after = base_values_after(before, {"x": theirs}, said, by=SIS, now=NOW)

    base = after.get(LMS, {}).get("x")
    assert (theirs if base is None else base.value) == other


def test_the_protected_stay_active() -> None:
    held = LocalRecord(values={"status": "active", "x": "a"}, base_values={}, is_protected=True)

    found = difference(
        held,
        RemoteRecord(values={"status": "inactive", "x": "b"}, modified_at=NOW),
        rules(),
        now=NOW,
    )

    assert found.set == {"x": "b"}
    assert found.kind is ChangeKind.UPDATE


@pytest.mark.parametrize(
    ("held", "told", "kind"),
    [
        ({"status": "active"}, {"status": "inactive"}, ChangeKind.DEACTIVATE),
        ({"status": "inactive"}, {"status": "active"}, ChangeKind.RETURN),
        ({"status": "active"}, {"status": "active"}, ChangeKind.REFRESH),
    ],
)
def test_the_status_names_the_change(
    held: dict[str, str], told: dict[str, str], kind: ChangeKind
) -> None:
    found = difference(
        LocalRecord(values=held, base_values={}),
        RemoteRecord(values=told, modified_at=NOW),
        rules(),
        now=NOW,
    )

    assert found.kind is kind
