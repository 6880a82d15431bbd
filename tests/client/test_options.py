"""Options, the variables around them, views with other options, and the end of a client."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest
from worlds import BOOKING, KEY, URL, FakeClock, Script, World, ok, page, refused

from cleanlife_ext import (
    AsyncCleanLife,
    CleanLife,
    CleanLifeError,
    ConfigurationError,
    InternalServerError,
)
from cleanlife_ext.provider import ENVIRONMENTS

ID = BOOKING["bookingId"]


def asked_url(world: World, **options: Any) -> str:
    """Where a client with these options sends to."""
    script = Script(ok(BOOKING))
    client = (AsyncCleanLife if world.is_async else CleanLife)(KEY, transport=script, **options)
    world(client.bookings.status(ID))
    world.close(client)
    return str(script.asked[0].url).removesuffix(f"/partners/bookings/{ID}/status")


def asked_key(world: World, *key: Any) -> str:
    """The key that a client sends if it is given this one."""
    script = Script(ok(BOOKING))
    client = (AsyncCleanLife if world.is_async else CleanLife)(*key, transport=script)
    try:
        world(client.bookings.status(ID))
    finally:
        world.close(client)
    return script.asked[0].headers["x-api-key"]


def test_no_key_is_a_configuration_error_that_names_the_variable(world: World) -> None:
    """Somebody without a key learns at once where it belongs."""
    with pytest.raises(ConfigurationError, match="CLEANLIFE_API_KEY"):
        world.make(api_key=None)


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_key_is_no_key(world: World, monkeypatch: pytest.MonkeyPatch, empty: str | None) -> None:
    """Also where the variable is set, but empty."""
    monkeypatch.setenv("CLEANLIFE_API_KEY", "")

    with pytest.raises(ConfigurationError, match="CLEANLIFE_API_KEY"):
        world.make(api_key=empty)


def test_the_key_comes_from_the_variable(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is given."""
    monkeypatch.setenv("CLEANLIFE_API_KEY", "pk_around")

    assert asked_key(world) == "pk_around"
    assert asked_key(world, "pk_given") == "pk_given"


def test_a_callable_is_asked_for_the_key_at_each_request(world: World) -> None:
    """So that a key may be rotated under a running client."""
    keys = iter(["pk_one", "pk_two"])

    with world.client(ok(BOOKING), api_key=lambda: next(keys)) as (client, script):
        world(client.bookings.status(ID))
        world(client.bookings.status(ID))

    assert [asked.headers["x-api-key"] for asked in script.asked] == ["pk_one", "pk_two"]


def test_a_callable_may_be_awaited_by_the_asynchronous_client_alone(world: World) -> None:
    """The synchronous one says so, and leaves no coroutine behind."""

    async def key() -> str:
        return "pk_awaited"

    if world.is_async:
        assert asked_key(world, key) == "pk_awaited"
    else:
        with pytest.raises(ConfigurationError, match="only asynchronous clients await it"):
            asked_key(world, key)


@pytest.mark.parametrize("key", ["pk_canary\n", "pk_canary\r\nx-a: b", "pk_canäry", "pk canary", " pk_canary", "\x00"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(world: World, key: str) -> None:
    """A line end that was copied with it is the usual case."""
    for given in (key, lambda: key):
        with pytest.raises(ConfigurationError) as caught:
            asked_key(world, given)

        assert "canary" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("key", ["", None, 5, b"pk_bytes"])
def test_a_callable_that_gives_no_text_is_refused(world: World, key: Any) -> None:
    """Whatever a secrets manager brings, it ends in the same error in every world."""
    with pytest.raises(ConfigurationError, match="key"):
        asked_key(world, lambda: key)


@pytest.mark.parametrize("key", [5, b"pk_bytes", ["pk_list"]])
def test_a_key_of_the_wrong_kind_is_refused(world: World, key: Any) -> None:
    """Before anything is sent, and not with an error of Python's own."""
    with pytest.raises(ConfigurationError, match="key"):
        asked_key(world, key)


def test_the_sandbox_is_the_default(world: World) -> None:
    """Nobody books in production by accident."""
    assert asked_url(world) == ENVIRONMENTS["sandbox"]


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_the_environment_is_chosen_by_name(world: World, monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    """As an option, or in the variable."""
    assert asked_url(world, environment=environment) == ENVIRONMENTS[environment]

    monkeypatch.setenv("CLEANLIFE_ENVIRONMENT", environment)
    assert asked_url(world) == ENVIRONMENTS[environment]


def test_the_address_in_the_variable_outweighs_the_environment_in_its_variable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the more exact of the two."""
    monkeypatch.setenv("CLEANLIFE_ENVIRONMENT", "production")
    monkeypatch.setenv("CLEANLIFE_BASE_URL", "https://around.test/v1")

    assert asked_url(world) == "https://around.test/v1"


def test_what_is_given_in_code_outweighs_the_variables(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be it an environment or an address."""
    monkeypatch.setenv("CLEANLIFE_ENVIRONMENT", "sandbox")
    assert asked_url(world, environment="production") == ENVIRONMENTS["production"]

    monkeypatch.setenv("CLEANLIFE_BASE_URL", "https://around.test/v1")
    assert asked_url(world, base_url="https://given.test/v1") == "https://given.test/v1"
    assert asked_url(world, environment="production", base_url="https://given.test/v1") == "https://given.test/v1"


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_an_environment_in_code_and_an_address_around_it_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    """Whichever was forgotten: one of them would book in earnest."""
    monkeypatch.setenv("CLEANLIFE_BASE_URL", "http://127.0.0.1:8080/v1")

    with pytest.raises(ConfigurationError, match=r"environment='.*' and CLEANLIFE_BASE_URL name two addresses"):
        asked_url(world, environment=environment)


def test_an_empty_address_is_a_mistake(world: World) -> None:
    """Of a template, as a rule; and not a wish for the sandbox."""
    with pytest.raises(ConfigurationError, match="base_url: an address"):
        asked_url(world, base_url="")


def test_a_clock_that_is_none_is_refused(world: World) -> None:
    """Before anything asks it for the time."""
    with pytest.raises(ConfigurationError, match="clock: a"):
        world.make(Script(), clock=3)


def test_a_slash_at_the_end_of_the_address_does_not_matter(world: World) -> None:
    """Both spellings are common."""
    assert asked_url(world, base_url="https://given.test/v1/") == "https://given.test/v1"


def test_an_unknown_environment_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the names that there are."""
    with pytest.raises(ConfigurationError, match="sandbox, production"):
        asked_url(world, environment="staging")

    monkeypatch.setenv("CLEANLIFE_ENVIRONMENT", "staging")
    with pytest.raises(ConfigurationError, match="sandbox, production"):
        asked_url(world)


@pytest.mark.parametrize(
    "url",
    [
        *("api.test/v1", "ftp://api.test/v1", "https://", "https:///v1", "//api.test/v1", "https://api.test/v1?a=b"),
        *("https://api.test/v1#part", "https://user:canary@api.test/v1", "https://[api.test/v1", "https://:443/v1"),
        *("https://api.test:port/v1", "https://api.test:99999/v1", "https://api.test/v1\n", "https://api .test/v1", 5),
    ],
)
def test_an_address_that_is_none_is_refused(world: World, url: Any) -> None:
    """Before anything is sent, and without a password that stands in it."""
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        asked_url(world, base_url=url)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("name", ["timeout", "deadline"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, -math.inf, True, False, "30", [30]])
def test_seconds_that_make_no_sense_are_refused(world: World, name: str, value: Any) -> None:
    """By the option's name; also by `with_options`."""
    with pytest.raises(ConfigurationError, match=name):
        world.make(Script(ok({})), **{name: value})

    with world.client(ok({})) as (client, _), pytest.raises(ConfigurationError, match=name):
        client.with_options(**{name: value})


@pytest.mark.parametrize("value", [0, -1, 1.5, math.nan, True, False, "4"])
def test_attempts_that_make_no_sense_are_refused(world: World, value: Any) -> None:
    """By the option's name; also by `with_options`."""
    with pytest.raises(ConfigurationError, match="max_attempts"):
        world.make(Script(ok({})), max_attempts=value)

    with world.client(ok({})) as (client, _), pytest.raises(ConfigurationError, match="max_attempts"):
        client.with_options(max_attempts=value)


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, True, False, "3600"])
def test_a_time_to_keep_that_makes_no_sense_is_refused(world: World, value: Any) -> None:
    """By the option's name."""
    with pytest.raises(ConfigurationError, match="cache_ttl"):
        world.make(Script(ok({})), cache_ttl=value)


@pytest.mark.parametrize("value", [5, None, b"TEST-", "T" * 151])
def test_a_prefix_that_makes_no_sense_is_refused(world: World, value: Any) -> None:
    """By the option's name, and not when the first booking fails."""
    with pytest.raises(ConfigurationError, match="reference_prefix"):
        world.make(Script(ok({})), reference_prefix=value)


def test_the_time_to_keep_is_an_option(world: World) -> None:
    """Nothing is kept with 0, and everything for as long as is said."""
    for ttl, asked in ((0, 4), (10, 2), (20, 1)):
        clock = FakeClock()
        with world.client(page([]), cache_ttl=ttl, clock=clock) as (client, script):
            for _ in range(2):
                world.items(client.services.list())
                world.items(client.services.list())
                clock.time += 15

            assert len(script.asked) == asked


def test_a_transport_of_the_wrong_kind_is_refused() -> None:
    """Each client says which kind it needs."""
    with pytest.raises(ConfigurationError, match=r"httpx\.BaseTransport"):
        CleanLife(KEY, transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"httpx\.AsyncBaseTransport"):
        AsyncCleanLife(KEY, transport=httpx.HTTPTransport())  # type: ignore[arg-type]


@pytest.mark.parametrize("transport", [object(), "transport", httpx.Client])
def test_what_is_no_transport_is_refused(world: World, transport: Any) -> None:
    """Also a client of httpx, which is close but no transport."""
    with pytest.raises(ConfigurationError, match="transport"):
        world.make(transport)


def test_a_view_has_other_options(world: World) -> None:
    """Only what is named changes, and only in the view."""
    with world.client(refused(503, "UNAVAILABLE"), timeout=20) as (client, script):
        view = client.with_options(max_attempts=2)
        with pytest.raises(InternalServerError):
            world(view.bookings.status(ID))
        assert [asked.extensions["timeout"]["read"] for asked in script.asked] == [20, 20]

        with pytest.raises(InternalServerError):
            world(client.bookings.status(ID))
        assert len(script.asked) == 2 + 4


def test_a_view_of_a_view_keeps_its_options(world: World) -> None:
    """Options add up."""
    with world.client(refused(503, "UNAVAILABLE")) as (client, script):
        with pytest.raises(CleanLifeError):
            world(client.with_options(max_attempts=2).with_options(timeout=5).bookings.status(ID))

        assert [asked.extensions["timeout"]["read"] for asked in script.asked] == [5, 5]


def test_a_deadline_of_a_view_holds(world: World) -> None:
    """No wait that would pass it is begun."""
    with world.client(refused(503, "UNAVAILABLE", {"retry-after": "10"})) as (client, script):
        with pytest.raises(InternalServerError):
            world(client.with_options(deadline=5).bookings.status(ID))

        assert len(script.asked) == 1


def test_a_view_shares_what_is_kept(world: World) -> None:
    """What the client knows, its views know, and the other way round."""
    with world.client(page([])) as (client, script):
        world.items(client.with_options(timeout=5).services.list())
        world.items(client.services.list())

        assert len(script.asked) == 1

        client.with_options(timeout=5).services.invalidate()
        world.items(client.services.list())

        assert len(script.asked) == 2


def test_closing_a_view_closes_nothing(world: World) -> None:
    """Nor does the end of its `with`."""
    with world.client(ok(BOOKING)) as (client, script):
        view = client.with_options(timeout=5)
        world.close(view)
        if world.is_async:
            world(_entered(view))
        else:
            with view as same:
                assert same is view

        assert world(view.bookings.status(ID))
        assert world(client.bookings.status(ID))
        assert len(script.asked) == 2


def test_used_after_close_is_a_configuration_error(world: World) -> None:
    """Also for views, pages and `with`; nothing is sent."""
    with world.client(page([])) as (client, script):
        view, pages = client.with_options(timeout=5), client.bookings.list()
        world.close(client)
        world.close(client)  # A second time does nothing.

        with pytest.raises(ConfigurationError, match="closed"):
            world(client.bookings.status(ID))
        with pytest.raises(ConfigurationError, match="closed"):
            world(view.bookings.status(ID))
        with pytest.raises(ConfigurationError, match="closed"):
            world.items(pages)
        for closed in (client, view):
            with pytest.raises(ConfigurationError, match="closed"):
                world(_entered(closed)) if world.is_async else closed.__enter__()

    assert script.asked == []


def test_what_is_kept_is_not_given_after_close(world: World) -> None:
    """A closed client is closed, whatever it remembers."""
    with world.client(page([])) as (client, _):
        world.items(client.services.list())
        world.close(client)

        with pytest.raises(ConfigurationError, match="closed"):
            world.items(client.services.list())


def test_with_closes_the_client(world: World) -> None:
    """The usual way to use it."""
    client = world.make(Script(ok(BOOKING)))
    if world.is_async:
        world(_entered(client))
    else:
        with client as same:
            assert same is client

    with pytest.raises(ConfigurationError, match="closed"):
        world(client.bookings.status(ID))


def test_with_on_the_asynchronous_client_says_what_to_write() -> None:
    """A forgotten `async` is the most common slip."""
    with pytest.raises(TypeError, match="async with AsyncCleanLife"), AsyncCleanLife(KEY):  # type: ignore[attr-defined]
        pass  # pragma: no cover


def test_async_with_on_the_synchronous_client_says_what_to_write() -> None:
    """And the other way round."""
    client = CleanLife(KEY)
    coroutine = _entered(client)

    with pytest.raises(TypeError, match=r"with CleanLife"):
        coroutine.send(None)

    coroutine.close()
    client.close()


def test_the_other_worlds_exits_do_nothing() -> None:
    """They are there for the message alone."""
    client, other = CleanLife(KEY), AsyncCleanLife(KEY)

    assert other.__exit__(None, None, None) is None
    with pytest.raises(StopIteration):
        client.__aexit__(None, None, None).send(None)

    client.close()


def test_no_repr_shows_the_key(world: World) -> None:
    """Neither that of the client, nor of anything in it that has one."""
    with world.client(ok(BOOKING)) as (client, _):
        seen: set[int] = set()
        shown = "".join(_reprs(client, seen))

    assert repr(client) == f"{type(client).__name__}({URL!r})"
    assert len(seen) > 15
    assert KEY not in shown


def test_an_unused_client_needs_no_closing(world: World) -> None:
    """It has opened nothing yet."""
    world.make()


async def _entered(client: Any) -> None:
    async with client as same:
        assert same is client


def _reprs(thing: Any, seen: set[int]) -> Any:
    """The `repr` of *thing*, and of what of ours it holds."""
    if id(thing) in seen or not type(thing).__module__.startswith("cleanlife"):
        return
    seen.add(id(thing))
    yield repr(thing)
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    for inner in (
        *getattr(thing, "__dict__", {}).values(),
        *(getattr(thing, name, None) for name in slots if name != "_key" and not name.startswith("__")),
    ):
        yield from _reprs(inner, seen)
