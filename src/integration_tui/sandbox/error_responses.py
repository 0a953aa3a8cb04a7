"""Errors in the shape that a dialect has for them.

Source: imsx_StatusInfo of OneRoster 1.2 (REST binding, section 4) and 1.1; the others were seen
on servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse

from integration_tui.sandbox.dialect import Errors

Json = dict[str, object]

_MINOR: Final[Mapping[int, str]] = {
    400: "invalid_filter_field",
    401: "unauthorisedrequest",
    403: "forbidden",
    404: "unknownobject",
    422: "invaliddata",
    429: "server_busy",
    500: "internal_server_error",
}
_SMALL: Final[Mapping[int, str]] = {400: "invalid_data", 401: "unauthorized", 403: "forbidden"}


def refusal(
    status: int,
    description: str,
    *,
    minor: str = "",
    errors: Errors = Errors.FLAT,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return an error; `minor` is OneRoster's word for it where the status has several."""
    body = _body(status, description, minor or _MINOR[status], errors)
    return JSONResponse(body, status_code=status, headers=headers)


def _body(status: int, description: str, minor: str, errors: Errors) -> Json:
    match errors:
        case Errors.OLD:
            return _flat(description, minor) | {
                "imsx_messageRefIdentifier": "sandbox",
                "imsx_operationRefIdentifier": ["sandbox"],
            }
        case Errors.WRAPPED:
            return {"imsx_StatusInfo": _flat(description, minor)}
        case Errors.LOWER:
            small = {} if status == 404 else {"imsx_codeMinor": _SMALL.get(status, minor)}
            return {**_major(description), **small}
        case Errors.DETAILED:
            details = [{"code": minor, "message": description}]
            return _flat(description, minor) | {"imsx_error_details": details}
        case _:
            return _flat(description, minor)


def _flat(description: str, minor: str) -> Json:
    one = {
        "imsx_codeMinorFieldName": "TargetEndSystem",
        "imsx_codeMinorFieldValue": minor,
    }
    return {**_major(description), "imsx_CodeMinor": {"imsx_codeMinorField": [one]}}


def _major(description: str) -> Json:
    return {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description,
    }
