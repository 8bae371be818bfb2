/** The X/Y/Z plot: up to three settings that change from picture to picture. */

import { choiceName, fieldName, useWords } from "../i18n";
import { AXES, SPECIAL, axisOf, axisText } from "../request/axes";
import { type Described, besides, described } from "../request/schema";
import { useStore } from "../store";
import { setField } from "../studio/painting";
import { server, settings } from "../studio/state";
import { AnyField } from "./fields";
import { Button, Group, Select } from "./parts";

export function Plot() {
  const say = useWords();
  const schemas = useStore(server, ({ catalogue }) => catalogue?.schemas);
  const set = useStore(settings, ({ fields }) => fields["grid"]);
  if (!schemas?.["grid"]) return null;
  const image = described(schemas["image"]);
  const sheet = besides(described(schemas["grid"]), image, AXES);
  return (
    <Group id="plot" title={say("plot")}>
      {AXES.map((name) => (
        <AxisFields key={name} axis={name} text={set?.[name]} image={image} />
      ))}
      {sheet.map((field) => (
        <AnyField
          key={field.name}
          field={field}
          value={set?.[field.name] ?? field.default}
          onChange={(value) => setField(field.name, value, "grid")}
        />
      ))}
    </Group>
  );
}

interface AxisProps {
  readonly axis: (typeof AXES)[number];
  readonly text: unknown;
  readonly image: readonly Described[];
}

function AxisFields({ axis, text, image }: AxisProps) {
  const say = useWords();
  const models = useStore(server, ({ catalogue }) => catalogue?.models ?? []);
  const { name, values } = axisOf(text);
  const letter = axis.toUpperCase();
  const put = (change: { name?: string; values?: string }): void =>
    setField(axis, axisText({ name, values, ...change }), "grid");
  const names = image.filter((field) => field.name !== "batch").map((field) => field.name);
  const control = image.find((field) => field.name === name)?.control;
  const all =
    name === "model"
      ? models.map(({ id }) => id)
      : control?.kind === "choice"
        ? control.choices
        : control?.kind === "switch"
          ? ["false", "true"]
          : [];
  return (
    <div class="axis">
      <Select
        id={`plot_${axis}`}
        label={say("plot.axis", { axis: letter })}
        value={name}
        choices={[
          { id: "", label: say("plot.nothing") },
          ...names.map((id) => ({ id, label: fieldName(id) })),
          ...SPECIAL.map((id) => ({ id, label: choiceName("plot", id) })),
        ]}
        onChange={(chosen) => put({ name: chosen, values: "" })}
      />
      {name ? (
        <div class="axis-values">
          <input
            type="text"
            aria-label={say("plot.values", { axis: letter })}
            placeholder={control?.kind === "number" ? "1-9 (+2), 20" : "a, b, c"}
            value={values}
            onChange={(event) => put({ values: event.currentTarget.value })}
          />
          {all.length ? (
            <Button
              icon="plus"
              label={say("plot.all", { axis: letter })}
              onClick={() => put({ values: all.join(", ") })}
            />
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
