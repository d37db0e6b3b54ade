/** Surfaces on the graphics card: one coloured by height, and a second one in a colour of its own. */

import { BOX, eyeOf, frameOf, type Point } from "./camera.ts";
import { TABLE } from "./colormap.ts";
import { type GL, makeBuffer, makeColorTexture, makeProgram } from "./gl.ts";
import { type Mesh, makeIndices, makePlaces, makeRelief, nearestLevels } from "./mesh.ts";
import { BANDS, SURFACE_FRAGMENT, SURFACE_VERTEX } from "./shaders.ts";
import type { Look } from "./surface_scene.ts";

const OPACITY = 0.66; // of a transparent surface
const [MOST_WIRES, FEW_WIRES] = [44, 22]; // lines an axis, of a wireframe and of a second surface

export function makeLayers(gl: GL) {
  const program = makeProgram(gl, SURFACE_VERTEX, SURFACE_FRAGMENT);
  const table = makeColorTexture(gl, TABLE);
  const own = makeGrid(gl);
  let over: ReturnType<typeof makeGrid> | null = null;
  const uniforms = (look: Look, mesh: Mesh, wires: number) => {
    const { right, up, back } = frameOf(look.camera);
    const light = [0, 1, 2].map((k) => -0.4 * at(right, k) + 0.48 * at(up, k) + 0.78 * at(back, k));
    gl.uniform1i(program.at("table"), 0);
    gl.uniform1i(program.at("columns"), mesh.columns);
    gl.uniformMatrix4fv(program.at("matrix"), false, look.matrix);
    gl.uniform3fv(program.at("box"), BOX);
    gl.uniform3fv(program.at("eye"), eyeOf(look.camera));
    gl.uniform3fv(program.at("light"), light);
    gl.uniform4fv(program.at("nearest"), nearestLevels(look.levels, BANDS));
    gl.uniform1f(program.at("stride"), wires && Math.ceil(mesh.columns / wires));
    gl.uniform1f(program.at("thickness"), 1.1 * look.ratio);
  };
  const begin = (look: Look, mesh: Mesh, wires: number) => {
    program.use();
    table.bind(0);
    uniforms(look, mesh, wires);
  };
  return {
    setMesh: own.set,
    setOver(mesh: Mesh | null) {
      if (!mesh) over?.dispose();
      over = mesh && (over ?? makeGrid(gl));
      if (mesh) over?.set(mesh);
    },
    draw(look: Look) {
      const mesh = own.mesh();
      if (!mesh) return;
      begin(look, mesh, look.is_wireframe ? MOST_WIRES : 0);
      gl.uniform1f(program.at("opacity"), look.is_transparent ? OPACITY : 1);
      gl.uniform4fv(program.at("tint"), [0, 0, 0, 0]);
      drawSides(gl, look.is_transparent, own.draw);
    },
    drawOver(look: Look) {
      const mesh = over?.mesh();
      if (!over || !mesh) return;
      begin(look, mesh, FEW_WIRES);
      gl.uniform1f(program.at("opacity"), 1);
      gl.uniform4fv(program.at("tint"), [...look.tint, 1]);
      drawSides(gl, true, over.draw);
    },
    dispose() {
      over?.dispose();
      for (const part of [own, table, program]) part.dispose();
    },
  };
}

/** Points, and the triangles between them, which stay while the grid does. */
function makeGrid(gl: GL) {
  const [places, relief] = [makeBuffer(gl, gl.ARRAY_BUFFER), makeBuffer(gl, gl.ARRAY_BUFFER)];
  const indices = makeBuffer(gl, gl.ELEMENT_ARRAY_BUFFER);
  const array = gl.createVertexArray();
  let mesh: Mesh | null = null;
  const point = (place: number, size: number) => {
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, gl.FLOAT, false, 0, 0);
  };
  const setGrid = (next: Mesh) => {
    gl.bindVertexArray(array);
    places.set(makePlaces(next));
    point(0, 2);
    relief.bind();
    point(1, 3);
    indices.set(makeIndices(next.columns, next.rows));
    gl.bindVertexArray(null);
  };
  return {
    mesh: () => mesh,
    set(next: Mesh) {
      // A zoom, a mixing: the grid is the same.
      if (!mesh || !isSame(mesh.across, next.across) || !isSame(mesh.away, next.away)) setGrid(next);
      relief.set(makeRelief(next));
      mesh = next;
    },
    draw() {
      if (!mesh) return;
      gl.bindVertexArray(array);
      const count = 6 * (mesh.columns - 1) * (mesh.rows - 1);
      const type = mesh.columns * mesh.rows > 65_536 ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT;
      gl.drawElements(gl.TRIANGLES, count, type, 0);
      gl.bindVertexArray(null);
    },
    dispose() {
      gl.deleteVertexArray(array);
      for (const part of [indices, relief, places]) part.dispose();
    },
  };
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, k) => value === b[k]);
}

/** What is seen through is drawn from back to front: first the sides that face away. */
function drawSides(gl: GL, is_transparent: boolean, draw: () => void): void {
  if (!is_transparent) {
    draw();
    return;
  }
  gl.enable(gl.CULL_FACE);
  for (const side of [gl.FRONT, gl.BACK]) {
    gl.cullFace(side);
    draw();
  }
  gl.disable(gl.CULL_FACE);
}

function at(point: Point, k: number): number {
  return point[k] as number;
}
