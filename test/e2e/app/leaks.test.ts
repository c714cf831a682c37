import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { aKeyOperation, aSecretEvent, asCloudEvent } from "../../builders/azure-event";
import type { AddedFault, Fault } from "../../emulators/faults";
import { buildCommandLine } from "../../tools/build-command-line";
import { until } from "../local-host/until";
import { endOf, startCommandLine } from "./command-line-process";
import type { Host } from "./host";
import { searchFor } from "./key-search";
import type { PlacedAccount } from "./placed-account";
import { openWorld, type DeployedApp } from "./world";

/** A limit for a busy machine; an idle one needs a tenth of it. */
const maxMs = 300_000;

let world: DeployedApp;
let host: Host;
let render: PlacedAccount;
let nightly: PlacedAccount;
let faults: readonly AddedFault[];
const folder = mkdtempSync(path.join(tmpdir(), "leaks-"));
const commandLine = path.join(folder, "rotator.js");

beforeAll(async () => {
  world = await openWorld();
  await buildCommandLine(commandLine);
  render = world.place({ name: "render", keyAgeDays: 61 });
  nightly = world.place({ name: "nightly", seed: null });
  for (const account of [render, nightly]) plantCopies(account);
  faults = faultsOf([render, nightly]).map((fault) => world.emulators.faults.add(fault));
  for (const account of [render, nightly]) plantRead(account);
  const { workspaceId } = world.emulators.logs;
  host = await world.host([render, nightly], { AZURE_LOG_LEVEL: "verbose", ROTATION_LOG_WORKSPACE_ID: workspaceId });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Of both keys, in a value and in a name. */
const plantCopies = (account: PlacedAccount): void => {
  const { primary, secondary } = account.keys();
  world.emulators.batch.setContent(account.batchName, {
    pools: [{ id: "p", startTask: { commandLine: `run --key ${primary}` } }],
    jobs: [{ id: "j", commonEnvironmentSettings: [{ name: secondary, value: primary }] }],
    tasks: { j: [{ id: "t", environmentSettings: [{ name: `KEY_${primary.slice(0, 30)}`, value: secondary }] }] },
  });
};

/** A caller has put a key into its user agent, and into the name of its resource. */
const plantRead = (account: PlacedAccount): void => {
  const { primary, secondary } = account.keys();
  const secret = `${world.vault.url}/secrets/${account.secretName}`;
  world.emulators.logs.service.audit.add({
    TimeGenerated: new Date(),
    OperationName: "SecretGet",
    HttpStatusCode: 200,
    Id: `${secret}/${"1".repeat(32)}`,
    RequestUri: secret,
    CallerIpAddress: "203.0.113.7",
    ClientInfo: `curl/8 ${primary}`,
    Identity: { claim: { oid: "99999999-9999-4999-8999-999999999999", xms_mirid: `/sites/${secondary}` } },
  });
};

/** Events of a caller who puts keys into each text of them that is shown, or could be. */
const sendEvents = async (account: PlacedAccount): Promise<void> => {
  const { primary, secondary } = account.keys();
  const names = { name: `grace ${primary}`, role: secondary, address: primary, id: secondary };
  const operation = { resourceId: account.resourceId, at: new Date().toISOString(), ...names };
  const secret = { name: account.secretName, version: primary, vaultUrl: world.vault.url };
  const body = JSON.stringify([
    aKeyOperation(operation),
    asCloudEvent(aKeyOperation({ ...operation, operation: "listKeys", oid: "99999999-9999-4999-8999-999999999998" })),
    aSecretEvent(secret),
    { ...aSecretEvent(secret), eventType: primary },
    { [secondary]: primary },
  ]);
  const headers = { "content-type": "application/json", "webhook-request-origin": primary };
  await host.call({ method: "POST", path: "/events", keyOf: "receiveEvents", body, headers });
};

/** All that people can look at, in the browser and in the terminal. */
const lookAround = async (): Promise<void> => {
  const commands = [["status"], ["coverage"]];
  for (const { name } of [render, nightly]) {
    const rotation = (await host.status(name)).lastRotation?.id;
    const pages = [`/dashboard?account=${name}`, `/accounts/${name}/history?limit=200`];
    const evidence = `/accounts/${name}/rotations/${rotation}`;
    await host.call({ method: "GET", path: pages[0] ?? "", keyOf: "dashboard" });
    await host.call({ method: "GET", path: pages[1] ?? "", keyOf: "accountHistory" });
    await host.call({ method: "GET", path: evidence, keyOf: "rotationRecord" });
    commands.push(...["status", "readers", "check", "evidence"].map((command) => [command, name]));
    commands.push(["history", name, "--verify"]);
  }
  await host.call({ method: "GET", path: "/dashboard", keyOf: "dashboard" });
  const ended = await Promise.all(commands.map((args) => endOf(startCommandLine(commandLine, host, args))));
  for (const { out, err } of ended) shown.push(out, err);
};

/** What the command line has written. */
const shown: string[] = [];

/** Lost, truncated or wrong answers to every request with a key, and refusals that quote one. */
const faultsOf = (accounts: readonly PlacedAccount[]): readonly Fault[] =>
  accounts.flatMap((account): readonly Fault[] => {
    const { batchName, secretName } = account;
    const keys = account.keys();
    const quoting = {
      kind: "status",
      body: { error: { code: keys.primary, message: `keys: ${keys.secondary}` } },
    } as const;
    const batch = { subject: batchName, when: "after" } as const;
    const vault = { subject: secretName, when: "after" } as const;
    return [
      { ...batch, route: "arm.getAccount", nth: 1, ...quoting, status: 400 },
      { ...batch, route: "arm.listKeys", nth: 1, kind: "truncatedJson" },
      { ...batch, route: "arm.listKeys", nth: 2, ...quoting, status: 409 },
      { ...batch, route: "arm.listKeys", nth: 3, kind: "resetInMiddle" },
      { ...batch, route: "arm.regenerateKeys", nth: 1, kind: "truncatedJson" },
      { ...batch, route: "arm.regenerateKeys", nth: 2, kind: "resetInMiddle" },
      { ...batch, route: "arm.regenerateKeys", nth: 3, ...quoting, status: 500 },
      { ...batch, route: "arm.regenerateKeys", nth: 4, kind: "unexpected202" },
      { ...batch, route: "batch.listPools", nth: 2, ...quoting, status: 500 },
      { ...batch, route: "batch.listPools", nth: 4, kind: "resetBeforeAnswer" },
      { ...batch, route: "batch.listJobs", nth: 1, kind: "truncatedJson" },
      { ...batch, route: "batch.listTasks", nth: 1, ...quoting, status: 200 },
      { ...vault, route: "vault.setSecret", nth: 1, ...quoting, status: 500 },
      { ...vault, route: "vault.getSecret", nth: 3, kind: "truncatedJson" },
      { ...vault, route: "vault.getSecret", nth: 5, ...quoting, status: 400 },
      { ...vault, route: "vault.getSecret", nth: 7, kind: "resetInMiddle" },
      { ...vault, route: "vault.getSecretVersion", nth: 1, kind: "truncatedJson" },
      { ...vault, route: "vault.getSecretVersion", nth: 2, kind: "resetInMiddle" },
      { ...vault, route: "vault.updateSecret", nth: 1, kind: "truncatedJson" },
    ];
  });

/** Acts as the consumers and the operator of an account. True once its rotation is completed. */
const attend = async (account: PlacedAccount): Promise<boolean> => {
  const { phase, blocked, waitingFor, lastRotation } = await host.status(account.name);
  if (lastRotation !== null) return true;
  // A resume after a pause tries at once.
  if (waitingFor?.reason === "BackingOff") await host.operate(account.name, "pause", { reason: "the test waits" });
  if (blocked !== null || waitingFor?.reason === "BackingOff") {
    await host.operate(account.name, "resume", { reason: `at once, please: ${account.keys().secondary}` });
  }
  if (waitingFor?.reason === "KeyInAccount") {
    await host.call({ method: "GET", path: `/accounts/${account.name}/check`, keyOf: "checkAccount" });
    await host.operate(account.name, "approve", { reason: `in spite of ${account.keys().primary}` });
  }
  await host.call({ method: "GET", path: `/accounts/${account.name}/readers`, keyOf: "accountReaders" });
  if (phase === "idle") {
    await host.rotate(
      account.name,
      { reason: `key ${account.keys().primary} has leaked` },
      { "idempotency-key": "once" },
    );
  }
  if (account.versions().length > 0) {
    const { value } = account.newest();
    await host.signal(account.name, account.signal({ instance: "vm-2", proof: "wrong" }));
    await host.signal(account.name, account.signal({ healthy: false, detail: `cannot use ${value}` }));
    await host.signal(account.name, account.signal({ detail: `well with ${value}` }));
    await host.signal(account.name, { ...account.signal(), [value]: value });
  }
  return false;
};

/** All output of the rotator except its requests to Batch and Key Vault. */
const material = async (): Promise<Readonly<Record<string, string>>> => ({
  output: host.lines.join("\n"),
  answers: JSON.stringify(host.answers),
  tables: JSON.stringify(await world.rows.all()),
  journal: JSON.stringify(world.emulators.journal.entries),
  commandLine: shown.join("\n"),
});

const findings = async (): Promise<readonly string[]> => {
  const search = searchFor(world.emulators.batch.issuedKeys());
  return Object.entries(await material()).flatMap(([where, text]) => search(text).map((found) => `${where}: ${found}`));
};

test("the search finds a key in each of its forms", () => {
  const bytes = randomBytes(64);
  const key = bytes.toString("base64");
  const search = searchFor([randomBytes(64).toString("base64"), key]);
  const parts = [
    key,
    key.slice(0, 16),
    key.slice(72),
    key.slice(37, 53),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase().slice(51, 67),
    encodeURIComponent(key),
    JSON.stringify(key).replaceAll("/", "\\/").replaceAll("+", "\\u002B"),
  ];
  for (const part of parts) expect(search(`{"a":"b ${part} c"}`)).toEqual(["a part of key 1"]);
  for (const algorithm of ["sha256", "sha1", "md5"]) {
    for (const content of [key, bytes]) {
      const digest = createHash(algorithm).update(content).digest();
      expect(search(`x:${digest.toString("hex").slice(0, 12)}`)).toEqual(["a hash of key 1"]);
      expect(search(`x:${digest.toString("base64")}`)).toEqual(["a hash of key 1"]);
    }
  }
  expect(search(`${key.slice(0, 15)} ${key.slice(20, 35)} ${randomBytes(4_000).toString("base64")}`)).toEqual([]);
});

test(
  "two rotations with every kind of fault leave no trace of a key",
  async () => {
    const rounds = async (): Promise<boolean> => {
      await host.tick();
      const through = await Promise.all([render, nightly].map(attend));
      return through.every(Boolean);
    };
    await until("both rotations", rounds, maxMs);
    for (const account of [render, nightly]) {
      expect((await host.status(account.name)).lastRotation?.outcome).toBe("completed");
      expect(account.accepts(account.newest().value)).toBe(true);
    }
    expect(faults.map((fault) => fault.fired())).toEqual(faults.map(() => 1));
    // Four keys at the start, and each slot of each account was replaced at least once.
    expect(world.emulators.batch.issuedKeys().length).toBeGreaterThanOrEqual(8);
    // The SDKs did log in verbose mode.
    expect(host.lines.filter((line) => line.startsWith("azure:")).length).toBeGreaterThan(500);

    expect(host.logged("UnknownReader").length).toBeGreaterThanOrEqual(2);
    for (const account of [render, nightly]) {
      const slot = account.newest().value === account.keys().primary ? "primary" : "secondary";
      world.emulators.batch.regenerateManually(account.batchName, slot);
      await sendEvents(account);
    }
    await lookAround();
    for (const kind of ["KeysListed", "DriftRepaired"])
      expect(host.logged(kind).map(({ account }) => account)).toEqual(["render", "nightly"]);
    const parts = ["99999999-9999-4999-8999-999999999999", "completed", "searched"];
    expect(parts.filter((part) => !shown.join("\n").includes(part))).toEqual([]);
    expect(await findings()).toEqual([]);
  },
  2 * maxMs,
);

test("the search finds a key that the test puts into a table", async () => {
  const [key = ""] = world.emulators.batch.issuedKeys();
  await world.rows.change("render", (record) => ({ ...record, resourceId: key.slice(30, 50) }));
  expect(await findings()).toEqual(["tables: a part of key 0"]);
});
