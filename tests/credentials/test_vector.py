"""The test vector of the Recommendation: "Data Integrity EdDSA Cryptosuites v1.0", B.1, eddsa-jcs-2022."""

from datetime import UTC, datetime

import base58

import credentials as engine
from credentials import proof

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]
PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
METHOD = f"did:key:{PUBLIC}#{PUBLIC}"
SEED = base58.b58decode("3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")[2:]
DOCUMENT = {
    "@context": CONTEXT,
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
HASHES = (
    "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
    "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
)
VALUE = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"


def test_the_vector_is_reproduced() -> None:
    key = engine.KeyInMemory(METHOD, SEED)
    assert key.public.multibase == PUBLIC
    made = engine.signed(DOCUMENT, key, at=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC))
    options = {name: value for name, value in made["proof"].items() if name != "proofValue"}
    assert proof.hash_data(DOCUMENT, options).hex() == HASHES
    assert made["proof"]["proofValue"] == VALUE


def test_the_vector_is_accepted() -> None:
    made = {
        **DOCUMENT,
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "created": "2023-02-24T23:36:38Z",
            "verificationMethod": METHOD,
            "proofPurpose": "assertionMethod",
            "@context": CONTEXT,
            "proofValue": VALUE,
        },
    }
    assert proof.agrees(made, engine.PublicKey.from_multibase(PUBLIC))
    assert not proof.agrees(made | {"name": "Alumni credential"}, engine.PublicKey.from_multibase(PUBLIC))
