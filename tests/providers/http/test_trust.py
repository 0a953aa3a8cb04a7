"""SSL_CERT_FILE and SSL_CERT_DIR: what is wrong with them is told, and doctor looks at them."""

import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from integration_tui.domain.errors import IncompatibleError
from integration_tui.providers.http.tls import require_file, require_folder, trusting
from tests.providers.http.test_tls import Authority, ask, secure_server

PEM = Authority.new()


def _pem(path: Path) -> None:
    path.write_bytes(PEM.certificate.public_bytes(Encoding.PEM))


def _nothing(_path: Path) -> None:
    """Leave nothing there."""


def _key(path: Path) -> None:
    path.write_bytes(PEM.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _damaged(path: Path) -> None:
    path.write_text("-----BEGIN CERTIFICATE-----\nMIIBnope\n-----END CERTIFICATE-----\n")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_nothing, "which does not exist"),
        (lambda path: path.write_text("Anna Muster"), "which contains no PEM certificate"),
        (lambda path: path.write_bytes(b""), "which is empty"),
        (lambda path: path.write_bytes(PEM.certificate.public_bytes(Encoding.DER)), "which is DER"),
        (lambda path: path.mkdir(), "which is a folder"),
        (os.mkfifo, "which is not a file"),
        (_key, "which contains a key, not a certificate"),
        (_damaged, "whose certificate is damaged"),
    ],
)
def test_a_file_of_authorities_that_is_none_is_told(
    make: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    make(path)

    with pytest.raises(IncompatibleError) as caught:
        require_file({"SSL_CERT_FILE": str(path)})

    assert caught.value.message.startswith(f"SSL_CERT_FILE names {path}, {said}")
    assert "Anna" not in str(caught.value)
    assert "SSL_CERT_FILE" in caught.value.advice
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("path", ["/proc/self/mem", "/nowhere\0.pem"])
def test_a_file_that_cannot_be_read_is_told(path: str) -> None:
    with pytest.raises(IncompatibleError, match="SSL_CERT_FILE names /"):
        require_file({"SSL_CERT_FILE": path})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_nothing, "which does not exist"),
        (_pem, "which is not a folder ("),
        (lambda path: path.mkdir(), "which contains no certificate by hash (run openssl rehash)"),
    ],
)
def test_a_folder_of_authorities_that_is_none_is_told(
    make: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "certs"
    make(path)

    with pytest.raises(IncompatibleError) as caught:
        require_folder({"SSL_CERT_DIR": str(path)})

    assert caught.value.message.startswith(f"SSL_CERT_DIR names {path}, {said}")


def _hashed(folder: Path) -> Path:
    """Make a folder as `openssl rehash` does."""
    folder.mkdir()
    _pem(folder / "ca.pem")
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(folder / "ca.pem")]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    (folder / f"{name}.0").symlink_to("ca.pem")
    return folder


def test_of_several_folders_one_that_is_right_is_enough(tmp_path: Path) -> None:
    told = f"{tmp_path / 'nowhere'}{os.pathsep}{_hashed(tmp_path / 'certs')}"

    assert require_folder({"SSL_CERT_DIR": told}) == told


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_an_authority_that_a_variable_names_is_trusted(variable: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    _pem(file)
    path = file if variable == "SSL_CERT_FILE" else _hashed(tmp_path / "certs")

    async with secure_server(PEM.server(tmp_path, "localhost")) as port:
        status = await ask(f"https://localhost:{port}/orgs", trusting({variable: str(path)}))

    assert status == 200


def test_a_folder_is_not_looked_at_where_a_file_is_named(tmp_path: Path) -> None:
    _pem(tmp_path / "ca.pem")

    found = trusting({"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "SSL_CERT_DIR": "/nowhere"})

    assert found.verify_mode is ssl.CERT_REQUIRED


def test_empty_variables_are_none() -> None:
    assert trusting({"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}).verify_mode is ssl.CERT_REQUIRED
