"""Bodies of requests: form fields, and files in a multipart body.

Source: RFC 7578; the parser of the standard library for messages reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file, or a whole body that is one."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FormBody:
    """Fields by name, the last of each; files by the name of their field."""

    fields: Mapping[str, str]
    files: Mapping[str, UploadedFile]


def form_of(content_type: str, body: bytes) -> FormBody:
    """Return what a body holds; nothing where it is no form."""
    kind = content_type.partition(";")[0].strip().casefold()
    if kind == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return FormBody(fields=fields, files={})
    if kind == "multipart/form-data":
        return _multipart(content_type, body)
    return FormBody(fields={}, files={})


def _multipart(content_type: str, body: bytes) -> FormBody:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    files: dict[str, UploadedFile] = {}
    for part in message.walk():
        name, content = part.get_param("name", header="content-disposition"), _content(part)
        if not isinstance(name, str) or content is None:
            continue
        file_name = part.get_filename()
        if file_name is None:
            fields[name] = content.decode("utf-8", "replace")
        else:
            files[name] = UploadedFile(name=file_name, content=content)
    return FormBody(fields=fields, files=files)


def _content(part: Message) -> bytes | None:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else None
