import { type LinearScale, scaleLinear, scaleUtc, type TimeScale } from "d3-scale";
import { cut } from "../text/safe-text.js";
import { type Html, type HtmlValue, html } from "./html.js";

/** The width of every picture, in its own units. Twelve of them are one em of its text. */
export const WIDTH = 520;

/** The room that marks have in a picture. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

type Point = readonly [x: number, y: number];

/** What a mark stands for, by the class that gives it its colour. */
export type Key = readonly [className: string, meaning: string];

/** One picture, with all that makes it readable for those who do not see it. */
export interface Chart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  /** What the picture shows, in sentences. */
  readonly description: Html;
  readonly keys?: readonly Key[];
  readonly height: number;
  readonly marks: HtmlValue;
  /** The same as a table. */
  readonly data: Html;
}

/** A picture with its legend above and its table beside it. */
export function figure({ id, title, description, keys = [], height, marks, data }: Chart): Html {
  return html`<figure id="picture-${id}">
<figcaption><h3>${title}</h3><p>${description}</p></figcaption>
<div class="picture">${keys.length > 0 && legend(keys)}
<div class="drawing" role="region" aria-label="${title}, drawn" tabindex="0">
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${description}</desc>
${marks}</svg>
</div></div>
<div class="data">${data}</div>
</figure>
`;
}

/** A picture for which there is nothing to draw. */
export function noFigure(id: string, title: string, reason: string): Html {
  return html`<figure id="picture-${id}"><figcaption><h3>${title}</h3>
<p class="none">${reason}</p></figcaption></figure>
`;
}

function legend(keys: readonly Key[]): Html {
  return html`<ul class="legend">${keys.map(
    ([className, meaning]) =>
      html`<li><svg viewBox="0 0 12 12" aria-hidden="true">
<rect class="${className}" width="12" height="12" rx="2"/></svg>${meaning}</li>`,
  )}</ul>`;
}

/** A mark, and what a pointer that rests on it shows. */
export function bar(
  className: string,
  [x, y, width, height]: readonly [number, number, number, number],
  says: HtmlValue,
): Html {
  const box = html`x="${at(x)}" y="${at(y)}" width="${at(Math.max(width, 1))}"`;
  return html`<rect class="${className}" ${box} height="${at(height)}"><title>${says}</title></rect>
`;
}

/** A text in a picture. */
export function label(
  [x, y]: Point,
  text: HtmlValue,
  anchor: "start" | "middle" | "end" = "start",
): Html {
  return html`<text x="${at(x)}" y="${at(y)}"${
    anchor !== "start" && html` text-anchor="${anchor}"`
  }>${text}</text>\n`;
}

/** A number in a text of a picture, which the page's script writes as its reader does. */
export function drawn(value: number | string): Html {
  return html`<tspan data-number="${value}">${value}</tspan>`;
}

/** A line of the grid. */
function line([x1, y1]: Point, [x2, y2]: Point): Html {
  return html`<line class="grid" x1="${at(x1)}" x2="${at(x2)}" y1="${at(y1)}" y2="${at(y2)}"/>`;
}

/** An id beside a mark. Its end tells ids apart; their beginning is often the same. */
export function shortened(id: string): string {
  return id.length <= 22 ? id : `${cut(id, 6)}${id.slice(-13)}`;
}

/** Counts from 0 up: a scale whose ticks are whole numbers. */
export function countScale(most: number, range: readonly [number, number]): LinearScale {
  return scaleLinear()
    .domain([0, Math.max(most, 1)])
    .nice(4)
    .range(range);
}

/** Lines across the plot at whole numbers, with the numbers at their left. */
export function countAxis(scale: LinearScale, { left, right }: Plot): Html {
  return html`${wholeTicks(scale).map(
    (tick) =>
      html`${line([left, scale(tick)], [right, scale(tick)])}${label(
        [left - 8, scale(tick) + 4],
        drawn(tick),
        "end",
      )}`,
  )}`;
}

/** Lines down the plot at whole numbers, with the numbers below. */
export function countAxisBelow(scale: LinearScale, { top, bottom }: Plot): Html {
  return html`${wholeTicks(scale).map(
    (tick) =>
      html`${line([scale(tick), top], [scale(tick), bottom])}${label(
        [scale(tick), bottom + 18],
        drawn(tick),
        "middle",
      )}`,
  )}`;
}

function wholeTicks(scale: LinearScale): number[] {
  return scale.ticks(4).filter(Number.isInteger);
}

/** Times from the first to the last. A single moment gets a minute around it. */
export function timeScale(millis: readonly number[], range: readonly [number, number]): TimeScale {
  const first = millis.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const last = millis.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const around = first === last ? HALF_A_MINUTE : 0;
  return scaleUtc()
    .domain([new Date(first - around), new Date(last + around)])
    .range(range);
}

const HALF_A_MINUTE = 30_000;

/** Lines down the plot at round times, with the times below, in UTC. */
export function timeAxis(scale: TimeScale, { top, bottom, left, right }: Plot): Html {
  const [first, last] = scale.domain();
  const shown = scale.ticks(4);
  const length = timeLength(last.getTime() - first.getTime());
  return html`${shown.map((tick) => {
    const x = scale(tick);
    const anchor = x < left + 24 ? "start" : x > right - 24 ? "end" : "middle";
    const words = tick
      .toISOString()
      .slice(...length)
      .replace("T", " ");
    return html`${line([x, top], [x, bottom])}${label([x, bottom + 18], words, anchor)}`;
  })}`;
}

const DAY = 86_400_000;

/** Which part of an RFC 3339 time tells the ticks of a span apart. */
function timeLength(span: number): readonly [from: number, to: number] {
  if (span > 5 * 365 * DAY) return [0, 4];
  if (span > 150 * DAY) return [0, 7];
  if (span > 5 * DAY) return [0, 10];
  if (span > DAY / 2) return [5, 16];
  return span > 120_000 ? [11, 16] : [11, 19];
}

/** A coordinate with as many digits as can be seen. */
function at(value: number): number {
  return Number(value.toFixed(2));
}
