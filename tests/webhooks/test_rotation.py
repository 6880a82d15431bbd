"""A secret is rotated, and no delivery is turned away: before, meanwhile, or after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import httpx
import pytest
from cryptography.fernet import Fernet
from webhooks.deliveries import SECRET
from webhooks.doors import knock, told
from webhooks.happening import book
from worlds import World, ok, refused

from cleanlife_ext import CleanLife, ConfigurationError, NotFoundError, OutcomeUnknownError
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.simulator import Simulator, WebhookRequest
from cleanlife_ext.testing import BASE_URL, SimulatedClock
from cleanlife_ext.webhooks import Inbox, Secret, WebhookReceiver

KEY = Fernet.generate_key().decode()
HOOKS = "https://example.com/hooks"
ID = "0d0f2b66-1a9e-4a5e-9d6f-2f6a3b6b1c01"
NEW = "89abcdef01234567" * 4


class Vendor:
    """A simulator whose webhooks go to receivers on one inbox, in turns, and what they were answered."""

    def __init__(self, world: World, inbox: Inbox) -> None:
        self.world, self.inbox = world, inbox
        self.simulator = Simulator(receive=self._deliver, allow_http=True)
        self.clock = SimulatedClock(self.simulator.clock)
        self.receivers: list[WebhookReceiver] = []
        self.statuses: list[int] = []
        self.partner = CleanLife(self.simulator.api_key, **self._options())
        self.client = world.make(
            self.simulator.transport, api_key=self.simulator.api_key, **self._options(transport=False)
        )

    def _options(self, *, transport: bool = True) -> dict[str, Any]:
        there = {"transport": self.simulator.transport} if transport else {}
        return {"base_url": BASE_URL, "clock": self.clock, **there}

    def _deliver(self, request: WebhookRequest) -> int:
        self.receivers.append(self.receivers.pop(0))
        status = knock(self.world, self.receivers[-1], request.body, dict(request.headers)).status
        self.statuses.append(status)
        return status

    def receives(self, **options: Any) -> WebhookReceiver:
        """One more receiver."""
        given = {"secrets": [], "encryption_key": KEY, "inbox": self.inbox, "clock": self.clock, **options}
        self.receivers.append(WebhookReceiver(**given))
        return self.receivers[-1]

    def happens(self) -> None:
        """Something that is delivered."""
        book(self.partner, self.simulator)

    def delivers_again(self) -> None:
        """What was not accepted."""
        self.simulator.clock.advance(minutes=40)
        self.simulator.settle()

    @property
    def are_delivered(self) -> bool:
        """Whether nothing is lost: each is in the inbox, once."""
        ids = {delivery.id for delivery in self.simulator.deliveries}
        there = {entry.delivery_id for entry in self.inbox.entries()}
        return ids == there and {delivery.status for delivery in self.simulator.deliveries} == {"DELIVERED"}


@pytest.fixture
def vendor(world: World, inbox: Inbox) -> Iterator[Vendor]:
    vendor = Vendor(world, inbox)
    yield vendor
    world.close(vendor.client)
    vendor.partner.close()


def rotate(vendor: Vendor, receiver: WebhookReceiver, id: Any) -> Any:
    return vendor.world(
        driven(receiver.rotate, vendor.client, id) if vendor.world.is_async else receiver.rotate(vendor.client, id)
    )


async def driven(act: Callable[..., Any], *args: Any, **given: Any) -> Any:
    return await act(*args, **given)


def subscribed(vendor: Vendor, receiver: WebhookReceiver) -> Any:
    given = {"url": HOOKS, "events": ["booking.created"]}
    act = receiver.subscribe
    return vendor.world(driven(act, vendor.client, **given) if vendor.world.is_async else act(vendor.client, **given))


def test_a_secret_that_nobody_has_copied(vendor: Vendor) -> None:
    """A subscription is made, its secret is kept, and what is delivered is received; with no secret in a file."""
    receiver, other = vendor.receives(), vendor.receives()
    made = subscribed(vendor, receiver)
    for _ in range(4):
        vendor.happens()

    assert str(made.subscription_id) == vendor.simulator.subscriptions[0].id
    assert vendor.statuses == [200] * 4
    assert set(vendor.inbox.last_used()) == {made.name}
    assert receiver is not other


def test_events_before_meanwhile_and_after(vendor: Vendor) -> None:
    """Those of the moment between are answered 503, come again, and are received by whichever receiver."""
    saved: list[Secret] = []

    def meanwhile(secret: Secret) -> None:
        saved.append(secret)
        if len(saved) > 1:
            vendor.happens()
            vendor.happens()

    receiver = vendor.receives(save_secret=meanwhile)
    vendor.receives()
    made = subscribed(vendor, receiver)
    vendor.happens()
    rotated = rotate(vendor, receiver, made.subscription_id)
    vendor.happens()
    vendor.happens()
    vendor.delivers_again()

    assert rotated.name != made.name
    assert [secret.name for secret in saved] == [made.name, rotated.name]
    assert vendor.statuses == [200, 503, 503, 200, 200, 200, 200]
    assert vendor.are_delivered


def test_secrets_that_are_kept_elsewhere(vendor: Vendor) -> None:
    """By a function that takes them and one that gives them; it may be asynchronous."""
    manager = {"first": SECRET}

    async def save(secret: Secret) -> None:
        await asyncio.sleep(0) if vendor.world.name != "trio" else None
        vendor_happens()
        manager[secret.name] = secret.value

    def vendor_happens() -> None:
        assert not {secret for secret in manager.values() if secret != SECRET}

    receiver = vendor.receives(secrets=lambda: dict(manager), encryption_key=None, save_secret=save)
    made = subscribed(vendor, receiver)
    vendor.happens()

    assert set(manager) == {"first", made.name}
    assert vendor.statuses == [200]


def test_a_result_shows_no_secret(vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    """Nor does the log, nor the inbox."""
    caplog.set_level("DEBUG")
    with told(caplog) as events:
        receiver = vendor.receives()
        made = subscribed(vendor, receiver)
        rotated = rotate(vendor, receiver, made.subscription_id)
        vendor.happens()
    secret = vendor.simulator.subscriptions[0].secret

    for text in (repr(made), repr(rotated), repr(receiver), repr(vars(receiver)), caplog.text, repr(events)):
        assert secret not in text


def test_without_a_place_to_keep_it_nothing_is_sent(world: World, inbox: Inbox) -> None:
    """The new secret would be lost."""
    receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox)
    with world.client(ok({"id": ID, "secret": NEW})) as (client, script):
        for act in (lambda: receiver.rotate(client, ID), lambda: receiver.subscribe(client, url=HOOKS, events=["*"])):
            with pytest.raises(ConfigurationError, match="the new secret would be lost"):
                world(act())
        with pytest.raises(ValueError, match="subscription_id: a UUID is needed"):
            world(receiver.rotate(client, "x"))
    assert script.asked == []


def test_an_asynchronous_place_needs_an_asynchronous_client(inbox: Inbox) -> None:
    """If a loop runs here already. It is said before anything is sent."""

    async def save(_secret: Secret) -> None:
        await asyncio.sleep(0)

    receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, save_secret=save)

    async def main() -> None:
        with CleanLife("pk_test", base_url="http://127.0.0.1:9") as client:
            receiver.rotate(client, ID)

    with pytest.raises(ConfigurationError, match="rotate with AsyncCleanLife"):
        asyncio.run(main())


@attrs.frozen
class Rotating:
    """A receiver and a client of a script."""

    world: World
    receiver: WebhookReceiver
    client: Any

    def __call__(self) -> Any:
        return self.world(self.receiver.rotate(self.client, ID))

    @property
    def is_open(self) -> bool:
        """Whether what cannot be verified is delivered again."""
        return knock(self.world, self.receiver, headers=forged()).status == 503


def forged() -> dict[str, str]:
    from webhooks.deliveries import BODY  # noqa: PLC0415

    from cleanlife_ext.webhooks import SignatureScheme  # noqa: PLC0415

    return SignatureScheme.CLEANLIFE.headers(BODY, "f" * 64, now=1_780_001_000, id="x")


def test_what_is_refused_is_over(world: World, inbox: Inbox) -> None:
    """The old secret counts as before, and nobody waits for a new one."""
    with world.client(refused(404, "RESOURCE_NOT_FOUND")) as (client, _):
        rotate = Rotating(
            world, WebhookReceiver(secrets=[SECRET], inbox=inbox, encryption_key=KEY, clock=clock_of(client)), client
        )
        with pytest.raises(NotFoundError):
            rotate()
        assert not rotate.is_open


def clock_of(client: Any) -> Clock:
    clock: Clock = client.generated.session.core.clock
    return clock


@pytest.mark.parametrize("last", [httpx.ReadTimeout("late"), refused(404, "RESOURCE_NOT_FOUND"), refused(500, "X")])
def test_what_is_in_doubt_is_run_again(world: World, inbox: Inbox, last: Any) -> None:
    """At once, if one likes; until then, what cannot be verified is delivered again."""
    script = [httpx.ReadTimeout("late"), last, last, last, ok({"id": ID, "secret": NEW})]
    with world.client(
        *script, max_attempts=4 if not isinstance(last, httpx.Response) or last.status_code == 500 else 2
    ) as (client, asked):
        rotate = Rotating(
            world, WebhookReceiver(secrets=[SECRET], inbox=inbox, encryption_key=KEY, clock=clock_of(client)), client
        )
        with pytest.raises(OutcomeUnknownError, match="run it again") as doubt:
            rotate()
        assert doubt.value.key == ID
        assert rotate.is_open
        asked.steps[:] = asked.steps[-1:]
        assert rotate().subscription_id
        assert not rotate.is_open


def test_what_cannot_be_kept_is_run_again(world: World, inbox: Inbox) -> None:
    """Whether it is the user's function that fails, or the inbox."""
    failing = [OSError("no"), None]

    def save(_secret: Secret) -> None:
        if (error := failing.pop(0)) is not None:
            raise error

    with world.client(ok({"id": ID, "secret": NEW})) as (client, _):
        receiver = WebhookReceiver(
            secrets=[SECRET], inbox=inbox, encryption_key=KEY, save_secret=save, clock=clock_of(client)
        )
        rotate = Rotating(world, receiver, client)
        with pytest.raises(OutcomeUnknownError, match="run it again") as doubt:
            rotate()
        assert NEW not in str(doubt.value)
        assert rotate.is_open
        assert rotate().subscription_id


def test_an_asynchronous_place_that_fails(world: World, inbox: Inbox) -> None:
    """Is one that fails."""

    async def save(_secret: Secret) -> None:
        raise OSError("no")

    with world.client(ok({"id": ID, "secret": NEW})) as (client, _):
        receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, save_secret=save, clock=clock_of(client))
        with pytest.raises(OutcomeUnknownError, match="run it again"):
            world(receiver.rotate(client, ID))


def test_two_at_once(world: World, inbox: Inbox) -> None:
    """The second is refused, and told when it may be done; nothing of it is sent."""
    with world.client(ok({"id": ID, "secret": NEW})) as (client, script):
        clock = clock_of(client)
        first = WebhookReceiver(secrets=[SECRET], inbox=inbox, encryption_key=KEY, clock=clock)
        steps = first.rotation.rotate(client, ID)
        next(steps).act()
        with pytest.raises(ConfigurationError, match="it may be done again in 210 s"):
            Rotating(world, first, client)()
        assert script.asked == []
        clock.sleep(211)
        assert Rotating(world, first, client)().subscription_id


def test_who_took_too_long_retires_nothing(inbox: Inbox, world: World) -> None:
    """Somebody else has rotated meanwhile, and which secret came last nobody knows: both count, and it is said."""
    with world.client(ok({"id": ID, "secret": NEW}), ok({"id": ID, "secret": SECRET})) as (client, _):
        clock = clock_of(client)
        receiver = WebhookReceiver(secrets=[], inbox=inbox, encryption_key=KEY, clock=clock)

        def slow(_secret: Secret) -> None:
            clock.sleep(400)
            Rotating(world_of_thread(), receiver_two, other)()

        receiver_two = WebhookReceiver(secrets=[], inbox=inbox, encryption_key=KEY, clock=clock)
        other = CleanLife("pk_test", base_url="https://api.test/v1", transport=client_script(), clock=clock)
        late = WebhookReceiver(secrets=[], inbox=inbox, encryption_key=KEY, save_secret=slow, clock=clock)
        with pytest.raises(OutcomeUnknownError):
            Rotating(world, late, client)()
        other.close()
        known = receiver.rotation.vault.known(clock.wall() + 10_000)
        assert {secret.value for secret in known.secrets} == {NEW, "e" * 64}


def client_script() -> Any:
    from worlds import Script  # noqa: PLC0415

    return Script(ok({"id": ID, "secret": "e" * 64}))


def world_of_thread() -> World:
    return World("sync", None)
