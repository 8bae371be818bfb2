/** The controls of a request, drawn from the server's schema: a new field appears by itself. */

import { fieldName, useWords } from "../i18n";
import { type Described, described } from "../request/schema";
import { useStore } from "../store";
import { lastSeed, setField } from "../studio/painting";
import { easel, server, settings } from "../studio/state";
import { Button, Select, Slider } from "./parts";
import { useDrawing } from "./useDrawing";
import { SIDES } from "../canvas/drawing";
import { tell } from "../studio/toasts";

/** Shown in this order; what a schema has besides is under "More settings". */
const FIRST = ["sampler", "schedule", "steps", "guidance_scale", "strength", "width", "batch", "seed"];
/** Shown elsewhere on the page. */
const ELSEWHERE = new Set(["prompt", "negative", "model", "height"]);
/** What A1111's users and their scripts call them. */
const IDS: Record<string, string> = {
  sampler: "txt2img_sampling",
  schedule: "txt2img_scheduler",
  steps: "txt2img_steps",
  guidance_scale: "txt2img_cfg_scale",
  strength: "img2img_denoising_strength",
  batch: "txt2img_batch_size",
};

export function Settings() {
  const say = useWords();
  const catalogue = useStore(server, (value) => value.catalogue);
  if (!catalogue) return <div class="settings waiting" aria-hidden="true" />;
  const fields = described(catalogue.schema).filter(({ name }) => !ELSEWHERE.has(name));
  const first = FIRST.flatMap((name) => fields.filter((field) => field.name === name));
  const others = fields.filter(({ name }) => !FIRST.includes(name));
  return (
    <div class="settings">
      {first.map((field) => (
        <Field key={field.name} field={field} />
      ))}
      {others.length ? (
        <details>
          <summary>{say("settings.more")}</summary>
          {others.map((field) => (
            <Field key={field.name} field={field} />
          ))}
        </details>
      ) : null}
      <button type="button" class="quiet-button" onClick={reset}>
        {say("settings.reset")}
      </button>
    </div>
  );
}

/** Everything back to the defaults, but for the words. */
function reset(): void {
  const { prompt, negative } = settings.value.fields;
  settings.set({ fields: { prompt, negative } });
}

function Field({ field }: { field: Described }) {
  const value = useStore(settings, ({ fields }) => fields[field.name]) ?? field.default;
  const mode = useStore(settings, (each) => each.mode);
  const change = (fresh: unknown): void => setField(field.name, fresh);
  if (field.name === "strength" && mode === "words") return null;
  if (field.name === "width") return <Sides />;
  if (field.name === "seed") return <Seed value={Number(value)} />;
  return <AnyField field={field} value={value} onChange={change} />;
}

interface AnyProps {
  readonly field: Described;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function AnyField({ field: { name, help, control }, value, onChange }: AnyProps) {
  const catalogue = useStore(server, (each) => each.catalogue);
  const label = fieldName(name);
  if (control.kind === "number") {
    const { least, most, step } = control;
    // Seeds are too many for a slider.
    if (most - least > 10_000)
      return <NumberField label={label} value={Number(value)} help={help} onChange={onChange} />;
    return (
      <Slider
        id={IDS[name] ?? name}
        {...{ label, help, least, most, step }}
        value={Number(value)}
        onChange={onChange}
      />
    );
  }
  if (control.kind === "choice") {
    const named =
      name === "sampler" ? catalogue?.samplers : name === "schedule" ? catalogue?.schedules : undefined;
    const choices = control.choices.map((id) => named?.find((each) => each.id === id) ?? { id, label: id });
    return (
      <Select
        id={IDS[name] ?? name}
        {...{ label, help, choices }}
        value={String(value)}
        onChange={onChange}
      />
    );
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
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

interface NumberProps {
  readonly label: string;
  readonly value: number;
  readonly help?: string;
  readonly id?: string;
  readonly onChange: (value: number) => void;
}

function NumberField({ label, value, help, id, onChange }: NumberProps) {
  return (
    <label class="text-field" title={help}>
      <span>{label}</span>
      <input
        type="number"
        id={id}
        min={-1}
        max={2 ** 32 - 1}
        step={1}
        value={value}
        onChange={(event) => {
          const number = Math.round(Number(event.currentTarget.value));
          onChange(Number.isFinite(number) ? Math.min(Math.max(number, -1), 2 ** 32 - 1) : -1);
        }}
      />
    </label>
  );
}

function Seed({ value }: { value: number }) {
  const say = useWords();
  const reuse = (): void => {
    const seed = lastSeed();
    if (seed === null) tell(say("results.empty"));
    else setField("seed", seed);
  };
  return (
    <div class="seed">
      <NumberField
        id="txt2img_seed"
        label={fieldName("seed")}
        value={value}
        onChange={(seed) => setField("seed", seed)}
      />
      <Button
        icon="dice"
        label={say("seed.random")}
        pressed={value === -1}
        onClick={() => setField("seed", -1)}
      />
      <Button icon="recycle" label={say("seed.reuse")} onClick={reuse} />
    </div>
  );
}

/** Width and height are the drawing's own. */
function Sides() {
  const say = useWords();
  const { width, height } = useDrawing();
  const side = (label: string, value: number, id: string, change: (value: number) => void) => (
    <label class="text-field">
      <span>{label}</span>
      <input
        type="number"
        id={id}
        min={SIDES.least}
        max={SIDES.most}
        step={8}
        value={value}
        onChange={(event) => {
          const asked = Math.round(Number(event.currentTarget.value) / 8) * 8 || value;
          change(Math.min(Math.max(asked, SIDES.least), SIDES.most));
          event.currentTarget.value = String(Math.min(Math.max(asked, SIDES.least), SIDES.most));
        }}
      />
    </label>
  );
  return (
    <div class="sides">
      {side(fieldName("width"), width, "txt2img_width", (value) => easel.resize({ width: value, height }))}
      <Button
        icon="swap"
        label={say("swap")}
        onClick={() => easel.resize({ width: height, height: width })}
      />
      {side(fieldName("height"), height, "txt2img_height", (value) => easel.resize({ width, height: value }))}
    </div>
  );
}
