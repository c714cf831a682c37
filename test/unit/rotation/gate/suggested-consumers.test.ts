import type { ReaderSeen } from "../../../../lib/rotation/gate/readers-seen";
import { asConfiguration, suggestedConsumers } from "../../../../lib/rotation/gate/suggested-consumers";
import { aConsumer, aGate } from "../../../builders/account";
import { aReader, aReadersSeen } from "../../../builders/sight";
import { at, when } from "../../../builders/time";

const id = (digit: number): string => `${digit}0000000-0000-4000-8000-000000000000`;
const read = (digit: number, resource: string | null, changes: Partial<ReaderSeen> = {}): ReaderSeen => ({
  ...aReader,
  identity: id(digit),
  resource,
  firstAt: at(`0${9 - digit}:00`),
  ...changes,
});

const suggested = (...readers: readonly ReaderSeen[]) =>
  suggestedConsumers(
    aGate({ consumers: [aConsumer(), aConsumer({ name: "known", identity: id(9) })] }),
    aReadersSeen({ readers }),
    when("10:15"),
  );

const site = (name: string) => `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/${name}`;

test("each reader that is no consumer yet would be one, named for its resource, under a name of its own", () => {
  expect(
    suggested(
      read(9, site("known")),
      read(1, site("render web")),
      read(2, site("render-api")),
      read(3, site("render-api")),
      read(4, null),
    ),
  ).toEqual([
    { name: "render-web", identity: id(1) },
    { name: "render-api-2", identity: id(2) },
    { name: "render-api-3", identity: id(3) },
    { name: "reader-40000000", identity: id(4) },
  ]);
});

test("what names no identity, or has not read for 30 days, is none", () => {
  const gone = read(2, site("gone"), { lastAt: "2026-10-01T00:00:00.000Z" });
  expect(suggested(read(1, site("a"), { identity: "unknown" }), gone)).toEqual([]);
});

test("they are written to be pasted", () => {
  expect(
    asConfiguration([
      { name: "a", identity: id(1) },
      { name: "b", identity: id(2) },
    ]),
  ).toBe(`{ "name": "a", "identity": "${id(1)}" },\n{ "name": "b", "identity": "${id(2)}" }`);
});
