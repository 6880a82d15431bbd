from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.calculate_price_request import CalculatePriceRequest
from ...models.calculate_price_response import CalculatePriceResponse
from ...models.error_response import ErrorResponse
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: CalculatePriceRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/partners/pricing/calculate-price",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CalculatePriceResponse | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = CalculatePriceResponse.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[CalculatePriceResponse | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CalculatePriceRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[CalculatePriceResponse | ErrorResponse]:
    """ Calculate the prices of up to ten items.

     Prices one to ten services or packages, with coupons and codes taken into account (calculate-price).
    It reads and changes nothing, so several questions fit into one call (best-practices). The shape of
    the answer is assumed.

    Args:
        x_request_id (str | Unset):
        body (CalculatePriceRequest): What is to be priced, and with which coupons (calculate-
            price).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CalculatePriceResponse | ErrorResponse]
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
    body: CalculatePriceRequest,
    x_request_id: str | Unset = UNSET,

) -> CalculatePriceResponse | ErrorResponse | None:
    """ Calculate the prices of up to ten items.

     Prices one to ten services or packages, with coupons and codes taken into account (calculate-price).
    It reads and changes nothing, so several questions fit into one call (best-practices). The shape of
    the answer is assumed.

    Args:
        x_request_id (str | Unset):
        body (CalculatePriceRequest): What is to be priced, and with which coupons (calculate-
            price).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CalculatePriceResponse | ErrorResponse
     """


    return sync_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CalculatePriceRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[CalculatePriceResponse | ErrorResponse]:
    """ Calculate the prices of up to ten items.

     Prices one to ten services or packages, with coupons and codes taken into account (calculate-price).
    It reads and changes nothing, so several questions fit into one call (best-practices). The shape of
    the answer is assumed.

    Args:
        x_request_id (str | Unset):
        body (CalculatePriceRequest): What is to be priced, and with which coupons (calculate-
            price).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CalculatePriceResponse | ErrorResponse]
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
    body: CalculatePriceRequest,
    x_request_id: str | Unset = UNSET,

) -> CalculatePriceResponse | ErrorResponse | None:
    """ Calculate the prices of up to ten items.

     Prices one to ten services or packages, with coupons and codes taken into account (calculate-price).
    It reads and changes nothing, so several questions fit into one call (best-practices). The shape of
    the answer is assumed.

    Args:
        x_request_id (str | Unset):
        body (CalculatePriceRequest): What is to be priced, and with which coupons (calculate-
            price).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CalculatePriceResponse | ErrorResponse
     """


    return (await asyncio_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    )).parsed
