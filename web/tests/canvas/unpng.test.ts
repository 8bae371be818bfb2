import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Pixels, blank } from "../../src/canvas/pixels";
import { png } from "../../src/canvas/png";
import { unpng } from "../../src/canvas/unpng";

function noise(width: number, height: number): Pixels {
  const picture = blank({ width, height });
  let seed = 5;
  picture.data.forEach((_, at) => (picture.data[at] = seed = (seed * 16807) % 2147483647));
  return picture;
}

/** The picture's PNG with another way of filtering each row: 0 to 4, as an encoder chooses. */
function filtered(picture: Pixels, filters: readonly number[]): Uint8Array<ArrayBuffer> {
  const stride = picture.width * 4;
  const at = (row: number, place: number): number =>
    row < 0 || place < 0 ? 0 : picture.data[row * stride + place];
  const rows = filters.flatMap((filter, row) => [
    filter,
    ...Array.from({ length: stride }, (_, place) => {
      const [a, b, c] = [at(row, place - 4), at(row - 1, place), at(row - 1, place < 4 ? -1 : place - 4)];
      const paeth = [a, b, c].reduce((best, each) =>
        Math.abs(a + b - c - each) < Math.abs(a + b - c - best) ? each : best,
      );
      return (at(row, place) - [0, a, b, (a + b) >> 1, paeth][filter]) & 255;
    }),
  ]);
  const packed = deflateSync(Uint8Array.from(rows));
  const head = new DataView(new ArrayBuffer(33));
  [0x89504e47, 0x0d0a1a0a, 13, 0x49484452, picture.width, picture.height, 0x08060000].forEach((word, place) =>
    head.setUint32(place * 4, word),
  );
  const chunk = Buffer.alloc(12 + packed.length);
  chunk.writeUInt32BE(packed.length);
  chunk.write("IDAT", 4, "latin1");
  packed.copy(chunk, 8);
  return new Uint8Array(Buffer.concat([new Uint8Array(head.buffer), chunk]));
}

describe("unpng", () => {
  it("gives back every byte, faint colours too", async () => {
    const picture = noise(37, 11);
    expect(await unpng(await png(picture))).toEqual(picture);
  });

  it("undoes every filter", async () => {
    const picture = noise(9, 6);
    expect(await unpng(filtered(picture, [1, 2, 3, 4, 0, 4]))).toEqual(picture);
    expect(await unpng(filtered(picture, [4, 3, 2, 1, 3, 2]))).toEqual(picture);
  });

  it("leaves other kinds, and what is broken, to others", async () => {
    const file = await png(noise(4, 4));
    expect(await unpng(new TextEncoder().encode("no picture, though it is long enough for one"))).toBeNull();
    const grey = file.slice();
    grey[25] = 0;
    expect(await unpng(grey)).toBeNull();
    expect(await unpng(file.slice(0, 50))).toBeNull();
    const huge = file.slice();
    new DataView(huge.buffer).setUint32(16, 100_000);
    expect(await unpng(huge)).toBeNull();
  });
});
