/** The prompt and the negative prompt, with the keys that A1111's users have in their fingers. */

import { useRef } from "preact/hooks";
import { useWords } from "../i18n";
import { MODES, kindOf } from "../request/groups";
import { inserted } from "../request/insertion";
import { type Selection, moved, weighed } from "../request/weights";
import { useStore } from "../store";
import { setField } from "../studio/painting";
import { setMode } from "../studio/drawing";
import { server, settings } from "../studio/state";
import { ChosenStyles } from "./Styles";
import { PromptTools } from "./PromptTools";
import { Segments } from "./parts";

export function Prompts() {
  const say = useWords();
  const mode = useStore(settings, (value) => value.mode);
  const schemas = useStore(server, ({ catalogue }) => catalogue?.schemas);
  const modes = MODES.filter((id) => !schemas || kindOf(id) in schemas);
  return (
    <div class="prompts">
      {kindOf(mode) === "image" ? (
        <>
          <PromptField name="prompt" label={say("prompt")} hint={say("prompt.hint")} rows={4} />
          <PromptField name="negative" label={say("negative")} hint={say("negative.hint")} rows={2} />
          <ChosenStyles />
        </>
      ) : null}
      <Segments
        label={say("mode")}
        value={mode}
        choices={modes.map((id) => ({ id, label: say(`mode.${id}`), help: say(`mode.${id}.help`) }))}
        onChange={setMode}
      />
    </div>
  );
}

interface PromptProps {
  readonly name: "prompt" | "negative";
  readonly label: string;
  readonly hint: string;
  readonly rows: number;
}

function PromptField({ name, label, hint, rows }: PromptProps) {
  const text = useStore(settings, (value) => String(value.fields["image"]?.[name] ?? ""));
  const element = useRef<HTMLTextAreaElement>(null);
  /** Where Alt+Up has gone in the history; 0 is what was typed. */
  const back = useRef(0);

  const replace = ({ text: fresh, start, end }: Selection): void => {
    const field = element.current;
    if (!field) return;
    // At once, not when the page is drawn again: the next key may come before that.
    field.value = fresh;
    field.setSelectionRange(start, end);
    setField(name, fresh);
  };
  const press = (event: KeyboardEvent): void => {
    const field = element.current;
    if (!field || !event.key.startsWith("Arrow")) return;
    const selection = { text: field.value, start: field.selectionStart, end: field.selectionEnd };
    const up = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if ((event.ctrlKey || event.metaKey) && up)
      replace(weighed(selection, up * (event.shiftKey ? 0.01 : 0.1)));
    else if (event.altKey && up) recallPrompt(name, up, back, replace);
    else if (event.altKey) replace(moved(selection, event.key === "ArrowLeft" ? -1 : 1));
    else return;
    event.preventDefault();
  };
  return (
    <div class="prompt-field">
      <div class="prompt-head">
        <label for={name}>{label}</label>
        <PromptTools
          name={name}
          insert={(words) => {
            const field = element.current;
            if (!field) return;
            field.focus();
            const { value, selectionStart: start, selectionEnd: end } = field;
            replace(inserted({ text: value, start, end }, words));
          }}
        />
      </div>
      <textarea
        id={name}
        ref={element}
        rows={rows}
        value={text}
        placeholder={hint}
        spellcheck={false}
        onKeyDown={press}
        onInput={(event) => {
          back.current = 0;
          setField(name, event.currentTarget.value);
        }}
      />
    </div>
  );
}

function recallPrompt(
  name: string,
  step: number,
  back: { current: number },
  replace: (selection: Selection) => void,
): void {
  const { prompts } = settings.value;
  const place = Math.min(Math.max(back.current + step, 1), prompts.length);
  if (name !== "prompt" || !prompts.length) return;
  back.current = place;
  const text = prompts[prompts.length - place];
  replace({ text, start: text.length, end: text.length });
}
