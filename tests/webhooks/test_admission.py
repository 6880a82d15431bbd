"""Who gets in, and who does not: no server is needed to say it."""

from __future__ import annotations

import pytest

from cleanlife_ext import ConfigurationError
from cleanlife_ext.webhooks.http.admission import (
    NO_LENGTH,
    NOT_HTTPS,
    NOT_POST,
    TOO_LARGE,
    WRONG_LENGTH,
    Admission,
    Answer,
    RefusedError,
)

FORWARDED = "x-forwarded-proto"


def refusal(admission: Admission, *headers: tuple[str, str], **more: str) -> Answer | None:
    """Why it does not get in, if it does not."""
    asked = {"method": "POST", "scheme": "https", "peer": "203.0.113.9", **more}
    try:
        admission.admit(asked["method"], asked["scheme"], asked["peer"], headers)
    except RefusedError as refused:
        return refused.answer
    return None


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS", "post", "", "POST\0"])
def test_nothing_but_post(method: str) -> None:
    """And the answer says what would do."""
    assert refusal(Admission(), method=method) is NOT_POST
    assert ("Allow", "POST") in NOT_POST.headers


def test_https_or_nothing() -> None:
    """Unless somebody who tries things out says that plain HTTP will do."""
    assert refusal(Admission(), scheme="https") is None
    assert refusal(Admission(), scheme="http") is NOT_HTTPS
    assert refusal(Admission(allow_http=True), scheme="http") is None


@pytest.mark.parametrize(
    ("peer", "said", "answer"),
    [
        ("10.1.2.3", ["https"], None),
        ("::ffff:10.1.2.3", ["https"], None),
        ("2001:db8::1", [" HTTPS "], None),
        ("10.1.2.3", ["https, https"], None),
        ("10.1.2.3", ["https", "https"], None),
        ("10.1.2.3", ["http"], NOT_HTTPS),
        ("10.1.2.3", ["https, http"], NOT_HTTPS),
        ("10.1.2.3", ["http", "https"], NOT_HTTPS),
        ("10.1.2.3", ["https,"], NOT_HTTPS),
        ("10.1.2.3", [""], NOT_HTTPS),
        ("10.1.2.3", [], NOT_HTTPS),
        ("203.0.113.9", ["https"], NOT_HTTPS),
        ("2001:db9::1", ["https"], NOT_HTTPS),
        ("", ["https"], NOT_HTTPS),
        ("unix:", ["https"], NOT_HTTPS),
    ],
)
def test_a_proxy_is_believed_if_it_is_named(peer: str, said: list[str], answer: Answer | None) -> None:
    """Each hop has to have been HTTPS, and nobody else may say so."""
    admission = Admission(trusted_proxies=["10.0.0.0/8", "2001:db8::1"])

    assert refusal(admission, *((FORWARDED, value) for value in said), scheme="http", peer=peer) is answer


def test_a_proxy_that_speaks_https_to_us_may_have_been_spoken_to_without() -> None:
    """It knows how the request began; a stranger who says so is not heard."""
    admission = Admission(trusted_proxies=["10.0.0.0/8"])

    assert refusal(admission, (FORWARDED, "http"), peer="10.1.2.3") is NOT_HTTPS
    assert refusal(admission, (FORWARDED, "http"), peer="203.0.113.9") is None


@pytest.mark.parametrize(
    ("lengths", "answer"),
    [
        (["0"], None),
        (["100"], None),
        (["0100"], None),
        (["100", "100"], None),
        (["101"], TOO_LARGE),
        (["9" * 400], TOO_LARGE),
        (["100", "5"], WRONG_LENGTH),
        (["-1"], WRONG_LENGTH),
        (["+1"], WRONG_LENGTH),
        (["1_0"], WRONG_LENGTH),
        (["1e2"], WRONG_LENGTH),
        (["0x10"], WRONG_LENGTH),
        (["\u0663"], WRONG_LENGTH),
        (["\xb2"], WRONG_LENGTH),
        (["1, 1"], WRONG_LENGTH),
        ([""], WRONG_LENGTH),
        (["1\0"], WRONG_LENGTH),
    ],
)
def test_a_length_is_a_plain_number_within_the_limit(lengths: list[str], answer: Answer | None) -> None:
    """What Python would read all the same may have been read otherwise by a server before us."""
    assert refusal(Admission(max_body=100), *(("content-length", length) for length in lengths)) is answer


@pytest.mark.parametrize(
    ("declared", "pieces", "outcome"),
    [
        (None, [b"12", b"34"], b"1234"),
        (None, [], b""),
        (None, [b"123", b"456"], TOO_LARGE),
        ("4", [b"12", b"34"], b"1234"),
        ("4", [b"12"], WRONG_LENGTH),
        ("4", [b"12345"], WRONG_LENGTH),
        ("0", [b""], b""),
    ],
)
def test_a_body_is_as_long_as_was_said(declared: str | None, pieces: list[bytes], outcome: bytes | Answer) -> None:
    """And one of which nothing was said is within the limit."""
    headers = [] if declared is None else [("content-length", declared)]
    body = Admission(max_body=5).admit("POST", "https", "", headers)
    try:
        for piece in pieces:
            body.add(piece)
        found: bytes | Answer = body.whole()
    except RefusedError as refused:
        found = refused.answer

    assert found == outcome


def test_answers_tell_a_stranger_nothing() -> None:
    """A few words, as JSON."""
    assert NO_LENGTH.body == b'{"result": "no length"}'
    assert dict(NO_LENGTH.headers) == {"Content-Type": "application/json", "Content-Length": "23"}


@pytest.mark.parametrize("proxies", ["*", "10.0.0.1", b"10.0.0.1", ["*"], ["proxy.example.com"], ["10.0.0.0/40"], 5])
def test_proxies_are_addresses_or_networks(proxies: object) -> None:
    """Whoever trusts everybody may as well say that HTTP will do."""
    with pytest.raises(ConfigurationError, match="trusted_proxies: a list of addresses or networks"):
        Admission(trusted_proxies=proxies)


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "1"])
def test_a_limit_is_a_number_of_bytes(size: object) -> None:
    """Or nothing would get in, or anything."""
    with pytest.raises(ConfigurationError, match="max_body: a number of bytes"):
        Admission(max_body=size)  # type: ignore[arg-type]  # What is refused.
