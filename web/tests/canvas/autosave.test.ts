import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import { Autosave, openDatabase, restored } from "../../src/canvas/autosave";
import { type Colour, WHITE } from "../../src/canvas/colours";
import { drawing, withNewLayer, withoutLayer } from "../../src/canvas/drawing";
import { type Brush, Easel } from "../../src/canvas/easel";

const brush: Brush = {
  colour: [9, 8, 7] as Colour,
  size: 12,
  hardness: 0.5,
  opacity: 0.7,
  pressure: { size: true, opacity: true },
};
let factory: IDBFactory;
beforeEach(() => {
  factory = new IDBFactory();
});

async function saved(easel: Easel, act: () => void): Promise<Autosave> {
  const autosave = new Autosave(easel, await openDatabase(factory));
  act();
  await autosave.save();
  return autosave;
}

const stroke = (easel: Easel, x: number): void => {
  easel.press("brush", brush, { x, y: 8, pressure: 1 });
  easel.drag({ x: x + 20, y: 30, pressure: 0.4 });
  easel.release();
};

describe("autosave", () => {
  it("brings back every pixel of every layer", async () => {
    const easel = new Easel(drawing({ width: 64, height: 48 }, WHITE));
    await saved(easel, () => {
      stroke(easel, 4);
      easel.reshape((each) => withNewLayer(each, "mask"));
      stroke(easel, 30);
    });
    const back = await restored(await openDatabase(factory));
    expect(back).toEqual(easel.drawing);
  });

  it("saves what changed since, and drops layers that are gone", async () => {
    const easel = new Easel(drawing({ width: 64, height: 48 }, WHITE));
    const autosave = await saved(easel, () => easel.reshape((each) => withNewLayer(each, "guide")));
    stroke(easel, 10);
    easel.reshape((each) => withoutLayer(each, 1));
    await autosave.save();
    const database = await openDatabase(factory);
    expect(await restored(database)).toEqual(easel.drawing);
    const keys = database.transaction("drawing").objectStore("drawing").getAllKeys();
    await new Promise((resolve) => (keys.onsuccess = resolve));
    expect(keys.result).toHaveLength(2);
  });

  it("finds nothing the first time", async () => {
    expect(await restored(await openDatabase(factory))).toBeNull();
  });
});
