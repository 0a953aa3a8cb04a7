"""How values are written in YAML: plain where every reader takes them for the same, else quoted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from integration_tui.config.tree import Json

_PLAIN: Final = re.compile(r"[^\W_][^\x00-\x1f\"'`]*|[/._][\w./-]*")
_OTHER_TYPE: Final = re.compile(
    # What YAML 1.2 or 1.1 takes for null, a truth, a number or a date.
    r"~|null|true|false|yes|no|on|off|y|n|<<|="
    r"|[-+]?[0-9][0-9_,]*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?"
    r"|[-+]?\.[0-9_]+(?:e[-+]?[0-9]+)?|[-+]?\.(?:inf|nan)"
    r"|0[ob]?[0-9_]+|0x[0-9a-f_]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[tT ].*)?",
    re.IGNORECASE,
)
_FLOW_SIGN: Final = re.compile(r"[,\[\]{}]")
_UNPRINTABLE: Final = re.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON leaves as it is, and YAML may not."""
_CONTROL: Final = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotes:
    """The quotes that a text stood in before; `chosen` where it did not need any."""

    sign: str = '"'
    chosen: bool = False


def yaml_text(value: Json, *, in_flow: bool = False, quotes: Quotes = Quotes()) -> str:
    """Return a value on one line."""
    if isinstance(value, str):
        return _string(value, in_flow=in_flow, quotes=quotes)
    if isinstance(value, list):
        return f"[{', '.join(yaml_text(one, in_flow=True) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(_pair(key, child) for key, child in value.items())}}}"
    return json.dumps(value)


def yaml_key(key: str, *, in_flow: bool = False) -> str:
    """Return a key as it is written in front of its colon."""
    return yaml_text(key, in_flow=in_flow)


def needs_quotes(text: str, *, in_flow: bool) -> bool:
    """Say whether a text written plainly would be read as something else."""
    if not _PLAIN.fullmatch(text) or _OTHER_TYPE.fullmatch(text) or _UNPRINTABLE.search(text):
        return True
    if ": " in text or " #" in text or text.endswith((":", " ")):
        return True
    return in_flow and bool(_FLOW_SIGN.search(text))


def _pair(key: str, child: Json) -> str:
    return f"{yaml_key(key, in_flow=True)}: {yaml_text(child, in_flow=True)}"


def _string(text: str, *, in_flow: bool, quotes: Quotes) -> str:
    if not quotes.chosen and not needs_quotes(text, in_flow=in_flow):
        return text
    if quotes.sign == "'" and not _CONTROL.search(text) and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return _UNPRINTABLE.sub(_escaped, json.dumps(text, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
