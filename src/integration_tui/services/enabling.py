"""Enabling and disabling: one value of an integration's document, written where it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from integration_tui.config.document import parse
from integration_tui.domain.audit.log import Action
from integration_tui.domain.config.version import ConfigVersion, Draft
from integration_tui.domain.errors import ConfigError
from integration_tui.services.config import ConfigEdit

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.ids import IntegrationId


class EnabledSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted, and why. With `untested`, it is enabled although nobody answers there."""

    integration_id: IntegrationId
    is_enabled: bool
    reason: str = ""
    untested: bool = False


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the active version, and where in it `enabled` stands."""

    version: ConfigVersion
    path: tuple[str, ...]
    is_enabled: bool

    @property
    def sentence(self) -> str:
        """What an administrator is told."""
        version = self.version
        done = "enabled" if self.is_enabled else "disabled"
        where = "" if len(self.path) == 1 else f" in {version.environment}, by its section there"
        return f"{version.integration_id} is {done}{where}: version {version.number} is active"


def decided_at(version: ConfigVersion) -> tuple[str, ...]:
    """Return where `enabled` is decided: what the environment's section says comes first."""
    document = parse(version.text, version.format)
    return tuple(map(str, document.written(("enabled",), version.environment)))


def edit_of(
    switch: EnabledSwitch, version: ConfigVersion, path: tuple[str, ...], actor: Actor
) -> ConfigEdit:
    """Return the edit that switches. Raises `ConfigError` where there is nothing to change."""
    from integration_tui.config.editing import with_value

    text = with_value(version.text, version.format, path, switch.is_enabled)
    if text == version.text:
        said = f"{'.'.join(path)}: {str(switch.is_enabled).lower()}"
        raise ConfigError(
            f"the document of {switch.integration_id} already says {said}",
            advice="check provider types: its type may be disabled",
        )
    done = "enabled" if switch.is_enabled else "disabled"
    return ConfigEdit(
        integration_id=switch.integration_id,
        draft=Draft(text=text, format=version.format),
        expected=version.number,
        reason=switch.reason or done,
        actor=actor,
        action=Action.ENABLE if switch.is_enabled else Action.DISABLE,
        untested=switch.untested,
    )
