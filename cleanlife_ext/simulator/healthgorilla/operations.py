"""What happens behind each operation, by the operation's id in the spec; tokens are not among them."""

from collections.abc import Callable, Mapping

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.healthgorilla import documents, jobs, patients, subscriptions
from cleanlife_ext.simulator.healthgorilla.reading import Ask
from cleanlife_ext.simulator.healthgorilla.state import State

PERFORM: Mapping[str, Callable[[State, Ask], Answer]] = {
    "createPatient": patients.create_patient,
    "getPatient": patients.get_patient,
    "updatePatient": patients.update_patient,
    "searchPatients": patients.search_patients,
    "exportCcda": jobs.export_ccda,
    "createDocumentReference": documents.create_document_reference,
    "retrieveDocuments": jobs.retrieve_documents,
    "getRequestResult": jobs.get_request_result,
    "createSubscription": subscriptions.create_subscription,
    "getSubscription": subscriptions.get_subscription,
}
