"""Official files are read row by row, whole or not at all, and used from their day on."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app.cli import cli
from app.errors import Faulty, Refusal
from app.shipping import customs
from app.shipping.models_customs import TariffLine
from app.shipping.tariff_files import File, read_file
from logistics.customs import Destination
from tests.conftest import FixedClock

HTS = (
    '"HTS Number","Indent","Description","Unit of Quantity","General Rate of Duty","Special Rate of Duty",'
    '"Column 2 Rate of Duty","Quota Quantity","Additional Duties"\n'
    '"4602","0","Basketwork","","","","","",""\n'
    '"4602.19.18.00","3","Other","[""No.""]","4.5%","Free (A,AU,CO,D,E,P,PE) 1% (SG)","50%","",""\n'
    '"2101.20.38.00","3","Other","[""kg""]","30.5¢/kg + 8.5%","Free (CO)","40%","",""\n'
    '"2005.70.04","3","Olives","","3.7¢/kg on drained weight","","","",""\n'
    '"9903.03.01","1","Surcharge","","10%","","","",""\n'
)
UK = (
    "commodity__code,commodity__description,measure__type__id,measure__additional_code__code,"
    "measure__duty_expression,measure__effective_start_date,measure__effective_end_date,"
    "measure__geographical_area__id\n"
    "4602191000,Straw envelopes,103,,1.00%,2021-01-01,,1011\n"
    "4602191000,Straw envelopes,142,,0.00%,2023-06-19,,1062\n"
    "4602191000,Straw envelopes,142,,0.00%,2021-01-01,,KE\n"
    "4602191000,Straw envelopes,142,,0.00%,2021-01-01,,CH\n"
    "4602191000,Straw envelopes,305,,20.00%,2021-01-01,,1011\n"
)
DAY = date(2026, 1, 5)


def read(text: str, destination: Destination = Destination.US) -> File:
    return read_file(StringIO(text, newline=""), destination)


def test_the_export_of_the_hts() -> None:
    file = read(HTS)
    assert (file.form, file.faults, file.left_out) == ("hts", [], 2)
    assert [(each.row, each.code, each.programme, each.rate) for each in file.lines] == [
        (3, "46021918", "", "4.5%"),
        (3, "46021918", "us-agoa", "Free"),
        (3, "46021918", "us-cafta-dr", "Free"),
        (3, "46021918", "us-colombia", "Free"),
        (3, "46021918", "us-peru", "Free"),
        (4, "21012038", "", "30.5¢/kg + 8.5%"),
        (4, "21012038", "us-colombia", "Free"),
        (5, "20057004", "", "3.7¢/kg on drained weight"),
    ]
    assert file.not_computable == ["Row 5: 3.7¢/kg on drained weight"]


def test_the_table_of_the_uk_tariff() -> None:
    file = read(UK, Destination.GB)
    assert (file.form, file.faults, file.left_out) == ("uk", [], 2)
    assert [(each.programme, each.rate, each.from_on) for each in file.lines] == [
        ("", "1.00%", date(2021, 1, 1)),
        ("uk-dcts-comprehensive", "0.00%", date(2023, 6, 19)),
        ("uk-kenya", "0.00%", date(2021, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("text", "destination", "fault"),
    [
        (HTS.replace("4602.19.18.00", "46o2.19"), Destination.US, "Row 3, column HTS Number"),
        (UK.replace("2023-06-19", "19 June"), Destination.GB, "Row 3, column measure__effective_start_date"),
        (UK.replace(",1.00%,", ",,"), Destination.GB, "Row 2, column measure__duty_expression"),
        (UK.replace("measure__type__id", "kind"), Destination.GB, "Row 1, column measure__type__id"),
        (HTS, Destination.GB, "Row 1, column commodity__code"),
        ("", Destination.EU, "Row 1, column description"),
        (
            "hs_code,programme,rate,description,from_on,until_on\n090121,eu-moon,1%,Coffee,,\n",
            Destination.EU,
            "Row 2, column programme",
        ),
    ],
)
def test_a_fault_names_its_row_and_column(text: str, destination: Destination, fault: str) -> None:
    assert [each[: len(fault)] for each in read(text, destination).faults] == [fault]


def test_a_file_is_used_from_its_day_in_place_of_the_cited_figures(
    session: Session, clock: FixedClock
) -> None:
    def keep(text: str, day: date, digest: str) -> None:
        customs.keep_file(
            session, read(text), Destination.US, source="HTS", sha256=digest, valid_from=day, now=clock.now
        )

    keep(HTS, date(2026, 1, 1), "one")
    keep(HTS, date(2026, 1, 1), "one")  # again: nothing changes
    keep(HTS.replace("4.5%", "6%"), date(2026, 7, 1), "two")
    assert session.scalar(select(func.count()).select_from(TariffLine)) == 16

    def rate(day: date) -> str:
        return (
            customs.tariff_for(session, Destination.US, "4602191800", day)
            .general(Destination.US, "4602191800", day)
            .rate
        )

    assert (rate(date(2026, 1, 1)), rate(date(2026, 6, 30)), rate(date(2026, 7, 1))) == ("4.5%", "4.5%", "6%")
    assert rate(date(2025, 12, 31)) == "4.5%"  # the cited one
    with pytest.raises(Refusal, match="Another tariff of US"):
        keep(HTS, date(2026, 7, 1), "three")
    with pytest.raises(Faulty):
        keep(HTS.replace("4602.19.18.00", "x"), date(2026, 8, 1), "four")


def test_a_duty_in_another_currency_is_converted_and_says_how(session: Session, clock: FixedClock) -> None:
    found, rate = customs.answer(
        session,
        hs_code="0409.00",
        origin="GH",
        to="US",
        value=100_00,
        currency="USD",
        weight_g=500_000,
        pieces=None,
        on=DAY,
        today=clock.now.date(),
    )
    assert (found.duty, found.currency, rate.source) == (950, "USD", "same currency")
    best = found.best
    assert best is not None
    assert (best.programme.key, best.saved) == ("us-agoa", 950)


def test_the_command_previews_and_refuses(tmp_path: Path) -> None:
    file = tmp_path / "hts.csv"
    file.write_text(HTS, encoding="utf-8")
    options = ["--into", "US", "--source", "Test", "--valid-from", "2026-01-01", "--preview"]
    shown = CliRunner().invoke(cli, ["tariffs", "import", str(file), *options])
    assert shown.exit_code == 0
    assert "3 general duties and 5 preferences" in shown.output
    assert "Only a preview" in shown.output
    file.write_text(HTS.replace("4602.19.18.00", "x"), encoding="utf-8")
    refused = CliRunner().invoke(cli, ["tariffs", "import", str(file), *options])
    assert refused.exit_code == 2
    assert "Row 3, column HTS Number" in refused.output
