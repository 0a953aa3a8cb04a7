"""How an integration proves who it is. Secrets are references; see `domain.secret`.

See docs/decisions/0003.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from integration_tui.domain.config.types import SecretField, Url


class AuthConfig(BaseModel):
    """Base of all kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ClientCredentialsAuth(AuthConfig):
    """OAuth2 client credentials (RFC 6749 section 4.4)."""

    type: Literal["oauth2_client_credentials"]
    token_url: Url = Field(description="Token endpoint URL.")
    client_id: str = Field(min_length=1, description="OAuth client ID.")
    client_secret: SecretField
    scopes: tuple[str, ...] | None = Field(
        default=None, description="Requested scopes. Empty: the type's own; []: none."
    )
    client_auth: Literal["basic", "body"] = Field(
        default="basic", description="Where the client ID and secret are sent: header or body."
    )


class AuthorizationCodeAuth(AuthConfig):
    """OAuth2 authorization code (RFC 6749 section 4.1), after a person consented once.

    What remains of the consent is the refresh token.
    """

    type: Literal["oauth2_authorization_code"]
    token_url: Url = Field(description="Token endpoint URL.")
    client_id: str = Field(min_length=1, description="OAuth client ID.")
    client_secret: SecretField
    refresh_token: SecretField
    scopes: tuple[str, ...] = Field(default=(), description="Requested scopes. Empty: none.")
    client_auth: Literal["basic", "body"] = Field(
        default="body", description="Where the client ID and secret are sent: header or body."
    )


class JwtBearerAuth(AuthConfig):
    """OAuth2 with a signed assertion (RFC 7523), as Google's service accounts use it."""

    type: Literal["oauth2_jwt_bearer"]
    token_url: Url = Field(description="Token endpoint URL.")
    issuer: str = Field(min_length=1, description="Issuer of the assertion (iss).")
    subject: str = Field(default="", description="Subject of the assertion (sub). Empty: none.")
    audience: str = Field(
        default="", description="Audience of the assertion (aud). Empty: the token URL."
    )
    private_key: SecretField
    key_id: str = Field(default="", description="Key ID (kid). Empty: none.")
    scopes: tuple[str, ...] = Field(default=(), description="Requested scopes. Empty: none.")


class ApiKeyAuth(AuthConfig):
    """An API key in a header."""

    type: Literal["api_key"]
    key: SecretField
    header: str = Field(
        default="X-Api-Key", pattern=r"^[A-Za-z0-9-]+$", description="HTTP header of the key."
    )
    prefix: str = Field(default="", description="Text before the key, such as Bearer. Empty: none.")


class BasicAuth(AuthConfig):
    """Username and password (RFC 7617)."""

    type: Literal["basic"]
    username: str = Field(min_length=1, description="Username.")
    password: SecretField


class JwtAuth(AuthConfig):
    """A static bearer token (RFC 6750)."""

    type: Literal["jwt"]
    token: SecretField


class OAuth1Auth(AuthConfig):
    """OAuth 1.0a without a user's token, as OneRoster 1.1 uses it (RFC 5849)."""

    type: Literal["oauth1"]
    consumer_key: str = Field(min_length=1, description="OAuth consumer key.")
    consumer_secret: SecretField
    signature_method: Literal["HMAC-SHA1", "HMAC-SHA256"] = Field(
        default="HMAC-SHA256", description="Signature method."
    )


class CustomHeadersAuth(AuthConfig):
    """Headers with secret values, sent with every request."""

    type: Literal["custom_headers"]
    headers: Mapping[str, SecretField] = Field(
        min_length=1, description="HTTP headers, each with a reference to its value."
    )


Auth = Annotated[
    ClientCredentialsAuth
    | AuthorizationCodeAuth
    | JwtBearerAuth
    | ApiKeyAuth
    | BasicAuth
    | JwtAuth
    | OAuth1Auth
    | CustomHeadersAuth,
    Field(discriminator="type"),
]
