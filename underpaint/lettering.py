"""Words as pictures: what stands beside the pictures of a sheet."""

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from underpaint.media import Image

LONGEST = 200
SMALLEST = 8
LEADING = 1.25


def lettered(text: str, width: int, size: int) -> Image:
    """Return a text in black on white, its lines in the middle, broken to fit a width.

    Letters that the font of Pillow lacks show as boxes.

    Args:
        text: what is written; of a longer one the first 200 letters.
        width: of the picture in pixels, 1 or more.
        size: of the letters in pixels; smaller ones are taken where a word would not fit.

    Returns:
        Grey, of this width, and as high as it must be.
    """
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    font = _font(size)
    while size > SMALLEST and any(font.getlength(word) > width for word in text.split()):
        size -= 1
        font = _font(size)
    lines, leading = _lines(text, width, font), round(size * LEADING)
    paper = PIL.Image.new("L", (width, leading * len(lines)), 255)
    pen = PIL.ImageDraw.Draw(paper)
    for number, line in enumerate(lines):
        place = (width / 2, (number + 0.5) * leading)
        pen.text(place, line, fill=0, font=font, anchor="mm")
    return Image("L", paper.width, paper.height, paper.tobytes())


def _font(size: int) -> PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont:
    return PIL.ImageFont.load_default(size)


def _lines(
    text: str, width: int, font: PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont
) -> list[str]:
    """Return a text in lines that fit; a word that fits in none is broken anywhere."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines
