"""The due diligence package of a lot: what article 9 and annex II of Regulation (EU) 2023/1115 ask for.

It is what an operator needs for its statement; the statement itself, the assessment of risk and the signature
are the operator's, who places the goods on the market.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from logistics.form import InvalidInput
from logistics.plots import Checked, Written, written

REGULATION = "Regulation (EU) 2023/1115, article 9 and annex II"
COVERED = (
    ("cattle", ("010221", "010229", "0201", "0202", "020610", "020622", "020629", "160250")),
    ("cattle", ("4101", "4104", "4107")),
    ("cocoa", ("1801", "1802", "1803", "1804", "1805", "1806")),
    ("coffee", ("0901",)),
    ("oil palm", ("120710", "1511", "151321", "151329", "230660", "290545", "291570", "291590")),
    ("oil palm", ("382311", "382312", "382319", "382370")),
    ("rubber", ("4001", "4005", "4006", "4007", "4008", "4010", "4011", "4012", "4013")),
    ("rubber", ("4015", "4016", "4017")),
    ("soya", ("1201", "120810", "1507", "2304")),
    ("wood", ("4401", "4402", "4403", "4404", "4405", "4406", "4407", "4408", "4409", "4410", "4411")),
    ("wood", ("4412", "4413", "4414", "4415", "4416", "4417", "4418", "4419", "4420", "4421")),
    ("wood", ("47", "48", "49", "9401", "940330", "940340", "940350", "940360", "940391", "940610")),
)
"""Annex I, in its words of 2023: commodity and headings. Some hold for a part of the heading only ("ex")."""
METHOD = "WGS 84 ellipsoid, equal-area cylinder (Snyder 1987), edges on great circles"


@dataclass(frozen=True, slots=True)
class Lot:
    """Goods of one statement. `hs_code` has the digits of the regulation's annex I, two at least.

    `operator` None: who places the goods on the market is not known yet, and fills this in.
    """

    reference: str
    operator: str | None
    operator_address: str | None
    operator_eori: str | None
    hs_code: str
    description: str
    scientific_name: str | None
    net_mass_g: int
    country: str
    produced_from: date
    produced_to: date
    supplier: str | None = None
    supplier_address: str | None = None
    supplier_email: str | None = None

    def __post_init__(self) -> None:
        """Refuses a lot that says too little."""
        for name in ("reference", "operator", "operator_address", "description"):
            value = getattr(self, name)
            if value is not None and not value.strip():
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
            "supplier": {
                "name": lot.supplier,
                "address": lot.supplier_address,
                "email": lot.supplier_email,
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


def commodity_of(hs_code: str) -> str | None:
    """The commodity of annex I that goods may fall under; None: none of its headings begins their code."""
    for commodity, headings in COVERED:
        if any(hs_code.startswith(heading) for heading in headings):
            return commodity
    return None
