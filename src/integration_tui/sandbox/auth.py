"""Who may read what: a token, a signature or a key becomes a visitor, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.roster import Collection
from integration_tui.files.atomic import write
from integration_tui.sandbox.dialect import Dialect, Login
from integration_tui.sandbox.error_responses import refusal
from integration_tui.sandbox.oauth1 import OAuth1Check
from integration_tui.sandbox.token_endpoint import TokenIssuer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_CORE, _FULL, _DEMOGRAPHICS = range(3)
_BEARER: Final = "bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who asks, and with which scopes; `school` is the one to which the view is narrowed."""

    client: str
    scopes: frozenset[str]
    school: str | None = None


class SandboxKeys:
    """A bearer key for good: a change makes the old one worthless. May be kept in a file, too."""

    def __init__(self) -> None:
        self.current = ""
        self._changes = 0
        self.file: Path | None = None

    def keep_in(self, path: Path) -> None:
        """Write the key, and each after it, to a file that only its owner may read."""
        self.file = path
        self._write()

    def change(self) -> str:
        """Take another key and return it."""
        self._changes += 1
        self.current = f"{self.current.partition('~')[0]}~{self._changes}"
        self._write()
        return self.current

    def _write(self) -> None:
        if self.file is not None:
            write(self.file, self.current)


class ServerAccess:
    """The door of one server. `schools` narrows a client, by its id, to a school."""

    def __init__(
        self, dialect: Dialect, issuer: TokenIssuer, keys: SandboxKeys, oauth1: OAuth1Check
    ) -> None:
        self.schools: dict[str, str] = {}
        self._dialect = dialect
        self._issuer = issuer
        self._keys = keys
        self._oauth1 = oauth1

    def visitor(
        self, request: Request, collection: Collection, *, is_part: bool
    ) -> Client | Response:
        """Return who asks, or the refusal."""
        visitor = self._known_by(request)
        errors = self._dialect.errors
        if visitor is None:
            description = "the access token is missing, expired or revoked"
            return refusal(401, description, errors=errors)
        if self._dialect.scopes and not self._allows(visitor, collection, is_part=is_part):
            description = "the scope of this token does not allow this"
            return refusal(403, description, errors=errors)
        return visitor

    def _allows(self, visitor: Client, collection: Collection, *, is_part: bool) -> bool:
        words = self._dialect.scope_words
        if collection is Collection.DEMOGRAPHICS:
            return words[_DEMOGRAPHICS] in visitor.scopes
        enough = {words[_FULL]} if is_part else {words[_CORE], words[_FULL]}
        return bool(enough & visitor.scopes)

    def _known_by(self, request: Request) -> Client | None:
        for login in self._dialect.logins:
            found = self._by(login, request)
            if found is not None:
                return found
        return None

    def _by(self, login: Login, request: Request) -> Client | None:
        match login:
            case Login.OAUTH2:
                granted = self._issuer.granted_to(request)
                if granted is None:
                    return None
                return self._known(granted.client, frozenset(granted.scopes))
            case Login.OAUTH1:
                client = self._oauth1.client_of(request)
                return None if client is None else self._known(client)
            case Login.KEY:
                kind, _, key = request.headers.get("authorization", "").partition(" ")
                is_ours = kind.lower() == _BEARER and key and key == self._keys.current
                return self._known("key") if is_ours else None

    def _known(self, client: str, scopes: frozenset[str] | None = None) -> Client:
        if scopes is None:
            scopes = frozenset(self._dialect.scope_words)
        return Client(client=client, scopes=scopes, school=self.schools.get(client))
