"""JSON of the log. Hashes are hex, as sha256sum prints them; the files of C2SP are served below /log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class CosignatureOut(BaseModel):
    witness: str
    run_by: str
    cosigned_at: datetime


class LogOut(BaseModel):
    origin: str
    log_key: str = Field(description="verifier key (C2SP signed-note)")
    size: int
    root: str | None
    signed_at: datetime | None
    checkpoint: str | None = Field(description="the signed note, with cosignatures")
    cosignatures: list[CosignatureOut]
    waiting: int = Field(description="entries that the next checkpoint will have")
    checked_at: datetime | None = Field(description="when everything was hashed again last")
    faults: list[str] = Field(description="what was found then; empty: all was well")


class EntryOut(BaseModel):
    index: int
    kind: str
    at: datetime
    entry: str = Field(description="the leaf as it is in the tree")
    leaf_hash: str
    statement: dict[str, Any] | None = Field(description="null: erased")


class EntriesOut(BaseModel):
    entries: list[EntryOut]
    before: int | None = Field(description="ask with it for the older ones; null: that was all")


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str = Field(
        max_length=20_000,
        description="one of our checkpoints with the witness's cosignature below it",
        examples=["example.org/log\n1\nAAAA=\n\n\u2014 witness.example AAAA\n"],
    )


class KeptOut(BaseModel):
    size: int
    kept: int


class WitnessIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str = Field(
        max_length=500, description="what `witness.py show-key` prints", examples=["w.example+1a2b3c4d+BAAA"]
    )
    run_by: str = Field(max_length=120, examples=["Demo university"])
    address: str = Field(
        "",
        max_length=300,
        description="where it takes checkpoints (C2SP tlog-witness); empty: it fetches them",
    )


class WitnessOut(BaseModel):
    id: UUID
    name: str
    key: str
    run_by: str
    address: str
    since: datetime
    newest_size: int | None = Field(description="of the largest checkpoint that it signed")


class WitnessesOut(BaseModel):
    witnesses: list[WitnessOut]
