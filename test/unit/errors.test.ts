import {
  ClaimLostError,
  ConfigError,
  CorruptRecordError,
  OperatorNeededError,
  OutcomeUnknownError,
  TransientServiceError,
  failedWith,
  framesOf,
} from "../../lib/errors";
import { keyText } from "../builders/key";

describe("an error states its remedy", () => {
  const facts = {
    operation: "Batch regenerateKeys",
    statusCode: 503,
    code: "ServerBusy",
    requestId: "6f3c2b1a-0d4e-4f5a-8b6c-7d8e9f0a1b2c",
  };

  it.each<[string, Error, string]>([
    [
      "ConfigError",
      new ConfigError([
        { at: "ROTATION_ACCOUNTS", problem: "is missing" },
        { at: "ROTATION_CLOUD", problem: "must be AzurePublic" },
      ]),
      "ROTATION_ACCOUNTS: is missing; ROTATION_CLOUD: must be AzurePublic",
    ],
    ["ClaimLostError", new ClaimLostError("render-weu"), "account render-weu: another driver holds the claim"],
    [
      "TransientServiceError",
      new TransientServiceError(facts),
      "Batch regenerateKeys, status 503, code ServerBusy, request id 6f3c2b1a-0d4e-4f5a-8b6c-7d8e9f0a1b2c: not " +
        "done, tried again later",
    ],
    [
      "OutcomeUnknownError",
      new OutcomeUnknownError({ operation: "Batch regenerateKeys", code: "ECONNRESET" }),
      "Batch regenerateKeys, code ECONNRESET: the answer was lost, so it may or may not have been applied",
    ],
    [
      "OperatorNeededError",
      new OperatorNeededError("Forbidden", { operation: "Batch listKeys", statusCode: 403 }, "give it the role"),
      "Batch listKeys, status 403: give it the role",
    ],
    [
      "CorruptRecordError",
      new CorruptRecordError("render-weu", "state.phase is unknown"),
      "record of account render-weu: state.phase is unknown",
    ],
  ])("%s", (name, error, message) => {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.message).toBe(message);
    expect(error.cause).toBeUndefined();
  });
});

describe("the frames of an error", () => {
  it("leave out the message, whatever it quotes", () => {
    const error = new Error(`answered ${keyText}\nat last`);
    expect(framesOf(error)).toMatch(/^ +at .*errors\.test\.ts/);
    expect(framesOf(error)).not.toContain("answered");
    expect(framesOf(error)).not.toContain("at last");
  });

  it("lose what looks like a key", () => {
    const error = Object.assign(new Error("refused"), { stack: `Error: refused\n    at ${keyText} (file.js:1:2)` });
    expect(framesOf(error)).toBe("    at [removed: looks like a key] (file.js:1:2)");
  });

  it.each([["a text"], [null], [{ stack: "    at file.js:1:2" }]])("are none of %p", (value) => {
    expect(framesOf(value)).toBe("");
  });
});

describe("a failure in the log", () => {
  it.each([
    new TransientServiceError({ operation: "AService" }),
    new OutcomeUnknownError({ operation: "AService" }),
    new OperatorNeededError("NotFound", { operation: "AService" }, "correct its name"),
    new CorruptRecordError("render-weu", "it has no phase"),
  ])("is the message of %s", (error) => {
    expect(failedWith(error)).toEqual({ detail: error.message });
  });

  it("of a defect is its name and place, as its message may quote a key", () => {
    const defect = new RangeError(`secret ${keyText}`);
    expect(failedWith(defect)).toEqual({ detail: "unexpected RangeError", stack: framesOf(defect) });
  });
});
