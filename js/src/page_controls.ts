/** Native sliders and boxes of an exported page, each of which sets the value of a model. */

import type { PageModel } from "./page_model.ts";

export interface SliderKind {
  label: string;
  title: string;
  /** Positions count in whole numbers from `low` to `high`. */
  low: number;
  high: number;
  /** Where the value that was exported lies. */
  start: number;
  step: number;
  value(position: number): number;
  words(value: number): string;
}

export interface Control {
  element: HTMLElement;
  reset(): void;
}

/** A range input with its name before and its value behind it. At `start` the model has exactly its own value. */
export function makeSlider(name: string, kind: SliderKind, model: PageModel): Control {
  const own = model.get("value") as number;
  const row = document.createElement("label");
  row.className = "page-slider";
  row.title = kind.title;
  const label = document.createElement("span");
  label.textContent = kind.label;
  const input = document.createElement("input");
  Object.assign(input, { type: "range", name, min: kind.low, max: kind.high, step: kind.step });
  const output = document.createElement("output");
  row.append(label, input, output);
  const show = () => {
    const position = Number(input.value);
    const value = position === kind.start ? own : kind.value(position);
    output.textContent = kind.words(value);
    input.setAttribute("aria-valuetext", kind.words(value));
    model.set("value", value);
  };
  const reset = () => {
    input.value = String(kind.start);
    show();
  };
  input.addEventListener("input", show);
  reset();
  return { element: row, reset };
}

export function makeBox(name: string, label: string, title: string, model: PageModel): Control {
  const own = model.get("value") as boolean;
  const row = document.createElement("label");
  row.className = "page-box";
  row.title = title;
  const input = document.createElement("input");
  Object.assign(input, { type: "checkbox", name });
  row.append(input, label);
  input.addEventListener("change", () => model.set("value", input.checked));
  const reset = () => {
    input.checked = own;
    model.set("value", own);
  };
  reset();
  return { element: row, reset };
}

export function makeButton(text: string, title: string, press: () => void): HTMLElement {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: text, title });
  button.addEventListener("click", press);
  return button;
}
