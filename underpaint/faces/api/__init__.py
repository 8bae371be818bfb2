"""Our own API over HTTP: jobs, events, the gallery, lists, live painting; and OpenAI's pictures."""
