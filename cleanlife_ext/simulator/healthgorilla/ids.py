"""Identifiers as Health Gorilla makes them: 24 lower-case hexadecimal digits."""

import random

from cleanlife_ext.simulator.ids import Ids


class HexIds(Ids):
    """Make ids, tokens and secrets from a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        # How often somebody asked for a token must not change the id of the next patient.
        self._tokens = random.Random(f"tokens {seed}")  # noqa: S311 - the secrets of a toy are to be predictable

    def resource_id(self) -> str:
        """The id of a resource, or of a job."""
        return _hex(self._world)

    def request_id(self) -> str:
        """The id of a request."""
        return _hex(self._requests)

    def delivery_id(self) -> str:
        """The id of an event on its way to one subscription."""
        return _hex(self._deliveries)

    def token(self) -> str:
        """An access token that shows at a glance that it is not a real one."""
        return f"simulator-{self._tokens.getrandbits(256):064x}"


def _hex(source: random.Random) -> str:
    return f"{source.getrandbits(96):024x}"
