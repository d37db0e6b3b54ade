/** The parabola that a curve has at its center: its value, slope and second derivative there. */

export interface Quadratic {
  loss: number;
  slope: number;
  curvature: number;
  /** Where the curve leaves it, if that is known. */
  parts?: number[];
}

const REACH = 0.02; // of the span, on either side: nearer, the rounding of float32 losses would show

/** From a central difference over points about `REACH` away; null where the curve is not known around 0. */
export function quadraticOf(alphas: Float32Array, losses: Float32Array): Quadratic | null {
  const last = alphas.length - 1;
  const reach = REACH * ((alphas[last] as number) - (alphas[0] as number));
  const middle = alphas.findIndex((alpha) => Math.abs(alpha) <= 1e-6 * reach);
  let [left, right] = [middle - 1, middle + 1];
  while (left > 0 && -(alphas[left] as number) < reach) left--;
  while (right < last && (alphas[right] as number) < reach) right++;
  if (middle < 1 || middle === last) return null;
  const loss = losses[middle] as number;
  const [back, ahead] = [alphas[left] as number, alphas[right] as number];
  const [before, after] = [(losses[left] as number) - loss, (losses[right] as number) - loss];
  const curvature = (2 * (after / ahead - before / back)) / (ahead - back);
  const slope = after / ahead - (curvature * ahead) / 2;
  return Number.isFinite(slope + curvature) ? { loss, slope, curvature } : null;
}

export function valueAt({ loss, slope, curvature }: Quadratic, alpha: number): number {
  return loss + alpha * (slope + (alpha * curvature) / 2);
}
