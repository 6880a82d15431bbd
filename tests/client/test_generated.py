"""The generated functions work on `client.generated`, with all layers beneath, and find no way around them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import httpx
import pytest
from cleanlife_client.api.bookings import get_booking_status, list_bookings
from cleanlife_client.api.services import list_services
from cleanlife_traits import OPERATIONS
from client.samples import ID, answer, arguments, before, modules
from worlds import BOOKING, KEY, FakeClock, World, ok, page, refused

from cleanlife_ext import ConfigurationError, InternalServerError, NotFoundError, OutcomeUnknownError

EVERY = [pytest.param(id, module, id=id) for id, module in modules()]


def test_all_operations_were_found() -> None:
    """What is walked here is what the spec has."""
    assert sorted(id for id, _ in modules()) == sorted(OPERATIONS)
    assert len(OPERATIONS) == 21


@pytest.mark.parametrize(("id", "module"), EVERY)
def test_each_function_asks_as_the_spec_says(world: World, id: str, module: ModuleType) -> None:
    """Method and path of the spec, and the model of the answer."""
    with world.client(*before(id), answer(id)) as (client, script):
        result = world.generated(module, client, **arguments(id, module))

    *_, asked = script.asked
    path = OPERATIONS[id]["path"].replace("{", "").replace("}", "")
    for name in ("serviceId", "bookingId", "contactId", "id"):
        path = "/".join(str(ID) if part == name else part for part in path.split("/"))
    assert script.calls[len(before(id)) :] == [f"{OPERATIONS[id]['method']} {path}"]
    assert asked.headers["x-api-key"] == KEY
    assert result.success is True
    assert result.data is not None


@pytest.mark.parametrize(("id", "module"), EVERY)
def test_each_function_is_sent_again_as_far_as_that_is_safe(world: World, id: str, module: ModuleType) -> None:
    """A 503 is no answer: what is safe is asked again; of the rest the outcome is unknown if nothing else tells it."""
    busy, nothing = refused(503, "UNAVAILABLE"), refused(401, "UNAUTHORIZED")
    if OPERATIONS[id]["repeat"] == "safe":
        with world.client(busy, answer(id), clock=FakeClock()) as (client, script):
            assert world.generated(module, client, **arguments(id, module)).success
        assert len(script.asked) == 2
    else:
        with (
            world.client(*before(id), busy, nothing, clock=FakeClock()) as (client, script),
            pytest.raises(OutcomeUnknownError),
        ):
            world.generated(module, client, **arguments(id, module))
        assert len(script.asked) > len(before(id)) + 1


@pytest.mark.parametrize(("id", "module"), EVERY)
def test_each_function_is_kept_as_long_as_the_spec_says(world: World, id: str, module: ModuleType) -> None:
    """What the spec lets be kept is asked for once, everything else each time."""
    with world.client(*[*before(id), answer(id)] * 2) as (client, script):
        for _ in range(2):
            world.generated(module, client, **arguments(id, module))

    assert len(script.asked) == (1 if "cache" in OPERATIONS[id] else 2 * (1 + len(before(id))))


@pytest.mark.parametrize(("id", "module"), EVERY)
def test_each_function_raises_what_the_api_refuses(world: World, id: str, module: ModuleType) -> None:
    """An error of the tree, never a model of a refusal."""
    with (
        world.client(*before(id), refused(404, "RESOURCE_NOT_FOUND")) as (client, _),
        pytest.raises(NotFoundError) as caught,
    ):
        world.generated(module, client, **arguments(id, module))

    assert caught.value.operation == id


def test_generated_and_resources_share_what_is_kept(world: World) -> None:
    """One cache, whichever way one asks."""
    with world.client(page([{"id": str(ID), "name": "Villa"}])) as (client, script):
        world.generated(list_services, client, page=1, limit=100)
        world.items(client.services.list())

    assert len(script.asked) == 1


def test_the_detailed_functions_give_the_whole_answer(world: World) -> None:
    """Status, headers and content beside the model."""
    with world.client(ok(BOOKING)) as (client, _):
        call = get_booking_status.asyncio_detailed if world.is_async else get_booking_status.sync_detailed
        answer = world(call(ID, client=client.generated))

    assert answer.status_code == 200
    assert answer.parsed.data.external_reference == "ORDER-1"


def test_a_request_id_of_ones_own_is_sent(world: World) -> None:
    """`x_request_id` of the generated functions arrives, with the attempt's number, instead of one that is made."""
    with world.client(ok(BOOKING)) as (client, script):
        world.generated(get_booking_status, client, ID, x_request_id="trace-1")

    assert script.asked[0].headers["x-request-id"] == "trace-1.1"


def test_options_of_a_view_hold_for_its_generated_client(world: World) -> None:
    """`with_options` changes what goes through `.generated` too."""
    with world.client(refused(503, "UNAVAILABLE")) as (client, script):
        with pytest.raises(InternalServerError):
            world.generated(get_booking_status, client.with_options(max_attempts=2), ID)

        assert len(script.asked) == 2


def test_the_other_worlds_functions_are_refused(world: World) -> None:
    """They would send without our layers; the message says what to do instead."""
    other = list_bookings.sync if world.is_async else _asyncio
    with (
        world.client(page([])) as (client, script),
        pytest.raises(TypeError, match=r"this is the a?synchronous client") as caught,
    ):
        other(client=client.generated)

    assert ("await asyncio()" if world.is_async else "call sync()") in str(caught.value)
    assert script.asked == []


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        ("with_headers", {"a": "b"}),
        ("with_cookies", {"a": "b"}),
        ("with_timeout", httpx.Timeout(1)),
        ("set_httpx_client", None),
        ("set_async_httpx_client", None),
    ],
)
def test_ways_around_the_layers_are_closed(world: World, method: str, argument: Any) -> None:
    """What would make a plain HTTP client is refused."""
    with world.client(page([])) as (client, _), pytest.raises(TypeError, match="go around"):
        getattr(client.generated, method)(argument)


def test_its_own_with_closes_nothing(world: World) -> None:
    """The connections are those of the client around it."""
    with world.client(ok(BOOKING)) as (client, script):
        if world.is_async:
            world(_entered(client.generated))
        else:
            with client.generated as same:
                assert same is client.generated
        assert world(client.bookings.status(ID)).status == "in progress"

    assert len(script.asked) == 1


def test_the_other_worlds_with_is_refused(world: World) -> None:
    """`with` where `async with` belongs, and the other way round."""
    with world.client(ok(BOOKING)) as (client, _):
        if world.is_async:
            with pytest.raises(TypeError, match="asynchronous client"), client.generated:
                pass  # pragma: no cover
        else:
            with pytest.raises(TypeError, match="synchronous client"):
                _stepped(_entered(client.generated))


def test_after_close_nothing_is_sent(world: World) -> None:
    """The generated client ends with the client around it."""
    with world.client(ok(BOOKING)) as (client, script):
        world.close(client)
        with pytest.raises(ConfigurationError, match="closed"):
            world.generated(get_booking_status, client, ID)

    assert script.asked == []


def test_its_repr_shows_nothing_secret(world: World) -> None:
    """Neither key nor address, however deep one looks."""
    with world.client(ok(BOOKING), base_url="https://canary.test/v1") as (client, _):
        shown = repr(client.generated) + str(client.generated) + repr(vars(client.generated))

    assert KEY not in shown
    assert "provider='cleanlife'" in shown


async def _entered(client: Any) -> None:
    async with client as same:
        assert same is client


def _stepped(coroutine: Any) -> None:
    """Run a coroutine that awaits nothing, without an event loop."""
    try:
        coroutine.send(None)
    finally:
        coroutine.close()


def _asyncio(*, client: Any) -> None:
    """Await a generated function as far as it goes."""
    _stepped(list_bookings.asyncio(client=client))
