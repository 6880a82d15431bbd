"""How the tests of this folder talk to the simulator: plain calls, plain replies."""

import datetime as dt
import json as jsonlib
from collections.abc import Callable
from typing import Any

from attrs import define, frozen

from cleanlife_ext.simulator import Answer, Call
from cleanlife_ext.simulator.times import RIYADH

PARTNER_ID = "5d2f8c1a-9b3e-4a70-8f61-2c7e4d9b0a15"
CLEANOS_ID = "a91c3e5f-7b2d-4d84-9e06-8f1a3c5b7d29"
MISSING_ID = "0b5e4a3c-52f8-4c1e-9a70-3d6f1b2c4d5e"  # a good UUID v4 that nothing has
SATURDAY = dt.date(2026, 6, 13)
EIGHT_O_CLOCK = dt.datetime(2026, 6, 13, 8, tzinfo=RIYADH)
SUNDAY = "2026-06-14"
MONDAY = "2026-06-15"
FRIDAY = "2026-06-19"
MORNING = {"startAt": "09:00", "endAt": "12:00"}
EVENING = {"startAt": "18:00", "endAt": "21:00"}


@define
class Clock:
    """A clock that goes when it is told to."""

    moment: dt.datetime = EIGHT_O_CLOCK

    def __call__(self) -> dt.datetime:
        return self.moment

    def advance(self, **duration: float) -> None:
        self.moment += dt.timedelta(**duration)


@frozen
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The data of a success; anything else fails the test."""
        assert (self.status, self.body["success"]) == (200, True), self.body
        return self.body["data"]

    @property
    def error(self) -> Any:
        assert not self.body["success"], self.body
        return self.body["error"]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a failure."""
        return self.status, self.error["code"]

    @property
    def messages(self) -> Any:
        """What a 400 complains about."""
        assert self.refusal == (400, "VALIDATION_ERROR")
        return self.error["details"]["message"]


@frozen
class Caller:
    """Calls the API with a key, without a network."""

    answering: Callable[[Call], Answer]
    key: str | None = None
    client_host: str = "127.0.0.1"

    def get(self, path: str, **query: object) -> Reply:
        return self.send("GET", path, query=query)

    def post(self, path: str, **json: object) -> Reply:
        return self.send("POST", path, json=json)

    def patch(self, path: str, **json: object) -> Reply:
        return self.send("PATCH", path, json=json)

    def delete(self, path: str) -> Reply:
        return self.send("DELETE", path)

    def send(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: bytes | None = b"",
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        if json is not None:
            content = jsonlib.dumps(json).encode()
        sent = {"content-type": "application/json", **({"x-api-key": self.key} if self.key else {}), **(headers or {})}
        texts = {name: str(value) for name, value in (query or {}).items()}
        answer = self.answering(Call(method, f"/v1/partners{path}", texts, sent, content, self.client_host))
        return Reply(answer.status, dict(answer.headers), jsonlib.loads(answer.content))
