"""Problems in words: what, what happens next, and the key that fixes it; never the host."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from integration_tui.config.secret_backends import unavailable
from integration_tui.domain.config.validation import ConfigProblem
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import (
    Integration,
    IntegrationStatus,
    Intent,
    Problem,
    Trouble,
)
from integration_tui.domain.integration_overview import Overview, unwatched
from integration_tui.domain.problem_sentence import (
    Fix,
    ProblemEvidence,
    ProblemKind,
    ProblemSentence,
    StoppedBy,
    WaitingPlan,
    needs_you,
)
from integration_tui.domain.problem_wording import problem_sentences
from integration_tui.domain.secret import SecretRef, SecretScheme
from integration_tui.domain.value import replace

NOW = datetime(2026, 10, 5, 14, 32, 8).astimezone()
LINCOLN = IntegrationId("lincoln")
_K, _S, _T = ProblemKind, IntegrationStatus, Trouble
NONE = ProblemEvidence()


def overview(
    status: IntegrationStatus = _S.ACTIVE,
    problem: Problem | None = None,
    *,
    retries_in: float | None = None,
    attempts: int = 0,
    enabled: bool = True,
    intent: Intent = Intent.RUN,
    report: HealthReport | None = None,
    reason: str = "",
    version: int = 3,
) -> Overview:
    integration = Integration(
        id=LINCOLN,
        provider="oneroster",
        title="Lincoln",
        environment="production",
        enabled=enabled,
        intent=intent,
        status=status,
        config_version=version,
        revision=1,
        changed_at=NOW - timedelta(minutes=14),
        problem=problem,
        attempts=attempts,
        next_attempt_at=None if retries_in is None else NOW + timedelta(seconds=retries_in),
    )
    return Overview(integration=integration, report=report, reason=reason)


def check(message: str = "", latency_ms: float | None = 80.0) -> HealthReport:
    return HealthReport(
        integration_id=LINCOLN,
        status=HealthStatus.DOWN if message else HealthStatus.HEALTHY,
        checked_at=NOW,
        latency_ms=None if message else latency_ms,
        detail=message,
    )


def checks(failed: int, message: str) -> tuple[HealthReport, ...]:
    return (*[check()] * (10 - failed), *[check(message)] * failed)


def down(trouble: Trouble, message: str, advice: str = "", **more: float) -> Overview:
    problem = Problem(trouble=trouble, message=message, advice=advice)
    found = overview(_S.ERROR, problem, retries_in=more.get("retries_in"))
    attempts = int(more.get("attempts", 0))
    return replace(found, integration=replace(found.integration, attempts=attempts))


def first(given: Overview, evidence: ProblemEvidence = NONE) -> ProblemSentence:
    return problem_sentences(given, evidence, NOW)[0]


NO_ANSWER = "no answer from sis.example.org within 5 s"


@pytest.mark.parametrize(
    ("given", "full", "brief", "fix"),
    [
        (
            down(_T.CREDENTIALS, "mock://lincoln refused our credentials: they expired"),
            "Credentials expired at 14:18. Not retried until a new secret is stored.",
            "Credentials expired at 14:18",
            Fix.NEW_SECRET,
        ),
        (
            down(_T.CREDENTIALS, "sis.example.org does not accept the credentials (HTTP 401)"),
            "Credentials refused (HTTP 401) at 14:18. Not retried until a new secret is stored.",
            "Credentials refused at 14:18",
            Fix.NEW_SECRET,
        ),
        (
            down(
                _T.CREDENTIALS,
                "sis.example.org accepts the credentials but does not allow this (HTTP 403)",
            ),
            "Access denied (HTTP 403) at 14:18. Not retried: the account lacks a scope or a role.",
            "Access denied at 14:18",
            Fix.START,
        ),
        (
            down(
                _T.NOT_READY, "sis.example.org asks for fewer requests (HTTP 429)", retries_in=772
            ),
            "Rate limited (HTTP 429). Retries at 14:45, in 12 min 52 s.",
            "Rate limited (HTTP 429) until 14:45",
            Fix.CHECK,
        ),
        (
            down(_T.NOT_READY, "sis.example.org:8443 refuses the connection", retries_in=12),
            "Connection refused. Retries in 12 s.",
            "Connection refused",
            Fix.CHECK,
        ),
        (
            down(_T.NOT_READY, "the name sis.x.example is not known", retries_in=-3),
            "Host name not found. Retrying now.",
            "Host name not found",
            Fix.CHECK,
        ),
        (
            down(_T.NOT_READY, "sis.example.org has an error of its own (HTTP 503)", attempts=4),
            "Server error (HTTP 503). Gave up after 4 retries.",
            "Server error (HTTP 503)",
            Fix.START,
        ),
        (
            down(_T.CONFIGURATION, "sis.example.org has a certificate that has expired"),
            "Certificate has expired. Not retried until started again.",
            "Certificate has expired",
            Fix.START,
        ),
        (
            down(_T.CONFIGURATION, "sis.example.org answers with a web page instead of data"),
            "Answers with a web page instead of data. Not retried until the configuration is"
            " changed.",
            "Answers with a web page instead of data",
            Fix.EDIT,
        ),
        (
            down(
                _T.CONFIGURATION,
                "the secret file:/run/lms cannot be had: others can read or write the file",
                "chmod 600 /run/lms",
            ),
            "Secret file:/run/lms cannot be read: others can read or write the file."
            " Not retried until the secret is stored.",
            "Secret unreadable: others can read or write the file",
            Fix.NEW_SECRET,
        ),
        (
            overview(_S.DISABLED, enabled=False),
            "Disabled in the configuration.",
            "Disabled in the configuration",
            Fix.EDIT,
        ),
    ],
)
def test_problems_in_words(given: Overview, full: str, brief: str, fix: Fix) -> None:
    found = first(given)

    assert (found.full(NOW), found.brief, found.fix) == (full, brief, fix)


@pytest.mark.parametrize(
    ("given", "evidence", "what", "brief"),
    [
        (
            down(_T.NOT_READY, NO_ANSWER, retries_in=12),
            ProblemEvidence(recent=checks(3, NO_ANSWER)),
            "3 of the last 10 checks timed out after 5 s.",
            "Timed out after 5 s",
        ),
        (
            overview(_S.DEGRADED, report=check(NO_ANSWER)),
            ProblemEvidence(recent=checks(2, NO_ANSWER)),
            "2 of the last 10 checks timed out after 5 s.",
            "2 of last 10 checks timed out",
        ),
        (
            overview(_S.DEGRADED, report=check("a.example refuses the connection")),
            ProblemEvidence(recent=checks(1, "a.example refuses the connection")),
            "1 of the last 10 checks failed: connection refused.",
            "Connection refused: 1 of last 10 checks",
        ),
        (
            overview(_S.DEGRADED, report=check(latency_ms=3366)),
            ProblemEvidence(recent=checks(0, ""), p95_ms=3400.0, slow_ms=2000.0),
            "Slow: p95 3.4 s over 15 min, limit 2.0 s.",
            "Slow: p95 3.4 s, limit 2.0 s",
        ),
        (
            overview(_S.DEGRADED, report=check(latency_ms=3366)),
            ProblemEvidence(p95_ms=900.0, slow_ms=2000.0),
            "Slow: last check took 3.4 s, limit 2.0 s.",
            "Slow: last check took 3.4 s, limit 2.0 s",
        ),
        (
            overview(_S.DEGRADED, report=check(), reason="fails too often"),
            ProblemEvidence(recent=(check(NO_ANSWER), *[check()] * 9)),
            "1 of the last 10 checks timed out after 5 s.",
            "1 of last 10 checks timed out",
        ),
        (
            overview(
                _S.DEGRADED,
                report=replace(
                    check(), status=HealthStatus.DEGRADED, detail="the cache is being rebuilt"
                ),
            ),
            NONE,
            "The cache is being rebuilt.",
            "The cache is being rebuilt",
        ),
        (overview(_S.DEGRADED), NONE, "No reason recorded.", "No reason recorded"),
        (
            overview(_S.INACTIVE, intent=Intent.STOP),
            ProblemEvidence(
                stopped=StoppedBy(by="maria.ortiz", at=NOW - timedelta(days=2), reason="closed")
            ),
            "Stopped by maria.ortiz: closed.",
            "Stopped by maria.ortiz: closed",
        ),
        (
            overview(_S.INACTIVE, intent=Intent.STOP),
            ProblemEvidence(stopped=StoppedBy(by="maria.ortiz", at=NOW - timedelta(hours=2))),
            "Stopped by maria.ortiz, 12:32.",
            "Stopped by maria.ortiz, 12:32",
        ),
        (
            overview(
                _S.ERROR,
                Problem(trouble=_T.CONFIGURATION, message="a.yaml is invalid: 4: unknown scope"),
                version=0,
            ),
            ProblemEvidence(invalid=(ConfigProblem(message="unknown scope", line=4),)),
            "Configuration invalid, line 4: unknown scope.",
            "File invalid, line 4: unknown scope",
        ),
        (
            overview(),
            ProblemEvidence(conflicts={"email": 1, "grade": 1}),
            "2 conflicts: email and grade changed here and in the source.",
            "2 conflicts to resolve",
        ),
        (
            overview(),
            ProblemEvidence(conflicts={"email": 3, "grade": 1, "phone": 1, "given_name": 2}),
            "7 conflicts: email, given name and 2 other fields changed here and in the source.",
            "7 conflicts to resolve",
        ),
    ],
)
def test_evidence_is_in_the_sentence(
    given: Overview, evidence: ProblemEvidence, what: str, brief: str
) -> None:
    found = first(given, evidence)

    assert (found.what, found.brief) == (what, brief)


@pytest.mark.parametrize("status", [_S.ACTIVE, _S.CONNECTING, _S.INACTIVE])
def test_what_a_check_remarks_on_a_healthy_system_is_no_problem(status: IntegrationStatus) -> None:
    remark = replace(check(), detail="300 people in one school")

    assert problem_sentences(overview(status, report=remark), NONE, NOW) == ()


def test_a_broken_file_of_a_healthy_integration_is_named_with_what_stays() -> None:
    evidence = ProblemEvidence(
        invalid=(ConfigProblem(message="must be text", path="auth.scope", line=7),)
    )

    found = first(overview(), evidence)

    assert found.full(NOW) == (
        "Configuration invalid, line 7: auth.scope must be text. Version 3 stays active."
    )
    assert found.fix is Fix.EDIT


def test_a_problem_that_nobody_looks_after_says_why() -> None:
    shown = unwatched(
        replace(down(_T.CREDENTIALS, "a.example refused our credentials"), report=check("no")),
        "no engine runs",
        NOW + timedelta(seconds=90),
    )

    assert first(shown).full(NOW) == (
        "Credentials refused at 14:18. Last checked 1 min 30 s ago: no engine runs."
    )


def test_one_that_worked_and_is_not_checked_any_more_is_no_problem_of_its_own() -> None:
    shown = unwatched(replace(overview(), report=check()), "no engine runs", NOW)

    found = first(shown)

    assert (found.kind, found.brief) == (_K.UNCHECKED, "Not checked: no engine running")


HELD = WaitingPlan(
    kind=_K.HELD, what="Plan held: deactivates 154 people.", brief="Plan held: 154 people"
)


def kinds(found: Iterable[ProblemSentence]) -> list[ProblemKind]:
    return [sentence.kind for sentence in found]


def test_the_worst_is_first_and_all_that_waits_is_listed() -> None:
    evidence = ProblemEvidence(
        plan=HELD, conflicts={"email": 1}, expires_at=NOW + timedelta(days=2, hours=4)
    )
    expired = down(_T.CREDENTIALS, "a.example refused our credentials: they expired")

    found = problem_sentences(expired, evidence, NOW)

    assert kinds(found) == [_K.NEEDS_PERSON, _K.HELD, _K.EXPIRING, _K.CONFLICTS]
    assert found[2].full(NOW) == "Credentials expire at Wed 18:32, in 2 d 4 h."


def test_needs_you_has_everybody_with_the_worst_first_and_a_key_each() -> None:
    def sentences(given: Overview, evidence: ProblemEvidence = NONE) -> tuple[ProblemSentence, ...]:
        return problem_sentences(given, evidence, NOW)

    names = [IntegrationId(f"school-{number}") for number in range(6)]
    found = needs_you(
        {
            names[0]: sentences(overview(), ProblemEvidence(conflicts={"email": 1})),
            names[1]: sentences(down(_T.NOT_READY, NO_ANSWER, retries_in=40)),
            names[2]: sentences(overview(), ProblemEvidence(plan=HELD)),
            names[3]: sentences(down(_T.CREDENTIALS, "token expired")),
            names[4]: sentences(overview(_S.INACTIVE, intent=Intent.STOP)),
            names[5]: sentences(down(_T.CREDENTIALS, "token expired")),
        },
        {names[3]: NOW - timedelta(hours=2), names[5]: NOW},
    )

    assert [(one.integration_id, one.sentence.fix) for one in found] == [
        (names[5], Fix.NEW_SECRET),
        (names[3], Fix.NEW_SECRET),
        (names[2], Fix.REVIEW_PLAN),
        (names[1], Fix.CHECK),
        (names[0], Fix.CONFLICTS),
    ]


def test_sentences_stay_equal_while_their_countdown_goes_on() -> None:
    retried = down(_T.NOT_READY, "a.example refuses the connection", retries_in=700)

    now, later = first(retried), problem_sentences(retried, NONE, NOW + timedelta(seconds=9))[0]

    assert now == later
    assert now.full(NOW) != now.full(NOW + timedelta(seconds=9))


def test_times_are_those_of_the_reader() -> None:
    at = datetime(2026, 10, 5, 14, 18, tzinfo=UTC)
    given = down(_T.CREDENTIALS, "token expired")
    given = replace(given, integration=replace(given.integration, changed_at=at))

    assert first(given).what == f"Credentials expired at {at.astimezone():%H:%M}."


BRIEF = 36
"""Cells that a reason has in a terminal of 80 columns."""


@pytest.mark.parametrize(
    "given",
    [
        down(_T.CREDENTIALS, "mock://lincoln refused our credentials: they expired"),
        down(_T.NOT_READY, "sis.example.org asks for fewer requests (HTTP 429)", retries_in=772),
        down(_T.NOT_READY, "sis.example.org:8443 refuses the connection", retries_in=12),
        down(_T.NOT_READY, NO_ANSWER),
        down(_T.CONFIGURATION, "sis.example.org has a certificate that has expired"),
        overview(_S.DISABLED, enabled=False),
        overview(_S.DEGRADED, report=check("a.example asks for fewer requests (HTTP 429)")),
    ],
)
def test_what_is_brief_fits_into_eighty_columns(given: Overview) -> None:
    recent = checks(3, given.report.detail) if given.report else ()

    assert len(first(given, ProblemEvidence(recent=recent)).brief) <= BRIEF


def test_what_the_sentence_says_is_not_said_again_as_evidence() -> None:
    expired = first(down(_T.CREDENTIALS, "mock://lincoln refused our credentials: they expired"))
    refused = first(
        down(_T.CREDENTIALS, "sis.example.org refuses the credentials (invalid_client)")
    )

    assert expired.evidence == ""
    assert refused.what == "Credentials refused (invalid_client) at 14:18."
    assert refused.evidence == ""


def test_a_secret_that_cannot_be_read_is_said_as_the_backend_raises_it() -> None:
    error = unavailable(SecretRef(SecretScheme.ENV, "LMS"), "LMS is not set", "set it")

    found = first(down(_T.CONFIGURATION, error.message, error.advice))

    assert found.full(NOW) == (
        "Secret env:LMS cannot be read: LMS is not set. Not retried until the secret is stored."
    )
    assert (found.brief, found.fix) == ("Secret unreadable: LMS is not set", Fix.NEW_SECRET)


def test_a_client_certificate_is_replaced_in_the_configuration() -> None:
    found = first(down(_T.CREDENTIALS, "the client certificate file:/c expired on 2026-03-01"))

    assert found.full(NOW) == (
        "The client certificate file:/c expired on 2026-03-01."
        " Not retried until the certificate is replaced."
    )
    assert found.fix is Fix.EDIT
