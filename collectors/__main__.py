"""``python -m collectors`` is ``soc-collector``."""

from collectors.cli import main

main()
