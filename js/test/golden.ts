/** Frames as Python wrote them (`tests/unit/test_frames.py`, `test_history_frames.py`, `test_known_frames.py`). */

import curve from "./golden/curve.json";
import history from "./golden/history.json";
import known from "./golden/known.json";
import map from "./golden/map.json";
import snapshots from "./golden/snapshots.json";

type Wire = Record<string, unknown> & { arrays: Record<string, Record<string, unknown>> };

/** Changes are laid over the frame's fields; bytes come as a view into a larger buffer, at an odd offset. */
export function goldenCurve(changes: Record<string, unknown> = {}): Wire {
  return { ...withBytes(curve), ...changes };
}

export function goldenMap(changes: Record<string, unknown> = {}): Wire {
  return { ...withBytes(map), ...changes };
}

export function goldenHistory(changes: Record<string, unknown> = {}): Wire {
  return { ...withBytes(history), ...changes };
}

export function goldenKnown(changes: Record<string, unknown> = {}): Wire {
  return { ...withBytes(known.frame), ...changes };
}

export function goldenSnapshots(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...snapshots, curves: snapshots.curves.map(withBytes), ...changes };
}

/** The same, with fields of one array changed. */
export function withArray(frame: Wire, name: string, changes: Record<string, unknown>): Wire {
  return { ...frame, arrays: { ...frame.arrays, [name]: { ...frame.arrays[name], ...changes } } };
}

function withBytes(frame: { arrays: Record<string, { data: { base64: string } }> }): Wire {
  const arrays = Object.entries(frame.arrays).map(([name, array]) => [
    name,
    { ...array, data: embedded(array.data.base64) },
  ]);
  return { ...frame, arrays: Object.fromEntries(arrays) };
}

function embedded(base64: string): DataView {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length + 8).fill(170);
  for (let k = 0; k < text.length; k++) bytes[k + 3] = text.charCodeAt(k);
  return new DataView(bytes.buffer, 3, text.length);
}
