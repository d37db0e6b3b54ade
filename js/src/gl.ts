/** WebGL2 objects, each with what sets it free. Whoever makes one disposes of it. */

export type GL = WebGL2RenderingContext;

export interface Program {
  use(): void;
  /** Where a uniform lies; null, which WebGL takes without a word, where the shaders do not use it. */
  at(uniform: string): WebGLUniformLocation | null;
  dispose(): void;
}

/** Throws with the compiler's own words. */
export function makeProgram(gl: GL, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  const shaders = [compile(gl, gl.VERTEX_SHADER, vertex), compile(gl, gl.FRAGMENT_SHADER, fragment)];
  for (const shader of shaders) gl.attachShader(program, shader);
  gl.linkProgram(program);
  for (const shader of shaders) gl.deleteShader(shader); // goes with the program
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`shaders must link, got: ${gl.getProgramInfoLog(program)}`);
  }
  const places = new Map<string, WebGLUniformLocation | null>();
  return {
    use: () => gl.useProgram(program),
    at(uniform) {
      if (!places.has(uniform)) places.set(uniform, gl.getUniformLocation(program, uniform));
      return places.get(uniform) ?? null;
    },
    dispose: () => gl.deleteProgram(program),
  };
}

function compile(gl: GL, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind) as WebGLShader;
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) {
    throw new Error(`a shader must compile, got: ${gl.getShaderInfoLog(shader)}`);
  }
  return shader;
}

export interface Buffer {
  set(data: Float32Array | Uint16Array | Uint32Array): void;
  bind(): void;
  dispose(): void;
}

export function makeBuffer(gl: GL, target: number): Buffer {
  const buffer = gl.createBuffer();
  return {
    set(data) {
      gl.bindBuffer(target, buffer);
      gl.bufferData(target, data, gl.DYNAMIC_DRAW);
    },
    bind: () => gl.bindBuffer(target, buffer),
    dispose: () => gl.deleteBuffer(buffer),
  };
}

export interface Texture {
  bind(unit: number): void;
  dispose(): void;
}

/** Sharp: one float a texel, read by index. `set` takes a new size at any time. */
export function makeFloatTexture(
  gl: GL,
): Texture & { set(values: Float32Array, columns: number, rows: number): void } {
  const texture = makeTexture(gl, gl.NEAREST);
  let [width, height] = [0, 0];
  return {
    ...texture,
    set(values, columns, rows) {
      texture.bind(0);
      if (width === columns && height === rows) {
        gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, columns, rows, gl.RED, gl.FLOAT, values);
        return;
      }
      [width, height] = [columns, rows];
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, columns, rows, 0, gl.RED, gl.FLOAT, values);
    },
  };
}

/** A row of colours `[N * 3]`, blended between. */
export function makeColorTexture(gl: GL, table: Uint8ClampedArray): Texture {
  const texture = makeTexture(gl, gl.LINEAR);
  texture.bind(0);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  const bytes = new Uint8Array(table);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, bytes.length / 3, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, bytes);
  return texture;
}

function makeTexture(gl: GL, filter: number): Texture {
  const texture = gl.createTexture();
  const bind = (unit: number) => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
  };
  bind(0);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, name, filter);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
  return { bind, dispose: () => gl.deleteTexture(texture) };
}
