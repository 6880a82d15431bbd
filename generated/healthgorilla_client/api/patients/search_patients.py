from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.bundle import Bundle
from ...models.operation_outcome import OperationOutcome
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    identifier: str | Unset = UNSET,
    last_updated: str | Unset = UNSET,
    count: int | Unset = UNSET,
    offset: int | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id



    

    params: dict[str, Any] = {}

    params["identifier"] = identifier

    params["_lastUpdated"] = last_updated

    params["_count"] = count

    params["_offset"] = offset


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/fhir/R4/Patient",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Bundle | OperationOutcome | None:
    if response.status_code == 200:
        response_200 = Bundle.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = OperationOutcome.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = OperationOutcome.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = OperationOutcome.from_dict(response.json())



        return response_403

    if response.status_code == 429:
        response_429 = OperationOutcome.from_dict(response.json())



        return response_429

    if response.status_code == 500:
        response_500 = OperationOutcome.from_dict(response.json())



        return response_500

    if response.status_code == 502:
        response_502 = OperationOutcome.from_dict(response.json())



        return response_502

    if response.status_code == 503:
        response_503 = OperationOutcome.from_dict(response.json())



        return response_503

    if response.status_code == 504:
        response_504 = OperationOutcome.from_dict(response.json())



        return response_504

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Bundle | OperationOutcome]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    identifier: str | Unset = UNSET,
    last_updated: str | Unset = UNSET,
    count: int | Unset = UNSET,
    offset: int | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[Bundle | OperationOutcome]:
    """ Find patients, by an identifier for instance.

     Gives a page of the patients that fit, as a Bundle of type searchset (D-PAGE). The parameters that
    are described are declared by CAP and agreed on by the pages; CAP has others besides (name, family,
    given, birthdate, gender, address-postalcode). What is none is a 400 with the code processing
    (D-ERROLD).

    Args:
        identifier (str | Unset):
        last_updated (str | Unset):
        count (int | Unset):
        offset (int | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Bundle | OperationOutcome]
     """


    kwargs = _get_kwargs(
        identifier=identifier,
last_updated=last_updated,
count=count,
offset=offset,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient | Client,
    identifier: str | Unset = UNSET,
    last_updated: str | Unset = UNSET,
    count: int | Unset = UNSET,
    offset: int | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Bundle | OperationOutcome | None:
    """ Find patients, by an identifier for instance.

     Gives a page of the patients that fit, as a Bundle of type searchset (D-PAGE). The parameters that
    are described are declared by CAP and agreed on by the pages; CAP has others besides (name, family,
    given, birthdate, gender, address-postalcode). What is none is a 400 with the code processing
    (D-ERROLD).

    Args:
        identifier (str | Unset):
        last_updated (str | Unset):
        count (int | Unset):
        offset (int | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Bundle | OperationOutcome
     """


    return sync_detailed(
        client=client,
identifier=identifier,
last_updated=last_updated,
count=count,
offset=offset,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    identifier: str | Unset = UNSET,
    last_updated: str | Unset = UNSET,
    count: int | Unset = UNSET,
    offset: int | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[Bundle | OperationOutcome]:
    """ Find patients, by an identifier for instance.

     Gives a page of the patients that fit, as a Bundle of type searchset (D-PAGE). The parameters that
    are described are declared by CAP and agreed on by the pages; CAP has others besides (name, family,
    given, birthdate, gender, address-postalcode). What is none is a 400 with the code processing
    (D-ERROLD).

    Args:
        identifier (str | Unset):
        last_updated (str | Unset):
        count (int | Unset):
        offset (int | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Bundle | OperationOutcome]
     """


    kwargs = _get_kwargs(
        identifier=identifier,
last_updated=last_updated,
count=count,
offset=offset,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    identifier: str | Unset = UNSET,
    last_updated: str | Unset = UNSET,
    count: int | Unset = UNSET,
    offset: int | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Bundle | OperationOutcome | None:
    """ Find patients, by an identifier for instance.

     Gives a page of the patients that fit, as a Bundle of type searchset (D-PAGE). The parameters that
    are described are declared by CAP and agreed on by the pages; CAP has others besides (name, family,
    given, birthdate, gender, address-postalcode). What is none is a 400 with the code processing
    (D-ERROLD).

    Args:
        identifier (str | Unset):
        last_updated (str | Unset):
        count (int | Unset):
        offset (int | Unset):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Bundle | OperationOutcome
     """


    return (await asyncio_detailed(
        client=client,
identifier=identifier,
last_updated=last_updated,
count=count,
offset=offset,
x_request_id=x_request_id,

    )).parsed
