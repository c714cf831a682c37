import type { JournalEntry } from "../../emulators/journal";
import type { Route } from "../../emulators/routes";
import type { SecretVersionView } from "../../emulators/vault";
import type { Host } from "./host";
import type { PlacedAccount } from "./placed-account";
import { openWorld, type DeployedApp } from "./world";

type SlotKeys = ReturnType<PlacedAccount["keys"]>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const calls = [
  "arm.getAccount",
  "arm.listKeys",
  "arm.regenerateKeys",
  "vault.setSecret",
  "vault.updateSecret",
] as const;

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;
let nightly: PlacedAccount;

beforeAll(async () => {
  world = await openWorld();
  render = world.place({ name: "render", keyAgeDays: 61 });
  nightly = world.place({ name: "nightly", seed: null, config: { rotateEvery: "P30D", expireAfter: "P45D" } });
  host = await world.host([render, nightly]);
});
afterAll(() => world.close());

const about = (account: PlacedAccount, route: Route): readonly JournalEntry[] =>
  world.emulators.journal
    .of(route)
    .filter(({ subject }) => [account.batchName, account.secretName].includes(subject?.toLowerCase() ?? ""));

const counted = (account: PlacedAccount): Readonly<Record<string, number>> =>
  Object.fromEntries(calls.map((route) => [route, about(account, route).length]));

const confirm = async (account: PlacedAccount): Promise<void> => {
  expect((await host.signal(account.name, account.signal())).status).toBe(202);
};

/** Compared here, so that a failing test shows no key. */
const changed = (before: SlotKeys, after: SlotKeys): readonly string[] =>
  (["primary", "secondary"] as const).filter((slot) => before[slot] !== after[slot]);

/** The required content of one `setSecret`. */
const expectPublished = (
  version: SecretVersionView | undefined,
  account: PlacedAccount,
  expected: Readonly<Record<"slot" | "value" | "rotationId" | "validityDays", string>> & { readonly livesDays: number },
): void => {
  expect(version?.value === expected.value).toBe(true);
  expect(version).toMatchObject({
    contentType: "text/plain; batch-account-key",
    tags: {
      CredentialId: expected.slot,
      ProviderAddress: account.resourceId,
      ValidityPeriodDays: expected.validityDays,
      RotationId: expected.rotationId,
    },
  });
  expect(Object.keys(version?.tags ?? {})).toHaveLength(4);
  const expiresInMs = (version?.expiresOn?.getTime() ?? 0) - Date.now();
  expect(Math.abs(expiresInMs - expected.livesDays * dayMs)).toBeLessThan(hourMs);
};

/** Since the end of the adoption: the requests to Azure, and the events of the history. */
const storyOf = async (account: PlacedAccount): Promise<readonly string[]> => {
  const rows = await world.rows.history(account.name);
  expect(rows.map(({ sequence }) => Number(sequence))).toEqual(rows.map((_, index) => index + 1));
  const times = rows.map(({ at }) => String(at));
  expect(times).toEqual(times.toSorted());
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  // Row keys sort newest first, as a page is read.
  const rowKeys = rows.map(({ rowKey }) => String(rowKey));
  expect(rowKeys).toEqual(rowKeys.toSorted().toReversed());
  return rows.map(({ event, by }) => `${String(event)} by ${String(by)}`);
};

test("a due rotation replaces each key once, publishes in one request, and disables only the old version", async () => {
  const [first] = render.versions();
  const before = render.keys();
  await host.tick();
  await confirm(render);
  // The confirmed adoption has started the rotation that was due.
  const { phase, rotation } = await host.status("render");
  expect([phase, rotation?.trigger]).toEqual(["published", "schedule"]);
  const between = render.keys();
  expect(changed(before, between)).toEqual(["secondary"]);
  expect(render.versions()).toHaveLength(2);
  expectPublished(render.newest(), render, {
    slot: "Secondary",
    value: between.secondary,
    rotationId: rotation?.id ?? "",
    validityDays: "60",
    livesDays: 90,
  });
  expect(render.versions().map(({ enabled }) => enabled)).toEqual([true, true]);

  await confirm(render);
  const after = await host.status("render");
  expect(after).toMatchObject({ phase: "idle", lastRotation: { id: rotation?.id, outcome: "completed" } });
  expect(changed(between, render.keys())).toEqual(["primary"]);
  expect(Object.values(before).map((key) => render.accepts(key))).toEqual([false, false]);
  expect(render.versions().map(({ version, enabled }) => [version, enabled])).toEqual([
    [first?.version, false],
    [render.newest().version, true],
  ]);
  // Due 60 days after its key was made.
  expect(Math.abs(Date.parse(after.nextDueAt ?? "") - Date.now() - 60 * dayMs)).toBeLessThan(hourMs);

  expect(counted(render)).toEqual({
    "arm.getAccount": 1,
    // At first sight, before the search at the adoption, and before each regenerate.
    "arm.listKeys": 4,
    "arm.regenerateKeys": 2,
    "vault.setSecret": 1,
    "vault.updateSecret": 1,
  });
  expect(about(render, "arm.regenerateKeys").map(({ status }) => status)).toEqual([200, 200]);
  expect(await storyOf(render)).toEqual([
    "Adopted by signal:render-api",
    "RotationStarted by signal:render-api",
    "KeyRegenerated by signal:render-api",
    "KeyPublished by signal:render-api",
    "KeyRetired by signal:render-api",
    "RotationCompleted by signal:render-api",
  ]);
});

test("an account without a secret gets its primary key published unchanged, and rotates on demand", async () => {
  const before = nightly.keys();
  expectPublished(nightly.newest(), nightly, {
    slot: "Primary",
    value: before.primary,
    rotationId: String(nightly.newest().tags["RotationId"]),
    validityDays: "30",
    livesDays: 45,
  });
  await confirm(nightly);
  const answer = await host.rotate("nightly", { reason: "because I can" });
  expect(answer.status).toBe(202);
  const { rotation } = await host.status("nightly");
  await confirm(nightly);
  const after = nightly.keys();
  expect(changed(before, after)).toEqual(["primary", "secondary"]);
  expectPublished(nightly.newest(), nightly, {
    slot: "Secondary",
    value: after.secondary,
    rotationId: rotation?.id ?? "",
    validityDays: "30",
    livesDays: 45,
  });
  expect(nightly.versions().map(({ enabled }) => enabled)).toEqual([false, true]);
  expect(counted(nightly)).toMatchObject({ "arm.regenerateKeys": 2, "vault.setSecret": 2, "vault.updateSecret": 1 });
  expect(await storyOf(nightly)).toEqual([
    "KeyPublished by schedule",
    "Adopted by signal:render-api",
    "RotationStarted by demand",
    "KeyRegenerated by demand",
    "KeyPublished by demand",
    "KeyRetired by signal:render-api",
    "RotationCompleted by signal:render-api",
  ]);
});

test("a tick over idle accounts reads no record, only two queries for all of them", async () => {
  await host.tick();
  world.emulators.journal.clear();
  await host.tick();
  const { journal } = world.emulators;
  expect((["arm", "batch", "vault", "identity"] as const).map((service) => journal.countOf(service))).toEqual([
    0, 0, 0, 0,
  ]);
  const routes = journal.entries.map(({ route }) => route);
  expect(routes).toEqual(["tables.query", "tables.query"]);
  expect(host.logged("Tick").at(-1)).toEqual(
    expect.objectContaining({ level: "information", accounts: 2, moved: 0, waiting: 0, blocked: 0, stalled: 0 }),
  );
});
