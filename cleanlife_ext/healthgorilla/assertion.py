"""What proves to Health Gorilla who we are: an assertion, signed anew for each token (A-OAUTH, A-JWT)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import attrs
from healthgorilla_traits import PROVIDER

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.errors import ConfigurationError

__all__ = ["Assertion"]

RULE: Mapping[str, Any] = PROVIDER["auth"]["assertion"]
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW = 60  # Seconds that their clock may be behind ours.


@attrs.frozen(eq=False)
class Assertion:
    """Signs with the client's secret, which it shows nobody. *claims* replace what the pages disagree on."""

    client_id: str
    _secret: str = attrs.field(repr=False)
    token_url: str
    scope: str
    claims: Mapping[str, str] = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        for name, given in (("client_id", self.client_id), ("client_secret", self._secret), ("scope", self.scope)):
            if not isinstance(given, str) or not given:
                raise ConfigurationError(f"{name}: a text that is not empty is needed")
        if find_spec("jwt") is None:
            raise ConfigurationError("tokens need pip install 'cleanlife-ext[healthgorilla]'")

    def __call__(self) -> Mapping[str, str]:
        """The form that is sent for a token."""
        import jwt  # noqa: PLC0415  # An extra.

        now = int(self.clock.wall())
        named = {"client_id": self.client_id, "token_url": self.token_url}
        claims = {name: form.format_map(named) for name, form in RULE["claims"].items()}
        times = {"iat": now, "nbf": now - SKEW, "exp": now + RULE["lifetime"], "jti": str(uuid.uuid4())}
        assertion = jwt.encode({**claims, **self.claims, **times}, self._secret, algorithm=RULE["algorithm"])
        return {
            "grant_type": GRANT_TYPE,
            "assertion": assertion,
            "client_id": self.client_id,
            "scope": self.scope,
        }
