import { parseDemand, parseOrder, parsePage } from "../../../functions/requests";
import type { Problem } from "../../../lib/errors";
import type { Parsed } from "../../../lib/parsed";
import { keyText } from "../../builders/key";
import { minutes, seconds } from "../../builders/time";

const problemsOf = (parsed: Parsed<unknown>): readonly Problem[] => (parsed.kind === "valid" ? [] : parsed.problems);
const placesOf = (parsed: Parsed<unknown>): readonly string[] => problemsOf(parsed).map(({ at }) => at);

const parse = (body: unknown, key: string | null = null, emulated = false) => parseDemand(body, key, emulated);

describe("a request for a rotation", () => {
  it("needs only a reason", () => {
    expect(parse({ reason: "key leaked" })).toEqual({
      kind: "valid",
      value: { reason: "key leaked", retireAfterMs: null, idempotencyKey: null, expected: {} },
    });
  });

  it("may have a retireAfter, an Idempotency-Key and preconditions", () => {
    expect(parse({ reason: "key leaked", retireAfter: "PT15M", rotationId: null }, "deploy_42-a")).toEqual({
      kind: "valid",
      value: {
        reason: "key leaked",
        retireAfterMs: minutes(15),
        idempotencyKey: "deploy_42-a",
        expected: { rotationId: null },
      },
    });
  });

  it.each<[string, unknown, boolean]>([
    ["of 1 character", "x", true],
    ["of 500 characters", "x".repeat(500), true],
    ["of 501 characters", "x".repeat(501), false],
    ["of 500 characters with space around it", `  ${"x".repeat(500)}\n`, true],
    ["that is empty", "", false],
    ["of spaces", " \t\n ", false],
    ["that is a number", 42, false],
    ["that is null", null, false],
    ["that is missing", undefined, false],
  ])("with a reason %s is valid: %s", (_what, reason, ok) => {
    const parsed = parse({ reason });
    expect(parsed.kind === "valid").toBe(ok);
    expect(placesOf(parsed)).toEqual(ok ? [] : ["/reason"]);
  });

  it("keeps its reason without surrounding space and without anything that looks like a key", () => {
    expect(parse({ reason: `  leaked: ${keyText}\n` })).toMatchObject({
      value: { reason: "leaked: [removed: looks like a key]" },
    });
  });

  it.each<[string, unknown, boolean, number]>([
    ["a minute", "PT1M", false, minutes(1)],
    ["60 seconds", "PT60S", false, minutes(1)],
    ["a second, with emulators", "PT1S", true, seconds(1)],
  ])("may have retireAfter of %s", (_what, retireAfter, emulated, retireAfterMs) => {
    expect(parse({ reason: "r", retireAfter }, null, emulated)).toMatchObject({ value: { retireAfterMs } });
  });

  it.each<[string, unknown, boolean]>([
    ["59 seconds", "PT59S", false],
    ["zero", "PT0S", false],
    ["a month", "P1M", false],
    ["more than ten years, as its end could be too late to be compared", "P3651D", false],
    ["a number", 15, false],
    ["zero, with emulators", "PT0S", true],
  ])("may not have retireAfter of %s", (_what, retireAfter, emulated) => {
    expect(placesOf(parse({ reason: "r", retireAfter }, null, emulated))).toEqual(["/retireAfter"]);
  });

  it("may have retireAfter null, which means none", () => {
    expect(parse({ reason: "r", retireAfter: null })).toMatchObject({ value: { retireAfterMs: null } });
  });

  it.each([
    ["of 1 character", "a", true],
    ["of 128 characters", "a".repeat(128), true],
    ["of 129 characters", "a".repeat(129), false],
    ["that is empty", "", false],
    ["with a dot", "a.b", false],
    ["with space", "a b", false],
    ["of every allowed kind", "Az09_-", true],
  ])("with an Idempotency-Key %s is valid: %s", (_what, key, ok) => {
    const parsed = parse({ reason: "r" }, key);
    expect(problemsOf(parsed)).toEqual(
      ok ? [] : [{ at: "Idempotency-Key", problem: "must be 1 to 128 of the characters A-Z a-z 0-9 _ -" }],
    );
  });

  it("has all problems of body and header reported at once", () => {
    expect(placesOf(parse({ reason: "", retireAfter: "soon", when: "now" }, "a b"))).toEqual([
      "/reason",
      "/retireAfter",
      "/when",
      "Idempotency-Key",
    ]);
  });

  it("must be an object", () => {
    expect(problemsOf(parse(null))).toEqual([{ at: "", problem: "must be a JSON object" }]);
  });
});

describe("an operator's request", () => {
  it("needs a reason, which is kept without surrounding space and without keys", () => {
    expect(parseOrder({ reason: ` seen ${keyText} ` })).toEqual({
      kind: "valid",
      value: { reason: "seen [removed: looks like a key]", expected: {} },
    });
  });

  it("may carry what the operator decided on, null for what was not there", () => {
    const expected = { phase: "published", rotationId: "01JDF0000000000000000000AB", secretVersion: null };
    expect(parseOrder({ reason: "r", ...expected })).toEqual({ kind: "valid", value: { reason: "r", expected } });
  });

  it.each<[string, unknown, readonly string[]]>([
    ["no reason", {}, ["/reason"]],
    ["a reason of 501 characters", { reason: "x".repeat(501) }, ["/reason"]],
    ["an unknown member", { reason: "r", force: true }, ["/force"]],
    [
      "an unknown phase and ids of another form",
      { reason: "r", phase: "done", rotationId: 1, secretVersion: "" },
      ["/phase", "/rotationId", "/secretVersion"],
    ],
    ["a body that is not an object", "r", [""]],
  ])("is refused with %s", (_what, body, places) => {
    expect(placesOf(parseOrder(body))).toEqual(places);
  });
});

describe("the query of a history page", () => {
  it("has 50 events from the newest on by default", () => {
    expect(parsePage(null, null)).toEqual({ kind: "valid", value: { limit: 50, before: null } });
  });

  it.each([
    ["1", null, { limit: 1, before: null }],
    ["500", "1", { limit: 500, before: 1 }],
    [null, "999999999999999", { limit: 50, before: 999_999_999_999_999 }],
  ])("accepts limit %j and before %j", (limit, before, value) => {
    expect(parsePage(limit, before)).toEqual({ kind: "valid", value });
  });

  it.each([
    ["0", null, ["limit"]],
    ["501", null, ["limit"]],
    ["1000", null, ["limit"]],
    ["1.5", null, ["limit"]],
    ["", null, ["limit"]],
    [null, "0", ["before"]],
    [null, "-1", ["before"]],
    [null, "1000000000000000", ["before"]],
    ["many", "first", ["limit", "before"]],
  ])("refuses limit %j and before %j", (limit, before, places) => {
    expect(placesOf(parsePage(limit, before))).toEqual(places);
  });
});
