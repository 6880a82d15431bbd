"""The switches: what the documentation leaves open, or says in two ways."""

from typing import Any, Literal, TypedDict

import attrs
from attrs import field, frozen

_DAY = 86_400
_MOST_SECONDS = 366 * _DAY


def _seconds(_owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    # A number that is none fails the comparison too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_SECONDS:
        raise ValueError(f"{attribute.name} must be a number of seconds from 0 to {_MOST_SECONDS}")


def _whole_or_none(least: int) -> Any:
    def check(_owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ValueError(f"{attribute.name} must be a whole number of at least {least}, or None")

    return check


def _seconds_or_none(owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None:
        _seconds(owner, attribute, value)


def _one_of(*choices: object) -> Any:
    def check(_owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise ValueError(f"{attribute.name} must be one of {', '.join(map(repr, choices))}")

    return check


_SWITCH = _one_of(True, False)  # noqa: FBT003 - the values themselves


@frozen(kw_only=True)
class Settings:
    """The switches of a simulator; seconds count by its clock.

    Attributes:
        token_lifetime: Seconds for which a token is good.
        assertion_times: Whether assertions must be of this time. Switch it off where the clocks of simulator and client
            differ. (An assertion may be right by the clock as it was given, or as it was advanced.)
        key_lifetime: Seconds for which an idempotency key is kept, from the first receipt on.
        creation_takes: Seconds for which a repeated creation finds the first one in progress. The first answer itself
            is not held back, and what it made can be found at once.
        conflict_body: What a 409 for a reused key has as its body.
        created_body: What a 201 has as its body.
        location: How addresses are spelled.
        job_header: Which header tells where to poll.
        job_takes: Seconds that a job runs; `None`: until `finish` or `fail` is called.
        job_result: What a retrieval gives: a searchset, or a Parameters resource with five counters.
        job_retry_after: Seconds that the 202 of a poll asks to wait.
        result_lifetime: Seconds for which a job that has ended is remembered.
        missing_status: The status where a needed field is missing.
        version_status: The status where If-Match names another version.
        rate_limit: Requests per 60 seconds that a client may make to one operation.
        allow_http: Whether subscriptions may name plain HTTP, and this machine.
    """

    token_lifetime: float = field(default=3600, validator=_seconds)
    assertion_times: bool = field(default=True, validator=_SWITCH)
    key_lifetime: float = field(default=3600, validator=_seconds)
    creation_takes: float = field(default=0, validator=_seconds)
    conflict_body: Literal["empty", "operationoutcome"] = field(
        default="empty", validator=_one_of("empty", "operationoutcome")
    )
    created_body: Literal["resource", "empty"] = field(default="resource", validator=_one_of("resource", "empty"))
    location: Literal["absolute", "relative"] = field(default="absolute", validator=_one_of("absolute", "relative"))
    job_header: Literal["Location", "Content-Location"] = field(
        default="Location", validator=_one_of("Location", "Content-Location")
    )
    job_takes: float | None = field(default=2, validator=_seconds_or_none)
    job_result: Literal["bundle", "parameters"] = field(default="bundle", validator=_one_of("bundle", "parameters"))
    job_retry_after: int | None = field(default=None, validator=_whole_or_none(0))
    result_lifetime: float = field(default=_DAY, validator=_seconds)
    missing_status: Literal[400, 422] = field(default=422, validator=_one_of(400, 422))
    version_status: Literal[409, 412] = field(default=412, validator=_one_of(409, 412))
    rate_limit: int | None = field(default=None, validator=_whole_or_none(1))
    allow_http: bool = field(default=False, validator=_SWITCH)


class Switches(TypedDict, total=False):
    """The same as keyword arguments."""

    token_lifetime: float
    assertion_times: bool
    key_lifetime: float
    creation_takes: float
    conflict_body: Literal["empty", "operationoutcome"]
    created_body: Literal["resource", "empty"]
    location: Literal["absolute", "relative"]
    job_header: Literal["Location", "Content-Location"]
    job_takes: float | None
    job_result: Literal["bundle", "parameters"]
    job_retry_after: int | None
    result_lifetime: float
    missing_status: Literal[400, 422]
    version_status: Literal[409, 412]
    rate_limit: int | None
    allow_http: bool
