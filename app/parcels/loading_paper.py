"""The loading list as a PDF: for each container its picture, how the weight is spread, and step by step."""

from app.language import Language
from app.papers import compile_paper
from app.parcels import words
from app.parcels.loading import Kept
from app.shipping.journeys import Journey
from logistics.loading import draw_load


def pdf_of(found: Journey, kept: Kept, titles: dict[str, str], lang: Language) -> bytes:
    """The same bytes for the same plan. AssertionError: it is not made yet."""
    assert kept.loading is not None
    _ = lang.text
    checked = (
        _("Checked by a second program that knows the rules alone: nothing was found.")
        if not kept.faults
        else _("A second program found faults. Do not load by this list.")
    )
    return compile_paper(
        "loading",
        {
            "title": _("Loading list, shipment {number}").format(number=found.shipment.number),
            "lang": lang.code,
            "lane": _("{origin} to {destination}").format(
                origin=found.origin.name, destination=found.destination.name
            ),
            "sails": _("Sails {day}").format(day=lang.day(found.sailing.departs_on)),
            "checked": checked,
            "columns": [
                _("Step"),
                _("Parcel"),
                _("Goods"),
                _("For"),
                _("At, cm: along / across / up"),
                _("Lies, cm"),
                _("Weight"),
            ],
            "loads": [
                {
                    "name": words.hold_name(each.hold.id, lang),
                    "facts": [
                        _("{count} parcels, {weight}, {fill} of the room").format(
                            count=lang.number(len(each.placements)),
                            weight=lang.weight(each.weight_g),
                            fill=lang.percent(each.fill),
                        ),
                        *words.spread(each, lang),
                    ],
                    "picture": draw_load(each, stages=2, abreast=2, name=f"load{place}"),
                    "rows": words.steps(each, titles, lang),
                }
                for place, each in enumerate(kept.loading.loads)
            ],
            "left_title": _("What does not fit"),
            "left_out": [
                f"{each.parcel.id}, {titles.get(each.parcel.id, '')}, {each.parcel.consignee}: "
                f"{words.why_left(each, lang)}"
                for each in kept.loading.left_out
            ],
            "order": _(
                "Carry in in the order of steps. Measures begin at the far end, the left wall and the floor."
            ),
        },
        at=kept.row.ended_at or kept.row.asked_at,
    )
