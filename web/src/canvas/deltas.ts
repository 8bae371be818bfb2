/** What a change did to a layer, small: the tiles it touched, old XOR new, run-length coded.
 *
 * One delta serves both ways, since XOR undoes itself; and where nothing changed it is zero, so a
 * thin stroke across a big tile costs little.
 */

import { type Rect, all, intersection } from "./geometry";
import { type Pixels, cut, words } from "./pixels";

export const TILE = 256;

export interface Tile {
  readonly rect: Rect;
  /** Runs: how many words, then the word they all are. */
  readonly runs: Uint32Array;
}

/** The tiles of 256 pixels a side that `rect` touches, clipped to the picture. */
export function tilesOf(picture: { width: number; height: number }, rect: Rect): Rect[] {
  const inside = intersection(rect, all(picture));
  const found: Rect[] = [];
  for (let y = Math.floor(inside.y / TILE) * TILE; y < inside.y + inside.height; y += TILE) {
    for (let x = Math.floor(inside.x / TILE) * TILE; x < inside.x + inside.width; x += TILE) {
      found.push(intersection({ x, y, width: TILE, height: TILE }, all(picture)));
    }
  }
  return found;
}

/** The delta between two states of one layer inside `rect`; tiles that are equal are left out. */
export function delta(before: Pixels, after: Pixels, rect: Rect): Tile[] {
  return tilesOf(after, rect)
    .map((tile) => ({ rect: tile, runs: coded(cut(before, tile), cut(after, tile)) }))
    .filter(({ runs }) => runs.length > 2 || runs[1] !== 0);
}

/** Turn the old state into the new one, or the new one into the old. */
export function apply(picture: Pixels, tiles: readonly Tile[]): void {
  const target = words(picture.data);
  for (const { rect, runs } of tiles) {
    let place = 0;
    for (let run = 0; run < runs.length; run += 2) {
      const [length, word] = [runs[run], runs[run + 1]];
      for (let end = place + length; word && place < end; place++) {
        const [row, column] = [Math.floor(place / rect.width), place % rect.width];
        target[(rect.y + row) * picture.width + rect.x + column] ^= word;
      }
      if (!word) place += length;
    }
  }
}

export function bytes(tiles: readonly Tile[]): number {
  return tiles.reduce((sum, tile) => sum + tile.runs.byteLength + 64, 0);
}

function coded(before: Pixels, after: Pixels): Uint32Array {
  const [old, fresh] = [words(before.data), words(after.data)];
  const runs: number[] = [];
  let [length, word] = [0, 0];
  for (let place = 0; place < old.length; place++) {
    const next = (old[place] ^ fresh[place]) >>> 0;
    if (next !== word && length) {
      runs.push(length, word);
      length = 0;
    }
    word = next;
    length++;
  }
  runs.push(length, word);
  return Uint32Array.from(runs);
}
