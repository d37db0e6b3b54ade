/** Two handles on a map's slice line, sliders of their own: one turns it (mixing), one draws it out (scale). */

import type { Control, Live } from "./live.ts";
import { add } from "./panel.ts";
import { type Grip, type Limits, placeOn, pointed, pressed, snapped } from "./slice_line.ts";

export interface LineHandles {
  /** Follows the map last drawn; null hides it. */
  place(grip: Grip | null): void;
  /** Whether the map is to stay as it is, because the line is turned over it. */
  isHeld(): boolean;
}

interface Drag {
  name: Name;
  grip: Grip;
  /** What the map shows. */
  mixing: number;
}

type Name = "mixing" | "scale";

const TURN_AT = 0.62; // of the way from the centre to the end
const WORDS = {
  mixing: ["Mixing angle", "Turn the slice: drag, or use the arrow keys. The map follows once it is let go."],
  scale: [
    "Noise scale",
    "Draw the slice out: drag, or use the arrow keys. The map follows once it is let go.",
  ],
} as const;
const FIXED = " Mixing leaves this plane where there is a third source: turn the slice by its slider.";

export function addLineHandles(
  stage: HTMLElement,
  live: Live,
  released: () => void,
  signal: AbortSignal,
): LineHandles {
  const line = add(stage, "div", "lw-line");
  const knobs = { mixing: makeKnob(stage, "mixing"), scale: makeKnob(stage, "scale") };
  let [drag, last]: [Drag | null, Grip | null] = [null, null];
  const place = (grip: Grip | null) => {
    last = grip;
    const [mixing, scale] = [live.control("mixing"), live.control("scale")];
    const shown = drag?.grip ?? grip;
    line.hidden = drag === null;
    knobs.scale.hidden = !shown || !scale;
    knobs.mixing.hidden = !shown || !mixing || !live.turns();
    if (!shown || !mixing || !scale) return;
    const turned = drag ? numberOf(mixing) - drag.mixing : 0;
    const reach = drag ? numberOf(scale) : shown.span;
    put(knobs.scale, placeOn(shown, reach, turned));
    put(knobs.mixing, placeOn(shown, TURN_AT * reach, turned));
    stretch(line, placeOn(shown, -reach, turned), placeOn(shown, reach, turned));
    tell(knobs.mixing, mixing);
    tell(knobs.scale, scale);
    knobs.scale.title = WORDS.scale[1] + (knobs.mixing.hidden ? FIXED : "");
  };
  const move = (event: PointerEvent) => {
    const control = drag && live.control(drag.name);
    if (!drag || !control) return;
    const box = stage.getBoundingClientRect();
    const [degrees, reach] = pointed(drag.grip, event.clientX - box.left, event.clientY - box.top);
    change(control, drag.name === "mixing" ? drag.mixing + degrees : reach);
    place(last);
  };
  const end = () => {
    if (!drag) return;
    drag = null;
    place(last);
    released();
  };
  for (const name of ["mixing", "scale"] as const) {
    const knob = knobs[name];
    const begin = (event: PointerEvent) => {
      const mixing = live.control("mixing");
      if (!last || !mixing) return;
      drag = { name, grip: last, mixing: numberOf(mixing) };
      knob.setPointerCapture(event.pointerId);
      event.preventDefault();
      knob.focus();
    };
    knob.addEventListener("pointerdown", begin, { signal });
    knob.addEventListener("pointermove", move, { signal });
    for (const event of ["pointerup", "pointercancel", "lostpointercapture"] as const)
      knob.addEventListener(event, end, { signal });
    knob.addEventListener("keydown", (event) => press(event, live.control(name)), { signal });
  }
  return { place, isHeld: () => drag !== null };
}

function makeKnob(stage: HTMLElement, name: Name): HTMLElement {
  const knob = add(stage, "div", `lw-knob lw-knob-${name}`);
  knob.tabIndex = 0;
  knob.hidden = true;
  knob.setAttribute("role", "slider");
  knob.setAttribute("aria-label", WORDS[name][0]);
  knob.title = WORDS[name][1];
  return knob;
}

function press(event: KeyboardEvent, control: Control | null): void {
  if (!control || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = pressed(event.key, numberOf(control), limitsOf(control));
  if (to === null) return;
  change(control, to);
  event.preventDefault();
  event.stopPropagation();
}

/** As the slider itself would: the kernel hears of it, and every view of the page. */
function change(control: Control, value: number): void {
  const to = snapped(value, limitsOf(control));
  if (to === numberOf(control)) return;
  control.set("value", to);
  control.save_changes();
}

function numberOf(control: Control): number {
  return control.get("value") as number;
}

function limitsOf(control: Control): Limits {
  const [min, max, step] = ["min", "max", "step"].map((name) => control.get(name) as number);
  return { min, max, step } as Limits;
}

function tell(knob: HTMLElement, control: Control): void {
  const { min, max } = limitsOf(control);
  for (const [name, value] of Object.entries({ valuemin: min, valuemax: max, valuenow: numberOf(control) }))
    knob.setAttribute(`aria-${name}`, String(value));
}

function put(element: HTMLElement, [left, top]: [number, number]): void {
  element.style.transform = `translate(${left}px, ${top}px)`;
}

function stretch(line: HTMLElement, [x0, y0]: [number, number], [x1, y1]: [number, number]): void {
  line.style.width = `${Math.hypot(x1 - x0, y1 - y0)}px`;
  line.style.transform = `translate(${x0}px, ${y0}px) rotate(${Math.atan2(y1 - y0, x1 - x0)}rad)`;
}
