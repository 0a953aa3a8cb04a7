"""`messages` as its users call it, on a store in which something happened."""

import json
from typing import Any

import pytest

from integration_tui.domain.ids import RunId
from integration_tui.domain.integration import Trouble
from integration_tui.domain.message import MessageKind, NewMessage
from integration_tui.settings import Settings
from integration_tui.store.database import Database
from tests.cli.commands.test_health import LINCOLN, NOW
from tests.cli.test_main import Call, call, folder

__all__ = ["call", "folder"]


@pytest.fixture
async def happened(folder: object, settings: Settings) -> None:
    """Lincoln's credentials were refused, and a plan of it is held."""
    from integration_tui.bootstrap import open_services
    from tests.conftest import ANA

    async with open_services(settings, actor=ANA):
        pass
    database = Database(settings.store_url, publish=lambda _: None, clock=lambda: NOW)
    await database.open()
    async with database.transaction() as transaction:
        down = NewMessage(
            kind=MessageKind.DOWN,
            integration_id=LINCOLN,
            at=NOW,
            sentence="Refused our credentials.",
            trouble=Trouble.CREDENTIALS,
        )
        held = NewMessage(
            kind=MessageKind.HELD,
            integration_id=LINCOLN,
            at=NOW,
            sentence="Plan held. Deactivates 154 of 300 people.",
            run_id=RunId(7),
        )
        await transaction.messages.add(down)
        await transaction.messages.add(held)
    await database.close()


def listed(call: Call, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call("messages", *words, "--json").out)
    return found


def test_an_empty_store_has_none(call: Call) -> None:
    answer = call("messages")

    assert (answer.code, answer.out) == (0, "")
    assert "No messages yet." in answer.err


@pytest.mark.usefixtures("happened")
def test_they_are_listed_newest_first_with_what_to_do(call: Call) -> None:
    answer = call("messages")
    lines = answer.out.splitlines()

    assert answer.code == 0
    assert lines[0].split()[0] == "TIME"
    assert "Plan held. Deactivates 154 of 300 people." in lines[1]
    assert "integration-tui sync show 7" in lines[1]
    assert "integration-tui provider start lincoln" in lines[2]
    assert lines[1].startswith("*")


@pytest.mark.usefixtures("happened")
def test_as_json_they_say_all(call: Call) -> None:
    held, down = listed(call)

    assert down == {
        "id": 1,
        "at": NOW.isoformat(),
        "first_at": NOW.isoformat(),
        "times": 1,
        "kind": "down",
        "severity": "bad",
        "integration": "lincoln",
        "run": None,
        "message": "Refused our credentials.",
        "fix": "Store a new secret, then start lincoln.",
        "command": "integration-tui provider start lincoln",
        "target": "integration",
        "read": False,
    }
    assert (held["run"], held["target"]) == (7, "run")


@pytest.mark.usefixtures("happened")
def test_what_was_read_is_not_unread_any_more(call: Call) -> None:
    part = call("messages", "read", "--up-to", "1")
    unread = [one["id"] for one in listed(call, "--unread")]
    rest = json.loads(call("messages", "read", "--json").out)

    assert (part.code, part.err.strip()) == (0, "1 message marked as read.")
    assert unread == [2]
    assert rest == {"read": 1}
    assert listed(call, "list", "--unread") == []
    assert [one["read"] for one in listed(call)] == [True, True]


@pytest.mark.usefixtures("happened")
def test_who_may_only_look_reads_and_marks_nothing(call: Call) -> None:
    looked = call("--readonly", "messages", "--unread")
    refused = call("--readonly", "messages", "read")

    assert (looked.code, len(looked.out.splitlines())) == (0, 3)
    assert refused.code == 2
    assert "has read-only access" in refused.err
    assert len(listed(call, "--unread")) == 2
