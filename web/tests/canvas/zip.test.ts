import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unzipped, zipped } from "../../src/canvas/zip";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const entries = new Map([
  ["mimetype", bytes("image/openraster")],
  ["data/layer1.png", Uint8Array.from({ length: 3000 }, (_, at) => at * 7)],
  ["empty", bytes("")],
]);

describe("zip", () => {
  it("gives back what was put in, and is the same each time", async () => {
    const archive = zipped(entries);
    expect(zipped(entries)).toEqual(archive);
    expect([...(await unzipped(archive))]).toEqual([...entries]);
  });

  it("begins with the first entry as it is, which is how OpenRaster is told", () => {
    const text = new TextDecoder("latin1").decode(zipped(entries));
    expect(text.slice(30, 54)).toBe("mimetypeimage/openraster");
  });

  it("is read by others, checksums and all", () => {
    const folder = mkdtempSync(join(tmpdir(), "zip-"));
    writeFileSync(join(folder, "a.zip"), zipped(entries));
    const script = "import zipfile,sys; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist())";
    const said = execFileSync("python3", ["-c", script, join(folder, "a.zip")]).toString();
    expect(said.trim()).toBe("None ['mimetype', 'data/layer1.png', 'empty']");
  });

  it("reads what others deflated", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zip-"));
    const script =
      "import zipfile,sys; z=zipfile.ZipFile(sys.argv[1],'w',8); z.writestr('a/b.txt','so '*900); z.close()";
    execFileSync("python3", ["-c", script, join(folder, "a.zip")]);
    const archive = new Uint8Array(readFileSync(join(folder, "a.zip")));
    expect(new TextDecoder().decode((await unzipped(archive)).get("a/b.txt"))).toBe("so ".repeat(900));
  });

  it("refuses what is no archive, is cut short, or lies about its entries", async () => {
    const archive = zipped(entries);
    await expect(unzipped(bytes("no archive at all, but long enough"))).rejects.toThrow(RangeError);
    await expect(unzipped(archive.slice(60))).rejects.toThrow(RangeError);
    const many = archive.slice();
    new DataView(many.buffer).setUint16(many.length - 12, 60_000, true);
    await expect(unzipped(many)).rejects.toThrow(/entries/);
  });
});
