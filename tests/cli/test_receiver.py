"""The demo's receiver of webhooks."""

from __future__ import annotations

import json

import httpx

from cleanlife_ext.cli.demo.receiver import Receiver, Webhook

BODY = {"deliveryId": "d1", "event": "booking.created", "createdAt": "now", "data": {"status": "in progress"}}


def test_it_keeps_what_arrives_and_says_whether_it_was_signed() -> None:
    """In order; one that is not signed is told apart."""
    with Receiver() as receiver:
        for headers in ({"X-CleanLife-Signature": "sha256=00"}, {}):
            assert httpx.post(receiver.url, content=json.dumps(BODY), headers=headers).status_code == 200
        arrived = receiver.arrived()
        receiver.clear()

        assert arrived == [Webhook("d1", "booking.created", "in progress", is_signed) for is_signed in (True, False)]
        assert receiver.arrived() == []
