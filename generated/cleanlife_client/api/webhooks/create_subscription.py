from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.create_subscription_request import CreateSubscriptionRequest
from ...models.error_response import ErrorResponse
from ...models.subscription_with_secret_response import SubscriptionWithSecretResponse
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: CreateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/partners/webhooks/subscriptions",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ErrorResponse | SubscriptionWithSecretResponse | None:
    if response.status_code == 200:
        response_200 = SubscriptionWithSecretResponse.from_dict(response.json())



        return response_200

    if response.status_code == 201:
        response_201 = SubscriptionWithSecretResponse.from_dict(response.json())



        return response_201

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())



        return response_403

    if response.status_code == 413:
        response_413 = ErrorResponse.from_dict(response.json())



        return response_413

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())



        return response_429

    if response.status_code == 431:
        response_431 = ErrorResponse.from_dict(response.json())



        return response_431

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())



        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ErrorResponse | SubscriptionWithSecretResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | SubscriptionWithSecretResponse]:
    """ Subscribe a URL to events.

     Has the chosen events sent to a URL (create-subscription). CleanLife's staff must have registered
    its host for the partner before, and hosts of private networks are refused (webhooks). The secret
    that signs the deliveries is in this answer and never again; if the answer is lost, rotateSecret
    makes a new one.

    Args:
        x_request_id (str | Unset):
        body (CreateSubscriptionRequest): Which events go where (create-subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | SubscriptionWithSecretResponse]
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
    body: CreateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | SubscriptionWithSecretResponse | None:
    """ Subscribe a URL to events.

     Has the chosen events sent to a URL (create-subscription). CleanLife's staff must have registered
    its host for the partner before, and hosts of private networks are refused (webhooks). The secret
    that signs the deliveries is in this answer and never again; if the answer is lost, rotateSecret
    makes a new one.

    Args:
        x_request_id (str | Unset):
        body (CreateSubscriptionRequest): Which events go where (create-subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | SubscriptionWithSecretResponse
     """


    return sync_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | SubscriptionWithSecretResponse]:
    """ Subscribe a URL to events.

     Has the chosen events sent to a URL (create-subscription). CleanLife's staff must have registered
    its host for the partner before, and hosts of private networks are refused (webhooks). The secret
    that signs the deliveries is in this answer and never again; if the answer is lost, rotateSecret
    makes a new one.

    Args:
        x_request_id (str | Unset):
        body (CreateSubscriptionRequest): Which events go where (create-subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | SubscriptionWithSecretResponse]
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
    body: CreateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | SubscriptionWithSecretResponse | None:
    """ Subscribe a URL to events.

     Has the chosen events sent to a URL (create-subscription). CleanLife's staff must have registered
    its host for the partner before, and hosts of private networks are refused (webhooks). The secret
    that signs the deliveries is in this answer and never again; if the answer is lost, rotateSecret
    makes a new one.

    Args:
        x_request_id (str | Unset):
        body (CreateSubscriptionRequest): Which events go where (create-subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | SubscriptionWithSecretResponse
     """


    return (await asyncio_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    )).parsed
