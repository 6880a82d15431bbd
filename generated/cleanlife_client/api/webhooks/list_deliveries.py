from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.delivery_page import DeliveryPage
from ...models.delivery_status import DeliveryStatus
from ...models.error_response import ErrorResponse
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    *,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    subscription_id: UUID | Unset = UNSET,
    status: DeliveryStatus | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    params: dict[str, Any] = {}

    params["page"] = page

    params["limit"] = limit

    json_subscription_id: str | Unset = UNSET
    if not isinstance(subscription_id, Unset):
        json_subscription_id = str(subscription_id)
    params["subscriptionId"] = json_subscription_id

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status.value

    params["status"] = json_status


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/partners/webhooks/deliveries",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> DeliveryPage | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = DeliveryPage.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[DeliveryPage | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    subscription_id: UUID | Unset = UNSET,
    status: DeliveryStatus | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[DeliveryPage | ErrorResponse]:
    """ List the deliveries of events, by status if wanted.

     Gives one page of the record of deliveries, for instance the failed ones (list-deliveries). It takes
    no sorting. What was delivered is not part of the record.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        subscription_id (UUID | Unset):
        status (DeliveryStatus | Unset): Status of a delivery (list-deliveries). PENDING also
            while it waits for its next attempt, DELIVERED after any 2xx, FAILED after the fourth
            attempt.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeliveryPage | ErrorResponse]
     """


    kwargs = _get_kwargs(
        page=page,
limit=limit,
subscription_id=subscription_id,
status=status,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient | Client,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    subscription_id: UUID | Unset = UNSET,
    status: DeliveryStatus | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> DeliveryPage | ErrorResponse | None:
    """ List the deliveries of events, by status if wanted.

     Gives one page of the record of deliveries, for instance the failed ones (list-deliveries). It takes
    no sorting. What was delivered is not part of the record.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        subscription_id (UUID | Unset):
        status (DeliveryStatus | Unset): Status of a delivery (list-deliveries). PENDING also
            while it waits for its next attempt, DELIVERED after any 2xx, FAILED after the fourth
            attempt.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeliveryPage | ErrorResponse
     """


    return sync_detailed(
        client=client,
page=page,
limit=limit,
subscription_id=subscription_id,
status=status,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    subscription_id: UUID | Unset = UNSET,
    status: DeliveryStatus | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[DeliveryPage | ErrorResponse]:
    """ List the deliveries of events, by status if wanted.

     Gives one page of the record of deliveries, for instance the failed ones (list-deliveries). It takes
    no sorting. What was delivered is not part of the record.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        subscription_id (UUID | Unset):
        status (DeliveryStatus | Unset): Status of a delivery (list-deliveries). PENDING also
            while it waits for its next attempt, DELIVERED after any 2xx, FAILED after the fourth
            attempt.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeliveryPage | ErrorResponse]
     """


    kwargs = _get_kwargs(
        page=page,
limit=limit,
subscription_id=subscription_id,
status=status,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    subscription_id: UUID | Unset = UNSET,
    status: DeliveryStatus | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> DeliveryPage | ErrorResponse | None:
    """ List the deliveries of events, by status if wanted.

     Gives one page of the record of deliveries, for instance the failed ones (list-deliveries). It takes
    no sorting. What was delivered is not part of the record.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        subscription_id (UUID | Unset):
        status (DeliveryStatus | Unset): Status of a delivery (list-deliveries). PENDING also
            while it waits for its next attempt, DELIVERED after any 2xx, FAILED after the fourth
            attempt.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeliveryPage | ErrorResponse
     """


    return (await asyncio_detailed(
        client=client,
page=page,
limit=limit,
subscription_id=subscription_id,
status=status,
x_request_id=x_request_id,

    )).parsed
