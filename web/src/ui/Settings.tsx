/** The controls of a request, drawn from the server's schema: a new field appears by itself. */

import { SIDES } from "../canvas/drawing";
import { fieldName, useWords } from "../i18n";
import { grouped, kindOf } from "../request/groups";
import { type Described, described } from "../request/schema";
import { useStore } from "../store";
import { lastSeed, reset, setField } from "../studio/painting";
import { easel, server, settings } from "../studio/state";
import { tell } from "../studio/toasts";
import { AnyField, NumberField } from "./fields";
import { Control } from "./Control";
import { Loopback } from "./Loopback";
import { Plot } from "./Plot";
import { Button, Group } from "./parts";
import { useDrawing } from "./useDrawing";

export function Settings() {
  const say = useWords();
  const catalogue = useStore(server, (value) => value.catalogue);
  const mode = useStore(settings, (value) => value.mode);
  if (!catalogue) return <div class="settings waiting" aria-hidden="true" />;
  const kind = kindOf(mode);
  const fields = described(catalogue.schemas[kind] ?? {});
  const { first, groups } = kind === "image" ? grouped(fields, mode) : { first: fields, groups: [] };
  return (
    <div class="settings">
      {kind === "image" ? null : <p class="note">{say("upscale.note")}</p>}
      {first.map((field) => (
        <Field key={`${kind}.${field.name}`} kind={kind} field={field} />
      ))}
      {groups.map(({ title, fields: inside }) => (
        <Group key={title} title={say(title)}>
          {inside.map((field) => (
            <Field key={field.name} kind={kind} field={field} />
          ))}
        </Group>
      ))}
      {kind === "image" ? <Control /> : null}
      {kind === "image" ? <Loopback /> : null}
      {kind === "image" ? <Plot /> : null}
      <button type="button" class="quiet-button" onClick={() => reset(kind)}>
        {say("settings.reset")}
      </button>
    </div>
  );
}

function Field({ kind, field }: { kind: string; field: Described }) {
  const { name } = field;
  const value = useStore(settings, ({ fields }) => fields[kind]?.[name]) ?? field.default;
  const idle = useStore(settings, (each) => name === "strength" && each.mode === "words" && !isTwice(each));
  const change = (fresh: unknown): void => setField(name, fresh, kind);
  if (kind !== "image") return <AnyField field={field} value={value} onChange={change} />;
  if (idle) return null;
  if (name === "width") return <Sides />;
  if (name === "seed") return <Seed value={Number(value)} />;
  return <AnyField field={field} value={value} onChange={change} />;
}

/** Whether a second, larger pass follows, which starts as far from the first as strength says. */
function isTwice({ fields }: typeof settings.value): boolean {
  return Boolean(fields["image"]?.["hires_width"] || fields["image"]?.["hires_height"]);
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
        least={-1}
        most={2 ** 32 - 1}
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
