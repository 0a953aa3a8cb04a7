"""What a message says to do, and how errors become sentences."""

from datetime import UTC, datetime

import pytest

from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.integration import Trouble
from integration_tui.domain.message import (
    Message,
    MessageKind,
    MessageSeverity,
    MessageTarget,
    as_sentence,
)
from integration_tui.domain.value import replace

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DOWN = Message(
    id=1,
    at=NOON,
    first_at=NOON,
    kind=MessageKind.DOWN,
    integration_id=IntegrationId("lincoln"),
    sentence="Connection refused.",
    run_id=RunId(7),
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("  ", ""),
        ("slow: 3366 ms", "Slow: 3366 ms."),
        ("sis.x.example answers with a web page", "Answers with a web page."),
        (
            "mock://adams refused our credentials: they expired",
            "Refused our credentials: they expired.",
        ),
        (
            "127.0.0.1:8660 returned a server error (HTTP 500)",
            "Returned a server error (HTTP 500).",
        ),
        ("the folder /srv/x.d is missing", "The folder /srv/x.d is missing."),
        ("Why not?", "Why not?"),
        ("sis.x.example: Name or service not known", "Name or service not known."),
    ],
)
def test_an_error_becomes_a_sentence_without_its_address(text: str, sentence: str) -> None:
    assert as_sentence(text) == sentence


@pytest.mark.parametrize(
    ("kind", "trouble", "key", "command"),
    [
        (MessageKind.DOWN, Trouble.CREDENTIALS, "^r", "integration-tui provider start lincoln"),
        (MessageKind.DOWN, Trouble.CONFIGURATION, "e", "integration-tui config show lincoln"),
        (MessageKind.DOWN, Trouble.NOT_READY, "c", "integration-tui provider test lincoln"),
        (MessageKind.DEGRADED, None, "2", "integration-tui health lincoln"),
        (MessageKind.HELD, None, "Y", "integration-tui sync show 7"),
        (MessageKind.WAITING, None, "a", "integration-tui sync show 7"),
        (MessageKind.FAILED, None, "r", "integration-tui sync show 7"),
        (MessageKind.CONFLICTS, None, "o", "integration-tui sync conflicts lincoln"),
    ],
)
def test_every_problem_names_its_key_and_its_command(
    kind: MessageKind, trouble: Trouble | None, key: str, command: str
) -> None:
    fix = replace(DOWN, kind=kind, trouble=trouble).fix

    assert fix is not None
    assert (fix.key, fix.command) == (key, command)
    assert fix.sentence.endswith(".")


def test_what_is_back_needs_nothing() -> None:
    back = replace(DOWN, kind=MessageKind.BACK)

    assert back.fix is None
    assert back.severity is MessageSeverity.GOOD


def test_what_the_error_advises_is_the_fix() -> None:
    fix = replace(DOWN, trouble=Trouble.CONFIGURATION, advice="check base_url").fix

    assert fix is not None
    assert fix.sentence == "Check base_url."


def test_every_kind_has_a_severity_and_leads_somewhere() -> None:
    made = [replace(DOWN, kind=kind) for kind in MessageKind]

    assert {one.severity for one in made} == set(MessageSeverity)
    assert {one.target for one in made} == set(MessageTarget)
