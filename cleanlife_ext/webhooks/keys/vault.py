"""The secrets that came by rotation, sealed, and the rotations under way, in the inbox's database.

Times are seconds since 1970. Whoever rotates writes first that they do, and last what came of it; whoever reads, reads
in the same order: so who finds no rotation finds all that it has brought.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.store.database import Database
from cleanlife_ext.webhooks.inbox.schema import ROTATIONS, SECRETS
from cleanlife_ext.webhooks.keys.known import Known
from cleanlife_ext.webhooks.keys.mark import AFTERLIFE, Mark
from cleanlife_ext.webhooks.keys.seal import Seal
from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.signing.schemes import SignatureScheme
from cleanlife_ext.webhooks.signing.secrets import Secret

__all__ = ["Vault"]

_R, _S = ROTATIONS.c, SECRETS.c
_BEGIN = {
    name: (starting := insert(ROTATIONS))
    .on_conflict_do_update(
        index_elements=[_R.subscription_id],
        set_={"until": starting.excluded.until, "lease": starting.excluded.lease},
        where=_R.lease <= sa.bindparam("now"),
    )
    .returning(_R.subscription_id)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_UNDER_WAY = sa.select(sa.exists().where(_R.until > sa.bindparam("now")))
_OPEN_UNTIL = sa.select(_R.until).where(_R.subscription_id == sa.bindparam("its_id"))
_HELD_UNTIL = sa.select(_R.lease).where(_R.subscription_id == sa.bindparam("its_id"))
_MINE = (_R.subscription_id == sa.bindparam("its_id"), _R.lease == sa.bindparam("its_lease"))
_END = sa.update(ROTATIONS).where(*_MINE).values(lease=0.0, until=sa.bindparam("its_end"))
_COUNTING = (
    sa.select(_S.name, _S.sealed)
    .where(_S.retired_at.is_(None) | (_S.retired_at > sa.bindparam("since")))
    .order_by(_S.made_at.desc())
)


class Vault:
    """Reads and writes them. Without a *seal* there are no secrets in it, but rotations there are."""

    def __init__(self, database: Database, seal: Seal | None, scheme: SignatureScheme) -> None:
        self.seal, self._scheme = seal, scheme
        self._database = database
        self._begin = _BEGIN[database.dialect]
        self._unfit = set[str]()

    def begin(self, mark: Mark, now: float) -> bool:
        """Mark a rotation, unless another one of the same subscription is under way."""
        values = {"subscription_id": mark.key, "until": mark.until, "lease": mark.lease, "now": now}
        return self._database.say(lambda connection: connection.execute(self._begin, values).first() is not None)

    def open_until(self, key: str) -> float:
        """Until when, by the last that was begun, an unknown signature may be one of its secret."""
        return self._database.say(lambda connection: connection.scalar(_OPEN_UNTIL, {"its_id": key})) or 0.0

    def held_until(self, key: str) -> float:
        """Until when whoever is at it counts as alive."""
        return self._database.say(lambda connection: connection.scalar(_HELD_UNTIL, {"its_id": key})) or 0.0

    def end(self, mark: Mark, until: float) -> bool:
        """Let others begin; the mark itself holds *until* then. Whether it still was ours."""
        values = {"its_id": mark.key, "its_lease": mark.lease, "its_end": until}
        return self._database.say(lambda connection: connection.execute(_END, values).rowcount) == 1

    def keep(self, mark: Mark, subscription_id: str, secret: Secret, now: float, until: float) -> bool:
        """Keep a new secret, retire those before it, and end the mark, all at once. Whether the mark still was ours.

        If it was not, somebody else has rotated as well, and which secret came last is not known: none is retired.
        """
        assert self.seal is not None
        row = {
            "name": secret.name,
            "subscription_id": subscription_id,
            "sealed": self.seal.close(secret.value),
            "made_at": now,
            "retired_at": None,
        }
        its = (_S.subscription_id == subscription_id, _S.name != secret.name)
        retire = sa.update(SECRETS).where(*its, _S.retired_at.is_(None)).values(retired_at=now)
        forget = sa.delete(SECRETS).where(*its, _S.retired_at <= now - AFTERLIFE)
        values = {"its_id": mark.key, "its_lease": mark.lease, "its_end": until}

        def write(connection: sa.Connection) -> bool:
            connection.execute(sa.insert(SECRETS), row)
            is_ours = connection.execute(_END, values).rowcount == 1
            if is_ours:
                connection.execute(forget)
                connection.execute(retire)
            return is_ours

        return self._database.write(write)

    def is_rotating(self, now: float) -> bool:
        """Whether any rotation is under way."""
        return bool(self._database.say(lambda connection: connection.scalar(_UNDER_WAY, {"now": now})))

    def known(self, now: float) -> Known:
        """Those that count, the newest first, as far as they can be read."""
        found = list(self._opened(now, self.seal)) if self.seal is not None else []
        return Known(tuple(secret for secret in found if secret is not None), is_complete=None not in found)

    def _opened(self, now: float, seal: Seal) -> Iterator[Secret | None]:
        since = {"since": now - AFTERLIFE}
        for name, sealed in self._database.say(lambda connection: connection.execute(_COUNTING, since).all()):
            text = seal.open(sealed)
            try:
                secret = Secret(text or "", name)
                self._scheme.key_of(secret)
            except ConfigurationError:  # Another key, or another scheme; the others are as good as before.
                self._tell(name)
                yield None
            else:
                yield secret

    def _tell(self, name: str) -> None:
        if name not in self._unfit:
            self._unfit.add(name)  # Told once, or whoever forges deliveries would write the log.
            tell(logging.ERROR, "cleanlife.webhook.secret_unreadable", secret_name=name)
