"""The due diligence package of a lot: what annex II of Regulation (EU) 2023/1115 asks for, with its plots."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from logistics.form import InvalidInput
from logistics.plots import Checked, Written, written

REGULATION = "Regulation (EU) 2023/1115, annex II"
METHOD = "WGS 84 ellipsoid, equal-area cylinder (Snyder 1987), edges on great circles"


@dataclass(frozen=True, slots=True)
class Lot:
    """Goods of one statement. `hs_code` has the digits of the regulation's annex I, two at least."""

    reference: str
    operator: str
    operator_address: str
    operator_eori: str | None
    hs_code: str
    description: str
    scientific_name: str | None
    net_mass_g: int
    country: str
    produced_from: date
    produced_to: date

    def __post_init__(self) -> None:
        """Refuses a lot that says too little."""
        for name in ("reference", "operator", "operator_address", "description"):
            if not getattr(self, name).strip():
                raise InvalidInput(f"/{name}", "is missing")
        if not (self.hs_code.isdecimal() and self.hs_code.isascii() and 2 <= len(self.hs_code) <= 10):
            raise InvalidInput("/hs_code", f"{self.hs_code!r} is no HS code: two to ten digits")
        if self.net_mass_g <= 0:
            raise InvalidInput("/net_mass_g", f"{self.net_mass_g} g is no mass")
        if not (len(self.country) == 2 and self.country.isascii() and self.country.isupper()):
            raise InvalidInput("/country", f"{self.country!r} is no country: two capital letters (ISO 3166)")
        if self.produced_to < self.produced_from:
            raise InvalidInput("/produced_to", "production ends before it begins")


def package(lot: Lot, plots: Checked, *, made_on: date) -> str:
    """The package as JSON text; coordinates stand as their grower wrote them.

    Raises `InvalidInput` with the first fault of the plots: a package with a doubtful plot is none. So is one
    whose plots name another country than the lot's.
    """
    if plots.faults:
        raise InvalidInput("/plots" + plots.faults[0].pointer, plots.faults[0].reason)
    for plot in plots.plots:
        country = plot.properties.get("ProducerCountry")
        if country is not None and country != lot.country:
            raise InvalidInput(
                "/plots" + plot.pointer, f"the plot is in {country}, the lot comes from {lot.country}"
            )
    geojson = plots.geojson()
    head = written(
        {
            "basis": REGULATION,
            "reference": lot.reference,
            "made_on": made_on.isoformat(),
            "operator": {
                "name": lot.operator,
                "address": lot.operator_address,
                "eori": lot.operator_eori,
            },
            "goods": {
                "hs_code": lot.hs_code,
                "description": lot.description,
                "scientific_name": lot.scientific_name,
                "net_mass_g": lot.net_mass_g,
            },
            "country_of_production": lot.country,
            "produced": {"from": lot.produced_from.isoformat(), "to": lot.produced_to.isoformat()},
            "plots": [
                {
                    "pointer": f"/geojson/features/{k}",
                    "producer": plot.producer,
                    "kind": "point" if plot.point else "outline",
                    "area_ha": Written(plot.area_ha),
                    "area_is": "as stated, 4 ha at most" if plot.point else "computed",
                }
                for k, plot in enumerate(plots.plots)
            ],
            "area_ha": Written(plots.area_ha),
            "area_method": METHOD,
            "coordinates": "EPSG:4326, longitude first, six decimals or more",
            "geojson_sha256": hashlib.sha256(geojson.encode()).hexdigest(),
        }
    )
    return f'{head[:-1]},"geojson":{geojson}}}'
