/** GLSL. Lengths are in widths of the box, heights from 0 to 1. */

export const MOST_LEVELS = 24;

/** Normals from the heights around a point, in steps of the grid; a hole or an edge has neighbours on one side only. */
export const SURFACE_VERTEX = `#version 300 es
precision highp float;
precision highp sampler2D;
layout(location = 0) in vec2 place;
uniform sampler2D heights;
uniform ivec2 size;
uniform mat4 matrix;
uniform vec3 box;
out float height;
out float hole;
out vec3 normal;
out vec3 position;
out vec2 square;
out vec2 floor2;

bool isHole(float value) { return value < -1000.0; }

float heightAt(ivec2 at) { return texelFetch(heights, at, 0).r; }

float slope(ivec2 at, ivec2 step, float own, int last, int index) {
  float before = index > 0 ? heightAt(at - step) : -1e4;
  float after = index < last ? heightAt(at + step) : -1e4;
  bool hasBefore = !isHole(before);
  bool hasAfter = !isHole(after);
  float steps = float(hasBefore) + float(hasAfter);
  if (steps == 0.0) return 0.0;
  return ((hasAfter ? after : own) - (hasBefore ? before : own)) / steps * float(last);
}

void main() {
  ivec2 at = ivec2(gl_VertexID % size.x, gl_VertexID / size.x);
  float own = heightAt(at);
  hole = isHole(own) ? 1.0 : 0.0;
  height = isHole(own) ? 0.0 : own;
  float across = slope(at, ivec2(1, 0), height, size.x - 1, at.x);
  float away = slope(at, ivec2(0, 1), height, size.y - 1, at.y);
  normal = normalize(vec3(-across * box.y / box.x, 1.0, away * box.y / box.z));
  position = (vec3(place.x, height, 1.0 - place.y) - 0.5) * box;
  square = vec2(at);
  floor2 = place;
  gl_Position = matrix * vec4(position, 1.0);
}`;

/**
 * Colour by height, soft light from the upper left of who looks, level lines, and a dark rim where it is cut.
 * With a tint: one colour, a veil between the wires.
 */
export const SURFACE_FRAGMENT = `#version 300 es
precision highp float;
in float height;
in float hole;
in vec3 normal;
in vec3 position;
in vec2 square;
in vec2 floor2;
uniform sampler2D table;
uniform vec4 tint;
uniform vec3 eye;
uniform vec3 light;
uniform float levels[${MOST_LEVELS}];
uniform int count;
uniform float opacity;
uniform float stride;
uniform float thickness;
out vec4 color;

float lineAt(float distance) { return 1.0 - smoothstep(0.5 * thickness - 0.5, 0.5 * thickness + 0.5, distance); }

void main() {
  float steepness = max(fwidth(height), 1e-5);
  vec2 apart = abs(fract(square / max(stride, 1.0) - 0.5) - 0.5) / fwidth(square / max(stride, 1.0));
  if (hole > 0.001 || height > 1.0 || height < -0.001) discard;
  if (any(lessThan(floor2, vec2(-0.001))) || any(greaterThan(floor2, vec2(1.001)))) discard;
  vec3 own = texture(table, vec2((clamp(height, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  own = mix(own, tint.rgb, tint.a);
  vec3 towards = normalize(eye - position);
  vec3 up = normalize(normal);
  if (dot(up, towards) < 0.0) up = -up;
  float lit = 0.5 + 0.5 * dot(up, light);
  float sky = 0.5 + 0.5 * up.y;
  float shine = pow(max(dot(up, normalize(light + towards)), 0.0), 36.0);
  vec3 seen = own * (0.34 + 0.58 * lit * lit + 0.16 * sky) + 0.10 * shine;
  float wire = 1.0;
  if (stride > 0.0) {
    wire = lineAt(min(apart.x, apart.y));
    if (wire < 0.02 && tint.a == 0.0) discard;
    seen = own * (tint.a == 0.0 ? 0.8 + 0.2 * lit : 0.7 + 0.3 * lit);
    wire = max(wire, 0.3 * tint.a);
  } else {
    float ink = dot(own, vec3(0.3, 0.59, 0.11)) > 0.55 ? 0.0 : 1.0;
    float line = 0.0;
    for (int k = 0; k < ${MOST_LEVELS}; k++) {
      if (k >= count) break;
      line = max(line, lineAt(abs(height - levels[k]) / steepness));
    }
    seen = mix(seen, vec3(ink), line * mix(0.42, 0.5, ink));
    seen = mix(seen, own * 0.25, 0.8 * lineAt((1.0 - height) / steepness * 0.6));
  }
  float alpha = opacity * wire;
  color = vec4(seen * alpha, alpha);
}`;

/** A segment as a strip of two triangles, as wide on the screen wherever it lies; cut where it passes the eye. */
export const LINE_VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec3 from;
layout(location = 1) in vec3 to;
uniform mat4 matrix;
uniform vec2 viewport;
uniform float width;
uniform float nearer;
out float side;

void main() {
  vec4 a = matrix * vec4(from, 1.0);
  vec4 b = matrix * vec4(to, 1.0);
  float near = 0.1;
  if (a.w < near) a = mix(a, b, (near - a.w) / max(b.w - a.w, 1e-6));
  else if (b.w < near) b = mix(b, a, (near - b.w) / max(a.w - b.w, 1e-6));
  vec2 along = (b.xy / b.w - a.xy / a.w) * viewport;
  float length = max(length(along), 1e-6);
  vec2 out2 = vec2(-along.y, along.x) / length;
  side = (gl_VertexID % 2 == 0 ? -1.0 : 1.0) * (width + 1.0);
  vec4 own = gl_VertexID < 2 ? a : b;
  own.xy += out2 * side / viewport * own.w;
  own.z -= nearer * own.w;
  gl_Position = own;
}`;

export const LINE_FRAGMENT = `#version 300 es
precision highp float;
in float side;
uniform vec4 color;
uniform float width;
out vec4 shown;

void main() {
  float alpha = color.a * clamp(width + 0.5 - abs(side), 0.0, 1.0);
  shown = vec4(color.rgb * alpha, alpha);
}`;
