"""Defects of the receiving side that somebody went looking for, and found."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import httpx
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from webhooks.deliveries import BODY, ID, OTHER, SECRET, headers_of
from webhooks.doors import HTTPS, PEER, knock, receiver_of, through_asgi
from worlds import World, ok, refused

from cleanlife_ext import CleanLifeError, OutcomeUnknownError
from cleanlife_ext.cli.webhooks.diagnose import examined
from cleanlife_ext.webhooks import Inbox, Secret, WebhookReceiver
from cleanlife_ext.webhooks.http.asgi import LOOKERS, WRITERS, AsgiApp

KEY = Fernet.generate_key().decode()
NEW = "89abcdef01234567" * 4


def clock_of(client: Any) -> Any:
    return client.generated.session.core.clock


def is_open(world: World, receiver: WebhookReceiver, clock: Any) -> bool:
    """Whether what cannot be verified is delivered again."""
    return knock(world, receiver, headers=headers_of(secret=OTHER, now=clock.wall())).status == 503


def test_a_refusal_does_not_end_a_doubt_from_before(world: World, inbox: Inbox) -> None:
    """The secret that nobody knows is as unknown as before, so what it signs is still delivered again."""
    late = httpx.ReadTimeout("late")
    with world.client(late, refused(403, "FORBIDDEN"), max_attempts=1) as (client, _):
        clock = clock_of(client)
        receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, encryption_key=KEY, clock=clock)
        for _ in range(2):
            with pytest.raises(CleanLifeError):
                world(receiver.rotate(client, ID))
        assert is_open(world, receiver, clock)
        clock.sleep(600)
        assert not is_open(world, receiver, clock)


@contextmanager
def unwritable(inbox: Inbox) -> Iterator[None]:
    """A disk that takes nothing more."""
    engine = inbox.deliveries.database.engine

    def refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE"):
            raise OSError("no room")

    sa.event.listen(engine, "before_cursor_execute", refuse)
    yield
    sa.event.remove(engine, "before_cursor_execute", refuse)


def test_an_inbox_that_fails_as_well_hides_no_doubt(world: World, inbox: Inbox) -> None:
    """What the API left open is what has to be heard of; the mark ends by itself."""
    with world.client(httpx.ReadTimeout("late"), max_attempts=1) as (client, _):
        receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, encryption_key=KEY, clock=clock_of(client))
        assert list(inbox.entries()) == []
        with unwritable(inbox), pytest.raises(OutcomeUnknownError, match="nobody knows"):
            world(receiver.rotate(client, ID))
        assert is_open(world, receiver, clock_of(client))


@pytest.mark.parametrize("form", ["function", "object"])
def test_what_a_place_gives_to_be_awaited_is_awaited(world: World, inbox: Inbox, form: str) -> None:
    """However it is written: else the secret would be lost, and nobody told."""
    saved: list[str] = []

    async def save(secret: Secret) -> None:
        await anyio.lowlevel.checkpoint()
        saved.append(secret.value)

    class Place:
        async def __call__(self, secret: Secret) -> None:
            await save(secret)

    place: Any = (lambda secret: save(secret)) if form == "function" else Place()  # noqa: PLW0108  # What is tested.
    with world.client(ok({"id": ID, "secret": NEW})) as (client, _):
        receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, save_secret=place, clock=clock_of(client))
        world(receiver.rotate(client, ID))
    assert saved == [NEW]


def test_who_cannot_open_a_secret_refuses_nobody(world: World, inbox: Inbox) -> None:
    """It counts, and is unknown here: a receiver that has not been told of the new key yet turns nobody away."""
    with world.client(ok({"id": ID, "secret": NEW})) as (client, _):
        clock = clock_of(client)
        options: dict[str, Any] = {"secrets": [SECRET], "inbox": inbox, "clock": clock}
        behind = WebhookReceiver(encryption_key=KEY, **options)
        world(WebhookReceiver(encryption_key=[Fernet.generate_key(), KEY], **options).rotate(client, ID))

        assert knock(world, behind, headers=headers_of(secret=NEW, now=clock.wall())).status == 503
        assert knock(world, behind, headers=headers_of(now=clock.wall())).status == 200


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize(("hangs", "most"), [("lookup", LOOKERS), ("write", WRITERS)])
def test_those_whom_nobody_waits_for_hold_no_more_threads(inbox: Inbox, backend: str, hangs: str, most: int) -> None:
    """However many come after them: strangers while secrets cannot be had, deliveries while nothing is written."""
    going_on = threading.Event()
    lookups: list[None] = []

    def secrets() -> list[str]:
        lookups.append(None)
        if hangs == "lookup" and len(lookups) > 1:
            going_on.wait(10)
        return [SECRET]

    reception = receiver_of(inbox, secrets=secrets).asgi.reception
    accept = reception.accept
    hanging = attrs.evolve(reception, accept=lambda *given: (going_on.wait(10), accept(*given))[1])
    app = AsgiApp(hanging if hangs == "write" else reception, timeout=0.05)
    headers = headers_of(secret=OTHER if hangs == "lookup" else SECRET)

    async def main() -> int:
        before = threading.active_count()
        for _ in range(6):
            async with anyio.create_task_group() as group:
                for _ in range(40):
                    group.start_soon(asked, app, headers)
        return threading.active_count() - before

    async def asked(app: AsgiApp, headers: dict[str, str]) -> None:
        answers.append((await send(app, headers)).status)

    answers: list[int] = []
    anyio.run(send, AsgiApp(reception), headers_of(), backend=backend)
    threads = anyio.run(main, backend=backend)
    going_on.set()

    assert set(answers) <= {408, 503}
    assert threads < 3 * most  # Those that find no room end soon, and are used again.


def test_the_mark_of_an_editor_hides_no_header() -> None:
    """The signature may be the first of a capture."""
    pairs = sorted(headers_of().items(), key=lambda pair: pair[0] != "X-CleanLife-Signature")
    lines = "\n".join(f"{name}: {value}" for name, value in pairs)

    assert examined(lines.encode("utf-8-sig"), BODY, SECRET).fits


async def send(app: AsgiApp, headers: dict[str, str]) -> Any:
    return await through_asgi(app, [BODY], list(headers.items()), method="POST", scheme=HTTPS, peer=PEER)
