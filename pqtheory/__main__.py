"""``python -m pqtheory``: the command line."""

from pqtheory.cli import main

if __name__ == "__main__":
    main(prog_name="pqtheory")
