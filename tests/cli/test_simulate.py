"""What `cleanlife simulate` can be told, and what it tells."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from typer.testing import CliRunner, Result

from cleanlife_ext.cli.app import commands

HOOK = "http://127.0.0.1:9000/hook"


def simulated(*options: str, during: Callable[[str], object] = str, browse: Callable[[str], object] = str) -> Result:
    """What came of it; *during* is given the base URL as soon as somebody could use it."""
    shown: list[str] = []

    def opened(page: str) -> object:
        shown.append(page)
        return browse(page)

    def interrupted(_seconds: float) -> None:
        during(shown[0].replace("/_simulator/", "/v1"))
        raise KeyboardInterrupt

    app = commands(sleep=interrupted, browse=opened)
    # It always opens the page here, as that is how the address comes to light while it runs.
    return CliRunner().invoke(
        app, ["simulate", "--port", "0", "--open", *options], env={"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "120"}
    )


def test_the_page_is_printed_and_opened() -> None:
    """Beside the base URL."""
    opened: list[str] = []
    result = simulated(browse=opened.append)

    assert result.exit_code == 0
    assert f"  Page      {opened[0]}\n" in result.stdout
    assert opened[0].endswith("/_simulator/")


def test_no_browser_is_opened_unasked() -> None:
    """Servers have none."""
    opened: list[str] = []

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    result = CliRunner().invoke(commands(sleep=interrupted, browse=opened.append), ["simulate", "--port", "0"])

    assert (result.exit_code, opened) == (0, [])


def test_webhooks_go_where_they_are_told_to_and_the_secret_is_shown() -> None:
    """Once, as the API does."""
    seen: list[object] = []

    def look(url: str) -> None:
        seen.extend(httpx.get(url.replace("/v1", "/_simulator/state")).json()["data"]["subscriptions"])

    result = simulated("--allow-http", "--webhooks-to", HOOK, during=look)
    secret = result.stdout.partition("  Secret    ")[2].partition("\n")[0]

    assert result.exit_code == 0
    assert f"  Webhooks  {HOOK}\n" in result.stdout
    assert len(secret) == 64
    assert [(each["url"], len(each["events"])) for each in seen] == [(HOOK, 6)]  # type: ignore[index]


def test_without_a_receiver_there_is_no_secret() -> None:
    """Nothing is said of webhooks."""
    assert "Secret" not in simulated().stdout


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (HOOK, "url must use https; --allow-http lets plain HTTP and this machine in"),
        ("https://localhost/", "url host is not allowed; --allow-http lets plain HTTP and this machine in"),
        ("hooks", "url must be a URL address"),
        ("", "url should not be empty"),
    ],
)
def test_a_url_that_is_refused_is_a_line(url: str, reason: str) -> None:
    """With the way out, where there is one."""
    result = simulated("--webhooks-to", url)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"cleanlife: webhooks cannot go to {url!r}: {reason}\n"


def test_a_line_is_logged_for_each_request() -> None:
    """Method, path, status, request id and fault; nothing that could move the cursor."""

    def call(url: str) -> None:
        control = url.replace("/v1", "/_simulator")
        fault = {"operation": "listPricingTiers", "fault": {"type": "status", "code": 503}}
        httpx.post(f"{control}/faults", json=fault)
        httpx.get(f"{url}/partners/pricing/tiers", headers={"x-request-id": "trace-1"})
        httpx.post(f"{control}/faults", json={**fault, "fault": {"type": "drop_before_commit"}})
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{url}/partners/pricing/tiers", headers={"x-request-id": "trace-2"})
        httpx.get(f"{url}/%1b[2J", headers={"x-request-id": "trace-3"})

    result = simulated("--log", during=call)

    assert "GET /v1/partners/pricing/tiers  503  trace-1  fault: status\n" in result.stdout
    assert "GET /v1/partners/pricing/tiers  no answer  trace-2  fault: drop_before_commit\n" in result.stdout
    assert "GET /v1/\\x1b[2J  401  trace-3\n" in result.stdout
    assert "\x1b" not in result.stdout


def test_nothing_is_logged_unasked() -> None:
    """The terminal stays as it is."""
    result = simulated(during=lambda url: httpx.get(f"{url}/partners/services"))

    assert "/partners/services" not in result.stdout
