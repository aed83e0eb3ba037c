"""Loads as people read them."""

from typing import Any, Final

from app.language import Language
from logistics.loading import TYPES, LeftOut, Load, halves

EVEN: int = 20
"""Per mille from the half within which weight counts as evenly spread."""

PALLETS: Final = ("EUR", "PAL")
"""What has no door."""


def type_name(code: str, lang: Language) -> str:
    """What people call a type of container."""
    _ = lang.text
    return {
        "20GP": _("20-foot container"),
        "40GP": _("40-foot container"),
        "40HC": _("40-foot high cube container"),
        "EUR": _("EUR pallet (1.2 by 0.8 m)"),
        "PAL": _("Pallet (1.2 by 1 m)"),
    }[code]


def hold_name(hold: str, lang: Language) -> str:
    """The first "20GP" of a plan as "Number 1: 20-foot container"."""
    code, _, number = hold.partition(" ")
    return lang.text("Number {number}: {type}").format(number=number, type=type_name(code, lang))


def inside(code: str, lang: Language) -> str:
    """Inner measures and payload, with their source."""
    kind = TYPES[code]
    sides = " × ".join(lang.number(each / 1000, 2) for each in (kind.length, kind.width, kind.height))
    return lang.text("{sides} m, at most {weight}; {source}").format(
        sides=sides, weight=lang.weight(kind.payload_g), source=kind.source
    )


def spread(load: Load, lang: Language) -> list[str]:
    """How the weight is spread, in sentences."""
    _ = lang.text
    found = halves(load)
    if found is None:
        return [_("Nothing is loaded.")]
    if load.hold.id.partition(" ")[0] in PALLETS:
        return [
            _side(
                found.far,
                even=_("Front and back carry alike."),
                more=_("The back half carries {share} of the weight."),
                less=_("The front half carries {share} of the weight."),
                lang=lang,
            ),
            _side(
                found.left,
                even=_("Left and right carry alike."),
                more=_("The left half carries {share} of the weight."),
                less=_("The right half carries {share} of the weight."),
                lang=lang,
            ),
        ]
    return [
        _side(
            found.far,
            even=_("Front and back carry alike."),
            more=_("The half away from the door carries {share} of the weight."),
            less=_("The half at the door carries {share} of the weight."),
            lang=lang,
        ),
        _side(
            found.left,
            even=_("Left and right carry alike."),
            more=_("The left half, seen from the door, carries {share} of the weight."),
            less=_("The right half, seen from the door, carries {share} of the weight."),
            lang=lang,
        ),
    ]


def _side(per_mille: int, *, even: str, more: str, less: str, lang: Language) -> str:
    if abs(per_mille - 500) <= EVEN:
        return even
    share = lang.percent(max(per_mille, 1000 - per_mille) / 1000)
    return (more if per_mille > 500 else less).format(share=share)


def why_left(left: LeftOut, lang: Language) -> str:
    """The engine's reason as a sentence of its own."""
    words = lang.text(left.reason)
    return words[:1].upper() + words[1:] + "."


def steps(load: Load, titles: dict[str, str], lang: Language) -> list[list[Any]]:
    """The loading list: step, parcel, goods, for whom, where its near corner is, how it lies, weight."""
    return [
        [
            str(step),
            placement.parcel.id,
            titles.get(placement.parcel.id, ""),
            placement.parcel.consignee,
            " / ".join(lang.number(each // 10) for each in (placement.x, placement.y, placement.z)),
            " × ".join(lang.number(each // 10) for each in placement.measures),
            lang.weight(placement.parcel.weight_g),
        ]
        for step, placement in enumerate(load.placements, 1)
    ]
