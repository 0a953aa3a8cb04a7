"""How a problem is worded: its cause, the evidence, what happens next, and the key that fixes it.

The texts hold what systems and people wrote: a screen makes them harmless before it shows them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from integration_tui.domain.health.failure import (
    FailureCause,
    cause_of,
    http_status,
    in_words,
    waited,
    without_address,
)
from integration_tui.domain.health.status import HealthReport, HealthStatus
from integration_tui.domain.integration import Integration, IntegrationStatus, Problem, Trouble
from integration_tui.domain.problem_sentence import (
    RECENT_CHECKS,
    Fix,
    ProblemEvidence,
    ProblemKind,
    ProblemSentence,
    StoppedBy,
    WaitingPlan,
)
from integration_tui.domain.text import duration
from integration_tui.domain.time_words import latency_words, short_time

if TYPE_CHECKING:
    from integration_tui.domain.config.validation import ConfigProblem
    from integration_tui.domain.integration_overview import Overview


def problem_sentences(
    overview: Overview, evidence: ProblemEvidence, now: datetime
) -> tuple[ProblemSentence, ...]:
    """Return all that is to be said of an integration, the worst first; nothing where all is well.

    What a check remarks on a healthy system is no problem of the integration.
    """
    found = [
        _of_state(overview, evidence, now),
        _invalid(overview.integration, evidence.invalid),
        _plan(evidence.plan),
        _expiring(evidence.expires_at, now),
        _conflicts(evidence.conflicts),
    ]
    return tuple(sorted((one for one in found if one), key=lambda sentence: sentence.kind))


def _of_state(
    overview: Overview, evidence: ProblemEvidence, now: datetime
) -> ProblemSentence | None:
    integration = overview.integration
    if integration.status is IntegrationStatus.ERROR and integration.problem:
        return _down(overview, integration.problem, evidence, now)
    if not overview.is_checked:
        return _unchecked(overview.reason)
    match integration.status:
        case IntegrationStatus.DEGRADED:
            return _degraded(overview, evidence)
        case IntegrationStatus.DISABLED:
            return _idle(ProblemKind.DISABLED, evidence.stopped, now)
        case IntegrationStatus.INACTIVE if not integration.is_wanted:
            return _idle(ProblemKind.STOPPED, evidence.stopped, now)
        case _:
            return None


def _down(
    overview: Overview, problem: Problem, evidence: ProblemEvidence, now: datetime
) -> ProblemSentence:
    integration = overview.integration
    if not integration.config_version:  # there is only a file, and that is invalid
        return _invalid_file(evidence.invalid, problem)
    if problem.trouble is Trouble.CREDENTIALS:
        sentence = _refused(integration, problem, now, has_secret=evidence.has_secret)
    elif problem.trouble is Trouble.CONFIGURATION:
        sentence = _misconfigured(integration, problem)
    else:
        sentence = _not_ready(integration, problem, evidence)
    return sentence if overview.is_checked else _unattended(sentence, overview.reason)


def _unattended(sentence: ProblemSentence, reason: str) -> ProblemSentence:
    """Return a problem that nobody looks after: what happens next is nothing."""
    return ProblemSentence(
        kind=sentence.kind,
        what=sentence.what,
        brief=sentence.brief,
        next=f"{_capital(reason)}.",
        evidence=sentence.evidence,
        fixes=sentence.fixes,
    )


def _refused(
    integration: Integration, problem: Problem, now: datetime, *, has_secret: bool
) -> ProblemSentence:
    """Say that credentials do not open the system, or not far enough."""
    cause, phrase = cause_of(problem.message), in_words(problem.message, integration.id)
    at = short_time(integration.changed_at, now)
    is_denied = cause is FailureCause.FORBIDDEN
    next_ = "Not retried until a new secret is stored."
    fixes: tuple[Fix, ...] = (Fix.NEW_SECRET, Fix.START)
    if not has_secret:
        next_, fixes = "Not retried until you reconnect.", (Fix.RECONNECT,)
    if is_denied:
        fixes = (Fix.START, *fixes[:1])
        next_ = "Not retried: the account lacks a scope or a role."
    elif cause is FailureCause.CLIENT_CERTIFICATE:
        fixes, next_ = (Fix.EDIT, Fix.START), "Not retried until the certificate is replaced."
    is_known = phrase.startswith(("Credentials ", "Access "))
    return ProblemSentence(
        kind=ProblemKind.NEEDS_PERSON,
        what=f"{phrase} at {at}." if is_known else f"{phrase}.",
        brief=f"{_HTTP.sub('', phrase)} at {at}" if is_known else phrase,
        next=next_,
        evidence=_evidence(problem.message, integration),
        fixes=fixes,
    )


def _misconfigured(integration: Integration, problem: Problem) -> ProblemSentence:
    cause, brief = cause_of(problem.message), ""
    if cause is FailureCause.SECRET:
        phrase, fixes = _of_secret(problem.message), (Fix.NEW_SECRET, Fix.START)
        brief = _SECRET_NAME.sub("Secret unreadable", phrase)
        next_ = "Not retried until the secret is stored."
    elif cause is FailureCause.CERTIFICATE:
        phrase, fixes = in_words(problem.message, integration.id), (Fix.START, Fix.EDIT)
        next_ = "Not retried until started again."
    else:
        phrase, fixes = in_words(problem.message, integration.id), (Fix.EDIT, Fix.START)
        next_ = "Not retried until the configuration is changed."
    return ProblemSentence(
        kind=ProblemKind.NEEDS_PERSON,
        what=f"{phrase}.",
        brief=brief or phrase,
        next=next_,
        evidence=f"{_capital(problem.advice)}." if problem.advice else "",
        fixes=fixes,
    )


_SECRET: Final = re.compile(r"(?:the )?[Ss]ecret (\S+) (?:cannot be had|unavailable): (.*)")
_SECRET_NAME: Final = re.compile(r"^Secret \S+ cannot be read")
_HTTP: Final = re.compile(r" \(HTTP \d+\)")


def _of_secret(message: str) -> str:
    found = _SECRET.fullmatch(message.rstrip("."))
    return f"Secret {found[1]} cannot be read: {found[2]}" if found else _capital(message)


def _not_ready(
    integration: Integration, problem: Problem, evidence: ProblemEvidence
) -> ProblemSentence:
    """Say what failed, and when the next attempt is; where there is none, a person has to act."""
    phrase, retries_at = in_words(problem.message, integration.id), integration.next_attempt_at
    counted = _counted(evidence.recent)
    is_timeout = cause_of(problem.message) is FailureCause.TIMED_OUT
    until = ""
    if retries_at and cause_of(problem.message) is FailureCause.RATE_LIMITED:
        until = f" until {retries_at.astimezone():%H:%M}"
    return ProblemSentence(
        kind=ProblemKind.RETRYING if retries_at else ProblemKind.NEEDS_PERSON,
        what=f"{counted}." if counted and is_timeout else f"{phrase}.",
        brief=f"{phrase}{until}",
        next="" if retries_at else _given_up(integration.attempts),
        evidence=f"{counted}." if counted and not is_timeout else "",
        retries_at=retries_at,
        fixes=(Fix.CHECK,) if retries_at else (Fix.START, Fix.CHECK),
    )


def _given_up(attempts: int) -> str:
    if not attempts:
        return "Not retried."
    return f"Gave up after {attempts} {'retry' if attempts == 1 else 'retries'}."


def _degraded(overview: Overview, evidence: ProblemEvidence) -> ProblemSentence:
    counted, brief = _counted(evidence.recent), _counted(evidence.recent, is_brief=True)
    report = overview.report
    is_remark = report is not None and report.status is HealthStatus.DEGRADED
    slow = _slow(report, evidence)
    if report is not None and report.failed and counted:
        phrase, short = counted, brief
    elif slow:
        phrase, short = slow
    elif is_remark and report and report.detail:
        phrase = short = without_address(report.detail, overview.integration.id).rstrip(".")
    elif counted:
        phrase, short = counted, brief
    else:
        phrase = short = _capital(overview.reason) or "No reason recorded"
    return ProblemSentence(
        kind=ProblemKind.DEGRADED, what=f"{phrase}.", brief=short, fixes=(Fix.CHECK,)
    )


def _slow(report: HealthReport | None, evidence: ProblemEvidence) -> tuple[str, str] | None:
    limit_ms, p95_ms = evidence.slow_ms, evidence.p95_ms
    if limit_ms is None:
        return None
    limit = f"limit {latency_words(limit_ms)}"
    if p95_ms is not None and p95_ms > limit_ms:
        slow = f"Slow: p95 {latency_words(p95_ms)}"
        return f"{slow} over 15 min, {limit}", f"{slow}, {limit}"
    if report is not None and (report.latency_ms or 0.0) > limit_ms:
        slow = f"Slow: last check took {latency_words(report.latency_ms)}"
        return f"{slow}, {limit}", f"{slow}, {limit}"
    return None


def _counted(recent: Sequence[HealthReport], *, is_brief: bool = False) -> str:
    """Return how many of the last checks failed, and of what; empty where none did."""
    newest = recent[-RECENT_CHECKS:]
    failed = [report for report in newest if report.failed]
    if not failed:
        return ""
    last, count = failed[-1], len(failed)
    is_timeout = {cause_of(report.detail) for report in failed} == {FailureCause.TIMED_OUT}
    phrase = in_words(last.detail, last.integration_id)
    if is_brief:
        of = f"{count} of last {len(newest)} checks"
        return (
            f"{of} timed out" if is_timeout else f"{phrase.partition(' (')[0]}: {of}".lstrip(": ")
        )
    of = f"{count} of the last {len(newest)} checks" if len(newest) > 1 else "The last check"
    if is_timeout:
        return f"{of} timed out{waited(last.detail)}"
    return f"{of} failed: {_small(phrase)}" if phrase else f"{of} failed"


def _unchecked(reason: str) -> ProblemSentence:
    phrase = _capital(reason)
    return ProblemSentence(
        kind=ProblemKind.UNCHECKED,
        what=f"{phrase}.",
        brief="Not checked: no engine running",
        fixes=(Fix.CHECK,),
    )


def _idle(kind: ProblemKind, stopped: StoppedBy | None, now: datetime) -> ProblemSentence:
    is_stopped = kind is ProblemKind.STOPPED
    phrase = "Stopped" if is_stopped else "Disabled"
    if stopped is None:
        phrase = phrase if is_stopped else "Disabled in the configuration"
        return ProblemSentence(kind=kind, what=f"{phrase}.", brief=phrase, fixes=_idle_fixes(kind))
    phrase = f"{phrase} by {stopped.by}"
    at = short_time(stopped.at, now)
    return ProblemSentence(
        kind=kind,
        what=f"{phrase}: {stopped.reason}." if stopped.reason else f"{phrase}, {at}.",
        brief=f"{phrase}: {stopped.reason}" if stopped.reason else f"{phrase}, {at}",
        next=f"Since {at}." if stopped.reason else "",
        fixes=_idle_fixes(kind),
    )


def _idle_fixes(kind: ProblemKind) -> tuple[Fix, ...]:
    return (Fix.START,) if kind is ProblemKind.STOPPED else (Fix.EDIT,)


# What waits


def _invalid_file(invalid: Sequence[ConfigProblem], problem: Problem) -> ProblemSentence:
    phrase = _capital(_of_file(invalid) or problem.message)
    return ProblemSentence(
        kind=ProblemKind.INVALID,
        what=f"{phrase}.",
        brief=_brief_of_file(phrase),
        next="Not registered until the file is valid.",
        evidence=f"{_capital(problem.advice)}." if problem.advice else "",
        fixes=(Fix.EDIT,),
    )


def _invalid(integration: Integration, invalid: Sequence[ConfigProblem]) -> ProblemSentence | None:
    if not invalid or not integration.config_version:
        return None
    phrase = _capital(_of_file(invalid))
    return ProblemSentence(
        kind=ProblemKind.INVALID,
        what=f"{phrase}.",
        brief=_brief_of_file(phrase),
        next=f"Version {integration.config_version} stays active.",
        fixes=(Fix.EDIT,),
    )


def _of_file(invalid: Sequence[ConfigProblem]) -> str:
    if not invalid:
        return ""
    first, *others = invalid
    place = f", line {first.line}" if first.line else ""
    message = first.message.partition("; ")[0]
    is_named = not first.path or f"'{first.path.rpartition('.')[2]}'" in message
    what = message if is_named else f"{first.path} {message}"
    more = f" (and {len(others)} more)" if others else ""
    return f"configuration invalid{place}: {what}{more}"


def _brief_of_file(phrase: str) -> str:
    return phrase.replace("Configuration invalid", "File invalid", 1)


def _plan(plan: WaitingPlan | None) -> ProblemSentence | None:
    if plan is None:
        return None
    fix = Fix.REVIEW_RUN if plan.kind is ProblemKind.SYNC_FAILED else Fix.REVIEW_PLAN
    return ProblemSentence(kind=plan.kind, what=plan.what, brief=plan.brief, fixes=(fix,))


def _expiring(expires_at: datetime | None, now: datetime) -> ProblemSentence | None:
    if expires_at is None:
        return None
    at, left_s = short_time(expires_at, now), (expires_at - now).total_seconds()
    when = f" at {at}, in {duration(left_s)}" if left_s >= 1 else ""
    return ProblemSentence(
        kind=ProblemKind.EXPIRING,
        what=f"Credentials expire{when}.",
        brief=f"Credentials expire {at}",
        fixes=(Fix.NEW_SECRET,),
    )


def _conflicts(fields: Mapping[str, int]) -> ProblemSentence | None:
    count = sum(fields.values())
    if not count:
        return None
    noun = "conflict" if count == 1 else "conflicts"
    named = sorted(fields, key=lambda name: (-fields[name], name))
    return ProblemSentence(
        kind=ProblemKind.CONFLICTS,
        what=f"{count:,} {noun}: {_listed(named)} changed here and in the source.",
        brief=f"{count:,} {noun} to resolve",
        fixes=(Fix.CONFLICTS,),
    )


_NAMED: Final = 3


def _listed(names: Sequence[str]) -> str:
    words = [name.replace("_", " ") for name in names]
    if len(words) > _NAMED:
        return f"{', '.join(words[: _NAMED - 1])} and {len(words) - _NAMED + 1} other fields"
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _evidence(message: str, integration: Integration) -> str:
    """Return what the system said, where the sentence does not say it in the same words."""
    phrase = without_address(message, integration.id).rstrip(".")
    status = http_status(message)
    known = in_words(message, integration.id)
    is_known = phrase == known or cause_of(message) in _PLAIN
    return "" if is_known or (status and status in known) else f"{phrase}."


_PLAIN: Final = frozenset({FailureCause.EXPIRED, FailureCause.REVOKED})
"""Causes that the sentence says all of."""


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _small(text: str) -> str:
    """Return text to stand behind a colon: names such as DNS keep their capitals."""
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"
