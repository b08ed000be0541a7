"""``python -m moto_cognitosync`` runs the server."""

from .server import main

if __name__ == "__main__":
    main()
