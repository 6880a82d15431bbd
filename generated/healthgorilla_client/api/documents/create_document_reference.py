from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.document_reference import DocumentReference
from ...models.operation_outcome import OperationOutcome
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: DocumentReference,
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(hg_idempotency_key, Unset):
        headers["HG-Idempotency-Key"] = hg_idempotency_key

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/fhir/R4/DocumentReference",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/fhir+json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | DocumentReference | OperationOutcome | None:
    if response.status_code == 201:
        response_201 = DocumentReference.from_dict(response.json())



        return response_201

    if response.status_code == 202:
        response_202 = cast(Any, None)
        return response_202

    if response.status_code == 400:
        response_400 = OperationOutcome.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = OperationOutcome.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = OperationOutcome.from_dict(response.json())



        return response_403

    if response.status_code == 409:
        response_409 = OperationOutcome.from_dict(response.json())



        return response_409

    if response.status_code == 422:
        response_422 = OperationOutcome.from_dict(response.json())



        return response_422

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | DocumentReference | OperationOutcome]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: DocumentReference,
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | DocumentReference | OperationOutcome]:
    """ Add a document to a patient's record.

     Makes a DocumentReference, which names or holds a document (A-IDEM, A-RECIP). There is neither a
    conditional creation nor an update, and no search by identifier (CAP), so the idempotency key is the
    only guard against a second one: when its hour is over, the outcome of a lost one stays unknown.

    Args:
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (DocumentReference): A document of a patient's record. All of it but id and meta is
            personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | DocumentReference | OperationOutcome]
     """


    kwargs = _get_kwargs(
        body=body,
hg_idempotency_key=hg_idempotency_key,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient | Client,
    body: DocumentReference,
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Any | DocumentReference | OperationOutcome | None:
    """ Add a document to a patient's record.

     Makes a DocumentReference, which names or holds a document (A-IDEM, A-RECIP). There is neither a
    conditional creation nor an update, and no search by identifier (CAP), so the idempotency key is the
    only guard against a second one: when its hour is over, the outcome of a lost one stays unknown.

    Args:
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (DocumentReference): A document of a patient's record. All of it but id and meta is
            personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | DocumentReference | OperationOutcome
     """


    return sync_detailed(
        client=client,
body=body,
hg_idempotency_key=hg_idempotency_key,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: DocumentReference,
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | DocumentReference | OperationOutcome]:
    """ Add a document to a patient's record.

     Makes a DocumentReference, which names or holds a document (A-IDEM, A-RECIP). There is neither a
    conditional creation nor an update, and no search by identifier (CAP), so the idempotency key is the
    only guard against a second one: when its hour is over, the outcome of a lost one stays unknown.

    Args:
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (DocumentReference): A document of a patient's record. All of it but id and meta is
            personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | DocumentReference | OperationOutcome]
     """


    kwargs = _get_kwargs(
        body=body,
hg_idempotency_key=hg_idempotency_key,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: DocumentReference,
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Any | DocumentReference | OperationOutcome | None:
    """ Add a document to a patient's record.

     Makes a DocumentReference, which names or holds a document (A-IDEM, A-RECIP). There is neither a
    conditional creation nor an update, and no search by identifier (CAP), so the idempotency key is the
    only guard against a second one: when its hour is over, the outcome of a lost one stays unknown.

    Args:
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (DocumentReference): A document of a patient's record. All of it but id and meta is
            personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | DocumentReference | OperationOutcome
     """


    return (await asyncio_detailed(
        client=client,
body=body,
hg_idempotency_key=hg_idempotency_key,
x_request_id=x_request_id,

    )).parsed
