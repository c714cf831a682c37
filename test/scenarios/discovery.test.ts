import type { BatchAccountRef } from "../../lib/rotation/account-config";
import { rotateOnDemand } from "../../lib/operations/rotate-on-demand";
import { readStatus } from "../../lib/operations/status/read-status";
import { anAccount } from "../builders/account";
import { aDiscovery, tagged } from "../builders/discovery";
import { days, minutes } from "../builders/time";
import * as product from "../fakes/world/product";
import { Place, Rig } from "../rig/rig";

const every = minutes(15);

/** A world with one process, which lists no account and finds those that are tagged. */
const aRig = (): Rig => {
  const rig = new Rig({ discovery: aDiscovery(), startsAt: "2026-11-24T10:00:00.000Z" });
  rig.deploy([]);
  return rig;
};

const batchAccount = (rig: Rig, name: string, tags = tagged(), group = "rg"): BatchAccountRef => {
  const ref = rig.batch.addAccount(name, group);
  rig.batch.of(ref.resourceId).tags = tags;
  return ref;
};

const setTags = (rig: Rig, { resourceId }: BatchAccountRef, tags: Record<string, string>): void => {
  rig.batch.of(resourceId).tags = tags;
};

/** The account as the process knows it now. */
const placeOf = (rig: Rig, name: string): Place => {
  const config = rig.app.accounts.find(name);
  if (config === null) throw new Error(`${name} is not found`);
  return new Place(rig, config);
};

const placed = async (rig: Rig, tags = tagged()): Promise<{ readonly ref: BatchAccountRef; readonly place: Place }> => {
  const ref = batchAccount(rig, "renderweu", tags);
  await rig.tick();
  const place = placeOf(rig, "renderweu");
  await place.confirm();
  return { ref, place };
};

const demand = { reason: "asked for", retireAfterMs: null, idempotencyKey: null, by: "operator:ada" };

/** The lines of the log about these alarms: of one account, or null for the rotator as a whole. */
const alarmsOf = (rig: Rig, isOf: (account: unknown) => boolean): readonly string[] =>
  rig.lines
    .filter(({ event, account }) => ["DiscoveryProblem", "AlarmCleared"].includes(event) && isOf(account))
    .map(({ event }) => event);

describe("an account with the tag", () => {
  it("is adopted and rotated by its profile, from the first tick on", async () => {
    const rig = aRig();
    const { place } = await placed(rig, tagged("render-api"));
    expect(place.phase).toBe("idle");
    expect(place.config).toMatchObject({
      name: "renderweu",
      secret: { name: "renderweu-batch-key" },
      gate: { consumers: [{ name: "render-api", instances: 1 }] },
    });
    await place.rotate();
    await place.confirm();
    expect(place.record.lastRotation?.outcome).toBe("completed");
  });

  it("is read by other processes from the table, and the graph is asked once for all of them", async () => {
    const rig = aRig();
    await placed(rig);
    const other = new Rig({ discovery: aDiscovery(), world: rig.world });
    other.deploy([]);
    await other.tick();
    expect(other.app.accounts.list().map(({ name }) => name)).toEqual(["renderweu"]);
    expect(rig.faults.calls("graph.batchAccounts")).toBe(1);
    await rig.tickAfter(every);
    await other.tick();
    expect(rig.faults.calls("graph.batchAccounts")).toBe(2);
    // Once in each process: nothing has changed since.
    expect(rig.faults.calls("discoveries.shards")).toBe(2);
  });

  it("is listed under its own name: the listed account wins, without case", async () => {
    const rig = aRig();
    const ref = batchAccount(rig, "renderweu");
    const batch = { ...ref, resourceId: ref.resourceId.toUpperCase() };
    rig.deploy([anAccount({ name: "mine", batch })]);
    await rig.tick();
    expect(rig.app.accounts.list().map(({ name }) => name)).toEqual(["mine"]);
    expect(rig.app.accounts.found()).toMatchObject({ problems: [], unprotected: [] });
  });
});

describe("a tag that is removed", () => {
  it("pauses the account and raises the alarm, until the tag is back", async () => {
    const rig = aRig();
    const { ref, place } = await placed(rig);
    setTags(rig, ref, {});
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    const now = placeOf(rig, "renderweu");
    expect(await readStatus(rig.app, now.config)).toMatchObject({ paused: true });
    expect(await rotateOnDemand(rig.app, now.config, demand)).toMatchObject({ kind: "refused", reason: "Paused" });
    expect(place.eventsOf("DiscoveryProblem")).toMatchObject([{ reason: "TagRemoved" }]);
    await rig.tickAfter(days(61));
    expect((await readStatus(rig.app, now.config)).waitingFor).toMatchObject({
      reason: "Paused",
      detail: expect.stringContaining("the tag that named its profile was removed"),
    });
    expect(placeOf(rig, "renderweu").phase).toBe("idle");
    setTags(rig, ref, tagged());
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    expect(place.eventsOf("AlarmCleared")).toMatchObject([
      { reason: "RotationOverdue" },
      { reason: "DiscoveryProblem" },
    ]);
    expect(placeOf(rig, "renderweu").phase).not.toBe("idle");
  });

  it("lets the rotation under way end first", async () => {
    const rig = aRig();
    const { ref, place } = await placed(rig);
    await place.rotate();
    setTags(rig, ref, {});
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    expect(placeOf(rig, "renderweu").phase).toBe("published");
    await placeOf(rig, "renderweu").confirm();
    await rig.tickAfter(minutes(5));
    const ended = placeOf(rig, "renderweu");
    expect([ended.phase, ended.record.lastRotation?.outcome]).toEqual(["idle", "completed"]);
    expect((await readStatus(rig.app, ended.config)).paused).toBe(true);
  });

  it("ends the rotation of the account for good once its record is deleted", async () => {
    const rig = aRig();
    const { ref, place } = await placed(rig);
    setTags(rig, ref, {});
    await rig.tickAfter(every);
    place.deleteRecord();
    await rig.tickAfter(minutes(5));
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    expect(rig.app.accounts.list()).toEqual([]);
    expect(rig.tables.rotations.size).toBe(0);
    expect(rig.app.accounts.found()?.unprotected).toEqual([
      { resourceId: ref.resourceId, name: "renderweu", reason: "NotTagged" },
    ]);
  });
});

describe("a Batch account that is deleted", () => {
  it("is named as such, and forgotten once its record is deleted", async () => {
    const rig = aRig();
    const { ref, place } = await placed(rig);
    batchAccount(rig, "another", {});
    rig.batch.remove(ref);
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    expect(place.eventsOf("DiscoveryProblem")).toMatchObject([
      { reason: "AccountGone", detail: expect.stringContaining("it was deleted or moved") },
    ]);
    place.deleteRecord();
    await rig.tickAfter(every);
    await rig.tickAfter(every);
    expect(rig.app.accounts.list()).toEqual([]);
  });
});

describe("tags that cannot be carried out", () => {
  it.each([
    ["an unknown profile", tagged("render-api", "gold"), /profile that the configuration does not hold/],
    ["a consumer that is no name", tagged("render-api:2 nightly!etl"), /item 2 of the tag for consumers/],
    ["no consumer in mode signals", tagged(null), /mode signals needs consumers/],
  ])("are reported by account, and end with the tag: %s", async (_what, tags, detail) => {
    const rig = aRig();
    const ref = batchAccount(rig, "renderweu", tags);
    await rig.tick();
    expect(rig.app.accounts.list()).toEqual([]);
    expect(rig.app.accounts.found()).toMatchObject({
      problems: [{ account: "renderweu", reason: "TagInvalid", detail: expect.stringMatching(detail) }],
      unprotected: [{ name: "renderweu", reason: "TagInvalid" }],
    });
    setTags(rig, ref, tagged());
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    expect(rig.app.accounts.found()?.problems).toEqual([]);
    expect(alarmsOf(rig, (account) => account === "renderweu")).toEqual(["DiscoveryProblem", "AlarmCleared"]);
  });

  it("stop a rotation under way: they may name a consumer that uses the old key", async () => {
    const rig = aRig();
    const { ref, place } = await placed(rig);
    await place.rotate();
    setTags(rig, ref, tagged("render-api nightly!etl"));
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(1));
    await placeOf(rig, "renderweu").confirm();
    const held = placeOf(rig, "renderweu");
    expect(held.phase).toBe("published");
    expect((await readStatus(rig.app, held.config)).waitingFor?.reason).toBe("Paused");
    setTags(rig, ref, tagged("render-api nightly-etl"));
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(1));
    const { config } = placeOf(rig, "renderweu");
    expect(config.gate.consumers.map(({ name }) => name)).toEqual(["render-api", "nightly-etl"]);
    expect((await readStatus(rig.app, config)).paused).toBe(false);
  });

  it("leave a name to the account that had it first", async () => {
    const rig = aRig();
    await placed(rig);
    const twin = batchAccount(rig, "renderweu", tagged(), "another-group");
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    expect(placeOf(rig, "renderweu").config.batch.resourceGroup).toBe("rg");
    expect(rig.app.accounts.found()?.problems).toMatchObject([
      { account: expect.stringMatching(/^renderweu-[0-9a-f]{8}$/), reason: "NameTaken", resourceId: twin.resourceId },
    ]);
    expect(alarmsOf(rig, (account) => String(account).startsWith("renderweu-"))).toEqual(["DiscoveryProblem"]);
  });

  it("raise an alarm each, although accounts of two regions have one name", async () => {
    const rig = aRig();
    const listed = anAccount({ name: "renderweu", batch: rig.batch.addAccount("listed") });
    rig.deploy([listed]);
    for (const group of ["rg", "another-group"]) batchAccount(rig, "renderweu", tagged("render-api", "gold"), group);
    await rig.tick();
    const raised = rig.lines.filter(({ event }) => event === "DiscoveryProblem").map(({ account }) => account);
    expect(new Set(raised).size).toBe(2);
    for (const account of raised) expect(account).toMatch(/^renderweu-[0-9a-f]{8}$/);
  });

  it("share no secret with another account", async () => {
    const rig = aRig();
    const listed = rig.batch.addAccount("listed");
    const secret = { vaultUrl: "https://render.vault.azure.net", name: "RenderWeu-batch-key" };
    rig.deploy([anAccount({ name: "listed", batch: listed, secret })]);
    batchAccount(rig, "renderweu");
    await rig.tick();
    expect(rig.app.accounts.found()?.problems).toMatchObject([{ account: "renderweu", reason: "SecretShared" }]);
  });
});

const refused = () => new product.OperatorNeededError("Forbidden", { operation: "Resource Graph query" }, "grant it");

describe("an outage of the graph", () => {
  it("forgets nothing, and raises the alarm once it lasts", async () => {
    const rig = aRig();
    const { place } = await placed(rig);
    rig.unavailable("graph.batchAccounts", 100);
    rig.clock.advance(every);
    await rig.ticking(minutes(50));
    expect(alarmsOf(rig, (account) => account === null)).toEqual([]);
    await rig.ticking(minutes(30));
    expect(rig.app.accounts.found()?.trouble).toMatchObject({ detail: expect.stringContaining("graph.batchAccounts") });
    await place.rotate();
    expect(placeOf(rig, "renderweu").phase).toBe("published");
    rig.faults.clear();
    await rig.ticking(minutes(30));
    expect(rig.app.accounts.found()?.trouble).toBeNull();
    expect(alarmsOf(rig, (account) => account === null)).toEqual(["DiscoveryProblem", "AlarmCleared"]);
  });

  it("that only an operator can end raises the alarm at once", async () => {
    const rig = aRig();
    await placed(rig);
    rig.faults.add("graph.batchAccounts", { when: "before", error: refused });
    await rig.tickAfter(every);
    expect(rig.logged("DiscoveryProblem")).toMatchObject([
      { account: null, detail: expect.stringContaining("grant it") },
    ]);
  });

  it("that shows no account at all concludes nothing", async () => {
    const rig = aRig();
    await placed(rig);
    rig.world.discovery.readsNothing = true;
    await rig.tickAfter(every);
    await rig.tickAfter(minutes(5));
    expect(placeOf(rig, "renderweu").config.discovered?.held).toBeNull();
    expect(rig.logged("DiscoveryProblem")).toMatchObject([
      { detail: expect.stringContaining("no Batch account at all") },
    ]);
  });

  it("of the tables leaves the accounts under rotation, and raises no alarm about their records", async () => {
    const rig = aRig();
    await placed(rig);
    rig.start();
    rig.unavailable("discoveries.head");
    expect(await rig.tick()).toMatchObject({ outcome: "bad" });
    expect(rig.logged("RecordOrphaned")).toEqual([]);
  });
});

describe("a process that ends while it asks", () => {
  it.each([
    ["before", "graph.batchAccounts"],
    ["before", "discoveries.writeShard"],
    ["after", "discoveries.writeShard"],
    ["before", "discoveries.writeHead"],
    ["after", "discoveries.writeHead"],
  ] as const)("leaves the account to be found by the next one: %s %s", async (at, operation) => {
    const rig = aRig();
    batchAccount(rig, "renderweu");
    const other = new Rig({ discovery: aDiscovery(), world: rig.world });
    other.deploy([]);
    await rig.crash({ at, operation, nth: operation === "discoveries.writeHead" ? 2 : 1 }, () => rig.tick());
    await other.tickAfter(minutes(6));
    await rig.tickAfter(minutes(5));
    for (const one of [rig, other]) expect(one.app.accounts.list().map(({ name }) => name)).toEqual(["renderweu"]);
  });
});

/** A rotation is under way when the account gets another consumer, of which `newer` can know and `rig` does not. */
const retagged = async () => {
  const rig = aRig();
  const { ref, place } = await placed(rig);
  await place.rotate();
  setTags(rig, ref, tagged("render-api nightly-etl"));
  const newer = new Rig({ discovery: aDiscovery(), world: rig.world });
  newer.deploy([]);
  rig.clock.advance(every);
  return { rig, newer, place };
};

describe("a process that knows older tags than another", () => {
  it("does not retire the key that a newly tagged consumer uses", async () => {
    const { rig, newer, place } = await retagged();
    await newer.app.accounts.refresh(0, { signal: new AbortController().signal });
    await newer.app.accounts.discover();
    const previous = place.versions().at(-2)?.value ?? "";
    // The report arrives at the process that does not know of the other consumer.
    await place.confirm();
    expect(place.accepts(previous)).toBe(true);
    await rig.tickAfter(minutes(5));
    expect(placeOf(rig, "renderweu").config.gate.consumers.map(({ name }) => name)).toEqual([
      "render-api",
      "nightly-etl",
    ]);
    expect([placeOf(rig, "renderweu").phase, place.accepts(previous)]).toEqual(["published", true]);
  });

  it("takes no step once the other has driven the account", async () => {
    const { rig, newer, place } = await retagged();
    await newer.tick();
    await newer.tickAfter(minutes(5));
    const status = await readStatus(rig.app, place.config);
    expect(status.waitingFor).toMatchObject({ reason: "NewerConfiguration" });
  });
});
