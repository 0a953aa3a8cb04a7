"""`sync_metadata`: what systems say of fields that we hold otherwise, as JSON.

See docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from integration_tui.domain.sync.merge import BaseValue, SaidBy

_Stored = dict[str, dict[str, tuple[str | int | None, datetime | None]]]
_decode = msgspec.json.Decoder(_Stored).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


def read(stored: str) -> Mapping[str, Mapping[str, BaseValue]]:
    """Return what each system said last, by field."""
    if stored == "{}":
        return {}
    return {
        system: {name: BaseValue(value, since) for name, (value, since) in fields.items()}
        for system, fields in _decode(stored).items()
    }


def written(said: SaidBy) -> str:
    """Return the same as it is stored; systems that say nothing else are left out."""
    return _encode(
        {
            system: {name: (one.value, one.since) for name, one in fields.items()}
            for system, fields in said.items()
            if fields
        }
    ).decode()
