"""Certificates that anybody can check without asking us. Pure: keys, time and chance are arguments.

W3C Verifiable Credentials 2.0, UNTP Digital Conformity Credential, Digital Product Passport and Digital
Traceability Event, eddsa-jcs-2022, VC-JWT, did:web and Bitstring Status List.
"""

from credentials.attached import attachments as attachments
from credentials.conformity import Facts as Facts
from credentials.conformity import Principle as Principle
from credentials.conformity import Topic as Topic
from credentials.conformity import credential as credential
from credentials.did import KnownKey as KnownKey
from credentials.did import address_of as address_of
from credentials.did import did_document as did_document
from credentials.did import did_of as did_of
from credentials.form import LARGEST_FILE as LARGEST_FILE
from credentials.form import CredentialFault as CredentialFault
from credentials.jwt import as_json as as_json
from credentials.jwt import enveloped as enveloped
from credentials.keys import KeyInMemory as KeyInMemory
from credentials.keys import PublicKey as PublicKey
from credentials.passport import Certified as Certified
from credentials.passport import PassportFacts as PassportFacts
from credentials.passport import Transport as Transport
from credentials.passport import passport as passport
from credentials.proof import signed as signed
from credentials.status import ENTRIES as ENTRIES
from credentials.status import Purpose as Purpose
from credentials.status import list_credential as list_credential
from credentials.traceability import EventFacts as EventFacts
from credentials.traceability import LotEvent as LotEvent
from credentials.traceability import traceability as traceability
from credentials.verify import SENTENCES as SENTENCES
from credentials.verify import Outcome as Outcome
from credentials.verify import Verification as Verification
from credentials.verify import issuer_of as issuer_of
from credentials.verify import subjects_of as subjects_of
from credentials.verify import verify as verify
