"""Google's refusals: one envelope, and what stands in it by API.

Classroom names a google.rpc.RpcCode in `status`; the Directory has `errors[].reason` instead. What
the front of all APIs refuses (tokens, scopes, quotas, switched off services) has both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from starlette.responses import Response

JSON_TYPE: Final = "application/json; charset=UTF-8"
PROJECT: Final = "123456789012"
_ERROR_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"


class GoogleApiName(StrEnum):
    """Which API answers; the value is its host."""

    CLASSROOM = "classroom.googleapis.com"
    DIRECTORY = "admin.googleapis.com"


class RpcCode(StrEnum):
    """google.rpc.RpcCode, as far as it is said here."""

    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"


_HTTP: Final[Mapping[RpcCode, int]] = {
    RpcCode.INVALID_ARGUMENT: 400,
    RpcCode.FAILED_PRECONDITION: 400,
    RpcCode.UNAUTHENTICATED: 401,
    RpcCode.PERMISSION_DENIED: 403,
    RpcCode.NOT_FOUND: 404,
    RpcCode.ALREADY_EXISTS: 409,
    RpcCode.RESOURCE_EXHAUSTED: 429,
}
_REASONS: Final[Mapping[RpcCode, str]] = {
    RpcCode.INVALID_ARGUMENT: "invalid",
    RpcCode.FAILED_PRECONDITION: "conditionNotMet",
    RpcCode.UNAUTHENTICATED: "authError",
    RpcCode.PERMISSION_DENIED: "forbidden",
    RpcCode.NOT_FOUND: "notFound",
    RpcCode.ALREADY_EXISTS: "duplicate",
    RpcCode.RESOURCE_EXHAUSTED: "rateLimitExceeded",
}


class GoogleRefusedError(Exception):
    """A request that is refused. `reason` is that of `errors`; the code's own where it is empty."""

    def __init__(
        self,
        code: RpcCode,
        message: str,
        *,
        reason: str = "",
        details: Sequence[Mapping[str, object]] = (),
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or _HTTP[code]
        self._message = message
        self._reason = reason or _REASONS[code]
        self._details = details
        self._headers = headers or {}

    def response(self, api: GoogleApiName) -> Response:
        """Return it as an API writes it."""
        error: dict[str, object] = {"code": self.status, "message": self._message}
        is_of_front = bool(self._details)
        if api is GoogleApiName.DIRECTORY or is_of_front or self.status == 429:
            entry = {"message": self._message, "domain": "global", "reason": self._reason}
            error["errors"] = [entry]
        if api is GoogleApiName.CLASSROOM or is_of_front:
            error["status"] = self.code
        if self._details:
            error["details"] = self._details
        return Response(
            msgspec.json.encode({"error": error}),
            self.status,
            headers=self._headers,
            media_type=JSON_TYPE,
        )


def error_info(reason: str, **metadata: str) -> Mapping[str, object]:
    """Return a google.rpc.ErrorInfo."""
    return {
        "@type": _ERROR_INFO,
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }


def invalid(message: str = "Request contains an invalid argument.") -> GoogleRefusedError:
    return GoogleRefusedError(RpcCode.INVALID_ARGUMENT, message)


def not_found(message: str = "Requested entity was not found.") -> GoogleRefusedError:
    return GoogleRefusedError(RpcCode.NOT_FOUND, message)


def denied(message: str = "The caller does not have permission") -> GoogleRefusedError:
    return GoogleRefusedError(RpcCode.PERMISSION_DENIED, message)


def already_exists() -> GoogleRefusedError:
    return GoogleRefusedError(RpcCode.ALREADY_EXISTS, "Requested entity already exists")


def precondition(message: str) -> GoogleRefusedError:
    return GoogleRefusedError(RpcCode.FAILED_PRECONDITION, message)


def unauthenticated() -> GoogleRefusedError:
    return GoogleRefusedError(
        RpcCode.UNAUTHENTICATED,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login"
        " cookie or other valid authentication credential.",
        details=(error_info("ACCESS_TOKEN_EXPIRED"),),
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'},
    )


def lacks_scope(api: GoogleApiName, rpc: str, scopes: Sequence[str]) -> GoogleRefusedError:
    return GoogleRefusedError(
        RpcCode.PERMISSION_DENIED,
        "Request had insufficient authentication scopes.",
        reason="insufficientPermissions",
        details=(error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", service=api, method=rpc),),
        headers={
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/",'
            f' error="insufficient_scope", scope="{" ".join(scopes)}"'
        },
    )


def switched_off(api: GoogleApiName) -> GoogleRefusedError:
    title = "Google Classroom API" if api is GoogleApiName.CLASSROOM else "Admin SDK API"
    where = f"https://console.developers.google.com/apis/api/{api}/overview?project={PROJECT}"
    return GoogleRefusedError(
        RpcCode.PERMISSION_DENIED,
        f"{title} has not been used in project {PROJECT} before or it is disabled. Enable it by"
        f" visiting {where} then retry.",
        reason="accessNotConfigured",
        details=(
            error_info(
                "SERVICE_DISABLED",
                service=api,
                consumer=f"projects/{PROJECT}",
                activationUrl=where,
            ),
        ),
    )
