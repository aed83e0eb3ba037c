"""All rows of all slices, for migrations. Triggers and the job queue stand in the migrations themselves."""

from typing import Final

from app.audits import models as audits
from app.audits import models_console as console
from app.audits import models_life as life
from app.audits import models_uploads as uploads
from app.cards import models as cards
from app.catalogue import models as catalogue
from app.claims import models as claims
from app.complaints import models as complaints
from app.consultations import models as consultations
from app.credentials import models as credentials
from app.db import Base
from app.documents import models as documents
from app.epcis import models as epcis
from app.exchange import models as exchange
from app.freight import models as freight
from app.history import Happening
from app.ledger import models as ledger
from app.mail import Mail
from app.organisations import models as organisations
from app.parcels import models as parcels
from app.payouts import models as payouts
from app.planning import models as planning
from app.plots import models as plots
from app.shipping import models as shipping
from app.shipping import models_customs as customs
from app.shipping import models_rate_cards as rate_cards
from app.standing import models as standing
from app.stories import models as stories
from app.tlog import models as tlog
from app.trade import models as trade
from app.transaction import IdempotentReply
from app.votes import models as votes
from app.webhooks import models as webhooks

metadata: Final = Base.metadata
OWNED: Final = (
    audits,
    console,
    cards,
    catalogue,
    claims,
    complaints,
    consultations,
    credentials,
    customs,
    documents,
    epcis,
    exchange,
    freight,
    ledger,
    life,
    organisations,
    parcels,
    payouts,
    planning,
    plots,
    rate_cards,
    shipping,
    standing,
    stories,
    tlog,
    trade,
    uploads,
    votes,
    webhooks,
    Happening,
    Mail,
    IdempotentReply,
)
