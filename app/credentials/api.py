"""The check of a file, for programs. What it checks with is public: `/.well-known/did.json` and the lists."""

from typing import Annotated, Any

from fastapi import Depends, File, Request, UploadFile
from pydantic import BaseModel, Field

import credentials as engine
from app.credentials import service
from app.permissions import Actor, Anybody
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("registry")


class CheckedOut(BaseModel):
    outcome: engine.Outcome
    sentence: str
    detail: str = Field(description="more about it, where there is more")
    genuine: bool = Field(description="whether this site signed it, and nothing in it was changed since")
    certificate: str | None = Field(description="number of the certificate")
    credential: dict[str, Any] = Field(description="what the signature covers; empty unless genuine")


@router.post("/verify")
def verify(
    request: Request,
    file: Annotated[UploadFile, File(description="a certificate as JSON, VC-JWT or PDF, up to 5 MB")],
    _visitor: Annotated[Actor | None, Depends(Anybody())],
    db: Db,
    now: Now,
) -> CheckedOut:
    """Whether a file is a certificate of this site, and how it stands now. It is not kept."""
    found = service.check(db, request.app.state.settings, file.file.read(engine.LARGEST_FILE + 1), now=now)
    ours = service.named_in(db, found) if found.genuine else None
    return CheckedOut(
        outcome=found.outcome,
        sentence=found.sentence,
        detail=found.detail,
        genuine=found.genuine,
        certificate=ours[0].number if ours else None,
        credential=dict(found.document),
    )
