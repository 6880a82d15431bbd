"""Who calls: clients, each of them a tenant of its own, and the tokens that they were given."""

import datetime as dt
from typing import TypedDict

from attrs import field, frozen

ALL_SCOPES = "user/*.* patient360"


class Credentials(TypedDict):
    """What a client proves who it is with."""

    client_id: str
    client_secret: str


@frozen
class Client:
    """A client, and what its tokens may be for."""

    id: str
    secret: str = field(repr=False)
    scopes: frozenset[str]

    @property
    def credentials(self) -> Credentials:
        """The keyword arguments by which a client of this package proves to be this one."""
        return {"client_id": self.id, "client_secret": self.secret}


@frozen
class Token:
    """A token, whose it is, and what it is for."""

    text: str = field(repr=False)
    client: Client
    scopes: frozenset[str]
    expires_at: dt.datetime
