"""JSON routes of what an organisation is called at GS1."""

from typing import Annotated

from fastapi import Depends

from app.epcis import naming
from app.epcis.models import Gs1Identity
from app.epcis.schemas import Gs1IdentityIn, Gs1IdentityOut
from app.errors import Missing
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("EPCIS")


@router.get("/organisation/gs1", summary="Your GS1 company prefix and GLN")
def read_identity(actor: Annotated[Actor, Depends(Needs("organisation.read-own"))], db: Db) -> Gs1IdentityOut:
    found = db.get(Gs1Identity, actor.organisation_id)
    if found is None:
        raise Missing("No GS1 company prefix was entered yet.")
    return Gs1IdentityOut.model_validate(found)


@router.put("/organisation/gs1", summary="Enter your GS1 company prefix and GLN")
def set_identity(
    wish: Gs1IdentityIn, actor: Annotated[Actor, Depends(Needs("organisation.describe"))], db: Db, now: Now
) -> Gs1IdentityOut:
    row = naming.set_identity(db, actor, company_prefix=wish.company_prefix, gln=wish.gln, now=now)
    return Gs1IdentityOut.model_validate(row)
