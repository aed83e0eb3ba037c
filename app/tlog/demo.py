"""The demo's log: what its story entered, signed, and cosigned by a witness that is plainly none."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.permissions import Actor
from app.settings import Settings
from app.tlog import signing, witnessing
from governance.log.checkpoints import cosign
from governance.log.notes import COSIGNATURE, Note, Signer

WITNESS: Final = Signer.from_seed(
    "demo-witness.example/one", b"the demo's witness: no secret..!", COSIGNATURE
)


def sign_demo(session: Session, settings: Settings, operator: Actor, *, now: datetime) -> None:
    """Sign the log over all of the story, and let the demo's witness sign it too."""
    head = signing.sign_head(session, settings, now=now)
    assert head is not None  # nobody has touched it
    witnessing.add_witness(
        session, operator, key=str(WITNESS.verifier), run_by="Demo university", address="", now=now
    )
    text = Note.read(head.note).text
    line = cosign(text, WITNESS, int(now.timestamp()))
    witnessing.take(session, str(Note(text, (line,))), now=now)
