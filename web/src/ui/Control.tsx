/** ControlNet: what the guide layers lead a picture by. */

import { useWords } from "../i18n";
import { described } from "../request/schema";
import { useStore } from "../store";
import { setField } from "../studio/painting";
import { server, settings } from "../studio/state";
import { AnyField } from "./fields";
import { Group, Select } from "./parts";

export function Control() {
  const say = useWords();
  const catalogue = useStore(server, (value) => value.catalogue);
  const set = useStore(settings, ({ fields }) => fields["control"]) ?? {};
  const schema = catalogue?.schemas["image"].$defs?.["Control"];
  if (!schema) return null;
  const chosen = String(set["model"] ?? "");
  const others = described(schema).filter(({ name }) => name !== "model");
  return (
    <Group id="control" title={say("control")}>
      <p class="note">{say(catalogue.controlnets.length ? "control.note" : "control.none")}</p>
      {catalogue.controlnets.length ? (
        <Select
          id="control_model"
          label={say("control")}
          value={chosen}
          choices={[{ id: "", label: say("control.off") }, ...catalogue.controlnets]}
          onChange={(model) => setField("model", model, "control")}
        />
      ) : null}
      {chosen
        ? others.map((field) => (
            <AnyField
              key={field.name}
              field={field}
              within="control"
              value={set[field.name] ?? field.default}
              onChange={(value) => setField(field.name, value, "control")}
            />
          ))
        : null}
    </Group>
  );
}
