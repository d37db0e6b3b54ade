/** The script of an exported page: the views of the notebook over models of the page's own, and its controls. */

import { makeButton } from "./page_controls.ts";
import { type Exported, type PageData, type Picture, readPage } from "./page_data.ts";
import { PageModel, referenceTo } from "./page_model.ts";
import { reachOf } from "./page_reach.ts";
import { type Models, makeControls, nowWords } from "./page_sliders.ts";
import { mountSurface } from "./surface.ts";
import { mountView } from "./view.ts";

type Name = Picture | "surface" | "history";

/** CSS pixels of the canvases. */
const HEIGHTS: Record<Name, number> = { curve: 230, map: 300, surface: 500, history: 132 };
const NARROW: Record<Name, number> = { curve: 210, map: 270, surface: 330, history: 132 };

export function openPage(root: Document): void {
  const part = (name: string) => root.getElementById(name) as HTMLElement;
  try {
    const data = readPage(part("page-data").textContent ?? "");
    build(data, (name) => root.querySelector(`[data-page-view="${name}"]`), part);
  } catch (error) {
    const fault = part("page-fault");
    fault.textContent = `This page cannot be drawn. ${error instanceof Error ? error.message : String(error)}`;
    fault.hidden = false;
  }
}

type Find = (name: Name) => HTMLElement | null;

function build(data: PageData, find: Find, part: (name: string) => HTMLElement): void {
  const { curve, map } = data.pictures;
  const asked = (curve ?? map)?.frame.asked;
  if (!asked) throw new RangeError("page.frames must say what the controls said, got nothing.");
  const counts = [...(curve ? [1] : []), ...(map ? [2] : [])];
  const known = data.known.frame;
  const reach = known && reachOf(known, counts, asked.mixing, asked.scale);
  const models: Models = {
    mixing: new PageModel({ value: asked.mixing }),
    scale: new PageModel({ value: asked.scale }),
    resolution: new PageModel({ value: asked.resolution }),
    log_height: new PageModel({ value: data.is_log }),
    lock_axes: new PageModel({ value: false }),
  };
  const has = { map: Boolean(map), log: [curve, map].some((one) => one?.log) };
  const controls = makeControls(models, reach, asked, has);
  const drawn = mountAll(data, find, models, reach !== null);
  const tell = () => {
    const isLog = models.log_height.get("value") === true;
    for (const [model, { log, linear }] of drawn) model.set("frame", isLog && log ? log : linear);
    if (known && reach) part("page-now").textContent = nowWords(known, models, asked, Math.max(...counts));
  };
  for (const model of Object.values(models)) model.on("change:value", tell);
  tell();
  const reset = () => {
    for (const control of controls) control.reset();
  };
  const place = part("page-controls");
  place.append(...controls.map(({ element }) => element));
  if (reach) place.append(makeButton("As exported", "Put every control where it was at first", reset));
}

/** Mounts the views that the page has a place for; returns the models of those that show a slice. */
function mountAll(
  data: PageData,
  find: Find,
  models: Models,
  isLive: boolean,
): (readonly [PageModel, Exported])[] {
  const { signal } = new AbortController(); // a page lives until it is left
  const controls = Object.fromEntries(Object.keys(models).map((name) => [name, referenceTo(name)]));
  const known = new PageModel({ frame: isLive ? data.known.raw : {}, controls });
  const make = (view: Name, frame: unknown) => {
    const traits = { view, frame, error: "", width: 0, height: HEIGHTS[view], seq: 0, ack: 0 };
    const own = { known: referenceTo("known"), wireframe: false, transparent: false };
    return new PageModel({ ...traits, ...own }, { ...models, known });
  };
  const { curve, map } = data.pictures;
  const pictures = { curve, map, surface: map };
  const sized: (readonly [PageModel, Name])[] = [];
  const drawn: (readonly [PageModel, Exported])[] = [];
  for (const view of ["curve", "map", "surface"] as const) {
    const [place, picture] = [find(view), pictures[view]];
    if (!place || !picture) continue;
    const model = make(view, picture.linear);
    if (view === "surface") mountSurface(model.asModel(), place, signal);
    else mountView(model.asModel(), place, view, signal);
    sized.push([model, view]);
    drawn.push([model, picture]);
  }
  const history = find("history");
  if (history && data.history) mountView(make("history", data.history).asModel(), history, "history", signal);
  followWidth(sized);
  return drawn;
}

function followWidth(sized: readonly (readonly [PageModel, Name])[]): void {
  const narrow = matchMedia("(max-width: 560px)");
  const follow = () => {
    for (const [model, name] of sized) model.set("height", (narrow.matches ? NARROW : HEIGHTS)[name]);
  };
  narrow.addEventListener("change", follow);
  follow();
}
