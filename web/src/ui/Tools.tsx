/** The tools, and undo. */

import { DOODLES } from "../canvas/colours";
import { TOOLS } from "../canvas/easel";
import { useWords } from "../i18n";
import { type ActionName, keyOf, shown } from "../keys/bindings";
import { hold } from "../keys/shortcuts";
import { useStore } from "../store";
import { easel, tools, view } from "../studio/state";
import { CanvasMenu } from "./CanvasMenu";
import { Swatches } from "./Swatches";
import { Button } from "./parts";
import { useHistory } from "./useDrawing";

export function Tools() {
  const say = useWords();
  const held = useStore(tools, (value) => value.tool);
  const keys = useStore(view, (value) => value.keys);
  const { undoable, redoable } = useHistory();
  const key = (name: ActionName): string => shown(keyOf(name, keys));
  return (
    <div class="tools" role="toolbar" aria-label={say("tools")} aria-orientation="vertical">
      <CanvasMenu />
      <hr />
      {([...TOOLS, "pan"] as const).map((tool) => (
        <Button
          key={tool}
          icon={tool}
          label={say(`tool.${tool}`)}
          shortcut={key(tool)}
          pressed={held === tool}
          onClick={() => hold(tool)}
        />
      ))}
      <hr />
      <Button
        icon="undo"
        label={say("undo")}
        shortcut={key("undo")}
        disabled={!undoable}
        onClick={() => easel.undo()}
      />
      <Button
        icon="redo"
        label={say("redo")}
        shortcut={key("redo")}
        disabled={!redoable}
        onClick={() => easel.redo()}
      />
      <Button icon="clear" label={say("clear")} onClick={() => easel.clear()} />
      <hr />
      <Swatches class="at-hand" label={say("colour.palette")} colours={DOODLES} />
    </div>
  );
}
