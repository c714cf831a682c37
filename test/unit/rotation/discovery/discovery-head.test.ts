import {
  answeredHead,
  failedHead,
  firstHead,
  heldHead,
  isAskDue,
  isCoverageDue,
  lastingTrouble,
} from "../../../../lib/rotation/discovery/discovery-head";
import { at, hours, minutes, when } from "../../../builders/time";

const every = minutes(15);
const first = firstHead(when("10:00"));
const answered = answeredHead(first, { version: "1", incomplete: null, everyMs: every }, when("10:00"));

describe("the graph", () => {
  it("is asked at once, then every so often, by one process at a time", () => {
    expect(isAskDue(first, when("10:00"))).toBe(true);
    expect([isAskDue(answered, when("10:14")), isAskDue(answered, when("10:15"))]).toEqual([false, true]);
    const held = heldHead(answered, when("10:15"));
    expect([isAskDue(held, when("10:19")), isAskDue(held, when("10:20"))]).toEqual([false, true]);
    // The clock of the process that held it was an hour ahead.
    expect(isAskDue(heldHead(answered, when("11:15")), when("10:15"))).toBe(true);
  });

  it("is asked again after an error within minutes, or after what it asked to wait", () => {
    const failure = { lasts: false, detail: "503", retryAfterMs: null };
    expect(failedHead(answered, failure, every, when("10:15")).nextAskAt).toBe(at("10:19"));
    expect(failedHead(answered, failure, minutes(1), when("10:15")).nextAskAt).toBe(at("10:16"));
    const failed = failedHead(answered, { ...failure, retryAfterMs: minutes(9) }, every, when("10:15"));
    expect([failed.nextAskAt, failed.heldUntil]).toEqual([at("10:24"), null]);
  });

  it("keeps the version of what is stored where nothing changed", () => {
    expect(answered).toMatchObject({ version: "1", writing: false, answeredAt: at("10:00"), trouble: null });
    const again = answeredHead(answered, { version: null, incomplete: null, everyMs: every }, when("10:15"));
    expect([again.version, again.answeredAt]).toEqual(["1", at("10:15")]);
  });
});

describe("what keeps the graph from answering", () => {
  const failure = { lasts: false, detail: "503", retryAfterMs: null };

  it("is an alarm after an hour, counted from its first failure", () => {
    const once = failedHead(answered, failure, every, when("10:15"));
    const twice = failedHead(once, failure, every, when("10:19"));
    expect(lastingTrouble(twice, when("11:14"))).toBeNull();
    expect(lastingTrouble(twice, when("11:15"))).toEqual({ since: at("10:15"), lasts: false, detail: "503" });
    expect(lastingTrouble(answered, when("11:15"))).toBeNull();
  });

  it("is an alarm at once where only an operator can end it, or where an answer is incomplete", () => {
    const refused = failedHead(answered, { ...failure, lasts: true }, every, when("10:15"));
    expect(lastingTrouble(refused, when("10:15"))?.since).toBe(at("10:15"));
    const cut = answeredHead(refused, { version: null, incomplete: "cut off", everyMs: every }, when("10:20"));
    expect(lastingTrouble(cut, when("10:20"))).toEqual({ since: at("10:15"), lasts: true, detail: "cut off" });
  });
});

test("unprotected accounts are logged once a day", () => {
  const logged = { ...first, coverageLoggedAt: at("10:00") };
  expect(isCoverageDue(first, when("10:00"))).toBe(true);
  const day = when("10:00").getTime() + hours(24);
  expect([isCoverageDue(logged, new Date(day - 1)), isCoverageDue(logged, new Date(day))]).toEqual([false, true]);
});
