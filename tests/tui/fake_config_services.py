"""Stand-ins for forms, secrets and provider types: a form of flat `key: value` lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from integration_tui.domain.actor import Actor
from integration_tui.domain.config.form import Completion, FieldKind, FormField
from integration_tui.domain.config.version import DocumentFormat, Draft
from integration_tui.domain.errors import ConfigError, UsageError
from integration_tui.domain.secret import Secret, SecretRef, SecretScheme
from integration_tui.services.provider_types import ProviderType
from integration_tui.services.secrets import SecretTarget

if TYPE_CHECKING:
    from tests.tui.fake_services import World


@dataclass
class Forms:
    world: World

    def fields(self, draft: Draft) -> tuple[FormField, ...]:
        if "broken" in draft.text:
            raise ConfigError("no form")
        return tuple(self._field(draft, *pair) for pair in _FIELDS)

    def changed(self, draft: Draft, path: tuple[str, ...], text: str | None) -> Draft:
        self.world.called("changed", ".".join(path), text)
        kept = [line for line in draft.text.splitlines() if not line.startswith(f"{path[-1]}:")]
        return _draft(
            "\n".join(kept + ([f"{path[-1]}: {text}"] if text is not None else [])) + "\n"
        )

    def blank(self, provider: str, name: str) -> Draft:
        return _draft(f"name: {name}\ntype: {provider}\n")

    def completions(self, draft: Draft, line: int, column: int) -> tuple[Completion, ...]:
        before = draft.text.splitlines()[line - 1][: column - 1] if draft.text else ""
        fitting = [literal for literal in ("seed", "server", "title") if literal.startswith(before)]
        say = self.world.say
        return tuple(
            Completion(text=f"{text}: ", description=say(f"the {text}"), start_column=1)
            for text in fitting
        )

    def _field(self, draft: Draft, name: str, kind: FieldKind, default: str) -> FormField:
        found = [
            line.partition(": ")[2]
            for line in draft.text.splitlines()
            if line.startswith(f"{name}:")
        ]
        is_secret = kind is FieldKind.SECRET
        return FormField(
            path=("auth", name) if is_secret else (name,),
            kind=kind,
            description=self.world.say(f"what {name} is"),
            text=self.world.say(found[0]) if found else "",
            default=default,
            choices=("mock", "canvas") if kind is FieldKind.CHOICE else (),
            is_required=name == "name" or is_secret,
            is_set=bool(found),
            section="auth" if is_secret else "",
        )


def _draft(text: str) -> Draft:
    return Draft(text=text, format=DocumentFormat.YAML)


_FIELDS = (
    ("name", FieldKind.TEXT, ""),
    ("type", FieldKind.CHOICE, ""),
    ("enabled", FieldKind.SWITCH, "true"),
    ("seed", FieldKind.INTEGER, "1"),
    ("title", FieldKind.TEXT, ""),
    ("client_secret", FieldKind.SECRET, ""),
)


@dataclass
class Secrets:
    world: World

    async def targets(self) -> tuple[SecretTarget, ...]:
        trouble = self.world.say("keyrings need the extra [keyring]")
        return (
            SecretTarget(scheme=SecretScheme.KEYRING, title="keyring", trouble=trouble),
            SecretTarget(scheme=SecretScheme.FILE, title="a private file"),
            SecretTarget(scheme=SecretScheme.ENV, title="a variable"),
        )

    def reference(self, scheme: SecretScheme, name: str) -> SecretRef:
        if not name or "/" in name:
            raise UsageError("not a valid name for a secret", advice="letters and digits")
        return SecretRef(scheme, f"/secrets/{name}" if scheme is SecretScheme.FILE else name)

    async def store(
        self,
        reference: SecretRef,
        value: Secret,
        *,
        actor: Actor,  # noqa: ARG002 - as the service
        replaces: bool = False,
    ) -> None:
        name = "replace_secret" if replaces else "store_secret"
        self.world.called(name, str(reference), value.reveal())


@dataclass
class Types:
    world: World

    def all(self) -> list[ProviderType]:
        return [
            ProviderType(
                key=key,
                title=self.world.say(title),
                origin="built-in",
                capabilities=(),
                enabled=True,
            )
            for key, title in (("canvas", "Canvas LMS"), ("mock", "A mock district"))
        ]
