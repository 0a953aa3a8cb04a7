"""Values are structs; what plug-ins may do with dataclasses, they may do with the contract's."""

import dataclasses
from dataclasses import dataclass

import pytest

from integration_tui.domain.events import HealthChanged, IntegrationChanged, RunChanged
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.integration import Problem, Trouble
from integration_tui.domain.paging import Cursor, Page, Rejected
from integration_tui.domain.provider import SystemMetadata
from integration_tui.domain.value import replace

PAGE = Page(rows=("a", "b"), next=Cursor("c"), rejected=(Rejected(sourced_id="x", reason="no"),))


@dataclass(frozen=True)
class Left:
    """A dataclass, as those are that hide a field."""

    name: str
    secret: str = dataclasses.field(default="", repr=False)


def test_a_value_is_replaced_whether_struct_or_dataclass() -> None:
    problem = Problem(trouble=Trouble.NOT_READY, message="no route", advice="ask")

    assert replace(problem, message="no answer") == Problem(
        trouble=Trouble.NOT_READY, message="no answer", advice="ask"
    )
    assert replace(Left("a", "b"), name="c") == Left("c", "b")


def test_a_field_that_there_is_not_is_refused() -> None:
    for value in (PAGE, Left("a")):
        with pytest.raises(TypeError):
            replace(value, rows_of="x")  # type: ignore[call-arg]  # what is tested


def test_values_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        PAGE.complete = True  # type: ignore[misc]  # what is tested


def test_values_of_two_kinds_are_never_equal() -> None:
    lincoln = IntegrationId("lincoln")

    assert len({HealthChanged(lincoln), IntegrationChanged(lincoln), HealthChanged(lincoln)}) == 2
    assert RunChanged(lincoln, RunId(1)) == RunChanged(integration_id=lincoln, run_id=RunId(1))


def test_a_plug_in_may_treat_values_of_the_contract_as_dataclasses() -> None:
    shorter = dataclasses.replace(PAGE, rows=("a",), next=None)

    assert shorter == Page(rows=("a",), rejected=PAGE.rejected)
    assert dataclasses.is_dataclass(PAGE)
    assert [field.name for field in dataclasses.fields(PAGE)][:3] == ["rows", "next", "rejected"]
    metadata = SystemMetadata(product="Abacus", version="3", address="a.example")
    assert dataclasses.asdict(metadata) == {
        "product": "Abacus",
        "version": "3",
        "address": "a.example",
        "details": {},
    }
    assert dataclasses.asdict(PAGE)["rejected"] == ({"sourced_id": "x", "reason": "no", "raw": ""},)
