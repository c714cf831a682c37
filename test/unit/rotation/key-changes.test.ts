import { lastKeyChange } from "../../../lib/rotation/key-changes";
import { aLastRotation, aRecord } from "../../builders/record";
import { aRotation, idle } from "../../builders/state";
import { at } from "../../builders/time";

it.each([
  ["of an account never seen", { state: { phase: "adopting", active: null, approval: null } }, null],
  ["of an idle account", { state: idle({ keyMadeAt: at("09:00") }) }, at("09:00")],
  ["of a regenerated target key", { state: aRotation().regenerated() }, aRotation().regenerated().regeneratedAt],
  ["of a retired key", { state: aRotation().retired() }, aRotation().retired().retiredAt],
] as const)("the last key change %s", (_what, changes, expected) => {
  expect(lastKeyChange(aRecord(changes))).toBe(expected);
});

it("the last key change is at the latest the end of the last rotation", () => {
  const lastRotation = aLastRotation({ endedAt: at("10:00") });
  expect(lastKeyChange(aRecord({ state: idle({ keyMadeAt: at("09:00") }), lastRotation }))).toBe(at("10:00"));
});
