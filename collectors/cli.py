"""Commands of a collector: enrol once, run as a service, check and look at it."""

import asyncio
import resource
import signal
from pathlib import Path

import click

from collectors.agent import Agent
from collectors.checking import faults_of, found_by
from collectors.command import config_option, plainly
from collectors.configuration import Configuration
from collectors.credential import SIGNER, load_credential, store_credential
from collectors.renew import asked_path
from collectors.settings import Settings, load
from collectors.spool_cli import spool
from soc.kernel.clock import SystemClock
from soc.kernel.errors import AuthError, ConfigError
from soc.kernel.logs import open_log
from soc.kernel.notify import notify
from soc.spool.journal import MARKER
from soc.spool.marker import Marker, read_marker
from soc.spool.shelf import Shelf


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="soc")
def main() -> None:
    """Read this agency's logs and ship them to the centre, losing nothing.

    \b
    soc-collector check --config collector.toml
    soc-collector enrol --config collector.toml --token TOKEN --ca ca.pem
    soc-collector run --config collector.toml
    soc-collector status --config collector.toml
    soc-collector spool list|verify|export --config collector.toml
    """  # noqa: D301 - click wants the character


main.add_command(spool)


@main.command()
@config_option
@click.option(
    "--token", required=True, help="One-time token; on the centre: soc agency enrol AGENCY COLLECTOR."
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The centre's CA certificate: DATA_DIR/pki/ca.pem there.",
)
@click.option("--fingerprint", help="Instead of --ca: SHA-256 of that certificate, read out by the centre.")
@click.option(
    "--again", is_flag=True, help="Replace a credential that exists; the old one is kept beside it."
)
@plainly
def enrol(config_path: Path, token: str, ca: Path | None, fingerprint: str | None, *, again: bool) -> None:
    """Get this collector's certificate for a one-time token.

    The key is made here and never leaves. The centre is verified before the token is sent: by its CA
    certificate, or by the SHA-256 of it, which the centre's operator reads out after

    \b
    openssl x509 -in /var/lib/soc/pki/ca.pem -noout -fingerprint -sha256

    \b
    soc-collector enrol --token TOKEN --ca ca.pem
    soc-collector enrol --token TOKEN --fingerprint 3A:7F:…
    """  # noqa: D301 - click wants the character
    if (ca is None) == (fingerprint is None):
        raise click.UsageError("give either --ca or --fingerprint")
    settings = load(config_path)
    if settings.credential_dir.exists() and not again:
        raise AuthError(f"{settings.credential_dir} holds a credential; --again replaces it")
    ca_pem = None if ca is None else ca.read_text(encoding="utf-8", errors="replace")
    asyncio.run(_enrol(settings, token, ca_pem, fingerprint or ""))


@main.command()
@config_option
@plainly
def run(config_path: Path) -> None:
    """Collect and ship until SIGTERM or Ctrl-C.

    \b
    soc-collector run --config /etc/soc/collector.toml
    """  # noqa: D301 - click wants the character
    settings = load(config_path)
    credential = load_credential(settings.credential_dir)
    configuration = Configuration(config_path, credential.origin, settings.credential_dir / SIGNER)
    agent = Agent(configuration, SystemClock(), open_log())
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every followed file is held open
    asyncio.run(_run(agent))


@main.command()
@config_option
@plainly
def check(config_path: Path) -> None:
    """Say every fault of the settings, and what each source finds now.

    \b
    soc-collector check --config collector.toml
    """  # noqa: D301 - click wants the character
    settings = load(config_path)
    for source in settings.sources:
        click.echo(f"{source.id}: {found_by(source)}")
    faults = faults_of(settings)
    if faults:
        raise ConfigError("\n".join(f"{config_path}: {fault}" for fault in faults))
    click.echo("The settings are good.")


@main.command()
@config_option
@plainly
def status(config_path: Path) -> None:
    """Show who this collector is and what its spool holds; also while it runs.

    \b
    soc-collector status --config collector.toml
    """  # noqa: D301 - click wants the character
    settings = load(config_path)
    credential = load_credential(settings.credential_dir)
    origin = credential.origin
    click.echo(f"agency     {origin.agency}\ncollector  {origin.collector}")
    click.echo(f"exercise   {origin.exercise or 'none: live'}")
    click.echo(f"valid till {credential.expires_at:%Y-%m-%d}")
    configuration = Configuration(config_path, origin, settings.credential_dir / SIGNER)
    click.echo(f"settings   {configuration.words()}")
    shelf = Shelf.open(settings.spool_dir)
    next_seq, _ = shelf.recover()
    oldest = shelf.firsts[0] if shelf.firsts else 1
    marker = read_marker(settings.spool_dir / MARKER) or Marker(oldest, oldest)
    click.echo(f"spool      {shelf.used_bytes} bytes in {len(shelf.firsts)} segments")
    waiting = max(next_seq, marker.promised) - marker.acknowledged
    click.echo(f"waiting    {waiting} records; {marker.acknowledged - 1} were delivered")


async def _enrol(settings: Settings, token: str, ca_pem: str | None, fingerprint: str) -> None:
    # Making keys and requests takes eight megabytes that a collector needs only here.
    from collectors.enrol import asked_key, authority_by_fingerprint  # noqa: PLC0415
    from collectors.enrol import enrol as ask  # noqa: PLC0415

    gateways = settings.collector.gateways
    if ca_pem is None:
        ca_pem = await authority_by_fingerprint(gateways, fingerprint)
    asked = asked_path(settings.credential_dir)
    key_pem, csr_pem = asked_key(asked)
    answer = await ask(gateways, ca_pem, token, csr_pem)
    store_credential(settings.credential_dir, key_pem, answer)
    asked.unlink()
    click.echo(f"enrolled as {answer.origin.agency}/{answer.origin.collector}")


async def _run(agent: Agent) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await agent.run(stop, _ready)
    notify("STOPPING=1")


def _ready() -> None:
    click.echo("ready")
    notify("READY=1")
