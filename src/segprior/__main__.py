"""Let ``python -m segprior`` be the command line."""

from segprior.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
