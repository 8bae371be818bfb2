/** The numbers that made a picture, in one line. */

import type { Picture } from "../api/types";
import { fieldName, useWords } from "../i18n";
import { useStore } from "../store";
import { server } from "../studio/state";

export function Facts({ picture }: { picture: Picture }) {
  useWords();
  const catalogue = useStore(server, (value) => value.catalogue);
  const { sampler, schedule, model, ...numbers } = picture.request;
  const told = (name: string): string =>
    numbers[name] === undefined ? "" : `${fieldName(name)} ${String(numbers[name])}`;
  const parts = [
    `${picture.width} × ${picture.height}`,
    told("seed"),
    catalogue?.samplers.find(({ id }) => id === sampler)?.label ?? "",
    catalogue?.schedules.find(({ id }) => id === schedule)?.label ?? "",
    told("steps"),
    told("guidance_scale"),
    picture.inputs["init"] ? told("strength") : "",
    String(model ?? ""),
  ];
  return <p class="facts">{parts.filter(Boolean).join("  ·  ")}</p>;
}
