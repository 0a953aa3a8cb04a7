"""Older forms of a OneRoster document.

1: `url`, and `oauth: {token_url, key, secret}`. 2: `base_url`, and `auth` as with every provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeGuard

_AUTH_KEYS: Final = {"token_url": "token_url", "key": "client_id", "secret": "client_secret"}


def migrate_1_to_2(document: dict[str, object]) -> dict[str, object]:
    """Rename `url` to `base_url`, and `oauth` to `auth` of the only kind there was."""
    upgraded = dict(document)
    if "url" in upgraded and "base_url" not in upgraded:
        upgraded["base_url"] = upgraded.pop("url")
    oauth = upgraded.get("oauth")
    if _is_section(oauth) and "auth" not in upgraded:
        del upgraded["oauth"]
        # Unknown keys go along, so that they are reported.
        renamed = {_AUTH_KEYS.get(key, key): value for key, value in oauth.items()}
        upgraded["auth"] = {"type": "oauth2_client_credentials", **renamed}
    return upgraded


def _is_section(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)
