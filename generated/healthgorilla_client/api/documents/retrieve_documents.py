from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.operation_outcome import OperationOutcome
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    patient: str,
    prefer: str = 'respond-async',
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["Prefer"] = prefer

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id



    

    params: dict[str, Any] = {}

    params["patient"] = patient


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/fhir/R4/DocumentReference/$p360-retrieve",
        "params": params,
    }


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
    *,
    client: AuthenticatedClient | Client,
    patient: str,
    prefer: str = 'respond-async',
    x_request_id: str | Unset = UNSET,

) -> Response[Any | OperationOutcome]:
    """ Start to retrieve a patient's documents from other organizations.

     Starts a job that collects what other organizations have of a patient (D-P360OP, CAP, MCP). The
    patient must have a first and a last name, a birth date, a gender and an address (D-P360OP,
    D-P360API), of which the postal code, or city and state, suffice (D-P360ADV). It is a GET, yet each
    one starts a retrieval of its own, which is metered (MED): idempotency keys are for POST (D-IDEM),
    so one that is lost is never sent again.

    Args:
        patient (str):
        prefer (str):  Default: 'respond-async'.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | OperationOutcome]
     """


    kwargs = _get_kwargs(
        patient=patient,
prefer=prefer,
x_request_id=x_request_id,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient | Client,
    patient: str,
    prefer: str = 'respond-async',
    x_request_id: str | Unset = UNSET,

) -> Any | OperationOutcome | None:
    """ Start to retrieve a patient's documents from other organizations.

     Starts a job that collects what other organizations have of a patient (D-P360OP, CAP, MCP). The
    patient must have a first and a last name, a birth date, a gender and an address (D-P360OP,
    D-P360API), of which the postal code, or city and state, suffice (D-P360ADV). It is a GET, yet each
    one starts a retrieval of its own, which is metered (MED): idempotency keys are for POST (D-IDEM),
    so one that is lost is never sent again.

    Args:
        patient (str):
        prefer (str):  Default: 'respond-async'.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | OperationOutcome
     """


    return sync_detailed(
        client=client,
patient=patient,
prefer=prefer,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    patient: str,
    prefer: str = 'respond-async',
    x_request_id: str | Unset = UNSET,

) -> Response[Any | OperationOutcome]:
    """ Start to retrieve a patient's documents from other organizations.

     Starts a job that collects what other organizations have of a patient (D-P360OP, CAP, MCP). The
    patient must have a first and a last name, a birth date, a gender and an address (D-P360OP,
    D-P360API), of which the postal code, or city and state, suffice (D-P360ADV). It is a GET, yet each
    one starts a retrieval of its own, which is metered (MED): idempotency keys are for POST (D-IDEM),
    so one that is lost is never sent again.

    Args:
        patient (str):
        prefer (str):  Default: 'respond-async'.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | OperationOutcome]
     """


    kwargs = _get_kwargs(
        patient=patient,
prefer=prefer,
x_request_id=x_request_id,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    patient: str,
    prefer: str = 'respond-async',
    x_request_id: str | Unset = UNSET,

) -> Any | OperationOutcome | None:
    """ Start to retrieve a patient's documents from other organizations.

     Starts a job that collects what other organizations have of a patient (D-P360OP, CAP, MCP). The
    patient must have a first and a last name, a birth date, a gender and an address (D-P360OP,
    D-P360API), of which the postal code, or city and state, suffice (D-P360ADV). It is a GET, yet each
    one starts a retrieval of its own, which is metered (MED): idempotency keys are for POST (D-IDEM),
    so one that is lost is never sent again.

    Args:
        patient (str):
        prefer (str):  Default: 'respond-async'.
        x_request_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | OperationOutcome
     """


    return (await asyncio_detailed(
        client=client,
patient=patient,
prefer=prefer,
x_request_id=x_request_id,

    )).parsed
