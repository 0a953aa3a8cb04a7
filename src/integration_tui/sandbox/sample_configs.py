"""What an administrator needs to connect to a served dialect: addresses, and a config to paste."""

from __future__ import annotations

from pathlib import Path

from integration_tui.sandbox.dialect import BASE_PATH, BASE_PATH_1P1, Dialect, Login
from integration_tui.sandbox.served_system import (
    CLIENT,
    SECRET_NAME,
    SystemAddress,
    integration_name,
)


def key_file(dialect: Dialect, folder: Path) -> Path | None:
    """Return where a key that changes is kept; `None` for a dialect with tokens."""
    is_needed = Login.KEY in dialect.logins
    return folder / f"{integration_name(dialect.name)}.key" if is_needed else None


def address_of(dialect: Dialect, address: str, *, key_file: Path | None = None) -> SystemAddress:
    """Return where a dialect is served by a server at `address`."""
    secret = f"env:{SECRET_NAME}" if key_file is None else f"file:{key_file}"
    base_url = f"{address}/{dialect.name}"
    has_tokens = Login.OAUTH2 in dialect.logins
    return SystemAddress(
        dialect=dialect.name,
        summary=dialect.summary,
        base_url=base_url,
        service_url=base_url + dialect.base_path,
        token_url=base_url + dialect.token_path if has_tokens else "",
        client_id=CLIENT if has_tokens else "",
        school_client_id=dialect.school_client,
        document=_document(dialect, base_url, secret),
    )


def _document(dialect: Dialect, base_url: str, secret: str) -> str:
    lines = [
        f"# {dialect.summary}.",
        f"name: {integration_name(dialect.name)}",
        f"type: {dialect.provider}",
        *_kind(dialect),
        f"base_url: {base_url}",
        "auth:",
        *(f"  {line}" for line in _auth(dialect, base_url, secret)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _kind(dialect: Dialect) -> list[str]:
    if dialect.provider == "timeback":
        return [f"platform: {dialect.name.removeprefix('timeback_')}"]
    lines = [f'version: "{dialect.version}"'] if dialect.version != "1.2" else []
    by_the_book = BASE_PATH_1P1 if dialect.version == "1.1" else BASE_PATH
    if dialect.base_path != by_the_book:
        lines.append(f"base_path: {dialect.base_path}")
    return lines


def _auth(dialect: Dialect, base_url: str, secret: str) -> list[str]:
    if Login.OAUTH2 not in dialect.logins:
        return ["type: jwt", f"token: {secret}"]
    return [
        "type: oauth2_client_credentials",
        f"token_url: {base_url}{dialect.token_path}",
        f"client_id: {CLIENT}",
        f"client_secret: {secret}",
    ]
