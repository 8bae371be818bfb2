/** Pictures in and out of memory, by the browser's decoders. */

import { type Size, clamp } from "./geometry";
import { SIDES } from "./drawing";
import type { Pixels } from "./pixels";

/** A file's picture, shrunk if a side is longer than 2048; fails when it is not a picture. */
export async function decoded(file: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none" });
  const shrink = Math.min(1, SIDES.most / Math.max(bitmap.width, bitmap.height));
  const size = { width: Math.round(bitmap.width * shrink), height: Math.round(bitmap.height * shrink) };
  return drawn(bitmap, size, { x: 0, y: 0, ...size });
}

/** The picture scaled to fit inside `room` and put in its middle. */
export function fittedInto(picture: Pixels, room: Size): Pixels {
  if (picture.width === room.width && picture.height === room.height) return picture;
  const scale = Math.min(room.width / picture.width, room.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  const place = { x: (room.width - width) / 2, y: (room.height - height) / 2, width, height };
  return drawn(surface(picture), room, place);
}

/** The nearest size that a request allows: sides of 64 to 2048, multiples of 8. */
export function allowed({ width, height }: Size): Size {
  const side = (length: number): number => clamp(Math.round(length / 8) * 8, SIDES.least, SIDES.most);
  return { width: side(width), height: side(height) };
}

/** The picture as a file that is small rather than exact. */
export async function compressed(picture: Pixels, size: Size, quality: number): Promise<Blob> {
  const small = new OffscreenCanvas(size.width, size.height);
  const context = small.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingQuality = "high";
  context.drawImage(surface(picture), 0, 0, size.width, size.height);
  return small.convertToBlob({ type: "image/jpeg", quality });
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

function surface(picture: Pixels): OffscreenCanvas {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.putImageData(new ImageData(picture.data, picture.width, picture.height), 0, 0);
  return canvas;
}

function drawn(image: CanvasImageSource, size: Size, place: Size & { x: number; y: number }): Pixels {
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, place.x, place.y, place.width, place.height);
  const { data } = context.getImageData(0, 0, size.width, size.height);
  return { ...size, data: data as Uint8ClampedArray<ArrayBuffer> };
}
