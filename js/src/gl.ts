/** WebGL2 objects, each with what sets it free. Whoever makes one disposes of it. */

export type GL = WebGL2RenderingContext;

const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;
let isSmooth: boolean | undefined;

/** Null without WebGL2. Smooth edges cost a graphics card nothing; where there is none, a third of each picture. */
export function makeContext(canvas: HTMLCanvasElement): GL | null {
  isSmooth ??= !SOFTWARE.test(rendererName());
  return canvas.getContext("webgl2", { antialias: isSmooth });
}

function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl?.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl?.getExtension("WEBGL_lose_context")?.loseContext(); // a page has sixteen of them
  return String(name);
}

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

/** A row of colours `[N * 3]`, blended between. */
export function makeColorTexture(gl: GL, table: Uint8ClampedArray): Texture {
  const texture = gl.createTexture();
  const bind = (unit: number) => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
  };
  bind(0);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, name, gl.LINEAR);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  const bytes = new Uint8Array(table);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, bytes.length / 3, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, bytes);
  return { bind, dispose: () => gl.deleteTexture(texture) };
}
