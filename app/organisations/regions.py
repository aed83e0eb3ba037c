"""The five regions in which organisations take part, and the countries of each.

Countries are ISO 3166-1 alpha-2 codes; Africa, Asia and Europe after the United Nations' M49, the Americas
south of the United States as Latin America, Oceania with North America as one region.
"""

from enum import StrEnum
from typing import Final


class Region(StrEnum):
    AFRICA = "Africa"
    ASIA = "Asia"
    EUROPE = "Europe"
    LATIN_AMERICA = "Latin America"
    NORTH_AMERICA_PACIFIC = "North America and the Pacific Rim"


_COUNTRIES: Final = {
    Region.AFRICA: """
        AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW
        MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW""",
    Region.ASIA: """
        AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP
        OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE""",
    Region.EUROPE: """
        AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD
        ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK""",
    Region.LATIN_AMERICA: """
        AG AI AR AW BB BL BO BQ BR BS BZ CL CO CR CU CW DM DO EC FK GD GF GP GT GY HN HT JM KN KY LC MF MQ MS
        MX NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI""",
    Region.NORTH_AMERICA_PACIFIC: """
        AS AU BM CA CK FJ FM GL GU KI MH MP NC NF NR NU NZ PF PG PM PN PW SB TK TO TV US VU WF WS""",
}

REGION_OF: Final = {code: region for region, codes in _COUNTRIES.items() for code in codes.split()}


def region_of(country: str) -> Region:
    """The region of an ISO country code. KeyError: no such country."""
    return REGION_OF[country]
