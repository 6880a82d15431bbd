"""Who may come in, and in which order that is asked."""

import pytest
from simulator.calling import Caller, Clock, Reply

from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.routes import ROUTES, Route


def services(simulator: Simulator, key: str | None, host: str = "127.0.0.1", **headers: str) -> Reply:
    """List services with a key, from a host."""
    return Caller(simulator.answer, key, host).send("GET", "/services", headers=headers)


@pytest.mark.rule("key.missing", "envelope.no-details")
def test_a_request_without_a_key_is_unauthorized(simulator: Simulator) -> None:
    """No key: 401, and no details."""
    reply = services(simulator, None)

    assert reply.refusal == (401, "UNAUTHORIZED")
    assert "details" not in reply.error


@pytest.mark.rule("key.invalid")
def test_an_unknown_key_is_unauthorized(simulator: Simulator) -> None:
    """A key nobody gave out: 401."""
    assert services(simulator, "pk_stranger").refusal == (401, "UNAUTHORIZED")


@pytest.mark.rule("key.inactive")
def test_a_key_that_is_switched_off_is_unauthorized(simulator: Simulator) -> None:
    """An inactive key or a suspended account: 401."""
    assert services(simulator, simulator.add_key(active=False)).refusal == (401, "UNAUTHORIZED")


@pytest.mark.rule("query.key")
def test_the_key_may_come_as_a_query_parameter(simulator: Simulator) -> None:
    """Discouraged, but documented: `api_key`."""
    reply = Caller(simulator.answer).get("/services", api_key=simulator.api_key)

    assert len(reply.data) == 12
    assert simulator.requests[-1].query == {"api_key": "[redacted]"}


@pytest.mark.parametrize(("host", "status"), [("10.1.2.3", 200), ("10.2.0.1", 403), ("", 403)])
@pytest.mark.rule("ip.allowlist")
def test_an_ip_allowlist_lets_only_its_addresses_in(simulator: Simulator, host: str, status: int) -> None:
    """Addresses and ranges; no address is no good address."""
    key = simulator.add_key(allowed_ips=["10.1.0.0/16"])

    assert services(simulator, key, host).status == status


@pytest.mark.rule("rate.refusal", "rate.no-retry-after", "envelope.no-details")
def test_more_requests_than_the_limit_allows_are_refused(simulator: Simulator) -> None:
    """429 in the documented words, without Retry-After and without details."""
    key = simulator.add_key(rate_limit=2)

    statuses = [services(simulator, key).status for _ in range(3)]
    refused = services(simulator, key)

    assert statuses == [200, 200, 429]
    assert refused.refusal == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.error["message"] == "Partner API rate limit exceeded"
    assert "details" not in refused.error
    assert "retry-after" not in {name.lower() for name in refused.headers}


@pytest.mark.rule("rate.window")
def test_a_new_window_begins_after_60_seconds(simulator: Simulator, clock: Clock) -> None:
    """The counter starts at zero again."""
    key = simulator.add_key(rate_limit=1)
    services(simulator, key)

    clock.advance(seconds=59)
    assert services(simulator, key).status == 429
    clock.advance(seconds=1)
    assert services(simulator, key).status == 200


@pytest.mark.rule("rate.per-key")
def test_each_key_has_its_own_counter(simulator: Simulator) -> None:
    """One partner's haste is not another's."""
    hasty, calm = simulator.add_key(rate_limit=1), simulator.add_key(rate_limit=1)
    services(simulator, hasty)

    assert services(simulator, calm).status == 200


@pytest.mark.rule("rate.configured", "header.key")
def test_a_key_without_a_rate_limit_is_never_throttled(simulator: Simulator) -> None:
    """No limit configured, no throttling."""
    assert {services(simulator, simulator.api_key).status for _ in range(200)} == {200}


@pytest.mark.rule("rate.counts-refused")
def test_forbidden_requests_count_towards_the_limit(simulator: Simulator) -> None:
    """The rate check stands before the permission check."""
    key = simulator.add_key(rate_limit=1, permissions=[])

    assert services(simulator, key).refusal == (403, "FORBIDDEN")
    assert services(simulator, key).refusal == (429, "RATE_LIMIT_EXCEEDED")


@pytest.mark.rule("checks.rate-before-domain")
def test_the_rate_limit_comes_before_the_domain(simulator: Simulator) -> None:
    """So a page on the wrong domain counts too."""
    key = simulator.add_key(rate_limit=1, allowed_domains=["shop.example"])
    origin = {"origin": "https://evil.example"}

    assert services(simulator, key, **origin).refusal == (403, "INVALID_PARTNER_DOMAIN")
    assert services(simulator, key, **origin).refusal == (429, "RATE_LIMIT_EXCEEDED")


@pytest.mark.rule("checks.ip-before-rate")
def test_the_ip_allowlist_comes_before_the_rate_limit(simulator: Simulator) -> None:
    """A stranger's address uses up nothing."""
    key = simulator.add_key(rate_limit=1, allowed_ips=["10.0.0.1"])
    services(simulator, key, "10.9.9.9")

    assert services(simulator, key, "10.0.0.1").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "https://Shop.example"}, 200),
        ({"origin": "https://shop.example:8443"}, 200),
        ({"referer": "https://shop.example/cart?x=1"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"referer": "https://shop.example.evil.example/"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
    ],
)
@pytest.mark.rule("domain.unknown", "domain.none")
def test_a_browser_must_come_from_a_registered_domain(
    simulator: Simulator, headers: dict[str, str], status: int
) -> None:
    """Origin or Referer is compared; a server sends neither and is let in."""
    reply = services(simulator, simulator.add_key(allowed_domains=["shop.example"]), **headers)

    assert reply.status == status
    assert status == 200 or reply.error["code"] == "INVALID_PARTNER_DOMAIN"


@pytest.mark.rule("domain.sandbox")
def test_a_sandbox_domain_is_told_that_the_sandbox_is_off(simulator: Simulator) -> None:
    """403 with a code of its own."""
    key = simulator.add_key(sandbox_domains=["test.shop.example"])

    refused = services(simulator, key, origin="https://test.shop.example")

    assert refused.refusal == (403, "SANDBOX_DOMAIN_NOT_ALLOWED")


def test_without_registered_domains_nobody_asks_for_the_origin(simulator: Simulator) -> None:
    """The check runs only where it is configured."""
    assert services(simulator, simulator.api_key, origin="https://anywhere.example").status == 200


@pytest.mark.rule("checks.domain-before-permission")
def test_the_domain_comes_before_the_permission(simulator: Simulator) -> None:
    """Check 5 before check 6."""
    key = simulator.add_key(permissions=[], allowed_domains=["shop.example"])

    assert services(simulator, key, origin="https://evil.example").refusal == (403, "INVALID_PARTNER_DOMAIN")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
@pytest.mark.rule("permission.missing", "permission.names", "checks.permission-last")
def test_each_operation_asks_for_its_permission(simulator: Simulator, route: Route) -> None:
    """A key without it gets 403, before its input is looked at."""
    others = {each.permission for each in ROUTES} - {route.permission}
    path = route.pattern.pattern.replace(r"\-", "-").replace("([^/]+)", "nonsense")
    caller = Caller(simulator.answer, simulator.add_key(permissions=others))

    refused = caller.send(route.method, path.removeprefix("/v1/partners"), content=b"{")

    assert refused.refusal == (403, "FORBIDDEN")


@pytest.mark.rule("permission.contacts")
def test_contacts_are_made_with_the_permission_to_read_them(simulator: Simulator) -> None:
    """Odd but documented: `partner_contacts_read` covers the POST."""
    caller = Caller(simulator.answer, simulator.add_key(permissions=["partner_contacts_read"]))

    assert caller.post("/contacts", phone="+966500000000", name="Sara").data["isNewContact"]


@pytest.mark.rule("checks.key-first")
def test_a_stranger_does_not_learn_which_paths_exist(simulator: Simulator) -> None:
    """The key is asked for before the path."""
    assert Caller(simulator.answer).get("/no-such-thing").refusal == (401, "UNAUTHORIZED")
