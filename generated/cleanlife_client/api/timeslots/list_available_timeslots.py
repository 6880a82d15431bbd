from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.error_response import ErrorResponse
from ...models.timeslots_response import TimeslotsResponse
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID
import datetime



def _get_kwargs(
    *,
    address_id: str,
    service_id: UUID,
    date: datetime.date,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    params: dict[str, Any] = {}

    params["addressId"] = address_id

    json_service_id = str(service_id)
    params["serviceId"] = json_service_id

    json_date = date.isoformat()
    params["date"] = json_date


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/partners/timeslots/available",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ErrorResponse | TimeslotsResponse | None:
    if response.status_code == 200:
        response_200 = TimeslotsResponse.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ErrorResponse | TimeslotsResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    address_id: str,
    service_id: UUID,
    date: datetime.date,
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | TimeslotsResponse]:
    """ List the free timeslots of a day.

     Finds the zone of the address, then the slots for which a team is free that day (get-timeslots).
    Slots come and go as others book, so they are asked for anew each time and never kept (best-
    practices). Pass startAt and endAt of a slot to createBooking as they are.

    Args:
        address_id (str):
        service_id (UUID):
        date (datetime.date):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TimeslotsResponse]
     """


    kwargs = _get_kwargs(
        address_id=address_id,
service_id=service_id,
date=date,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient | Client,
    address_id: str,
    service_id: UUID,
    date: datetime.date,
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | TimeslotsResponse | None:
    """ List the free timeslots of a day.

     Finds the zone of the address, then the slots for which a team is free that day (get-timeslots).
    Slots come and go as others book, so they are asked for anew each time and never kept (best-
    practices). Pass startAt and endAt of a slot to createBooking as they are.

    Args:
        address_id (str):
        service_id (UUID):
        date (datetime.date):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TimeslotsResponse
     """


    return sync_detailed(
        client=client,
address_id=address_id,
service_id=service_id,
date=date,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    address_id: str,
    service_id: UUID,
    date: datetime.date,
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | TimeslotsResponse]:
    """ List the free timeslots of a day.

     Finds the zone of the address, then the slots for which a team is free that day (get-timeslots).
    Slots come and go as others book, so they are asked for anew each time and never kept (best-
    practices). Pass startAt and endAt of a slot to createBooking as they are.

    Args:
        address_id (str):
        service_id (UUID):
        date (datetime.date):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TimeslotsResponse]
     """


    kwargs = _get_kwargs(
        address_id=address_id,
service_id=service_id,
date=date,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    address_id: str,
    service_id: UUID,
    date: datetime.date,
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | TimeslotsResponse | None:
    """ List the free timeslots of a day.

     Finds the zone of the address, then the slots for which a team is free that day (get-timeslots).
    Slots come and go as others book, so they are asked for anew each time and never kept (best-
    practices). Pass startAt and endAt of a slot to createBooking as they are.

    Args:
        address_id (str):
        service_id (UUID):
        date (datetime.date):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TimeslotsResponse
     """


    return (await asyncio_detailed(
        client=client,
address_id=address_id,
service_id=service_id,
date=date,
x_request_id=x_request_id,

    )).parsed
