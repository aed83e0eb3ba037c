"""Plots come in without a fault or not at all, and go out to who may have them, as they were written."""

import io
import json
import zipfile
from collections.abc import Callable
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.plots.drawing import CELLS, drawing_of
from app.plots.models import PlotFile
from app.shipping.models import MilestoneKind
from app.stories.demo import demo_plots
from logistics.plots import check_plots
from tests.app.stories.conftest import Sold

SignIn = Callable[[UUID], TestClient]
GOOD = demo_plots(4, "VN")
# Plot 2 lacks decimals at its third corner, plot 3 says that a point has 7 hectares.
BAD = GOOD.replace(b"0.016400", b"0.0164", 1).replace(b'"Area": 1.5', b'"Area": 7')


def give(browser: TestClient, content: bytes, name: str = "Plots of members") -> UUID:
    reply = browser.post("/plots", data={"name": name}, files={"file": ("p.geojson", content)})
    assert reply.status_code == 303, reply.text
    return UUID(reply.headers["location"].rpartition("/")[2])


def test_a_file_is_taken_whole_or_told_plot_by_plot(sold: Sold, as_person: SignIn) -> None:
    maker = as_person(sold.booked.maker.person.id)
    reply = maker.post("/plots", data={"name": "Đồi chè"}, files={"file": ("p.geojson", BAD)})
    assert reply.status_code == 422
    for words in ("2 faults were found.", "Plot 2, corner 3", "fewer than 6 decimals", "Plot 3", "Đồi chè"):
        assert words in reply.text
    for wrong in (b"", b"<kml/>", b'{"type":"FeatureCollection","features":[]}', b"[" * 100_000):
        reply = maker.post("/plots", data={"name": "x"}, files={"file": ("p.geojson", wrong)})
        assert reply.status_code == 422
    assert maker.post("/plots", data={"name": "x"}).status_code == 422
    faults = maker.post("/api/plots", files={"file": ("p.geojson", BAD)}).json()
    assert (faults["type"], faults["facts"]) == ("/problems/faulty-plots", {"faults": 2})
    assert faults["errors"][0]["pointer"].startswith("/features/1/geometry/coordinates/0/2")
    assert sold.session.scalars(select(PlotFile)).all() == []

    given = give(maker, GOOD)
    page = maker.get(f"/plots/{given}").text
    assert page.count("<polygon") == 3
    assert maker.get(f"/plots/{given}/file").content == GOOD
    again = maker.post("/plots", data={"name": "x"}, files={"file": ("p.geojson", GOOD)})
    assert (again.status_code, "You have this file already." in again.text) == (422, True)
    stranger = as_person(sold.booked.shop.person.id)
    assert stranger.get(f"/plots/{given}").status_code == 403
    assert maker.post(f"/plots/{given}/remove").status_code == 303
    assert maker.get(f"/plots/{given}").status_code == 404


def test_many_plots_are_a_small_map() -> None:
    checked = check_plots(demo_plots(400))
    assert checked.ok
    drawn = drawing_of(checked.plots)
    assert drawn["outlines"] == []
    assert sum(count for _x, _y, count in drawn["dots"]) == 400
    assert len(drawn["dots"]) < CELLS * CELLS
    west, north, east, south = drawn["box"]
    assert all(west < x < east and south < y < north for x, y, _count in drawn["dots"])


def test_who_bought_of_a_lot_gets_its_due_diligence_package_and_nobody_else(
    sold: Sold, client: TestClient, as_person: SignIn
) -> None:
    sold.reach(MilestoneKind.COLLECTED)
    lot, booked = sold.lot, sold.booked
    maker, shop = as_person(booked.maker.person.id), as_person(booked.shop.person.id)
    given = give(maker, GOOD)
    page, package = f"/lots/{lot.id}/due-diligence", f"/api/lots/{lot.id}/due-diligence/package"

    def wanting(browser: TestClient) -> list[str]:
        return [each["what"] for each in browser.get(f"/api{page}").json()["wanting"]]

    assert wanting(shop) == ["plots", "production", "net", "address"]
    assert shop.get(f"{page}/zip").status_code == shop.get(package).status_code == 409
    said = {
        "number": "T-1",
        "quantity": "20",
        "net": "12",
        "produced_from": "2025-11-01",
        "produced_to": "2025-12-01",
        "scientific_name": "Mangifera indica",
        "plot_file_id": str(given),
    }
    assert maker.post(f"/our-lots/{lot.id}", data=said).status_code == 303
    assert (wanting(maker), wanting(shop)) == ([], ["address"])
    shop.post("/customs-identity", data={"address": "Demo street 1, Leiden", "eori": "NL123456789"})
    made = json.loads(shop.get(package).content)
    assert made["operator"] == {
        "name": "Test shop Leiden",
        "address": "Demo street 1, Leiden",
        "eori": "NL123456789",
    }
    assert made["supplier"]["name"] == booked.maker.organisation.name
    assert made["goods"]["net_mass_g"] == 6_000  # half of the lot
    assert (made["country_of_production"], len(made["plots"])) == ("VN", 4)
    assert json.loads(maker.get(package).content)["operator"]["name"] is None
    bundle = zipfile.ZipFile(io.BytesIO(shop.get(f"{page}/zip").content))
    assert bundle.namelist() == ["README.txt", "package.json", "plots.geojson"]
    assert b"0.016400" in bundle.read("plots.geojson")  # with the zeros that its grower wrote
    assert check_plots(bundle.read("plots.geojson")).ok

    maker.post(f"/plots/{given}/remove")
    assert maker.get(f"/plots/{given}").status_code == 200  # a lot has it
    outsider = as_person(booked.lane.rotterdam.person.id)
    assert outsider.get(package).status_code == 403
    story = client.get(f"/lots/{lot.code}").text + client.get(f"/lots/{lot.code}/passport.json").text
    assert "0.0164" not in story
    assert "Demo grower" not in story
    assert client.get(package).status_code == 401

    abroad = give(maker, demo_plots(2, "LA"))
    assert maker.post(f"/our-lots/{lot.id}", data=said | {"plot_file_id": str(abroad)}).status_code == 303
    refused = shop.get(package)
    assert (refused.status_code, "the plot is in LA" in refused.json()["detail"]) == (409, True)
