"""Commands of the centre: ``soc NOUN VERB``; one module per noun, this one only joins them."""

import click

from soc.cli.agency import agency, collectors
from soc.cli.config import config
from soc.cli.demo import demo
from soc.cli.ledger import ledger
from soc.cli.playbook import playbook
from soc.cli.rules import rules
from soc.cli.scan import scan
from soc.cli.serve import serve, sign_in


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="soc")
def main() -> None:
    """Security monitoring for a province on the four-layer model.

    \b
    soc demo                         the whole system plays an incident on this machine
    soc scan LOGS… --rules DIR       find attacks in log files, without any server
    soc serve --config soc.toml      run the centre
    """  # noqa: D301 - click reads \b


for command in (agency, collectors, config, demo, ledger, playbook, rules, scan, serve, sign_in):
    main.add_command(command)
