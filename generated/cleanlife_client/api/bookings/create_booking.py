from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.booking_response import BookingResponse
from ...models.create_booking_request import CreateBookingRequest
from ...models.error_response import ErrorResponse
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: CreateBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/partners/bookings",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BookingResponse | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = BookingResponse.from_dict(response.json())



        return response_200

    if response.status_code == 201:
        response_201 = BookingResponse.from_dict(response.json())



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

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())



        return response_404

    if response.status_code == 409:
        response_409 = ErrorResponse.from_dict(response.json())



        return response_409

    if response.status_code == 413:
        response_413 = ErrorResponse.from_dict(response.json())



        return response_413

    if response.status_code == 422:
        response_422 = ErrorResponse.from_dict(response.json())



        return response_422

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[BookingResponse | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingResponse | ErrorResponse]:
    """ Create a booking.

     Books a service for a contact at an address (create-booking). A partner that collects the money
    itself gets a booking that is in progress at once; otherwise it may wait for the customer's payment
    (business-rules). No idempotency key works today: a unique externalReference, looked up after an
    answer that never came, takes its place (best-practices).

    Args:
        x_request_id (str | Unset):
        body (CreateBookingRequest): What is booked, for whom, where and when (create-booking).
            categoryId must not be sent; tapId, paymentRedirectUrl and paymentId are gone (changelog).
            There are no notes on creation.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BookingResponse | ErrorResponse]
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
    body: CreateBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> BookingResponse | ErrorResponse | None:
    """ Create a booking.

     Books a service for a contact at an address (create-booking). A partner that collects the money
    itself gets a booking that is in progress at once; otherwise it may wait for the customer's payment
    (business-rules). No idempotency key works today: a unique externalReference, looked up after an
    answer that never came, takes its place (best-practices).

    Args:
        x_request_id (str | Unset):
        body (CreateBookingRequest): What is booked, for whom, where and when (create-booking).
            categoryId must not be sent; tapId, paymentRedirectUrl and paymentId are gone (changelog).
            There are no notes on creation.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BookingResponse | ErrorResponse
     """


    return sync_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingResponse | ErrorResponse]:
    """ Create a booking.

     Books a service for a contact at an address (create-booking). A partner that collects the money
    itself gets a booking that is in progress at once; otherwise it may wait for the customer's payment
    (business-rules). No idempotency key works today: a unique externalReference, looked up after an
    answer that never came, takes its place (best-practices).

    Args:
        x_request_id (str | Unset):
        body (CreateBookingRequest): What is booked, for whom, where and when (create-booking).
            categoryId must not be sent; tapId, paymentRedirectUrl and paymentId are gone (changelog).
            There are no notes on creation.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BookingResponse | ErrorResponse]
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
    body: CreateBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> BookingResponse | ErrorResponse | None:
    """ Create a booking.

     Books a service for a contact at an address (create-booking). A partner that collects the money
    itself gets a booking that is in progress at once; otherwise it may wait for the customer's payment
    (business-rules). No idempotency key works today: a unique externalReference, looked up after an
    answer that never came, takes its place (best-practices).

    Args:
        x_request_id (str | Unset):
        body (CreateBookingRequest): What is booked, for whom, where and when (create-booking).
            categoryId must not be sent; tapId, paymentRedirectUrl and paymentId are gone (changelog).
            There are no notes on creation.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BookingResponse | ErrorResponse
     """


    return (await asyncio_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    )).parsed
