from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.operation_outcome import OperationOutcome
from ...models.patient import Patient
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    id: str,
    *,
    body: Patient,
    if_match: str,
    x_request_id: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match

    if not isinstance(x_request_id, Unset):
        headers["X-Request-Id"] = x_request_id



    

    

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/fhir/R4/Patient/{id}".format(id=quote(str(id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/fhir+json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> OperationOutcome | Patient | None:
    if response.status_code == 200:
        response_200 = Patient.from_dict(response.json())



        return response_200

    if response.status_code == 201:
        response_201 = Patient.from_dict(response.json())



        return response_201

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

    if response.status_code == 412:
        response_412 = OperationOutcome.from_dict(response.json())



        return response_412

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[OperationOutcome | Patient]:
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
    body: Patient,
    if_match: str,
    x_request_id: str | Unset = UNSET,

) -> Response[OperationOutcome | Patient]:
    """ Replace a patient by another version of it.

     Sets the whole resource: what is left out is gone (FHIR R4). With If-Match it is set only while the
    version is the one that was read, so two writers do not overwrite each other unseen (D-PATUPD).
    Without it, it would also create a patient that is not there (D-PATUPD); so If-Match is always sent
    here. It also makes a second sending harmless: if the first one has taken effect, the version is
    another.

    Args:
        id (str):
        if_match (str):
        x_request_id (str | Unset):
        body (Patient): A patient. All of it but id and meta is personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OperationOutcome | Patient]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,
if_match=if_match,
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
    body: Patient,
    if_match: str,
    x_request_id: str | Unset = UNSET,

) -> OperationOutcome | Patient | None:
    """ Replace a patient by another version of it.

     Sets the whole resource: what is left out is gone (FHIR R4). With If-Match it is set only while the
    version is the one that was read, so two writers do not overwrite each other unseen (D-PATUPD).
    Without it, it would also create a patient that is not there (D-PATUPD); so If-Match is always sent
    here. It also makes a second sending harmless: if the first one has taken effect, the version is
    another.

    Args:
        id (str):
        if_match (str):
        x_request_id (str | Unset):
        body (Patient): A patient. All of it but id and meta is personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OperationOutcome | Patient
     """


    return sync_detailed(
        id=id,
client=client,
body=body,
if_match=if_match,
x_request_id=x_request_id,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: Patient,
    if_match: str,
    x_request_id: str | Unset = UNSET,

) -> Response[OperationOutcome | Patient]:
    """ Replace a patient by another version of it.

     Sets the whole resource: what is left out is gone (FHIR R4). With If-Match it is set only while the
    version is the one that was read, so two writers do not overwrite each other unseen (D-PATUPD).
    Without it, it would also create a patient that is not there (D-PATUPD); so If-Match is always sent
    here. It also makes a second sending harmless: if the first one has taken effect, the version is
    another.

    Args:
        id (str):
        if_match (str):
        x_request_id (str | Unset):
        body (Patient): A patient. All of it but id and meta is personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[OperationOutcome | Patient]
     """


    kwargs = _get_kwargs(
        id=id,
body=body,
if_match=if_match,
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
    body: Patient,
    if_match: str,
    x_request_id: str | Unset = UNSET,

) -> OperationOutcome | Patient | None:
    """ Replace a patient by another version of it.

     Sets the whole resource: what is left out is gone (FHIR R4). With If-Match it is set only while the
    version is the one that was read, so two writers do not overwrite each other unseen (D-PATUPD).
    Without it, it would also create a patient that is not there (D-PATUPD); so If-Match is always sent
    here. It also makes a second sending harmless: if the first one has taken effect, the version is
    another.

    Args:
        id (str):
        if_match (str):
        x_request_id (str | Unset):
        body (Patient): A patient. All of it but id and meta is personal data.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        OperationOutcome | Patient
     """


    return (await asyncio_detailed(
        id=id,
client=client,
body=body,
if_match=if_match,
x_request_id=x_request_id,

    )).parsed
