"""Which secrets count, and when somebody is asked."""

from __future__ import annotations

import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from webhooks.deliveries import OTHER, SECRET, headers_of
from webhooks.doors import DoorClock, knock, receiver_of
from worlds import World

from cleanlife_ext import ConfigurationError
from cleanlife_ext.webhooks import Inbox, Secret, SignatureScheme
from cleanlife_ext.webhooks.keys.keyring import Keyring, UnknownSecretsError
from cleanlife_ext.webhooks.keys.known import Known
from cleanlife_ext.webhooks.keys.mark import AFTERLIFE, Mark
from cleanlife_ext.webhooks.keys.seal import Seal
from cleanlife_ext.webhooks.keys.vault import Vault

KEY = Fernet.generate_key().decode()
SCHEME = SignatureScheme.CLEANLIFE
ID = "0d0f2b66-1a9e-4a5e-9d6f-2f6a3b6b1c01"
THIRD = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture
def clock() -> DoorClock:
    return DoorClock()


@pytest.fixture
def vault(inbox: Inbox) -> Vault:
    return vault_of(inbox)


def vault_of(inbox: Inbox, key: Any = KEY, scheme: SignatureScheme = SCHEME) -> Vault:
    return Vault(inbox.deliveries.database, None if key is None else Seal(key), scheme)


def kept(vault: Vault, clock: DoorClock, text: str, name: str) -> None:
    """A secret that somebody has rotated to."""
    now = clock.wall()
    mark = Mark(ID, until=now + 600, lease=now + 60)
    assert vault.begin(mark, now)
    assert vault.keep(mark, ID, Secret(text, name), now, now)


def keyring_of(given: Any, vault: Vault, clock: DoorClock) -> Keyring:
    return Keyring(given, vault, SCHEME, clock)


def asked(keyring: Keyring) -> Known:
    return keyring.renewed(keyring.ticket)


class Manager:
    """A secrets manager, that counts how often it is asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self) -> Any:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_given_secrets_are_at_hand_for_ever(inbox: Inbox, clock: DoorClock) -> None:
    """There is nobody to ask."""
    keyring = keyring_of({"spring": SECRET}, vault_of(inbox, None), clock)
    clock.sleep(1_000_000)

    assert keyring.at_hand() == (Secret(SECRET, "spring"),)
    assert asked(keyring) == Known((Secret(SECRET, "spring"),), is_complete=True)


def test_a_function_is_called_when_it_is_needed(inbox: Inbox, clock: DoorClock) -> None:
    """Not when the receiver is made; and again when a minute has passed, so that what was withdrawn ends everywhere."""
    manager = Manager([SECRET])
    keyring = keyring_of(manager, vault_of(inbox, None), clock)

    assert (keyring.at_hand(), manager.asked) == (None, 0)
    assert asked(keyring) == Known((Secret(SECRET),), is_complete=True)
    assert (keyring.at_hand(), manager.asked) == ((Secret(SECRET),), 1)
    clock.sleep(61)
    assert keyring.at_hand() is None


def test_when_a_function_fails_the_last_secrets_stay(
    inbox: Inbox, clock: DoorClock, caplog: pytest.LogCaptureFixture
) -> None:
    """And nobody is refused for want of another one. The log says what kind of error it was, and no more."""
    wrong = [LookupError(SECRET), ["a\0b"], [], "abc", None]
    manager = Manager([SECRET], *wrong, [OTHER])
    keyring = keyring_of(manager, vault_of(inbox, None), clock)
    asked(keyring)

    for _ in wrong:
        assert asked(keyring) == Known((Secret(SECRET),), is_complete=False)
    assert asked(keyring).is_complete
    names = ["LookupError", *["ConfigurationError"] * 4]
    assert [(record.getMessage().split()[0], vars(record)["error"]) for record in caplog.records] == [
        ("cleanlife.webhook.secrets_unavailable", name) for name in names
    ]
    assert SECRET not in caplog.text


def test_a_function_that_never_worked_leaves_all_to_be_delivered_again(world: World, inbox: Inbox) -> None:
    """503, and when it works, 200."""
    receiver = receiver_of(inbox, secrets=Manager(OSError(), OSError(), [SECRET]))

    assert [knock(world, receiver).status for _ in range(3)] == [503, 503, 200]


def test_a_secret_that_is_no_longer_given_counts_a_little_longer(inbox: Inbox, clock: DoorClock) -> None:
    """What was signed with it may be on its way."""
    keyring = keyring_of(Manager([SECRET], [OTHER], [OTHER], [SECRET], [SECRET]), vault_of(inbox, None), clock)
    asked(keyring)

    assert asked(keyring).secrets == (Secret(OTHER), Secret(SECRET))
    clock.sleep(AFTERLIFE + 1)
    assert asked(keyring).secrets == (Secret(OTHER),)
    assert asked(keyring).secrets == (Secret(SECRET), Secret(OTHER))
    clock.sleep(AFTERLIFE + 1)
    assert asked(keyring).secrets == (Secret(SECRET),)


def test_a_function_has_to_be_a_plain_one(inbox: Inbox) -> None:
    """It is called in a thread."""

    async def secrets() -> list[str]:
        return [SECRET]

    with pytest.raises(ConfigurationError, match="a plain function is needed"):
        receiver_of(inbox, secrets=secrets)


def test_a_secret_that_the_scheme_cannot_use_is_refused_at_once(inbox: Inbox, clock: DoorClock) -> None:
    """Or every delivery would be."""
    with pytest.raises(ConfigurationError, match="is no hex"):
        Keyring(["xyz"], vault_of(inbox, None), SignatureScheme(key="hex"), clock)


def test_a_new_secret_is_known_before_anybody_is_refused(world: World, inbox: Inbox) -> None:
    """Whether it comes from a function, or from another process that has rotated."""
    manager, clock = Manager([OTHER], [OTHER, SECRET]), DoorClock()
    receiver = receiver_of(inbox, secrets=manager, encryption_key=KEY, clock=clock)

    assert knock(world, receiver, headers=headers_of(secret=OTHER)).status == 200
    assert knock(world, receiver).status == 200
    third = headers_of(secret=THIRD)
    assert knock(world, receiver, headers=third).status == 401
    kept(vault_of(inbox), clock, THIRD, "autumn")
    assert knock(world, receiver, headers=third).status == 200


def test_many_who_wait_share_an_answer(inbox: Inbox, clock: DoorClock) -> None:
    """One question at a time is under way; who comes when it is half answered waits for the next."""
    running, goes_on, most = [0], threading.Event(), list[int]()

    def slow() -> list[str]:
        running[0] += 1
        most.append(running[0])
        goes_on.wait(10)
        running[0] -= 1
        return [SECRET]

    keyring = keyring_of(slow, vault_of(inbox, None), clock)
    with ThreadPoolExecutor(16) as threads:
        first = threads.submit(asked, keyring)
        while not most:
            pass
        ticket = keyring.ticket
        others = [threads.submit(keyring.renewed, ticket) for _ in range(15)]
        goes_on.set()
        answers = {future.result() for future in [first, *others]}

    assert answers == {Known((Secret(SECRET),), is_complete=True)}
    assert most == [1, 1]


def test_who_waits_too_long_is_told(inbox: Inbox, clock: DoorClock) -> None:
    """A function that hangs must not hold everybody."""
    goes_on, is_asked = threading.Event(), threading.Event()

    def hangs() -> list[str]:
        is_asked.set()
        goes_on.wait(10)
        return [SECRET]

    keyring = Keyring(hangs, vault_of(inbox, None), SCHEME, clock, patience=0.01)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(asked, keyring)
        is_asked.wait(10)
        with pytest.raises(UnknownSecretsError):
            asked(keyring)
        goes_on.set()
        assert first.result().is_complete


def test_nobody_is_refused_while_the_inbox_cannot_be_asked(world: World, tmp_path: Path) -> None:
    """There may be a secret in it, or a rotation under way."""
    receiver = receiver_of(Inbox(f"sqlite:///{tmp_path / 'nowhere' / 'webhooks.db'}"))

    assert knock(world, receiver, headers=headers_of(secret=OTHER)).status == 503


def test_nobody_is_refused_while_a_secret_is_being_rotated(world: World, inbox: Inbox) -> None:
    """Of whatever subscription; and everybody is, when it is over."""
    clock = DoorClock()
    receiver, vault = receiver_of(inbox, clock=clock), vault_of(inbox, None)
    now = clock.wall()
    assert vault.begin(Mark(ID, until=now + 600, lease=now + 60), now)
    strange = headers_of(secret=OTHER, now=now)

    assert knock(world, receiver, headers=strange).status == 503
    assert knock(world, receiver, headers={}).status == 401
    assert knock(world, receiver).status == 200
    clock.sleep(601)
    assert knock(world, receiver, headers=strange).status == 401


def test_a_receiver_may_begin_without_secrets_if_they_are_to_come(world: World, inbox: Inbox) -> None:
    """By a rotation. Until then all is to be delivered again."""
    clock = DoorClock()
    for none in ([], {}, ()):
        receiver = receiver_of(inbox, secrets=none, encryption_key=KEY, clock=clock)
        assert knock(world, receiver).status == 503
    kept(vault_of(inbox), clock, SECRET, "first")
    assert knock(world, receiver).status == 200


def test_a_retired_secret_counts_a_little_longer(vault: Vault, clock: DoorClock) -> None:
    """And is forgotten by the rotation after."""
    for name, text in (("first", SECRET), ("second", OTHER)):
        kept(vault, clock, text, name)
        clock.sleep(1)

    assert [secret.name for secret in vault.known(clock.wall()).secrets] == ["second", "first"]
    clock.sleep(AFTERLIFE)
    assert [secret.name for secret in vault.known(clock.wall()).secrets] == ["second"]
    kept(vault, clock, THIRD, "third")
    assert [secret.name for secret in vault.known(0).secrets] == ["third", "second"]


def test_what_was_retired_elsewhere_ends_here_as_well(world: World, inbox: Inbox) -> None:
    """Though nobody who knows the new one ever calls here."""
    clock = DoorClock()
    vault = vault_of(inbox)
    kept(vault, clock, SECRET, "leaked")
    receiver = receiver_of(inbox, secrets=[], encryption_key=KEY, clock=clock)
    assert knock(world, receiver).status == 200
    kept(vault, clock, OTHER, "new")
    clock.sleep(AFTERLIFE + 1)

    assert knock(world, receiver, headers=headers_of(now=clock.wall())).status == 401


def test_the_key_itself_can_be_replaced(inbox: Inbox, clock: DoorClock) -> None:
    """The newest first; what the old one has sealed is still read."""
    kept(vault_of(inbox, KEY), clock, SECRET, "first")
    clock.sleep(1)
    new = Fernet.generate_key()
    kept(vault_of(inbox, [new, KEY]), clock, OTHER, "second")

    assert [secret.name for secret in vault_of(inbox, [new, KEY]).known(clock.wall()).secrets] == ["second", "first"]
    assert [secret.name for secret in vault_of(inbox, new).known(clock.wall()).secrets] == ["second"]


def test_what_cannot_be_opened_is_left_out_and_told_once(
    inbox: Inbox, clock: DoorClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever forges deliveries does not write the log."""
    kept(vault_of(inbox, KEY), clock, SECRET, "first")
    vault = vault_of(inbox, Fernet.generate_key())
    scheme = vault_of(inbox, KEY, SignatureScheme(key="base64"))
    kept(scheme, clock, "no base64", "second")

    for each in (vault, vault, scheme, scheme):
        each.known(clock.wall())
    names = [vars(record)["secret_name"] for record in caplog.records]
    assert sorted(names) == ["first", "second", "second"]
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_the_inbox_holds_no_secret_in_clear(inbox: Inbox, vault: Vault, clock: DoorClock, file: str) -> None:
    """Whoever has the file has none."""
    kept(vault, clock, SECRET, "first")
    inbox.close()
    path = file.removeprefix("sqlite:///")
    for suffix in ("", "-wal"):
        try:
            with open(path + suffix, "rb") as database:  # noqa: PTH123
                assert SECRET.encode() not in database.read()
        except FileNotFoundError:
            assert suffix


@pytest.mark.parametrize("key", ["", "short", b"x" * 44, 5, [], [KEY, "short"], [5]])
def test_an_encryption_key_is_a_fernet_key(key: Any) -> None:
    """Or the error says how one is made, and quotes nothing."""
    with pytest.raises(ConfigurationError, match=r"Fernet.generate_key\(\)") as refused:
        Seal(key)
    assert "short" not in str(refused.value)
    assert KEY not in repr(refused.value)
    assert KEY not in repr(Seal(KEY))


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who gives a key needs it."""
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'cleanlife-ext\[webhooks\]'"):
        Seal(KEY)
