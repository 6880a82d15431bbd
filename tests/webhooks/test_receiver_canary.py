"""A secret, a signature and a customer come out at no door, in no log and in no traceback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from webhooks.deliveries import ID, body_of, headers_of
from webhooks.doors import knock, receiver_of
from worlds import BOOKING, World, ok

from cleanlife_ext import CleanLifeError
from cleanlife_ext.webhooks import Inbox, Secret

SECRET = "k4n4r1" * 10
BODY = body_of(data={**BOOKING, "notes": "K4n4r1 has the key of the door"}, more="k4n4r1")
CANARIES = ("k4n4r1", headers_of(BODY, SECRET)["X-CleanLife-Signature"].removeprefix("sha256="))


def told(caplog: pytest.LogCaptureFixture) -> list[Any]:
    """All that was logged, by anybody: there is something."""
    assert caplog.records
    return [vars(record) for record in caplog.records]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def sung(*texts: object) -> list[str]:
    """The canaries in *texts*."""
    return [canary for canary in CANARIES for text in texts if canary in str(text).lower()]


def variables(error: BaseException | None) -> Iterator[str]:
    """What tools show of our frames that show variables, for an error and all it came of."""
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals.get("__name__", "").startswith("cleanlife_ext"):
                yield repr(frame.f_locals)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    ("signed", "status"),
    [(headers_of(BODY, SECRET), 200), (headers_of(BODY, SECRET * 2), 401), (headers_of(BODY, SECRET, now=9), 401)],
)
def test_what_comes_in_does_not_come_out(
    world: World, inbox: Inbox, caplog: pytest.LogCaptureFixture, signed: dict[str, str], status: int
) -> None:
    """Neither accepted nor refused."""
    receiver = receiver_of(inbox, secrets=[SECRET], encryption_key=Fernet.generate_key())
    answer = knock(world, receiver, BODY, {**signed, "X-K4n4r1": "k4n4r1"})

    assert answer.status == status
    parts = [answer.headers, answer.body, repr(receiver), vars(receiver), receiver.asgi.reception]
    assert sung(*parts, *told(caplog)) == []
    assert sung(repr(inbox.get(ID))) == []


def test_what_goes_wrong_quotes_nothing(world: World, inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """Not even an error that quotes all it knows."""

    def secrets() -> list[str]:
        raise LookupError(SECRET)

    assert knock(world, receiver_of(inbox, secrets=secrets), BODY, headers_of(BODY, SECRET)).status == 503
    assert sung(*told(caplog)) == []


def test_a_rotation_that_fails_shows_no_secret(world: World, inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """In its text, in the texts of what it came of, and in the variables of our frames."""

    def save(_secret: Secret) -> None:
        raise OSError("no room")

    with world.client(ok({"id": ID, "secret": SECRET})) as (client, _):
        receiver = receiver_of(inbox, encryption_key=Fernet.generate_key(), save_secret=save)
        with pytest.raises(CleanLifeError) as failed:
            world(receiver.rotate(client, ID))

    error = failed.value
    assert sung(*traceback.format_exception(error), error, repr(error), *variables(error)) == []
    assert sung(*told(caplog)) == []


def test_options_that_are_refused_are_not_quoted(inbox: Inbox) -> None:
    """They are secrets as well."""
    for options in ({"encryption_key": SECRET}, {"secrets": SECRET}, {"secrets": [f" {SECRET}"]}):
        given: dict[str, Any] = options
        with pytest.raises(CleanLifeError) as refused:
            receiver_of(inbox, **given)
        assert sung(*traceback.format_exception(refused.value, limit=0), *variables(refused.value)) == []
