"""References are resolved or refused; the error names the reference, never the secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from integration_tui.config.secret_backends import KeyringBackend
from integration_tui.config.secret_resolver import SecretResolver
from integration_tui.domain.errors import SecretError
from integration_tui.domain.secret import SecretRef

CANARY = "s3cr3t-CANARY"


def resolved(ref: str, **environ: str) -> str:
    return SecretResolver(environ=environ).resolve(SecretRef.parse(ref)).reveal()


def refusal(ref: str, *, keyring: KeyringBackend | None = None, **environ: str) -> str:
    with pytest.raises(SecretError) as caught:
        SecretResolver(environ=environ, keyring=keyring).resolve(SecretRef.parse(ref))
    assert CANARY not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert ref in caught.value.message
    assert caught.value.advice
    return str(caught.value)


def test_a_variable_is_taken_as_it_is() -> None:
    assert resolved("env:SIS", SIS=" a\n") == " a\n"


def test_a_variable_that_is_not_there_is_named() -> None:
    assert refusal("env:SIS") == (
        "secret env:SIS unavailable: the variable is not set; export SIS before starting"
    )
    assert "the variable is empty" in refusal("env:SIS", SIS="")


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_text(CANARY)
    return path


@pytest.mark.parametrize(
    ("content", "secret"),
    [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("é", "é")],
)
def test_a_file_holds_a_secret_and_one_line_break(
    secret_file: Path, content: str, secret: str
) -> None:
    secret_file.write_bytes(content.encode())

    assert resolved(f"file:{secret_file}") == secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o644, 0o610, 0o777])
def test_a_file_that_others_can_reach_is_refused(secret_file: Path, mode: int) -> None:
    secret_file.chmod(mode)

    said = refusal(f"file:{secret_file}")

    reason = "refused: its file is readable by others"
    assert said == f"secret file:{secret_file} {reason}; chmod 600 {secret_file}"


def test_a_file_that_is_none_is_refused(tmp_path: Path, secret_file: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(secret_file)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, mode=0o600)

    assert "is a symbolic link" in refusal(f"file:{link}")
    assert "not a file" in refusal(f"file:{pipe}")
    assert "not a file" in refusal(f"file:{tmp_path}") or "directory" in refusal(f"file:{tmp_path}")
    assert "no such file" in refusal(f"file:{tmp_path}/missing")
    assert "not absolute" in refusal("file:secret")


def test_a_file_of_the_wrong_content_is_refused(secret_file: Path) -> None:
    contents = {b"": "is empty", b"\n": "is empty", b"\xff": "not a text file"}
    for content, said in {**contents, b"x" * 65537: "larger than 64 KiB"}.items():
        secret_file.write_bytes(content)

        assert said in refusal(f"file:{secret_file}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(secret_file: Path) -> None:
    os.chown(secret_file, 12345, 12345)

    assert "belongs to another user" in refusal(f"file:{secret_file}")


class _Backend:
    def __init__(self, entries: dict[tuple[str, str], str]) -> None:
        self.entries = entries

    def get_password(self, service: str, username: str) -> str | None:
        if username == "locked":
            raise RuntimeError(CANARY)
        return self.entries.get((service, username))


def backend(module: str, name: str = "Keyring", **entries: str) -> KeyringBackend:
    """Return a stand-in of a backend, which is known by the names of its module and class."""
    kind = type(name, (_Backend,), {"__module__": module})
    found: KeyringBackend = kind({("integration-tui", key): entries[key] for key in entries})
    return found


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
        ("keyring.backends.macOS", "Keyring"),
        ("keyring.backends.Windows", "WinVaultKeyring"),
    ],
)
def test_a_keyring_that_encrypts_is_asked(module: str, name: str) -> None:
    secrets = SecretResolver(environ={}, keyring=backend(module, name, sis="a"))

    assert secrets.resolve(SecretRef.parse("keyring:sis")).reveal() == "a"
    assert secrets.resolve(SecretRef.parse("keyring:integration-tui/sis")).reveal() == "a"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keyring.backends.fail", "Keyring"),
        ("keyring.backends.null", "Keyring"),
        ("keyring.backends.chainer", "ChainerBackend"),
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.file", "EncryptedKeyring"),
        ("somewhere.else", "Keyring"),
    ],
)
def test_a_keyring_not_known_to_encrypt_is_refused(module: str, name: str) -> None:
    said = refusal("keyring:sis", keyring=backend(module, name, sis=CANARY))

    assert f"({module}) is not known to encrypt" in said


def test_an_entry_that_cannot_be_had_is_named() -> None:
    known = backend("keyring.backends.SecretService")

    assert "keyring set integration-tui sis" in refusal("keyring:sis", keyring=known)
    assert "keyring set a b" in refusal("keyring:a/b", keyring=known)
    assert "locked or does not answer" in refusal("keyring:locked", keyring=known)


def test_the_systems_own_keyring_is_judged_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    keyring.core.init_backend()

    assert "(keyring.backends.null) is not known to encrypt" in refusal("keyring:sis")
