"""The certificate by which we prove to a server who we are, where it demands one (mutual TLS)."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from integration_tui.domain.config.policies import TlsPolicy
from integration_tui.domain.errors import CredentialsError
from integration_tui.domain.secret import SecretRef, SecretResolver

_FOLDER: Final = "/proc/self/fd"


class _Pair(msgspec.Struct, frozen=True):
    """A certificate with those that signed it, and its key."""

    chain: list[x509.Certificate]
    key: PrivateKeyTypes


def present(
    context: ssl.SSLContext, policy: TlsPolicy, secret: SecretResolver, *, now: datetime
) -> None:
    """Make TLS settings show the certificate that a config refers to; harmless where it has none.

    Raises `CredentialsError` where it cannot be used, and why; `SecretError`.
    """
    if policy.client_certificate is None:
        return
    pair = _pair(policy, policy.client_certificate, secret)
    _require_valid(pair.chain[0], policy.client_certificate, now)
    content = b"".join(
        [
            pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            *(certificate.public_bytes(Encoding.PEM) for certificate in pair.chain),
        ]
    )
    try:
        with _file(content) as path:
            context.load_cert_chain(path)
    except OSError:
        raise CredentialsError(
            f"the client certificate {policy.client_certificate} is not supported by this system",
            advice="the key may be too short or the signature outdated; request a new certificate",
        ) from None


def _pair(policy: TlsPolicy, certificate: SecretRef, secret: SecretResolver) -> _Pair:
    pem = secret(certificate).reveal().encode()
    chain = _chain(pem, certificate)
    where = policy.client_key or certificate
    if policy.client_key is not None:
        pem = secret(policy.client_key).reveal().encode()
    password = policy.client_key_password
    key = _key(pem, where, secret(password).reveal().encode() if password else None)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = [certificate for certificate in chain if _spki(certificate) == spki]
    if not own:
        raise CredentialsError(
            f"the key {where} does not belong to the client certificate {certificate}",
            advice="set tls.client_certificate and tls.client_key to a matching pair",
        )
    return _Pair(
        [own[0], *(certificate for certificate in chain if certificate is not own[0])], key
    )


def _chain(pem: bytes, certificate: SecretRef) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise CredentialsError(
            f"the client certificate {certificate} is not a PEM certificate",
            advice="a PEM starts with -----BEGIN CERTIFICATE-----; convert DER with openssl x509",
        ) from None


def _key(pem: bytes, where: SecretRef, password: bytes | None) -> PrivateKeyTypes:
    is_locked = b"ENCRYPTED" in pem
    try:
        return load_pem_private_key(pem, password if is_locked else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass  # not raised from here: what the library raises may hold a part of the key
    if is_locked and password is None:
        raise CredentialsError(
            f"the client key {where} is password-protected",
            advice="set tls.client_key_password to a reference to the password",
        )
    if is_locked:
        raise CredentialsError(
            f"the client key {where} does not match the configured password",
            advice="check tls.client_key_password",
        )
    raise CredentialsError(
        f"the client key {where} is not a PEM private key",
        advice="set tls.client_key; a PEM starts with -----BEGIN PRIVATE KEY-----",
    )


def _spki(certificate: x509.Certificate) -> bytes:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _require_valid(certificate: x509.Certificate, where: SecretRef, now: datetime) -> None:
    if certificate.not_valid_after_utc < now:
        raise CredentialsError(
            f"the client certificate {where} expired on {certificate.not_valid_after_utc:%Y-%m-%d}",
            advice="ask the server's administrator for a new certificate",
        )
    if certificate.not_valid_before_utc > now:
        raise CredentialsError(
            f"the client certificate {where} is not valid before"
            f" {certificate.not_valid_before_utc:%Y-%m-%d}",
            advice="check the clock of this machine, or wait until that date",
        )


@contextmanager
def _file(content: bytes) -> Generator[str]:
    """Lend a path to a file that nobody else can open: Python reads keys from files only."""
    if hasattr(os, "memfd_create") and os.path.isdir(_FOLDER):  # noqa: PTH112 - no disk is touched
        with os.fdopen(os.memfd_create("client certificate", os.MFD_CLOEXEC), "wb") as file:
            file.write(content)
            file.flush()
            yield f"{_FOLDER}/{file.fileno()}"
        return
    with tempfile.NamedTemporaryFile(prefix="integration-tui-") as file:
        file.write(content)
        file.flush()
        yield file.name
