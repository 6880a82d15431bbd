"""The traits of healthgorilla.yaml, written by `nox -s generate`. Change the spec, not this file."""

from typing import Any

PROVIDER: dict[str, Any] = {
    'x-assumed': 'The pages name different statuses that are worth another attempt: 502 and 503 (A-RETRY); 429, 500, 503 and 504 (A-BEST); 429, 500, 502 and 504 (A-ERR). All of them are taken. Backoff with jitter is asked for (A-RETRY), a cap on the retries too (A-BEST), and no page gives a number. Retry-After is documented for 429 alone (A-ERR), in seconds or as a date, which is not said; it is heeded on a 503 as well. The rate is limited by tenant and endpoint (A-RATE, A-OPT); a client knows its credential and its operations.',
    'name': 'healthgorilla',
    'auth': {
        'header': 'authorization',
        'scheme': 'Bearer',
        'token': 'getToken',
        'renew': [401],
        'assertion': {
            'x-assumed': "Of the claims the pages give two readings each: iss is the client id (A-JWT) or the registered URL of the app (D-OAUTHF), sub the client id (A-JWT) or a user's login (D-OAUTHF); the first ones hold where nothing else is given. aud is the address that is asked for the token. It is signed with the client secret (D-OAUTHF), or with a private key by another page (A-AVT), and lives for minutes (A-AVT).",
            'algorithm': 'HS256',
            'claims': {'iss': '{client_id}', 'sub': '{client_id}', 'aud': '{token_url}'},
            'lifetime': 300,
        },
    },
    'request-id': {
        'send': 'x-request-id',
        'form': 'uuid',
        'receive': ['x-hg-request-id', 'x-correlation-id'],
    },
    'error-body': {
        'is': {'resourceType': 'OperationOutcome'},
        'issues': 'issue',
        'severities': ['fatal', 'error'],
        'code': 'code',
        'message': ['diagnostics', 'details.text'],
        'fields': ['expression', 'location'],
        'codes': [
            'invalid',
            'required',
            'forbidden',
            'not-found',
            'duplicate',
            'conflict',
            'structure',
            'processing',
        ],
    },
    'transient': {
        'transport': 'backoff',
        '429': 'retry-after',
        '500': 'backoff',
        '502': 'backoff',
        '503': 'retry-after',
        '504': 'backoff',
    },
    'backoff': {'first': 1, 'most': 30},
    'rate-limit': {'scope': 'operation'},
    'errors': {
        'duplicate': 'ConflictError',
        'invalid_client': 'AuthenticationError',
        'invalid_grant': 'AuthenticationError',
    },
}

SERVERS: dict[str, Any] = {
    'sandbox': 'https://sandbox.healthgorilla.com',
    'production': 'https://api.healthgorilla.com',
}

OPERATIONS: dict[str, Any] = {
    'getToken': {
        'id': 'getToken',
        'method': 'POST',
        'path': '/oauth/token',
        'tag': 'oauth',
        'statuses': [200],
        'repeat': 'safe',
        'error-body': {
            'code': 'error',
            'message': ['error_description'],
            'codes': [
                'invalid_grant',
                'invalid_client',
                'unsupported_grant_type',
                'unsupported_api_version',
            ],
        },
        'accepts': {
            'body': {
                'type': 'object',
                'required': ['grant_type', 'assertion'],
                'properties': {
                    'grant_type': {
                        'type': 'string',
                        'const': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
                    },
                    'assertion': {'type': 'string', 'minLength': 1, 'x-secret': True},
                    'client_id': {'type': 'string'},
                    'scope': {'type': 'string'},
                },
            },
        },
    },
    'searchPatients': {
        'id': 'searchPatients',
        'method': 'GET',
        'path': '/fhir/R4/Patient',
        'tag': 'patients',
        'statuses': [200],
        'answers': ['application/fhir+json'],
        'repeat': 'safe',
        'permission': 'user/*.*',
        'pages': {
            'limit': '_count',
            'max': 100,
            'items': 'entry.resource',
            'next': {'in': 'link', 'where': {'relation': 'next'}, 'url': 'url'},
            'id': 'id',
        },
        'log': ['_count', '_offset', '_lastUpdated'],
        'accepts': {
            'query': {
                'identifier': {'type': 'string', 'minLength': 1},
                '_lastUpdated': {'type': 'string', 'minLength': 1},
                '_count': {'type': 'integer', 'minimum': 1, 'maximum': 100},
                '_offset': {'type': 'integer', 'minimum': 0},
            },
        },
    },
    'createPatient': {
        'id': 'createPatient',
        'method': 'POST',
        'path': '/fhir/R4/Patient',
        'tag': 'patients',
        'statuses': [200, 201, 202],
        'empty': [202],
        'answers': ['application/fhir+json'],
        'repeat': {
            'header': 'HG-Idempotency-Key',
            'lifetime': 3600,
            'reused': ['conflict', ''],
            'believed': [400, 404, 422],
            'lookup': 'searchPatients',
            'by': {'identifier': '{system}|{value}'},
            'same': ['name', 'gender', 'birthDate'],
            'taken': 'duplicate',
        },
        'permission': 'user/*.*',
        'created': {'header': 'Location', 'path': '/fhir/R4/Patient/{id}'},
        'impact': 'high',
        'accepts': {
            'body': {
                'type': 'object',
                'required': ['resourceType', 'name'],
                'properties': {
                    'resourceType': {'type': 'string', 'const': 'Patient'},
                    'id': {'type': 'string'},
                    'meta': {
                        'type': 'object',
                        'properties': {
                            'versionId': {'type': 'string'},
                            'lastUpdated': {'type': 'string'},
                        },
                    },
                    'identifier': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'type': {
                                    'type': 'object',
                                    'properties': {
                                        'coding': {
                                            'type': 'array',
                                            'items': {
                                                'type': 'object',
                                                'properties': {
                                                    'system': {'type': 'string'},
                                                    'code': {'type': 'string', 'x-personal': True},
                                                    'display': {'type': 'string', 'x-personal': True},
                                                },
                                            },
                                        },
                                        'text': {'type': 'string', 'x-personal': True},
                                    },
                                },
                                'system': {'type': 'string'},
                                'value': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'active': {'type': 'boolean'},
                    'name': {
                        'type': 'array',
                        'minItems': 1,
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'use': {'type': 'string'},
                                'family': {'type': 'string', 'x-personal': True},
                                'given': {
                                    'type': 'array',
                                    'x-personal': True,
                                    'items': {'type': 'string'},
                                },
                                'text': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'telecom': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'system': {'type': 'string'},
                                'value': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'gender': {'type': ['string'], 'x-personal': True},
                    'birthDate': {
                        'type': 'string',
                        'pattern': '^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$',
                        'x-personal': True,
                    },
                    'address': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'line': {
                                    'type': 'array',
                                    'x-personal': True,
                                    'items': {'type': 'string'},
                                },
                                'city': {'type': 'string', 'x-personal': True},
                                'state': {'type': 'string', 'x-personal': True},
                                'postalCode': {'type': 'string', 'x-personal': True},
                                'country': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                },
            },
        },
    },
    'getPatient': {
        'id': 'getPatient',
        'method': 'GET',
        'path': '/fhir/R4/Patient/{id}',
        'tag': 'patients',
        'statuses': [200],
        'answers': ['application/fhir+json'],
        'repeat': 'safe',
        'permission': 'user/*.*',
        'accepts': {'path': {'id': {'type': 'string', 'pattern': '^[A-Za-z0-9.-]{1,64}$'}}},
    },
    'updatePatient': {
        'id': 'updatePatient',
        'method': 'PUT',
        'path': '/fhir/R4/Patient/{id}',
        'tag': 'patients',
        'statuses': [200, 201],
        'answers': ['application/fhir+json'],
        'repeat': {
            'guard': 'If-Match',
            'version': 'meta.versionId',
            'read': 'getPatient',
            'ignored': ['meta', 'text'],
            'believed': [400, 404, 409, 412, 422],
        },
        'permission': 'user/*.*',
        'impact': 'high',
        'accepts': {
            'path': {'id': {'type': 'string', 'pattern': '^[A-Za-z0-9.-]{1,64}$'}},
            'body': {
                'type': 'object',
                'required': ['resourceType', 'name'],
                'properties': {
                    'resourceType': {'type': 'string', 'const': 'Patient'},
                    'id': {'type': 'string'},
                    'meta': {
                        'type': 'object',
                        'properties': {
                            'versionId': {'type': 'string'},
                            'lastUpdated': {'type': 'string'},
                        },
                    },
                    'identifier': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'type': {
                                    'type': 'object',
                                    'properties': {
                                        'coding': {
                                            'type': 'array',
                                            'items': {
                                                'type': 'object',
                                                'properties': {
                                                    'system': {'type': 'string'},
                                                    'code': {'type': 'string', 'x-personal': True},
                                                    'display': {'type': 'string', 'x-personal': True},
                                                },
                                            },
                                        },
                                        'text': {'type': 'string', 'x-personal': True},
                                    },
                                },
                                'system': {'type': 'string'},
                                'value': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'active': {'type': 'boolean'},
                    'name': {
                        'type': 'array',
                        'minItems': 1,
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'use': {'type': 'string'},
                                'family': {'type': 'string', 'x-personal': True},
                                'given': {
                                    'type': 'array',
                                    'x-personal': True,
                                    'items': {'type': 'string'},
                                },
                                'text': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'telecom': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'system': {'type': 'string'},
                                'value': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'gender': {'type': ['string'], 'x-personal': True},
                    'birthDate': {
                        'type': 'string',
                        'pattern': '^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$',
                        'x-personal': True,
                    },
                    'address': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'line': {
                                    'type': 'array',
                                    'x-personal': True,
                                    'items': {'type': 'string'},
                                },
                                'city': {'type': 'string', 'x-personal': True},
                                'state': {'type': 'string', 'x-personal': True},
                                'postalCode': {'type': 'string', 'x-personal': True},
                                'country': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                },
            },
        },
    },
    'exportCcda': {
        'id': 'exportCcda',
        'method': 'POST',
        'path': '/fhir/R4/Patient/{id}/$export-ccda',
        'tag': 'patients',
        'statuses': [202],
        'empty': [202],
        'answers': ['application/fhir+json'],
        'repeat': {
            'header': 'HG-Idempotency-Key',
            'lifetime': 3600,
            'reused': ['conflict', ''],
            'believed': [400, 404, 422],
        },
        'permission': 'user/*.*',
        'job': {
            'poll': ['Location', 'Content-Location'],
            'with': 'getRequestResult',
            'done': 200,
            'running': 202,
            'failed': 454,
            'progress': 'X-Progress',
        },
        'accepts': {
            'path': {'id': {'type': 'string', 'pattern': '^[A-Za-z0-9.-]{1,64}$'}},
            'body': {
                'type': 'object',
                'required': ['resourceType'],
                'properties': {'resourceType': {'type': 'string', 'const': 'Parameters'}},
            },
        },
    },
    'createDocumentReference': {
        'id': 'createDocumentReference',
        'method': 'POST',
        'path': '/fhir/R4/DocumentReference',
        'tag': 'documents',
        'statuses': [201, 202],
        'empty': [202],
        'answers': ['application/fhir+json'],
        'repeat': {
            'header': 'HG-Idempotency-Key',
            'lifetime': 3600,
            'reused': ['conflict', ''],
            'believed': [400, 404, 422],
        },
        'permission': 'user/*.*',
        'created': {'header': 'Location', 'path': '/fhir/R4/DocumentReference/{id}'},
        'impact': 'high',
        'accepts': {
            'body': {
                'type': 'object',
                'required': ['resourceType', 'status', 'content'],
                'properties': {
                    'resourceType': {'type': 'string', 'const': 'DocumentReference'},
                    'id': {'type': 'string'},
                    'meta': {
                        'type': 'object',
                        'properties': {
                            'versionId': {'type': 'string'},
                            'lastUpdated': {'type': 'string'},
                        },
                    },
                    'masterIdentifier': {
                        'type': 'object',
                        'x-personal': True,
                        'properties': {
                            'type': {
                                'type': 'object',
                                'properties': {
                                    'coding': {
                                        'type': 'array',
                                        'items': {
                                            'type': 'object',
                                            'properties': {
                                                'system': {'type': 'string'},
                                                'code': {'type': 'string', 'x-personal': True},
                                                'display': {'type': 'string', 'x-personal': True},
                                            },
                                        },
                                    },
                                    'text': {'type': 'string', 'x-personal': True},
                                },
                            },
                            'system': {'type': 'string'},
                            'value': {'type': 'string', 'x-personal': True},
                        },
                    },
                    'identifier': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'type': {
                                    'type': 'object',
                                    'properties': {
                                        'coding': {
                                            'type': 'array',
                                            'items': {
                                                'type': 'object',
                                                'properties': {
                                                    'system': {'type': 'string'},
                                                    'code': {'type': 'string', 'x-personal': True},
                                                    'display': {'type': 'string', 'x-personal': True},
                                                },
                                            },
                                        },
                                        'text': {'type': 'string', 'x-personal': True},
                                    },
                                },
                                'system': {'type': 'string'},
                                'value': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'status': {'type': ['string']},
                    'type': {
                        'type': 'object',
                        'x-personal': True,
                        'properties': {
                            'coding': {
                                'type': 'array',
                                'items': {
                                    'type': 'object',
                                    'properties': {
                                        'system': {'type': 'string'},
                                        'code': {'type': 'string', 'x-personal': True},
                                        'display': {'type': 'string', 'x-personal': True},
                                    },
                                },
                            },
                            'text': {'type': 'string', 'x-personal': True},
                        },
                    },
                    'category': {
                        'type': 'array',
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'properties': {
                                'coding': {
                                    'type': 'array',
                                    'items': {
                                        'type': 'object',
                                        'properties': {
                                            'system': {'type': 'string'},
                                            'code': {'type': 'string', 'x-personal': True},
                                            'display': {'type': 'string', 'x-personal': True},
                                        },
                                    },
                                },
                                'text': {'type': 'string', 'x-personal': True},
                            },
                        },
                    },
                    'subject': {
                        'type': 'object',
                        'x-personal': True,
                        'properties': {
                            'reference': {'type': 'string', 'x-personal': True},
                            'display': {'type': 'string', 'x-personal': True},
                        },
                    },
                    'date': {'type': 'string', 'x-personal': True},
                    'description': {'type': 'string', 'x-personal': True},
                    'content': {
                        'type': 'array',
                        'minItems': 1,
                        'x-personal': True,
                        'items': {
                            'type': 'object',
                            'required': ['attachment'],
                            'properties': {
                                'attachment': {
                                    'type': 'object',
                                    'x-personal': True,
                                    'properties': {
                                        'contentType': {'type': 'string'},
                                        'language': {'type': 'string'},
                                        'data': {'type': 'string', 'x-personal': True},
                                        'url': {'type': 'string', 'x-personal': True},
                                        'title': {'type': 'string', 'x-personal': True},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
    'retrieveDocuments': {
        'id': 'retrieveDocuments',
        'method': 'GET',
        'path': '/fhir/R4/DocumentReference/$p360-retrieve',
        'tag': 'documents',
        'statuses': [202],
        'empty': [202],
        'answers': ['application/fhir+json'],
        'repeat': 'never',
        'permission': 'user/*.* patient360',
        'job': {
            'poll': ['Location', 'Content-Location'],
            'with': 'getRequestResult',
            'done': 200,
            'running': 202,
            'failed': 454,
            'progress': 'X-Progress',
        },
        'needs': ['patient'],
        'accepts': {'query': {'patient': {'type': 'string', 'pattern': '^[A-Za-z0-9.-]{1,64}$'}}},
    },
    'getRequestResult': {
        'id': 'getRequestResult',
        'method': 'GET',
        'path': '/fhir/RequestResult/{id}',
        'tag': 'jobs',
        'statuses': [200, 202],
        'empty': [202],
        'answers': ['application/fhir+json'],
        'repeat': 'safe',
        'permission': 'user/*.*',
        'log': ['id'],
        'accepts': {'path': {'id': {'type': 'string', 'pattern': '^[A-Za-z0-9.-]{1,64}$'}}},
    },
    'createSubscription': {
        'id': 'createSubscription',
        'method': 'POST',
        'path': '/fhir/R4/Subscription',
        'tag': 'subscriptions',
        'statuses': [201, 202],
        'empty': [202],
        'answers': ['application/fhir+json'],
        'repeat': {
            'header': 'HG-Idempotency-Key',
            'lifetime': 3600,
            'reused': ['conflict', ''],
            'believed': [400, 404, 422],
        },
        'permission': 'user/*.*',
        'created': {'header': 'Location', 'path': '/fhir/R4/Subscription/{id}'},
        'accepts': {
            'body': {
                'type': 'object',
                'required': ['resourceType', 'status', 'reason', 'criteria', 'channel'],
                'properties': {
                    'resourceType': {'type': 'string', 'const': 'Subscription'},
                    'id': {'type': 'string'},
                    'meta': {
                        'type': 'object',
                        'properties': {
                            'versionId': {'type': 'string'},
                            'lastUpdated': {'type': 'string'},
                        },
                    },
                    'status': {'type': ['string']},
                    'reason': {'type': 'string'},
                    'criteria': {'type': 'string', 'minLength': 1, 'x-personal': True},
                    'end': {'type': 'string'},
                    'error': {'type': 'string', 'x-personal': True},
                    'channel': {
                        'type': 'object',
                        'required': ['type', 'endpoint'],
                        'properties': {
                            'type': {'type': 'string'},
                            'endpoint': {'type': 'string', 'pattern': '^https?://'},
                            'payload': {'type': 'string'},
                            'header': {
                                'type': 'array',
                                'x-secret': True,
                                'items': {'type': 'string'},
                            },
                        },
                    },
                },
            },
        },
    },
    'getSubscription': {
        'id': 'getSubscription',
        'method': 'GET',
        'path': '/fhir/R4/Subscription/{id}',
        'tag': 'subscriptions',
        'statuses': [200],
        'answers': ['application/fhir+json'],
        'repeat': 'safe',
        'permission': 'user/*.*',
        'log': ['id'],
        'accepts': {'path': {'id': {'type': 'string', 'pattern': '^[A-Za-z0-9.-]{1,64}$'}}},
    },
}

WEBHOOK_DELIVERY: dict[str, Any] = {
    'x-assumed': 'The newer text is known at second hand. The encodings, the algorithm of the digest and where the secret is set are not said. 200 and 202 acknowledge by two pages (D-WHSEC, D-WHFAIL), any 2xx by two others (A-SUBR, A-SUBD). Of three accounts of redelivery this is the one with numbers (D-WHFAIL, D-WHSEC). An answer is due within 5 to 10 seconds (A-BEST). This is the one place to correct.',
    'signature': {
        'algorithm': 'hmac-sha512',
        'key': 'utf-8',
        'message': '{timestamp}\n{id}\n{digest}',
        'header': 'X-Hg-Signature',
        'value': 'sha512={base64}',
        'timestamp': 'Date',
        'clock': 'http-date',
        'tolerance': 300,
        'digest': {'algorithm': 'sha512', 'header': 'Digest', 'value': 'SHA-512={base64}'},
    },
    'delivery': {
        'id': 'X-Hg-EventId',
        'created': 'X-Hg-EventCreated',
        'event': 'X-HealthGorilla-Event-Type',
        'user-agent': 'HealthGorilla-FHIR-Webhook',
        'timeout': 10,
        'acknowledged': [200, 202],
        'attempts': 5,
        'retry-after': [5, 30, 120, 600],
    },
}

PERSONAL: dict[str, Any] = {
    'TokenError': ['error_description'],
    'Coding': ['code', 'display'],
    'CodeableConcept': ['text'],
    'Identifier': ['value'],
    'HumanName': ['family', 'given', 'text'],
    'ContactPoint': ['value'],
    'Address': ['line', 'city', 'state', 'postalCode', 'country'],
    'Reference': ['reference', 'display'],
    'Attachment': ['data', 'url', 'title'],
    'Patient': ['identifier', 'name', 'telecom', 'gender', 'birthDate', 'address'],
    'DocumentReference': [
        'masterIdentifier',
        'identifier',
        'type',
        'category',
        'subject',
        'date',
        'description',
        'content',
    ],
    'DocumentContent': ['attachment'],
    'Subscription': ['criteria', 'error'],
    'Bundle': ['link', 'entry'],
    'BundleLink': ['url'],
    'BundleEntry': ['fullUrl', 'resource'],
    'EventReference': ['id'],
    'Issue': ['diagnostics', 'details'],
}

SECRET: dict[str, Any] = {
    'TokenRequest': ['assertion'],
    'Token': ['access_token'],
    'SubscriptionChannel': ['header'],
}
