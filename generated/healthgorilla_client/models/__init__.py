""" Contains all the data models used in inputs/outputs """

from .address import Address
from .administrative_gender import AdministrativeGender
from .attachment import Attachment
from .bundle import Bundle
from .bundle_entry import BundleEntry
from .bundle_link import BundleLink
from .codeable_concept import CodeableConcept
from .coding import Coding
from .contact_point import ContactPoint
from .document_content import DocumentContent
from .document_reference import DocumentReference
from .document_reference_status import DocumentReferenceStatus
from .event_reference import EventReference
from .human_name import HumanName
from .identifier import Identifier
from .issue import Issue
from .issue_code import IssueCode
from .meta import Meta
from .operation_outcome import OperationOutcome
from .parameters import Parameters
from .patient import Patient
from .reference import Reference
from .resource import Resource
from .subscription import Subscription
from .subscription_channel import SubscriptionChannel
from .subscription_status import SubscriptionStatus
from .token import Token
from .token_error import TokenError
from .token_request import TokenRequest

__all__ = (
    "Address",
    "AdministrativeGender",
    "Attachment",
    "Bundle",
    "BundleEntry",
    "BundleLink",
    "CodeableConcept",
    "Coding",
    "ContactPoint",
    "DocumentContent",
    "DocumentReference",
    "DocumentReferenceStatus",
    "EventReference",
    "HumanName",
    "Identifier",
    "Issue",
    "IssueCode",
    "Meta",
    "OperationOutcome",
    "Parameters",
    "Patient",
    "Reference",
    "Resource",
    "Subscription",
    "SubscriptionChannel",
    "SubscriptionStatus",
    "Token",
    "TokenError",
    "TokenRequest",
)
