"""What the faces over HTTP share: who may come in, how much, how faults are told, the server."""
