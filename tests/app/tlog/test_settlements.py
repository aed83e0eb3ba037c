"""What the demo's story entered; and a settled pool, computed again to the same cents by the command."""

import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from app.audits.models import Certificate, CertificateStatusChange
from app.cli import cli
from app.organisations.models import Organisation
from app.tlog import checking, keys, service
from app.tlog.demo import WITNESS
from app.tlog.models import LogEntry
from app.tlog.settlements import DOCUMENTS
from app.trade.models import Charge, Order, Pool, PoolPlan
from tests.app.conftest import World

RUN = CliRunner()


def test_the_log_of_the_demo_is_signed_and_well(world: World) -> None:
    key = keys.signer(world.session, world.app.state.settings).verifier
    report = checking.examine(world.session, key)
    assert report.faults == []
    head = service.head(world.session)
    assert head is not None
    assert (head.size, head.root) == (report.size, report.root)
    assert [each.name for each, _ in service.cosigned(world.session, head)] == [WITNESS.name]
    kinds = set(world.session.scalars(select(LogEntry.kind)))
    assert {"certificate.granted", "standard.published", "pool.split"} <= kinds


def test_every_change_of_a_certificate_is_in_the_log(world: World) -> None:
    """Whoever writes a status writes an entry: the counts agree for each certificate."""
    told = select(LogEntry.subject_id, func.count()).where(LogEntry.subject_kind == "certificate")
    entries = dict(world.session.execute(told.group_by(LogEntry.subject_id)).all())
    changes = dict(
        world.session.execute(
            select(CertificateStatusChange.certificate_id, func.count()).group_by(
                CertificateStatusChange.certificate_id
            )
        ).all()
    )
    assert entries == changes
    assert len(entries) == world.session.scalar(select(func.count()).select_from(Certificate))


@pytest.fixture
def pool(world: World) -> Pool:
    return world.session.scalars(
        select(Pool).join(PoolPlan, PoolPlan.pool_id == Pool.id).order_by(Pool.opened_at)
    ).first() or pytest.fail("the demo has a pool that was split")


def test_a_settled_pool_is_computed_again_to_the_same_cents(world: World, pool: Pool, tmp_path: Path) -> None:
    """As any member would: download the files, hash them, run the command, compare with what was charged."""
    entry = service.entries_about(world.session, pool)[0]
    said = world.visitor.get(f"/api/log/entries/{entry.index}").json()["statement"]
    for name in DOCUMENTS:
        data = world.visitor.get(f"/api/pools/{pool.id}/{name}").content
        assert hashlib.sha256(data).hexdigest() == said["sha256"][name]
        (tmp_path / f"{name}.json").write_bytes(data)
    files = [str(tmp_path / f"{name}.json") for name in ("problem", "plan")]
    checked = RUN.invoke(cli, ["check", *files, "--json"])
    assert json.loads(checked.stdout)["ok"]
    done = RUN.invoke(cli, ["share", *files, "--quotes", str(tmp_path / "quotes.json"), "--json"])
    assert done.exit_code == 0, done.output
    computed = {each["buyer"]: each["amount"] for each in json.loads(done.stdout)["shares"]}
    charged = dict(
        world.session.execute(
            select(Order.number, Charge.shipping)
            .join(Charge, Charge.order_id == Order.id)
            .where(Order.pool_id == pool.id)
        ).all()
    )
    assert computed == charged
    assert sum(charged.values()) == said["charged_for_shipping"]


def test_the_files_name_no_buyer(world: World, pool: Pool) -> None:
    buyers = world.session.scalars(
        select(Organisation).join(Order, Order.organisation_id == Organisation.id).filter_by(pool_id=pool.id)
    ).all()
    assert buyers
    entries = [
        world.visitor.get(f"/api/log/entries/{each.index}").text
        for each in service.entries_about(world.session, pool)
    ]
    published = [world.visitor.get(f"/api/pools/{pool.id}/{name}").text for name in DOCUMENTS]
    for text in (*entries, *published):
        for buyer in buyers:
            assert buyer.name not in text
            assert str(buyer.id) not in text


def test_the_pages_carry_their_proof(world: World, pool: Pool) -> None:
    certificate = world.session.scalars(select(Certificate).order_by(Certificate.number)).first()
    assert certificate is not None
    for subject, page in (
        (pool, f"/pools/{pool.id}/documents"),
        (certificate, f"/registry/{certificate.number}"),
    ):
        entry = service.entries_about(world.session, subject)[0]
        address = f"/log/entries/{entry.index}/proof.json"
        assert address in world.visitor.get(page).text
        assert world.visitor.get(address).status_code == 200
