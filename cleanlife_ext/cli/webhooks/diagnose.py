"""`cleanlife webhooks diagnose`: a capture in two files, and what fits it."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

import attrs
import typer

from cleanlife_ext.webhooks.diagnosis.diagnosis import Diagnosis, Fit, diagnose
from cleanlife_ext.webhooks.events import content_of
from cleanlife_ext.webhooks.signing.checks import HEADER
from cleanlife_ext.webhooks.signing.clocks import ago

__all__ = ["examined", "show"]


def examined(headers: bytes, body: bytes, secret: str) -> Diagnosis:
    """What fits the capture."""
    headers = headers.removeprefix(codecs.BOM_UTF8)  # Editors put it there, and the first header would be lost.
    pairs = list(_of_json(headers) if headers.lstrip().startswith(b"{") else _of_lines(headers))
    if not pairs:
        raise ValueError("--headers: there is none in it; lines like Name: value, or a JSON object, are needed")
    return diagnose(body, pairs, secret)


def show(diagnosis: Diagnosis, *, as_json: bool) -> None:
    """Print it, for people or for machines."""
    if as_json:
        typer.echo(json.dumps(attrs.asdict(diagnosis), indent=2))
    elif diagnosis.fits:
        typer.echo(f"{_counted(diagnosis)}:\n\n  from cleanlife_ext.webhooks import SignatureScheme\n")
        typer.echo("\n".join(line for fit in diagnosis.fits for line in _of_fit(fit)))
    else:
        typer.echo(f"{_counted(diagnosis)}. What may be the matter:\n")
        typer.echo("\n".join(f"- {hint}" for hint in diagnosis.hints))


def _of_json(text: bytes) -> Iterator[tuple[str, str]]:
    for name, value in (content_of(text) or {}).items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield name, each


def _of_lines(text: bytes) -> Iterator[tuple[str, str]]:
    """The lines that are headers. A request line, which may stand above them, is none."""
    for line in text.decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if colon and HEADER.fullmatch(name):
            yield name, value


def _counted(diagnosis: Diagnosis) -> str:
    fits = len(diagnosis.fits)
    return f"{fits or 'None'} of {diagnosis.tried} ways of signing {'fits' if fits == 1 else 'fit'}"


def _of_fit(fit: Fit) -> Iterator[str]:
    yield f"  scheme = {fit.line}"
    if fit.age is not None:
        yield f"    signed {ago(fit.age)}"
    if fit.note:
        yield f"    note: {fit.note}"
