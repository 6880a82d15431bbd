"""Identifiers that look random and are the same in every run."""

import random
import uuid

_KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Ids:
    """Make ids, secrets and keys from a seed.

    Example:
        >>> Ids(0).uuid() == Ids(0).uuid()
        True
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._world = random.Random(f"world {seed}")  # noqa: S311 - the secrets of a toy are to be predictable
        # Requests draw from a stream of their own: how often somebody asked must not change the id of the next booking.
        self._requests = random.Random(f"requests {seed}")  # noqa: S311
        # And so do deliveries: how many subscriptions there are must not change it either.
        self._deliveries = random.Random(f"deliveries {seed}")  # noqa: S311

    def uuid(self) -> str:
        """A UUID v4 as lower-case text."""
        return _uuid4(self._world)

    def request_id(self) -> str:
        """A UUID v4 for a request that came without an id."""
        return _uuid4(self._requests)

    def delivery_id(self) -> str:
        """A UUID v4 for a delivery."""
        return _uuid4(self._deliveries)

    def luck(self) -> random.Random:
        """Numbers that decide what goes wrong."""
        return random.Random(f"mishaps {self._seed}")  # noqa: S311

    def secret(self) -> str:
        """64 lower-case hexadecimal characters."""
        return f"{self._world.getrandbits(256):064x}"

    def api_key(self) -> str:
        """A key that shows at a glance that it is not a real one."""
        return "pk_simulator_" + "".join(self._world.choices(_KEY_LETTERS, k=32))


def _uuid4(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))
