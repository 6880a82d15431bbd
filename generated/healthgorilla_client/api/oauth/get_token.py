from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.token import Token
from ...models.token_error import TokenError
from ...models.token_request import TokenRequest
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: TokenRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/oauth/token",
    }

    _kwargs["data"] = body.to_dict()
    headers["Content-Type"] = "application/x-www-form-urlencoded"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Token | TokenError | None:
    if response.status_code == 200:
        response_200 = Token.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = TokenError.from_dict(response.json())



        return response_400

    if response.status_code == 429:
        response_429 = cast(Any, None)
        return response_429

    if response.status_code == 500:
        response_500 = cast(Any, None)
        return response_500

    if response.status_code == 502:
        response_502 = cast(Any, None)
        return response_502

    if response.status_code == 503:
        response_503 = cast(Any, None)
        return response_503

    if response.status_code == 504:
        response_504 = cast(Any, None)
        return response_504

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | Token | TokenError]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TokenRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | Token | TokenError]:
    """ Get an access token for a signed assertion.

     Gives a token for an hour (A-TOK, A-BEST) to who proves with a JWT to be the client (A-OAUTH,
    D-OAUTHF). It is the one POST without an idempotency key: the keys are for FHIR resources (D-IDEM,
    A-IDEM), nothing is made here, a second token does no harm, and a replayed answer would be a secret
    that somebody keeps. Sent again after a while, it needs an assertion that is still valid.

    Args:
        x_request_id (str | Unset):
        body (TokenRequest): The proof of who asks, as a form (A-OAUTH, D-OAUTHF).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Token | TokenError]
     """


    kwargs = _get_kwargs(
        body=body,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient | Client,
    body: TokenRequest,
    x_request_id: str | Unset = UNSET,

) -> Any | Token | TokenError | None:
    """ Get an access token for a signed assertion.

     Gives a token for an hour (A-TOK, A-BEST) to who proves with a JWT to be the client (A-OAUTH,
    D-OAUTHF). It is the one POST without an idempotency key: the keys are for FHIR resources (D-IDEM,
    A-IDEM), nothing is made here, a second token does no harm, and a replayed answer would be a secret
    that somebody keeps. Sent again after a while, it needs an assertion that is still valid.

    Args:
        x_request_id (str | Unset):
        body (TokenRequest): The proof of who asks, as a form (A-OAUTH, D-OAUTHF).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Token | TokenError
     """


    return sync_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TokenRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | Token | TokenError]:
    """ Get an access token for a signed assertion.

     Gives a token for an hour (A-TOK, A-BEST) to who proves with a JWT to be the client (A-OAUTH,
    D-OAUTHF). It is the one POST without an idempotency key: the keys are for FHIR resources (D-IDEM,
    A-IDEM), nothing is made here, a second token does no harm, and a replayed answer would be a secret
    that somebody keeps. Sent again after a while, it needs an assertion that is still valid.

    Args:
        x_request_id (str | Unset):
        body (TokenRequest): The proof of who asks, as a form (A-OAUTH, D-OAUTHF).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Token | TokenError]
     """


    kwargs = _get_kwargs(
        body=body,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: TokenRequest,
    x_request_id: str | Unset = UNSET,

) -> Any | Token | TokenError | None:
    """ Get an access token for a signed assertion.

     Gives a token for an hour (A-TOK, A-BEST) to who proves with a JWT to be the client (A-OAUTH,
    D-OAUTHF). It is the one POST without an idempotency key: the keys are for FHIR resources (D-IDEM,
    A-IDEM), nothing is made here, a second token does no harm, and a replayed answer would be a secret
    that somebody keeps. Sent again after a while, it needs an assertion that is still valid.

    Args:
        x_request_id (str | Unset):
        body (TokenRequest): The proof of who asks, as a form (A-OAUTH, D-OAUTHF).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Token | TokenError
     """


    return (await asyncio_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    )).parsed
