"""The secrets that count right now: those that were given, and those that came by rotation."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.webhooks.inbox.forks import renewed_by_forks
from cleanlife_ext.webhooks.keys.known import Known
from cleanlife_ext.webhooks.keys.mark import AFTERLIFE
from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.signing.schemes import SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secret, Secrets, secrets_of

if TYPE_CHECKING:
    from cleanlife_ext.webhooks.keys.vault import Vault

__all__ = ["GivenSecrets", "Keyring", "UnknownSecretsError"]

GivenSecrets: TypeAlias = Secrets | Callable[[], Secrets]

FRESH = 60.0  # Seconds, after which what was retired elsewhere must no longer count here.
PATIENCE = 5.0  # Seconds for somebody else to have asked.


class UnknownSecretsError(Exception):
    """It cannot be known now which secrets there are, so nobody can be refused."""


class Keyring:
    """Finds out which secrets count: when it is first needed, when none fits, and again every minute.

    In whatever threads it is asked, it asks one thing at a time itself, and gives the answer to all who waited for it.
    """

    def __init__(
        self,
        given: GivenSecrets,
        vault: Vault,
        scheme: SignatureScheme,
        clock: Clock,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._vault, self._clock, self._patience = vault, clock, patience
        take = partial(_taken, scheme=scheme, may_be_none=vault.seal is not None)
        self._given: Callable[[], Known]
        if callable(given):
            if inspect.iscoroutinefunction(given):
                raise ConfigurationError("secrets: a plain function is needed; it is called in a thread")
            self._given = _Asked(lambda: take(given()), clock)
        else:
            fixed = Known(take(given), is_complete=True)
            self._given = lambda: fixed
        self._may_change = callable(given) or vault.seal is not None
        self._known = None if self._may_change else self._given()
        self._read_at = clock.now()
        self._failed: Exception | None = None
        self._begun = 0
        renewed_by_forks(self)

    def renew(self) -> None:
        """Begin, with nobody who asks."""
        self._turn = threading.Lock()

    @property
    def ticket(self) -> int:
        """What `renewed` is given, so that it answers with nothing that was seen before this was drawn."""
        return self._begun

    def at_hand(self) -> tuple[Secret, ...] | None:
        """Those that are known without asking anybody; `None` if it is too long ago that somebody was asked."""
        known = self._known
        if known is None or (self._may_change and self._clock.now() - self._read_at > FRESH):
            return None
        return known.secrets

    def renewed(self, ticket: int) -> Known:
        """What is known once everybody has been asked; it may take a while.

        Raises:
            UnknownSecretsError: Nobody could be asked.
        """
        if not self._turn.acquire(timeout=self._patience):
            raise UnknownSecretsError("somebody has been asking for too long")
        try:
            if self._begun == ticket:  # Else somebody has asked since, and has the answer.
                self._begun += 1
                self._ask()
            if self._known is None or self._failed is not None:
                raise UnknownSecretsError("the inbox cannot be asked") from self._failed
            return self._known
        finally:
            self._turn.release()

    def _ask(self) -> None:
        try:
            now = self._clock.wall()
            is_rotating = self._vault.is_rotating(now)  # First: what a rotation brings is there before it ends.
            stored, given = self._vault.known(now), self._given()
        except Exception as error:  # noqa: BLE001  # Whoever waited for this has to hear of it.
            self._failed = error
        else:
            is_complete = given.is_complete and stored.is_complete and not is_rotating
            self._known = Known((*given.secrets, *stored.secrets), is_complete)
            self._read_at, self._failed = self._clock.now(), None


class _Asked:
    """Secrets from a function of the user's. When it fails, those of the last time stay.

    One that it no longer gives counts a little longer: what was signed with it may be on its way.
    """

    def __init__(self, ask: Callable[[], tuple[Secret, ...]], clock: Clock) -> None:
        self._ask, self._clock = ask, clock
        self._last: tuple[Secret, ...] = ()
        self._leaving: dict[Secret, float] = {}

    def __call__(self) -> Known:
        now = self._clock.wall()
        try:
            given = self._ask()
        except Exception as error:  # noqa: BLE001  # It is the user's, and its text may hold anything.
            tell(logging.ERROR, "cleanlife.webhook.secrets_unavailable", error=type(error).__name__)
            return Known((*self._last, *self._still_counting(now)), is_complete=False)
        self._leaving |= {secret: now + AFTERLIFE for secret in self._last if secret not in given}
        self._last = given
        return Known((*given, *self._still_counting(now)), is_complete=True)

    def _still_counting(self, now: float) -> list[Secret]:
        self._leaving = {secret: ends for secret, ends in self._leaving.items() if ends > now}
        return [secret for secret in self._leaving if secret not in self._last]


def _taken(given: Secrets, *, scheme: SignatureScheme, may_be_none: bool) -> tuple[Secret, ...]:
    """The secrets in *given*, which the scheme can sign with. There may be none if others come by rotation."""
    if may_be_none and isinstance(given, list | tuple | Mapping) and not given:
        return ()
    secrets = secrets_of(given)
    for secret in secrets:
        scheme.key_of(secret)
    return secrets
