import { noFleetLimits } from "../../../../lib/rotation/fleet/fleet-config";
import type { Completed, Profiles, TaggedAccount } from "../../../../lib/rotation/discovery/discovery-config";
import type { KnownAccount } from "../../../../lib/rotation/discovery/known-account";
import { resolveFound, type ResolveContext } from "../../../../lib/rotation/discovery/resolve-found";
import { aConsumer, anAccount } from "../../../builders/account";
import { at } from "../../../builders/time";

const idOf = (name: string, group = "rg"): string =>
  `/subscriptions/S/resourceGroups/${group}/providers/Microsoft.Batch/batchAccounts/${name}`;

const standard = { profile: "standard", consumers: "render-api" };
const known = (name: string, changes: Partial<KnownAccount> = {}): KnownAccount => ({
  resourceId: idOf(name),
  location: "westeurope",
  tags: standard,
  sharedKey: true,
  taggedAt: at("09:00"),
  good: standard,
  missing: null,
  ...changes,
});

/** The profile `standard` completes every account; others are not known. */
const profiles: Profiles = {
  complete: ({ resourceId, profile, consumers }: TaggedAccount): Completed => {
    const name = resourceId.slice(resourceId.lastIndexOf("/") + 1).toLowerCase();
    if (profile !== "standard") return { kind: "incomplete", problems: ["no such profile", "add it"] };
    const batch = { resourceId, subscriptionId: "S", resourceGroup: "rg", accountName: name };
    const { loadedAt: _loadedAt, ...account } = anAccount({
      name,
      batch,
      secret: { vaultUrl: "https://v.vault.azure.net", name: `${name}-key` },
      gate: { consumers: consumers.map((one) => aConsumer({ name: one.name, instances: one.instances ?? 1 })) },
    });
    return { kind: "complete", account };
  },
};

const resolved = (entries: readonly KnownAccount[], context: Partial<ResolveContext> = {}, cache = new WeakMap()) =>
  resolveFound(
    entries,
    {
      explicit: [],
      profiles,
      load: (account) => ({ ...account, loadedAt: at("08:00"), fleet: noFleetLimits }),
      shortHash: (text) => `${text.length}`,
      ...context,
    },
    cache,
  );

describe("accounts that were found", () => {
  it("are completed by their profile and carry when their tags were first seen", () => {
    const { accounts, problems } = resolved([known("one", { tags: { profile: " standard ", consumers: "a:2" } })]);
    expect(problems).toEqual([]);
    expect(accounts).toMatchObject([
      {
        name: "one",
        loadedAt: at("08:00"),
        discovered: { taggedAt: at("09:00"), held: null },
        gate: { consumers: [{ name: "a", instances: 2 }] },
      },
    ]);
  });

  it("are completed once: the same entry has the same configuration, also as an object", () => {
    const [entry, cache] = [known("one"), new WeakMap()];
    const [first] = resolved([entry], {}, cache).accounts;
    expect(resolved([entry], {}, cache).accounts[0]).toBe(first);
  });

  it("are in the order in which they were found", () => {
    const times = [known("a", { taggedAt: at("10:00") }), known("b"), known("c", { taggedAt: at("08:00") })];
    for (const entries of [times, times.toReversed()])
      expect(resolved(entries).accounts.map(({ name }) => name)).toEqual(["c", "b", "a"]);
  });

  it("are none without a tag", () => {
    expect(resolved([known("one", { tags: null, good: null })])).toMatchObject({ accounts: [], problems: [] });
  });

  it.each([
    ["TagRemoved", /the tag that named its profile was removed: set the tag again; to end its rotation, delete/],
    ["AccountGone", /shows this Batch account no more: it was deleted or moved.*to end its rotation, delete/],
  ] as const)("are held with a remedy while they are missing: %s", (kind, detail) => {
    const { accounts } = resolved([known("one", { missing: { kind, since: at("10:00") } })]);
    expect(accounts[0]?.discovered?.held).toEqual({
      reason: kind,
      since: at("10:00"),
      detail: expect.stringMatching(detail),
    });
  });

  it.each([
    [{ profile: "gold", consumers: null }, "no such profile; add it"],
    [{ profile: "standard", consumers: "a/b" }, expect.stringContaining("item 1 of the tag for consumers")],
  ])("are held by their last good tags while the present ones are invalid: %p", (tags, detail) => {
    const { accounts, problems } = resolved([known("one", { tags })]);
    expect(problems).toEqual([]);
    expect(accounts[0]?.discovered?.held).toEqual({ reason: "TagInvalid", since: at("09:00"), detail });
    expect(accounts[0]?.gate.consumers).toMatchObject([{ name: "render-api" }]);
    const missing = { kind: "TagRemoved", since: at("10:00") } as const;
    const removed = resolved([known("one", { tags, missing })]).accounts;
    expect(removed[0]?.discovered?.held).toMatchObject({ reason: "TagRemoved" });
  });

  it("are problems where there were no good tags, or a profile of theirs is gone", () => {
    const tags = { profile: "gold", consumers: null };
    const problem = {
      account: "one",
      resourceId: idOf("One"),
      reason: "TagInvalid",
      detail: "no such profile; add it",
      since: at("09:00"),
    };
    for (const good of [null, tags])
      expect(resolved([known("One", { tags, good })])).toMatchObject({ accounts: [], problems: [problem] });
  });
});

const namesOf = (entries: readonly KnownAccount[]) => resolved(entries).problems.map(({ account }) => account);

it("reports problems of Batch accounts with one name beside each other, and beside an account of that name", () => {
  const bad = { tags: { profile: "gold", consumers: null }, good: null };
  const [first, second] = ["first", "second"].map((group) => known("one", { ...bad, resourceId: idOf("one", group) }));
  if (first === undefined || second === undefined) throw new Error("there are two");
  expect(namesOf([first])).toEqual(["one"]);
  const both = [`one-${idOf("one", "first").length}`, `one-${idOf("one", "second").length}`];
  expect(namesOf([first, second]).toSorted()).toEqual(both.toSorted());
  expect(namesOf([first, known("one", { taggedAt: at("10:00") })])).toEqual([both[0]]);
});

const explicit = (changes: object) => [anAccount({ name: "listed", ...changes })];

describe("what must differ between accounts", () => {
  it("is the resource: a listed account wins without a word, whatever the case", () => {
    const batch = { ...anAccount().batch, resourceId: idOf("ONE") };
    const listed = explicit({ batch });
    expect(resolved([known("one")], { explicit: listed })).toMatchObject({ accounts: listed, problems: [] });
  });

  it("is the name: of two that were found, the one that was found first keeps it", () => {
    const later = known("one", { resourceId: idOf("one", "other"), taggedAt: at("10:00") });
    const { accounts, problems } = resolved([later, known("one")]);
    expect(accounts.map(({ batch }) => batch.resourceId)).toEqual([idOf("one")]);
    expect(problems).toEqual([
      {
        account: `one-${idOf("one", "other").length}`,
        resourceId: idOf("one", "other"),
        reason: "NameTaken",
        detail: `its name one is that of ${idOf("one")}: list this account in ROTATION_ACCOUNTS with a name of its own`,
        since: at("10:00"),
      },
    ]);
    const atOnce = known("one", { resourceId: idOf("one", "a") });
    expect(resolved([known("one"), atOnce]).accounts.map(({ batch }) => batch.resourceId)).toEqual([idOf("one", "a")]);
  });

  it("is the secret, without case", () => {
    const secret = { vaultUrl: "https://V.vault.azure.net", name: "ONE-key" };
    const { accounts, problems } = resolved([known("one")], { explicit: explicit({ secret }) });
    expect(accounts.map(({ name }) => name)).toEqual(["listed"]);
    expect(problems).toMatchObject([
      { account: "one", reason: "SecretShared", detail: expect.stringContaining("with a secret of its own") },
    ]);
  });
});
