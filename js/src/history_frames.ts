/** Decodes a run of mining as `widget/history.py` writes it. */

import { asFields, decodeLimits, type Fields, finite, floats, sameShape, text } from "./wire.ts";

export const LINES = ["plus", "minus", "center", "barrier", "growth"] as const;

export interface Line {
  name: (typeof LINES)[number];
  /** What the legend calls it. */
  words: string;
  /** [S], increasing. */
  steps: Float32Array;
  /** [S], in nats. */
  losses: Float32Array;
}

export interface HistoryFrame {
  view: "history";
  seq: number;
  loss_limits: [number, number];
  /** The step that is aimed at: the end of the axis. */
  target: number;
  /** The step whose picture is shown. */
  shown: number;
  lines: Line[];
  /** Steps that can be scrubbed through. */
  snapshots: Float32Array;
}

export function decodeHistory(fields: Fields): HistoryFrame {
  const arrays = asFields("frame.arrays", fields.arrays);
  const words = asFields("frame.words", fields.words);
  return {
    view: "history",
    seq: finite(fields, "seq"),
    loss_limits: decodeLimits(fields.loss_limits, "linear"),
    target: finite(fields, "target"),
    shown: finite(fields, "shown"),
    lines: LINES.filter((name) => name in words).map((name) => decodeLine(name, words, arrays)),
    snapshots: floats(arrays, "snapshots", 1).values,
  };
}

function decodeLine(name: Line["name"], words: Fields, arrays: Fields): Line {
  const steps = floats(arrays, `${name}_steps`, 1);
  const losses = floats(arrays, name, 1);
  sameShape(name, losses.shape, steps.shape);
  return { name, words: text(words, name), steps: steps.values, losses: losses.values };
}
