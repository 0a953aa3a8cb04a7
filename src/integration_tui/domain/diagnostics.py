"""What is found when somebody looks at an installation: findings, facts, values active."""

from __future__ import annotations

import msgspec


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at; `advice` is the fix where it is not right.

    `is_neutral` is neither: something optional that is absent, or has no effect.
    """

    subject: str
    right: bool
    detail: str
    advice: str = ""
    is_neutral: bool = False

    @property
    def word(self) -> str:
        """The result in a word."""
        if not self.right:
            return "failed"
        return "-" if self.is_neutral else "ok"


class EnvironmentFact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is so here; `trouble` says what is wrong with it."""

    group: str
    name: str
    text: str
    trouble: str = ""
    advice: str = ""
    is_absent: bool = False

    @property
    def diagnosis(self) -> CheckResult:
        """The fact as a finding."""
        return CheckResult(
            subject=self.name if self.group == "version" else f"{self.group} {self.name}",
            right=not self.trouble,
            detail=f"{self.text}: {self.trouble}" if self.trouble else self.text,
            advice=self.advice,
            is_neutral=self.is_absent,
        )


class EffectiveValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value active, and where it comes from: a variable, a file's line, "default".

    A secret is told as the reference to it; `trouble` says why it leads nowhere.
    """

    path: str
    text: str
    origin: str
    is_secret: bool = False
    trouble: str = ""
