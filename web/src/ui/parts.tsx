/** The small parts that the rest is made of: buttons, sliders, choices. */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon, type IconName } from "./icons";

interface ButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly shortcut?: string | undefined;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly filled?: boolean;
  readonly text?: boolean;
  readonly class?: string;
  readonly onClick: () => void;
}

/** A button with an icon; its words are its label, or shown beside it with `text`. */
export function Button({
  icon,
  label,
  shortcut,
  pressed,
  text,
  filled,
  disabled,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      class={`button ${text ? "with-text" : "icon-only"} ${rest.class ?? ""}`}
      aria-label={text ? undefined : label}
      aria-pressed={pressed}
      title={shortcut ? `${label}  (${shortcut})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} filled={filled ?? false} />
      {text ? <span>{label}</span> : null}
    </button>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly help?: string;
  readonly id?: string;
  readonly onChange: (value: number) => void;
}

/** A number to drag or to type. Typing is taken when the field is left, so that it may be wrong a while. */
export function Slider({ label, value, least, most, step, help, id, onChange }: SliderProps) {
  const own = useId();
  const take = (text: string): void => {
    const number = Number(text);
    if (text.trim() && Number.isFinite(number)) onChange(Math.min(Math.max(number, least), most));
  };
  const share = ((value - least) / (most - least)) * 100;
  return (
    <div class="slider" title={help}>
      <label for={own}>{label}</label>
      <input
        id={own}
        class="number"
        type="number"
        min={least}
        max={most}
        step={step}
        value={value}
        onChange={(event) => take(event.currentTarget.value)}
      />
      <input
        type="range"
        id={id}
        aria-label={label}
        min={least}
        max={most}
        step={step}
        value={value}
        style={{ "--share": `${share}%` }}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly { readonly id: string; readonly label: string }[];
  readonly help?: string;
  readonly id?: string;
  readonly bare?: boolean;
  readonly onChange: (value: string) => void;
}

export function Select({ label, value, choices, help, id, bare, onChange }: SelectProps) {
  const own = useId();
  return (
    <div class={bare ? "select bare" : "select"} title={help}>
      <label for={id ?? own}>{label}</label>
      <select id={id ?? own} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly id: T; readonly label: string; readonly help?: string }[];
  readonly onChange: (value: T) => void;
}

/** A few choices side by side, of which one holds. */
export function Segments<T extends string>({ label, value, choices, onChange }: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="hidden-label">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.id} title={choice.help} class={choice.id === value ? "on" : ""}>
          <input
            type="radio"
            name={name}
            checked={choice.id === value}
            onChange={() => onChange(choice.id)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface GroupProps {
  readonly title: string;
  readonly id?: string;
  readonly children: ComponentChildren;
}

/** Controls that are folded away until somebody wants them. */
export function Group({ title, id, children }: GroupProps) {
  return (
    <details id={id}>
      <summary>{title}</summary>
      <div class="group">{children}</div>
    </details>
  );
}

/** What a place shows while it has nothing to show. */
export function Empty({ icon, title, hint }: { icon: IconName; title: string; hint?: string }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {hint ? <p>{hint}</p> : null}
    </div>
  );
}
