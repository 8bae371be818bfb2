/** The layers, the topmost first, each with its role. */

import {
  type Drawing,
  type Layer,
  MAX_LAYERS,
  type Role,
  withLayer,
  withLayerMoved,
  withNewLayer,
  withoutLayer,
} from "../canvas/drawing";
import { useWords } from "../i18n";
import { useStore } from "../store";
import { easel, settings, view } from "../studio/state";
import { Icon, type IconName } from "./icons";
import { Button } from "./parts";
import { useDrawing } from "./useDrawing";

const ROLES: readonly Role[] = ["sketch", "mask", "guide"];
const ICONS: Record<Role, IconName> = { sketch: "sketch", mask: "mask", guide: "images" };

export function Layers() {
  const say = useWords();
  const drawing = useDrawing();
  const open = useStore(view, (value) => value.layers);
  return (
    <div class={open ? "layers open" : "layers"}>
      <button
        type="button"
        class="layers-head"
        aria-expanded={open}
        onClick={() => view.set({ layers: !open })}
      >
        <Icon name="layers" />
        <span>{say("layers")}</span>
        <Icon name={open ? "down" : "up"} />
      </button>
      {open ? (
        <>
          <ol class="layer-list">
            {drawing.layers.toReversed().map((layer) => (
              <Row key={layer.id} layer={layer} drawing={drawing} />
            ))}
          </ol>
          <div class="layer-add">
            {ROLES.map((role) => (
              <Button
                key={role}
                icon={ICONS[role]}
                label={say(`layer.add.${role}`)}
                disabled={drawing.layers.length >= MAX_LAYERS}
                onClick={() => add(role)}
              />
            ))}
          </div>
        </>
      ) : null}
    </div>
  );
}

function add(role: Role): void {
  easel.reshape((drawing) => withNewLayer(drawing, role));
  if (role === "mask") settings.set({ mode: "inpaint" });
}

function Row({ layer, drawing }: { layer: Layer; drawing: Drawing }) {
  const say = useWords();
  const active = layer.id === drawing.active;
  const name = layer.name || `${say(`layer.${layer.role}`)} ${layer.id}`;
  const change = (part: Partial<Layer>): void => easel.reshape((each) => withLayer(each, layer.id, part));
  return (
    <li class={active ? "layer active" : "layer"}>
      <Button
        icon={layer.visible ? "eye" : "hidden"}
        label={say("layer.show", { name })}
        pressed={layer.visible}
        onClick={() => change({ visible: !layer.visible })}
      />
      <button
        type="button"
        class="layer-name"
        aria-current={active}
        title={say("layer.select", { name })}
        onClick={() => easel.activate(layer.id)}
      >
        <Icon name={ICONS[layer.role]} />
        {name}
      </button>
      {active ? (
        <div class="layer-details">
          <input
            type="range"
            aria-label={say("layer.opacity", { name })}
            title={say("layer.opacity", { name })}
            min={0}
            max={100}
            value={Math.round(layer.opacity * 100)}
            style={{ "--share": `${layer.opacity * 100}%` }}
            onChange={(event) => change({ opacity: Number(event.currentTarget.value) / 100 })}
          />
          <Button
            icon="up"
            label={say("layer.up", { name })}
            onClick={() => easel.reshape((each) => withLayerMoved(each, layer.id, 1))}
          />
          <Button
            icon="down"
            label={say("layer.down", { name })}
            onClick={() => easel.reshape((each) => withLayerMoved(each, layer.id, -1))}
          />
          <Button
            icon="clear"
            label={say("layer.remove", { name })}
            onClick={() => easel.reshape((each) => withoutLayer(each, layer.id))}
          />
        </div>
      ) : null}
    </li>
  );
}
