"""The plugin for pytest, as its users have it."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys

import pytest

import cleanlife_ext.testing

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["cleanlife_ext.testing"]'
OPTIONS = ("-p", "no:cacheprovider", "-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning")


@pytest.fixture
def users(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder of somebody's tests."""
    pytester.makeconftest(CONFTEST)
    return pytester


SYNCHRONOUS = """
import datetime as dt
import time

import pytest

from cleanlife_ext import DeadlineExceededError
from cleanlife_ext.simulator import faults


def order(client, simulator, **more):
    contact = client.contacts.find_or_create(phone="+966500000009", name="Noura")
    day = dt.date.today() + dt.timedelta(days=8)
    address, service = simulator.addresses[0].id, simulator.services[0].id
    slot = client.timeslots.available(address_id=address, service_id=service, date=day)[-1]
    return client.bookings.create(
        contact_id=contact.id, address_id=address, service_id=service, date=day, timeslot=slot, **more
    )


def test_a_booking(cleanlife, cleanlife_simulator):
    booking = order(cleanlife, cleanlife_simulator, external_reference="ORDER-1")
    assert [each.id for each in cleanlife_simulator.bookings] == [str(booking.booking_id)]


def test_it_is_isolated(cleanlife, cleanlife_simulator):
    assert cleanlife_simulator.bookings == cleanlife_simulator.requests == ()
    assert len(cleanlife_simulator.faults) == 0
    assert cleanlife.bookings.list().all() == []


def test_waits_cost_no_time(cleanlife, cleanlife_simulator):
    cleanlife_simulator.faults.add("*", faults.status(429), times=2)
    cleanlife_simulator.faults.add("*", faults.delay(10), times=2)
    began, clock = time.monotonic(), cleanlife_simulator.clock.now()
    assert len(cleanlife.pricing.tiers()) == 3
    assert time.monotonic() - began < 10
    assert cleanlife_simulator.clock.now() - clock >= dt.timedelta(seconds=160)


def test_a_timeout_takes_its_time_on_the_clock_alone(cleanlife, cleanlife_simulator):
    cleanlife_simulator.faults.add("createBooking", faults.delay(40))
    clock = cleanlife_simulator.clock.now()
    booking = order(cleanlife, cleanlife_simulator)
    assert [each.id for each in cleanlife_simulator.bookings] == [str(booking.booking_id)]
    assert cleanlife_simulator.clock.now() - clock >= dt.timedelta(seconds=30)


def test_a_deadline_holds(cleanlife, cleanlife_simulator):
    cleanlife_simulator.faults.add("*", faults.delay(3600), times=None)
    with pytest.raises(DeadlineExceededError):
        cleanlife.with_options(deadline=20).pricing.tiers()
"""

ASYNCHRONOUS = """
import asyncio
import time

import anyio
import pytest

from cleanlife_ext.simulator import faults


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.mark.anyio
async def test_asynchronous_code(async_cleanlife, cleanlife, cleanlife_simulator):
    cleanlife_simulator.faults.add("*", faults.drop_after_commit())
    cleanlife_simulator.faults.add("*", faults.status(503, retry_after=20))
    began = time.monotonic()
    assert len(await async_cleanlife.pricing.tiers()) == 3
    assert time.monotonic() - began < 10
    contact = await async_cleanlife.contacts.find_or_create(phone="+966500000009", name="Noura")
    assert cleanlife_simulator.contacts[0].id == str(contact.id)


def test_any_runner_will_do(async_cleanlife):
    async def services():
        async with async_cleanlife as client:
            return [service async for service in client.services.list()]

    assert len(asyncio.run(services())) == 12


def test_trio_will_do(async_cleanlife):
    assert len(anyio.run(async_cleanlife.pricing.tiers, backend="trio")) == 3
"""


def test_both_clients_work_in_somebodys_tests(users: pytest.Pytester) -> None:
    """Synchronous and asynchronous, isolated, without waiting."""
    users.makepyfile(test_synchronous=SYNCHRONOUS, test_asynchronous=ASYNCHRONOUS)

    users.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=9)


def test_the_tests_pass_in_any_order(users: pytest.Pytester) -> None:
    """Twice the same file in one run; nothing is left of the first."""
    users.makepyfile(test_one=SYNCHRONOUS, test_two=SYNCHRONOUS)

    users.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=10)


def test_the_example_of_the_documentation_runs(users: pytest.Pytester) -> None:
    """As it stands there, with the runner of anyio for the asynchronous half."""
    blocks = re.findall(r"\n\n((?: {4}.*\n|\n)+)", cleanlife_ext.testing.__doc__ or "")
    conftest, example = ("\n".join(line[4:] for line in block.splitlines()) for block in blocks[:2])
    users.makeconftest(conftest)
    users.makepyfile("import pytest\npytestmark = pytest.mark.anyio\n\n" + example)

    assert conftest.strip() == CONFTEST
    users.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=3)


def test_a_fixture_says_what_it_is(users: pytest.Pytester) -> None:
    """In pytest's list of them."""
    listed = users.runpytest_inprocess(*OPTIONS, "--fixtures").stdout.str()

    for name in ("cleanlife_simulator", "cleanlife ", "async_cleanlife"):
        assert re.search(rf"^{name}.*\n +\w.*\.$", listed, re.MULTILINE)


STOPWATCH = """
import time

import pytest

pytest_plugins = ["cleanlife_ext.testing"]
seconds = []

@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup():
    began = time.thread_time()
    yield
    seconds.append(time.thread_time() - began)

@pytest.fixture
def measured():
    return seconds
"""
TIMED = """
import statistics

import pytest

@pytest.mark.parametrize("number", range(20))
def test_nothing(number, cleanlife, async_cleanlife, cleanlife_simulator):
    pass

def test_that_was_fast(measured):
    assert statistics.median(measured) < 0.005
"""


def test_a_test_begins_from_a_clean_state_within_five_milliseconds(users: pytest.Pytester) -> None:
    """With all three fixtures, and pytest's own share; in a process of its own, where nobody measures coverage."""
    users.makeconftest(STOPWATCH)
    users.makepyfile(TIMED)

    users.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=21)


@pytest.mark.parametrize("missing", ["pytest", "starlette", "uvicorn"])
def test_what_is_missing_is_said_in_a_line(missing: str) -> None:
    """With what to install."""
    program = f"import sys; sys.modules[{missing!r}] = None; import cleanlife_ext.testing"
    ran = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 1
    assert ran.stderr.strip().splitlines()[-1] == (
        f"ModuleNotFoundError: cleanlife_ext.testing needs {missing}; "
        'run: pip install pytest "cleanlife-ext[simulator]"'
    )


@pytest.mark.parametrize(
    ("missing", "said"),
    [("pytest", "testing needs pytest; run: pip install"), ("cleanlife_ext.simulator", "import of cleanlife_ext")],
)
def test_only_what_can_be_installed_is_named(missing: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of this package that is not there is no matter of extras."""
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ModuleNotFoundError, match=said):
        runpy.run_path(str(cleanlife_ext.testing.__file__))
