from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.error_response import ErrorResponse
from ...models.subscription_response import SubscriptionResponse
from ...models.update_subscription_request import UpdateSubscriptionRequest
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    id: UUID,
    *,
    body: UpdateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/partners/webhooks/subscriptions/{id}".format(id=quote(str(id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ErrorResponse | SubscriptionResponse | None:
    if response.status_code == 200:
        response_200 = SubscriptionResponse.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())



        return response_404

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ErrorResponse | SubscriptionResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | SubscriptionResponse]:
    """ Change, pause or resume a subscription.

     Changes the URL, replaces the whole list of events, or pauses and resumes (update-subscription).
    While it is paused, deliveries that already wait are still attempted, and fail at once. The secret
    stays the same.

    Args:
        id (UUID):
        x_request_id (str | Unset):
        body (UpdateSubscriptionRequest): What is to change; all of it is optional (update-
            subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | SubscriptionResponse]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | SubscriptionResponse | None:
    """ Change, pause or resume a subscription.

     Changes the URL, replaces the whole list of events, or pauses and resumes (update-subscription).
    While it is paused, deliveries that already wait are still attempted, and fail at once. The secret
    stays the same.

    Args:
        id (UUID):
        x_request_id (str | Unset):
        body (UpdateSubscriptionRequest): What is to change; all of it is optional (update-
            subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | SubscriptionResponse
     """


    return sync_detailed(
        id=id,
client=client,
body=body,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | SubscriptionResponse]:
    """ Change, pause or resume a subscription.

     Changes the URL, replaces the whole list of events, or pauses and resumes (update-subscription).
    While it is paused, deliveries that already wait are still attempted, and fail at once. The secret
    stays the same.

    Args:
        id (UUID):
        x_request_id (str | Unset):
        body (UpdateSubscriptionRequest): What is to change; all of it is optional (update-
            subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | SubscriptionResponse]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateSubscriptionRequest,
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | SubscriptionResponse | None:
    """ Change, pause or resume a subscription.

     Changes the URL, replaces the whole list of events, or pauses and resumes (update-subscription).
    While it is paused, deliveries that already wait are still attempted, and fail at once. The secret
    stays the same.

    Args:
        id (UUID):
        x_request_id (str | Unset):
        body (UpdateSubscriptionRequest): What is to change; all of it is optional (update-
            subscription).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | SubscriptionResponse
     """


    return (await asyncio_detailed(
        id=id,
client=client,
body=body,
x_request_id=x_request_id,

    )).parsed
