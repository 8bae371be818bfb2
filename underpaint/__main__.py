"""`python -m underpaint`: the command line."""

from underpaint.faces.cli import main

if __name__ == "__main__":
    main()
