"""The one door that texts leave through into a support bundle.

First what is known to be secret, in every spelling it may have; then what looks like a secret;
then what may name a person: e-mail addresses, accounts, the user's own folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from integration_tui.config.nodes import is_list, is_section
from integration_tui.domain.redaction import (
    EMAIL,
    MASK,
    SHORT,
    any_of,
    is_sensitive,
    scrub,
    spellings,
)
from integration_tui.domain.secret import SecretRef

# These begin where they could begin no earlier: a long text is gone through once, not squared.
_URL: Final = re.compile(r"(?<![a-z0-9+.-])[a-z0-9+.-]+://[^\s\"'<>]+", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(://)[^/?#@]*(?:@[^/?#@]*)*@")
_QUERY_VALUE: Final = re.compile(r"(?<=[?&;#])([^=&;#]*)(=?)[^&;#]*")
_ABOUT_PEOPLE: Final = re.compile(
    r"^(?:(?:given|family|middle|preferred|full|display|legal)_?(?:first_?|last_?|middle_?)?name"
    r"|first_?name|last_?name|e?mail|user_?name|login|subject|phone|sms|birth_?date|identifier)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactor:
    """`secrets` are values that must not leave; `names` are people's; `home` is their folder."""

    secrets: frozenset[str]
    names: frozenset[str] = frozenset()
    home: str = ""
    _known: re.Pattern[str] = field(init=False, repr=False)
    _people: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spelled = {form for secret in self.secrets for form in spellings(secret)}
        object.__setattr__(self, "_known", any_of(spelled, least=SHORT))
        object.__setattr__(self, "_people", any_of(self.names, least=10_000))

    def text(self, text: str) -> str:
        """Return a text as it may leave."""
        text = self._known.sub(MASK, text)
        text = scrub(_URL.sub(lambda found: _address(found[0]), text))
        text = EMAIL.sub(MASK, text)
        if len(self.home) > 1:
            text = text.replace(self.home, "~")
        return self._people.sub(MASK, text)

    def value(self, value: object, key: str = "") -> object:
        """Return a value of JSON as it may leave, with everything below it."""
        if is_section(value):
            return {self.text(name): self.value(one, name) for name, one in value.items()}
        if is_list(value):
            return [self.value(member, key) for member in value]
        if value is None or isinstance(value, bool):
            return value
        if _is_withheld(key, value):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        return MASK if self._known.fullmatch(str(value)) else value


def references(value: object) -> Iterator[SecretRef]:
    """Yield whatever reads as a reference to a secret in the values of a document."""
    if isinstance(value, str):
        try:
            yield SecretRef.parse(value)
        except ValueError:
            return
    elif is_section(value):
        for item in value.values():
            yield from references(item)
    elif is_list(value):
        for item in value:
            yield from references(item)


def names_somebody(key: str) -> bool:
    """Return whether what stands under this key, or at the end of this path, may name a person."""
    return bool(_ABOUT_PEOPLE.match(key.lower().replace("-", "_").rpartition(".")[2]))


def sensitive_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the values of variables whose names say that they hold a secret."""
    for name, value in environ.items():
        if is_sensitive(name) and len(value) >= SHORT:
            yield value
        yield from (password for password in passwords(value) if len(password) >= SHORT)


def passwords(text: str) -> Iterator[str]:
    """Yield what stands before the @ of addresses, and after its colon."""
    for found in _URL.finditer(text):
        before, sign, _ = found[0].partition("://")[2].partition("/")[0].rpartition("@")
        if sign:
            yield before
            yield before.partition(":")[2]


def _is_withheld(key: str, value: object) -> bool:
    if names_somebody(key):
        return True
    return is_sensitive(key) and not (isinstance(value, str) and SecretRef.is_valid(value))


def _address(url: str) -> str:
    """Return an address without who asks, and without the values of its query."""
    url = _USERINFO.sub(rf"\1{MASK}@", url)
    place, mark, query = _split(url)
    return f"{place}{mark}{_QUERY_VALUE.sub(_without_value, f'?{query}')[1:]}" if mark else url


def _split(url: str) -> tuple[str, str, str]:
    found = re.search(r"[?#]", url)
    return (url, "", "") if found is None else (url[: found.start()], found[0], url[found.end() :])


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if found[2] else (MASK if found[1] else "")
