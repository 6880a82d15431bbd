from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.booking_response import BookingResponse
from ...models.confirm_payment_request import ConfirmPaymentRequest
from ...models.error_response import ErrorResponse
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    booking_id: UUID,
    *,
    body: ConfirmPaymentRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/partners/bookings/{booking_id}/confirm-payment".format(booking_id=quote(str(booking_id), safe=""),),
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
    body: ConfirmPaymentRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingResponse | ErrorResponse]:
    """ Confirm that the partner has collected the payment.

     Sets the payment status to PAID and leaves the booking's status alone (confirm-payment). It is for
    partners that collect the money themselves; the others get a 422, as does a cancelled or failed
    booking and a payment confirmed before. A 404 may also mean that the partner's record of the booking
    is missing.

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (ConfirmPaymentRequest): The payment that the partner has collected (confirm-
            payment).

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
    body: ConfirmPaymentRequest,
    x_request_id: str | Unset = UNSET,

) -> BookingResponse | ErrorResponse | None:
    """ Confirm that the partner has collected the payment.

     Sets the payment status to PAID and leaves the booking's status alone (confirm-payment). It is for
    partners that collect the money themselves; the others get a 422, as does a cancelled or failed
    booking and a payment confirmed before. A 404 may also mean that the partner's record of the booking
    is missing.

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (ConfirmPaymentRequest): The payment that the partner has collected (confirm-
            payment).

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
    body: ConfirmPaymentRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingResponse | ErrorResponse]:
    """ Confirm that the partner has collected the payment.

     Sets the payment status to PAID and leaves the booking's status alone (confirm-payment). It is for
    partners that collect the money themselves; the others get a 422, as does a cancelled or failed
    booking and a payment confirmed before. A 404 may also mean that the partner's record of the booking
    is missing.

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (ConfirmPaymentRequest): The payment that the partner has collected (confirm-
            payment).

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
    body: ConfirmPaymentRequest,
    x_request_id: str | Unset = UNSET,

) -> BookingResponse | ErrorResponse | None:
    """ Confirm that the partner has collected the payment.

     Sets the payment status to PAID and leaves the booking's status alone (confirm-payment). It is for
    partners that collect the money themselves; the others get a 422, as does a cancelled or failed
    booking and a payment confirmed before. A 404 may also mean that the partner's record of the booking
    is missing.

    Args:
        booking_id (UUID):
        x_request_id (str | Unset):
        body (ConfirmPaymentRequest): The payment that the partner has collected (confirm-
            payment).

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
