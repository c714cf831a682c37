import type { Problem } from "../../../lib/errors";
import type { Parsed } from "../../../lib/parsed";
import { parseHealthAnswer, parseSignal } from "../../../lib/signals/signal-schema";
import { keyText } from "../../builders/key";
import { v2 } from "../../builders/state";

const proof = "pS8N2iy5aqYW96rAX8jN+VKwypXnxwURU4Ngyi3Yams=";

const problemsOf = (parsed: Parsed<unknown>): readonly Problem[] => (parsed.kind === "valid" ? [] : parsed.problems);
const placesOf = (parsed: Parsed<unknown>): readonly string[] => problemsOf(parsed).map(({ at }) => at);

describe("a health signal", () => {
  const whole = {
    consumer: "render-api",
    instance: "vm-1",
    secretVersion: v2,
    healthy: true,
    leaving: false,
    at: "2026-11-22T10:00:00Z",
    detail: "warm",
    proof,
  };

  it("is accepted unchanged", () => {
    expect(parseSignal(whole)).toEqual({ kind: "valid", value: whole });
  });

  it("needs neither instance nor detail nor proof", () => {
    const { consumer, secretVersion, healthy, at } = whole;
    expect(parseSignal({ consumer, secretVersion, healthy, at })).toEqual({
      kind: "valid",
      value: { consumer, instance: "default", secretVersion, healthy, leaving: false, at, detail: null, proof: null },
    });
  });

  it("has all its problems reported at once, with place and remedy", () => {
    const wrong = { consumer: "render api", secretVersion: 7, at: "yesterday", detail: 1, proof: "no", extra: true };
    expect(problemsOf(parseSignal(wrong))).toEqual([
      { at: "/consumer", problem: "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -" },
      { at: "/secretVersion", problem: "must be a text" },
      { at: "/healthy", problem: "must be true or false" },
      { at: "/at", problem: "must be an instant such as 2026-11-22T10:00:00Z" },
      { at: "/detail", problem: "must be a text" },
      { at: "/proof", problem: "must be the base64 of an HMAC-SHA256 (44 characters)" },
      { at: "/extra", problem: "is not a member of this request: take it out" },
    ]);
  });

  it("without members has the missing ones reported", () => {
    expect(placesOf(parseSignal({}))).toEqual(["/consumer", "/secretVersion", "/healthy", "/at"]);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "signal"],
    ["a number", 1],
    ["an array", [whole]],
  ])("that is %s is refused because it is not an object", (_what, body) => {
    expect(problemsOf(parseSignal(body))).toEqual([{ at: "", problem: "must be a JSON object" }]);
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ["a consumer of 64 characters", { consumer: "a".repeat(64) }, true],
    ["a consumer of 65 characters", { consumer: "a".repeat(65) }, false],
    ["an empty consumer", { consumer: "" }, false],
    ["every allowed character", { consumer: "Az09._-" }, true],
    ["a consumer with a line break", { consumer: "render-api\n" }, false],
    ["a consumer with a colon", { consumer: "a:b" }, false],
    ["the id of a Batch node", { instance: `tvmps_${"4f2c8a1d".repeat(8)}_d` }, true],
    ["an instance of 128 characters", { instance: "i".repeat(128) }, true],
    ["an instance of 129 characters", { instance: "i".repeat(129) }, false],
    ["no instance at all", { instance: undefined }, true],
    ["null for the instance", { instance: null }, false],
    ["a version of 31 digits", { secretVersion: "2".repeat(31) }, false],
    ["a version of 33 digits", { secretVersion: "2".repeat(33) }, false],
    ["a version that is not hexadecimal", { secretVersion: "g".repeat(32) }, false],
    ["healthy as a text", { healthy: "true" }, false],
    ["healthy as a number", { healthy: 1 }, false],
    ["leaving", { leaving: true }, true],
    ["leaving as a text", { leaving: "true" }, false],
    ["an instant with milliseconds", { at: "2026-11-22T10:00:00.123Z" }, true],
    ["an instant with an offset", { at: "2026-11-22T11:00:00+01:00" }, true],
    ["an instant without zone", { at: "2026-11-22T10:00:00" }, false],
    ["a date", { at: "2026-11-22" }, false],
    ["a day that does not exist", { at: "2026-02-30T10:00:00Z" }, false],
    ["an instant with a line break", { at: "2026-11-22T10:00:00Z\n" }, false],
    ["an instant as a number", { at: 1_795_000_000 }, false],
    ["no instant", { at: null }, false],
    ["a detail of 500 characters", { detail: "d".repeat(500) }, true],
    ["a detail of 501 characters", { detail: "d".repeat(501) }, false],
    ["null for the detail", { detail: null }, true],
    ["null for the proof", { proof: null }, true],
    ["a proof without padding", { proof: proof.slice(0, 43) }, false],
    ["a proof that is longer", { proof: `A${proof}` }, false],
    ["a proof in URL-safe letters", { proof: proof.replace("+", "-") }, false],
  ])("with %s", (_what, changes, ok) => {
    expect(parseSignal({ ...whole, ...changes }).kind).toBe(ok ? "valid" : "invalid");
  });

  it("has the places of unknown members escaped as JSON pointers, and truncated", () => {
    const odd = { ...whole, "a/b": 1, "c~d": 1, ["e-".repeat(75)]: 1 };
    expect(placesOf(parseSignal(odd))).toEqual(["/a~1b", "/c~0d", `/${"e-".repeat(50)}`]);
  });

  it("has no member name quoted that looks like a key", () => {
    expect(placesOf(parseSignal({ ...whole, [keyText]: 1 }))).toEqual(["/[removed: looks like a key]"]);
  });

  it("has no value quoted in a problem", () => {
    const secretive = {
      consumer: "s3cret!",
      secretVersion: "s3cret",
      healthy: "s3cret",
      at: "s3cret",
      proof: "s3cret",
    };
    expect(JSON.stringify(problemsOf(parseSignal(secretive)))).not.toContain("s3cret");
  });

  it("cannot set a prototype", () => {
    const body: unknown = JSON.parse(`{"__proto__": {"healthy": true}, "consumer": "render-api"}`);
    expect(parseSignal(body).kind).toBe("invalid");
  });
});

const signalsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    consumer: "render-api",
    instance: `vm-${i}`,
    secretVersion: v2,
    healthy: true,
  }));

describe("an answer to a health request", () => {
  const one = { consumer: "render-api", secretVersion: v2, healthy: true };
  const read = { ...one, instance: "default", leaving: false, at: null, detail: null, proof: null };

  it.each<[string, unknown, unknown]>([
    ["one signal", one, [read]],
    ["an array of them", [one, { ...one, instance: "vm-2" }], [read, { ...read, instance: "vm-2" }]],
    ["one with an instant", { ...one, at: "2026-11-22T10:00:00Z" }, [{ ...read, at: "2026-11-22T10:00:00Z" }]],
  ])("may be %s", (_what, body, value) => {
    expect(parseHealthAnswer(body)).toEqual({ kind: "valid", value });
  });

  it("cannot say that its instance has ended", () => {
    expect(placesOf(parseHealthAnswer([{ ...one, leaving: true }]))).toEqual(["/0/leaving"]);
  });

  it("may hold 1,000 signals and no more", () => {
    expect(parseHealthAnswer(signalsOf(1_000)).kind).toBe("valid");
    expect(parseHealthAnswer(signalsOf(1_001)).kind).toBe("invalid");
  });

  it.each<[string, unknown]>([
    ["nothing", null],
    ["an empty array", []],
    ["words", "healthy"],
    ["an object of another form", { status: "UP" }],
    ["an array with one invalid signal", [one, { ...one, healthy: "yes" }]],
    ["an object with an unknown member", { ...one, extra: 1 }],
  ])("is refused when it is %s", (_what, body) => {
    expect(problemsOf(parseHealthAnswer(body)).length).toBeGreaterThan(0);
  });
});
