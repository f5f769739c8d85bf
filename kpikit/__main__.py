"""``python -m kpikit`` is ``kpikit``."""

from kpikit.cli import main

if __name__ == "__main__":
    main()
