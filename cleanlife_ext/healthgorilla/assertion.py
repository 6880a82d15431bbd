"""What proves to Health Gorilla who we are: an assertion, signed anew for each token (A-OAUTH, A-JWT)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import attrs
from healthgorilla_traits import PROVIDER

from cleanlife_ext.engine.constraints import can_be_sent
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.errors import ConfigurationError

__all__ = ["Assertion", "chosen"]

RULE: Mapping[str, Any] = PROVIDER["auth"]["assertion"]
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW = 60  # Seconds that their clock may be behind ours.


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and can_be_sent(value)


def chosen(name: str, given: str | None) -> str:
    """What was *given*, or stands in the variable that is looked at where nothing was."""
    variable = f"HEALTHGORILLA_{name.upper()}"
    text = os.environ.get(variable, "") if given is None else given
    if not _is_text(text):
        raise ConfigurationError(f"{name}: a text is needed, here or in {variable}")
    return text


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
        if not _is_text(self.scope):
            raise ConfigurationError("scope: a text that is not empty is needed")
        if not isinstance(self.claims, Mapping) or not all(map(_is_text, self.claims.values())):
            raise ConfigurationError("claims: a mapping of names to texts is needed")
        if not set(self.claims) <= set(RULE["claims"]):
            raise ConfigurationError(f"claims: {', '.join(RULE['claims'])} may be others, and no more")
        if find_spec("jwt") is None:
            raise ConfigurationError("tokens need pip install 'cleanlife-ext[healthgorilla]'")

    def __call__(self) -> Mapping[str, str]:
        """The form that is sent for a token."""
        import jwt  # noqa: PLC0415  # An extra.

        now = int(self.clock.wall())
        named = {"client_id": self.client_id, "token_url": self.token_url}
        claims = {name: form.format_map(named) for name, form in RULE["claims"].items()}
        times = {"iat": now - SKEW, "nbf": now - SKEW, "exp": now + RULE["lifetime"], "jti": str(uuid.uuid4())}
        try:
            assertion = jwt.encode({**claims, **self.claims, **times}, self._secret, algorithm=RULE["algorithm"])
        except jwt.InvalidKeyError:
            raise ConfigurationError(
                "client_secret: it is half of a pair of keys, and no secret to sign with"
            ) from None
        return {"grant_type": GRANT_TYPE, "assertion": assertion, "client_id": self.client_id, "scope": self.scope}
