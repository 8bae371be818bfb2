import { inflateSync, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { blank } from "../../src/canvas/pixels";
import { png, texts } from "../../src/canvas/png";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function withChunk(file: Uint8Array, kind: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.length);
  const parts = [file.subarray(0, 33), length, ascii(kind), body, new Uint8Array(4), file.subarray(33)];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("png", () => {
  it("keeps every byte, faint colours too, and is the same each time", async () => {
    const picture = blank({ width: 5, height: 3 });
    picture.data.forEach((_, at) => (picture.data[at] = at * 7));
    const file = await png(picture);
    expect(await png(picture)).toEqual(file);
    const start = 8 + 25 + 8;
    const length = new DataView(file.buffer).getUint32(33);
    const rows = inflateSync(file.subarray(start, start + length));
    for (let row = 0; row < 3; row++) {
      expect([...rows.subarray(row * 21 + 1, row * 21 + 21)]).toEqual([
        ...picture.data.subarray(row * 20, row * 20 + 20),
      ]);
    }
  });
});

describe("texts", () => {
  it("reads plain, packed and international texts", async () => {
    let file = await png(blank({ width: 1, height: 1 }));
    file = withChunk(file, "tEXt", ascii("parameters\0a cat\nSteps: 20"));
    file = withChunk(file, "zTXt", Uint8Array.from([...ascii("prompt\0\0"), ...deflateSync("packed")]));
    file = withChunk(
      file,
      "iTXt",
      Uint8Array.from([...ascii("Title\0\0\0en\0\0"), ...new TextEncoder().encode("é")]),
    );
    expect(await texts(file)).toEqual({ parameters: "a cat\nSteps: 20", prompt: "packed", Title: "é" });
  });

  it("finds nothing in what is no PNG, or is cut short", async () => {
    expect(await texts(Uint8Array.of(1, 2, 3))).toEqual({});
    expect(await texts((await png(blank({ width: 9, height: 9 }))).slice(0, 40))).toEqual({});
  });
});
