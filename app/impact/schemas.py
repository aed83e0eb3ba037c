"""What the API tells of a buyer's year."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class MoneyOut(BaseModel):
    """Minor units of one currency."""

    currency: str
    paid: int
    goods: int = Field(description="ex works: the makers' own price")
    shipping: int
    duty: int = Field(description="as charged, less what customs did not ask")
    alone: int = Field(description="shipping and duty of the same orders, each alone")
    saved: int = Field(description="by pooling")
    makers_share_ppm: int = Field(description="of what was paid, millionths that are the makers' price")


class MakerOut(BaseModel):
    name: str
    slug: str
    country: str
    orders: int
    weight_g: int
    value: int
    currency: str


class LineOut(BaseModel):
    order: str
    pool: str
    closed_on: date
    maker: str
    country: str
    title: str
    hs_code: str
    quantity: int
    unit: str
    weight_g: int
    volume_cm3: int
    value: int
    currency: str
    co2e_g: int | None = Field(description="null: it travelled in no shipment that is known here")


class LegOut(BaseModel):
    mode: str
    formula: str = Field(description="of the whole shipment; the buyer's part is by weight or measure")
    source: str


class BuyingOut(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "organisation": "Demo shop Gent",
                "year": 2026,
                "years": [2026],
                "orders": 1,
                "pools": 1,
                "weight_g": 8_700,
                "volume_cm3": 66_000,
                "money": [
                    {
                        "currency": "USD",
                        "paid": 54_000,
                        "goods": 44_400,
                        "shipping": 4_700,
                        "duty": 4_900,
                        "alone": 15_600,
                        "saved": 6_000,
                        "makers_share_ppm": 822_222,
                    }
                ],
                "makers": [
                    {
                        "name": "Demo alpaca knitters",
                        "slug": "demo-alpaca-knitters",
                        "country": "PE",
                        "orders": 1,
                        "weight_g": 8_700,
                        "value": 44_400,
                        "currency": "USD",
                    }
                ],
                "co2e_g": 3_420,
                "unknown_g": 0,
                "legs": [
                    {
                        "mode": "sea",
                        "formula": "87.000 kg x 12,000.000 km (sea) x 19.77 g CO2e per tonne-km = 20,640 g",
                        "source": "UK Government GHG Conversion Factors for Company Reporting 2025",
                    }
                ],
                "lines": [],
            }
        }
    )

    organisation: str
    year: int
    years: list[int] = Field(description="in which there is something, the newest first")
    orders: int
    pools: int
    weight_g: int
    volume_cm3: int
    money: list[MoneyOut]
    makers: list[MakerOut]
    co2e_g: int = Field(description="of the legs between hubs, well to wheel")
    unknown_g: int = Field(description="weight of goods whose emissions are not known")
    legs: list[LegOut]
    lines: list[LineOut]
