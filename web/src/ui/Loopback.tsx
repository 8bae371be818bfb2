/** Loopback: each picture is what the next one starts from. */

import { useWords } from "../i18n";
import { besides, described } from "../request/schema";
import { useStore } from "../store";
import { setField } from "../studio/painting";
import { server, settings } from "../studio/state";
import { AnyField } from "./fields";
import { Group } from "./parts";

export function Loopback() {
  const say = useWords();
  const schemas = useStore(server, ({ catalogue }) => catalogue?.schemas);
  const mode = useStore(settings, (value) => value.mode);
  const looped = useStore(settings, (value) => value.looped);
  const set = useStore(settings, ({ fields }) => fields["loopback"]);
  if (!schemas?.["loopback"] || mode === "words") return null;
  const own = besides(described(schemas["loopback"]), described(schemas["image"]), ["loop"]);
  return (
    <Group id="loopback" title={say("loopback")}>
      <label class="switch">
        <input
          type="checkbox"
          checked={looped}
          onChange={(event) => settings.set({ looped: event.currentTarget.checked })}
        />
        <span>{say("loopback.on")}</span>
      </label>
      {looped
        ? own.map((field) => (
            <AnyField
              key={field.name}
              field={field}
              value={set?.[field.name] ?? field.default}
              onChange={(value) => setField(field.name, value, "loopback")}
            />
          ))
        : null}
    </Group>
  );
}
