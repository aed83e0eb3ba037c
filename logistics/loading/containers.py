"""Containers and pallets by type: inner measures, payload, and where these figures come from.

A container's inside is the least that ISO 668:2020 allows (table of minimum internal dimensions): every
container of the type has at least this, and most have a little more. Its payload is the rating of 30,480 kg
less a tare rounded up from what carriers print on theirs; a carrier's own limit, often lower, goes before it.
Pallets: EUR after EN 13698-1, the other size of ISO 6780; 1,500 kg is the safe load of an EUR pallet. They
may be 1,800 mm high with their deck of 144 mm: our own rule, so that they pass every container's door.
"""

from dataclasses import dataclass
from typing import Final

from logistics.loading.parcels import Hold

RATING_G: Final = 30_480_000


@dataclass(frozen=True, slots=True)
class ContainerType:
    """Inner measures in mm and payload in grams. `words`: what people call it."""

    code: str
    words: str
    length: int
    width: int
    height: int
    payload_g: int
    source: str
    pallet: bool = False

    def hold(self, name: str, payload_g: int | None = None, *, load_g: int | None = None) -> Hold:
        """One of them to load; `payload_g`: the carrier's limit, where it is lower; `load_g`: all there is.

        A load's centre of gravity stays within a tenth of the length and a twentieth of the width from the
        middle, so that neither half carries more than about 60 % (CTU Code 2014, chapter 7). Of a load below
        a tenth of the payload that is not asked: it cannot tip anything.
        """
        most = self.payload_g if payload_g is None else min(payload_g, self.payload_g)
        if load_g is not None and load_g * 10 < most:
            return Hold(name, self.length, self.width, self.height, most)
        return Hold(
            name,
            self.length,
            self.width,
            self.height,
            most,
            centre_length=(400, 600),
            centre_width=(400, 600) if self.pallet else (450, 550),
        )


_ISO: Final = "ISO 668:2020, minimum internal dimensions"
TYPES: Final = {
    each.code: each
    for each in (
        ContainerType("20GP", "20-foot container", 5867, 2330, 2350, RATING_G - 2_400_000, _ISO),
        ContainerType("40GP", "40-foot container", 11_998, 2330, 2350, RATING_G - 3_900_000, _ISO),
        ContainerType("40HC", "40-foot high cube container", 11_998, 2330, 2655, RATING_G - 4_100_000, _ISO),
        ContainerType("EUR", "EUR pallet", 1200, 800, 1656, 1_500_000, "EN 13698-1", pallet=True),
        ContainerType(
            "PAL", "pallet of 1.2 by 1 metre", 1200, 1000, 1656, 1_500_000, "ISO 6780", pallet=True
        ),
    )
}
