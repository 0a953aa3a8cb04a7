"""Mutual TLS: a certificate that a server demands is shown; what is wrong with it is told."""

import socket
import ssl
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from integration_tui.domain.errors import CredentialsError
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.session import HttpSession
from integration_tui.testing.http_server import ScriptedServer, serve
from tests.providers.http.fixtures import NOW as CLOCK
from tests.providers.http.fixtures import Here
from tests.providers.http.test_tls import NOW, OK, Authority

AUTHORITY, STRANGER = Authority.new(), Authority.new()


@dataclass(frozen=True)
class Issued:
    certificate: str
    key: str


def issued(
    authority: Authority = AUTHORITY,
    *,
    days: int = 30,
    starts: int = -60,
    lock: KeySerializationEncryption | None = None,
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console")])
    moment = min(NOW, CLOCK)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment + timedelta(days=starts))
        .not_valid_after(max(NOW, CLOCK) + timedelta(days=days))
        .sign(authority.key, hashes.SHA256())
    )
    return Issued(
        certificate.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption()).decode(),
    )


@asynccontextmanager
async def demanding(
    folder: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> AsyncGenerator[str]:
    """Serve only those who show a certificate of AUTHORITY."""
    context = AUTHORITY.server(folder, "localhost")
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    pem = AUTHORITY.certificate.public_bytes(Encoding.PEM).decode()
    context.load_verify_locations(cadata=pem)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=_serve, args=(listening, context), daemon=True)
        serving.start()
        yield f"https://localhost:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    serving.join()


def _serve(listening: socket.socket, context: ssl.SSLContext) -> None:
    """Response with blocking sockets, as most servers: asyncio's send no alert when they refuse."""
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        try:
            with plain, context.wrap_socket(plain, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(OK)
        except OSError:
            continue


@pytest.fixture(autouse=True)
def _trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


async def status(address: str, tls: dict[str, str], **secrets: str) -> int:
    """Return how a server answers a line with this section `tls`."""
    auth = {"type": "jwt", "token": "env:SIS_SECRET"}
    document = {"name": "a", "type": "any", "base_url": address, "auth": auth, "tls": tls}
    line = HttpSession(HttpConfig.model_validate(document), Here(**secrets).context())
    line.open()
    try:
        answer, _ = await line.ask(f"{address}/orgs")
    finally:
        await line.close()
    return answer.status


BOTH = {"client_certificate": "env:CERT", "client_key": "env:KEY"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_that_is_demanded_is_shown(
    version: ssl.TLSVersion, tmp_path: Path
) -> None:
    own = issued()

    async with demanding(tmp_path, version) as address:
        assert await status(address, BOTH, CERT=own.certificate, KEY=own.key) == 200


async def test_certificate_and_key_may_stand_in_one_secret_in_any_order(tmp_path: Path) -> None:
    own = issued()
    signer = AUTHORITY.certificate.public_bytes(Encoding.PEM).decode()

    async with demanding(tmp_path) as address:
        for text in (own.certificate + own.key, own.key + signer + own.certificate):
            assert await status(address, {"client_certificate": "env:CERT"}, CERT=text) == 200


async def test_a_key_with_a_password_is_opened(tmp_path: Path) -> None:
    own = issued(lock=BestAvailableEncryption(b"open"))
    section = {**BOTH, "client_key_password": "env:PASS"}

    async with demanding(tmp_path) as address:
        found = await status(address, section, CERT=own.certificate, KEY=own.key, PASS="open")

    assert found == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_demands_a_certificate_is_told_where_none_is_configured(
    version: ssl.TLSVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integration_tui.providers.http.tls import shared_tls

    shared_tls.cache_clear()
    async with demanding(tmp_path, version) as address:
        for _ in range(5):  # what the system tells of it differs from time to time
            with pytest.raises(
                CredentialsError, match="requires a client certificate; none is configured"
            ) as caught:
                await status(address, {})
            assert "tls.client_certificate" in caught.value.advice
    shared_tls.cache_clear()


async def test_a_certificate_of_an_unknown_authority_is_told_as_refused(tmp_path: Path) -> None:
    own = issued(STRANGER)

    async with demanding(tmp_path) as address:
        with pytest.raises(CredentialsError, match="rejected the client certificate"):
            await status(address, BOTH, CERT=own.certificate, KEY=own.key)


LOCKED = issued(lock=BestAvailableEncryption(b"open"))


@pytest.mark.parametrize(
    ("tls", "secrets", "said"),
    [
        (
            BOTH, {"CERT": issued().certificate, "KEY": issued().key},
            "the key env:KEY does not belong to the client certificate env:CERT",
        ),
        (BOTH, {"CERT": "Anna", "KEY": "x"}, "env:CERT is not a PEM certificate"),
        (
            BOTH, {"CERT": issued().certificate, "KEY": "canary"},
            "the client key env:KEY is not a PEM private key",
        ),
        (
            {"client_certificate": "env:CERT"}, {"CERT": issued().certificate},
            "the client key env:CERT is not a PEM private key",
        ),
        (
            BOTH, {"CERT": LOCKED.certificate, "KEY": LOCKED.key},
            "the client key env:KEY is password-protected",
        ),
        (
            {**BOTH, "client_key_password": "env:PASS"},
            {"CERT": LOCKED.certificate, "KEY": LOCKED.key, "PASS": "canary"},
            "env:KEY does not match the configured password",
        ),
        (
            BOTH, {"CERT": (old := issued(days=-50, starts=-500)).certificate, "KEY": old.key},
            "the client certificate env:CERT expired on 20",
        ),
        (
            BOTH, {"CERT": (new := issued(days=9000, starts=5000)).certificate, "KEY": new.key},
            "the client certificate env:CERT is not valid before 20",
        ),
    ],
    ids=["mismatch", "no cert", "no key", "none in one", "locked", "wrong password", "old", "new"],
)  # fmt: skip
async def test_a_certificate_that_cannot_be_used_is_told_by_its_reference(
    tls: dict[str, str], secrets: dict[str, str], said: str
) -> None:
    with pytest.raises(CredentialsError) as caught:
        await status("https://localhost:9", tls, **secrets)

    assert said in caught.value.message
    assert caught.value.advice
    assert "canary" not in f"{caught.value!r}{caught.value.__cause__!r}{caught.value.__context__!r}"
    assert "Anna" not in str(caught.value)


async def test_what_no_https_needs_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    async with serve(ScriptedServer()) as address:
        assert await status(address, {"client_certificate": "env:CERT"}, CERT="Anna") == 200
