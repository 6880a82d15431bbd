from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.error_response import ErrorResponse
from ...models.service_page import ServicePage
from ...models.sort_order import SortOrder
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    sort_by: str | Unset = UNSET,
    sort_order: SortOrder | Unset = UNSET,
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


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/partners/services",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ErrorResponse | ServicePage | None:
    if response.status_code == 200:
        response_200 = ServicePage.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ErrorResponse | ServicePage]:
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
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | ServicePage]:
    """ List the services enabled for the partner.

     Gives one page of the services that this partner may book; others do not appear (list-services). The
    catalogue changes seldom and may be kept for an hour (best-practices).

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ServicePage]
     """


    kwargs = _get_kwargs(
        page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
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
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | ServicePage | None:
    """ List the services enabled for the partner.

     Gives one page of the services that this partner may book; others do not appear (list-services). The
    catalogue changes seldom and may be kept for an hour (best-practices).

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ServicePage
     """


    return sync_detailed(
        client=client,
page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    sort_by: str | Unset = UNSET,
    sort_order: SortOrder | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[ErrorResponse | ServicePage]:
    """ List the services enabled for the partner.

     Gives one page of the services that this partner may book; others do not appear (list-services). The
    catalogue changes seldom and may be kept for an hour (best-practices).

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ServicePage]
     """


    kwargs = _get_kwargs(
        page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
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
    x_request_id: str | Unset = UNSET,

) -> ErrorResponse | ServicePage | None:
    """ List the services enabled for the partner.

     Gives one page of the services that this partner may book; others do not appear (list-services). The
    catalogue changes seldom and may be kept for an hour (best-practices).

    Args:
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        sort_by (str | Unset):
        sort_order (SortOrder | Unset): Direction of sorting (request-format).
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ServicePage
     """


    return (await asyncio_detailed(
        client=client,
page=page,
limit=limit,
sort_by=sort_by,
sort_order=sort_order,
x_request_id=x_request_id,

    )).parsed
