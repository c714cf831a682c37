import * as fc from "fast-check";
import { compose } from "../../../lib/compose";
import { logLine } from "../../../lib/outgoing/log-line";

const max = 32_768;

describe("a log line", () => {
  it("is the object as JSON", () => {
    expect(logLine({ event: "Tick", accounts: 3, detail: "ä\n" })).toBe(
      '{"event":"Tick","accounts":3,"detail":"ä\\n"}',
    );
  });

  it("that is too long keeps every member, and shortens texts and lists", () => {
    const problems = Array.from({ length: 500 }, (_, index) => ({ at: `accounts/${index}`, problem: "p".repeat(150) }));
    const line = { event: "ConfigurationState", reason: "ConfigurationInvalid", detail: "d".repeat(90_000), problems };
    const shown: typeof line & { shortened: boolean } = JSON.parse(logLine(line));
    expect(shown).toMatchObject({ event: "ConfigurationState", reason: "ConfigurationInvalid", shortened: true });
    expect(shown.detail).toBe(`${"d".repeat(8_000)}… (90000 characters)`);
    expect(shown.problems).toEqual(problems.slice(0, 60));
  });

  it("is JSON of an object below 32,768 characters, whatever it holds", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .tuple(fc.constantFrom("a", "\0", '"', "😀"), fc.nat({ max: 40_000 }))
        .map(([letter, count]) => letter.repeat(count)),
    );
    const many = fc.tuple(fc.jsonValue(), fc.nat({ max: 800 })).map(([value, count]) => Array(count).fill(value));
    const value = fc.oneof(text, many, fc.jsonValue(), fc.dictionary(fc.string({ maxLength: 20 }), text));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 20 }), value, { maxKeys: 12 }), (members) => {
        const written = logLine({ ...members, event: "Tick" });
        expect(written.length).toBeLessThan(max);
        expect(JSON.parse(written)).toMatchObject({ event: "Tick" });
      }),
      { numRuns: 50 },
    );
  });
});

test("the line about the wrong settings of 80 accounts can be read by its query", async () => {
  const lines: string[] = [];
  const accounts = Array.from({ length: 80 }, (_, index) => ({
    name: `Render Account ${index}`,
    resourceId: `/subscriptions/wrong/${index}`,
    secret: { vaultUrl: "http://wrong", name: "wrong name" },
    rotateEvery: "60 days",
    gate: { soak: "long", signalFreshness: "short", consumers: [{ name: "a b", instances: 0, proof: "maybe" }] },
  }));
  const composed = compose({ ROTATION_ACCOUNTS: JSON.stringify({ accounts }) }, (_level, line) => lines.push(line));
  if (composed.kind !== "invalid") throw new Error("the settings are right");
  expect(JSON.stringify(composed.problems).length).toBeGreaterThan(max);
  await composed.alarm();
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line.length).toBeLessThan(max);
  const state: unknown = JSON.parse(lines.find((line) => line.includes('"ConfigurationState"')) ?? "");
  expect(state).toMatchObject({
    event: "ConfigurationState",
    reason: "ConfigurationInvalid",
    shortened: true,
    detail: expect.stringContaining("ROTATION_ACCOUNTS"),
  });
});
