"""Autoencoders by name."""

import pytest

from underpaint.errors import RequestError
from underpaint.requests._autoencoders import AUTOENCODERS, autoencoder_id, files
from underpaint.requests.image import ImageRequest


def test_all_but_two_names_are_files() -> None:
    assert files("fine.vae.pt") == [("vaes", "fine.vae.pt")]
    assert [files(vae) for vae in AUTOENCODERS] == [[], []]


def test_labels_of_any_program_stand_for_our_ids() -> None:
    for id, label in AUTOENCODERS.items():
        assert autoencoder_id(id) == autoencoder_id(label.upper()) == id
    assert ImageRequest(vae="Default (model)").vae == "own"
    assert autoencoder_id("Fine.vae.pt") == "Fine.vae.pt"
    with pytest.raises(RequestError, match="vae is ' '; it must be automatic, own or the name"):
        ImageRequest(vae=" ")


def test_a_request_needs_the_file_that_it_names() -> None:
    assert ("vaes", "fine") in list(ImageRequest(vae="fine").needs())
    assert list(ImageRequest(vae="own").needs()) == list(ImageRequest().needs())
