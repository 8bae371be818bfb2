/** One control for one field of a request, whatever its kind. */

import type { Catalogue, Named } from "../api/types";
import { choiceName, fieldName, say } from "../i18n";
import type { Described } from "../request/schema";
import { useStore } from "../store";
import { server } from "../studio/state";
import { Select, Slider } from "./parts";

/** What A1111's users and their scripts call them. */
const IDS: Record<string, string> = {
  sampler: "txt2img_sampling",
  schedule: "txt2img_scheduler",
  steps: "txt2img_steps",
  guidance_scale: "txt2img_cfg_scale",
  strength: "img2img_denoising_strength",
  batch: "txt2img_batch_size",
};
/** Sliders are for ranges that a hand can aim in; seeds are too many. */
const WIDEST = 10_000;

interface AnyProps {
  readonly field: Described;
  readonly value: unknown;
  /** What it is a part of, where another field may have the same name. */
  readonly within?: string;
  readonly onChange: (value: unknown) => void;
}

function idOf(name: string, within?: string): string {
  return within ? `${within}_${name}` : (IDS[name] ?? name);
}

export function AnyField({ field, value, within = "", onChange }: AnyProps) {
  const { name, help, control, optional } = field;
  const label = fieldName(name);
  const id = idOf(name, within);
  if (control.kind === "choice" || isListed(name)) {
    return <ChoiceField {...{ field, value, within, onChange }} />;
  }
  if (control.kind === "number") {
    const { least, most, step } = control;
    if (optional) return <OpenNumber {...{ label, help, least, most, step, value, onChange }} />;
    if (most - least > WIDEST) {
      return <NumberField {...{ label, help, least, most, onChange }} value={Number(value)} />;
    }
    return <Slider {...{ id, label, help, least, most, step, onChange }} value={Number(value)} />;
  }
  if (control.kind === "switch") {
    return (
      <label class="switch" title={help}>
        <input
          type="checkbox"
          checked={Boolean(value)}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
    );
  }
  return (
    <label class="text-field" title={help}>
      <span>{label}</span>
      <input
        type="text"
        value={String(value ?? "")}
        placeholder={optional ? say("usual") : ""}
        onChange={(event) => onChange(event.currentTarget.value || (optional ? null : ""))}
      />
    </label>
  );
}

function ChoiceField({ field, value, within, onChange }: AnyProps) {
  const { name, help, control, optional } = field;
  const catalogue = useStore(server, (each) => each.catalogue);
  const listed = catalogue ? listedFor(name, catalogue) : [];
  const choices =
    control.kind === "choice"
      ? control.choices.map(
          (id) => listed.find((each) => each.id === id) ?? { id, label: choiceName(name, id) },
        )
      : listed;
  return (
    <Select
      id={idOf(name, within)}
      label={fieldName(name)}
      help={help}
      choices={optional ? [{ id: "", label: say("usual") }, ...choices] : choices}
      value={String(value ?? "")}
      onChange={(chosen) => onChange(chosen || null)}
    />
  );
}

/** Texts that name something built in or a file, of which the server has a list. */
function isListed(name: string): boolean {
  return name === "vae" || name.endsWith("upscaler");
}

/** What the server calls the choices of a field. */
function listedFor(name: string, catalogue: Catalogue): readonly Named[] {
  const { samplers, schedules, upscalers, autoencoders } = catalogue;
  if (name === "vae") return autoencoders;
  if (name.endsWith("sampler")) return samplers;
  if (name.endsWith("schedule")) return schedules;
  if (name === "hires_upscaler") return upscalers;
  // Latents are there only while a picture is painted.
  return name.endsWith("upscaler") ? upscalers.filter(({ id }) => !id.startsWith("latent")) : [];
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly help?: string;
  readonly id?: string;
  readonly onChange: (value: number) => void;
}

/** A whole number to type; what is none becomes the least. */
export function NumberField({ label, value, least, most, help, id, onChange }: NumberProps) {
  return (
    <label class="text-field" title={help}>
      <span>{label}</span>
      <input
        type="number"
        id={id}
        min={least}
        max={most}
        step={1}
        value={value}
        onChange={(event) => {
          const number = Math.round(Number(event.currentTarget.value));
          onChange(Number.isFinite(number) ? Math.min(Math.max(number, least), most) : least);
        }}
      />
    </label>
  );
}

interface OpenProps extends Omit<NumberProps, "value" | "onChange"> {
  readonly step: number;
  readonly value: unknown;
  readonly onChange: (value: number | null) => void;
}

/** A number that may be left open. */
function OpenNumber({ label, value, least, most, step, help, onChange }: OpenProps) {
  return (
    <label class="text-field" title={help}>
      <span>{label}</span>
      <input
        type="number"
        min={least}
        max={most}
        step={step}
        placeholder={say("usual")}
        value={typeof value === "number" ? value : ""}
        onChange={(event) => {
          const text = event.currentTarget.value;
          onChange(text.trim() ? Math.min(Math.max(Number(text), least), most) : null);
        }}
      />
    </label>
  );
}
