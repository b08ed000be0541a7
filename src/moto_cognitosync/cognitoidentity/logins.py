"""The ``Logins`` of a request: checks the tokens and finds out who the users are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from moto_cognitosync.core.clock import now
from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    NotAuthorizedException,
)
from moto_cognitosync.core.identity_pools import Login

from .tokens import (
    InvalidTokenError,
    TokenClaims,
    is_cognito_token,
    read_token,
    unverified_claims,
)
from .user_pools import find_user_pool, is_active, is_signed_by

if TYPE_CHECKING:
    from .pools import Pool

T = TypeVar("T")

DEFAULT_TAGS = {"client": "aud", "username": "sub"}

# The keys of Logins for tokens of Cognito Identity itself, in all partitions.
_COGNITO = re.compile(
    r"cognito-identity(?:-us-gov)?(?:\.[a-z]{2}-[a-z]+-\d)?\.amazonaws\.com(?:\.cn)?"
)


class VerifiedLogin(NamedTuple):
    """A login whose token was checked.

    :param subject: how ``amr`` claims describe the user.
    :param claims: the claims of the token; empty if it is not a JWT.
    """

    login: Login
    subject: str
    claims: Mapping[str, Any]


def configured(settings: Mapping[str, T], login: VerifiedLogin) -> T | None:
    """Return what is configured for the provider of a login, or None.

    :param settings: keyed by provider; for a user pool, also by provider and client;
        for OpenID Connect, also by ARN.
    """
    provider = login.login.provider
    arn = login.subject.partition(":OIDC:")[0]
    keys = (f"{provider}:{login.claims.get('aud')}", provider, arn)
    return next((settings[key] for key in keys if key in settings), None)


def principal_tags(
    maps: Mapping[str, Mapping[str, Any]], logins: Iterable[VerifiedLogin]
) -> dict[str, str]:
    """Return the principal tags that the claims of logins are mapped to.

    :param maps: inputs of SetPrincipalTagAttributeMap by provider.
    """
    return {
        tag: str(login.claims[claim])
        for login in logins
        for tag, claim in attribute_map(configured(maps, login) or {}).items()
        if claim in login.claims
    }


def attribute_map(tags: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the claims that principal tags come from, by tag.

    :param tags: input of SetPrincipalTagAttributeMap.
    """
    if tags.get("UseDefaults"):
        return DEFAULT_TAGS
    attributes: Mapping[str, str] = tags.get("PrincipalTags", {})
    return attributes


def amr_of(logins: Iterable[VerifiedLogin]) -> tuple[str, ...]:
    """Return the ``amr`` claim (authentication methods) for logins."""
    described = [(each.login.provider, each.subject) for each in logins]
    if not described:
        return ("unauthenticated",)
    return ("authenticated", *(text for pair in described for text in pair))


def resolve(pool: Pool, logins: Mapping[str, str]) -> list[VerifiedLogin]:
    """Check the tokens of public providers.

    :param logins: tokens by provider.
    :raises InvalidParameterException: if a provider is the developer provider.
    :raises NotAuthorizedException: if a token is invalid, or its provider is not one of
        the pool's.
    """
    check_public(pool, logins)
    subjects = _subjects(pool.source)
    return [_verify(pool, subjects, *each) for each in logins.items()]


def check_public(pool: Pool, providers: Collection[str]) -> None:
    """Check that no provider is the pool's developer provider.

    :raises InvalidParameterException: if one is.
    """
    if pool.developer_provider in providers:
        raise InvalidParameterException("Please provide a valid public provider")


def resolve_developer(pool: Pool, logins: Mapping[str, str]) -> list[VerifiedLogin]:
    """Check logins that contain a user of the developer provider.

    :param logins: the user's id, and tokens of public providers.
    :raises InvalidParameterException: if there is no user of the developer provider.
    :raises NotAuthorizedException: as :func:`resolve`.
    """
    provider = pool.developer_provider
    if provider not in logins:
        raise wrong_developer_provider()
    public = {key: logins[key] for key in logins if key != provider}
    verified = {each.login.provider: each for each in resolve(pool, public)}
    user = logins[provider]
    verified[provider] = VerifiedLogin(
        Login(provider, user), f"{provider}:{pool.pool_id}:{user}", {}
    )
    return [verified[key] for key in logins]


def wrong_developer_provider() -> InvalidParameterException:
    """Return the error for a developer provider that the pool does not have."""
    return InvalidParameterException(
        "This identity pool does not support the specified developer provider"
    )


def read_cognito_token(logins: Mapping[str, str]) -> TokenClaims | None:
    """Return the claims of the token of Cognito Identity in ``Logins``, or None.

    :raises NotAuthorizedException: if there is such a token, but it is invalid.
    """
    for provider, token in logins.items():
        if _COGNITO.fullmatch(provider):
            if not is_cognito_token(token):
                raise invalid_token("Not a Cognito token.")
            try:
                return read_token(token)
            except InvalidTokenError as error:
                raise NotAuthorizedException(str(error)) from None
    return None


def invalid_token(reason: str = "") -> NotAuthorizedException:
    """Return the error for an invalid token."""
    return NotAuthorizedException(f"Invalid login token. {reason}".rstrip())


def _subjects(source: Any) -> dict[str, str]:
    """Return what precedes the user in an ``amr`` claim, by provider of a pool."""
    user_pools = [
        each.get("ProviderName") for each in source.cognito_identity_providers or ()
    ]
    return {
        **{
            provider: f"{provider}:{application}"
            for provider, application in (
                source.supported_login_providers or {}
            ).items()
        },
        **{
            arn.partition("oidc-provider/")[2]: f"{arn}:OIDC"
            for arn in source.open_id_connect_provider_arns or ()
        },
        **{arn: f"{arn}:SAML" for arn in source.saml_provider_arns or ()},
        **{provider: f"{provider}:CognitoSignIn" for provider in user_pools},
    }


def _verify(
    pool: Pool, subjects: Mapping[str, str], provider: str, token: str
) -> VerifiedLogin:
    if _COGNITO.fullmatch(provider) or is_cognito_token(token):
        raise invalid_token("Can't pass in a Cognito token.")
    if provider not in subjects:
        raise unsupported_provider()
    claims = unverified_claims(token)
    user_pool = find_user_pool(provider)
    if user_pool is not None:
        _check_user_pool_token(pool, provider, user_pool, token, claims)
    _check_expiry(claims)
    user = _user(provider, claims) if claims else token
    return VerifiedLogin(Login(provider, user), f"{subjects[provider]}:{user}", claims)


def unsupported_provider() -> NotAuthorizedException:
    """Return the error for a token of a provider that the pool does not have."""
    return NotAuthorizedException(
        "Token is not from a supported provider of this identity pool."
    )


def _check_expiry(claims: Mapping[str, Any]) -> None:
    """Check that a token has not expired, if it has an expiry."""
    if "exp" not in claims:
        return
    expiry, seconds = claims["exp"], now() // 1000
    if not isinstance(expiry, int | float):
        raise invalid_token()
    if expiry <= seconds:
        raise invalid_token(f"Token expired: {expiry} >= {seconds}")


def _user(provider: str, claims: Mapping[str, Any]) -> str:
    """Return the user that a JWT names.

    This is the ``sub`` claim. The issuer is added if it is not the provider itself,
    because the same ``sub`` is another user there.
    """
    user = claims.get("sub")
    if user is None:
        raise invalid_token("Missing a required claim: sub")
    issuer = str(claims.get("iss", provider)).removeprefix("https://").rstrip("/")
    return str(user) if issuer == provider else f"{issuer}:{user}"


def _check_user_pool_token(
    pool: Pool, provider: str, user_pool: Any, token: str, claims: Mapping[str, Any]
) -> None:
    if not claims:
        raise invalid_token()
    if claims.get("iss") != f"https://{provider}":
        raise invalid_token("Issuer doesn't match providerName")
    if not is_signed_by(user_pool, token):
        raise invalid_token("Couldn't verify signed token.")
    if "aud" not in claims:
        raise invalid_token("Missing a required claim: aud")
    # Empty if the user pool is configured as another kind of provider.
    clients = [
        each
        for each in pool.source.cognito_identity_providers or ()
        if each.get("ProviderName") == provider
    ]
    accepted = [
        each for each in clients if each.get("ClientId", claims["aud"]) == claims["aud"]
    ]
    if clients and not accepted:
        raise unsupported_provider()
    is_checked = any(each.get("ServerSideTokenCheck") for each in accepted)
    if is_checked and not is_active(user_pool, claims.get("sub")):
        raise invalid_token()
