"""Noise that is as colourful and as coarse as the picture beside it."""

import numpy

from underpaint.media import Image
from underpaint.pipelines._shaping import shaped

HALF = numpy.zeros((64, 64), numpy.uint8)
HALF[:, 32:] = 255


def coarse(cell: int) -> Image:
    levels = numpy.random.default_rng(0).integers(0, 256, (64 // cell, 64 // cell, 3))
    return Image.of(levels.repeat(cell, 0).repeat(cell, 1).astype(numpy.uint8))


def test_what_is_kept_is_kept_and_the_rest_is_always_the_same() -> None:
    picture, mask = coarse(8), Image.of(HALF)
    noise = shaped(picture, mask)
    assert (noise.array()[:, :32] == picture.array()[:, :32]).all()
    assert (noise.array()[:, 32:] != picture.array()[:, 32:]).any()
    assert shaped(picture, mask) == noise


def test_colours_are_those_around() -> None:
    levels = numpy.zeros((64, 64, 3), numpy.uint8)
    levels[..., 0] = numpy.random.default_rng(0).integers(100, 140, (64, 64))
    noise = shaped(Image.of(levels), Image.of(HALF)).array()[:, 32:].astype(float)
    assert abs(noise[..., 0].mean() - 120) < 4
    assert 8 < noise[..., 0].std() < 16
    assert noise[..., 1:].max() <= 1


def test_a_coarse_picture_gives_coarse_noise() -> None:
    def roughness(cell: int) -> float:
        noise = shaped(coarse(cell), Image.of(HALF)).array()[:, 33:63].astype(float)
        return float(numpy.abs(numpy.diff(noise, axis=1)).mean() / noise.std())

    assert roughness(1) > 1.5 * roughness(8)


def test_without_anything_known_there_is_noise_of_all_kinds() -> None:
    noise = shaped(coarse(8), Image.of(numpy.full((64, 64), 255, numpy.uint8))).array()
    assert noise.std() > 20


def test_a_plain_picture_stays_about_plain() -> None:
    plain = Image.of(numpy.full((64, 64, 3), 90, numpy.uint8))
    assert numpy.abs(shaped(plain, Image.of(HALF)).array().astype(int) - 90).max() <= 1
