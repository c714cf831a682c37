import type { GraphAccount, KnownAccount } from "../../../../lib/rotation/discovery/known-account";
import { resourceKey } from "../../../../lib/rotation/discovery/known-account";
import {
  type KnownAccounts,
  mergeFound,
  sameEntry,
  withoutForgotten,
} from "../../../../lib/rotation/discovery/merge-found";
import { at, when } from "../../../builders/time";

const standard = { profile: "standard", consumers: "render-api" };
const graphAccount = (changes: Partial<GraphAccount> = {}): GraphAccount => ({
  resourceId: "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/renderweu",
  location: "westeurope",
  tags: standard,
  sharedKey: true,
  ...changes,
});
const known = (changes: Partial<KnownAccount> = {}): KnownAccount => ({
  ...graphAccount(),
  taggedAt: at("09:00"),
  good: standard,
  missing: null,
  ...changes,
});
const all = (...accounts: readonly KnownAccount[]): KnownAccounts =>
  new Map(accounts.map((account) => [resourceKey(account.resourceId), account]));

const after = (before: KnownAccounts, accounts: readonly GraphAccount[], isComplete = true, isGood = true) => [
  ...mergeFound(before, { accounts, isComplete }, () => isGood, when("10:00")).values(),
];

describe("an answer of the graph", () => {
  it("adds an account, with its tags from now on", () => {
    expect(after(all(), [graphAccount()])).toEqual([known({ taggedAt: at("10:00") })]);
    expect(after(all(), [graphAccount()], true, false)).toEqual([known({ taggedAt: at("10:00"), good: null })]);
    expect(after(all(), [graphAccount({ tags: null })])).toEqual([
      known({ tags: null, taggedAt: at("10:00"), good: null }),
    ]);
  });

  it("leaves an account as the same object where nothing differs, however its id is spelled in the key", () => {
    const before = known();
    expect(after(all(before), [graphAccount()])[0]).toBe(before);
    const untagged = known({ tags: null, good: null });
    expect(after(all(untagged), [graphAccount({ tags: null })])[0]).toBe(untagged);
  });

  it("takes new tags, later than the ones before whatever the clock says, and keeps the last good ones", () => {
    const tags = { profile: "gold", consumers: null };
    expect(after(all(known()), [graphAccount({ tags })])).toEqual([known({ tags, taggedAt: at("10:00"), good: tags })]);
    expect(after(all(known()), [graphAccount({ tags })], true, false)).toEqual([
      known({ tags, taggedAt: at("10:00"), good: standard }),
    ]);
    const [ahead] = after(all(known({ taggedAt: at("11:00") })), [graphAccount({ tags })]);
    expect(ahead?.taggedAt).toBe("2026-11-24T11:00:00.001Z");
  });

  it("takes another region or authentication without another time", () => {
    const changes = { location: "northeurope", sharedKey: false };
    expect(after(all(known()), [graphAccount(changes)])).toEqual([known(changes)]);
  });

  it("keeps the tags of an account that lost them, or that is gone, and says since when", () => {
    const removed = known({ missing: { kind: "TagRemoved", since: at("10:00") } });
    const gone = known({ missing: { kind: "AccountGone", since: at("10:00") } });
    expect(after(all(known()), [graphAccount({ tags: null })])).toEqual([removed]);
    expect(after(all(known()), [])).toEqual([gone]);
    const earlier = known({ missing: { kind: "TagRemoved", since: at("08:00") } });
    expect(after(all(earlier), [graphAccount({ tags: null })])).toEqual([earlier]);
    expect(after(all(earlier), [])).toEqual([gone]);
    expect(after(all(earlier), [graphAccount()])).toEqual([known({ taggedAt: at("10:00") })]);
  });

  it("drops an account that is gone and never had a tag", () => {
    expect(after(all(known({ tags: null, good: null })), [])).toEqual([]);
  });

  it("concludes nothing from what an incomplete one leaves out", () => {
    const before = known();
    expect(after(all(before), [], false)[0]).toBe(before);
  });
});

test.each([
  { resourceId: "/another" },
  { location: "northeurope" },
  { sharedKey: false },
  { taggedAt: at("10:00") },
  { tags: null },
  { tags: { profile: "standard", consumers: null } },
  { good: null },
  { missing: { kind: "TagRemoved" as const, since: at("10:00") } },
])("two entries differ in %p", (changes) => {
  expect(sameEntry(known(), known(changes))).toBe(false);
  expect(sameEntry(known(changes), known(changes))).toBe(true);
  const other = { missing: { kind: "TagRemoved" as const, since: at("11:00") } };
  expect(sameEntry(known({ missing: { ...other.missing, since: at("10:00") } }), known(other))).toBe(false);
});

describe("an account whose record is gone", () => {
  const key = resourceKey(known().resourceId);

  it("is forgotten where it is gone itself, and has no tag where that was removed", () => {
    const gone = all(known({ missing: { kind: "AccountGone", since: at("10:00") } }));
    const removed = all(known({ missing: { kind: "TagRemoved", since: at("10:00") } }));
    expect([...withoutForgotten(gone, new Set([key])).values()]).toEqual([]);
    expect([...withoutForgotten(removed, new Set([key])).values()]).toEqual([known({ tags: null, good: null })]);
    expect([...withoutForgotten(removed, new Set(["another"])).values()]).toEqual([...removed.values()]);
    expect(withoutForgotten(removed, new Set())).toBe(removed);
  });
});
