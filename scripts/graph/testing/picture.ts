import assert from "node:assert/strict";
import { DOMParser, type Element } from "@xmldom/xmldom";

/** A part of a picture: what it says, and the box that it takes. Points, y downwards. */
export interface Drawn {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What an SVG of Graphviz shows. */
export interface Picture {
  readonly nodes: readonly Drawn[];
  readonly frames: readonly Drawn[];
  /** Number of ways between nodes. */
  readonly edges: number;
}

/** Reads a picture as strictly as XML is read, and its geometry from the shapes themselves. */
export function readPicture(svg: string): Picture {
  const strict = (level: string, message: string) => assert.fail(`${level}: ${message}`);
  const document = new DOMParser({ onError: strict }).parseFromString(svg, "image/svg+xml");
  const groups = [...document.getElementsByTagName("g")];
  const ofClass = (name: string) => groups.filter((one) => one.getAttribute("class") === name);
  return {
    nodes: ofClass("node").map(drawn),
    frames: ofClass("cluster").map(drawn),
    edges: ofClass("edge").length,
  };
}

function drawn(group: Element): Drawn {
  const text = [...group.getElementsByTagName("text")].map((one) => one.textContent).join(" ");
  const [path] = group.getElementsByTagName("path");
  const [ellipse] = group.getElementsByTagName("ellipse");
  if (ellipse !== undefined) {
    const [x = 0, y = 0, rx = 0, ry = 0] = ["cx", "cy", "rx", "ry"].map((name) =>
      Number(ellipse.getAttribute(name)),
    );
    return { text, left: x - rx, right: x + rx, top: y - ry, bottom: y + ry };
  }
  const numbers = (path?.getAttribute("d")?.match(/-?[\d.]+/g) ?? []).map(Number);
  assert.ok(numbers.length > 0, `"${text}" has a shape`);
  const xs = numbers.filter((_, index) => index % 2 === 0);
  const ys = numbers.filter((_, index) => index % 2 === 1);
  return {
    ...{ text, left: Math.min(...xs), right: Math.max(...xs) },
    ...{ top: Math.min(...ys), bottom: Math.max(...ys) },
  };
}

export const overlap = (a: Drawn, b: Drawn): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

export const inside = (a: Drawn, frame: Drawn): boolean =>
  a.left >= frame.left && a.right <= frame.right && a.top >= frame.top && a.bottom <= frame.bottom;
