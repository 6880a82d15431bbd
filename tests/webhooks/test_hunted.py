"""Defects of the receiving side that somebody went looking for, and found."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from webhooks.deliveries import ID, OTHER, SECRET, headers_of
from webhooks.doors import knock
from worlds import World, refused

from cleanlife_ext import CleanLifeError
from cleanlife_ext.webhooks import Inbox, WebhookReceiver

KEY = Fernet.generate_key().decode()
NEW = "89abcdef01234567" * 4


def clock_of(client: Any) -> Any:
    return client.generated.session.core.clock


def is_open(world: World, receiver: WebhookReceiver, clock: Any) -> bool:
    """Whether what cannot be verified is delivered again."""
    return knock(world, receiver, headers=headers_of(secret=OTHER, now=clock.wall())).status == 503


def test_a_refusal_does_not_end_a_doubt_from_before(world: World, inbox: Inbox) -> None:
    """The secret that nobody knows is as unknown as before, so what it signs is still delivered again."""
    late = httpx.ReadTimeout("late")
    with world.client(late, refused(403, "FORBIDDEN"), max_attempts=1) as (client, _):
        clock = clock_of(client)
        receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, encryption_key=KEY, clock=clock)
        for _ in range(2):
            with pytest.raises(CleanLifeError):
                world(receiver.rotate(client, ID))
        assert is_open(world, receiver, clock)
        clock.sleep(600)
        assert not is_open(world, receiver, clock)
