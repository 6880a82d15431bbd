from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.booking_page import BookingPage
from ...models.booking_status import BookingStatus
from ...models.error_response import ErrorResponse
from ...models.sort_order import SortOrder
from ...types import UNSET, Unset
from typing import cast
import datetime



def _get_kwargs(
    *,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    sort_by: str | Unset = UNSET,
    sort_order: SortOrder | Unset = UNSET,
    status: BookingStatus | Unset = UNSET,
    from_date: datetime.date | Unset = UNSET,
    to_date: datetime.date | Unset = UNSET,
    external_reference: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    params: dict[str, Any] = {}

    params["page"] = page

    params["limit"] = limit

    params["sortBy"] = sort_by

    json_sort_order: str | Unset = UNSET
    if not isinstance(sort_order, Unset):
        json_sort_order = sort_order.value

    params["sortOrder"] = json_sort_order

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status.value

    params["status"] = json_status

    json_from_date: str | Unset = UNSET
    if not isinstance(from_date, Unset):
        json_from_date = from_date.isoformat()
    params["fromDate"] = json_from_date

    json_to_date: str | Unset = UNSET
    if not isinstance(to_date, Unset):
        json_to_date = to_date.isoformat()
    params["toDate"] = json_to_date

    params["externalReference"] = external_reference


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/partners/bookings",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BookingPage | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = BookingPage.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[BookingPage | ErrorResponse]:
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
    sort_by: str | Unset = UNSET,
    sort_order: SortOrder | Unset = UNSET,
    status: BookingStatus | Unset = UNSET,
    from_date: datetime.date | Unset = UNSET,
    to_date: datetime.date | Unset = UNSET,
    external_reference: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingPage | ErrorResponse]:
    """ List bookings, or find one by its reference.

     Gives one page of the partner's own bookings, the newest first (list-bookings). fromDate alone means
    from then on; toDate without fromDate is ignored by the API, so it is not to be sent alone.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        status (BookingStatus | Unset): Status of a booking, lowercase and with spaces (enums).
            "in progress": there is an appointment, to come or under way. "waiting payment": the
            customer has to pay, not to be expected by a partner that collects itself. "success": the
            service was done. "canceled": cancelled by anybody. "failed": payment or validation
            failed, make a new booking.
        from_date (datetime.date | Unset):
        to_date (datetime.date | Unset):
        external_reference (str | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BookingPage | ErrorResponse]
     """


    kwargs = _get_kwargs(
        page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
status=status,
from_date=from_date,
to_date=to_date,
external_reference=external_reference,
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
    sort_by: str | Unset = UNSET,
    sort_order: SortOrder | Unset = UNSET,
    status: BookingStatus | Unset = UNSET,
    from_date: datetime.date | Unset = UNSET,
    to_date: datetime.date | Unset = UNSET,
    external_reference: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> BookingPage | ErrorResponse | None:
    """ List bookings, or find one by its reference.

     Gives one page of the partner's own bookings, the newest first (list-bookings). fromDate alone means
    from then on; toDate without fromDate is ignored by the API, so it is not to be sent alone.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        status (BookingStatus | Unset): Status of a booking, lowercase and with spaces (enums).
            "in progress": there is an appointment, to come or under way. "waiting payment": the
            customer has to pay, not to be expected by a partner that collects itself. "success": the
            service was done. "canceled": cancelled by anybody. "failed": payment or validation
            failed, make a new booking.
        from_date (datetime.date | Unset):
        to_date (datetime.date | Unset):
        external_reference (str | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BookingPage | ErrorResponse
     """


    return sync_detailed(
        client=client,
page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
status=status,
from_date=from_date,
to_date=to_date,
external_reference=external_reference,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    sort_by: str | Unset = UNSET,
    sort_order: SortOrder | Unset = UNSET,
    status: BookingStatus | Unset = UNSET,
    from_date: datetime.date | Unset = UNSET,
    to_date: datetime.date | Unset = UNSET,
    external_reference: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[BookingPage | ErrorResponse]:
    """ List bookings, or find one by its reference.

     Gives one page of the partner's own bookings, the newest first (list-bookings). fromDate alone means
    from then on; toDate without fromDate is ignored by the API, so it is not to be sent alone.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        status (BookingStatus | Unset): Status of a booking, lowercase and with spaces (enums).
            "in progress": there is an appointment, to come or under way. "waiting payment": the
            customer has to pay, not to be expected by a partner that collects itself. "success": the
            service was done. "canceled": cancelled by anybody. "failed": payment or validation
            failed, make a new booking.
        from_date (datetime.date | Unset):
        to_date (datetime.date | Unset):
        external_reference (str | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BookingPage | ErrorResponse]
     """


    kwargs = _get_kwargs(
        page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
status=status,
from_date=from_date,
to_date=to_date,
external_reference=external_reference,
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
    sort_by: str | Unset = UNSET,
    sort_order: SortOrder | Unset = UNSET,
    status: BookingStatus | Unset = UNSET,
    from_date: datetime.date | Unset = UNSET,
    to_date: datetime.date | Unset = UNSET,
    external_reference: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> BookingPage | ErrorResponse | None:
    """ List bookings, or find one by its reference.

     Gives one page of the partner's own bookings, the newest first (list-bookings). fromDate alone means
    from then on; toDate without fromDate is ignored by the API, so it is not to be sent alone.

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        status (BookingStatus | Unset): Status of a booking, lowercase and with spaces (enums).
            "in progress": there is an appointment, to come or under way. "waiting payment": the
            customer has to pay, not to be expected by a partner that collects itself. "success": the
            service was done. "canceled": cancelled by anybody. "failed": payment or validation
            failed, make a new booking.
        from_date (datetime.date | Unset):
        to_date (datetime.date | Unset):
        external_reference (str | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BookingPage | ErrorResponse
     """


    return (await asyncio_detailed(
        client=client,
page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
status=status,
from_date=from_date,
to_date=to_date,
external_reference=external_reference,
x_request_id=x_request_id,

    )).parsed
