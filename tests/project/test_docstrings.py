"""Everything public says what it is, and every example that it gives runs."""

from __future__ import annotations

import ast
import datetime as dt
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from conformance import examine, examine_healthgorilla
from cryptography.fernet import Fernet
from webhooks import site
from webhooks.stories import told

import cleanlife_ext
import cleanlife_ext.healthgorilla
import cleanlife_ext.webhooks.processing.handlers
import cleanlife_ext.webhooks.procrastinate
from cleanlife_ext import AsyncCleanLife, CleanLife, PriceItem
from cleanlife_ext.healthgorilla import HealthGorilla
from cleanlife_ext.healthgorilla.notifications import HEALTHGORILLA
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.simulator import HealthGorillaSimulator, Server, Simulator
from cleanlife_ext.webhooks import Inbox, WebhookReceiver

ROOT = Path(__file__).parents[2]
PACKAGE = Path(cleanlife_ext.__file__).parent
NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 21)
HEALTHY = {
    "identifier": [{"system": "urn:example:mrn", "value": "14455"}],
    "name": [{"family": "Doe", "given": ["Jo"]}],
    "gender": "female",
    "birthDate": "1992-03-10",
    "address": [{"line": ["1 Example Way"], "city": "Los Angeles", "state": "CA", "postalCode": "90402"}],
}
PAGES = (
    *("README.md", "docs/ledger.md", "docs/webhooks.md", "docs/keys.md", "docs/healthgorilla.md"),
    *("spec/README.md", "CONTRIBUTING.md"),
)
HEALTH_GORILLA = re.compile("healthgorilla|^cleanlife_ext.engine.jobs")  # Where examples speak of its client.
RESOURCES = re.compile(r"\.resources\.|^cleanlife_ext\.healthgorilla\.(patients|documents|subscriptions)$")
FENCED = re.compile(r"^( *)```python\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def modules() -> Iterator[Any]:
    yield cleanlife_ext
    for found in pkgutil.walk_packages([str(PACKAGE)], "cleanlife_ext."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def public() -> Iterator[tuple[str, Any]]:
    """What users hold: the public names, the resources, and their methods."""
    resources = (module for module in modules() if RESOURCES.search(module.__name__))
    webhooks = [
        cleanlife_ext.webhooks,
        cleanlife_ext.webhooks.processing.handlers,
        cleanlife_ext.webhooks.procrastinate,
    ]
    holders = [cleanlife_ext, cleanlife_ext.healthgorilla, *webhooks, *resources]
    seen = set[int]()
    for holder in holders:
        for name in holder.__all__:
            thing = getattr(holder, name)
            if id(thing) not in seen and getattr(thing, "__module__", "").startswith("cleanlife_ext"):
                seen.add(id(thing))
                yield f"{thing.__module__}.{name}", thing
                if inspect.isclass(thing):
                    for method_name, method in vars(thing).items():
                        if not method_name.startswith("_") and (
                            inspect.isfunction(method) or isinstance(method, classmethod | property)
                        ):
                            yield f"{thing.__module__}.{name}.{method_name}", method


def documented() -> Iterator[tuple[str, str]]:
    """Every text that may hold an example."""
    for page in PAGES:
        if (ROOT / page).exists():
            yield page, (ROOT / page).read_text(encoding="utf-8")
    for module in modules():
        yield module.__name__, module.__doc__ or ""
    for name, thing in public():
        yield name, inspect.getdoc(thing) or ""


def examples() -> Iterator[Any]:
    """Each example once, though twins share their documentation."""
    seen = set[str]()
    for name, text in documented():
        for number, (_, block) in enumerate(FENCED.findall(text)):
            code = textwrap.dedent(block)
            if code not in seen:
                seen.add(code)
                client = "health_gorilla" if HEALTH_GORILLA.search(name) else "clean_life"
                yield pytest.param(code, client, id=f"{name}-{number}")


EXAMPLES = list(examples())


@pytest.mark.parametrize("module", list(modules()), ids=lambda module: module.__name__)
def test_every_module_says_what_it_is(module: Any) -> None:
    """In a first line that fits on one."""
    first = (module.__doc__ or "").strip().partition("\n")[0]

    assert first
    assert len(first) <= 120


@pytest.mark.parametrize(("name", "thing"), [pytest.param(*pair, id=pair[0]) for pair in public()])
def test_everything_public_is_documented(name: str, thing: Any) -> None:
    """Classes and methods alike."""
    text = inspect.getdoc(thing)

    assert text, name
    assert "```" not in text or text.count("```") % 2 == 0


def test_there_are_examples() -> None:
    """In the README, and where users look things up."""
    ids = [str(example.id) for example in EXAMPLES]

    assert any(id.startswith("README") for id in ids)
    assert len(ids) > 10


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    """One whose time stands still."""
    return Simulator(now=lambda: NOW, examine=examine)


@pytest.fixture(scope="module")
def server(simulator: Simulator) -> Iterator[Server]:
    """That simulator behind a socket."""
    with simulator.serve() as server:
        yield server


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What examples speak of, without saying where they got it."""
    names: dict[str, Any] = request.getfixturevalue(request.param)
    return names


@pytest.fixture
def health_gorilla(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What those speak of that use Health Gorilla's client."""
    simulator = HealthGorillaSimulator(job_takes=0, examine=examine_healthgorilla)
    with simulator.serve() as server:
        credentials = server.credentials
        monkeypatch.setenv("HEALTHGORILLA_BASE_URL", server.base_url)
        with HealthGorilla(**credentials) as client:
            patient = client.patients.create(HEALTHY)
            body = f'{{"resource": "OperationOutcome", "id": "OperationOutcome/{"0" * 24}"}}'.encode()
            yield {
                **{name: getattr(cleanlife_ext, name) for name in cleanlife_ext.__all__},
                **{name: getattr(cleanlife_ext.healthgorilla, name) for name in cleanlife_ext.healthgorilla.__all__},
                **credentials,
                "__name__": "clinic",
                "client": client,
                "patient": patient,
                "patient_id": patient.id,
                "job": client.patients.export_ccda(patient.id),
                "token": client.patients.export_ccda(patient.id).token,
                "body": body,
                "webhook_secret": simulator.webhook_secret,
                "headers": HEALTHGORILLA.headers(
                    body, simulator.webhook_secret, now=dt.datetime.now(dt.UTC), id="0" * 24
                ),
            }


@pytest.fixture
def clean_life(
    server: Server, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, Any]]:
    """What all others speak of."""
    site.set_up()
    simulator.reset()
    monkeypatch.chdir(tmp_path)  # Some write files.
    monkeypatch.setenv("CLEANLIFE_API_KEY", server.api_key)
    monkeypatch.setenv("CLEANLIFE_BASE_URL", server.base_url)
    with (
        Ledger("sqlite:///ledger.db") as ledger,
        Inbox("sqlite:///inbox.db") as inbox,
        CleanLife(ledger=ledger) as client,
    ):
        address, service = simulator.addresses[0].id, client.services.list().all()[0]
        contact = client.contacts.find_or_create(phone="+966500000009", name="Noura")
        slots = client.timeslots.available(address_id=address, service_id=service.id, date=DAY)
        booking = client.bookings.create(
            contact_id=contact.id,
            address_id=address,
            service_id=service.id,
            date=DAY,
            timeslot=slots[0],
            external_reference="ORDER-0",
        )
        subscription = client.webhooks.subscriptions.create(url="https://example.com/hooks", events=["booking.created"])
        yield {
            **{name: getattr(cleanlife_ext, name) for name in cleanlife_ext.__all__},
            **{name: getattr(cleanlife_ext.webhooks, name) for name in cleanlife_ext.webhooks.__all__},
            "__name__": "shop",
            "datetime": dt,
            "dt": dt,
            "date": DAY,
            "day": DAY,
            "client": client,
            "ledger": ledger,
            "inbox": inbox,
            "secret": "0123456789abcdef" * 4,
            "key": Fernet.generate_key(),
            "subscription_id": subscription.id,
            "read_from_your_vault": lambda _name: "0123456789abcdef" * 4,
            "receiver": WebhookReceiver(secrets=["x"], inbox=inbox, encryption_key=Fernet.generate_key()),
            "events": [told("created", 0)],
            "service": service,
            "address": address,
            "address_id": address,
            "contact": contact,
            "slots": slots,
            "booking": booking,
            "booking_id": booking.booking_id,
            "service_id": service.id,
            "items": [PriceItem(hours=2, service_id=service.id)],
        }


@pytest.mark.parametrize(("code", "namespace"), EXAMPLES, indirect=["namespace"])
def test_every_example_runs(code: str, namespace: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Against a simulator, over a socket."""
    compiled = compile(code, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if compiled.co_flags & inspect.CO_COROUTINE:
        with start_blocking_portal("asyncio") as portal:
            portal.call(_awaited, compiled, namespace)
    else:
        exec(compiled, namespace)  # noqa: S102  # It is our own.
    capsys.readouterr()


async def _awaited(compiled: Any, namespace: dict[str, Any]) -> None:
    async with AsyncCleanLife(ledger=namespace["ledger"]) as client:
        await eval(compiled, {**namespace, "client": client})  # noqa: S307  # It is our own.
