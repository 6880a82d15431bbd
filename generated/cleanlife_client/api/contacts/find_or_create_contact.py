from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.contact_request import ContactRequest
from ...models.contact_response import ContactResponse
from ...models.error_response import ErrorResponse
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: ContactRequest,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_request_id, Unset):
        headers["x-request-id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/partners/contacts",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ContactResponse | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = ContactResponse.from_dict(response.json())



        return response_200

    if response.status_code == 201:
        response_201 = ContactResponse.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ContactResponse | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ContactRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[ContactResponse | ErrorResponse]:
    """ Find the contact with a phone number, or create it.

     Looks a customer up by phone number and creates the contact if there is none; isNewContact says
    which (find-or-create-contact). It may be sent twice without harm. A booking needs an addressId
    besides. The permission is the one to read.

    Args:
        x_request_id (str | Unset):
        body (ContactRequest): The customer to find or to create (find-or-create-contact).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ContactResponse | ErrorResponse]
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
    body: ContactRequest,
    x_request_id: str | Unset = UNSET,

) -> ContactResponse | ErrorResponse | None:
    """ Find the contact with a phone number, or create it.

     Looks a customer up by phone number and creates the contact if there is none; isNewContact says
    which (find-or-create-contact). It may be sent twice without harm. A booking needs an addressId
    besides. The permission is the one to read.

    Args:
        x_request_id (str | Unset):
        body (ContactRequest): The customer to find or to create (find-or-create-contact).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ContactResponse | ErrorResponse
     """


    return sync_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: ContactRequest,
    x_request_id: str | Unset = UNSET,

) -> Response[ContactResponse | ErrorResponse]:
    """ Find the contact with a phone number, or create it.

     Looks a customer up by phone number and creates the contact if there is none; isNewContact says
    which (find-or-create-contact). It may be sent twice without harm. A booking needs an addressId
    besides. The permission is the one to read.

    Args:
        x_request_id (str | Unset):
        body (ContactRequest): The customer to find or to create (find-or-create-contact).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ContactResponse | ErrorResponse]
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
    body: ContactRequest,
    x_request_id: str | Unset = UNSET,

) -> ContactResponse | ErrorResponse | None:
    """ Find the contact with a phone number, or create it.

     Looks a customer up by phone number and creates the contact if there is none; isNewContact says
    which (find-or-create-contact). It may be sent twice without harm. A booking needs an addressId
    besides. The permission is the one to read.

    Args:
        x_request_id (str | Unset):
        body (ContactRequest): The customer to find or to create (find-or-create-contact).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ContactResponse | ErrorResponse
     """


    return (await asyncio_detailed(
        client=client,
body=body,
x_request_id=x_request_id,

    )).parsed
