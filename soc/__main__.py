"""``python -m soc``."""

from soc.cli import main

main()
