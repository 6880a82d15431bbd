"""Deliveries that CleanLife has given up, and sending them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import typer
from cleanlife_client.models import Delivery, RetriedDelivery
from rich.text import Text

from cleanlife_ext.cli.printing import lines, new_console, new_table
from cleanlife_ext.client import CleanLife
from cleanlife_ext.errors import CleanLifeError

__all__ = ["list_failed", "retry", "watch_failed"]

FAILED = "FAILED"


def list_failed(client: CleanLife, subscription_id: str | None, *, as_json: bool) -> bool:
    """Print the failed deliveries; whether there are any."""
    failed = _failed(client, subscription_id)
    _print(failed, as_json=as_json)
    if not as_json:
        typer.echo(f"{len(failed)} failed {'delivery' if len(failed) == 1 else 'deliveries'}.")
    return bool(failed)


def watch_failed(
    client: CleanLife,
    subscription_id: str | None,
    *,
    every: float,
    until_found: bool,
    as_json: bool,
    sleep: Callable[[float], None],
) -> None:
    """Print each failed delivery once, looking again every so many seconds; *until_found* ends it with the first."""
    known = set[UUID]()
    while True:
        try:
            failed = [each for each in _failed(client, subscription_id) if each.id not in known]
        except CleanLifeError as error:  # Whoever watches goes on when the network is back.
            typer.echo(f"cleanlife: {error}", err=True)
            failed = []
        if failed:
            _print(failed, as_json=as_json)
            known.update(each.id for each in failed)
            if until_found:
                return
        sleep(every)


def retry(client: CleanLife, ids: Sequence[str], *, as_json: bool) -> bool:
    """Have these sent again, or all that have failed if there are none; whether that was taken for all of them."""
    console, results = new_console(), []
    for id in ids or [str(each.id) for each in _failed(client, None)]:
        results.append(result := _retried(client, id))
        if as_json:
            lines([result])
        else:
            console.print(Text(f"{id}  {result['error'] or 'is sent again'}"), soft_wrap=True)
    if not results and not as_json:
        console.print("No delivery has failed.")
    return not any(result["error"] for result in results)


def _failed(client: CleanLife, subscription_id: str | None) -> list[Delivery]:
    return client.webhooks.deliveries.list(status=FAILED, subscription_id=subscription_id).all()


def _retried(client: CleanLife, id: str) -> dict[str, Any]:
    status, error = None, None
    try:
        retried: RetriedDelivery = client.webhooks.deliveries.retry(id)
        status = str(retried.status)
    except (CleanLifeError, ValueError) as reason:
        error = str(reason)
    return {"delivery_id": id, "status": status, "error": error}


def _print(failed: Sequence[Delivery], *, as_json: bool) -> None:
    if as_json:
        lines(map(_fields, failed))
    elif failed:
        table = new_table(header=True)
        table.add_column("Delivery", width=36)
        table.add_column("Event", width=18, overflow="fold")
        table.add_column("Answer", ratio=1)
        table.add_column("Since", width=11)
        for each in failed:
            table.add_row(
                str(each.id),
                Text(str(each.event).removeprefix("booking.")),
                Text(_answer(each)),
                each.created_at[5:16].replace("T", " "),
            )
        new_console().print(table)


def _fields(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": str(delivery.id),
        "subscription_id": str(delivery.subscription_id),
        "event": str(delivery.event),
        "attempts": delivery.attempt_count,
        "status_code": delivery.status_code,
        "error": delivery.error,
        "created_at": delivery.created_at,
    }


def _answer(delivery: Delivery) -> str:
    """What your receiver said to the last attempt."""
    return str(delivery.status_code or delivery.error or "none")
