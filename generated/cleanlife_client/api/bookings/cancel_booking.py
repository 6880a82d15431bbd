from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.booking_response import BookingResponse
from ...models.cancel_booking_request import CancelBookingRequest
from ...models.error_response import ErrorResponse
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    booking_id: UUID,
    *,
    body: CancelBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/partners/bookings/{booking_id}/cancel".format(booking_id=quote(str(booking_id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BookingResponse | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = BookingResponse.from_dict(response.json())



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
    booking_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: CancelBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingResponse | ErrorResponse]:
    """ Cancel a booking.

     Cancels the booking and its appointment (cancel-booking). Money that CleanLife collected is refunded
    where due; a partner that collected it refunds by itself. Only a booking that is already cancelled
    is refused; bookings that ended otherwise are not mentioned as an exception, although they are
    called terminal elsewhere (enums).

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (CancelBookingRequest): Why the booking is cancelled (cancel-booking).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BookingResponse | ErrorResponse]
     """


    kwargs = _get_kwargs(
        booking_id=booking_id,
body=body,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    booking_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: CancelBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> BookingResponse | ErrorResponse | None:
    """ Cancel a booking.

     Cancels the booking and its appointment (cancel-booking). Money that CleanLife collected is refunded
    where due; a partner that collected it refunds by itself. Only a booking that is already cancelled
    is refused; bookings that ended otherwise are not mentioned as an exception, although they are
    called terminal elsewhere (enums).

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (CancelBookingRequest): Why the booking is cancelled (cancel-booking).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BookingResponse | ErrorResponse
     """


    return sync_detailed(
        booking_id=booking_id,
client=client,
body=body,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    booking_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: CancelBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingResponse | ErrorResponse]:
    """ Cancel a booking.

     Cancels the booking and its appointment (cancel-booking). Money that CleanLife collected is refunded
    where due; a partner that collected it refunds by itself. Only a booking that is already cancelled
    is refused; bookings that ended otherwise are not mentioned as an exception, although they are
    called terminal elsewhere (enums).

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (CancelBookingRequest): Why the booking is cancelled (cancel-booking).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BookingResponse | ErrorResponse]
     """


    kwargs = _get_kwargs(
        booking_id=booking_id,
body=body,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    booking_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: CancelBookingRequest,
    x_request_id: str | Unset = UNSET,

) -> BookingResponse | ErrorResponse | None:
    """ Cancel a booking.

     Cancels the booking and its appointment (cancel-booking). Money that CleanLife collected is refunded
    where due; a partner that collected it refunds by itself. Only a booking that is already cancelled
    is refused; bookings that ended otherwise are not mentioned as an exception, although they are
    called terminal elsewhere (enums).

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (CancelBookingRequest): Why the booking is cancelled (cancel-booking).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BookingResponse | ErrorResponse
     """


    return (await asyncio_detailed(
        booking_id=booking_id,
client=client,
body=body,
x_request_id=x_request_id,

    )).parsed
