import type { Instant } from "../../rotation/time/time";
import { type Html, html } from "./html";
import type { Station, Timeline } from "../model/timeline";
import { exactTime, relative } from "../words";

const across = 160;
const down = 74;

/** Done: a filled circle with a tick. Next: a ring with a point. To come: an empty ring. */
const mark = ({ done, next }: Station, x: number, y: number): Html => {
  if (done)
    return html`<circle class="done" cx="${x}" cy="${y}" r="9"/><path class="tick" d="M${x - 4} ${y}l3 3.2 5-6"/>`;
  const point = next ? html`<circle class="now" cx="${x}" cy="${y}" r="4"/>` : null;
  return html`<circle class="ahead" cx="${x}" cy="${y}" r="8"/>${point}`;
};

const wayClass = ({ done, next }: Station): string => (done ? "way" : next ? "near" : "far");

/** Two posts, between which the rotation waits for the apps. */
const gate = (x: number, y: number): Html => html`<path class="gate" d="M${x - 3} ${y - 9}v18M${x + 3} ${y - 9}v18"/>`;

const clock = (at: Instant): readonly [string, string] => [at.slice(0, 10), `${at.slice(11, 19)} UTC`];

/** What is written beside a station that has no time. */
const absent = ({ done, next, gate: waits }: Station): string => {
  if (done) return "";
  return waits ? "when every app" : next ? "next" : "to come";
};

const timeText = (station: Station, now: Instant): string => {
  const { at, done } = station;
  if (at === null) return station.gate && !done ? `${absent(station)} has confirmed` : absent(station);
  return done ? exactTime(at) : `expected ${exactTime(at)}, ${relative(at, now)}`;
};

const label = (style: "b" | "t", x: number, y: number, text: string): Html =>
  html`<text class="${style}" text-anchor="middle" x="${x}" y="${y}">${text}</text>`;

const overStation = (station: Station, index: number): Html => {
  const x = across * index + across / 2;
  const gateText = station.gate && !station.done ? "has confirmed" : "";
  const [day, time] = station.at === null ? [gateText, absent(station)] : clock(station.at);
  const middle = x - across / 2;
  const way =
    index === 0
      ? null
      : html`<path class="${wayClass(station)}" d="M${x - across + 12} 36H${x - 12}"/>
        ${station.gate ? gate(middle, 36) : null}${label("t", middle, 18, station.before)}`;
  return html`${way}${mark(station, x, 36)}
    ${label("b", x, 66, station.name)}${label("t", x, 84, time)}${label("t", x, 100, day)}`;
};

const upStation = (station: Station, index: number, now: Instant): Html => {
  const y = down * index + 20;
  const middle = y - down / 2;
  const posts = html`<path class="gate" d="M7 ${middle - 3}h18M7 ${middle + 3}h18"/>`;
  const way =
    index === 0
      ? null
      : html`<path class="${wayClass(station)}" d="M16 ${y - down + 12}V${y - 12}"/>
        ${station.gate ? posts : null}<text class="t" x="40" y="${middle + 8}">${station.before}</text>`;
  return html`${way}${mark(station, 16, y)}<text class="b" x="40" y="${y}">${station.name}</text>
    <text class="t" x="40" y="${y + 17}">${timeText(station, now)}</text>`;
};

/** The same as a text, for people who do not see the drawing. */
const inWords = ({ name, done, before, ...station }: Station, now: Instant): Html => {
  const state = done ? "done" : station.next ? "next" : "to come";
  const time = station.at === null ? "" : `, ${timeText({ name, done, before, ...station }, now)}`;
  return html`<li>${name}: ${state}${time}${before === "" ? "" : ` (${before})`}</li>`;
};

/** Drawn twice, from left to right and from top to bottom: the style sheet shows the one that fits. */
export const timelineFigure = ({ title, stations }: Timeline, now: Instant): Html => {
  const width = across * stations.length;
  const height = down * stations.length - 20;
  return html`<figure class="line">
    <svg class="over" viewBox="0 0 ${width} 108" aria-hidden="true" focusable="false">${stations.map(overStation)}</svg>
    <svg class="up" viewBox="0 0 320 ${height}" aria-hidden="true" focusable="false">
    ${stations.map((station, index) => upStation(station, index, now))}</svg>
    <figcaption class="off">${title}, step by step</figcaption>
    <ol class="off">${stations.map((station) => inWords(station, now))}</ol></figure>`;
};
