/** Reads the fields of what Python sends, and refuses them one by one. */

export type Fields = Record<string, unknown>;

export const VERSION = 1;
export const SKEW = "Page and kernel run different releases: restart the kernel, reload the page.";

/** The two ends of a loss axis; above 0 on a log scale. */
export function decodeLimits(raw: unknown, scale: string): [number, number] {
  const name = "frame.loss_limits";
  const [low, high] = pair(name, raw);
  if (low >= high) refuse(name, "increasing", raw);
  if (scale === "log" && low <= 0) refuse(name, "above 0 on a log scale", raw);
  return [low, high];
}

export function pair(name: string, raw: unknown): [number, number] {
  if (Array.isArray(raw) && raw.length === 2 && raw.every(Number.isFinite)) return [raw[0], raw[1]];
  return refuse(name, "two finite numbers", raw);
}

export function floats(
  arrays: Fields,
  name: string,
  rank: number,
): { values: Float32Array; shape: number[] } {
  const { bytes, shape } = readArray(arrays, name, "<f4", rank);
  return { values: new Float32Array(bytes), shape };
}

const ITEM_BYTES = { "<f8": 8, "<f4": 4, "|u1": 1 };

/** The bytes of one array, copied from exactly its own part of the message's buffer. */
export function readArray(
  arrays: Fields,
  name: string,
  dtype: keyof typeof ITEM_BYTES,
  rank: number,
): { bytes: ArrayBuffer; shape: number[] } {
  const place = `frame.arrays.${name}`;
  const { dtype: told, shape, data } = asFields(place, arrays[name]);
  if (told !== dtype) refuse(`${place}.dtype`, `"${dtype}"`, told);
  if (!Array.isArray(shape) || shape.length !== rank || !shape.every(Number.isInteger)) {
    return refuse(`${place}.shape`, `${rank} integers`, shape);
  }
  if (!ArrayBuffer.isView(data)) return refuse(`${place}.data`, "bytes", data);
  const needed = shape.reduce((count, size) => count * size, ITEM_BYTES[dtype]);
  if (data.byteLength !== needed) refuse(place, `${needed} bytes for its shape [${shape}]`, data.byteLength);
  const bytes = new Uint8Array(needed);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, needed));
  return { bytes: bytes.buffer, shape };
}

export function doubles(
  arrays: Fields,
  name: string,
  rank: number,
): { values: Float64Array; shape: number[] } {
  const { bytes, shape } = readArray(arrays, name, "<f8", rank);
  return { values: new Float64Array(bytes), shape };
}

export function sameShape(name: string, shape: number[], wanted: number[]): void {
  if (String(shape) !== String(wanted)) refuse(`frame.arrays.${name}.shape`, `[${wanted}]`, shape);
}

export function list(name: string, raw: unknown): unknown[] {
  return Array.isArray(raw) ? raw : refuse(name, "a list", raw);
}

export function numbers(name: string, raw: unknown, count: number): number[] {
  const values = list(name, raw);
  const areNumbers = values.length === count && values.every(Number.isFinite);
  return areNumbers ? (values as number[]) : refuse(name, `${count} finite numbers`, raw);
}

export function asFields(name: string, raw: unknown): Fields {
  if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) return raw as Fields;
  return refuse(name, "an object", raw);
}

export function finite(fields: Fields, name: string): number {
  const value = fields[name];
  return Number.isFinite(value) ? (value as number) : refuse(`frame.${name}`, "a finite number", value);
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : refuse(`frame.${name}`, "text", value);
}

export function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  return typeof value === "boolean" ? value : refuse(`frame.${name}`, "true or false", value);
}

export function choice<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T {
  const value = fields[name];
  return allowed.find((word) => word === value) ?? refuse(`frame.${name}`, allowed.join(" or "), value);
}

export function refuse(name: string, rule: string, got: unknown, remedy = ""): never {
  const shown = got === undefined ? "nothing" : JSON.stringify(got);
  throw new RangeError(`${name} must be ${rule}, got ${shown}. ${remedy}`.trim());
}
