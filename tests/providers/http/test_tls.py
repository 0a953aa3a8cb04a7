"""A certificate that is not right is refused, with the reason; there is no switch to ignore it."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from integration_tui.domain.errors import IncompatibleError, ProviderError
from integration_tui.providers.http.models import Request
from integration_tui.providers.http.ssrf_guard import AddressGuard
from integration_tui.providers.http.transport import HttpClient
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.fixtures import raw_server

NOW = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the real clock
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates, and is trusted by those who are given its file."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A district's own")])
        builder = _builder(name, name, key, days=30).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return cls(key, builder.sign(key, hashes.SHA256()))

    def server(self, folder: Path, host: str, *, days: int = 30) -> ssl.SSLContext:
        """Return what a server called `host` shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if host[0].isdigit():
            names = [x509.IPAddress(ip_address(host))]
        certificate = (
            _builder(name, self.certificate.subject, key, days=days)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        file = folder / "server.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def trusted(self) -> ssl.SSLContext:
        pem = self.certificate.public_bytes(Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)


def _builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=60))
        .not_valid_after(NOW + timedelta(days=days))
    )


@asynccontextmanager
async def secure_server(context: ssl.SSLContext) -> AsyncGenerator[int]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)


async def ask(url: str, tls: ssl.SSLContext) -> int:
    http = HttpClient(
        AddressGuard(monotonic=time.monotonic, allow_private=False), timeout_s=5, tls=lambda: tls
    )
    try:
        return (await http.send(Request.get(url))).status
    finally:
        await http.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_certificate_of_a_trusted_authority_is_taken(host: str, tmp_path: Path) -> None:
    authority = Authority.new()

    async with secure_server(authority.server(tmp_path, host)) as port:
        status = await ask(f"https://{host}:{port}/orgs", authority.trusted())

    assert status == 200


@pytest.mark.parametrize(
    ("host", "days", "said"),
    [
        ("localhost", -1, "has expired"),
        ("sis.example.org", 30, "for another name"),
    ],
)
async def test_a_wrong_certificate_is_told_by_what_is_wrong(
    host: str, days: int, said: str, tmp_path: Path
) -> None:
    authority = Authority.new()

    async with secure_server(authority.server(tmp_path, host, days=days)) as port:
        with pytest.raises(IncompatibleError, match=said) as caught:
            await ask(f"https://localhost:{port}/orgs", authority.trusted())

    assert caught.value.advice


async def test_an_unknown_authority_is_told_with_the_way_to_add_it(tmp_path: Path) -> None:
    context = Authority.new().server(tmp_path, "localhost")

    async with secure_server(context) as port:
        with pytest.raises(IncompatibleError, match="unknown authority") as caught:
            await ask(f"https://localhost:{port}/orgs", Authority.new().trusted())

    assert "SSL_CERT_FILE" in caught.value.advice


async def test_a_server_without_tls_is_told() -> None:
    async with serve(ScriptedServer(Reply())) as address:
        secure = address.replace("http://", "https://")
        with pytest.raises(ProviderError, match="no TLS on port") as caught:
            await ask(f"{secure}/orgs", Authority.new().trusted())

    assert "http://" in caught.value.advice


async def test_a_server_that_hangs_up_at_the_greeting_is_told() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with raw_server(talk) as address:
        secure = address.replace("http://", "https://")
        with pytest.raises(ProviderError) as caught:
            await ask(f"{secure}/orgs", Authority.new().trusted())

    assert caught.value.advice
