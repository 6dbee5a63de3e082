"""The identity provider of the settings, checked when the pages start."""

from __future__ import annotations

from extract.review.signing import SignIn
from flows.errors import SettingsError
from flows.setting_values import PREFIX
from flows.settings import Settings

CALLBACK = "review/oidc/callback"
"""Where people come back to, below the site's address; it is what to register at the provider."""


def provider_of(settings: Settings) -> SignIn | None:
    """Return the client of the provider, None when none is set.

    Raises
    ------
    SettingsError
        Only part of it is set, an address is not https, or the extra is not installed.
    """
    given = {
        "OIDC_ISSUER": settings.oidc_issuer,
        "OIDC_CLIENT_ID": settings.oidc_client_id,
        "OIDC_CLIENT_SECRET": settings.oidc_client_secret,
    }
    if not any(given.values()):
        return None
    missing = [PREFIX + name for name, text in given.items() if not text]
    if missing:
        raise SettingsError(f"{missing[0]} is not set, but other OIDC settings are: set all three, or none")
    try:
        from extract.review.provider import Provider, ProviderSettings, safe_address
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{PREFIX}OIDC_ISSUER: signing in through a provider needs the extra `oidc` ({error}); "
            "install living-review[oidc]"
        ) from error
    for name, url in ((f"{PREFIX}OIDC_ISSUER", settings.oidc_issuer), (f"{PREFIX}SITE_URL", settings.site_url)):
        if not safe_address(url or ""):
            raise SettingsError(f"{name}: {url!r} is not https, which signing in through a provider needs")
    return Provider(
        ProviderSettings(
            issuer=settings.oidc_issuer or "",
            client_id=settings.oidc_client_id or "",
            client_secret=settings.oidc_client_secret or "",
            redirect_uri=settings.site_url + CALLBACK,
        )
    )
