/** State that the page watches: a value, changes to it, and who wants to know. */

import { useEffect, useState } from "preact/hooks";

export class Store<T extends object> {
  #value: T;
  #listeners = new Set<() => void>();

  constructor(start: T) {
    this.#value = start;
  }

  get value(): T {
    return this.#value;
  }

  /** Replace some of the value's parts. */
  set(change: Partial<T>): void {
    this.#value = { ...this.#value, ...change };
    for (const listener of [...this.#listeners]) listener();
  }

  /** Hear of every change; returns how to stop. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The part of a store that a component shows; it is drawn again when that part changes. */
export function useStore<T extends object, Part>(store: Store<T>, part: (value: T) => Part): Part {
  const [shown, show] = useState(() => ({ part: part(store.value) }));
  const now = part(store.value);
  if (!Object.is(now, shown.part)) shown.part = now;
  useEffect(
    () =>
      store.listen(() => {
        const fresh = part(store.value);
        show((old) => (Object.is(fresh, old.part) ? old : { part: fresh }));
      }),
    [store],
  );
  return now;
}

/** A store whose value outlives the page, but for the parts named in `passing`. */
export function kept<T extends object>(name: string, start: T, passing: readonly (keyof T)[] = []): Store<T> {
  const key = `underpaint.${name}`;
  const store = new Store<T>({ ...start, ...stored(key) });
  store.listen(() => {
    const lasting = Object.entries(store.value).filter(([part]) => !passing.includes(part as keyof T));
    try {
      localStorage.setItem(key, JSON.stringify(Object.fromEntries(lasting)));
    } catch {
      // A full or forbidden storage costs the memory of the settings, and nothing else.
    }
  });
  return store;
}

function stored(key: string): object {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as object;
  } catch {
    return {};
  }
}
