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
CLAIMS: Mapping[str, str] = RULE["claims"]
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW = 60  # Seconds that their clock may be behind ours.


def chosen(name: str, given: str | None) -> str:
    """What was *given*, or stands in the variable that is looked at where nothing was."""
    variable = f"HEALTHGORILLA_{name.upper()}"
    text = os.environ.get(variable, "") if given is None else given
    if not isinstance(text, str) or not text or not can_be_sent(text):
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
        if not isinstance(self.claims, Mapping) or not {*self.claims} <= {*CLAIMS}:
            raise ConfigurationError(f"claims: {', '.join(CLAIMS)} may be others, and no more")
        for name, text in {"scope": self.scope, **self.claims}.items():
            if not isinstance(text, str) or not text or not can_be_sent(text):
                raise ConfigurationError(f"{name}: a text that is not empty is needed")
        if find_spec("jwt") is None:
            raise ConfigurationError("tokens need pip install 'cleanlife-ext[healthgorilla]'")

    def __call__(self) -> Mapping[str, str]:
        """The form that is sent for a token."""
        import jwt  # noqa: PLC0415  # An extra.

        now = int(self.clock.wall())
        usual = {name: form.format(client_id=self.client_id, token_url=self.token_url) for name, form in CLAIMS.items()}
        times = {"iat": now - SKEW, "nbf": now - SKEW, "exp": now + RULE["lifetime"], "jti": str(uuid.uuid4())}
        try:
            assertion = jwt.encode({**usual, **self.claims, **times}, self._secret, algorithm=RULE["algorithm"])
        except jwt.InvalidKeyError:
            raise ConfigurationError("client_secret: half of a pair of keys is no secret to sign with") from None
        return {"grant_type": GRANT_TYPE, "assertion": assertion, "client_id": self.client_id, "scope": self.scope}
