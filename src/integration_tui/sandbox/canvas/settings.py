"""What can be changed about a served Canvas while it runs, by the control endpoint."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from integration_tui.sandbox.canvas.access import Viewer

T = TypeVar("T")


class CanvasSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays.

    `per_page` is the most rows of a page; after every `empty_after` pages with a bookmark comes
    one without rows (0: never). `cost_factor` makes requests dearer; `report_s` and `import_s`
    are how long each takes. `extras`: there is also what no SIS brought. `files_url` is where
    files of reports are fetched; empty is this server by another name.
    """

    per_page: int | msgspec.UnsetType = msgspec.UNSET
    empty_after: int | msgspec.UnsetType = msgspec.UNSET
    cost_factor: float | msgspec.UnsetType = msgspec.UNSET
    report_s: float | msgspec.UnsetType = msgspec.UNSET
    import_s: float | msgspec.UnsetType = msgspec.UNSET
    extras: bool | msgspec.UnsetType = msgspec.UNSET
    files_url: str | msgspec.UnsetType = msgspec.UNSET


class CanvasRights(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the sandbox's own tokens may; what is left out stays.

    `account` is what their user administers (0: none), `scopes` are calls as a developer key
    spells them, null is all.
    """

    account: int | msgspec.UnsetType = msgspec.UNSET
    sees_sis_ids: bool | msgspec.UnsetType = msgspec.UNSET
    may_report: bool | msgspec.UnsetType = msgspec.UNSET
    may_import: bool | msgspec.UnsetType = msgspec.UNSET
    may_masquerade: bool | msgspec.UnsetType = msgspec.UNSET
    scopes: tuple[str, ...] | msgspec.UnsetType | None = msgspec.UNSET


class CanvasTokens(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How new tokens are; what is left out stays. `expires_in` is what is told."""

    lifetime_s: float | msgspec.UnsetType = msgspec.UNSET
    expires_in: int | msgspec.UnsetType | None = msgspec.UNSET


def given_or(value: T | msgspec.UnsetType, before: T) -> T:
    """Return what was given, or what there was before."""
    return before if isinstance(value, msgspec.UnsetType) else value


def narrowed(viewer: Viewer, asked: CanvasRights) -> Viewer:
    """Return a viewer with the rights that were asked for."""
    scopes = asked.scopes
    if not isinstance(scopes, msgspec.UnsetType):
        viewer = msgspec.structs.replace(
            viewer, scopes=None if scopes is None else frozenset(scopes)
        )
    return msgspec.structs.replace(
        viewer,
        account=given_or(asked.account, viewer.account),
        sees_sis_ids=given_or(asked.sees_sis_ids, viewer.sees_sis_ids),
        may_report=given_or(asked.may_report, viewer.may_report),
        may_import=given_or(asked.may_import, viewer.may_import),
        may_masquerade=given_or(asked.may_masquerade, viewer.may_masquerade),
    )
