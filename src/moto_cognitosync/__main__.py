"""``python -m moto_cognitosync`` runs the server."""

from .server.command import main

if __name__ == "__main__":
    main()
