"""Commands of the centre: ``soc NOUN VERB``; one module per noun, this one only joins them.

A noun's module is loaded when it is called: a scan need not wait for all that a centre is made of.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

_NOUNS: Final[Mapping[str, str]] = {
    "agency": "soc.cli.agency:agency",
    "collectors": "soc.cli.collectors:collectors",
    "config": "soc.cli.config:config",
    "demo": "soc.cli.demo:demo",
    "ledger": "soc.cli.ledger:ledger",
    "playbook": "soc.cli.playbook:playbook",
    "quarantine": "soc.cli.quarantine:quarantine",
    "rules": "soc.cli.rules:rules",
    "scan": "soc.cli.scan:scan",
    "serve": "soc.cli.serve:serve",
    "sign-in": "soc.cli.serve:sign_in",
}


class _Nouns(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _NOUNS:
            return None
        module, _, name = _NOUNS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Nouns, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="soc")
def main() -> None:
    """Security monitoring for a province on the four-layer model.

    \b
    soc demo                         the whole system plays an incident on this machine
    soc scan LOGS… --rules DIR       find attacks in log files, without any server
    soc serve --config soc.toml      run the centre
    """  # noqa: D301 - click reads \b
