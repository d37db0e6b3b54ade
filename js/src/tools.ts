/** The buttons of a view: standard views, switches, a slider, and what is saved. */

import { add } from "./panel.ts";

export interface Tool {
  text: string;
  title: string;
  press(): void;
  /** Of a switch: whether it is on. */
  isOn?: () => boolean;
  /** Of a button that is not always of use. */
  isOffered?: () => boolean;
}

/** A range from 0 to 1. */
export interface Slider {
  label: string;
  isShown(): boolean;
  share(): number;
  /** What its value is called. */
  text(): string;
  move(share: number): void;
}

const STEPS = 200;

/** Returns the row that they stand in, and what shows the switches as they stand. */
export function addTools(
  stage: HTMLElement,
  tools: readonly Tool[],
  signal: AbortSignal,
  label = "view of the surface",
): { row: HTMLElement; update: () => void } {
  const row = add(stage, "div", "lw-tools");
  row.setAttribute("role", "toolbar");
  row.setAttribute("aria-label", label);
  const updates = tools.map((tool) => addTool(row, tool, signal));
  const update = () => {
    for (const one of updates) one();
  };
  update();
  return { row, update };
}

/** Returns what shows it as it stands. */
export function addSlider(row: HTMLElement, slider: Slider, signal: AbortSignal): { update: () => void } {
  const label = add(row, "label", "lw-slide");
  const [name, input, text] = [add(label, "span"), add(label, "input"), add(label, "span")];
  Object.assign(input, { type: "range", min: "0", max: String(STEPS), step: "1" });
  name.textContent = slider.label;
  input.addEventListener("input", () => slider.move(Number(input.value) / STEPS), { signal });
  const update = () => {
    label.hidden = !slider.isShown();
    if (label.hidden) return;
    input.value = String(Math.round(STEPS * slider.share()));
    text.textContent = slider.text();
    input.setAttribute("aria-valuetext", slider.text());
  };
  return { update };
}

function addTool(
  row: HTMLElement,
  { text, title, press, isOn, isOffered }: Tool,
  signal: AbortSignal,
): () => void {
  const button = add(row, "button", "lw-tool");
  button.type = "button";
  button.textContent = text;
  button.title = title;
  button.addEventListener("click", press, { signal });
  return () => {
    if (isOn) button.setAttribute("aria-pressed", String(isOn()));
    if (isOffered) button.hidden = !isOffered();
  };
}
