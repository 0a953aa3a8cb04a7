"""How Canvas refuses: the shapes of its errors, each as it was seen.

Sources: Canvas REST API documentation, "Throttling", "OAuth2", "Authentication"; canvas-lms
issues; the requests that canvasapi's tests were recorded from.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}


def _errors(status: int, message: str, *, word: str = "", bad_token: bool = False) -> JSONResponse:
    body: dict[str, object] = {"errors": [{"message": message}]}
    if word:
        body = {"status": word, **body}
    return JSONResponse(body, status, headers=_CHALLENGE if bad_token else None)


def unauthenticated() -> JSONResponse:
    """Return what a request without a token gets."""
    return _errors(401, "user authorization required", word="unauthenticated", bad_token=True)


def invalid_token() -> JSONResponse:
    """Return what a token gets that is unknown, revoked or expired."""
    return _errors(401, "Invalid access token.", bad_token=True)


def insufficient_scopes() -> JSONResponse:
    """Return what a token gets whose scopes do not name this call; a new one would get the same."""
    return _errors(401, "Insufficient scopes on access token.", bad_token=True)


def unauthorized() -> JSONResponse:
    """Return what a good token gets where its user may not; no challenge."""
    return _errors(401, "user not authorized to perform that action", word="unauthorized")


def not_found() -> JSONResponse:
    """Return what there is for what is not there, or not visible."""
    return _errors(404, "The specified resource does not exist.")


def no_user_agent() -> JSONResponse:
    """Return what a request gets that does not say which program sent it."""
    return _errors(403, "User-Agent header is required", word="forbidden")


def invalid_masquerade() -> JSONResponse:
    """Return what a wrong or forbidden `as_user_id` gets: the errors are a text."""
    return JSONResponse({"errors": "Invalid as_user_id"}, 401)


def invalid_field(field: str, message: str, code: str = "invalid") -> JSONResponse:
    """Return what a wrong parameter gets, as a list."""
    return JSONResponse({"errors": [{"field": field, "message": message, "error_code": code}]}, 400)


def invalid_object(field: str, message: str) -> JSONResponse:
    """Return what a wrong object gets: the errors are an object, by field."""
    error = {"attribute": field, "type": "invalid", "message": message}
    return JSONResponse({"errors": {field: [error]}}, 400)


def bad_request(message: str) -> JSONResponse:
    """Return what a wrong request gets: a bare message."""
    return JSONResponse({"message": message}, 400)


def invalid_value(message: str) -> JSONResponse:
    """Return what a value gets that is none of those there are: a bare error."""
    return JSONResponse({"error": message}, 400)


def broken(report: int) -> JSONResponse:
    """Return what a request gets that Canvas stumbles over, with the number of its report."""
    return JSONResponse(
        {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}],
         "error_report_id": report},
        500,
    )  # fmt: skip


def throttled(status: int, remaining: float) -> Response:
    """Return what comes when the bucket is full; in text, and without a cost."""
    return PlainTextResponse(
        f"{status} Forbidden (Rate Limit Exceeded)\n",
        status,
        headers={"X-Rate-Limit-Remaining": f"{remaining}"},
    )


def to_login_page(base: str) -> Response:
    """Return what a browser gets without a session."""
    return RedirectResponse(f"{base}/login", 302)
