"""How a request is carried out: one file a modality, under the id of its request."""
