/** Where a dragged slice line leads the sliders of mixing and scale. */

export interface Limits {
  min: number;
  max: number;
  step: number;
}

/** Where the centre of a map lies, in CSS pixels of its stage, and how long a unit is along both axes. */
export interface Grip {
  x: number;
  y: number;
  perAlpha: number;
  perBeta: number;
  /** The line runs to it, both ways. */
  span: number;
}

/** The nearest value that a slider can take. */
export function snapped(value: number, { min, max, step }: Limits): number {
  const stepped = step > 0 ? min + Math.round((value - min) / step) * step : value;
  return Number(Math.min(Math.max(stepped, min), max).toFixed(9)); // 0.1 + 0.2
}

/** What a pointer says, as degrees against the line of the map, and as its reach in alphas and betas. */
export function pointed({ x, y, perAlpha, perBeta }: Grip, left: number, top: number): [number, number] {
  const [alpha, beta] = [(left - x) / perAlpha, (y - top) / perBeta];
  return [(Math.atan2(beta, alpha) * 180) / Math.PI, Math.hypot(alpha, beta)];
}

/** The place of a point on the line, turned by so many degrees against the map's own. */
export function placeOn({ x, y, perAlpha, perBeta }: Grip, reach: number, degrees: number): [number, number] {
  const angle = (degrees * Math.PI) / 180;
  return [x + reach * perAlpha * Math.cos(angle), y - reach * perBeta * Math.sin(angle)];
}

/** Where a key leads; null where it leads nowhere. */
export function pressed(key: string, value: number, limits: Limits): number | null {
  const { min, max, step } = limits;
  const moves: Record<string, number> = {
    ArrowLeft: value - step,
    ArrowDown: value - step,
    ArrowRight: value + step,
    ArrowUp: value + step,
    PageDown: value - 10 * step,
    PageUp: value + 10 * step,
    Home: min,
    End: max,
  };
  const to = moves[key];
  return to === undefined ? null : snapped(to, limits);
}
