"""The API of AUTOMATIC1111, for the clients that speak it: their JSON and our requests."""
