/** Arrays that one redraw after the other works in, so that a drag leaves no garbage behind. */

export interface Scratch {
  /** Of this size, under a name of its own; holds whatever was there before. */
  doubles(name: string, size: number): Float64Array;
  floats(name: string, size: number): Float32Array;
}

export function createScratch(): Scratch {
  return {
    doubles: keeper((size) => new Float64Array(size)),
    floats: keeper((size) => new Float32Array(size)),
  };
}

/** One array a name and size: sizes change rarely. */
function keeper<T extends ArrayLike<number>>(make: (size: number) => T): (name: string, size: number) => T {
  const kept = new Map<string, T>();
  return (name, size) => {
    const own = kept.get(name);
    if (own?.length === size) return own;
    const made = make(size);
    kept.set(name, made);
    return made;
  };
}
