/** The drawing kept in the browser's own database, so that a reload loses nothing.
 *
 * Layers are stored packed, each under its id, and only those that changed since the last save;
 * the drawing's shape, which names the layers, goes in the same transaction.
 */

import type { Drawing, Layer } from "./drawing";
import type { Easel, Happening } from "./easel";
import type { Pixels } from "./pixels";
import { through } from "./png";

const [DATABASE, STORE, SHAPE] = ["underpaint", "drawing", "shape"];
const PAUSE = 700;

type Kept = Omit<Layer, "pixels"> & { readonly key: string };
type Shape = Omit<Drawing, "layers"> & { readonly layers: readonly Kept[] };

export class Autosave {
  #stale = new Set<Pixels>();
  #keys = new Map<Pixels, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();
  #stop: () => void;

  constructor(
    private readonly easel: Easel,
    private readonly database: IDBDatabase,
    private readonly onFailure: (error: unknown) => void = () => undefined,
  ) {
    this.#stop = easel.listen((happening) => this.#hear(happening));
  }

  /** Save what changed, now. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#saving = this.#saving.then(() => this.#write()).catch(this.onFailure);
    return this.#saving;
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
    this.database.close();
  }

  #hear(happening: Happening): void {
    const { layers } = this.easel.drawing;
    if (happening.kind === "shape") for (const { pixels } of layers) this.#stale.add(pixels);
    if (happening.kind === "pixels") {
      for (const { id, pixels } of layers) if (id === happening.layer) this.#stale.add(pixels);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), PAUSE);
  }

  async #write(): Promise<void> {
    const { layers, ...rest } = this.easel.drawing;
    const due = layers.filter(({ pixels }) => this.#stale.has(pixels) || !this.#keys.has(pixels));
    this.#stale.clear();
    const packed = await Promise.all(due.map(async ({ pixels }) => ({ pixels, bytes: await pack(pixels) })));
    const writing = this.database.transaction(STORE, "readwrite");
    const store = writing.objectStore(STORE);
    for (const { pixels, bytes } of packed) {
      this.#keys.set(pixels, this.#keys.get(pixels) ?? crypto.randomUUID());
      store.put({ width: pixels.width, height: pixels.height, bytes }, this.#keys.get(pixels));
    }
    const kept = layers.map(({ pixels, ...each }) => ({ ...each, key: this.#keys.get(pixels) as string }));
    store.put({ ...rest, layers: kept } satisfies Shape, SHAPE);
    this.#sweep(store, new Set([SHAPE, ...kept.map(({ key }) => key)]));
    await finished(writing);
  }

  /** Drop the layers that the drawing no longer has. */
  #sweep(store: IDBObjectStore, kept: ReadonlySet<string>): void {
    for (const [pixels, key] of this.#keys) if (!kept.has(key)) this.#keys.delete(pixels);
    store.getAllKeys().onsuccess = (event) => {
      const keys = (event.target as IDBRequest<IDBValidKey[]>).result;
      for (const key of keys) if (!kept.has(String(key))) store.delete(key);
    };
  }
}

/** The database; fails where the browser forbids one, as private windows may. */
export function openDatabase(factory: IDBFactory = indexedDB): Promise<IDBDatabase> {
  const opening = factory.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return answer(opening);
}

/** The drawing saved last; null when there is none. */
export async function restored(database: IDBDatabase): Promise<Drawing | null> {
  const store = database.transaction(STORE).objectStore(STORE);
  const shape = await answer<Shape | undefined>(store.get(SHAPE));
  if (!shape) return null;
  const stored = await Promise.all(
    shape.layers.map(({ key }) =>
      answer<{ width: number; height: number; bytes: Uint8Array<ArrayBuffer> }>(store.get(key)),
    ),
  );
  const layers = await Promise.all(
    shape.layers.map(async ({ key: _, ...layer }, place) => ({
      ...layer,
      pixels: await unpack(stored[place]),
    })),
  );
  return { ...shape, layers };
}

async function pack({ data }: Pixels): Promise<Uint8Array<ArrayBuffer>> {
  return through(new CompressionStream("deflate-raw"), new Uint8Array(data));
}

async function unpack(kept: {
  width: number;
  height: number;
  bytes: Uint8Array<ArrayBuffer>;
}): Promise<Pixels> {
  const { width, height, bytes } = kept;
  const data = await through(new DecompressionStream("deflate-raw"), bytes);
  return { width, height, data: new Uint8ClampedArray(data.buffer, 0, width * height * 4) };
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
