import { contesterOf, ownerOf, publishedContentType, withContestSeen } from "../../../lib/rotation/ownership";
import { aRecord } from "../../builders/record";
import { at, when } from "../../builders/time";

const account = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu";

it.each([
  [account, null, "thisAccount"],
  [account.toLowerCase(), "text/plain", "thisAccount"],
  ["/subscriptions/s/other", publishedContentType, "another"],
  [null, publishedContentType, "thisAccount"],
  [null, "text/plain", "unknown"],
  [null, null, "unknown"],
] as const)(
  "a version with provider address %s and content type %s belongs to: %s",
  (providerAddress, contentType, owner) => {
    expect(ownerOf({ providerAddress, contentType }, account)).toBe(owner);
  },
);

const other = "/subscriptions/s/other";
const contested = { providerAddress: account, contentType: null, contestedBy: other };

it.each([
  ["by another account", contested, other],
  ["by another account, without an owner", { ...contested, providerAddress: null }, other],
  ["by no account", { ...contested, contestedBy: null }, null],
  ["by itself", { ...contested, contestedBy: account.toLowerCase() }, null],
  ["by a third account, where another one owns it", { ...contested, providerAddress: "/subscriptions/s/owner" }, null],
] as const)("a version is contested %s", (_how, marks, by) => {
  expect(contesterOf(marks, account)).toBe(by);
});

it("the record says by which account its secret is contested, since when, and forgets it with the mark", () => {
  const record = aRecord({ resourceId: account });
  const noted = withContestSeen(record, contested, when("10:00"));
  expect(noted).toEqual({ ...record, contest: { by: other, since: at("10:00") } });
  expect(withContestSeen(noted, contested, when("10:05"))).toBe(noted);
  expect(withContestSeen(noted, { ...contested, contestedBy: null }, when("10:05"))).toEqual(record);
  expect(withContestSeen(noted, null, when("10:05"))).toEqual(record);
  expect(withContestSeen(record, null, when("10:05"))).toBe(record);
});
