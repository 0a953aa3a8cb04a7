"""Signed assertions (RFC 7523), as Google's service accounts send them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from integration_tui.domain.auth import JwtBearerAuth
from integration_tui.domain.errors import CredentialsError

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME_S: Final = 3600
"""The longest that Google takes."""


_KINDS: Final = frozenset(
    {
        "authorized_user",
        "external_account",
        "external_account_authorized_user",
        "gdch_service_account",
        "impersonated_service_account",
    }
)
"""Google's other kinds of credential files (google-auth)."""
_CLIENT_ID: Final = re.compile(r"\d{5,40}", re.ASCII)


class _KeyFile(msgspec.Struct):
    """Google's key file; of what it holds only the key itself and two public facts are used.

    `installed` or `web` stand in the file of an OAuth client, which is downloaded beside it.
    """

    private_key: str = ""
    type: str = "service_account"
    client_id: str = ""
    installed: msgspec.Raw = msgspec.Raw()
    web: msgspec.Raw = msgspec.Raw()


def signed_assertion(
    auth: JwtBearerAuth, key: str, *, scopes: tuple[str, ...], now: datetime
) -> str:
    """Return an RS256 assertion. `key` is a PEM, or Google's key file as it was downloaded.

    Raises `CredentialsError` where the key cannot be read.
    """
    issued_at = int(now.timestamp())
    header: dict[str, object] = {"alg": "RS256", "typ": "JWT"}
    if auth.key_id:
        header["kid"] = auth.key_id
    claims: dict[str, object] = {
        "iss": auth.issuer,
        "aud": auth.audience or auth.token_url,
        "iat": issued_at,
        "exp": issued_at + _LIFETIME_S,
    }
    if auth.subject:
        claims["sub"] = auth.subject
    if scopes:
        claims["scope"] = " ".join(scopes)
    return jwt.encode(header, claims, _imported(key, auth), algorithms=["RS256"])


def client_id(key: str) -> str:
    """Return the number under which the account's owner is known, as a key file has it."""
    try:
        number = msgspec.json.decode(key, type=_KeyFile).client_id
    except (msgspec.DecodeError, ValueError):
        return ""
    return number if _CLIENT_ID.fullmatch(number) else ""


def _imported(text: str, auth: JwtBearerAuth) -> RSAKey:
    try:
        if text.lstrip().startswith("{"):
            file = msgspec.json.decode(text, type=_KeyFile)
            if kind := _other_kind(file):
                raise CredentialsError(
                    f"{auth.private_key} is a key file of type {kind}",
                    advice="download a service account key file",
                )
            text = file.private_key
        key = RSAKey.import_key(text)
    except (ValueError, TypeError, JoseError, msgspec.DecodeError):
        key = None
    if key is None or not key.is_private:
        # No cause: the library's text may hold parts of the key.
        raise CredentialsError(
            f"the secret {auth.private_key} is not a private RSA key",
            advice="store the key as PEM, or Google's key file (JSON)",
        ) from None
    return key


def _other_kind(file: _KeyFile) -> str:
    """Return what a file is that is no service account's; its own word may be anything."""
    if bytes(file.installed) or bytes(file.web):
        return "OAuth client"
    if file.type == "service_account":
        return ""
    return file.type if file.type in _KINDS else "another kind"
