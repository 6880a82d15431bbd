"""`cleanlife webhooks diagnose`: from a capture in two files to a line of code."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from webhooks.deliveries import BODY, OTHER, SECRET, headers_of

from cleanlife_ext.cli.app import commands
from cleanlife_ext.webhooks import SignatureScheme

CORRECTED = SignatureScheme(prefix="", encoding="base64")


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def invoked(headers: str, *options: str, body: bytes = BODY, secret: str | None = SECRET, types: str = "") -> Result:
    """What the command does with these files, and with the secret in its variable unless somebody types it."""
    Path("h.txt").write_text(headers, encoding="utf-8", newline="")
    Path("b.json").write_bytes(body)
    arguments = ["webhooks", "diagnose", "--headers", "h.txt", "--body", "b.json", *options]
    env = {"CLEANLIFE_WEBHOOK_SECRET": secret, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    result = CliRunner().invoke(commands(), arguments, env=env, input=types)
    assert SECRET not in result.output
    return result


def test_it_prints_the_line_to_write() -> None:
    """And when it was signed."""
    result = invoked(written(headers_of(scheme=CORRECTED)))
    lines = result.stdout.splitlines()

    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0].startswith("1 of ")
    assert lines[0].endswith(" ways of signing fits:")
    assert "  from cleanlife_ext.webhooks import SignatureScheme" in lines
    assert "  scheme = SignatureScheme(encoding='base64', prefix='')" in lines
    assert lines[-2].startswith("    signed ")
    assert lines[-1].startswith("    note: it was signed ")


def test_a_fresh_capture_needs_no_note() -> None:
    """Its line is the last."""
    result = invoked(written(headers_of(now=time.time())))

    assert result.stdout.splitlines()[-2] == "  scheme = SignatureScheme.CLEANLIFE"
    assert result.stdout.splitlines()[-1].endswith(" s ago")


def test_what_is_not_signed_is_noted() -> None:
    """No age, but a warning."""
    result = invoked(written(headers_of(scheme=SignatureScheme.BODY_ONLY)))

    assert result.stdout.splitlines()[-2:] == [
        "  scheme = SignatureScheme.BODY_ONLY",
        "    note: no time is signed, so whoever has seen a delivery can send it again",
    ]


@pytest.mark.parametrize(
    "headers",
    [
        "POST /hooks HTTP/1.1\r\nHost: shop.example:8080\r\n" + written(headers_of()) + "\r\n",
        ":method: POST\n:path: /hooks\n" + written(headers_of()).replace("\r", "").lower(),
        "\n\n  \nPOST http://shop.example/hooks HTTP/1.1\n" + written(headers_of()).replace(": ", ":"),
        json.dumps(headers_of()),
        json.dumps({**{name: [value] for name, value in headers_of().items()}, "n": 7}, indent=2),
        "\ufeff" + written({"X-First": "1", **headers_of()}),
    ],
)
def test_headers_are_read_as_tools_write_them(headers: str) -> None:
    """Lines, with what else of the request; or JSON."""
    result = invoked(headers)

    assert result.exit_code == 0
    assert "scheme = SignatureScheme.CLEANLIFE" in result.stdout


def test_where_nothing_fits_it_says_what_may_be_the_matter() -> None:
    """With an exit status for whoever scripts it."""
    result = invoked(written(headers_of()), secret=OTHER)

    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith("None of ")
    assert "- a signature may be in: X-CleanLife-Signature\n" in result.stdout
    assert "- is it the secret of this very subscription?" in result.stdout


@pytest.mark.parametrize(("secret", "status"), [(SECRET, 0), (OTHER, 1)])
def test_a_machine_gets_one_document(secret: str, status: int) -> None:
    """With the scheme's fields, or the hints."""
    result = invoked(written(headers_of(scheme=CORRECTED)), "--json", secret=secret)
    document = json.loads(result.stdout)

    assert result.exit_code == status
    assert list(document) == ["fits", "hints", "tried"]
    assert bool(document["hints"]) == bool(status)
    assert [(fit["line"], fit["scheme"]["encoding"]) for fit in document["fits"]] == [
        ("SignatureScheme(encoding='base64', prefix='')", "base64")
    ][status:]


def test_a_secret_is_asked_for_and_not_shown() -> None:
    """On the standard error, so that a document stays one. It is no argument: those are seen by all on a machine."""
    result = invoked(written(headers_of()), "--json", secret=None, types=f"{SECRET}\n")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["fits"][0]["line"] == "SignatureScheme.CLEANLIFE"
    assert result.stderr.startswith("Secret:")


@pytest.mark.parametrize("headers", ["", "POST / HTTP/1.1\n\n", "{", "[]", "{}", '{"a": 7}', "\0\x85"])
def test_a_file_without_headers_is_told(headers: str) -> None:
    """In a line."""
    result = invoked(headers)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("cleanlife: --headers: there is none in it; lines like Name: value")


def test_a_file_that_is_not_there_is_told() -> None:
    """By the option's name."""
    result = CliRunner().invoke(commands(), ["webhooks", "diagnose", "--headers", "h.txt", "--body", "b.json"])

    assert result.exit_code == 2
    assert "--headers" in result.stderr


def test_the_commands_say_what_they_are_for() -> None:
    """Where somebody looks."""
    result = CliRunner().invoke(commands(), ["webhooks", "--help"], env={"TERM": "dumb", "NO_COLOR": "1"})

    assert "diagnose" in result.stdout
