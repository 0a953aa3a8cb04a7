"""Which authorities are trusted: what SSL_CERT_FILE and SSL_CERT_DIR name is looked at first.

OpenSSL ignores what it cannot read, and then calls every server's authority unknown.
"""

from __future__ import annotations

import os
import re
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.text import visible

FILE: Final = "SSL_CERT_FILE"
FOLDER: Final = "SSL_CERT_DIR"
_PEM: Final = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----")
_KEY: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")
_LARGEST: Final = 32 * 2**20
_DER: Final = b"\x30\x82"


def require_file(environ: Mapping[str, str]) -> str | None:
    """Return the file that `SSL_CERT_FILE` names, `None` where it names none.

    Raises `IncompatibleError` where it is no file of certificates.
    """
    if not (path := environ.get(FILE, "")):
        return None
    content = _content(path)
    if not _PEM.search(content):
        raise _unusable(FILE, path, _what_instead(content))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError:
        raise _unusable(FILE, path, "whose certificate is damaged") from None
    return path


def require_folder(environ: Mapping[str, str]) -> str | None:
    """Return the folders that `SSL_CERT_DIR` names, `None` where it names none.

    Raises `IncompatibleError` where none of them holds a certificate as OpenSSL looks for it.
    """
    if not (paths := environ.get(FOLDER, "")):
        return None
    troubles = [_trouble_of(path) for path in paths.split(os.pathsep) if path]
    if troubles and all(troubles):
        raise _unusable(FOLDER, paths, troubles[0])
    return paths


def _content(path: str) -> bytes:
    try:
        # O_NONBLOCK: a pipe must not stop us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISDIR(mode):
                raise _unusable(FILE, path, f"which is a folder ({FOLDER} is for folders)")
            if not stat.S_ISREG(mode):
                raise _unusable(FILE, path, "which is no file")
            return file.read(_LARGEST)
    except IsADirectoryError:
        raise _unusable(FILE, path, f"which is a folder ({FOLDER} is for folders)") from None
    except (OSError, ValueError) as error:
        raise _unusable(FILE, path, _why_not(error)) from None


def _why_not(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return "which is not there"
    if isinstance(error, PermissionError):
        return "which may not be read"
    return "which cannot be read"


def _what_instead(content: bytes) -> str:
    if not content.strip():
        return "which is empty"
    if content.startswith(_DER):
        return "which is DER and not PEM (openssl x509 -inform der turns it into PEM)"
    if _KEY.search(content):
        return "which holds a key and no certificate"
    return "which holds no certificate (PEM)"


def _trouble_of(path: str) -> str:
    try:
        names = [entry.name for entry in Path(path).iterdir()]
    except NotADirectoryError:
        is_there = Path(path).exists()
        return f"which is no folder ({FILE} is for files)" if is_there else "which is not there"
    except (OSError, ValueError) as error:
        return _why_not(error)
    if not any(_HASHED.fullmatch(name) for name in names):
        return "which holds no certificate under its hash (openssl rehash makes such names)"
    return ""


def _unusable(variable: str, path: str, what: str) -> IncompatibleError:
    return IncompatibleError(
        f"{variable} names {visible(path, limit=200)}, {what}",
        advice=f"correct {variable}, or unset it to trust the authorities of this program"
        " and of the system",
    )
