"""Every operation, every outcome, every history: what is decided, written down to be read beside the documentation.

The tables below say it in words; nothing in them is computed.

- `again`: after a wait it is sent again, blindly, because that does no harm;
- `look`: after a wait it is looked up, and sent again only if nothing is to be seen;
- `last`: after a wait it is looked up for the last time, and not sent again;
- `cool`: after the cool-down of a 429 it goes on, and no attempt is used up;
- `end`: nothing follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs
import pytest
from engine.invented import PARCELS, answer

from cleanlife_ext import APIConnectionError, APITimeoutError, CleanLifeError, DeadlineExceededError
from cleanlife_ext.engine.check import verdict
from cleanlife_ext.engine.message import Headers, Response
from cleanlife_ext.engine.retry import Decision, History, decide
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.provider import CLEANLIFE

# Which operations behave alike. `notes` is an `updateBooking` of notes, which no answer shows.
COLUMNS = {
    "safe": [
        *("listServices", "getService", "listAvailableTimeslots", "listPricingTiers", "calculatePrice"),
        *("listBookings", "listCancellationReasons", "getBookingStatus", "findOrCreateContact", "getContact"),
        *("listSubscriptions", "updateSubscription", "rotateSecret", "listDeliveries"),
    ],
    "create": ["createBooking"],
    "update": ["updateBooking"],
    "notes": ["updateBooking"],
    "cancel": ["cancelBooking", "confirmPayment"],
    "subscribe": ["createSubscription"],
    "delete": ["deleteSubscription", "retryDelivery"],
}
VISIBLE = {"create", "update", "cancel", "subscribe"}
HARMLESS = {"cancel"}  # Sent again before anything is looked for.

FIRST_ATTEMPT = """
                              safe   create update notes  cancel subscribe delete
    not sent                  again  again  again  again  again  again     again
    not sent in time          again  again  again  again  again  again     again
    lost                      again  look   look   again  again  look      again
    timeout                   again  look   look   again  again  look      again
    deadline, not sent        end    end    end    end    end    end       end
    deadline, sent            end    end    end    end    end    end       end
    429                       cool   cool   cool   cool   cool   cool      cool
    429, Retry-After: 7       cool   cool   cool   cool   cool   cool      cool
    429 page                  cool   cool   cool   cool   cool   cool      cool
    500                       again  look   look   again  again  look      again
    502                       again  look   look   again  again  look      again
    502 page                  again  look   look   again  again  look      again
    503                       again  look   look   again  again  look      again
    503, Retry-After: 7       again  look   look   again  again  look      again
    504                       again  look   look   again  again  look      again
    520                       again  look   look   again  again  look      again
    522                       again  look   look   again  again  look      again
    501                       end    last   last   end    last   last      end
    505                       end    last   last   end    last   last      end
    200 page                  end    look   look   again  again  look      again
    200 of a wrong shape      end    look   look   again  again  look      again
    204                       end    look   look   again  again  look      again
    302 page                  end    last   last   end    last   last      end
    403 page                  end    last   last   end    last   last      end
    400                       end    end    end    end    end    end       end
    401                       end    end    end    end    end    end       end
    403                       end    end    end    end    end    end       end
    404                       end    end    end    end    end    end       end
    405                       end    end    end    end    end    end       end
    408                       end    end    end    end    end    end       end
    409                       end    end    end    end    end    end       end
    418                       end    end    end    end    end    end       end
    422                       end    end    end    end    end    end       end
    422 booking failed        end    again  end    end    end    end       end
    500 booking failed        again  look   look   again  again  look      again
    409 reference taken       end    end    end    end    end    end       end
    500 reference taken       again  look   look   again  again  look      again
    done before               end    end    end    end    end    end       end
"""

# Only writes come here. A refusal does so only where it was not settled what became of the attempt before it.
AFTER_AN_AMBIGUOUS_ATTEMPT = """
                              create update notes  cancel subscribe delete
    not sent                  look   look   again  again  look      again
    not sent in time          look   look   again  again  look      again
    lost                      look   look   again  again  look      again
    timeout                   look   look   again  again  look      again
    deadline, not sent        end    end    end    end    end       end
    deadline, sent            end    end    end    end    end       end
    429                       cool   cool   cool   cool   cool      cool
    429, Retry-After: 7       cool   cool   cool   cool   cool      cool
    500                       look   look   again  again  look      again
    502 page                  look   look   again  again  look      again
    503, Retry-After: 7       look   look   again  again  look      again
    522                       look   look   again  again  look      again
    501                       last   last   end    last   last      end
    200 page                  look   look   again  again  look      again
    302 page                  last   last   end    last   last      end
    400                       last   last   end    last   last      end
    401                       last   last   end    last   last      end
    403                       last   last   end    last   last      end
    404                       last   last   end    last   last      end
    409                       last   last   end    last   last      end
    422                       last   last   end    last   last      end
    422 booking failed        look   last   end    last   last      end
    409 reference taken       look   last   end    last   last      end
"""

ATTEMPTS_USED_UP = """
                              safe   create update notes  cancel subscribe delete
    not sent                  end    end    end    end    end    end       end
    lost                      end    last   last   end    last   last      end
    timeout                   end    last   last   end    last   last      end
    deadline, sent            end    end    end    end    end    end       end
    429                       cool   cool   cool   cool   cool   cool      cool
    500                       end    last   last   end    last   last      end
    502 page                  end    last   last   end    last   last      end
    503, Retry-After: 7       end    last   last   end    last   last      end
    501                       end    last   last   end    last   last      end
    200 page                  end    last   last   end    last   last      end
    302 page                  end    last   last   end    last   last      end
    404                       end    end    end    end    end    end       end
    422 booking failed        end    end    end    end    end    end       end
    409 reference taken       end    end    end    end    end    end       end
"""

USED_UP_AFTER_AN_AMBIGUOUS_ATTEMPT = """
                              create update notes  cancel subscribe delete
    not sent                  last   last   end    last   last      end
    lost                      last   last   end    last   last      end
    429                       cool   cool   cool   cool   cool      cool
    500                       last   last   end    last   last      end
    401                       last   last   end    last   last      end
    422 booking failed        last   last   end    last   last      end
    409 reference taken       last   last   end    last   last      end
"""

# What failed is a look; of `cancel`, the one that tells what a refusal means.
A_LOOK_FAILED = """
                              create update cancel subscribe
    not sent                  look   look   again  look
    lost                      look   look   again  look
    timeout                   look   look   again  look
    deadline, not sent        end    end    end    end
    deadline, sent            end    end    end    end
    429                       end    end    end    end
    500                       look   look   again  look
    502 page                  look   look   again  look
    503, Retry-After: 7       look   look   again  look
    501                       last   last   last   last
    200 page                  look   look   again  look
    302 page                  look   look   again  look
    403 page                  look   look   again  look
    400                       end    end    end    end
    401                       end    end    end    end
    403                       end    end    end    end
    404                       end    end    end    end
"""

A_LOOK_FAILED_WITH_ATTEMPTS_USED_UP = """
                              create update cancel subscribe
    not sent                  last   last   last   last
    lost                      last   last   last   last
    429                       end    end    end    end
    500                       last   last   last   last
    302 page                  last   last   last   last
    401                       end    end    end    end
"""

THE_LAST_LOOK_FAILED = """
                              create update cancel subscribe
    not sent                  end    end    end    end
    lost                      end    end    end    end
    deadline, sent            end    end    end    end
    429                       end    end    end    end
    500                       end    end    end    end
    503, Retry-After: 7       end    end    end    end
    501                       end    end    end    end
    200 page                  end    end    end    end
    302 page                  end    end    end    end
    401                       end    end    end    end
    404                       end    end    end    end
"""

# Operations with a key in a header, of an API that nobody has. `parcel` is looked for before it is sent again, `label`
# is sent again first, `note` and `print` cannot be looked for, and of the key of `scan` nobody knows how long it lives.
# `change` bears the version that it is made to; `stock` must not be sent twice.
KEYED = {
    "parcel": "createParcel",
    "label": "createLabel",
    "note": "createNote",
    "print": "printParcel",
    "scan": "createScan",
    "change": "changeParcel",
    "stock": "fetchStock",
}

WITH_A_KEY = """
                              parcel label note  print scan  change stock
    not sent                  again  again again again again again  again
    lost                      look   again again again end   look   end
    503, Retry-After: 7       look   again again again end   look   end
    501                       last   last  end   end   end   last   end
    202                       still  still still still end   look   end
    409                       end    end   end   end   end   end    end
    409, no code              end    end   end   end   end   end    end
    412                       end    end   end   end   end   end    end
    409 taken                 end    end   end   end   end   end    end
    429                       cool   cool  cool  cool  cool  cool   cool
"""

WITH_A_KEY_AFTER_AN_AMBIGUOUS_ATTEMPT = """
                              parcel label note  print scan  change stock
    not sent                  look   again again again end   look   end
    lost                      look   again again again end   look   end
    202                       still  still still still end   look   end
    409                       last   last  end   end   end   last   end
    409, no code              last   last  end   end   end   last   end
    412                       last   last  end   end   end   last   end
    409 taken                 look   again end   end   end   last   end
    429                       cool   cool  cool  cool  cool  cool   cool
"""

WITH_A_FORGOTTEN_KEY_AFTER_AN_AMBIGUOUS_ATTEMPT = """
                              parcel label note  print
    not sent                  last   last  end   end
    lost                      last   last  end   end
    503, Retry-After: 7       last   last  end   end
    202                       last   last  end   end
    409, no code              last   last  end   end
    409 taken                 last   last  end   end
    429                       cool   cool  cool  cool
"""

# Half of what is left between the shortest wait and the longest after so many attempts.
BACKOFF = {1: 1.5, 2: 2.5, 4: 8.5}
ASKED = {
    "429": 0.0,
    "429 page": 0.0,
    "429, Retry-After: 7": 0.0,
    "503, Retry-After: 7": 7.0,
}  # The rate limiter waits for a 429.

AMBIGUOUS = {
    *("lost", "timeout", "deadline, sent", "500", "501", "502", "502 page", "503", "503, Retry-After: 7", "504", "505"),
    *("520", "522", "200 page", "200 of a wrong shape", "204", "302 page", "403 page"),
    *("500 booking failed", "500 reference taken"),
}
OTHERWISE_DONE = {
    "cancelBooking": (422, "BOOKING_ALREADY_CANCELLED"),
    "confirmPayment": (422, "PAYMENT_ALREADY_CONFIRMED"),
    "retryDelivery": (404, "DELIVERY_NOT_RETRYABLE"),
}


def answered(status: int, code: str = "SOME_CODE", **headers: str) -> Callable[[Operation], CleanLifeError]:
    """The API says no."""
    content = b'{"success": false, "error": {"code": "%s", "message": "no"}}' % code.encode()
    return came(status, content, **headers)


def came(status: int, content: bytes, **headers: str) -> Callable[[Operation], CleanLifeError]:
    """These bytes come."""
    fields = Headers((name.replace("_", "-"), value) for name, value in headers.items())

    def error(operation: Operation) -> CleanLifeError:
        judged = verdict(CLEANLIFE, operation, Response(status, fields, content))
        assert judged is not None
        return judged

    return error


PAGE = b"<h1>Hello</h1>"
OUTCOMES: dict[str, Callable[[Operation], CleanLifeError]] = {
    "not sent": lambda _: APIConnectionError("refused"),
    "not sent in time": lambda _: APITimeoutError("no connection"),
    "lost": lambda _: APIConnectionError("reset", sent=True),
    "timeout": lambda _: APITimeoutError("no answer", sent=True),
    "deadline, not sent": lambda _: DeadlineExceededError("too late"),
    "deadline, sent": lambda _: DeadlineExceededError("too late", sent=True),
    "429, Retry-After: 7": answered(429, retry_after="7"),
    "503, Retry-After: 7": answered(503, retry_after="7"),
    **{f"{status} page": came(status, PAGE) for status in (200, 302, 403, 429, 502)},
    "200 of a wrong shape": came(200, b'{"success": true, "data": 3}'),
    "204": came(204, b""),
    "422 booking failed": answered(422, "BOOKING_CREATION_FAILED"),
    "500 booking failed": answered(500, "BOOKING_CREATION_FAILED"),
    "409 reference taken": answered(409, "DUPLICATE_EXTERNAL_REFERENCE"),
    "500 reference taken": answered(500, "DUPLICATE_EXTERNAL_REFERENCE"),
    "done before": lambda operation: answered(*OTHERWISE_DONE.get(operation.id, (404, "RESOURCE_NOT_FOUND")))(
        operation
    ),
    **{
        str(status): answered(status)
        for status in (400, 401, 403, 404, 405, 408, 409, 418, 422, 429, 500, 501, 502, 503, 504, 505, 520, 522)
    },
}


def cells(table: str) -> Iterator[tuple[str, str, str, str]]:
    """Each cell of *table*: column, operation, outcome, and what stands in it."""
    head, *rows = [line for line in table.splitlines() if line.strip()]
    columns = head.split()
    for row in rows:
        outcome, words = row[:30].strip(), row[30:].split()
        for column, word in zip(columns, words, strict=True):
            for id in COLUMNS[column]:
                yield column, id, outcome, word


Row = dict[tuple[str, str], str]


def rows(table: str) -> list[object]:
    """The rows as parameters of a test: an outcome, and what follows it, by column and operation."""
    words: dict[str, Row] = {}
    for column, id, outcome, word in cells(table):
        words.setdefault(outcome, {})[column, id] = word
    return [pytest.param(outcome, row, id=outcome) for outcome, row in words.items()]


def word_for(decision: Decision, *, visible: bool, rate: bool) -> str:
    """What follows a decision, as the loop acts on it."""
    if decision.wait is None:
        return "end"
    if rate:
        return "cool"
    if decision.last:
        return "last"
    return "look" if "looked up before" in decision.reason and visible else "again"


def check(outcome: str, row: Row, history: Callable[[str], History]) -> None:
    """Compare a row with what is decided: the words, and how long is waited."""
    assert {cell: decided(*cell, outcome, history(cell[0])) for cell in row} == row


def decided(column: str, id: str, outcome: str, history: History) -> str:
    """The word of one cell."""
    operation = CLEANLIFE.operations[id]
    error = OUTCOMES[outcome](operation)

    decision = decide(CLEANLIFE.rules, operation, error, history, chance=0.5, wall=0.0)

    word = word_for(decision, visible=column in VISIBLE, rate=outcome.startswith("429"))
    assert decision.reason, (id, column)
    if word != "end":
        assert decision.wait == ASKED.get(outcome, BACKOFF[history.counted]), (id, column)
    return word


def seen(column: str) -> History:
    """What is known of a request of this kind: whether its effect can be seen, and whether it may be sent blindly."""
    return History(4, visible=column in VISIBLE, harmless=column in HARMLESS)


def first_doubt(counted: int, outcome: str) -> Callable[[str], History]:
    """After so many attempts, of which none before this one was ambiguous."""
    return lambda column: attrs.evolve(
        seen(column), counted=counted, in_doubt=column != "safe" and outcome in AMBIGUOUS
    )


def old_doubt(counted: int) -> Callable[[str], History]:
    """After so many attempts, of which an earlier one may have taken effect."""
    return lambda column: attrs.evolve(seen(column), counted=counted, in_doubt=True)


def looking(counted: int, *, last: bool = False) -> Callable[[str], History]:
    """What failed was a look."""
    return lambda column: attrs.evolve(seen(column), counted=counted, in_doubt=True, looking=True, looked_last=last)


def test_the_columns_are_all_operations() -> None:
    """A new one is put into the tables, or this fails."""
    assert {id for ids in COLUMNS.values() for id in ids} == set(CLEANLIFE.operations)
    assert set(COLUMNS["safe"]) == {id for id, operation in CLEANLIFE.operations.items() if operation.repeat.safe}


def test_the_first_table_has_all_outcomes() -> None:
    """And every operation in each of them."""
    found = list(cells(FIRST_ATTEMPT))

    assert {outcome for _, _, outcome, _ in found} == set(OUTCOMES)
    assert len(found) == len(OUTCOMES) * (len(CLEANLIFE.operations) + 1)


@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_what_may_have_taken_effect_is_known(outcome: str) -> None:
    """Whatever the operation: bytes were sent, and no definite answer came back."""
    for operation in CLEANLIFE.operations.values():
        assert OUTCOMES[outcome](operation).ambiguous is (outcome in AMBIGUOUS)


@pytest.mark.parametrize(("outcome", "row"), rows(FIRST_ATTEMPT))
def test_after_the_first_attempt(outcome: str, row: Row) -> None:
    """The first of four; nothing was sent before."""
    check(outcome, row, first_doubt(1, outcome))


@pytest.mark.parametrize(("outcome", "row"), rows(AFTER_AN_AMBIGUOUS_ATTEMPT))
def test_after_an_ambiguous_attempt(outcome: str, row: Row) -> None:
    """The second of four; the first may have taken effect."""
    check(outcome, row, old_doubt(2))


@pytest.mark.parametrize(("outcome", "row"), rows(ATTEMPTS_USED_UP))
def test_after_all_attempts(outcome: str, row: Row) -> None:
    """Four of four; none before was ambiguous."""
    check(outcome, row, first_doubt(4, outcome))


@pytest.mark.parametrize(("outcome", "row"), rows(USED_UP_AFTER_AN_AMBIGUOUS_ATTEMPT))
def test_after_all_attempts_of_which_one_was_ambiguous(outcome: str, row: Row) -> None:
    """Four of four; an earlier one may have taken effect."""
    check(outcome, row, old_doubt(4))


@pytest.mark.parametrize(("outcome", "row"), rows(A_LOOK_FAILED))
def test_after_a_look_that_failed(outcome: str, row: Row) -> None:
    """It has used up an attempt, and after a definite refusal no other look would tell more."""
    check(outcome, row, looking(2))


@pytest.mark.parametrize(("outcome", "row"), rows(A_LOOK_FAILED_WITH_ATTEMPTS_USED_UP))
def test_after_a_look_that_failed_as_the_last_attempt(outcome: str, row: Row) -> None:
    """One more look is always taken."""
    check(outcome, row, looking(4))


@pytest.mark.parametrize(("outcome", "row"), rows(THE_LAST_LOOK_FAILED))
def test_after_the_last_look(outcome: str, row: Row) -> None:
    """It was the last."""
    check(outcome, row, looking(4, last=True))


def with_a_key(table: str) -> list[object]:
    """The rows of a table of operations with a key: an outcome, and what follows it, by column."""
    head, *lines = [line for line in table.splitlines() if line.strip()]
    rows = {line[:30].strip(): dict(zip(head.split(), line[30:].split(), strict=True)) for line in lines}
    return [pytest.param(outcome, row, id=outcome) for outcome, row in rows.items()]


def refused(status: int, code: str = "") -> Callable[[Operation], CleanLifeError]:
    """The invented API says no, or not yet."""
    body = {"kind": "problem", "issue": [{"severity": "error", "code": code}]} if code else None

    def error(operation: Operation) -> CleanLifeError:
        judged = verdict(PARCELS, operation, answer(status, body))
        assert judged is not None
        return judged

    return error


KEYED_OUTCOMES: dict[str, Callable[[Operation], CleanLifeError]] = {
    **{outcome: OUTCOMES[outcome] for outcome in ("not sent", "lost")},
    "501": refused(501),
    "503, Retry-After: 7": lambda operation: came_bare(operation, 503, retry_after="7"),
    "202": refused(202),
    "409": refused(409, "other"),
    "409, no code": refused(409),
    "409 taken": refused(409, "duplicate"),
    "412": refused(412),
    "429": refused(429),
}


def came_bare(operation: Operation, status: int, **headers: str) -> CleanLifeError:
    """A status with headers, and nothing else."""
    judged = verdict(PARCELS, operation, answer(status, None, **headers))
    assert judged is not None
    return judged


def keyed(column: str, outcome: str, *, doubted: bool, forgotten: bool = False) -> str:
    """What follows, in a word: as in the other tables, or `still` for what the API is still at."""
    operation = PARCELS.operations[KEYED[column]]
    error = KEYED_OUTCOMES[outcome](operation)
    history = History(
        4,
        counted=2 if doubted else 1,
        in_doubt=doubted or error.ambiguous,
        visible=column in {"parcel", "label", "change"},
        harmless=column in {"label", "note", "print"},
        forgotten=forgotten,
    )

    decision = decide(PARCELS.rules, operation, error, history, chance=0.5, wall=0.0)

    if "still at it" in decision.reason:
        return "still"
    return word_for(decision, visible=history.visible, rate=outcome == "429")


@pytest.mark.parametrize(("outcome", "row"), with_a_key(WITH_A_KEY))
def test_with_a_key_after_the_first_attempt(outcome: str, row: dict[str, str]) -> None:
    """The key makes it harmless to send it again, for as long as it lives."""
    assert {column: keyed(column, outcome, doubted=False) for column in row} == row


@pytest.mark.parametrize(("outcome", "row"), with_a_key(WITH_A_KEY_AFTER_AN_AMBIGUOUS_ATTEMPT))
def test_with_a_key_after_an_ambiguous_attempt(outcome: str, row: dict[str, str]) -> None:
    """No refusal of the key is believed, and none is sent again for."""
    assert {column: keyed(column, outcome, doubted=True) for column in row} == row


@pytest.mark.parametrize(("outcome", "row"), with_a_key(WITH_A_FORGOTTEN_KEY_AFTER_AN_AMBIGUOUS_ATTEMPT))
def test_with_a_key_that_is_forgotten(outcome: str, row: dict[str, str]) -> None:
    """Nothing is sent again, whatever came back."""
    assert {column: keyed(column, outcome, doubted=True, forgotten=True) for column in row} == row


@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_what_must_never_be_repeated_is_not(outcome: str) -> None:
    """An operation with `x-repeat: never` is sent again only if it was not sent, or turned away for the rate."""
    operation = Operation.read("pay", {**NEVER, "repeat": "never"})
    error = OUTCOMES[outcome](CLEANLIFE.operations["cancelBooking"])

    decision = decide(CLEANLIFE.rules, operation, error, History(4, 1, in_doubt=error.ambiguous), 0.5, 0.0)

    goes_on = outcome in {"not sent", "not sent in time"} or outcome.startswith("429")
    assert (decision.wait is not None) is goes_on
    if error.ambiguous:
        assert decision.reason.endswith("it may have taken effect, and sending it twice is not safe")


NEVER = {"method": "POST", "path": "/pay", "tag": "pay", "statuses": [200], "accepts": {}}


@pytest.mark.parametrize(
    ("id", "outcome", "history", "reason"),
    [
        ("getContact", "lost", History(4, 1), "APIConnectionError: backoff after attempt 1"),
        ("getContact", "503, Retry-After: 7", History(4, 1), "503: the server asked for 7 s"),
        ("getContact", "lost", History(4, 4), "that was attempt 4 of 4"),
        ("getContact", "404", History(4, 1), "sending it again would not help"),
        (
            *("createBooking", "lost", History(4, 1, in_doubt=True, visible=True)),
            "APIConnectionError: it may have taken effect; looked up before it is sent again; backoff after attempt 1",
        ),
        (
            *("createBooking", "503, Retry-After: 7", History(4, 1, in_doubt=True, visible=True)),
            "503: it may have taken effect; looked up before it is sent again; the server asked for 7 s",
        ),
        (
            *("cancelBooking", "timeout", History(4, 1, in_doubt=True, visible=True, harmless=True)),
            "APITimeoutError: it may have taken effect; sent again, which does no harm; backoff after attempt 1",
        ),
        (
            *("createBooking", "401", History(4, 2, in_doubt=True, visible=True)),
            "401: an earlier attempt may have taken effect; a last look; backoff after attempt 2",
        ),
        (
            *("createBooking", "lost", History(4, 4, in_doubt=True, visible=True)),
            "APIConnectionError: it may have taken effect; no attempt is left; a last look; backoff after attempt 4",
        ),
        (
            *("deleteSubscription", "lost", History(4, 4, in_doubt=True)),
            "APIConnectionError: it may have taken effect; no attempt is left; nothing says whether it has",
        ),
        (
            *("createBooking", "deadline, sent", History(4, 1, in_doubt=True, visible=True)),
            "DeadlineExceededError: it may have taken effect, and no time is left",
        ),
        (
            *("createBooking", "500", History(4, 2, in_doubt=True, visible=True, looking=True)),
            "the lookup failed; looked up before it is sent again; backoff after attempt 2",
        ),
        (
            *("createBooking", "401", History(4, 2, in_doubt=True, visible=True, looking=True)),
            "the lookup was refused, and nothing else says whether it has taken effect",
        ),
        (
            *("createBooking", "500", History(4, 4, in_doubt=True, visible=True, looking=True, looked_last=True)),
            "the lookup failed, and it was the last look",
        ),
    ],
)
def test_reasons_are_for_people(id: str, outcome: str, history: History, reason: str) -> None:
    """Who is on call reads why something was sent again, or why not."""
    operation = CLEANLIFE.operations[id]

    assert decide(CLEANLIFE.rules, operation, OUTCOMES[outcome](operation), history, 0.5, 0.0).reason == reason
