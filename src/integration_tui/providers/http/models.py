"""What goes over the wire: a request, an answer, and the headers that prove who we are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeGuard
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from integration_tui.domain.redaction import MASK, any_of, scrub, spellings
from integration_tui.domain.value import replace

Params = Mapping[str, str | int | Sequence[str]]
"""What is asked for. A sequence is sent as one parameter a value, an empty one not at all."""
WriteMethod = Literal["POST", "PUT", "PATCH", "DELETE"]
Method = Literal["GET"] | WriteMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthHeaders:
    """Headers that prove who we are. `hidden` are texts that no message may repeat."""

    headers: Mapping[str, str] = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)


class Sink(Protocol):
    """Takes the body of an answer instead of the answer. Raises `ProviderError`."""

    def begin(self) -> None:
        """Forget what came before: the answer is given once more."""
        ...

    def write(self, chunk: bytes, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `url` is whole, with its query; `setting` is where the config says it.

    The body of a success goes into `sink` where there is one. `leads_to` says which addresses a
    redirect may lead to; without it, those of the same origin.
    """

    method: Method
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    setting: str = "base_url"
    sink: Sink | None = None
    leads_to: Callable[[str], bool] | None = None

    @classmethod
    def get(
        cls, url: str, params: Params | None = None, *, accept: str = "application/json"
    ) -> Request:
        """Return a request for JSON. Everything in `params` is percent-encoded (RFC 3986).

        Without them `url` is asked for as it is, query and all: a link of a server is opaque.
        """
        query = urlencode(params or {}, doseq=True, quote_via=quote, safe="")
        whole = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
        return cls(method="GET", url=whole, headers={"Accept": accept})

    @classmethod
    def file(cls, url: str, sink: Sink, *, leads_to: Callable[[str], bool]) -> Request:
        """Return a request for a file as it is; nothing goes along that says who we are."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        return cls(method="GET", url=url, headers=headers, sink=sink, leads_to=leads_to)

    @classmethod
    def form(cls, url: str, fields: Mapping[str, str], *, setting: str = "token_url") -> Request:
        """Return a POST of `fields` as a form (RFC 6749 appendix B)."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode(fields).encode()
        return cls(method="POST", url=url, headers=headers, body=body, setting=setting)

    @classmethod
    def write(
        cls, method: WriteMethod, url: str, body: object, *, accept: str = "application/json"
    ) -> Request:
        """Return a request with `body` as JSON; `None` is no body at all."""
        headers = {"Accept": accept}
        if body is None:
            return cls(method=method, url=url, headers=headers)
        headers["Content-Type"] = "application/json"
        return cls(method=method, url=url, headers=headers, body=msgspec.json.encode(body))

    def proven(self, proof: AuthHeaders) -> Request:
        """Return the same with proof of who we are."""
        return replace(
            self,
            headers={**self.headers, **proof.headers},
            hidden=(*self.hidden, *proof.hidden),
        )

    def hiding(self, *secrets: str) -> Request:
        """Return the same, with more that no message may repeat."""
        return replace(self, hidden=(*self.hidden, *secrets))

    @property
    def host(self) -> str:
        """The host as it is told to people, with its port where it is unusual."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back, decompressed. Header names are looked up in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def media_type(self) -> str:
        """The content type without its parameters; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


_SHORTEST: Final = 6
"""A shorter spelling is only taken out where it stands alone."""


def mask_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without the given secrets, and without what looks like one."""
    forms = {
        form
        for secret in secrets
        # In lower case as well: so it stands in the name of a host.
        for form in (*spellings(secret), secret.lower())
    }
    return scrub(any_of(forms, least=_SHORTEST).sub(MASK, text))


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether a decoded JSON value is a list."""
    return isinstance(value, list)
