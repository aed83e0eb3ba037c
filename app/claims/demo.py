"""Demo: of a delivered pool one scarf was missing; one claim is paid back, one refused, one waits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims import counting, service
from app.claims.models import Bearer
from app.files import Store
from app.permissions import Actor
from app.trade.models import Order, OrderLine


def play(
    session: Session,
    store: Store,
    pool_id: UUID,
    hub: Actor,
    maker: Actor,
    buyers: Mapping[UUID, Actor],
    *,
    now: datetime,
) -> None:
    rows = session.execute(
        select(Order, OrderLine)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.pool_id == pool_id)
        .order_by(Order.joined_at, OrderLine.title)
    ).all()
    first = rows[0][1]
    at = min(rows[0][0].delivered_at or now, now)
    ordered = sum(line.quantity for _, line in rows if line.offer_id == first.offer_id)
    counting.count(
        session,
        hub,
        pool_id,
        first.offer_id,
        received=ordered - 1,
        borne_by=Bearer.MAKER,
        words="Demo: the third carton held one scarf less than its list says.",
        now=at,
    )
    told = ("a seam is open", "two corners are soaked", "the fringe is torn")
    made = []
    for (order, line), words in zip(rows, told, strict=False):
        at += timedelta(hours=20)
        claim = service.file(
            session,
            buyers[order.organisation_id],
            order.id,
            line.id,
            pieces=1,
            words=f"Demo: on one {line.title.lower()} {words}.",
            now=min(at, now),
        )
        made.append(claim)
    service.add_photo(
        session, store, buyers[rows[0][0].organisation_id], made[0].id, _picture(), now=min(at, now)
    )
    service.accept(session, maker, made[0].id, words="Demo: our mistake, with regrets.", now=min(at, now))
    service.refuse(
        session, hub, made[1].id, words="Demo: it was dry when it was handed over.", now=min(at, now)
    )


def _picture() -> BytesIO:
    drawn = Image.new("RGB", (640, 420), "#d8c7a8")
    pen = ImageDraw.Draw(drawn)
    for x in range(0, 640, 16):
        pen.line((x, 0, x, 420), fill="#b7a27d", width=3)
    pen.line((120, 300, 520, 120), fill="#5a4632", width=9)
    made = BytesIO()
    drawn.save(made, "JPEG")
    made.seek(0)
    return made
