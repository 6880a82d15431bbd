from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.operation_outcome import OperationOutcome
from ...models.parameters import Parameters
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    id: str,
    *,
    body: Parameters,
    prefer: str = 'respond-async',
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["Prefer"] = prefer

    if not isinstance(hg_idempotency_key, Unset):
        headers["HG-Idempotency-Key"] = hg_idempotency_key

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/fhir/R4/Patient/{id}/$export-ccda".format(id=quote(str(id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/fhir+json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | OperationOutcome | None:
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

    if response.status_code == 404:
        response_404 = OperationOutcome.from_dict(response.json())



        return response_404

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | OperationOutcome]:
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
    body: Parameters,
    prefer: str = 'respond-async',
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | OperationOutcome]:
    """ Start to make a C-CDA of a patient's record.

     Starts a job that makes a C-CDA document (D-PAT, D-P360FHIR). The same request with the same key
    gives the same job until that is done or expires (A-RETRY).

    Args:
        id (str):
        prefer (str):  Default: 'respond-async'.
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (Parameters): Parameters of an operation (FHIR R4).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | OperationOutcome]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,
prefer=prefer,
hg_idempotency_key=hg_idempotency_key,
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
    body: Parameters,
    prefer: str = 'respond-async',
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Any | OperationOutcome | None:
    """ Start to make a C-CDA of a patient's record.

     Starts a job that makes a C-CDA document (D-PAT, D-P360FHIR). The same request with the same key
    gives the same job until that is done or expires (A-RETRY).

    Args:
        id (str):
        prefer (str):  Default: 'respond-async'.
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (Parameters): Parameters of an operation (FHIR R4).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | OperationOutcome
     """


    return sync_detailed(
        id=id,
client=client,
body=body,
prefer=prefer,
hg_idempotency_key=hg_idempotency_key,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: Parameters,
    prefer: str = 'respond-async',
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Response[Any | OperationOutcome]:
    """ Start to make a C-CDA of a patient's record.

     Starts a job that makes a C-CDA document (D-PAT, D-P360FHIR). The same request with the same key
    gives the same job until that is done or expires (A-RETRY).

    Args:
        id (str):
        prefer (str):  Default: 'respond-async'.
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (Parameters): Parameters of an operation (FHIR R4).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | OperationOutcome]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,
prefer=prefer,
hg_idempotency_key=hg_idempotency_key,
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
    body: Parameters,
    prefer: str = 'respond-async',
    hg_idempotency_key: str | Unset = UNSET,
    x_request_id: str | Unset = UNSET,

) -> Any | OperationOutcome | None:
    """ Start to make a C-CDA of a patient's record.

     Starts a job that makes a C-CDA document (D-PAT, D-P360FHIR). The same request with the same key
    gives the same job until that is done or expires (A-RETRY).

    Args:
        id (str):
        prefer (str):  Default: 'respond-async'.
        hg_idempotency_key (str | Unset):
        x_request_id (str | Unset):
        body (Parameters): Parameters of an operation (FHIR R4).

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | OperationOutcome
     """


    return (await asyncio_detailed(
        id=id,
client=client,
body=body,
prefer=prefer,
hg_idempotency_key=hg_idempotency_key,
x_request_id=x_request_id,

    )).parsed
