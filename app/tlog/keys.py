"""The log's key: made from the secret that seals keys, so that there is nothing more to keep or to lose."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.settings import Settings
from app.tlog.models import LogCheckpoint
from governance.log.notes import Signer

PURPOSE = b"fairhaul transparency log, Ed25519"


def signer(session: Session, settings: Settings) -> Signer:
    """The key, under the log's name: what its first checkpoint says, before that our address.

    A log keeps its name when the platform moves: witnesses know it by that.
    """
    seed = HKDF(SHA256(), 32, None, PURPOSE).derive(settings.sealing_secret.encode())
    first = session.scalars(select(LogCheckpoint.note).order_by(LogCheckpoint.size).limit(1)).first()
    name = first.partition("\n")[0] if first else f"{settings.address.partition('://')[2]}/log"
    return Signer.from_seed(name, seed)
