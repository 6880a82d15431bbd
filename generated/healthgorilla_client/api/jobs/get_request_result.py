from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.bundle import Bundle
from ...models.operation_outcome import OperationOutcome
from ...models.resource import Resource
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    id: str,
    *,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/fhir/RequestResult/{id}".format(id=quote(str(id), safe=""),),
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Bundle | Resource | OperationOutcome | None:
    if response.status_code == 200:
        def _parse_response_200(data: object) -> Bundle | Resource:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_200_type_0 = Bundle.from_dict(data)



                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_200_type_1 = Resource.from_dict(data)



            return response_200_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = cast(Any, None)
        return response_202

    if response.status_code == 401:
        response_401 = OperationOutcome.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = OperationOutcome.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = OperationOutcome.from_dict(response.json())



        return response_404

    if response.status_code == 429:
        response_429 = OperationOutcome.from_dict(response.json())



        return response_429

    if response.status_code == 454:
        response_454 = OperationOutcome.from_dict(response.json())



        return response_454

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | Bundle | Resource | OperationOutcome]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | Bundle | Resource | OperationOutcome]:
    """ Ask how far a job is, and for its result.

     A 202 while it runs, a 200 with the result once it is done (D-ASYNC, D-P360OP); to be asked with
    growing waits (D-ASYNC). The path has no version in it (D-ASYNC).

    Args:
        id (str):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Bundle | Resource | OperationOutcome]
     """


    kwargs = _get_kwargs(
        id=id,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    x_request_id: str | Unset = UNSET,

) -> Any | Bundle | Resource | OperationOutcome | None:
    """ Ask how far a job is, and for its result.

     A 202 while it runs, a 200 with the result once it is done (D-ASYNC, D-P360OP); to be asked with
    growing waits (D-ASYNC). The path has no version in it (D-ASYNC).

    Args:
        id (str):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Bundle | Resource | OperationOutcome
     """


    return sync_detailed(
        id=id,
client=client,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | Bundle | Resource | OperationOutcome]:
    """ Ask how far a job is, and for its result.

     A 202 while it runs, a 200 with the result once it is done (D-ASYNC, D-P360OP); to be asked with
    growing waits (D-ASYNC). The path has no version in it (D-ASYNC).

    Args:
        id (str):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Bundle | Resource | OperationOutcome]
     """


    kwargs = _get_kwargs(
        id=id,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    x_request_id: str | Unset = UNSET,

) -> Any | Bundle | Resource | OperationOutcome | None:
    """ Ask how far a job is, and for its result.

     A 202 while it runs, a 200 with the result once it is done (D-ASYNC, D-P360OP); to be asked with
    growing waits (D-ASYNC). The path has no version in it (D-ASYNC).

    Args:
        id (str):
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Bundle | Resource | OperationOutcome
     """


    return (await asyncio_detailed(
        id=id,
client=client,
x_request_id=x_request_id,

    )).parsed
