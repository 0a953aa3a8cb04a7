"""Field types of configs: references to secrets, and addresses that are safe to call."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, GetPydanticSchema, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

from integration_tui.domain.secret import SecretRef

_HOW_TO_WRITE = "write env:NAME, file:PATH or keyring:NAME"


def _secret_ref(value: object) -> SecretRef:
    if isinstance(value, SecretRef):
        return value
    try:
        return SecretRef.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError(
            "literal_secret", f"must be a reference, not the secret itself; {_HOW_TO_WRITE}"
        ) from None


SecretField = Annotated[
    SecretRef,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_plain_validator_function(
            _secret_ref, serialization=core_schema.to_string_ser_schema()
        )
    ),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^(env|file|keyring):.+$",
            "format": "secret-reference",
            "description": f"A reference to a secret: {_HOW_TO_WRITE}.",
        }
    ),
]


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_url(text: str) -> str:
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        host, port, url = "", None, urlsplit("")
    if url.scheme not in {"http", "https"} or not host or port == 0:
        raise PydanticCustomError("url", "must be a full URL such as https://host/path")
    if url.username is not None or url.password is not None:
        raise PydanticCustomError("url", "must not contain a username or password; use auth")
    if url.query or url.fragment:
        raise PydanticCustomError("url", "must not contain ? or #")
    if url.scheme == "http" and not is_loopback(host):
        raise PydanticCustomError("url", "must start with https:// (http:// only for this machine)")
    return text.rstrip("/")


Url = Annotated[
    str,
    AfterValidator(_checked_url),
    WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https?://"}),
]
"""An address without a slash at its end; https, or http on loopback."""
