"""A subscription's secret is made, and known to all receivers, with nobody turned away in between.

CleanLife lets the old secret end at once, and says the new one in the answer alone. So the rotation is written down
before it is asked for, and while that stands, receivers answer 503 to what they cannot verify: it is delivered again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import math
import uuid
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import attrs
from cleanlife_client.models import EventType

from cleanlife_ext.engine.flow import Ask, Blocking, Clock, Effect
from cleanlife_ext.engine.session import AsyncSession
from cleanlife_ext.errors import CleanLifeError, ConfigurationError, OutcomeUnknownError
from cleanlife_ext.values import uuid_of
from cleanlife_ext.webhooks.keys.mark import AFTERLIFE, Mark
from cleanlife_ext.webhooks.processing.handlers import is_async
from cleanlife_ext.webhooks.signing.secrets import Secret

if TYPE_CHECKING:
    from cleanlife_ext.client import AsyncCleanLife, CleanLife
    from cleanlife_ext.webhooks.keys.vault import Vault

__all__ = ["Rotated", "Rotation", "SaveSecret", "Steps"]

SaveSecret: TypeAlias = Callable[[Secret], Awaitable[object] | object]

LONGEST = 300.0  # Seconds that the API may take, so that the mark outlasts it.
MARGIN = 30.0  # Seconds to write down what came of it.


@attrs.frozen
class Rotated:
    """A secret was made, and is known to the receivers. It is not in here.

    Attributes:
        subscription_id: Whose it is.
        name: What it is called, as in `event.secret_name` and `inbox.last_used()`.
        rotated_at: When, in UTC.
    """

    subscription_id: UUID
    name: str
    rotated_at: dt.datetime


Steps: TypeAlias = Generator[Effect, Any, Rotated]
Client: TypeAlias = "CleanLife | AsyncCleanLife"


@attrs.frozen(eq=False)
class Rotation:
    """Where new secrets go: into the vault, to a function of the user's, or to both."""

    vault: Vault
    save: SaveSecret | None
    clock: Clock

    def rotate(self, client: Client, subscription_id: UUID | str) -> Steps:
        """Give a subscription a new secret."""
        id = uuid_of(subscription_id, "subscription_id")
        ask = partial(_brief(client).webhooks.subscriptions.rotate_secret, id)
        return self._renew(client, ask, str(id), f"run it again within {AFTERLIFE / 60:.0f} minutes")

    def subscribe(self, client: Client, url: str, events: Sequence[EventType | str]) -> Steps:
        """Make a subscription, whose first secret goes where others go."""
        ask = partial(_brief(client).webhooks.subscriptions.create, url=url, events=events)
        return self._renew(client, ask, f"new:{uuid.uuid4()}", "look for the subscription, and rotate its secret")

    def _renew(self, client: Client, ask: Callable[[], Any], key: str, way_out: str) -> Steps:
        self._check(client)
        now, deadline = self.clock.wall(), _deadline(client)
        mark = Mark(key, until=now + AFTERLIFE, lease=now + deadline + MARGIN)
        before = yield Blocking(partial(self._begin, mark, now))
        if before is None:
            left = (yield Blocking(partial(self.vault.held_until, key))) - now
            raise ConfigurationError(
                f"somebody is rotating this secret, or was killed at it; it may be done again in {max(left, 1):.0f} s"
            )
        try:
            made = yield Ask(ask, math.inf)
        except CleanLifeError as error:
            is_sure = not (error.ambiguous or any(attempt.ambiguous for attempt in error.attempts))
            yield from self._end(mark, before if is_sure else mark.until)
            if is_sure or isinstance(error, OutcomeUnknownError):
                raise
            raise _in_doubt(key, way_out) from error
        try:
            return (yield from self._keep(client, mark, made))
        except CleanLifeError as error:
            yield from self._end(mark, mark.until)
            raise _in_doubt(str(made.id), way_out) from error

    def _begin(self, mark: Mark, now: float) -> float | None:
        """Mark it, unless somebody else is at it; until when one before left it in doubt, which no refusal ends."""
        if self.vault.seal is not None and not self.vault.known(now).is_complete:
            raise ConfigurationError(
                "encryption_key: it does not open all secrets in the inbox, so the receivers have another one; "
                "give theirs, or a list of the new key and theirs"
            )
        before = self.vault.open_until(mark.key)
        return before if self.vault.begin(mark, now) else None

    def _end(self, mark: Mark, until: float) -> Generator[Effect, Any, None]:
        """Let it be done again at once; if that cannot be written, a little later."""
        with suppress(CleanLifeError):
            yield Blocking(partial(self.vault.end, mark, until))

    def _keep(self, client: Client, mark: Mark, made: Any) -> Steps:
        now = self.clock.wall()
        rotated = Rotated(made.id, f"{made.id} {_text(now)}", dt.datetime.fromtimestamp(now, dt.UTC))
        secret = Secret(made.secret, rotated.name)
        until = now
        if self.save is not None:
            yield from _saving(client, self.save, secret)
            until = mark.until  # Nobody knows when those who ask for it are told.
        if self.vault.seal is not None:
            keep = partial(self.vault.keep, mark, str(made.id), secret, now, until)
        else:
            keep = partial(self.vault.end, mark, until)
        if not (yield Blocking(keep)):
            raise ConfigurationError("it took so long that somebody else has rotated as well")
        return rotated

    def _check(self, client: Client) -> None:
        if self.vault.seal is None and self.save is None:
            raise ConfigurationError(
                "the new secret would be lost: the receiver needs an encryption_key, to keep it in the inbox, "
                "or save_secret, to hand it to you"
            )
        if not _is_async(client) and is_async(self.save) and _is_in_loop():
            raise ConfigurationError("save_secret is asynchronous, and so is this code: rotate with AsyncCleanLife")


def _brief(client: Client) -> Client:
    return client.with_options(deadline=_deadline(client))


def _deadline(client: Client) -> float:
    return min(client.generated.session.options.deadline, LONGEST)


def _saving(client: Client, save: SaveSecret, secret: Secret) -> Generator[Effect, Any, None]:
    """Call a function of the user's; what it gives tells whether it is asynchronous."""
    (given,) = yield Blocking(partial(_called, save, secret))
    if inspect.isawaitable(given):
        wait = partial(_awaited, given)
        yield Ask(wait, math.inf) if _is_async(client) else Blocking(lambda: asyncio.run(wait()))


def _called(save: SaveSecret, secret: Secret) -> tuple[object]:
    """What it gives; in a tuple, since trio takes nothing from a thread that is to be awaited."""
    try:
        return (save(secret),)
    except Exception as error:
        raise _failed() from error


async def _awaited(given: Awaitable[object]) -> None:
    try:
        await given
    except Exception as error:
        raise _failed() from error


def _failed() -> ConfigurationError:
    return ConfigurationError("save_secret has failed")


def _in_doubt(key: str, way_out: str) -> OutcomeUnknownError:
    text = f"the secret may be a new one that nobody knows: {way_out}; until then deliveries are answered 503"
    return OutcomeUnknownError(text, key=key)


def _is_async(client: Client) -> bool:
    return isinstance(client.generated.session, AsyncSession)


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _text(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
